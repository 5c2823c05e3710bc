//! Many keys at once: rows that are sealed as the engine seals them, as SQL for either database.
//! Creating a key is a transaction of its own, which takes too long for a million of them.
#![expect(unreachable_pub, reason = "a module of a program")]

use std::fmt::Write as _;

use domain::token::{Brand, KeyKind, PlainKey};
use engine::keyring::{CanonicalEncoder, Purpose, Ring, hash};
use engine::{Runtime, key_material};

const KEYS: &str = "INSERT INTO api_keys (id, organization_id, actor_id, created_by, name, \
    folded_name, kind, role_cap, key_prefix, preview, public_key, lookup_key_id, lookup, sealed, \
    created_at, audit_n, row_mac) VALUES ";
const EVENTS: &str = "INSERT INTO audit_events (organization_id, n, at, action, actor_id, \
    actor_name, object_kind, object_id, object_label, concerns, changes, request_id, hash, mac) \
    VALUES ";

/// The end of an audit chain.
pub struct Head {
    /// The number of the newest event.
    pub n: i64,
    /// Its hash.
    pub hash: Vec<u8>,
}

/// The owner of all keys.
pub struct Owner {
    /// The organization.
    pub organization: String,
    /// The id of the actor.
    pub actor: i64,
    /// Its name.
    pub name: String,
}

/// Makes keys of one owner.
pub struct Bulk {
    /// Seals the rows.
    pub ring: Ring,
    /// Clock and random generator.
    pub runtime: Runtime,
    /// The owner.
    pub owner: Owner,
    /// Every key gets this one: deriving it takes most of the time, and checking a key does not
    /// read it.
    pub public_key: [u8; 32],
    /// The id of the newest key.
    pub id: i64,
    /// The newest event.
    pub head: Head,
    /// How the database writes bytes.
    pub bytes: fn(&[u8]) -> String,
}

impl Bulk {
    /// So many new keys, and the SQL that inserts them with their events.
    pub fn next(&mut self, count: usize) -> (Vec<PlainKey>, String) {
        let mut plain = Vec::with_capacity(count);
        let mut keys = KEYS.to_owned();
        let mut events = EVENTS.to_owned();
        for n in 0..count {
            let key = key_material::generate(&self.runtime, &Brand::default(), KeyKind::Secret);
            let separator = if n == 0 { "" } else { ", " };
            let at = self.runtime.now().0;
            self.id += 1;
            self.head.n += 1;
            let _ = write!(keys, "{separator}{}", self.key(&key, at));
            let _ = write!(events, "{separator}{}", self.event(&key, at));
            plain.push(key);
        }
        (plain, format!("{events};\n{keys};"))
    }

    /// The SQL that sets the head of the chain and the counter of keys.
    pub fn finish(&self) -> String {
        format!(
            "UPDATE audit_heads SET n = {}, hash = {}; \
             UPDATE counters SET value = {} WHERE name = 'key';",
            self.head.n,
            (self.bytes)(&self.head.hash),
            self.id
        )
    }

    fn name(&self) -> String {
        format!("Script {}", self.id)
    }

    /// The row of a key. It must have the number of its event.
    fn key(&self, key: &PlainKey, at: i64) -> String {
        let Owner {
            organization,
            actor,
            ..
        } = &self.owner;
        let auth = key_material::auth_value(key);
        let (lookup_key, lookup) = self.ring.lookup(Purpose::Lookup, auth.as_slice());
        let subject = CanonicalEncoder::of("key")
            .text(organization)
            .number(self.id)
            .number(*actor)
            .number(*actor)
            .number(lookup_key);
        let sealed = self.ring.seal(
            self.runtime.bytes(),
            "api_keys",
            &self.id.to_be_bytes(),
            &subject,
            auth.as_slice(),
        );
        let (prefix, preview) = (key.prefix(), key.preview());
        let row = CanonicalEncoder::of("api_keys")
            .bytes(subject.as_slice())
            .text("sk")
            .text("owner")
            .text(&prefix)
            .text(&preview)
            .bytes(&self.public_key)
            .bytes(&lookup)
            .bytes(&sealed)
            .number(at)
            .maybe_number(None)
            .maybe_number(None)
            .maybe_number(None)
            .maybe_text(None)
            .number(self.head.n);
        let mac = self.ring.mac(Purpose::Row, &row);
        format!(
            "({id}, '{organization}', {actor}, {actor}, '{name}', '{folded}', 'sk', 'owner', \
             '{prefix}', '{preview}', {public_key}, {lookup_key}, {lookup}, {sealed}, {at}, {n}, \
             {mac})",
            id = self.id,
            name = self.name(),
            folded = self.name().to_lowercase(),
            public_key = (self.bytes)(&self.public_key),
            lookup = (self.bytes)(&lookup),
            sealed = (self.bytes)(&sealed),
            n = self.head.n,
            mac = (self.bytes)(&mac),
        )
    }

    /// The row of the event that created a key. Advances the chain.
    fn event(&mut self, key: &PlainKey, at: i64) -> String {
        let Owner {
            organization,
            actor,
            name,
        } = &self.owner;
        let (id, n) = (self.id, self.head.n);
        let label = format!("{} · {}", self.name(), key.prefix());
        let event = CanonicalEncoder::of("rt/audit/v1")
            .text(organization)
            .number(n)
            .bytes(&self.head.hash)
            .number(at)
            .text("key.created")
            .maybe_number(Some(*actor))
            .text(name)
            .maybe_text(None)
            .text("key")
            .text(&id.to_string())
            .text(&label)
            .maybe_number(Some(*actor))
            .text("[]")
            .maybe_text(None)
            .maybe_text(None)
            .text("bulk");
        let hash = hash(&event);
        let mac = self.ring.mac(Purpose::Audit, &event);
        let row = format!(
            "('{organization}', {n}, {at}, 'key.created', {actor}, '{name}', 'key', '{id}', \
             '{label}', {actor}, '[]', 'bulk', {hash}, {mac})",
            hash = (self.bytes)(&hash),
            mac = (self.bytes)(&mac),
        );
        self.head.hash = hash;
        row
    }
}
