//! A stolen database: its contents cannot be used to authenticate, even with the master key.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use domain::token::{Brand, KeyKind, PlainKey};
use domain::view::NewKey;
use engine::key_material;
use engine::keyring::{self, CanonicalEncoder};
use sha2::{Digest, Sha256};

use crate::intruder::{Cells, Intruder, Value};
use crate::test_app::{NORTH, SOUTH, TestApp, origin};

const KEYS: usize = 1_000;

pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// All sequences of eight bytes of the secrets that must not be found, in all encodings.
#[derive(Default)]
pub struct Needles {
    windows: HashSet<u64>,
    sieve: Vec<u64>,
}

impl Needles {
    /// Adds a secret as raw bytes, in hex, and in base64 at every alignment.
    pub fn add_secret(&mut self, secret: &[u8]) {
        self.add(secret);
        self.add(hex::encode(secret).as_bytes());
        self.add(hex::encode_upper(secret).as_bytes());
        for shift in 0..3 {
            let shifted = [&[0; 2][..shift], secret].concat();
            let (from, to) = ((shift * 8).div_ceil(6), shifted.len() * 8 / 6);
            self.add(&STANDARD_NO_PAD.encode(&shifted).as_bytes()[from..to]);
            self.add(&URL_SAFE_NO_PAD.encode(&shifted).as_bytes()[from..to]);
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        self.sieve.resize(1 << 18, 0);
        for window in bytes.windows(8) {
            let window = number(window);
            let (word, bit) = place(window);
            self.sieve[word] |= bit;
            self.windows.insert(window);
        }
    }

    /// The first sequence of `hay` that belongs to a secret.
    pub fn find(&self, hay: &[u8]) -> Option<String> {
        let hit = hay.windows(8).find(|window| {
            let window = number(window);
            let (word, bit) = place(window);
            self.sieve[word] & bit != 0 && self.windows.contains(&window)
        });
        hit.map(|window| String::from_utf8_lossy(window).into_owned())
    }

    /// Asserts that neither the tables nor the files of the database contain a secret.
    pub async fn assert_absent(&self, app: &TestApp) {
        assert!(self.windows.len() > 30);
        for (table, rows) in app.intruder().await.dump().await {
            for (column, value) in rows.into_iter().flatten() {
                assert_eq!(self.find(&raw(&value)), None, "in {table}.{column}");
            }
        }
        for (name, bytes) in files(app) {
            assert_eq!(self.find(&bytes), None, "in the file {name}");
        }
    }
}

fn number(window: &[u8]) -> u64 {
    u64::from_be_bytes(window.try_into().expect("eight bytes"))
}

fn place(window: u64) -> (usize, u64) {
    let mixed = window.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    ((mixed >> 6) as usize, 1 << (mixed & 63))
}

fn raw(value: &Value) -> Vec<u8> {
    match value {
        Value::Null => Vec::new(),
        Value::Number(number) => number.to_string().into_bytes(),
        Value::Flag(flag) => flag.to_string().into_bytes(),
        Value::Text(text) => text.clone().into_bytes(),
        Value::Bytes(bytes) => bytes.clone(),
    }
}

/// All files in the folder of an SQLite database, such as the database and its write-ahead log.
fn files(app: &TestApp) -> Vec<(String, Vec<u8>)> {
    let Some(folder) = &app.folder else {
        return Vec::new();
    };
    let files = std::fs::read_dir(folder.path())
        .expect("a folder")
        .map(|file| file.expect("a file").path());
    files
        .map(|path| {
            (
                path.display().to_string(),
                std::fs::read(&path).expect("a file"),
            )
        })
        .collect()
}

fn secret_of(key: &PlainKey) -> &[u8] {
    &key.expose().as_bytes()["rt_sk_".len() + 8..][..43]
}

async fn many_keys(app: &TestApp, count: usize) -> Vec<NewKey> {
    let ctxs = [
        app.north("max").await,
        app.north("olga").await,
        app.south("una").await,
    ];
    let mut keys = Vec::with_capacity(count);
    for n in 0..count {
        keys.push(app.key_of(&ctxs[n % ctxs.len()]).await);
    }
    for key in keys.iter().step_by(10) {
        app.with_key(&key.plain).await;
    }
    app.engine.flush_usage().await.expect("flushed");
    keys
}

/// The texts that a thief could derive from a stored value and try as a key.
fn forms(bytes: &[u8]) -> Vec<String> {
    let plain = [
        String::from_utf8_lossy(bytes).into_owned(),
        hex::encode(bytes),
        base64(bytes),
    ];
    plain
        .iter()
        .flat_map(|form| [form.clone(), format!("rt_sk_{form}")])
        .collect()
}

/// Well-formed keys with a valid public part and a secret from a stored value.
fn assembled(bytes: &[u8], prefix: &str) -> Vec<PlainKey> {
    let lookup = prefix.as_bytes()[prefix.len() - 8..]
        .try_into()
        .expect("eight characters");
    let texts = [
        String::from_utf8_lossy(bytes).into_owned(),
        hex::encode(bytes),
        base64(bytes),
    ];
    let secrets = texts.iter().filter_map(|text| {
        let letters: Vec<u8> = text
            .bytes()
            .filter(u8::is_ascii_alphanumeric)
            .take(43)
            .collect();
        <[u8; 43]>::try_from(letters).ok()
    });
    secrets
        .map(|secret| PlainKey::assemble(&Brand::default(), KeyKind::Secret, lookup, &secret))
        .collect()
}

async fn assert_no_key(app: &TestApp, bytes: &[u8], what: &str) {
    for form in forms(bytes) {
        let Ok(key) = PlainKey::parse(&form) else {
            continue;
        };
        assert!(
            app.admit(&key).await.is_err(),
            "{what} is accepted as a key"
        );
    }
}

async fn key_rows(intruder: &mut Intruder) -> Vec<Cells> {
    intruder
        .rows("SELECT * FROM api_keys ORDER BY id")
        .await
}

fn text<'a>(row: &'a Cells, column: &str) -> &'a str {
    match get(row, column) {
        Value::Text(text) => text,
        other => panic!("{column}: {other:?}"),
    }
}

