//! Entries of the journal.

/// What an entry is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    Key(i64),
    Actor(i64),
    Api(i64),
    Session(String),
    Invitation(String),
    /// The chain of an organization.
    Head(String),
}

/// The number of a revoked or removed subject: no row is new enough to be valid.
pub(crate) const REVOKED: i64 = i64::MAX;

/// One entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub subject: Subject,
    /// The lowest event number that a valid row has; of a chain, its newest event.
    pub n: i64,
    /// Its time in milliseconds, for sessions and anchors; 0 otherwise.
    pub at: i64,
    /// The hash of a chain's newest event.
    pub hash: Vec<u8>,
}

/// The newest event of a chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    pub n: i64,
    pub hash: Vec<u8>,
}

impl Mark {
    /// A change after which only rows from this event on are valid.
    pub const fn changed(subject: Subject, n: i64) -> Self {
        Self {
            subject,
            n,
            at: 0,
            hash: Vec::new(),
        }
    }

    /// A revocation or removal, for good.
    pub const fn revoked(subject: Subject) -> Self {
        Self::changed(subject, REVOKED)
    }

    /// The newest event of a chain.
    pub fn head(organization: &str, n: i64, hash: &[u8]) -> Self {
        Self {
            subject: Subject::Head(organization.into()),
            n,
            at: 0,
            hash: hash.to_vec(),
        }
    }

    /// The entry as text, without its seal.
    pub fn line(&self) -> String {
        let (kind, id) = match &self.subject {
            Subject::Key(id) => ("key", id.to_string()),
            Subject::Actor(id) => ("actor", id.to_string()),
            Subject::Api(id) => ("api", id.to_string()),
            Subject::Session(id) => ("session", id.clone()),
            Subject::Invitation(id) => ("invitation", id.clone()),
            Subject::Head(id) => ("head", id.clone()),
        };
        let hash = if self.hash.is_empty() {
            "-".into()
        } else {
            hex::encode(&self.hash)
        };
        format!("{kind} {id} {} {} {hash}", self.n, self.at)
    }

    /// Parses what [`Mark::line`] wrote.
    pub fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split(' ');
        let kind = fields.next()?;
        let id = fields.next()?;
        let n = fields.next()?.parse().ok()?;
        let at = fields.next()?.parse().ok()?;
        let hash = fields.next()?;
        let subject = match kind {
            "key" => Subject::Key(id.parse().ok()?),
            "actor" => Subject::Actor(id.parse().ok()?),
            "api" => Subject::Api(id.parse().ok()?),
            "session" => Subject::Session(id.into()),
            "invitation" => Subject::Invitation(id.into()),
            "head" => Subject::Head(id.into()),
            _ => return None,
        };
        let hash = if hash == "-" {
            Vec::new()
        } else {
            hex::decode(hash).ok()?
        };
        if fields.next().is_some() {
            return None;
        }
        Some(Self {
            subject,
            n,
            at,
            hash,
        })
    }
}
