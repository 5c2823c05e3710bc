//! A separate installation for each test: a fresh database, a frozen clock and seeded random
//! numbers.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::command::{CreateKey, CreateWorkspace, KeyDraft, RevokeKey};
use domain::key::RevokeReason;
use domain::token::{Brand, PlainKey};
use domain::view::{AuditView, NewKey, WorkspaceView};
use domain::{ActorId, Code, KeyId, Moment, OrganizationId, PersonId, Role};
use engine::audit::ChainState;
use engine::ctx::Origin;
use engine::keyring::{self, MasterKey};
use engine::keys::AuthenticatedRequest;
use engine::organizations::DemoOrganization;
use engine::people::Identity;
use engine::runtime::{FrozenClock, SeededRng};
use engine::{Caller, Ctx, Db, Engine, Result, Runtime};
use tempfile::TempDir;

use crate::intruder::{Intruder, Value};

/// Olga is the owner, Ada is an admin, and Max, Mia and Una are members.
pub const NORTH: &str = "North";
/// Otto is the owner, Una is an admin, and Ben is a member.
pub const SOUTH: &str = "South";

/// Runs a test on both databases: `both! { name(app) { … } }` generates `name::sqlite` and
/// `name::postgres`.
macro_rules! both {
    ($($name:ident($app:ident) $body:block)+) => {
        $(
            async fn $name($app: &crate::test_app::TestApp) $body

            mod $name {
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn sqlite() {
                    let app = crate::test_app::TestApp::on_sqlite().await;
                    super::$name(&app).await;
                    app.close().await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn postgres() {
                    let app = crate::test_app::TestApp::on_postgres().await;
                    super::$name(&app).await;
                    app.close().await;
                }
            }
        )+
    };
}

/// An installation.
pub struct TestApp {
    pub engine: Engine,
    pub db: Db,
    pub clock: Arc<FrozenClock>,
    pub runtime: Runtime,
    pub master: MasterKey,
    /// The master key as the operator stores it, to search for it.
    pub master_hex: String,
    /// The URL of the database for [`Db::open`].
    pub address: String,
    /// The folder of the SQLite file.
    pub folder: Option<TempDir>,
    server: Option<String>,
}

impl TestApp {
    /// An initialized installation with North and South, on a SQLite file.
    pub async fn on_sqlite() -> Self {
        let app = Self::empty(TestDatabase::file()).await;
        app.stage().await;
        app
    }

    /// The same on a Postgres database.
    pub async fn on_postgres() -> Self {
        let app = Self::empty(TestDatabase::server().await).await;
        app.stage().await;
        app
    }

    /// Another initialized installation without organizations, on the same kind of database and
    /// with another master key.
    pub async fn another(&self) -> Self {
        Self::empty(TestDatabase::like(self).await).await
    }

    /// An initialized installation without organizations.
    pub async fn empty(place: TestDatabase) -> Self {
        static SEED: AtomicU64 = AtomicU64::new(1);
        let clock = FrozenClock::at(Moment(1_775_677_879_000));
        let runtime = Runtime::of(
            clock.clone(),
            SeededRng::new(SEED.fetch_add(1, Ordering::SeqCst)),
        );
        let master_hex = MasterKey::generate_hex(&runtime).to_string();
        let master =
            MasterKey::read(master_hex.as_bytes()).expect("a generated master key is valid");
        let db = place.open().await;
        keyring::init(&db, &master, &runtime)
            .await
            .expect("a new database takes a ring");
        let engine = engine(&db, &master, None, &runtime).await;
        let TestDatabase {
            address,
            folder,
            server,
        } = place;
        Self {
            engine,
            db,
            clock,
            runtime,
            master,
            master_hex,
            address,
            folder,
            server,
        }
    }

    /// The engine after a restart: nothing is left in memory.
    pub async fn restarted(&self) -> Engine {
        engine(&self.db, &self.master, None, &self.runtime).await
    }

    /// Closes the database, and drops it if it is on a Postgres server.
    pub async fn close(self) {
        self.db.close().await;
        if let Some(name) = self.server {
            let mut server = Intruder::at(&server_url()).await;
            server
                .run(&format!("DROP DATABASE {name} WITH (FORCE)"))
                .await;
        }
    }

    /// An attacker with write access to the database but without the key ring.
    pub async fn intruder(&self) -> Intruder {
        Intruder::at(&self.address).await
    }

    /// Creates North and South with their members.
    pub async fn stage(&self) {
        let member = |name: &str, role| (identity(name), role);
        let north = vec![
            member("olga", Role::Owner),
            member("ada", Role::Admin),
            member("max", Role::Member),
            member("mia", Role::Member),
            member("una", Role::Member),
        ];
        let south = vec![
            member("otto", Role::Owner),
            member("una", Role::Admin),
            member("ben", Role::Member),
        ];
        let cast = [
            DemoOrganization {
                organization: NORTH,
                members: north,
            },
            DemoOrganization {
                organization: SOUTH,
                members: south,
            },
        ];
        self.engine
            .seed_demo(&cast)
            .await
            .expect("an empty installation is staged");
    }

    pub async fn organization(&self, name: &str) -> OrganizationId {
        let sql = format!("SELECT id FROM organizations WHERE name = '{name}'");
        self.intruder()
            .await
            .text(&sql)
            .await
            .parse()
            .expect("an organization's id")
    }

    pub async fn person(&self, name: &str) -> PersonId {
        let sql = format!("SELECT id FROM people WHERE subject = '{name}'");
        PersonId(self.intruder().await.number(&sql).await)
    }

    /// A person by issuer and subject; [`TestApp::person`] only uses the subject.
    pub async fn person_of(&self, issuer: &str, subject: &str) -> PersonId {
        let sql =
            format!("SELECT id FROM people WHERE issuer = '{issuer}' AND subject = '{subject}'");
        PersonId(self.intruder().await.number(&sql).await)
    }

    pub async fn member(&self, name: &str, organization: &str) -> ActorId {
        let (person, organization) = (
            self.person(name).await,
            self.organization(organization).await,
        );
        let sql = format!(
            "SELECT id FROM actors WHERE person_id = {person} AND organization_id = '{organization}'"
        );
        ActorId(self.intruder().await.number(&sql).await)
    }

    /// Signs a person in with a new browser, and enters North.
    pub async fn north(&self, name: &str) -> Ctx {
        self.enter(name, NORTH)
            .await
            .expect("a member of North")
    }

    /// The same in South.
    pub async fn south(&self, name: &str) -> Ctx {
        self.enter(name, SOUTH)
            .await
            .expect("a member of South")
    }

    pub async fn enter(&self, name: &str, organization: &str) -> Result<Ctx> {
        let (caller, _) = self.browser(name).await;
        self.engine
            .enter_organization(
                &caller,
                &self.organization(organization).await,
                origin(),
            )
            .await
    }

    /// Enters an organization with a verified ID token: the given organization, or the person's
    /// only one.
    pub async fn with_token(
        &self,
        identity: &Identity,
        organization: Option<&OrganizationId>,
    ) -> Result<Ctx> {
        let caller = self
            .engine
            .identify_person(identity, None)
            .await?;
        match organization {
            Some(named) => {
                self.engine
                    .enter_organization(&caller, named, origin())
                    .await
            }
            None => {
                self.engine
                    .enter_only_organization(&caller, origin())
                    .await
            }
        }
    }

    /// A browser session of a person, and its token.
    pub async fn browser(&self, name: &str) -> (Caller, [u8; 32]) {
        let (person, token) = (self.person(name).await, self.runtime.bytes::<32>());
        assert!(
            self.engine
                .insert_session(&token, Some(person), &origin(), b"signed in")
                .await
                .expect("a session")
        );
        (
            Caller::in_browser(
                person,
                self.engine.session_digest(&token),
                self.runtime.now(),
            ),
            token,
        )
    }

    pub async fn key_of(&self, ctx: &Ctx) -> NewKey {
        self.engine
            .create_key(
                ctx,
                CreateKey::read("CI/CD Pipeline").expect("a name"),
            )
            .await
            .expect("a key")
    }

    /// A key of a member of North.
    pub async fn north_key(&self, name: &str) -> NewKey {
        self.key_of(&self.north(name).await).await
    }

    /// A key of a member of North for an environment, with a few scopes.
    pub async fn restricted_key(&self, name: &str, environment: &str, scopes: &[&str]) -> NewKey {
        let scopes: Vec<String> = scopes
            .iter()
            .map(|scope| (*scope).to_owned())
            .collect();
        let environment = Some(environment);
        let draft = KeyDraft {
            name: "restricted",
            environment,
            scopes: Some(&scopes),
            ..KeyDraft::default()
        };
        let command = CreateKey::draft(&draft, self.runtime.now()).expect("a valid command");
        self.engine
            .create_key(&self.north(name).await, command)
            .await
            .expect("a key")
    }

    /// Authenticates a key.
    pub async fn admit(&self, key: &PlainKey) -> Result<AuthenticatedRequest> {
        self.engine.authenticate_key(key, origin()).await
    }

    /// Authenticates a valid key.
    pub async fn with_key(&self, key: &PlainKey) -> AuthenticatedRequest {
        self.admit(key).await.expect("the key is valid")
    }

    pub async fn workspace(&self, ctx: &Ctx, name: &str) -> Result<WorkspaceView> {
        self.engine
            .create_workspace(ctx, workspace(name))
            .await
    }

    /// Moves a workspace to the sandbox.
    pub async fn move_to_sandbox(&self, workspace: &WorkspaceView) {
        let (sandbox, which) = (
            Value::Text("test".into()),
            format!("id = '{}'", workspace.id),
        );
        self.intruder()
            .await
            .set("workspaces", "environment", &sandbox, &which)
            .await;
    }

    /// The newest event that the caller may read.
    pub async fn newest_event(&self, ctx: &Ctx) -> AuditView {
        let page = self
            .engine
            .read_audit_log(ctx, &Default::default(), 1)
            .await
            .expect("the audit log");
        page.rows.into_iter().next().expect("an event")
    }

    /// Asserts that the hash chain of an organization is intact, and returns the number of its
    /// events.
    pub async fn sound_chain(&self, organization: &str) -> i64 {
        let id = self.organization(organization).await;
        match self
            .engine
            .verify_audit(&id)
            .await
            .expect("the chain is read")
        {
            ChainState::Sound(n) => n,
            ChainState::Broken(n) => panic!("the chain of {organization} breaks at {n}"),
        }
    }
}

/// The location of a test database.
pub struct TestDatabase {
    pub address: String,
    folder: Option<TempDir>,
    server: Option<String>,
}

impl TestDatabase {
    /// A file in a temporary folder, in memory if `/dev/shm` exists.
    pub fn file() -> Self {
        let shm = Path::new("/dev/shm");
        let base = if shm.is_dir() {
            shm.to_path_buf()
        } else {
            std::env::temp_dir()
        };
        let folder = tempfile::Builder::new()
            .prefix("roundtable-test")
            .tempdir_in(base)
            .expect("a folder");
        let place = Self::in_folder(folder.path());
        Self {
            folder: Some(folder),
            ..place
        }
    }

    /// A file in a folder that the caller manages.
    pub fn in_folder(folder: &Path) -> Self {
        let address = format!("sqlite://{}", folder.join("roundtable.db").display());
        Self {
            address,
            folder: None,
            server: None,
        }
    }

    /// A new database on the server of `ROUNDTABLE_TEST_POSTGRES`.
    pub async fn server() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let (url, turn) = (server_url(), COUNT.fetch_add(1, Ordering::SeqCst));
        let name = format!("test_{}_{turn}", std::process::id());
        Intruder::at(&url)
            .await
            .run(&format!("CREATE DATABASE {name}"))
            .await;
        let (server, _) = url
            .rsplit_once('/')
            .expect("a URL names a database");
        Self {
            address: format!("{server}/{name}"),
            folder: None,
            server: Some(name),
        }
    }

    pub async fn like(app: &TestApp) -> Self {
        if app.db.is_shared() {
            Self::server().await
        } else {
            Self::file()
        }
    }

    /// Opens the database and runs the migrations.
    pub async fn open(&self) -> Db {
        let db = Db::open(&self.address)
            .await
            .expect("the database opens");
        engine::migrate(&db)
            .await
            .expect("the tables are made");
        db
    }
}

