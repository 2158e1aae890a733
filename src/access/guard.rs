//! What stands before every handler: the key, the rate limit, the idempotency key.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest, HttpResponse, HttpResponseBuilder, web,
};
use chrono::TimeDelta;
use data_encoding::HEXLOWER;
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::store::idempotency;
use super::store::keys::{self, ApiKey};
use super::{Caller, Scope, key};
use crate::api::body;
use crate::db::UtcTime;
use crate::error::{Answer, Error};
use crate::ids::KeyId;
use crate::state::AppState;

/// How long a key is believed without asking the database: a key that another process revokes
/// stops working within this time, one revoked here at once.
const BELIEVED: Duration = Duration::from_secs(5);
/// How long answers are remembered.
const REMEMBERED: TimeDelta = TimeDelta::hours(24);
/// After this time a request that gave no answer is taken for dead.
const ABANDONED: TimeDelta = TimeDelta::minutes(15);
/// The header that makes a repeated POST harmless.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

type Limiter = RateLimiter<i64, DashMapStateStore<i64>, DefaultClock, StateInformationMiddleware>;

/// What the guard remembers between requests; shared by all workers.
#[derive(Clone)]
pub struct Guard {
    known: Arc<RwLock<HashMap<String, (Instant, ApiKey)>>>,
    limiter: Arc<Limiter>,
    per_minute: u32,
}

impl Guard {
    /// A guard that lets each key make so many requests a minute.
    pub fn new(per_minute: u32) -> Self {
        let quota = Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
        Self {
            known: Arc::default(),
            limiter: Arc::new(
                RateLimiter::dashmap(quota).with_middleware::<StateInformationMiddleware>(),
            ),
            per_minute,
        }
    }

    /// Forgets what it believed about keys, after one was revoked.
    pub fn forget_keys(&self) {
        self.known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    async fn find(&self, state: &AppState, secret: &str) -> Answer<Option<ApiKey>> {
        let hash = key::hash(secret);
        let believed = self
            .known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&hash)
            .filter(|(since, _)| since.elapsed() < BELIEVED)
            .map(|(_, key)| key.clone());
        if believed.is_some() {
            return Ok(believed);
        }
        let looked_up = hash.clone();
        let found = state
            .db
            .read(move |conn| keys::key_by_hash(conn, &looked_up))
            .await?;
        if let Some(found) = &found {
            Self::note_use(state, found);
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            known.insert(hash, (Instant::now(), found.clone()));
        }
        Ok(found)
    }

    /// Writes down that a key is in use, at most once a minute. The request does not wait for it:
    /// a long import may keep SQLite's only writer busy.
    fn note_use(state: &AppState, key: &ApiKey) {
        let now = UtcTime::from(state.clock.now());
        let recent = key
            .last_used_at
            .is_some_and(|last| now.0 - last.0 < TimeDelta::minutes(1));
        if recent {
            return;
        }
        let (id, db) = (key.id, state.db.clone());
        actix_web::rt::spawn(async move {
            let noted = db.write(move |conn| keys::touch_key(conn, id, now)).await;
            if let Err(error) = noted {
                tracing::debug!(key.id = %id, error.cause = %error, "use of a key not noted: {error}");
            }
        });
    }

    /// Counts the request; what the `RateLimit` headers say.
    fn count(&self, key: KeyId) -> Answer<(String, String)> {
        let policy = format!("\"default\";q={};w=60", self.per_minute);
        match self.limiter.check_key(&key.0) {
            Ok(snapshot) => {
                let left = snapshot.remaining_burst_capacity();
                Ok((policy, format!("\"default\";r={left};t=60")))
            }
            Err(until) => {
                let wait = until.wait_time_from(DefaultClock::default().now());
                Err(Error::TooManyRequests {
                    retry_after: wait.as_secs() + 1,
                })
            }
        }
    }
}