fn integer(row: &Cells, column: &str) -> i64 {
    match get(row, column) {
        Value::Number(number) => *number,
        other => panic!("{column}: {other:?}"),
    }
}

fn bytes<'a>(row: &'a Cells, column: &str) -> &'a [u8] {
    match get(row, column) {
        Value::Bytes(bytes) => bytes,
        other => panic!("{column}: {other:?}"),
    }
}

fn get<'a>(row: &'a Cells, column: &str) -> &'a Value {
    &row.iter()
        .find(|(name, _)| name == column)
        .expect("a column")
        .1
}

#[test]
fn the_search_finds_a_secret_in_every_encoding() {
    let secret = b"Zx81qWertYuiOpasDfghJklzXcvbNm0123456789ABC";
    let mut needles = Needles::default();
    needles.add_secret(secret);
    for shift in 0..5 {
        let text = [&b"rt_sk"[..shift], &secret[..]].concat();
        let forms = [
            text.clone(),
            hex::encode(&text).into(),
            base64(&text).into(),
            URL_SAFE_NO_PAD.encode(&text).into(),
        ];
        for form in forms {
            assert!(
                needles
                    .find(&[&[0; 1000], form.as_slice(), &[0; 1000]].concat())
                    .is_some(),
                "{form:?}"
            );
        }
    }
    assert!(needles.find(&secret[20..28]).is_some() && needles.find(&secret[20..27]).is_none());
    assert!(needles.find(&[7; 10_000]).is_none());
}

