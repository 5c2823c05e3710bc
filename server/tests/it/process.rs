//! The real program: its exit codes and output, its files, and what other processes can read of it.

use std::ffi::OsStr;

use crate::program::{Folder, Server, exchange, free_address, get};

const MASTER_KEY: &str = "3f0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const SETUP_TOKEN: &str = "setup_of_the_process_test";

/// Arguments, variables and the start of the sentence.
type Case = (
    &'static [&'static str],
    &'static [(&'static str, &'static str)],
    &'static str,
);

// F5
#[test]
fn a_bad_setting_prints_one_sentence_and_exits_with_78() {
    let folder = Folder::new();
    std::fs::write(folder.0.join("unknown.toml"), "public_ulr = \"x\"\n").expect("a file");
    std::fs::write(folder.0.join("bad.toml"), "allow_http = \"maybe\"\n").expect("a file");
    std::fs::write(folder.0.join("open.toml"), "brand = \"x\n").expect("a file");
    let cases: &[Case] = &[
        (
            &["serve"],
            &[("ROUNDTABLE_ADDR", "here")],
            "ROUNDTABLE_ADDR must be",
        ),
        (&["serve", "--addr", "here"], &[], "--addr must be"),
        (
            &["serve", "--gate-addr", "here"],
            &[],
            "--gate-addr must be an IP address",
        ),
        (
            &["serve", "--addr", "127.0.0.1:3000"],
            &[("ROUNDTABLE_GATE_ADDR", "127.0.0.1:3000")],
            "ROUNDTABLE_GATE_ADDR must be another address than --addr",
        ),
        (
            &["serve", "--addr=here"],
            &[("ROUNDTABLE_ADDR", "127.0.0.1:0")],
            "--addr must be",
        ),
        (
            &["serve"],
            &[
                ("ROUNDTABLE_PUBLIC_URL", "http://127.0.0.1"),
                ("ROUNDTABLE_ALLOW_HTTP", "1"),
            ],
            "there is no master key",
        ),
        (
            &[
                "serve",
                "--public-url=http://a.example",
                "--allow-http=perhaps",
            ],
            &[],
            "--allow-http must be yes or no",
        ),
        (
            &["serve", "--trusted-proxies", "one"],
            &[],
            "--trusted-proxies must be a whole number",
        ),
        (
            &["serve", "--cors-origins", "*"],
            &[],
            "--cors-origins must be origins such as https://app.example.com, not \"*\"",
        ),
        (
            &["serve", "--log-format", "xml"],
            &[],
            "--log-format must be text or json",
        ),
        (
            &["serve", "--log", "a=b=c"],
            &[],
            "--log must be a log filter",
        ),
        (
            &["serve", "--config", "unknown.toml"],
            &[],
            "the settings file unknown.toml is invalid: there is no setting public_ulr; did you mean public_url?",
        ),
        (
            &["serve", "--config", "open.toml"],
            &[],
            "the settings file open.toml is invalid: line 1",
        ),
        (
            &["serve"],
            &[("ROUNDTABLE_CONFIG", "nowhere.toml")],
            "cannot read the settings file nowhere.toml",
        ),
        (
            &[
                "serve",
                "--config=bad.toml",
                "--public-url=http://a.example",
            ],
            &[],
            "allow_http in bad.toml must be yes or no",
        ),
        (
            &["init"],
            &[("ROUNDTABLE_DATABASE_URL", "mysql://x")],
            "ROUNDTABLE_DATABASE_URL must be sqlite://PATH",
        ),
        (
            &["serve"],
            &[],
            "there is no master key in data/master.key: run `roundtable init --new-master-key` first",
        ),
        (
            &["serve"],
            &[("ROUNDTABLE_GOOGLE_CLIENT_ID", "id")],
            "ROUNDTABLE_GOOGLE_CLIENT_ID needs the client secret",
        ),
        (
            &["serve"],
            &[("ROUNDTABLE_PUBLIC_URL", "https://a.example")],
            "to serve other machines, set ROUNDTABLE_GOOGLE_CLIENT_ID (--google-client-id)",
        ),
        (
            &["serve"],
            &[("ROUNDTABLE_SETUP_TOKEN_FILE", "nowhere")],
            "cannot read the file of ROUNDTABLE_SETUP_TOKEN_FILE",
        ),
        (
            &["serve"],
            &[("ROUNDTABLE_FIREBASE_PROJECT_ID", "Not a project")],
            "ROUNDTABLE_FIREBASE_PROJECT_ID (--firebase-project-id) is invalid",
        ),
        (
            &[
                "serve",
                "--demo",
                "--google-client-id=id",
                "--oidc-issuer=https://a.example",
                "--public-client",
            ],
            &[],
            "--demo needs the development sign-in; unset --google-client-id",
        ),
        (
            &["keyring", "rewrap"],
            &[],
            "set ROUNDTABLE_MASTER_KEY_FILE (--master-key-file) to the new master key",
        ),
    ];
    for (arguments, variables, sentence) in cases {
        let ended = folder.run(arguments, variables);
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(
            ended.status.code(),
            Some(78),
            "{arguments:?} {variables:?}: {said}"
        );
        assert!(
            said.starts_with(&format!("roundtable: {sentence}")),
            "{arguments:?} {variables:?}: {said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[cfg(unix)]
#[test]
fn a_value_that_is_not_utf_8_is_a_bad_setting() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new();
    let ended = folder
        .command(&["serve"], &[])
        .env("ROUNDTABLE_BRAND", OsStr::from_bytes(b"\xff"))
        .output();
    let ended = ended.expect("the program runs");
    assert_eq!(ended.status.code(), Some(78));
    assert_eq!(
        String::from_utf8_lossy(&ended.stderr),
        "roundtable: ROUNDTABLE_BRAND is not UTF-8\n"
    );
}

// F5: compose files set every variable, also to an empty value.
#[test]
fn a_server_starts_with_empty_variables_and_warns_of_unknown_ones() {
    let folder = Folder::new();
    let made = folder.run(&["init", "--new-master-key"], &[]);
    assert!(
        made.status.success()
            && String::from_utf8_lossy(&made.stdout).contains("Next: roundtable serve")
    );
    let variables = [
        ("ROUNDTABLE_ADDR", "127.0.0.1:0"),
        ("ROUNDTABLE_HOSTED_DOMAIN", ""),
        ("ROUNDTABLE_MASTER_KEY", ""),
        ("ROUNDTABLE_ALLOW_HTTP", ""),
        ("ROUNDTABLE_PUBLIC_ULR", "x"),
    ];
    let mut server = Server::start(folder.command(&["serve"], &variables));
    let log = server.kill();
    assert!(log.contains(
        "ROUNDTABLE_PUBLIC_ULR is not a setting and is ignored; did you mean ROUNDTABLE_PUBLIC_URL?"
    ));
    assert_eq!(log.matches("WARN").count(), 1, "{log}");
}

#[test]
fn the_gates_of_apis_have_an_address_of_their_own() {
    let folder = Folder::initialized();
    let gate_addr = free_address();
    let variables = [
        ("ROUNDTABLE_ADDR", "127.0.0.1:0"),
        ("ROUNDTABLE_GATE_ADDR", gate_addr.as_str()),
    ];
    let server = Server::start(folder.command(&["serve"], &variables));
    for (path, status) in [("/gate/orders", "401"), ("/", "404"), ("/readyz", "404")] {
        let answer = get(&gate_addr, path);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{path}: {answer}"
        );
    }
    drop(server);
}

// Only processes that may write to its file can connect.
#[cfg(unix)]
#[test]
fn the_gates_of_apis_have_a_unix_socket_and_a_token() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::{UnixListener, UnixStream};
    let folder = Folder::initialized();
    let path = folder.0.join("gate.sock");
    // A process that was killed has left it behind.
    drop(UnixListener::bind(&path).expect("a socket"));
    let variables = [
        ("ROUNDTABLE_ADDR", "127.0.0.1:0"),
        ("ROUNDTABLE_GATE_ADDR", "unix:gate.sock"),
        ("ROUNDTABLE_GATE_TOKEN", "0123456789abcdef"),
    ];
    let mut server = Server::start(folder.command(&["serve"], &variables));
    let mode = std::fs::metadata(&path)
        .expect("a socket")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o660);
    for (path_of_url, header, start) in [
        ("/gate/orders", "", "HTTP/1.1 401 "),
        (
            "/gate/orders?x",
            "X-Roundtable-Gate-Token: 0123456789abcdef\r\n",
            "HTTP/1.1 400 ",
        ),
        ("/readyz", "", "HTTP/1.1 404 "),
    ] {
        let mut stream = UnixStream::connect(&path).expect("it listens");
        let request = format!(
            "GET {path_of_url} HTTP/1.1\r\nHost: gate\r\n{header}Connection: close\r\n\r\n"
        );
        let answer = exchange(&mut stream, &request);
        assert!(answer.starts_with(start), "{path_of_url}: {answer}");
    }
    // A second server does not take the socket away.
    let second = folder.command(
        &["serve"],
        &[
            ("ROUNDTABLE_ADDR", "127.0.0.1:0"),
            ("ROUNDTABLE_GATE_ADDR", "unix:gate.sock"),
            (
                "ROUNDTABLE_DATABASE_URL",
                "sqlite://second/roundtable.db",
            ),
        ],
    );
    let second = { second }.output().expect("the program runs");
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(!second.status.success());
    assert!(path.exists(), "{said}");

    server.ask_to_stop();
    let ended = server.child.wait().expect("it ends");
    assert!(ended.success());
    assert!(!path.exists(), "the socket is removed");
}