/// Demands a valid key, the scope for the method, and patience.
///
/// # Errors
///
/// 401, 403, 429 as problems.
pub async fn authenticate(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let outcome = admit(&request).await;
    let (policy, limit) = match outcome {
        Ok((caller, headers)) => {
            request.extensions_mut().insert(caller);
            headers
        }
        Err(error) => return Ok(request.error_response(error)),
    };
    let mut response = next.call(request).await?.map_into_boxed_body();
    for (name, value) in [("ratelimit-policy", policy), ("ratelimit", limit)] {
        if let Ok(value) = header::HeaderValue::from_str(&value) {
            let name = header::HeaderName::from_static(name);
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

async fn admit(request: &ServiceRequest) -> Answer<(Caller, (String, String))> {
    let (Some(state), Some(guard)) = (
        request.app_data::<web::Data<AppState>>(),
        request.app_data::<web::Data<Guard>>(),
    ) else {
        return Err(Error::internal("the guard lacks its data"));
    };
    let secret = bearer(request).ok_or(Error::Unauthorized {
        code: "key_missing",
        detail: "expected the header Authorization: Bearer hws_…",
    })?;
    let found = guard
        .find(state, &secret)
        .await?
        .ok_or(Error::Unauthorized {
            code: "key_unknown",
            detail: "there is no such key",
        })?;
    if found.revoked_at.is_some() {
        return Err(Error::Unauthorized {
            code: "key_revoked",
            detail: "the key was revoked",
        });
    }
    if found
        .expires_at
        .is_some_and(|end| end.0 <= state.clock.now())
    {
        return Err(Error::Unauthorized {
            code: "key_expired",
            detail: "the key has expired",
        });
    }
    let caller = found.caller()?;
    let headers = guard.count(found.id)?;
    caller.require(needed(request))?;
    Ok((caller, headers))
}

/// The scope that a method needs by itself; handlers may demand more.
fn needed(request: &ServiceRequest) -> Scope {
    let reading = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    if !reading {
        Scope::Write
    } else if request.path() == "/api/v1/reports" || request.path().starts_with("/api/v1/reports/")
    {
        Scope::Bi
    } else {
        Scope::Read
    }
}

fn bearer(request: &ServiceRequest) -> Option<String> {
    let value = request
        .headers()
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| secret.trim().to_owned())
        .filter(|secret| !secret.is_empty())
}

impl FromRequest for Caller {
    type Error = Error;
    type Future = std::future::Ready<Answer<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = request.extensions().get::<Self>().cloned();
        std::future::ready(found.ok_or_else(|| Error::internal("a route lacks the guard")))
    }
}

/// Answers a POST that was answered before with the same answer.
///
/// # Errors
///
/// 409 while the first request is in flight, 422 if the key came with another request.
pub async fn idempotency(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let idem_key = idempotency_key(request.request());
    // Uploads are not held in memory: that handler claims with the digest of the file.
    let upload = request.path().ends_with("/imports");
    let (Some(idem_key), &Method::POST, false) = (idem_key, request.method(), upload) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let claim = match claim(&mut request, &idem_key).await {
        Ok(Ok(claim)) => claim,
        Ok(Err(replay)) => return Ok(request.into_response(replay)),
        Err(error) => return Ok(request.error_response(error)),
    };
    let (response, request) = match next.call(request).await {
        Ok(response) => {
            let (request, response) = response.into_parts();
            (response, request)
        }
        Err(error) => {
            claim.give_up().await?;
            return Err(error);
        }
    };
    let response = claim.keep(response.map_into_boxed_body()).await?;
    Ok(ServiceResponse::new(request, response))
}

/// A claimed idempotency key.
pub struct Claim {
    state: web::Data<AppState>,
    caller: KeyId,
    idem_key: String,
}

async fn claim(
    request: &mut ServiceRequest,
    idem_key: &str,
) -> Answer<Result<Claim, HttpResponse>> {
    let (http_request, payload) = request.parts_mut();
    let bytes = body::bytes(http_request, payload).await?;
    let claimed = claim_for(http_request, idem_key, &bytes).await;
    request.set_payload(bytes.into());
    claimed
}

/// The idempotency key of a request, if it has one.
pub fn idempotency_key(request: &HttpRequest) -> Option<String> {
    let value = request.headers().get(IDEMPOTENCY_KEY)?;
    value.to_str().ok().map(str::to_owned)
}

/// Claims an idempotency key for a request with this body, or with this digest of its body; the
/// answer that was given before, if there was one.
///
/// # Errors
///
/// 400 for a key that is none, 409 while the first request is in flight, 422 if the key came with
/// another request.
pub async fn claim_for(
    request: &HttpRequest,
    idem_key: &str,
    told: &[u8],
) -> Answer<Result<Claim, HttpResponse>> {
    if idem_key.is_empty() || idem_key.len() > 255 {
        return Err(Error::malformed(
            "bad_idempotency_key",
            "expected an Idempotency-Key of 1 to 255 characters",
        ));
    }
    let mut digest = Sha256::new();
    digest.update(request.method().as_str());
    digest.update(request.uri().to_string());
    digest.update(told);
    let fingerprint = HEXLOWER.encode(&digest.finalize());

    let state = request
        .app_data::<web::Data<AppState>>()
        .cloned()
        .ok_or_else(|| Error::internal("the guard lacks its data"))?;
    let caller = request
        .extensions()
        .get::<Caller>()
        .map(|caller| caller.key)
        .ok_or_else(|| Error::internal("a route lacks the guard"))?;
    let now = state.clock.now();
    let times = (
        now.into(),
        (now - REMEMBERED).into(),
        (now - ABANDONED).into(),
    );
    let (looked_up, print) = (idem_key.to_owned(), fingerprint.clone());
    let standing = state
        .db
        .write(move |conn| idempotency::claim_idempotency(conn, caller, &looked_up, &print, times))
        .await?;
    let Some(standing) = standing else {
        return Ok(Ok(Claim {
            state,
            caller,
            idem_key: idem_key.to_owned(),
        }));
    };
    if standing.fingerprint != fingerprint {
        return Err(Error::KeyReused);
    }
    let Some(status) = standing
        .status
        .and_then(|status| u16::try_from(status).ok())
    else {
        return Err(Error::conflict(
            "in_flight",
            "the first request with this Idempotency-Key is still being answered",
        ));
    };
    Ok(Err(replay(status, standing)))
}

fn replay(status: u16, standing: idempotency::Remembered) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let mut response = HttpResponse::build(status);
    response.insert_header(("idempotency-replayed", "true"));
    if let Some(content_type) = standing.content_type {
        response.insert_header((header::CONTENT_TYPE, content_type));
    }
    if let Some(location) = standing.location {
        response.insert_header((header::LOCATION, location));
    }
    response.body(standing.body.unwrap_or_default())
}