both! {
    // B1
    the_database_and_its_files_contain_no_secret_of_a_key(app) {
        let keys = many_keys(app, KEYS).await;
        let mut needles = Needles::default();
        for key in &keys {
            needles.add_secret(secret_of(&key.plain));
        }
        needles.assert_absent(app).await;
        app.db.close().await;
        for (name, bytes) in files(app) {
            assert_eq!(needles.find(&bytes), None, "in the closed file {name}");
        }
    }

    // RK-32
    the_database_and_its_files_do_not_contain_the_master_key(app) {
        many_keys(app, 50).await;
        let (caller, _) = app.browser("max").await;
        let parties = engine::tokens::Parties { issuer: "https://here.test".into(), audience: "https://here.test".into() };
        app.engine.issue_token(&caller, &parties, true, &origin()).await.expect("a token");
        let mut needles = Needles::default();
        needles.add_secret(&hex::decode(&app.master_hex).expect("hex"));
        needles.add_secret(app.master_hex.as_bytes());
        needles.assert_absent(app).await;
        app.db.close().await;
        for (name, bytes) in files(app) {
            assert_eq!(needles.find(&bytes), None, "in the closed file {name}");
        }
    }

    // RK-18
    prefixes_and_previews_distinguish_keys_without_revealing_secrets(app) {
        let keys = many_keys(app, KEYS).await;
        let max = app.north("max").await;
        let (one, other) = (&keys[0].view, &keys[3].view);
        assert_eq!((one.actor_id, &one.label), (other.actor_id, &other.label), "equal in everything else");
        let view = async |id| app.engine.get_key(&max, id).await.expect("a key").key;
        let (first, second) = (view(one.key_id).await, view(other.key_id).await);
        assert_ne!(first.preview, second.preview);
        assert_ne!(first.key_prefix, second.key_prefix);
        let prefixes: HashSet<_> = keys.iter().map(|key| &key.view.key_prefix).collect();
        assert_eq!(prefixes.len(), keys.len(), "prefixes are unique");
        let previews: HashSet<_> = keys.iter().map(|key| &key.view.preview).collect();
        assert!(previews.len() + 5 > keys.len(), "four characters: {} of {}", previews.len(), keys.len());
        for key in &keys {
            let mut needles = Needles::default();
            needles.add(secret_of(&key.plain));
            assert_eq!(needles.find(key.view.key_prefix.as_bytes()), None);
            assert_eq!(needles.find(key.view.preview.as_bytes()), None);
        }
    }

    // RO-10 to RO-17
    a_key_has_the_documented_fields(app) {
        let (max, key) = (app.north("max").await, app.north_key("max").await);
        let fields = async || {
            let line = app.engine.get_key(&max, key.view.key_id).await.expect("a key");
            serde_json::to_value(&line.key).expect("fields")
        };
        let before = fields().await;
        assert_eq!(before["key_id"].as_i64(), Some(key.view.key_id.0), "RO-10");
        assert_eq!(before["actor_id"].as_i64(), Some(max.actor().id.0), "RO-11");
        assert_eq!(before["actor_name"], "max", "RO-12");
        let prefix = before["key_prefix"].as_str().expect("RO-13");
        assert!(key.plain.expose().starts_with(prefix) && prefix.len() == "rt_sk_".len() + 8, "RO-13: {prefix}");
        assert_eq!(before["label"], "CI/CD Pipeline", "RO-14");
        assert_eq!(before["is_active"], true, "RO-15");
        assert_eq!(before["created_at"], "2026-04-08T19:51:19Z", "RO-16");
        assert!(before["last_used"].is_null(), "RO-17");
        app.clock.advance_seconds(61);
        app.with_key(&key.plain).await;
        app.engine.revoke_key(&max, crate::test_app::revoke(key.view.key_id)).await.expect("revoked");
        let after = fields().await;
        assert_eq!(after["last_used"], "2026-04-08T19:52:20Z", "RO-17");
        assert_eq!(after["is_active"], false, "RO-15");
        assert_eq!(after["created_at"], before["created_at"], "RO-16");
    }

    // B3
    the_database_contains_no_digest_that_can_be_computed_from_a_key_alone(app) {
        let keys = many_keys(app, 200).await;
        let mut needles = Needles::default();
        for key in &keys {
            let (text, verifier) = (key.plain.expose(), key_material::derive_verifier(&key.plain));
            let whole = Sha256::digest(text);
            for digest in [&whole[..], &Sha256::digest(whole), &Sha256::digest(secret_of(&key.plain)), verifier.auth.as_slice(), &Sha256::digest(verifier.auth.as_slice())] {
                needles.add(digest);
                needles.add(hex::encode(digest).as_bytes());
            }
        }
        needles.assert_absent(app).await;
    }

    // RK-33
    no_stored_value_is_accepted_as_a_key_or_session(app) {
        many_keys(app, KEYS).await;
        let dump = app.intruder().await.dump().await;
        for (table, rows) in &dump {
            for (column, value) in rows.iter().flatten() {
                assert_no_key(app, &raw(value), &format!("{table}.{column}")).await;
            }
        }
        for row in key_rows(&mut app.intruder().await).await.iter().step_by(10) {
            for (column, value) in row {
                for key in assembled(&raw(value), text(row, "key_prefix")) {
                    assert!(app.admit(&key).await.is_err(), "a key made of {column}");
                }
                assert!(app.engine.find_session(&raw(value)).await.expect("an answer").is_none(), "{column} as a session");
            }
        }
    }

    // B2
    no_decrypted_value_is_accepted_as_a_key(app) {
        many_keys(app, KEYS).await;
        let ring = keyring::open(&app.db, &app.master, None).await.expect("the ring opens with the master key");
        let mut decrypted = 0;
        for row in key_rows(&mut app.intruder().await).await {
            let id = integer(&row, "id");
            let place = CanonicalEncoder::of("key")
                .text(text(&row, "organization_id"))
                .number(id)
                .number(integer(&row, "actor_id"))
                .number(integer(&row, "created_by"))
                .number(integer(&row, "lookup_key_id"));
            let value = ring.unseal("api_keys", &id.to_be_bytes(), &place, bytes(&row, "sealed")).expect("it opens");
            decrypted += 1;
            assert_no_key(app, &value, "a decrypted verifier").await;
            for key in assembled(&value, text(&row, "key_prefix")) {
                assert!(app.admit(&key).await.is_err(), "a key made of a decrypted verifier");
            }
        }
        assert_eq!(decrypted, KEYS);
    }

    // RK-31
    a_verifier_is_encrypted_before_it_reaches_the_database(app) {
        let key = app.north_key("max").await;
        let row = key_rows(&mut app.intruder().await).await.remove(0);
        let sealed = bytes(&row, "sealed");
        assert_eq!(sealed.len(), 1 + 8 + 12 + 32 + 16, "version, key id, nonce, verifier, tag");
        assert!(!sealed.windows(32).any(|window| window == key_material::derive_verifier(&key.plain).auth.as_slice()));
    }

    // RK-30
    nonces_are_unique(app) {
        many_keys(app, 300).await;
        let rows = key_rows(&mut app.intruder().await).await;
        let nonces: HashSet<_> = rows.iter().map(|row| bytes(row, "sealed")[9..21].to_vec()).collect();
        assert_eq!(nonces.len(), rows.len());
    }

    // B1
    a_key_row_from_another_installation_is_rejected(app) {
        let other = app.another().await;
        let command = domain::command::FoundOrganization::read("Acme", "Eve", "eve@example.test").expect("a valid command");
        let stolen = other.engine.bootstrap(&command, origin()).await.expect("a key of the other installation");
        assert!(app.admit(&stolen.plain).await.is_err());
        let (north, south) = (app.organization(NORTH).await, app.organization(SOUTH).await);
        let mut row = key_rows(&mut other.intruder().await).await.remove(0);
        for organization in [north, south] {
            *crate::intruder::cell(&mut row, "organization_id") = Value::Text(organization.to_string());
            let mut intruder = app.intruder().await;
            intruder.insert("api_keys", &row).await;
            assert!(app.admit(&stolen.plain).await.is_err());
            intruder.run("DELETE FROM api_keys").await;
        }
        other.close().await;
    }
}
