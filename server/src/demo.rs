//! People to try the product with, staged by `--demo`.

use domain::Role;
use engine::organizations::Cast;
use engine::people::Identity;
use oidc::dev::Person;

const ACME: [(&str, &str, Role); 4] = [
    ("olivia", "Olivia Owens", Role::Owner),
    ("adam", "Adam Adler", Role::Admin),
    ("mina", "Mina Moreau", Role::Member),
    ("noor", "نور الهاشمي", Role::Member),
];
const ORBIT: [(&str, &str, Role); 1] = [("theo", "Theo Okafor", Role::Owner)];
const CAST: [(&str, &[(&str, &str, Role)]); 2] = [("Acme", &ACME), ("Orbit", &ORBIT)];

/// Those people, as the stand-in provider offers them.
pub fn people() -> Vec<Person> {
    let in_organization = |(organization, members): (&'static str, &'static [(&str, &str, Role)])| {
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
pub fn cast(issuer: &str) -> Vec<Cast> {
    let identity = |subject: &str, name: &str| Identity {
        issuer: issuer.to_owned(),
        subject: subject.to_owned(),
        email: Some(email(subject)),
        name: Some(name.to_owned()),
    };
    let organization = |(organization, members): (&'static str, &'static [(&str, &str, Role)])| Cast {
        organization,
        members: members.iter().map(|(subject, name, role)| (identity(subject, name), *role)).collect(),
    };
    CAST.into_iter().map(organization).collect()
}

fn email(subject: &str) -> String {
    format!("{subject}@demo.example")
}
