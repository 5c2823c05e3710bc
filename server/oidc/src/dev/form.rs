//! What the browser and the client send to the stand-in.

use serde::Deserialize;

use super::{DevProvider, Person};
use crate::identity::normal_email;

/// The request to sign someone in; the page repeats it in hidden fields.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Request {
    pub response_type: String,
    pub client_id: String,
    pub redirect_uri: String,
    pub scope: String,
    pub state: String,
    pub nonce: String,
    pub code_challenge: String,
    pub code_challenge_method: String,
}

impl Request {
    /// The first thing wrong with the request, if any.
    pub fn fault(&self, provider: &DevProvider) -> Option<&'static str> {
        let faults = [
            (self.client_id != provider.client_id, "The client is not known here."),
            (
                self.redirect_uri != provider.redirect_uri.as_str(),
                "The address to return to is not the registered one.",
            ),
            (self.response_type != "code", "Only response_type=code is possible."),
            (!self.scope.split(' ').any(|scope| scope == "openid"), "The scope lacks openid."),
            (self.code_challenge_method != "S256", "Only code_challenge_method=S256 is possible."),
            (self.code_challenge.len() != 43, "The code challenge is not one of S256."),
        ];
        faults.into_iter().find_map(|(wrong, words)| wrong.then_some(words))
    }

    pub fn fields(&self) -> [(&'static str, &str); 8] {
        [
            ("response_type", &self.response_type),
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect_uri),
            ("scope", &self.scope),
            ("state", &self.state),
            ("nonce", &self.nonce),
            ("code_challenge", &self.code_challenge),
            ("code_challenge_method", &self.code_challenge_method),
        ]
    }
}

/// The choice made on the page: a person's subject, or a typed e-mail and name.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Choice {
    pub person: Option<String>,
    pub email: String,
    pub name: String,
}

impl Choice {
    pub fn person(&self, provider: &DevProvider) -> Option<Person> {
        match &self.person {
            Some(subject) => provider.people.iter().find(|person| person.subject == *subject).cloned(),
            None => self.typed(),
        }
    }

    fn typed(&self) -> Option<Person> {
        let email = normal_email(&self.email)?;
        let name = match self.name.trim() {
            "" => email.clone(),
            name => name.to_owned(),
        };
        let subject = format!("email:{email}");
        (subject.len() <= 255).then_some(Person { subject, name, email, note: String::new() })
    }
}

/// The page's form as it comes back.
#[derive(Debug, Deserialize)]
pub(super) struct Submission {
    #[serde(flatten)]
    pub request: Request,
    #[serde(flatten)]
    pub choice: Choice,
}

/// A code to exchange. A secret, if one is sent, is not looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Exchange {
    pub grant_type: String,
    pub code: String,
    pub redirect_uri: String,
    pub code_verifier: String,
    pub client_id: String,
}
