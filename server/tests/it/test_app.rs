//! The application for tests: a new database, a frozen clock, a seeded random number generator, and
//! the demo users.

use std::sync::Arc;

use app::request::SiteConfig;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use domain::command::CreateKey;
use domain::environment::Environment;
use domain::view::NewKey;
use domain::{Moment, OrganizationId, Permissions, PersonId, Scope, ScopeSet};
use engine::attempts::Limits;
use engine::ctx::Origin;
use engine::journal::Journal;
use engine::keyring::{self, MasterKey};
use engine::people::Identity;
use engine::runtime::{FrozenClock, SeededRng};
use engine::{Caller, Ctx, Db, Engine, Runtime};
use fast_path::FastPath;
use fast_path::access_log::AccessLog;
use http_body_util::BodyExt;
use serde_json::Value;
use server::http::{self, site};
use tower::ServiceExt;

pub const NOW: Moment = Moment(1_775_677_879_000);
pub const ISSUER: &str = "https://id.test";
pub const SETUP_TOKEN: &str = "setup_0123456789abcdef";
pub const PUBLIC_URL: &str = "http://127.0.0.1:3000";

/// The application with a temporary folder.
pub struct TestApp {
    pub engine: Engine,
    pub db: Db,
    pub router: FastPath,
    pub parts: http::AppState,
    pub clock: Arc<FrozenClock>,
    /// Files of this installation.
    pub folder: std::path::PathBuf,
}

/// A member of an organization with a browser session.
#[derive(Clone)]
pub struct Someone {
    pub ctx: Ctx,
    pub organization: OrganizationId,
    pub token: [u8; 16],
}

/// A complete response.
#[derive(Debug)]
pub struct TestResponse {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl TestResponse {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap_or("?"))
    }
}

/// The page without the comments that end the children of every element in a view without types.
/// The title of the document and a text area would show them.
fn without_markers(page: &str) -> String {
    let head = page.split("</head>").next().unwrap_or_default();
    assert!(!head.contains("<!></title>"), "{head}");
    assert!(!page.contains("<!></textarea>"), "{page}");
    page.replace("<!>", "")
}

impl TestApp {
    /// Creates an application with the demo users.
    pub async fn new() -> Self {
        let app = Self::empty().await;
        app.engine
            .seed_demo(&server::demo::organizations(ISSUER))
            .await
            .expect("staged");
        app
    }

    /// Creates an application without users.
    pub async fn empty() -> Self {
        Self::with(None, |_| ()).await
    }

    /// Creates an application with a changed state.
    pub async fn with(
        firebase: Option<oidc::Verifier>,
        change: impl FnOnce(&mut SiteConfig),
    ) -> Self {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let turn = NEXT.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let folder =
            std::env::temp_dir().join(format!("roundtable-it-{}-{turn}", std::process::id()));
        let db = Db::open(&format!("sqlite://{}/test.db", folder.display()))
            .await
            .expect("opens");
        engine::migrate(&db).await.expect("migrates");
        let clock = FrozenClock::at(NOW);
        let runtime = Runtime::of(clock.clone(), SeededRng::new(u64::from(turn) + 1));
        let key =
            MasterKey::read(MasterKey::generate_hex(&runtime).as_bytes()).expect("a master key");
        keyring::init(&db, &key, &runtime)
            .await
            .expect("ring");
        let ring = keyring::open(&db, &key, None)
            .await
            .expect("ring");
        // Some tests put the database back to an earlier state, which a journal is there to refuse.
        let engine = Engine::with_journal(
            db.clone(),
            ring,
            runtime,
            Default::default(),
            Journal::none(),
        );
        // Most tests fail on purpose, from one address and within one frozen minute; those of the
        // limits set them.
        engine.attempts().set_limits(Limits::OFF);
        let mut site_config = SiteConfig {
            public_url: PUBLIC_URL.into(),
            development: true,
            accounts: Vec::new(),
            provider: None,
            allowed_domains: Vec::new(),
            setup_token_needed: true,
            check_setup_token: Arc::new(|token| token == SETUP_TOKEN),
            assets: "/pkg/0".into(),
            brand: Default::default(),
        };
        change(&mut site_config);
        let settings = oidc::Settings {
            issuer: ISSUER.into(),
            client_id: "roundtable".into(),
            client_secret: None,
            redirect_uri: format!("{PUBLIC_URL}/sign-in/callback")
                .parse()
                .expect("url"),
            hosted_domain: None,
            allowed_email_domains: Vec::new(),
            trust_emails: false,
        };
        let oidc = oidc::Client::new(settings, Arc::new(|| NOW.0)).expect("client");
        let parts = http::AppState::new(
            engine.clone(),
            oidc,
            firebase,
            site_config,
            site::Site::find(),
            0,
            AccessLog::All,
        );
        let router = http::router(&parts, None);
        Self {
            engine,
            db,
            router,
            parts,
            clock,
            folder,
        }
    }

    /// One of the demonstration people, in their first organization.
    pub async fn someone(&self, subject: &str) -> Someone {
        self.someone_of(ISSUER, subject).await
    }

