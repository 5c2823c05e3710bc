use std::ffi::OsString;
use std::path::PathBuf;

use engine::attempts::Limits;
use secrecy::ExposeSecret;

use super::table::{self, Kind, Setting};
use super::{BadSetting, Options, Settings, SignIn};

/// Options as the environment gives them.
fn from_environment(variables: &[(&str, &str)]) -> Options {
    let mut options = Options::default();
    options.add_environment(
        variables
            .iter()
            .map(|(name, value)| (OsString::from(name), OsString::from(value))),
    );
    options
}

/// Options as the command line gives them.
fn from_flags(flags: &[&str]) -> Options {
    use clap::{Args, FromArgMatches};
    let command = Options::augment_args(clap::Command::new("roundtable").no_binary_name(true));
    Options::from_arg_matches(&command.get_matches_from(flags)).expect("flags")
}

/// Options as a file gives them.
fn from_file(text: &str) -> Result<Options, BadSetting> {
    let path = written("settings.toml", text);
    let mut options = Options::default();
    let added = options.add_file(&path);
    std::fs::remove_file(&path).expect("clean");
    added.map(|()| options)
}

fn written(name: &str, text: &str) -> PathBuf {
    static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!(
        "rt-config-{}-{count}-{name}",
        std::process::id()
    ));
    std::fs::write(&path, text).expect("file");
    path
}

fn settings(variables: &[(&str, &str)]) -> Result<Settings, BadSetting> {
    from_environment(variables).settings()
}

fn refusal(variables: &[(&str, &str)]) -> String {
    settings(variables)
        .err()
        .map_or_else(String::new, |e| e.to_string())
}

/// A client at Google, reached from everywhere.
const CLIENT: [(&str, &str); 4] = [
    ("ROUNDTABLE_ADDR", "0.0.0.0:3000"),
    ("ROUNDTABLE_PUBLIC_URL", "https://keys.example.com"),
    ("ROUNDTABLE_GOOGLE_CLIENT_ID", "id"),
    ("ROUNDTABLE_GOOGLE_CLIENT_SECRET", "secret"),
];

/// The same with other or more settings.
fn with_client(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let kept = CLIENT
        .iter()
        .filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    kept.chain(more).copied().collect()
}

#[test]
fn without_settings_the_server_listens_on_loopback_with_the_development_sign_in() {
    let settings = settings(&[]).expect("defaults fit");
    assert_eq!(settings.addr.to_string(), "127.0.0.1:3000");
    assert_eq!(settings.public_url, "http://127.0.0.1:3000");
    assert!(matches!(settings.sign_in, SignIn::Development));
}

// F5: compose files set every variable, also to an empty value.
#[test]
fn an_empty_value_counts_as_not_given() {
    for setting in table::ALL.iter().copied() {
        for empty in ["", " ", "\t\r\n"] {
            assert!(
                !from_environment(&[(&setting.variable(), empty)]).has(setting),
                "{}",
                setting.name
            );
            if setting.kind != Kind::Secret {
                assert!(
                    !from_flags(&[&format!("--{}={empty}", setting.flag())]).has(setting),
                    "{}",
                    setting.name
                );
            }
        }
        if setting.kind != Kind::File {
            let options = from_file(&format!("{} = \" \"", setting.name)).expect("a file");
            assert!(!options.has(setting), "{}", setting.name);
        }
    }
    let all: Vec<_> = table::ALL
        .iter()
        .map(|setting| (setting.variable(), ""))
        .collect();
    let all: Vec<_> = all
        .iter()
        .map(|(name, value)| (name.as_str(), *value))
        .collect();
    assert!(settings(&all).is_ok_and(|settings| settings.allowed_domains().is_empty()));
}

