//! People to try the product with, staged by `--demo`.

use domain::Role;
use engine::organizations::DemoOrganization;
use engine::people::Identity;
use oidc::dev::Person;

/// Subject, name and role of one person.
type DemoMember = (&'static str, &'static str, Role);

const ACME: [DemoMember; 4] = [
    ("olivia", "Olivia Owens", Role::Owner),
    ("adam", "Adam Adler", Role::Admin),
    ("mina", "Mina Moreau", Role::Member),
    ("noor", "نور الهاشمي", Role::Member),
];
const ORBIT: [DemoMember; 1] = [("theo", "Theo Okafor", Role::Owner)];
const CAST: [(&str, &[DemoMember]); 2] = [("Acme", &ACME), ("Orbit", &ORBIT)];

/// Those people, as the stand-in provider offers them.
pub fn people() -> Vec<Person> {
    let in_organization = |(organization, members): (&'static str, &'static [DemoMember])| {
        members.iter().map(move |(subject, name, role)| Person {
            subject: (*subject).into(),
            name: (*name).into(),
            email: email(subject),
            note: format!("{} of {organization}", role.label()),
        })
    };
    CAST.into_iter().flat_map(in_organization).collect()
}

/// Those people and their organizations, as the engine stages them.
pub fn cast(issuer: &str) -> Vec<DemoOrganization> {
    let identity = |subject: &str, name: &str| Identity {
        issuer: issuer.to_owned(),
        subject: subject.to_owned(),
        email: Some(email(subject)),
        name: Some(name.to_owned()),
    };
    let organization = |(organization, members): (&'static str, &'static [DemoMember])| DemoOrganization {
        organization,
        members: members.iter().map(|(subject, name, role)| (identity(subject, name), *role)).collect(),
    };
    CAST.into_iter().map(organization).collect()
}

fn email(subject: &str) -> String {
    format!("{subject}@demo.example")
}
