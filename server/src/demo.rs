//! The users and organizations that `serve --demo` adds to try the product with.

use app::request::Account;
use domain::Role;
use engine::Engine;
use engine::organizations::DemoOrganization;
use engine::people::Identity;
use oidc::dev::Person;

/// Subject, name and role of a member.
type DemoMember = (&'static str, &'static str, Role);

const ACME: [DemoMember; 4] = [
    ("olivia", "Olivia Owens", Role::Owner),
    ("adam", "Adam Adler", Role::Admin),
    ("mina", "Mina Moreau", Role::Member),
    ("noor", "نور الهاشمي", Role::Member),
];
const ORBIT: [DemoMember; 1] = [("theo", "Theo Okafor", Role::Owner)];
const ORGANIZATIONS: [(&str, &[DemoMember]); 2] = [("Acme", &ACME), ("Orbit", &ORBIT)];

/// The organizations and their members, as the engine adds them.
pub fn organizations(issuer: &str) -> Vec<DemoOrganization> {
    let organization =
        |(organization, members): (&'static str, &'static [DemoMember])| DemoOrganization {
            organization,
            members: members
                .iter()
                .map(|(subject, name, role)| (identity(issuer, subject, name), *role))
                .collect(),
        };
    ORGANIZATIONS
        .into_iter()
        .map(organization)
        .collect()
}

/// Their members, as the development identity provider offers them for sign-in.
pub fn people() -> Vec<Person> {
    let members = |(organization, members): (&'static str, &'static [DemoMember])| {
        members
            .iter()
            .map(move |(subject, name, role)| Person {
                subject: (*subject).into(),
                name: (*name).into(),
                email: email(subject),
                note: format!("{} of {organization}", role.label()),
            })
    };
    ORGANIZATIONS
        .into_iter()
        .flat_map(members)
        .collect()
}

/// The accounts of users of the development identity provider, as the sign-in page lists them.
pub fn accounts(people: &[Person]) -> Vec<Account> {
    let account = |person: &Person| Account {
        subject: person.subject.clone(),
        name: person.name.clone(),
        email: person.email.clone(),
        note: person.note.clone(),
    };
    people.iter().map(account).collect()
}

/// Those members who exist in the database.
///
/// # Errors
/// If the database is unavailable.
pub async fn existing_people(engine: &Engine, issuer: &str) -> engine::Result<Vec<Person>> {
    let mut existing = Vec::new();
    for person in people() {
        match engine
            .identify_person(&identity(issuer, &person.subject, &person.name), None)
            .await
        {
            Ok(_) => existing.push(person),
            Err(engine::Error::Unauthenticated(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(existing)
}

fn identity(issuer: &str, subject: &str, name: &str) -> Identity {
    Identity {
        issuer: issuer.to_owned(),
        subject: subject.to_owned(),
        email: Some(email(subject)),
        name: Some(name.to_owned()),
    }
}

fn email(subject: &str) -> String {
    format!("{subject}@demo.example")
}