#[test]
fn flags_override_the_environment_which_overrides_the_file() {
    let path = written(
        "order.toml",
        "brand = \"c\"\naddr = \"127.0.0.3:3\"\npublic_url = \"http://127.0.0.3:3\"",
    );
    let mut options = from_flags(&["--brand", "a"]);
    let variables = [
        ("ROUNDTABLE_BRAND", "b"),
        ("ROUNDTABLE_ADDR", "127.0.0.2:2"),
        ("ROUNDTABLE_PUBLIC_URL", ""),
    ];
    options.add_environment(
        variables
            .iter()
            .map(|(name, value)| (name.into(), value.into())),
    );
    options.add_file(&path).expect("a file");
    std::fs::remove_file(&path).expect("clean");
    let text = |setting: &Setting| {
        options
            .text(setting)
            .expect("text")
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(
        [
            text(&table::BRAND),
            text(&table::ADDR),
            text(&table::PUBLIC_URL)
        ],
        ["a", "127.0.0.2:2", "http://127.0.0.3:3"]
    );
}

// F5
#[test]
fn booleans_have_the_usual_spellings_in_every_source() {
    for (word, meant) in [
        ("1", true),
        ("true", true),
        ("YES", true),
        (" On ", true),
        ("0", false),
        ("False", false),
        ("no", false),
        ("oFF", false),
    ] {
        let flag = format!("--allow-http={word}");
        let file = format!("allow_http = \"{word}\"");
        for options in [
            from_environment(&[("ROUNDTABLE_ALLOW_HTTP", word)]),
            from_flags(&[&flag]),
            from_file(&file).expect("a file"),
        ] {
            assert_eq!(
                options.yes(&table::ALLOW_HTTP).expect(word),
                meant,
                "{word} {options:?}"
            );
        }
    }
    assert!(
        from_flags(&["--allow-http"])
            .yes(&table::ALLOW_HTTP)
            .expect("a bare flag")
    );
    assert!(
        from_file("allow_http = true")
            .and_then(|o| o.yes(&table::ALLOW_HTTP))
            .expect("a boolean")
    );
    assert!(
        !from_file("allow_http = 0")
            .and_then(|o| o.yes(&table::ALLOW_HTTP))
            .expect("a number")
    );
    let why = from_environment(&[("ROUNDTABLE_ALLOW_HTTP", "maybe")])
        .yes(&table::ALLOW_HTTP)
        .expect_err("a word");
    assert_eq!(
        why.to_string(),
        "ROUNDTABLE_ALLOW_HTTP must be yes or no, not \"maybe\""
    );
}

#[test]
fn an_error_names_the_setting_as_the_operator_wrote_it() {
    let variable = from_environment(&[("ROUNDTABLE_TRUSTED_PROXIES", "-1")]);
    let flag = from_flags(&["--trusted-proxies=many"]);
    let file = from_file("trusted_proxies = 101").expect("a file");
    for (options, name) in [
        (
            variable,
            "ROUNDTABLE_TRUSTED_PROXIES must be a whole number from 0 to 100",
        ),
        (
            flag,
            "--trusted-proxies must be a whole number from 0 to 100",
        ),
        (file, "trusted_proxies in /"),
    ] {
        let why = options
            .settings()
            .err()
            .map(|e| e.to_string())
            .unwrap_or_default();
        assert!(why.starts_with(name), "{why}");
    }
    assert!(
        refusal(&[("ROUNDTABLE_ADDR", "0.0.0.0:1")])
            .starts_with("ROUNDTABLE_PUBLIC_URL (--public-url) must be set")
    );
}

#[test]
fn an_unknown_name_suggests_the_most_similar_setting() {
    let warned = |name: &str| {
        from_environment(&[(name, "x")])
            .warnings()
            .join("\n")
    };
    assert!(warned("ROUNDTABLE_PUBLIC_ULR").ends_with("did you mean ROUNDTABLE_PUBLIC_URL?"));
    assert!(warned("ROUNDTABLE_HOST_DOMAIN").ends_with("did you mean ROUNDTABLE_HOSTED_DOMAIN?"));
    assert!(warned("ROUNDTABLE_COFFEE").ends_with("is not a setting and is ignored"));
    assert!(warned("ROUNDTABLE_addr").ends_with("did you mean ROUNDTABLE_ADDR?"));
    for name in [
        "ROUNDTABLE_API_KEY",
        "ROUNDTABLE_GATE_KEY",
        "ROUNDTABLE_GATE_KEY_WITHOUT_SCOPE",
        "ROUNDTABLE_URL",
        "ROUNDTABLE_BRAND",
        "PATH",
        "MASTER_KEY",
    ] {
        assert_eq!(warned(name), "", "{name}");
    }
    let wrong = |text: &str| {
        from_file(text)
            .err()
            .map(|e| e.to_string())
            .unwrap_or_default()
    };
    assert!(
        wrong("public-url = \"x\"")
            .ends_with("there is no setting public-url; did you mean public_url?")
    );
    assert!(wrong("config = \"x\"").contains("there is no setting config"));
    assert!(wrong("addr = 1.5").contains("addr must be a single value"));
}

#[test]
fn errors_never_show_a_secret() {
    let why = from_file("brand = \"x\"\nmaster_key = \"TOPSECRET")
        .expect_err("an open quote")
        .to_string();
    assert!(
        why.contains("line 2") && !why.contains("TOPSECRET"),
        "{why}"
    );
    assert!(
        !format!(
            "{:?}",
            from_environment(&[("ROUNDTABLE_SETUP_TOKEN", "TOPSECRET")])
        )
        .contains("TOPSECRET")
    );
    let why = refusal(&[("ROUNDTABLE_SETUP_TOKEN", "TOPSECRET")]);
    assert_eq!(
        why,
        "ROUNDTABLE_SETUP_TOKEN must have at least 16 characters"
    );
    let why = from_environment(&[("ROUNDTABLE_DATABASE_URL", "mysql://u:TOPSECRET@h/d")])
        .database_url()
        .map(drop);
    let why = why.expect_err("another database").to_string();
    assert!(
        why.starts_with("ROUNDTABLE_DATABASE_URL must be sqlite://PATH")
            && !why.contains("TOPSECRET"),
        "{why}"
    );
}

#[test]
fn the_gates_have_an_ip_address_or_a_unix_socket_and_perhaps_a_token() {
    let gate_addr = |text| {
        settings(&[("ROUNDTABLE_GATE_ADDR", text)])
            .map(|settings| settings.gate_addr.map(|addr| addr.to_string()))
            .map_err(|error| error.to_string())
    };
    for text in ["127.0.0.1:3001", "[::1]:3001", "unix:/run/gate.sock"] {
        assert_eq!(gate_addr(text), Ok(Some(text.to_owned())));
    }
    for text in [
        "unix",
        "/run/gate.sock",
        "localhost:3001",
        "UNIX:/run/gate.sock",
    ] {
        let why = gate_addr(text).expect_err(text);
        assert!(
            why.contains("must be an IP address and a port"),
            "{why}"
        );
    }
    let why = gate_addr("unix:").expect_err("no path");
    assert!(why.contains("must have a path after unix:"), "{why}");

    let token = settings(&[("ROUNDTABLE_GATE_TOKEN", "0123456789abcdef")])
        .ok()
        .and_then(|settings| settings.gate_token);
    let token = token.expect("a token");
    assert_eq!(token.expose_secret(), "0123456789abcdef");
    assert_eq!(
        refusal(&[("ROUNDTABLE_GATE_TOKEN", "TOPSECRET")]),
        "ROUNDTABLE_GATE_TOKEN must have at least 16 characters"
    );
    let path = written("token", "0123456789abcdef\n");
    let by_file = settings(&[("ROUNDTABLE_GATE_TOKEN_FILE", &path.to_string_lossy())]);
    std::fs::remove_file(&path).expect("clean");
    assert!(by_file.is_ok_and(|settings| settings.gate_token.is_some()));
    assert!(settings(&[]).is_ok_and(|settings| settings.gate_token.is_none()));
}

#[test]
fn the_line_ending_of_a_secret_is_ignored() {
    let token = "setup_0123456789";
    for text in [
        format!("{token}\n"),
        format!("{token}\r\n"),
        format!(" {token} \n\n"),
    ] {
        let path = written("token", &text);
        let by_file = from_environment(&[("ROUNDTABLE_SETUP_TOKEN_FILE", &path.to_string_lossy())])
            .settings();
        let by_value = settings(&[("ROUNDTABLE_SETUP_TOKEN", &text)]);
        std::fs::remove_file(&path).expect("clean");
        for read in [by_file, by_value] {
            let read = read
                .ok()
                .and_then(|settings| settings.setup_token)
                .expect("a token");
            assert_eq!(read.expose_secret(), token);
        }
    }
    assert!(
        refusal(&[(
            "ROUNDTABLE_SETUP_TOKEN",
            "first line of it\nsecond line of it"
        )])
        .contains("one line")
    );
    let path = written("empty", "\n");
    let why = refusal(&[("ROUNDTABLE_SETUP_TOKEN_FILE", &path.to_string_lossy())]);
    std::fs::remove_file(&path).expect("clean");
    assert!(
        why.starts_with("ROUNDTABLE_SETUP_TOKEN_FILE names")
            && why.ends_with("must contain one line"),
        "{why}"
    );
}

#[test]
fn secrets_in_the_environment_cause_a_warning() {
    let mut options = from_environment(&[
        ("ROUNDTABLE_MASTER_KEY", "k"),
        ("ROUNDTABLE_GOOGLE_CLIENT_SECRET", "s"),
    ]);
    options.warn_of_secrets();
    let warnings = options.warnings().join("\n");
    assert!(
        warnings.contains("ROUNDTABLE_MASTER_KEY_FILE"),
        "{warnings}"
    );
    assert!(
        warnings.contains("ROUNDTABLE_GOOGLE_CLIENT_SECRET_FILE"),
        "{warnings}"
    );
    assert!(
        !from_flags(&[])
            .warnings()
            .iter()
            .any(|warning| warning.contains("secret"))
    );
}

// RK-45
#[test]
fn other_machines_are_served_over_https_only() {
    let beyond = |url| refusal(&with_client(&[("ROUNDTABLE_PUBLIC_URL", url)]));
    assert!(beyond("http://keys.example.com").contains("https://"));
    for good in ["https://keys.example.com", " https://keys.example.com/ "] {
        assert_eq!(beyond(good), "");
    }
    for bad in [
        "https://keys.example.com/app",
        "https://:pw@keys.example.com",
        "https://keys.example.com/?a",
    ] {
        assert!(beyond(bad).contains("without a path"), "{bad}");
    }
    assert!(beyond("keys").contains("not a URL"));
}

// Behind a reverse proxy on the same machine the server listens on loopback, and strangers reach it
// all the same.
#[test]
fn the_setup_token_is_needed_unless_both_addr_and_public_url_are_on_loopback() {
    let needed = |addr, url| {
        let more = [("ROUNDTABLE_ADDR", addr), ("ROUNDTABLE_PUBLIC_URL", url)];
        settings(&with_client(&more))
            .expect("settings")
            .needs_setup_token()
    };
    for url in [
        "",
        "http://127.0.0.1:3000",
        "http://localhost:3000",
        "https://localhost",
        "http://[::1]:3000",
    ] {
        assert!(!needed("127.0.0.1:3000", url), "{url}");
    }
    assert!(!needed("[::1]:3000", "http://localhost:3000"));
    for (addr, url) in [
        ("127.0.0.1:3000", "https://keys.example.com"),
        ("[::1]:3000", "https://keys.example.com"),
        ("127.0.0.1:3000", "https://localhost.example.com"),
        ("0.0.0.0:3000", "http://localhost:3000"),
        ("0.0.0.0:3000", "https://keys.example.com"),
    ] {
        assert!(needed(addr, url), "{addr} {url}");
    }
    assert!(
        !settings(&[])
            .expect("defaults")
            .needs_setup_token(),
        "a first try on one machine needs no token"
    );
}

#[test]
fn the_development_sign_in_is_for_loopback_only() {
    let beyond = "to serve other machines, set ROUNDTABLE_GOOGLE_CLIENT_ID (--google-client-id)";
    assert!(refusal(&CLIENT[..2]).starts_with(beyond));
    assert!(
        refusal(&CLIENT[1..2]).starts_with(beyond),
        "a public URL is reachable from other machines"
    );
    for (name, value) in [
        ("ROUNDTABLE_OIDC_ISSUER", "https://id.example.com"),
        ("ROUNDTABLE_GOOGLE_CLIENT_SECRET", "secret"),
        ("ROUNDTABLE_HOSTED_DOMAIN", "example.com"),
        ("ROUNDTABLE_PUBLIC_CLIENT", "yes"),
    ] {
        let why = refusal(&[(name, value)]);
        assert_eq!(
            why,
            format!("{name} needs ROUNDTABLE_GOOGLE_CLIENT_ID (--google-client-id)")
        );
    }
    assert!(
        refusal(&[("ROUNDTABLE_FIREBASE_JWKS_URL", "https://a.example")])
            .contains("FIREBASE_PROJECT_ID")
    );
}

#[test]
fn a_client_needs_a_secret_unless_it_is_declared_public() {
    let without = |more: &[(&'static str, &'static str)]| {
        refusal(&with_client(
            &[&[("ROUNDTABLE_GOOGLE_CLIENT_SECRET", "")], more].concat(),
        ))
    };
    let (issuer, public) = (
        ("ROUNDTABLE_OIDC_ISSUER", "https://id.example.com"),
        ("ROUNDTABLE_PUBLIC_CLIENT", "yes"),
    );
    assert!(without(&[]).starts_with("ROUNDTABLE_GOOGLE_CLIENT_ID needs the client secret"));
    assert!(without(&[issuer]).contains("ROUNDTABLE_PUBLIC_CLIENT"));
    assert!(
        without(&[public]).starts_with("ROUNDTABLE_PUBLIC_CLIENT needs ROUNDTABLE_OIDC_ISSUER")
    );
    assert_eq!(without(&[issuer, public]), "");
    assert!(
        refusal(&with_client(&[issuer, public]))
            .contains("cannot be combined with a client secret")
    );
    let both = refusal(&with_client(&[(
        "ROUNDTABLE_GOOGLE_CLIENT_SECRET_FILE",
        "/secret",
    )]));
    assert_eq!(
        both,
        "give ROUNDTABLE_GOOGLE_CLIENT_SECRET or ROUNDTABLE_GOOGLE_CLIENT_SECRET_FILE, not both"
    );
}

#[test]
fn an_issuer_is_an_https_url() {
    let with = |issuer| refusal(&with_client(&[("ROUNDTABLE_OIDC_ISSUER", issuer)]));
    assert_eq!(with(" https://id.example.com/realm "), "");
    assert_eq!(with("http://127.0.0.1:8080"), "");
    for bad in [
        "id.example.com",
        "http://id.example.com",
        "https://id.example.com?x",
        "https://me@id.example.com",
    ] {
        assert!(
            with(bad).starts_with("ROUNDTABLE_OIDC_ISSUER must be"),
            "{bad}"
        );
    }
}

#[test]
fn an_error_is_one_line() {
    assert!(
        refusal(&[("ROUNDTABLE_ADDR", "here")])
            .starts_with("ROUNDTABLE_ADDR must be an IP address and a port")
    );
    assert!(refusal(&[("ROUNDTABLE_BRAND", "Not A Brand")]).starts_with("ROUNDTABLE_BRAND: "));
    for (name, value) in [
        ("ROUNDTABLE_ADDR", "a\nb"),
        ("ROUNDTABLE_PUBLIC_URL", "http://\u{7}"),
        ("ROUNDTABLE_BRAND", "é"),
    ] {
        let why = refusal(&[(name, value)]);
        assert!(
            !why.is_empty() && !why.contains(char::is_control),
            "{why}"
        );
    }
}

#[test]
fn domains_are_normalized_and_checked() {
    let read = |name, list| settings(&with_client(&[(name, list)]));
    let domains = |list| {
        read("ROUNDTABLE_ALLOWED_EMAIL_DOMAINS", list)
            .map(|s| s.allowed_domains())
            .expect("domains")
    };
    assert_eq!(
        domains("Example.com, xn--bcher-kva.example ,"),
        ["example.com", "xn--bcher-kva.example"]
    );
    let hosted = read("ROUNDTABLE_HOSTED_DOMAIN", " Example.COM\n").expect("a domain");
    assert_eq!(hosted.allowed_domains(), ["example.com"]);
    let file = from_file("allowed_email_domains = [\"A.example\", \"b.example\"]").expect("a file");
    assert_eq!(
        file.email_domains().expect("a list"),
        ["a.example", "b.example"]
    );
    for bad in [
        "example",
        "@example.com",
        "a@example.com",
        "*.example.com",
        "https://example.com",
        "bücher.example",
        "a..b",
        "-a.b",
    ] {
        for name in [
            "ROUNDTABLE_ALLOWED_EMAIL_DOMAINS",
            "ROUNDTABLE_HOSTED_DOMAIN",
        ] {
            let why = read(name, bad)
                .err()
                .map(|e| e.to_string())
                .unwrap_or_default();
            assert!(
                why.starts_with(&format!("{name} must be a domain")),
                "{bad}: {why}"
            );
        }
    }
    assert!(
        read("ROUNDTABLE_ALLOWED_EMAIL_DOMAINS", ",")
            .err()
            .is_some_and(|e| e.to_string().contains("contains no domain"))
    );
}

// RA-10
#[test]
fn other_origins_are_written_as_browsers_send_them() {
    let read = |list| settings(&[("ROUNDTABLE_CORS_ORIGINS", list)]);
    let origins = |list| read(list).expect(list).cors_origins;
    assert_eq!(
        origins("https://App.example.com:443/, http://localhost:5173 ,https://a.example:8443,"),
        [
            "https://app.example.com",
            "http://localhost:5173",
            "https://a.example:8443"
        ]
    );
    assert_eq!(
        origins("https://bücher.example"),
        ["https://xn--bcher-kva.example"]
    );
    let file = from_file("cors_origins = [\"https://a.example\", \"https://b.example\"]")
        .and_then(|file| file.settings())
        .expect("a list");
    assert_eq!(
        file.cors_origins,
        ["https://a.example", "https://b.example"]
    );
    assert_eq!(settings(&[]).expect("defaults").cors_origins, [""; 0]);
    for bad in [
        "*",
        "null",
        "app.example.com",
        "https://*.example.com",
        "https://app.example.com/path",
        "https://app.example.com?x",
        "https://me@app.example.com",
        "ftp://app.example.com",
        "https://a.example, b.example",
    ] {
        let why = refusal(&[("ROUNDTABLE_CORS_ORIGINS", bad)]);
        assert!(
            why.starts_with("ROUNDTABLE_CORS_ORIGINS must be origins such as"),
            "{bad}: {why}"
        );
    }
    let plain = ("ROUNDTABLE_CORS_ORIGINS", "http://app.example.com");
    assert_eq!(
        refusal(&[plain]),
        "ROUNDTABLE_CORS_ORIGINS must be https:// origins unless they are on loopback, not \"http://app.example.com\" (or set ROUNDTABLE_ALLOW_HTTP (--allow-http))"
    );
    assert_eq!(
        refusal(&[plain, ("ROUNDTABLE_ALLOW_HTTP", "yes")]),
        ""
    );
    assert!(
        refusal(&[("ROUNDTABLE_CORS_ORIGINS", ",")]).contains("contains no origin"),
        "an empty list is a mistake"
    );
}

#[test]
fn a_missing_master_key_suggests_init() {
    let why = from_environment(&[("ROUNDTABLE_MASTER_KEY_FILE", "/nowhere/key")])
        .master_key()
        .map(drop);
    assert!(
        why.expect_err("no key")
            .to_string()
            .contains("run `roundtable init --new-master-key` first")
    );
}

#[cfg(unix)]
#[test]
fn a_key_file_that_other_users_can_read_is_rejected() {
    use super::key_file::key_file;
    use std::os::unix::fs::PermissionsExt;
    let path = written(
        "key",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
    );
    let mode = |mode| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("mode")
    };
    mode(0o644);
    assert!(key_file(&path, false).is_err() && key_file(&path, true).is_ok());
    mode(0o600);
    assert!(key_file(&path, false).is_ok());
    let link = path.with_extension("link");
    std::os::unix::fs::symlink(&path, &link).expect("link");
    assert!(key_file(&link, false).is_err() && key_file(&link, true).is_ok());
    std::fs::remove_file(&link).expect("clean");
    std::fs::remove_file(&path).expect("clean");
}

