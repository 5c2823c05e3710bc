//! What the journal says of one credential, actor, invitation or chain.

/// Whatever the journal keeps a number of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    Key(i64),
    Actor(i64),
    Session(String),
    Invitation(String),
    /// The chain of an organization.
    Head(String),
}

/// The number of an ended subject: no row that says otherwise is new enough.
pub(crate) const ENDED: i64 = i64::MAX;

/// One entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub subject: Subject,
    /// The lowest event number that a row may bear; of a chain, its newest event.
    pub n: i64,
    /// When, in milliseconds; 0 where it does not matter.
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
    /// A change after which only rows from this event on count.
    pub const fn changed(subject: Subject, n: i64) -> Self {
        Self { subject, n, at: 0, hash: Vec::new() }
    }

    /// The end of something, for good.
    pub const fn ended(subject: Subject) -> Self {
        Self::changed(subject, ENDED)
    }

    /// The newest event of a chain.
    pub fn head(organization: &str, n: i64, hash: &[u8]) -> Self {
        Self { subject: Subject::Head(organization.into()), n, at: 0, hash: hash.to_vec() }
    }

    /// The entry as text, without its seal.
    pub fn line(&self) -> String {
        let (kind, id) = match &self.subject {
            Subject::Key(id) => ("key", id.to_string()),
            Subject::Actor(id) => ("actor", id.to_string()),
            Subject::Session(id) => ("session", id.clone()),
            Subject::Invitation(id) => ("invitation", id.clone()),
            Subject::Head(id) => ("head", id.clone()),
        };
        let hash = if self.hash.is_empty() { "-".into() } else { hex::encode(&self.hash) };
        format!("{kind} {id} {} {} {hash}", self.n, self.at)
    }

    /// Reads what [`Mark::line`] wrote.
    pub fn read(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let (kind, id) = (words.next()?, words.next()?);
        let (n, at, hash) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?, words.next()?);
        let subject = match kind {
            "key" => Subject::Key(id.parse().ok()?),
            "actor" => Subject::Actor(id.parse().ok()?),
            "session" => Subject::Session(id.into()),
            "invitation" => Subject::Invitation(id.into()),
            "head" => Subject::Head(id.into()),
            _ => return None,
        };
        let hash = if hash == "-" { Vec::new() } else { hex::decode(hash).ok()? };
        words.next().is_none().then_some(Self { subject, n, at, hash })
    }
}
