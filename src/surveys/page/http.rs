//! The addresses of the pages; no key is needed, the ticket in the address is the key.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post, route, web};

use super::store::{self, Person};
use super::view::{Asking, Typed, Wrong};
use super::words::{Letterhead, language_of};
use crate::access::audit::{self, Actor, Deed};
use crate::access::http::door::Door;
use crate::access::ticket::Purpose;
use crate::api::public::{
    self, Button, Form, FormError, Kept, Link, Mood, Notice, ONE_CLICK, PageError, Shell,
};
use crate::api::request_id;
use crate::customers::model::SurveyConsent;
use crate::db::DbError;
use crate::error::{Answer, Error};
use crate::i18n::{Key, Language, Value, key};
use crate::ids::ContactId;
use crate::surveys::record::answerable;
use crate::surveys::store::{self as surveys, AnswerRow, InvitationRow};
use crate::surveys::{SurveyError, questions_for, record};

/// Adds the pages.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(show_survey)
        .service(take_survey)
        .service(show_opt_out)
        .service(take_opt_out)
        .service(show_unsubscribe)
        .service(take_unsubscribe);
}

/// The questions of an invitation, or thanks for the answers.
#[route("/s/{ticket}", method = "GET", method = "HEAD")]
async fn show_survey(door: Door) -> HttpResponse {
    public::or_sorry(&door.request, show(&door).await)
}

/// Takes the answers.
#[post("/s/{ticket}")]
async fn take_survey(door: Door, form: Result<Form, FormError>) -> HttpResponse {
    public::or_sorry(&door.request, take(&door, form).await)
}

/// Asks whether no more surveys are wanted.
#[route("/s/{ticket}/opt-out", method = "GET", method = "HEAD")]
async fn show_opt_out(door: Door) -> HttpResponse {
    public::or_sorry(&door.request, way_out(&door, Purpose::Survey, None).await)
}

/// Takes the word.
#[post("/s/{ticket}/opt-out")]
async fn take_opt_out(door: Door, form: Result<Form, FormError>) -> HttpResponse {
    let outcome = way_out(&door, Purpose::Survey, Some(form)).await;
    public::or_sorry(&door.request, outcome)
}

/// The same by the contact's own ticket, which outlives invitations.
#[route("/u/{ticket}", method = "GET", method = "HEAD")]
async fn show_unsubscribe(door: Door) -> HttpResponse {
    public::or_sorry(&door.request, way_out(&door, Purpose::OptOut, None).await)
}

/// Takes the word, or the one click of a mail program (RFC 8058).
#[post("/u/{ticket}")]
async fn take_unsubscribe(door: Door, form: Result<Form, FormError>) -> HttpResponse {
    let outcome = way_out(&door, Purpose::OptOut, Some(form)).await;
    public::or_sorry(&door.request, outcome)
}

fn head(door: &Door) -> Answer<Letterhead> {
    Letterhead::of(&door.state.config).map_err(Error::internal)
}

/// The invitation that the ticket opens; `None` if it is not genuine.
async fn invitation(door: &Door) -> Answer<Option<InvitationRow>> {
    let id = door.genuine(Purpose::Survey, store::nonce).await?;
    let Some(id) = id else { return Ok(None) };
    let found = door
        .state
        .db
        .read(move |conn| surveys::invitation(conn, id));
    Ok(found.await?)
}

/// The person that the ticket names.
async fn person(door: &Door, purpose: Purpose) -> Answer<Option<Person>> {
    let contact = if purpose == Purpose::Survey {
        invitation(door)
            .await?
            .map(|invitation| invitation.contact_id.0)
    } else {
        door.genuine(purpose, store::contact_nonce).await?
    };
    let Some(contact) = contact else {
        return Ok(None);
    };
    let found = door.state.db.read(move |conn| store::person(conn, contact));
    Ok(found.await?)
}

async fn show(door: &Door) -> Answer<HttpResponse> {
    let Some(invitation) = invitation(door).await? else {
        return public::unknown_link(&door.request, &door.failed);
    };
    let language = public::language(&door.request, None, Some(language_of(&invitation)));
    let head = head(door)?;
    if let Err(refusal) = answerable(&invitation, door.now()) {
        return refused(language, &head, refusal, Vec::new());
    }
    let query = Form::parse(door.request.query_string()).unwrap_or_default();
    if query.get("done").is_some() && invitation.answered_at.is_some() {
        return thanks(language, &head, &invitation);
    }
    let id = invitation.id;
    let answers: Vec<AnswerRow> = (door.state.db)
        .read(move |conn| surveys::answers_of(conn, id))
        .await?;
    let page = asking(door, &invitation, &head, language).page(&Typed::stored(&answers), None)?;
    Ok(public::html(language, page))
}