#[test]
fn the_limits_of_failed_attempts_are_settings() {
    let limits = |options: Options| {
        options
            .settings()
            .map(|settings| settings.attempts)
    };
    let (credentials, secrets) = (60, 10);
    assert_eq!(
        limits(from_environment(&[])).expect("defaults"),
        Limits {
            credentials,
            secrets
        }
    );
    let off = from_environment(&[("ROUNDTABLE_AUTH_FAILURES_PER_MINUTE", "0")]);
    assert_eq!(
        limits(off).expect("off"),
        Limits {
            credentials: 0,
            secrets
        }
    );
    let flag = from_flags(&["--setup-failures-per-minute=3"]);
    assert_eq!(
        limits(flag).expect("a flag"),
        Limits {
            credentials,
            secrets: 3
        }
    );
    let file = from_file("auth_failures_per_minute = 7").expect("a file");
    assert_eq!(
        limits(file).expect("a number"),
        Limits {
            credentials: 7,
            secrets
        }
    );
    assert!(limits(from_flags(&["--auth-failures-per-minute=many"])).is_err());
}

#[test]
fn traces_have_an_endpoint_headers_and_a_share() {
    let export = |variables: &[(&str, &str)]| from_environment(variables).traces(true);
    for (endpoint, url) in [
        (
            "http://127.0.0.1:4318",
            "http://127.0.0.1:4318/v1/traces",
        ),
        (
            "https://otlp.example.com/",
            "https://otlp.example.com/v1/traces",
        ),
        (
            "https://otlp.example.com/tenant/a",
            "https://otlp.example.com/tenant/a/v1/traces",
        ),
    ] {
        let made = export(&[("ROUNDTABLE_OTLP_ENDPOINT", endpoint)]);
        let made = made.expect(endpoint).expect("an export");
        assert_eq!(made.url.as_str(), url);
        assert_eq!((made.headers.len(), made.sample_percent), (0, 100));
    }
    assert!(export(&[]).is_ok_and(|export| export.is_none()));

    let endpoint = ("ROUNDTABLE_OTLP_ENDPOINT", "http://127.0.0.1:4318");
    let headers = "Authorization=Basic%20TOPSECRET==, X-Scope=a%2Cb";
    let made = export(&[endpoint, ("ROUNDTABLE_OTLP_HEADERS", headers)]);
    let made = made.expect("settings").expect("an export");
    assert_eq!(made.headers["authorization"], "Basic TOPSECRET==");
    assert_eq!(made.headers["x-scope"], "a,b");
    assert!(!format!("{made:?}").contains("TOPSECRET"));
}