    /// The same with another provider.
    pub async fn someone_of(&self, issuer: &str, subject: &str) -> Someone {
        let identity = Identity {
            issuer: issuer.into(),
            subject: subject.into(),
            email: None,
            name: Some(subject.into()),
        };
        let person = self
            .engine
            .sign_in(&identity, &Origin::default())
            .await
            .expect("signed in");
        let (caller, token) = self.browser_of(person).await;
        let organization = self
            .engine
            .list_organizations(person)
            .await
            .expect("memberships")[0]
            .organization
            .clone();
        let origin = Origin {
            request_id: "req_test".into(),
            ..Origin::default()
        };
        let ctx = self
            .engine
            .enter_organization(&caller, &organization, origin)
            .await
            .expect("admitted");
        Someone {
            ctx,
            organization,
            token,
        }
    }

    /// Asks for a token of someone's own, as a page of ours does; `query` may ask for a fresh one.
    pub async fn ask_for_token(&self, cookie: &str, query: &str) -> TestResponse {
        let request =
            Request::post(format!("/api/v1/token{query}")).header("sec-fetch-site", "same-origin");
        self.send(
            request
                .header("cookie", cookie)
                .body(Body::empty())
                .expect("request"),
        )
        .await
    }

    /// A token of someone's own.
    pub async fn own_token(&self, someone: &Someone) -> String {
        let given = self.ask_for_token(&someone.cookie(), "").await;
        assert_eq!(given.status, StatusCode::OK, "{}", given.text);
        given.json()["token"]
            .as_str()
            .expect("a token")
            .to_owned()
    }

    /// The token of a new browser session of a person.
    pub async fn session_of(&self, person: PersonId) -> [u8; 16] {
        self.browser_of(person).await.1
    }

    /// A new browser session of a person, and its token.
    pub async fn browser_of(&self, person: PersonId) -> (Caller, [u8; 16]) {
        let (token, now) = (
            self.engine.runtime().bytes::<16>(),
            self.engine.runtime().now(),
        );
        let data = serde_json::json!({ "person": person.0, "signed_in_at": now.0 }).to_string();
        let made = self
            .engine
            .insert_session(
                &token,
                Some(person),
                &Origin::default(),
                data.as_bytes(),
            )
            .await;
        assert!(made.expect("session"));
        (
            Caller::in_browser(person, self.engine.session_digest(&token), now),
            token,
        )
    }

    /// A new key of someone's.
    pub async fn key_of(&self, someone: &Someone) -> NewKey {
        let command = CreateKey::read("CI/CD Pipeline").expect("valid");
        self.engine
            .create_key(&someone.ctx, command)
            .await
            .expect("created")
    }

    /// Someone's new key that may do only this.
    pub async fn narrow_key(
        &self,
        someone: &Someone,
        scopes: impl IntoIterator<Item = Scope>,
    ) -> NewKey {
        let permissions = Permissions::Only(ScopeSet::of(scopes));
        let command = CreateKey {
            permissions,
            ..CreateKey::read("Narrow").expect("valid")
        };
        self.engine
            .create_key(&someone.ctx, command)
            .await
            .expect("created")
    }

    /// A new test key with one object of each kind.
    pub async fn test_key(&self, someone: &Someone) -> NewKey {
        let (environment, permissions) = (
            Environment::Test,
            Permissions::Only(ScopeSet::sandbox()),
        );
        let command = CreateKey {
            environment,
            permissions,
            ..CreateKey::read("Sandbox").expect("valid")
        };
        self.engine
            .create_key(&someone.ctx, command)
            .await
            .expect("created")
    }

    /// Someone's new key, as text.
    pub async fn key(&self, subject: &str) -> String {
        self.key_of(&self.someone(subject).await)
            .await
            .plain
            .expose()
            .to_owned()
    }

    /// Sends a request through the router.
    pub async fn send(&self, request: Request<Body>) -> TestResponse {
        let (parts, body) = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("never fails")
            .into_parts();
        let bytes = body.collect().await.expect("body").to_bytes();
        TestResponse {
            status: parts.status,
            headers: parts.headers,
            text: without_markers(&String::from_utf8_lossy(&bytes)),
        }
    }

    /// Writes directly to the database.
    pub async fn sql(&self, sql: &str) {
        let Db::Sqlite { writer, .. } = &self.db else {
            panic!("these tests run on SQLite")
        };
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
            .execute(writer.pool())
            .await
            .expect("written");
    }

    /// A call of the API with a bearer credential (none if empty) and a JSON body (none if null).
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        bearer: &str,
        body: Value,
    ) -> TestResponse {
        let mut request = Request::builder().method(method).uri(path);
        if !bearer.is_empty() {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        let body = match body {
            Value::Null => Body::empty(),
            body => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
        };
        self.send(request.body(body).expect("request"))
            .await
    }

    /// A writing call of the API.
    pub async fn post(&self, path: &str, bearer: &str, body: Value) -> TestResponse {
        self.call(Method::POST, path, bearer, body).await
    }

    /// A reading call of the API.
    pub async fn get(&self, path: &str, bearer: &str) -> TestResponse {
        self.call(Method::GET, path, bearer, Value::Null)
            .await
    }
}

impl Someone {
    /// The session's cookie.
    pub fn cookie(&self) -> String {
        cookie(self.token)
    }
}

/// The session cookie.
pub fn cookie(token: [u8; 16]) -> String {
    format!(
        "rt_session={}",
        tower_sessions::session::Id(i128::from_be_bytes(token))
    )
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