// The database contains personal data, sessions and sealed secrets.
#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_files_of_the_database() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::initialized();
    let server = Server::start(folder.command(&["serve"], &[("ROUNDTABLE_ADDR", "127.0.0.1:0")]));
    let files = std::fs::read_dir(folder.0.join("data"))
        .expect("a folder")
        .map(|entry| entry.expect("a file"));
    let mut names = Vec::new();
    for file in files {
        let mode = file
            .metadata()
            .expect("metadata")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", file.path());
        names.push(file.file_name().into_string().expect("a name"));
    }
    for name in [
        "roundtable.db",
        "roundtable.db-wal",
        "roundtable.db-shm",
        "roundtable.db.journal",
        "master.key",
    ] {
        assert!(
            names.iter().any(|found| found == name),
            "{name} is not among {names:?}"
        );
    }
    drop(server);
}

#[test]
fn help_lists_settings_under_headings_and_only_those_of_the_command() {
    let folder = Folder::new();
    let help =
        |arguments: &[&str]| String::from_utf8(folder.run(arguments, &[]).stdout).expect("text");
    let serve = help(&["serve", "--help"]);
    for heading in ["General:", "Server:", "Storage:", "Sign-in:", "Advanced:"] {
        assert!(serve.contains(&format!("\n{heading}\n")), "{serve}");
    }
    let init = help(&["init", "--help"]);
    assert!(
        init.contains("--database-url") && init.contains("--new-master-key"),
        "{init}"
    );
    assert!(
        !init.contains("--public-url") && !init.contains("Sign-in:"),
        "{init}"
    );
    assert!(help(&["keyring", "rewrap", "--help"]).contains("--previous-master-key-file"));
    assert!(!help(&["openapi", "--help"]).contains("--database-url"));
    let top = help(&["--help"]);
    assert!(
        top.contains("roundtable serve --help") && !top.contains("--public-url"),
        "{top}"
    );
    assert!(
        top.contains("roundtable init --new-master-key"),
        "{top}"
    );
    // Hidden flags still work, before the command and after it.
    for arguments in [
        &["--database-url=sqlite://a.db", "migrate"][..],
        &["migrate", "--database-url=sqlite://b.db"],
    ] {
        assert!(
            folder.run(arguments, &[]).status.success(),
            "{arguments:?}"
        );
    }
    assert!(folder.0.join("a.db").exists() && folder.0.join("b.db").exists());
}