#[test]
fn wrong_settings_of_traces_are_refused_in_one_sentence() {
    let refusal = |variables: &[(&str, &str)]| {
        let refused = from_environment(variables).traces(true);
        refused.expect_err("a refusal").to_string()
    };
    let endpoint = ("ROUNDTABLE_OTLP_ENDPOINT", "http://127.0.0.1:4318");
    for wrong in [
        "127.0.0.1:4318",
        "grpc://127.0.0.1:4317",
        "http://me:TOPSECRET@127.0.0.1:4318",
        "http://127.0.0.1:4318/?token=TOPSECRET",
        "mailto:me",
    ] {
        assert_eq!(
            refusal(&[("ROUNDTABLE_OTLP_ENDPOINT", wrong)]),
            "ROUNDTABLE_OTLP_ENDPOINT must be the URL of a collector, such as http://127.0.0.1:4318, without a user, a query or a fragment"
        );
    }
    for wrong in [
        "TOPSECRET",
        "=TOPSECRET",
        "a b=TOPSECRET",
        "a=TOP%0ASECRET",
        "a=b,",
    ] {
        assert_eq!(
            refusal(&[endpoint, ("ROUNDTABLE_OTLP_HEADERS", wrong)]),
            "ROUNDTABLE_OTLP_HEADERS must consist of NAME=VALUE, separated by commas, with percent-encoded values"
        );
    }
    for alone in ["ROUNDTABLE_OTLP_HEADERS", "ROUNDTABLE_OTLP_SAMPLE_PERCENT"] {
        assert_eq!(
            refusal(&[(alone, "50")]),
            format!("{alone} needs ROUNDTABLE_OTLP_ENDPOINT (--otlp-endpoint)")
        );
    }
    assert_eq!(
        refusal(&[endpoint, ("ROUNDTABLE_OTLP_SAMPLE_PERCENT", "101")]),
        "ROUNDTABLE_OTLP_SAMPLE_PERCENT must be a whole number from 0 to 100, not \"101\""
    );
    let without = from_environment(&[endpoint]).traces(false);
    assert_eq!(
        without.expect_err("a refusal").to_string(),
        "ROUNDTABLE_OTLP_ENDPOINT cannot be used: this program was built without traces, and one built with `cargo build --features otlp` has them"
    );
}
