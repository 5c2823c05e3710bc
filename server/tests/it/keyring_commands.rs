//! The commands that rotate and destroy keys of the ring, beside a running server.

use std::process::Output;

use crate::program::{Folder, Server, free_address, get};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Asserts the exit code, and that the error is one sentence that begins with this text.
fn refused(output: &Output, code: i32, sentence: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{error}");
    // The log is on standard error too.
    let sentences: Vec<_> = error
        .lines()
        .filter(|line| line.starts_with("roundtable: "))
        .collect();
    assert_eq!(sentences.len(), 1, "{error}");
    assert!(
        sentences[0].starts_with(&format!("roundtable: {sentence}")),
        "{error}"
    );
}

// C7
#[test]
fn a_key_of_the_ring_is_rotated_beside_a_running_server() {
    let folder = Folder::initialized();
    let address = free_address();
    let mut server = Server::start(folder.command(&["serve", "--addr", &address], &[]));

    let rotated = folder.run(&["keyring", "rotate", "data"], &[]);
    assert!(rotated.status.success(), "{rotated:?}");
    let lines = said(&rotated);
    assert!(
        lines.contains("Key 7 is the new data key.")
            && lines.contains("Key 7 is active. Key 1 is kept"),
        "{lines}"
    );
    assert!(
        lines.ends_with("roundtable keyring destroy 1\n"),
        "{lines}"
    );
    let status = said(&folder.run(&["keyring", "status", "--counts"], &[]));
    assert!(
        status.contains("   1  data      retired ") && status.contains("   7  data      active  "),
        "{status}"
    );
    assert!(get(&address, "/readyz").starts_with("HTTP/1.1 200"));

    let run = |arguments: &[&str]| folder.run(arguments, &[]);
    refused(
        &run(&["keyring", "destroy", "1"]),
        1,
        "key 1 was active until a moment ago; wait two minutes",
    );
    refused(
        &run(&["keyring", "destroy", "7"]),
        1,
        "key 7 is active; rotate it first",
    );
    refused(
        &run(&["keyring", "destroy", "4"]),
        1,
        "key 4 is an audit key",
    );
    refused(
        &run(&["keyring", "destroy", "99"]),
        2,
        "the ring has no key 99",
    );
    refused(
        &run(&["keyring", "rotate", "canary"]),
        2,
        "the canary of the ring cannot be rotated or destroyed",
    );
    assert_eq!(
        run(&["keyring", "rotate", "master"])
            .status
            .code(),
        Some(2)
    );
    refused(
        &folder.run(
            &["keyring", "rotate", "row"],
            &[(
                "ROUNDTABLE_MASTER_KEY",
                "3f0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            )],
        ),
        78,
        "the database belongs to the master key",
    );
    assert_eq!(
        said(&run(&["keyring", "reseal"])),
        "No row had to be moved to an active key.\n"
    );
    assert!(
        said(&run(&["keyring", "delete-signing-keys"])).starts_with("0 signing keys are deleted.")
    );
    server.kill();
}
