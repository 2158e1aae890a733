//! The mail that brings an answer to the customer, with the link that confirms or reopens.

use askama::Template;

use super::deed::Office;
use super::store::{self, Addressee, Row};
use crate::access::ticket::{Purpose, Signer};
use crate::api::public::{PageError, text};
use crate::db::{Conn, UtcTime};
use crate::error::{Answer, Error};
use crate::i18n::line::{shorten, single_line};
use crate::i18n::{Language, TextError, key};
use crate::ids::ComplaintId;
use crate::mail::mailer::MessageId;
use crate::mail::model::MailKind;
use crate::mail::outbox::store::{NewMail, queue as queue_mail};

/// Characters of the complaint's subject in the mail's.
const SUBJECT: usize = 80;

/// What both templates show; all of it in the reader's language, none of it escaped.
struct View<'a> {
    language: &'static str,
    subject: String,
    greeting: String,
    lead: String,
    answer_title: String,
    answer: &'a str,
    remedy_title: String,
    remedy: Option<&'a str>,
    question: String,
    button: String,
    url: String,
    note: String,
}

#[derive(Template)]
#[template(path = "complaints/mail.html")]
struct Html<'a> {
    view: &'a View<'a>,
}

#[derive(Template)]
#[template(path = "complaints/mail.txt", escape = "none")]
struct Plain<'a> {
    view: &'a View<'a>,
}

/// Queues the mail with this answer; `false` if there is nobody to write to.
///
/// # Errors
///
/// The database's, and ours if a text is missing.
pub fn queue(
    conn: &mut Conn,
    row: &Row,
    answer: &str,
    office: &Office,
    now: UtcTime,
) -> Answer<bool> {
    let Some(contact) = row.values.told.contact_id else {
        return Ok(false);
    };
    let Some(addressee) = store::addressee(conn, contact)? else {
        return Ok(false);
    };
    let Some(address) = &addressee.email else {
        return Ok(false);
    };
    let language = language_of(&addressee);
    let nonce = &row.values.life.nonce;
    let ticket = Signer::of(conn, now)?.ticket(Purpose::Complaint, row.id, nonce);
    let url = office.public_url.page(&format!("c/{ticket}"));
    let view = view(row, &addressee, answer, url, language).map_err(PageError::from)?;
    let html = Html { view: &view }.render().map_err(PageError::from)?;
    let plain = Plain { view: &view }.render().map_err(PageError::from)?;
    let first = store::first_mail(conn, ComplaintId(row.id), contact)?;
    let (domain, at) = (office.public_url.mail_domain(), now.0.timestamp_micros());
    let id = format!("complaint-{}-{}-{at}@{domain}", row.id, row.version);
    let id = MessageId::parse(&id).map_err(Error::internal)?;
    let mail = NewMail {
        kind: MailKind::Complaint.word(),
        customer_id: Some(row.values.told.customer_id.0),
        alert_id: None,
        user_id: None,
        contact_id: Some(contact.0),
        run_id: None,
        about_id: Some(row.id),
        message_id: id.as_str(),
        in_reply_to: first.as_deref(),
        reply_chain: first.as_deref(),
        to_address: address,
        to_name: &addressee.name,
        language: language.tag(),
        subject: &view.subject,
        text: &plain,
        html: &html,
        unsubscribe_url: None,
    };
    Ok(queue_mail(conn, &mail, now)?.is_some())
}

/// The language of ours that a person speaks; English if it is none.
pub fn language_of(addressee: &Addressee) -> Language {
    let spoken = addressee.language.as_deref().unwrap_or_default();
    spoken.parse().unwrap_or_default()
}

fn view<'a>(
    row: &'a Row,
    addressee: &Addressee,
    answer: &'a str,
    url: String,
    language: Language,
) -> Result<View<'a>, TextError> {
    let subject = single_line(&row.values.told.subject);
    let short = shorten(&subject, SUBJECT);
    let words = |key| text(language, key, &[]);
    Ok(View {
        language: language.tag(),
        subject: text(
            language,
            key("complaint-mail-subject"),
            &[("subject", short.into())],
        )?,
        greeting: text(
            language,
            key("complaint-mail-greeting"),
            &[("name", single_line(&addressee.name).into())],
        )?,
        lead: text(
            language,
            key("complaint-mail-lead"),
            &[("subject", subject.into())],
        )?,
        answer_title: words(key("complaint-answer"))?,
        answer,
        remedy_title: words(key("complaint-remedy"))?,
        remedy: row.values.told.remedy.as_deref(),
        question: words(key("complaint-mail-question"))?,
        button: words(key("complaint-mail-button"))?,
        url,
        note: words(key("complaint-mail-note"))?,
    })
}