/// Panics without a Postgres server, so that the Postgres tests cannot be skipped by accident.
pub fn server_url() -> String {
    std::env::var("ROUNDTABLE_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!("ROUNDTABLE_TEST_POSTGRES is not set: run `make test`, or `.ci/postgres with cargo test -p engine`");
    })
}

pub async fn engine(
    db: &Db,
    key: &MasterKey,
    previous: Option<&MasterKey>,
    runtime: &Runtime,
) -> Engine {
    let ring = keyring::open(db, key, previous)
        .await
        .expect("the ring opens");
    Engine::new(db.clone(), ring, runtime.clone(), Brand::default())
}

pub fn master(runtime: &Runtime) -> MasterKey {
    MasterKey::read(MasterKey::generate_hex(runtime).as_bytes())
        .expect("a generated master key is valid")
}

pub fn identity(name: &str) -> Identity {
    Identity {
        issuer: "https://idp.test".into(),
        subject: name.into(),
        email: Some(format!("{name}@example.test")),
        name: Some(name.into()),
    }
}

/// A person without a session or a token.
pub const fn in_person(person: PersonId) -> Caller {
    Caller {
        person,
        credential: engine::Credential::System,
    }
}

/// The origin of a request with a unique id.
pub fn origin() -> Origin {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let request_id = format!("req-{}", COUNT.fetch_add(1, Ordering::SeqCst));
    Origin {
        request_id,
        trace_id: None,
        address: Some("192.0.2.7".into()),
        agent: Some("test/1".into()),
    }
}

pub fn revoke(key: KeyId) -> RevokeKey {
    RevokeKey {
        key,
        reason: RevokeReason::NoLongerNeeded,
    }
}

pub fn workspace(name: &str) -> CreateWorkspace {
    CreateWorkspace::read(name, "vertex_ai", None).expect("a workspace")
}

/// The code of an error. Success fails the test.
#[track_caller]
pub fn refusal<T>(result: Result<T>) -> Code {
    match result {
        Ok(_) => panic!("the call succeeded"),
        Err(error) => error.code(),
    }
}

/// The contents of all tables.
pub async fn everything(app: &TestApp) -> Vec<(String, Vec<Vec<(String, Value)>>)> {
    app.intruder().await.dump().await
}