// The token is printed once the port is open, with the step that needs it.
#[test]
fn the_setup_token_of_an_empty_installation_is_printed_with_its_purpose() {
    let folder = Folder::initialized();
    let client = [
        ("ROUNDTABLE_ADDR", "127.0.0.1:0"),
        ("ROUNDTABLE_GOOGLE_CLIENT_ID", "id"),
        ("ROUNDTABLE_OIDC_ISSUER", "http://127.0.0.1:1"),
        ("ROUNDTABLE_PUBLIC_CLIENT", "yes"),
    ];
    let behind_a_proxy = [
        &client[..],
        &[("ROUNDTABLE_PUBLIC_URL", "https://keys.example.com")],
    ]
    .concat();
    for (variables, purpose) in [
        (
            &client[..1],
            "To create it over the API instead, use this setup token: setup_",
        ),
        (
            &client[..],
            "To create it over the API instead, use this setup token: setup_",
        ),
        (
            &behind_a_proxy[..],
            "The first user who signs in creates it with this setup token: setup_",
        ),
    ] {
        let mut server = Server::start(folder.command(&["serve"], variables));
        let line = server.output.find(|line| {
            line.as_ref()
                .is_ok_and(|line| line.contains("setup token"))
        });
        let line = line.expect("a line").expect("text");
        assert!(line.contains(purpose), "{line}");
    }
}

