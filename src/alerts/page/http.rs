//! The addresses of the pages; no key is needed, the ticket in the address is the key.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post, route, web};
use chrono::Days;
use serde_json::json;

use super::mails::{self, Wish};
use super::store::{self as readers, Reader};
use super::view::{self, OFFERED, Shown};
use crate::access::audit::{self, Actor, Deed};
use crate::access::http::door::Door;
use crate::access::store::{self as people, User};
use crate::access::ticket::{Grant, Purpose};
use crate::alerts::life::{self, Person, Resolution};
use crate::alerts::model::Settlement;
use crate::alerts::store::{self, Alert, nonce};
use crate::api::public::{self, Form, FormError, ONE_CLICK};
use crate::api::request_id;
use crate::db::{Conn, DbError, UtcTime};
use crate::error::{Answer, Error};
use crate::i18n::{Language, key};
use crate::mail::public_url::PublicUrl;

/// What a link about an alert may be for.
const PURPOSES: [Purpose; 3] = [
    Purpose::AlertAcknowledge,
    Purpose::AlertSnooze,
    Purpose::AlertResolve,
];

/// Adds the pages.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(show_mails)
        .service(take_mails)
        .service(show_alert)
        .service(take_alert);
}

/// What the alert is, and one button.
#[route("/a/{ticket}", method = "GET", method = "HEAD")]
async fn show_alert(door: Door) -> HttpResponse {
    public::or_sorry(&door.request, alert(&door, None).await)
}

/// Does what the link is for.
#[post("/a/{ticket}")]
async fn take_alert(door: Door, form: Result<Form, FormError>) -> HttpResponse {
    public::or_sorry(&door.request, alert(&door, Some(form)).await)
}

/// How alerts are mailed to somebody.
#[route("/a/mails/{ticket}", method = "GET", method = "HEAD")]
async fn show_mails(door: Door) -> HttpResponse {
    public::or_sorry(&door.request, mails(&door, None).await)
}

/// Takes the choice, or the one click of a mail program (RFC 8058).
#[post("/a/mails/{ticket}")]
async fn take_mails(door: Door, form: Result<Form, FormError>) -> HttpResponse {
    public::or_sorry(&door.request, mails(&door, Some(form)).await)
}

/// Somebody before an alert.
struct Visit {
    user: User,
    alert: Option<Alert>,
}

/// What the ticket is for and names; `None` if it is not genuine. What names no alert, and what
/// names one but is forged, cost the same look and the same comparisons.
async fn granted(door: &Door) -> Answer<Option<(Purpose, Grant)>> {
    let signer = door.signer.get(&door.state).await?;
    let grant = Grant::named(&door.ticket).unwrap_or(Grant {
        id: 0,
        user: 0,
        expires: 0,
    });
    let read = move |conn: &mut Conn| nonce::kept(conn, grant.id);
    let found = door.state.db.read(read).await?;
    let found = found.filter(|nonce| !nonce.is_empty());
    let nonce = found.as_deref().unwrap_or("none");
    let mut accepted = None;
    for purpose in PURPOSES {
        if signer.accepts_grant(&door.ticket, purpose, grant, nonce) {
            accepted = Some(purpose);
        }
    }
    Ok(accepted
        .filter(|_| found.is_some())
        .map(|purpose| (purpose, grant)))
}

/// Shows the alert, or does what the link is for.
async fn alert(door: &Door, form: Option<Result<Form, FormError>>) -> Answer<HttpResponse> {
    let Some((purpose, grant)) = granted(door).await? else {
        return public::unknown_link(&door.request, &door.failed);
    };
    let visit = door.state.db.read(move |conn| visit(conn, grant)).await?;
    let sent = form.as_ref().and_then(|form| form.as_ref().ok());
    let own = visit.as_ref().and_then(|visit| language(&visit.user));
    let language = public::language(&door.request, sent, own);
    let Some(Visit {
        user,
        alert: Some(alert),
    }) = visit
    else {
        return refused(language);
    };
    if grant.over(door.now()) {
        return over(language);
    }
    let Some(form) = form else {
        return page(door, &alert, purpose, language);
    };
    let form = match form {
        Ok(form) => form,
        Err(error) => return public::bad_form(language, error),
    };
    let Some(deal) = deal(door, purpose, &form) else {
        return public::bad_form(language, FormError::Broken);
    };
    let now = door.now();
    let done = door
        .state
        .db
        .write(move |conn| act(conn, &user, grant, &deal, now))
        .await;
    match done {
        // What was resolved meanwhile, or is done already, is shown as it stands.
        Ok(_) | Err(Error::Conflict { .. }) => Ok(public::see_other(&format!("?lang={language}"))),
        Err(Error::NotFound { .. }) => refused(language),
        Err(other) => Err(other),
    }
}

