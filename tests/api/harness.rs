//! The server under test, its database and a client.

use std::net::TcpListener;
use std::sync::Arc;

use chrono::{DateTime, TimeZone as _, Utc};
use hawser::access::key::NewKey;
use hawser::access::store::keys::{self, NewApiKey};
use hawser::access::{Scope, Teams};
use hawser::config::Config;
use hawser::db::{Db, Target};
use hawser::state::{AppState, Bell, Clock};
use reqwest::{Method, StatusCode};
use serde_json::Value;

/// Makes a test for each database of every function named.
macro_rules! on_each_database {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[actix_web::test]
            async fn $name() {
                super::$name($crate::TestApp::sqlite().await).await;
            })+
        }

        #[cfg(feature = "postgres")]
        mod postgres {
            $(#[actix_web::test]
            async fn $name() {
                super::$name($crate::TestApp::postgres().await).await;
            })+
        }
    };
}
pub(crate) use on_each_database;

/// A running server with a fresh database, an admin key, and a clock that stands at
/// 2026-03-02 08:00 UTC.
pub struct TestApp {
    /// Where the server listens, such as `http://127.0.0.1:40123`.
    pub address: String,
    /// What the server shares; tests may use its database and move its clock.
    pub state: AppState,
    /// A key with every scope.
    pub key: String,
    client: reqwest::Client,
    // The file lives as long as the test.
    _folder: Option<tempfile::TempDir>,
}

/// What the server answered.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body.
    pub text: String,
    /// The body as JSON; null where it is none.
    pub json: Value,
}

impl Reply {
    /// The body, after a check of the status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json
    }

    /// Checks that this is a problem with the status and code.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Value {
        let json = self.json;
        assert_eq!(self.status.as_u16(), status, "{json}");
        assert_eq!(json["code"], code, "{json}");
        assert_eq!(json["status"], status);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert!(
            json["request_id"].as_str().is_some_and(|id| !id.is_empty()),
            "{json}"
        );
        json
    }

    /// A header's text.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .unwrap_or_else(|| panic!("no header {name}: {self:?}"))
            .to_str()
            .unwrap()
    }
}

impl TestApp {
    /// On a SQLite file of its own.
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let target = Target::Sqlite(folder.path().join("hawser.db"));
        Self::start(target, Some(folder), &[]).await
    }

    /// On a PostgreSQL database of its own.
    #[cfg(feature = "postgres")]
    pub async fn postgres() -> Self {
        Self::start(fresh_postgres(), None, &[]).await
    }

    /// Like `self`, another server on the same database with other settings.
    pub async fn again_with(&self, settings: &[(&str, &str)]) -> Self {
        Self::start(self.state.db.target().clone(), None, settings).await
    }

    async fn start(
        target: Target,
        folder: Option<tempfile::TempDir>,
        settings: &[(&str, &str)],
    ) -> Self {
        let mut config = Config::from_lookup(|key| {
            settings
                .iter()
                .find(|(name, _)| *name == key)
                .map(|(_, value)| (*value).to_owned())
        })
        .unwrap();
        config.database = target.clone();
        config.workers = 1;
        let state = AppState {
            db: Db::open(&target, 4).unwrap(),
            clock: Clock::stopped(Utc.with_ymd_and_hms(2026, 3, 2, 8, 0, 0).unwrap()),
            config: Arc::new(config),
            bell: Bell::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = hawser::app::start(state.clone(), listener).unwrap();
        actix_web::rt::spawn(server);
        let mut app = Self {
            address,
            state,
            key: String::new(),
            client: client(),
            _folder: folder,
        };
        app.key = app.make_key(Scope::ALL, Teams::All, None);
        app
    }

    /// A key with these scopes and teams, written straight to the database.
    pub fn make_key(
        &self,
        scopes: &[Scope],
        teams: Teams,
        expires_at: Option<DateTime<Utc>>,
    ) -> String {
        let key = NewKey::generate().unwrap();
        let new = NewApiKey {
            name: "test",
            key: &key,
            scopes,
            teams: &teams,
            expires_at: expires_at.map(Into::into),
        };
        let now = self.state.clock.now().into();
        self.state
            .db
            .write_now(|conn| keys::insert_key(conn, &new, now))
            .unwrap();
        key.secret
    }

    /// A request to be sent, without a key.
    pub fn bare(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.address))
    }

    /// A request to be sent, with the admin key.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.bare(method, path).bearer_auth(&self.key)
    }

    /// Sends a request.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Reply {
            status,
            headers,
            text,
            json,
        }
    }

    /// GET with the admin key; `path` begins behind `/api/v1`.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, &format!("/api/v1{path}")))
            .await
    }

    /// POST of a JSON body with the admin key.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(
            self.request(Method::POST, &format!("/api/v1{path}"))
                .json(&body),
        )
        .await
    }

    /// PATCH of a JSON body with the admin key.
    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send(
            self.request(Method::PATCH, &format!("/api/v1{path}"))
                .json(&body),
        )
        .await
    }

    /// PUT of a JSON body with the admin key.
    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.send(
            self.request(Method::PUT, &format!("/api/v1{path}"))
                .json(&body),
        )
        .await
    }

    /// DELETE with the admin key.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(self.request(Method::DELETE, &format!("/api/v1{path}")))
            .await
    }

    /// Every row of a list, page by page.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let mut rows = Vec::new();
        let mut next = format!("/api/v1{path}");
        loop {
            let page = self.send(self.request(Method::GET, &next)).await;
            let link = page
                .headers
                .get("link")
                .map(|link| link.to_str().unwrap().to_owned());
            rows.extend(page.expect(200)["data"].as_array().unwrap().iter().cloned());
            match link {
                Some(link) => {
                    next = link.split(['<', '>']).nth(1).unwrap().into();
                }
                None => return rows,
            }
        }
    }
}

/// A client that keeps no idle connections: the server closes one after some seconds, and a request
/// that is sent at that very moment fails.
fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .pool_max_idle_per_host(0)
        .build()
        .unwrap()
}

/// A new database on the server that `HAWSER_TEST_POSTGRES_URL` names; it goes with the cluster.
#[cfg(feature = "postgres")]
fn fresh_postgres() -> Target {
    use diesel::connection::{Connection as _, SimpleConnection as _};
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);

    let server = std::env::var("HAWSER_TEST_POSTGRES_URL").expect(
        "HAWSER_TEST_POSTGRES_URL must name a PostgreSQL server to make databases on; scripts/test starts one",
    );
    let name = format!(
        "hawser_{}_{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    );
    let mut conn = diesel::PgConnection::establish(&server).unwrap();
    conn.batch_execute(&format!("CREATE DATABASE {name}"))
        .unwrap();
    let (base, _) = server.rsplit_once('/').unwrap();
    Target::parse(&format!("{base}/{name}")).unwrap()
}
