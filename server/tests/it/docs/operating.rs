//! The documentation for operators.

use server::config::table;

const COMMANDS: &str = include_str!("../../../../docs/server-commands.md");

#[test]
fn every_setting_is_documented() {
    for setting in table::ALL {
        let name = format!("`{}`", setting.variable());
        assert!(
            COMMANDS.contains(&name),
            "{name} is not in docs/server-commands.md"
        );
    }
}

// A variable that does not exist any more would be ignored with a warning only.
#[test]
fn every_documented_setting_exists() {
    let others = [
        "API_KEY",
        "URL",
        "ORG",
        "TOKEN",
        "GATE_KEY",
        "GATE_KEY_WITHOUT_SCOPE",
        "X",
        "X_FILE",
    ];
    let files = [
        COMMANDS,
        include_str!("../../../../docs/install.md"),
        include_str!("../../../../docs/backup.md"),
        include_str!("../../../../docs/reverse-proxy.md"),
        include_str!("../../../../docs/identity-providers.md"),
        include_str!("../../../../docs/databases.md"),
        include_str!("../../../../docs/monitoring.md"),
        include_str!("../../../../docs/upgrade.md"),
        include_str!("../../../deploy/roundtable.service"),
        include_str!("../../../deploy/roundtable-admin"),
        include_str!("../../../deploy/compose.yaml"),
        include_str!("../../../deploy/kubernetes.yaml"),
        include_str!("../../../deploy/Containerfile"),
    ];
    for text in files {
        for rest in text.split(table::PREFIX).skip(1) {
            let name: String = rest
                .chars()
                .take_while(|c| c.is_ascii_uppercase() || *c == '_')
                .collect();
            let exists = table::named(&name.to_ascii_lowercase()).is_some();
            assert!(
                exists || name.is_empty() || others.contains(&name.as_str()),
                "{name}"
            );
        }
    }
}

// The settings of the package are a file that the program reads.
#[test]
fn the_settings_of_the_package_exist() {
    for line in include_str!("../../../deploy/settings.toml").lines() {
        if let Some((name, _)) = line.trim_start_matches('#').split_once(" = ") {
            assert!(table::named(name.trim()).is_some(), "{line}");
        }
    }
}
