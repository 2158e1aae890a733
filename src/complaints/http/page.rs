//! The page behind the link in the mail, for people without a key.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post, route, web};

use super::office;
use crate::access::Teams;
use crate::access::audit::Actor;
use crate::access::http::door::Door;
use crate::access::ticket::{Purpose, Signer, named};
use crate::api::etag::IfMatch;
use crate::api::public::{self, Form, FormError};
use crate::api::reference::Reference;
use crate::api::request_id;
use crate::complaints::deed::{Act, Evidence, note, perform};
use crate::complaints::letter::language_of;
use crate::complaints::life::EventKind;
use crate::complaints::page::{REASON, Shown, Told, render};
use crate::complaints::store::{self, Row};
use crate::db::{Conn, DbResult, UtcTime};
use crate::engagement::edit::Writer;
use crate::error::{Answer, Error};
use crate::i18n::Language;
use crate::ids::ComplaintId;
use crate::state::AppState;

/// Says to the page after a form that what was written has been noted.
const PASSED_ON: &str = "passed_on";

/// Adds the page.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(show).service(say);
}

/// A complaint behind a genuine link.
struct Behind {
    row: Row,
    answer: Option<String>,
    own: Option<Language>,
}

/// Shows what was complained and answered, and asks; changes nothing.
#[route("/c/{ticket}", method = "GET", method = "HEAD")]
async fn show(door: Door) -> HttpResponse {
    public::or_sorry(&door.request, shown(&door).await)
}

async fn shown(door: &Door) -> Answer<HttpResponse> {
    match find(door).await? {
        None => public::unknown_link(&door.request, &door.failed),
        Some(behind) => {
            let language = public::language(&door.request, None, behind.own);
            let query = Form::parse(door.request.query_string()).unwrap_or_default();
            let told = query.get(PASSED_ON).map(|_| Told::PassedOn);
            answer(&door.state, &behind, language, told)
        }
    }
}

/// Takes what the customer says.
#[post("/c/{ticket}")]
async fn say(door: Door, form: Result<Form, FormError>) -> HttpResponse {
    public::or_sorry(&door.request, said(&door, form).await)
}

async fn said(door: &Door, form: Result<Form, FormError>) -> Answer<HttpResponse> {
    let (state, request) = (&door.state, &door.request);
    let Some(behind) = find(door).await? else {
        return public::unknown_link(request, &door.failed);
    };
    let form = match form {
        Ok(form) => form,
        Err(error) => {
            let language = public::language(request, None, behind.own);
            return public::bad_form(language, error);
        }
    };
    let language = public::language(request, Some(&form), behind.own);
    let why = form.get("why").unwrap_or_default().replace("\r\n", "\n");
    // What a keyboard cannot mean is no part of the reason.
    let why: String = why
        .chars()
        .filter(|letter| !letter.is_control() || "\n\t".contains(*letter))
        .collect();
    let act = match form.get("said") {
        Some("settled") => Act::Confirm(Evidence::Link),
        Some("unsettled") if why.chars().count() > REASON => {
            return answer(state, &behind, language, Some(Told::TooLong(&why)));
        }
        Some("unsettled") => Act::Reopen(Some(why)),
        _ => return public::bad_form(language, FormError::Broken),
    };
    let passed_on = carry_out(state, &behind.row, act).await?;
    let more = if passed_on {
        format!("&{PASSED_ON}=1")
    } else {
        String::new()
    };
    Ok(public::see_other(&format!("?lang={language}{more}")))
}

/// Carries out what the customer says. A reason that comes when it fits no step any more is noted, and
/// `true` the answer; without one, such as a second click, nothing changes and the page shows how it
/// stands.
async fn carry_out(state: &AppState, row: &Row, act: Act) -> Answer<bool> {
    let who = row.values.told.contact_id;
    let writer = Writer {
        teams: Teams::All,
        actor: Actor {
            name: who.map_or_else(|| "customer".to_owned(), |id| format!("contact:{id}")),
            request_id: request_id::current(),
        },
        now: UtcTime::from(state.clock.now()),
    };
    let (reference, office) = (Reference::Id(row.id), office(state)?);
    let nonce = row.values.life.nonce.clone();
    let outcome = state
        .db
        .write(move |conn| {
            let target = (&reference, &IfMatch::Absent);
            let (id, passed_on) = match (perform(conn, &writer, target, &act, &office), &act) {
                (Err(Error::Conflict { .. }), Act::Reopen(Some(why))) if !why.trim().is_empty() => {
                    (note(conn, &writer, &reference, why)?, true)
                }
                (done, _) => (done?.id, false),
            };
            // Between looking and writing the link may have been revoked.
            match Row::find(conn, id)? {
                Some(row) if row.values.life.nonce == nonce => Ok(passed_on),
                _ => Err(Error::not_found("complaint", id)),
            }
        })
        .await;
    match outcome {
        Err(Error::Conflict { .. }) => Ok(false),
        other => other,
    }
}

/// The complaint behind a link, if it is genuine.
async fn find(door: &Door) -> Answer<Option<Behind>> {
    let Some(id) = named(&door.ticket) else {
        return Ok(None);
    };
    let signer = door.signer.get(&door.state).await?;
    let ticket = door.ticket.clone();
    Ok(door
        .state
        .db
        .read(move |conn| behind(conn, &signer, id, &ticket))
        .await?)
}

fn behind(conn: &mut Conn, signer: &Signer, id: i64, ticket: &str) -> DbResult<Option<Behind>> {
    let genuine =
        |row: &Row| signer.accepts(ticket, Purpose::Complaint, id, &row.values.life.nonce);
    let Some(row) = Row::find(conn, id)?
        .filter(|row| row.deleted_at.is_none())
        .filter(genuine)
    else {
        return Ok(None);
    };
    let addressee = match row.values.told.contact_id {
        Some(contact) => store::addressee(conn, contact)?,
        None => None,
    };
    Ok(Some(Behind {
        answer: store::last_text(conn, ComplaintId(row.id), EventKind::Answered)?,
        own: addressee.as_ref().map(language_of),
        row,
    }))
}

fn answer(
    state: &AppState,
    behind: &Behind,
    language: Language,
    told: Option<Told<'_>>,
) -> Answer<HttpResponse> {
    let shown = Shown {
        answer: behind.answer.as_deref(),
        language,
        time_zone: state.config.time_zone,
        now: state.clock.now().into(),
        told,
    };
    let page = render(&behind.row, behind.row.values.status()?, &shown)?;
    let status = match told {
        Some(Told::TooLong(_)) => StatusCode::UNPROCESSABLE_ENTITY,
        Some(Told::PassedOn) | None => StatusCode::OK,
    };
    Ok(public::html_with(status, language, page))
}