// R3
#[test]
fn the_operator_accepts_an_altered_log_only_while_the_server_is_stopped() {
    let folder = Folder::initialized();
    let accept = ["audit", "accept", "--reason", "verified"];
    let mut server =
        Server::start(folder.command(&["serve"], &[("ROUNDTABLE_ADDR", "127.0.0.1:0")]));
    for command in [&accept[..], &["restore", "--accept"]] {
        let refused = folder.run(command, &[]);
        let why = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(
            !refused.status.success() && why.contains("another process"),
            "{command:?}: {why}"
        );
    }
    server.kill();
    drop(server);
    for command in [&accept[..], &["restore", "--accept"]] {
        let done = folder.run(command, &[]);
        assert!(
            done.status.success(),
            "{command:?}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        assert!(String::from_utf8_lossy(&done.stdout).starts_with("No audit log is broken."));
    }
    assert!(
        !folder.run(&["restore"], &[]).status.success(),
        "without --accept"
    );
    assert!(
        !folder
            .run(&["audit", "accept", "--reason", " "], &[])
            .status
            .success(),
        "without a reason"
    );
    let journal = folder.0.join("data/roundtable.db.journal");
    let mut text = std::fs::read(&journal).expect("a journal");
    text[3] ^= 1;
    std::fs::write(&journal, text).expect("written");
    let refused = folder.run(&["serve"], &[("ROUNDTABLE_ADDR", "127.0.0.1:0")]);
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && why.contains("line 1 of the revocation journal"),
        "{why}"
    );
}

// R7: `/proc` shows the initial environment of a process for as long as it runs.
#[cfg(target_os = "linux")]
#[test]
fn a_running_server_has_no_secrets_in_its_environment() {
    let folder = Folder::new();
    let database = (
        "ROUNDTABLE_DATABASE_URL",
        "sqlite://password=in@the/roundtable.db",
    );
    let secrets = [
        ("ROUNDTABLE_MASTER_KEY", MASTER_KEY),
        ("ROUNDTABLE_SETUP_TOKEN", SETUP_TOKEN),
        database,
    ];
    assert!(folder.run(&["init"], &secrets).status.success());
    let others = [("ROUNDTABLE_ADDR", "127.0.0.1:0"), ("KEPT", "as it was")];
    let mut server = Server::start(folder.command(&["serve"], &[&secrets[..], &others].concat()));
    let environment = server.proc("environ");
    for (name, value) in secrets {
        assert!(
            !environment.contains(value) && !environment.contains(&format!("{name}=")),
            "{environment}"
        );
    }
    assert!(
        environment.contains("KEPT=as it was")
            && environment.contains("ROUNDTABLE_ADDR=127.0.0.1:0")
    );
    assert!(server.proc("cmdline").ends_with("\0serve\0"));
    let limits = server.proc("limits");
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .expect("a limit");
    let numbers: Vec<_> = core
        .split_whitespace()
        .filter(|word| word.parse::<u64>().is_ok())
        .collect();
    assert_eq!(numbers, ["0", "0"], "{core}");
    let log = server.kill();
    assert!(
        log.contains("ROUNDTABLE_MASTER_KEY_FILE") && log.contains("ROUNDTABLE_SETUP_TOKEN_FILE"),
        "{log}"
    );
    assert!(
        !log.contains(MASTER_KEY) && !log.contains(SETUP_TOKEN),
        "{log}"
    );
}

// R7
#[cfg(target_os = "linux")]
#[test]
fn other_processes_cannot_read_the_memory_of_the_server() {
    assert!(server::hardening::protect_memory().is_empty());
    let behavior = rustix::process::dumpable_behavior().expect("supported by Linux");
    assert_eq!(
        behavior,
        rustix::process::DumpableBehavior::NotDumpable
    );
}
