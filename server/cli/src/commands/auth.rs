//! `roundtable auth`.

use serde::Deserialize;
use serde_json::json;

use crate::arguments::{AuthCommand, GlobalArguments, StoreChoice};
use crate::credentials::Place;
use crate::failure::{Failure, FailureKind};
use crate::organizations::{Organization, organization_named, organizations};
use crate::output::{Output, printable};
use crate::profile::Profile;
use crate::session::{Session, TokenSource, key_of};
use crate::sign_in::{oauth, sign_in};
use crate::terminal;

/// Who is signed in.
#[derive(Deserialize)]
struct Me {
    actor_id: u64,
    name: String,
    role: String,
    organization: String,
}

/// Runs the command.
pub async fn run(
    command: AuthCommand,
    arguments: &GlobalArguments,
    output: &Output,
) -> Result<(), Failure> {
    match command {
        AuthCommand::Login { no_browser, store } => {
            login(arguments, no_browser, store, output).await
        }
        AuthCommand::Logout => logout(&Session::open(arguments)?, output).await,
        AuthCommand::Whoami => {
            let (session, organizations) = Session::open_with_organizations(arguments).await?;
            show_who(&session, &organizations, output).await
        }
        AuthCommand::Status => {
            let session = Session::open_in_organization(arguments).await?;
            status(&session, output).await
        }
    }
}

async fn login(
    arguments: &GlobalArguments,
    no_browser: bool,
    store: Option<StoreChoice>,
    output: &Output,
) -> Result<(), Failure> {
    if arguments.token_stdin || std::env::var_os("ROUNDTABLE_TOKEN").is_some() {
        return Err(Failure::new(
            FailureKind::Usage,
            "A token is given already, so there is nothing to sign in for.",
        ));
    }
    let mut profile = Profile::load()?;
    if let Some(store) = store {
        profile.store = Some(store.word().to_owned());
    }
    let installation = match profile.installation(arguments.url.as_ref()) {
        Err(_) if terminal::can_ask() => ask_for_installation()?,
        known => known?,
    };
    profile.use_installation(key_of(&installation));
    let client = crate::http::client()?;
    let credentials = sign_in(&client, &installation, no_browser, output).await?;
    profile.save()?;

    let mut session = Session::open(&GlobalArguments {
        url: Some(installation),
        ..GlobalArguments::default()
    })?;
    let place = session
        .store()
        .save(&session.key(), &credentials)?;
    if place == Place::File && profile.store() == StoreChoice::Auto {
        output.note(
            "Warning: this system has no keychain that can be used, so the sign-in is stored in a file that only you can read.",
        );
    }
    let organizations = organizations(&session).await?;
    let wanted = arguments.org.as_deref();
    choose_organization(&mut session, &organizations, wanted, output)?;
    show_who(&session, &organizations, output).await
}

/// Chooses the organization that is wanted, or that was chosen before, or the first.
fn choose_organization(
    session: &mut Session,
    organizations: &[Organization],
    wanted: Option<&str>,
    output: &Output,
) -> Result<(), Failure> {
    if wanted.is_none()
        && let Some(chosen) = session.organization()
        && organizations
            .iter()
            .any(|one| one.organization == chosen)
    {
        return Ok(());
    }
    let chosen = match (wanted, organizations) {
        (_, []) => {
            output.note("You are signed in, but you are not a member of any organization yet.");
            return Err(Failure::new(
                FailureKind::Refused,
                "There is no organization to act in.",
            )
            .next("Ask an admin to invite you."));
        }
        (Some(wanted), several) => organization_named(several, wanted)?,
        (None, [only]) => only,
        (None, several) => {
            output.note(&format!(
                "You are a member of {} organizations. `roundtable org switch` chooses another one.",
                several.len()
            ));
            &several[0]
        }
    };
    let mut profile = Profile::load()?;
    profile.org = Some(chosen.organization.clone());
    profile.save()?;
    session.act_in(&chosen.organization);
    Ok(())
}

fn ask_for_installation() -> Result<url::Url, Failure> {
    let text = terminal::ask("URL of your Roundtable installation:").unwrap_or_default();
    text.parse()
        .ok()
        .filter(|url: &url::Url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| {
            Failure::new(
                FailureKind::Usage,
                "Enter a URL such as https://keys.example.com.",
            )
        })
}

async fn logout(session: &Session, output: &Output) -> Result<(), Failure> {
    let Some((credentials, _)) = session.store().find(&session.key())? else {
        output.outcome(
            &json!({ "signed_out": false }),
            "You are not signed in.",
        );
        return Ok(());
    };
    let revoked = oauth::revoke(
        session.client(),
        &session.installation,
        &credentials.refresh_token,
    )
    .await;
    // Without an answer, the sign-in still leaves this computer.
    session.store().remove(&session.key())?;
    match revoked {
        Ok(()) => {
            output.outcome(&json!({ "signed_out": true }), "Signed out.");
            Ok(())
        }
        Err(failure) => Err(Failure::new(
            failure.kind(),
            format!("This computer is signed out, but the session was not revoked: {failure}"),
        )
        .next("Revoke it in the dashboard, under My account.")),
    }
}

async fn show_who(
    session: &Session,
    organizations: &[Organization],
    output: &Output,
) -> Result<(), Failure> {
    let me: Me = session.get("/api/v1/me").await?;
    let name = organizations
        .iter()
        .find(|one| one.organization == me.organization)
        .map(|one| &one.organization_name);
    let json = json!({
        "actor_id": me.actor_id, "name": me.name, "role": me.role, "organization": me.organization,
        "organization_name": name, "url": session.key(),
    });
    output.result(&json, || {
        format!(
            "{} ({}) in {} ({}) at {}\n",
            printable(&me.name),
            me.role,
            printable(name.map_or("", String::as_str)),
            me.organization,
            session.key()
        )
    });
    Ok(())
}

/// Fails if nobody is signed in, or the sign-in does not work any more.
async fn status(session: &Session, output: &Output) -> Result<(), Failure> {
    let source = match session.source()? {
        TokenSource::Given => "given token",
        TokenSource::Stored(place) => place.word(),
    };
    let me: Me = session.get("/api/v1/me").await?;
    let json = json!({
        "url": session.key(), "store": source, "name": me.name, "role": me.role,
        "organization": me.organization, "actor_id": me.actor_id,
    });
    let rows = [
        ("installation", session.key()),
        ("signed in as", printable(&me.name)),
        ("organization", me.organization.clone()),
        ("role", me.role.clone()),
        ("stored in", source.to_owned()),
    ];
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(name, value)| vec![name.to_owned(), value])
        .collect();
    output.table(&json, &["", ""], &rows);
    Ok(())
}
