//! `roundtable config`.

use serde_json::json;
use url::Url;

use crate::arguments::{ConfigCommand, ConfigName, StoreChoice};
use crate::credentials;
use crate::failure::{Failure, FailureKind};
use crate::output::Output;
use crate::profile::{self, Profile};
use crate::session::key_of;

/// Runs the command.
pub fn run(command: ConfigCommand, output: &Output) -> Result<(), Failure> {
    match command {
        ConfigCommand::List => list(output),
        ConfigCommand::Get { name } => get(name, output),
        ConfigCommand::Set { name, value } => set(name, &value),
    }
}

fn list(output: &Output) -> Result<(), Failure> {
    let profile = Profile::load()?;
    let (settings, sign_ins) = (profile::path()?, credentials::file()?);
    let json = json!({
        "url": profile.url, "org": profile.org, "store": value(&profile, ConfigName::Store),
        "settings_file": settings, "credentials_file": sign_ins,
    });
    let names = [
        ("url", ConfigName::Url),
        ("org", ConfigName::Org),
        ("store", ConfigName::Store),
    ];
    let mut rows: Vec<_> = names
        .into_iter()
        .map(|(word, name)| vec![word.to_owned(), value(&profile, name).unwrap_or_default()])
        .collect();
    rows.push(vec![
        "settings file".to_owned(),
        settings.display().to_string(),
    ]);
    rows.push(vec![
        "credentials file".to_owned(),
        sign_ins.display().to_string(),
    ]);
    output.table(&json, &["SETTING", "VALUE"], &rows);
    Ok(())
}

fn get(name: ConfigName, output: &Output) -> Result<(), Failure> {
    let value = value(&Profile::load()?, name);
    output.result(&value, || {
        format!("{}\n", value.as_deref().unwrap_or_default())
    });
    Ok(())
}

fn value(profile: &Profile, name: ConfigName) -> Option<String> {
    match name {
        ConfigName::Url => profile.url.clone(),
        ConfigName::Org => profile.org.clone(),
        ConfigName::Store => Some(
            profile
                .store
                .clone()
                .unwrap_or_else(|| "auto".to_owned()),
        ),
    }
}

fn set(name: ConfigName, value: &str) -> Result<(), Failure> {
    let usage = |message: &str| Failure::new(FailureKind::Usage, message);
    let mut profile = Profile::load()?;
    match name {
        ConfigName::Url => {
            let url: Url = value
                .parse()
                .map_err(|_| usage("Enter a URL such as https://keys.example.com."))?;
            // The organization belongs to the installation before.
            profile.org = profile
                .org
                .filter(|_| profile.url == Some(key_of(&url)));
            profile.url = Some(key_of(&url));
        }
        ConfigName::Org => profile.org = Some(value.to_owned()).filter(|org| !org.is_empty()),
        ConfigName::Store if StoreChoice::named(value).is_some() => {
            profile.store = Some(value.to_owned());
        }
        ConfigName::Store => return Err(usage("Enter auto, keychain or file.")),
    }
    profile.save()
}
