//! The requests of the browser and of the client.

use serde::Deserialize;

use super::{DevProvider, Person};
use crate::identity::normal_email;

/// The authorization request. The page repeats it in hidden fields.
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
    /// The subject of a user who was chosen already. The page does not repeat it.
    pub login_hint: String,
}

impl Request {
    /// The first error of the request, if any.
    pub fn fault(&self, provider: &DevProvider) -> Option<&'static str> {
        let faults = [
            (
                self.client_id != provider.client_id,
                "The client is unknown.",
            ),
            (
                self.redirect_uri != provider.redirect_uri.as_str(),
                "The redirect URI is not registered.",
            ),
            (
                self.response_type != "code",
                "Only response_type=code is supported.",
            ),
            (
                !self
                    .scope
                    .split(' ')
                    .any(|scope| scope == "openid"),
                "The scope openid is missing.",
            ),
            (
                self.code_challenge_method != "S256",
                "Only code_challenge_method=S256 is supported.",
            ),
            (
                self.code_challenge.len() != 43,
                "The code challenge is invalid.",
            ),
        ];
        faults
            .into_iter()
            .find_map(|(wrong, words)| wrong.then_some(words))
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

/// The choice on the page: the subject of a user, or an email and a name.
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
            Some(subject) => provider
                .people
                .iter()
                .find(|person| person.subject == *subject)
                .cloned(),
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
        if subject.len() > 255 {
            return None;
        }
        Some(Person {
            subject,
            name,
            email,
            note: String::new(),
        })
    }
}

/// The submitted form of the page.
#[derive(Debug, Deserialize)]
pub(super) struct Submission {
    #[serde(flatten)]
    pub request: Request,
    #[serde(flatten)]
    pub choice: Choice,
}

/// The token request. A client secret is ignored.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Exchange {
    pub grant_type: String,
    pub code: String,
    pub redirect_uri: String,
    pub code_verifier: String,
    pub client_id: String,
}