fn asking<'a>(
    door: &'a Door,
    invitation: &'a InvitationRow,
    head: &'a Letterhead,
    language: Language,
) -> Asking<'a> {
    Asking {
        invitation,
        head,
        language,
        ticket: &door.ticket,
    }
}

async fn take(door: &Door, form: Result<Form, FormError>) -> Answer<HttpResponse> {
    let invitation = match invitation(door).await {
        Ok(Some(invitation)) => invitation,
        Ok(None) => return public::unknown_link(&door.request, &door.failed),
        // Nobody knows the questions; the words can still be copied.
        Err(error) => {
            let form = form.unwrap_or_default();
            let language = public::language(&door.request, Some(&form), None);
            let kept = Typed::sent(&form).kept(&[], language);
            return Ok(public::trouble(language, &error, kept));
        }
    };
    let own = Some(language_of(&invitation));
    let language = public::language(&door.request, form.as_ref().ok(), own);
    let form = match form {
        Ok(form) => form,
        Err(error) => return public::bad_form(language, error),
    };
    let typed = Typed::sent(&form);
    let questions = questions_for(&invitation);
    let answers = typed.answers(&questions);
    let (asked, now) = (invitation.clone(), door.now());
    let actor = visitor(invitation.contact_id);
    let scorer = crate::sentiment::Scorer::lexicon();
    let recorded = (door.state.db)
        .write(move |conn| {
            let recorded = record(conn, &asked, &answers, &scorer, now)?;
            if recorded.changed {
                let deed = Deed {
                    action: if recorded.first {
                        "answered"
                    } else {
                        "changed"
                    },
                    entity: "survey_invitation",
                    id: Some(asked.id.0),
                    detail: None,
                };
                audit::record(conn, &actor, &deed, now)?;
            }
            Ok::<_, SurveyError>(())
        })
        .await;
    let wrong = match recorded {
        Ok(()) => return Ok(public::see_other(&format!("?done=1&lang={language}"))),
        Err(SurveyError::Wrong(problems)) => Wrong::Answers(problems),
        Err(SurveyError::Empty) => Wrong::Empty,
        Err(other) => {
            let kept = typed.kept(&questions, language);
            return refused(language, &head(door)?, other, kept);
        }
    };
    let head = head(door)?;
    let page = asking(door, &invitation, &head, language).page(&typed, Some(&wrong))?;
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(public::html_with(status, language, page))
}

/// Shows the way out, or takes what somebody says about it.
async fn way_out(
    door: &Door,
    purpose: Purpose,
    form: Option<Result<Form, FormError>>,
) -> Answer<HttpResponse> {
    let Some(person) = person(door, purpose).await? else {
        return public::unknown_link(&door.request, &door.failed);
    };
    let sent = form.as_ref().and_then(|form| form.as_ref().ok());
    let own = person.language.as_deref().and_then(|tag| tag.parse().ok());
    let language = public::language(&door.request, sent, own);
    let stands = person.survey_consent.as_deref() == Some(SurveyConsent::Refused.word());
    let said = match form {
        None if stands => Said::Refused,
        None => Said::Nothing,
        Some(Err(error)) => return public::bad_form(language, error),
        Some(Ok(form)) => match wish(&form) {
            Some(consent) => note(door, person.id, consent).await?,
            None => return public::bad_form(language, FormError::Broken),
        },
    };
    said.page(language, &head(door)?)
}

async fn note(door: &Door, contact: ContactId, consent: SurveyConsent) -> Answer<Said> {
    let (actor, now) = (visitor(contact), door.now());
    (door.state.db)
        .write(move |conn| {
            if store::set_consent(conn, contact, consent, now)? {
                let deed = Deed {
                    action: match consent {
                        SurveyConsent::Given => "consented",
                        SurveyConsent::Refused => "opted_out",
                    },
                    entity: "contact",
                    id: Some(contact.0),
                    detail: None,
                };
                audit::record(conn, &actor, &deed, now)?;
            }
            Ok::<_, DbError>(())
        })
        .await?;
    Ok(match consent {
        SurveyConsent::Given => Said::Given,
        SurveyConsent::Refused => Said::Refused,
    })
}

