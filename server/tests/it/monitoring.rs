//! What an operator and a service manager see of the real program: metrics, readiness, the protocol
//! of systemd, and the settings.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::program::{Folder, Server, free_address, get};

const TOKEN: &str = "0123456789abcdef";

/// The value of a series.
fn value(metrics: &str, series: &str) -> f64 {
    let line = metrics
        .lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.and_then(|value| value.parse().ok())
        .unwrap_or_else(|| panic!("no {series} in {metrics}"))
}

#[test]
fn the_metrics_have_an_address_of_their_own() {
    let folder = Folder::initialized();
    let (addr, metrics_addr) = (free_address(), free_address());
    let variables = [
        ("ROUNDTABLE_ADDR", addr.as_str()),
        ("ROUNDTABLE_METRICS_ADDR", metrics_addr.as_str()),
    ];
    let _server = Server::start(folder.command(&["serve"], &variables));
    for path in ["/healthz", "/sign-in", "/nowhere", "/api/v1/me"] {
        get(&addr, path);
    }
    let mut gate = TcpStream::connect(&addr).expect("it listens");
    let request = "BREW /gate/orders HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n\r\n";
    gate.write_all(request.as_bytes()).expect("sent");
    gate.read_to_end(&mut Vec::new())
        .expect("an answer");

    let metrics = get(&metrics_addr, "/metrics");
    assert!(
        metrics.contains("content-type: text/plain; version=0.0.4"),
        "{metrics}"
    );
    for (series, expected) in [
        ("roundtable_ready", 1.0),
        ("roundtable_sessions", 0.0),
        ("roundtable_journal_complete", 1.0),
        ("roundtable_altered_audit_logs", 0.0),
        ("roundtable_cached_keys", 0.0),
        ("roundtable_key_checks_total{verdict=\"valid\"}", 0.0),
        (
            "roundtable_key_checks_total{verdict=\"revoked\"}",
            0.0,
        ),
        ("roundtable_key_cache_misses_total", 0.0),
        ("roundtable_revocation_duration_seconds_count", 0.0),
    ] {
        assert!(
            (value(&metrics, series) - expected).abs() < 0.1,
            "{series}: {metrics}"
        );
    }
    assert!(value(&metrics, "process_start_time_seconds") > 1.7e9);
    assert!(value(&metrics, "roundtable_sqlite_wal_size_bytes") >= 0.0);
    for (method, route, status) in [
        ("GET", "/healthz", 200),
        ("GET", "/sign-in", 200),
        ("GET", "unmatched", 404),
        ("GET", "/api/v1/me", 401),
        ("_OTHER", "/gate/{*rest}", 401),
    ] {
        let series = format!(
            "roundtable_http_request_duration_seconds_count{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}}"
        );
        assert!(
            (value(&metrics, &series) - 1.0).abs() < 0.1,
            "{series}"
        );
    }
    assert!(get(&metrics_addr, "/").starts_with("HTTP/1.1 404 "));
    assert!(!get(&addr, "/metrics").contains("roundtable_ready"));
}

// A load balancer stops sending requests before the server stops to accept them.
#[cfg(unix)]
#[test]
fn a_server_that_is_about_to_stop_is_not_ready_and_still_serves() {
    let folder = Folder::initialized();
    let addr = free_address();
    let variables = [
        ("ROUNDTABLE_ADDR", addr.as_str()),
        ("ROUNDTABLE_SHUTDOWN_DELAY", "2"),
    ];
    let mut server = Server::start(folder.command(&["serve"], &variables));
    assert!(get(&addr, "/readyz").starts_with("HTTP/1.1 200 "));
    let health = || folder.run(&["health"], &[("ROUNDTABLE_ADDR", addr.as_str())]);
    assert!(health().status.success());

    server.ask_to_stop();
    let mut answers = std::iter::repeat_with(|| {
        std::thread::sleep(Duration::from_millis(10));
        get(&addr, "/readyz")
    });
    let answer = answers
        .by_ref()
        .take(150)
        .find(|answer| answer.starts_with("HTTP/1.1 503 "))
        .expect("it is not ready");
    assert!(
        answer.ends_with("the server is about to stop"),
        "{answer}"
    );
    let said = String::from_utf8_lossy(&health().stderr).into_owned();
    assert_eq!(
        said,
        "roundtable: the server is not ready: the server is about to stop\n"
    );
    assert!(get(&addr, "/healthz").starts_with("HTTP/1.1 200 "));
    assert!(server.child.wait().expect("it ends").success());
    assert_eq!(health().status.code(), Some(69));
}