/// What a form says about an alert.
fn deal(door: &Door, purpose: Purpose, form: &Form) -> Option<Deal> {
    match purpose {
        Purpose::AlertAcknowledge => Some(Deal::Acknowledge),
        Purpose::AlertSnooze => {
            let days: i64 = form.get("days")?.parse().ok()?;
            let days = OFFERED.into_iter().find(|offered| *offered == days)?;
            let days = Days::new(u64::try_from(days).ok()?);
            let day = door.state.today().checked_add_days(days)?;
            // A day begins once: the same form sent twice changes nothing.
            let until = life::beginning_of(day, door.state.config.time_zone);
            Some(Deal::Snooze(until))
        }
        Purpose::AlertResolve => {
            let settlement = Settlement::parse(form.get("reason")?)?;
            Some(Deal::Resolve(settlement.into()))
        }
        _ => None,
    }
}

fn page(door: &Door, alert: &Alert, purpose: Purpose, language: Language) -> Answer<HttpResponse> {
    let url: PublicUrl = (door.state.config.public_url)
        .parse()
        .map_err(Error::internal)?;
    let shown = Shown {
        purpose,
        language,
        zone: door.state.config.time_zone,
        href: &url.alert(alert.id),
    };
    Ok(public::html(language, view::render(alert, &shown)?))
}

/// The person whose mails the ticket is about; `None` if it is not genuine.
async fn reader(door: &Door) -> Answer<Option<Reader>> {
    let kept = |conn: &mut Conn, id| {
        let found = nonce::kept_by_user(conn, id)?;
        Ok(found.filter(|nonce| !nonce.is_empty()))
    };
    let Some(id) = door.genuine(Purpose::AlertMails, kept).await? else {
        return Ok(None);
    };
    Ok(door
        .state
        .db
        .read(move |conn| readers::reader(conn, id))
        .await?)
}

/// Shows how alerts are mailed, or changes it.
async fn mails(door: &Door, form: Option<Result<Form, FormError>>) -> Answer<HttpResponse> {
    let Some(reader) = reader(door).await? else {
        return public::unknown_link(&door.request, &door.failed);
    };
    let sent = form.as_ref().and_then(|form| form.as_ref().ok());
    let own = reader.language.parse().ok();
    let language = public::language(&door.request, sent, own);
    let wish = match form {
        None => {
            return Ok(public::html(
                language,
                mails::render(&reader, language, false)?,
            ));
        }
        Some(Err(error)) => return public::bad_form(language, error),
        Some(Ok(form)) => wish(&form),
    };
    let Some(wish) = wish else {
        return public::bad_form(language, FormError::Broken);
    };
    let (after, now) = (wish.grant(reader), door.now());
    let written = after.clone();
    door.state
        .db
        .write(move |conn| {
            if readers::mail(conn, &written, now)? {
                let deed = Deed {
                    action: "mails_changed",
                    entity: "user",
                    id: Some(written.id.0),
                    detail: Some(json!({"alerts": wish})),
                };
                let actor = Actor {
                    name: format!("user:{}", written.id),
                    request_id: request_id::current(),
                };
                audit::record(conn, &actor, &deed, now)?;
            }
            Ok::<_, DbError>(())
        })
        .await?;
    let page = mails::render(&after, language, true)?;
    Ok(public::html(language, page))
}

/// What somebody wants to do with an alert.
enum Deal {
    Acknowledge,
    Snooze(UtcTime),
    Resolve(Resolution),
}

/// What a form of ours, or a mail program, says about mails.
fn wish(form: &Form) -> Option<Wish> {
    let (field, clicked) = ONE_CLICK;
    if form.get(field) == Some(clicked) {
        return Some(Wish::Never);
    }
    form.get("mails").and_then(Wish::parse)
}

fn language(user: &User) -> Option<Language> {
    user.language.parse().ok()
}

/// The person that a link was sent to, and the alert if they may see it; `None` for somebody who was
/// removed.
fn visit(conn: &mut Conn, grant: Grant) -> Result<Option<Visit>, DbError> {
    let Some(user) = people::user(conn, grant.user)? else {
        return Ok(None);
    };
    let alert = store::find(conn, grant.id, &life::sees(&user))?;
    Ok(Some(Visit { user, alert }))
}

/// Does it, as the person is now: another may have removed or moved them since the page was made.
fn act(conn: &mut Conn, user: &User, grant: Grant, deal: &Deal, now: UtcTime) -> Answer<Alert> {
    let user = people::user(conn, user.id.0)?.ok_or_else(|| Error::not_found("user", user.id))?;
    let person = Person::user(&user);
    match deal {
        Deal::Acknowledge => life::acknowledge(conn, grant.id, &person, now),
        Deal::Snooze(until) => life::snooze(conn, grant.id, *until, &person, now),
        Deal::Resolve(resolution) => life::resolve(conn, grant.id, resolution, &person, now),
    }
}

/// The page of a link whose time is over.
fn over(language: Language) -> Answer<HttpResponse> {
    public::sorry(
        language,
        StatusCode::GONE,
        key("alert-page-over"),
        key("alert-page-over-text"),
    )
}

/// The page for somebody who was removed or may not see the alert any more.
fn refused(language: Language) -> Answer<HttpResponse> {
    public::sorry(
        language,
        StatusCode::FORBIDDEN,
        key("alert-page-refused"),
        key("alert-page-refused-text"),
    )
}