/// What is remembered of an answer instead of its body.
struct Kept(String);

/// Answers with what holds a secret, which is told this once: under an idempotency key `again` is
/// remembered instead, and no copy of the secret.
///
/// # Errors
///
/// If `again` cannot be written as JSON.
pub fn told_once(
    mut response: HttpResponseBuilder,
    told: &impl Serialize,
    again: &impl Serialize,
) -> Answer<HttpResponse> {
    let again = serde_json::to_string(again).map_err(Error::internal)?;
    let mut response = response.json(told);
    response.extensions_mut().insert(Kept(again));
    Ok(response)
}

impl Claim {
    /// Remembers the answer, or what is to be remembered instead (see [`told_once`]), unless it is
    /// our own failure, which is worth another try.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn keep(
        self,
        response: HttpResponse<BoxBody>,
    ) -> Result<HttpResponse, actix_web::Error> {
        let (mut head, response_body) = response.into_parts();
        let bytes = actix_web::body::to_bytes(response_body).await?;
        if head.status().is_server_error() {
            self.give_up().await?;
        } else {
            let text = |name| {
                let value = head.headers().get(name)?;
                value.to_str().ok().map(str::to_owned)
            };
            let (content_type, location) = (text(header::CONTENT_TYPE), text(header::LOCATION));
            let status = i64::from(head.status().as_u16());
            let instead = head.extensions_mut().remove::<Kept>();
            let kept = match instead {
                Some(Kept(again)) => again,
                None => String::from_utf8_lossy(&bytes).into_owned(),
            };
            let (caller, idem_key) = (self.caller, self.idem_key);
            self.state
                .db
                .write(move |conn| {
                    let answer = (
                        status,
                        content_type.as_deref(),
                        location.as_deref(),
                        kept.as_str(),
                    );
                    idempotency::remember(conn, caller, &idem_key, answer)
                })
                .await
                .map_err(Error::from)?;
        }
        Ok(head.set_body(bytes).map_into_boxed_body())
    }

    async fn give_up(&self) -> Answer<()> {
        let (caller, idem_key) = (self.caller, self.idem_key.clone());
        Ok(self
            .state
            .db
            .write(move |conn| idempotency::forget(conn, caller, &idem_key))
            .await?)
    }
}