#[cfg(unix)]
#[test]
fn systemd_is_told_that_the_server_is_ready_alive_and_about_to_stop() {
    use std::os::unix::net::UnixDatagram;
    let folder = Folder::initialized();
    let path = folder.0.join("notify.sock");
    let socket = UnixDatagram::bind(&path).expect("a socket");
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a limit");
    let variables = [
        ("ROUNDTABLE_ADDR", "127.0.0.1:0"),
        ("NOTIFY_SOCKET", path.to_str().expect("a path")),
        ("WATCHDOG_USEC", "200000"),
    ];
    let mut server = Server::start(folder.command(&["serve"], &variables));
    let mut hear = || {
        let mut bytes = [0; 256];
        let length = socket.recv(&mut bytes).expect("a message");
        String::from_utf8_lossy(&bytes[..length])
            .trim()
            .to_owned()
    };
    let heard: Vec<_> = std::iter::repeat_with(&mut hear)
        .take(4)
        .collect();
    let count = |text: &str| {
        heard
            .iter()
            .filter(|message| *message == text)
            .count()
    };
    assert_eq!(
        (count("READY=1"), count("WATCHDOG=1")),
        (1, 3),
        "{heard:?}"
    );
    server.ask_to_stop();
    assert!(
        std::iter::repeat_with(hear)
            .take(50)
            .any(|message| message == "STOPPING=1")
    );
    assert!(server.child.wait().expect("it ends").success());
}

// Its mode shows the rights of an access control list as those of the group.
#[cfg(unix)]
#[test]
fn a_credential_of_systemd_may_be_the_master_key() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::initialized();
    let key = folder.0.join("data/master.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o440)).expect("changed");
    let status = |variables: &[_]| {
        folder
            .run(&["settings", "check"], variables)
            .status
            .code()
    };
    let key = key.to_str().expect("a path");
    let given = ("ROUNDTABLE_MASTER_KEY_FILE", key);
    let credentials = folder.0.join("data");
    let credentials = credentials.to_str().expect("a path");
    assert_eq!(status(&[given]), Some(78));
    assert_eq!(
        status(&[given, ("CREDENTIALS_DIRECTORY", "/elsewhere")]),
        Some(78)
    );
    assert_eq!(
        status(&[given, ("CREDENTIALS_DIRECTORY", credentials)]),
        Some(0)
    );
}

#[test]
fn the_settings_are_checked_and_shown_without_secrets() {
    let folder = Folder::initialized();
    let check = |variables: &[_]| folder.run(&["settings", "check"], variables);
    assert_eq!(check(&[]).stdout, b"The settings are valid.\n");
    let wrong = check(&[("ROUNDTABLE_METRICS_ADDR", "127.0.0.1:3000")]);
    assert_eq!(wrong.status.code(), Some(78));
    assert_eq!(
        String::from_utf8_lossy(&wrong.stderr),
        "roundtable: ROUNDTABLE_METRICS_ADDR must be another address than ROUNDTABLE_ADDR (--addr), which everyone can reach\n"
    );
    let missing = check(&[("ROUNDTABLE_MASTER_KEY_FILE", "nowhere")]);
    assert_eq!(missing.status.code(), Some(78));

    std::fs::write(folder.0.join("settings.toml"), "brand = \"acme\"\n").expect("a file");
    let variables = [
        ("ROUNDTABLE_GATE_TOKEN", TOKEN),
        (
            "ROUNDTABLE_DATABASE_URL",
            "postgres://me:TOPSECRET@h/d",
        ),
        ("ROUNDTABLE_PUBLIC_URL", "https://keys.example.com"),
    ];
    let arguments = [
        "settings",
        "print",
        "--config=settings.toml",
        "--allow-http",
    ];
    let shown = folder.run(&arguments, &variables).stdout;
    let shown = String::from_utf8_lossy(&shown).into_owned();
    for line in [
        "brand = \"acme\" # from settings.toml",
        "public_url = \"https://keys.example.com\" # from ROUNDTABLE_PUBLIC_URL",
        "allow_http = \"yes\" # from the flag --allow-http",
        "# gate_token is set by ROUNDTABLE_GATE_TOKEN; its value is a secret",
        "# database_url is set by ROUNDTABLE_DATABASE_URL; its value is a secret",
        "# key_cache: Keys that are kept in memory after their first use; 0 reads the database on each request [default: 100000]",
    ] {
        assert!(
            shown.lines().any(|found| found == line),
            "{line}\n{shown}"
        );
    }
    assert!(!shown.contains("TOPSECRET") && !shown.contains(TOKEN));
    // The output is a settings file.
    std::fs::write(folder.0.join("printed.toml"), &shown).expect("a file");
    let again = folder.run(&["settings", "print", "--config=printed.toml"], &[]);
    assert!(
        String::from_utf8_lossy(&again.stdout).contains("brand = \"acme\" # from printed.toml")
    );
}