/// Whom the audit log names: the holder of the contact's link.
fn visitor(contact: ContactId) -> Actor {
    Actor {
        name: format!("contact:{contact}"),
        request_id: request_id::current(),
    }
}

/// What a form of ours, or a mail program, says about surveys.
fn wish(form: &Form) -> Option<SurveyConsent> {
    let (field, clicked) = ONE_CLICK;
    if form.get(field) == Some(clicked) {
        return Some(SurveyConsent::Refused);
    }
    form.get("wish").and_then(SurveyConsent::parse)
}

/// What somebody has said about surveys, as far as the page shows it.
#[derive(Clone, Copy)]
enum Said {
    Nothing,
    Refused,
    Given,
}

impl Said {
    fn page(self, language: Language, head: &Letterhead) -> Answer<HttpResponse> {
        let (mood, heading, told, button) = match self {
            Self::Nothing => (
                Mood::Plain,
                key("opt-out-ask"),
                key("opt-out-ask-text"),
                Some((key("opt-out-stop"), SurveyConsent::Refused)),
            ),
            Self::Refused => (
                Mood::Done,
                key("opt-out-done"),
                key("opt-out-done-text"),
                Some((key("opt-out-again"), SurveyConsent::Given)),
            ),
            Self::Given => (
                Mood::Done,
                key("opt-out-undone"),
                key("opt-out-undone-text"),
                None,
            ),
        };
        let sender = [("sender", Value::from(head.sender.as_str()))];
        let text = |key: Key| public::text(language, key, &sender).map_err(PageError::from);
        let mut notice = Notice::new(language, mood, text(heading)?, vec![text(told)?])?;
        if let Some((label, consent)) = button {
            notice.button = Some(Button {
                label: text(label)?,
                action: "?".to_owned(),
                fields: vec![
                    ("wish", consent.word().to_owned()),
                    ("lang", language.tag().to_owned()),
                ],
            });
        }
        notice.send(StatusCode::OK, language)
    }
}

fn thanks(
    language: Language,
    head: &Letterhead,
    invitation: &InvitationRow,
) -> Answer<HttpResponse> {
    let until = head.time(language, invitation.closes_at);
    let text = |key: Key, values: &[(&str, Value<'_>)]| {
        public::text(language, key, values).map_err(PageError::from)
    };
    let mut notice = Notice::new(
        language,
        Mood::Done,
        text(key("survey-thanks"), &[])?,
        vec![
            text(
                key("survey-thanks-text"),
                &[("sender", head.sender.as_str().into())],
            )?,
            text(key("survey-thanks-until"), &[("until", until.into())])?,
        ],
    )?;
    notice.shell =
        Shell::new(language, notice.heading.clone(), "&done=1").map_err(PageError::from)?;
    notice.link = Some(Link {
        label: text(key("survey-change"), &[])?,
        href: format!("?lang={language}"),
    });
    notice.send(StatusCode::OK, language)
}

/// The page of an invitation that cannot be answered, with what was typed in vain.
fn refused(
    language: Language,
    head: &Letterhead,
    refusal: SurveyError,
    typed: Vec<(String, String)>,
) -> Answer<HttpResponse> {
    let (status, heading, told, until) = match refusal {
        SurveyError::Closed { until } => (
            StatusCode::GONE,
            key("survey-closed"),
            key("survey-closed-text"),
            head.time(language, until),
        ),
        SurveyError::Revoked => (
            StatusCode::GONE,
            key("survey-revoked"),
            key("survey-revoked-text"),
            String::new(),
        ),
        SurveyError::NotOpen => (
            StatusCode::NOT_FOUND,
            key("survey-not-open"),
            key("survey-not-open-text"),
            String::new(),
        ),
        other => return Ok(public::trouble(language, &other.into(), typed)),
    };
    let values: [(&str, Value<'_>); 2] = [
        ("sender", head.sender.as_str().into()),
        ("until", until.into()),
    ];
    let text = |key: Key| public::text(language, key, &values).map_err(PageError::from);
    let mut notice = Notice::new(language, Mood::Plain, text(heading)?, vec![text(told)?])?;
    notice.kept = Kept::of(language, typed).map_err(PageError::from)?;
    notice.send(status, language)
}
