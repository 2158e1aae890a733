//! What a mail of a survey says: subject, text and HTML.
//!
//! Its links lead to pages and nothing more: mail programs and filters open links by themselves, so
//! that an answer by one click would be theirs.

use askama::Template;

use crate::api::public::{PageError, text};
use crate::i18n::line::{isolate, shorten, single_line};
use crate::i18n::{Key, Language, TextError, Value, key};
use crate::surveys::page::words::{HEADING, Letterhead, Variants, language_of, name};
use crate::surveys::questions_for;
use crate::surveys::store::InvitationRow;

/// Characters of a name that stand in a subject.
const SUBJECT_NAME: usize = 60;

/// The subjects of first mails.
const SUBJECT: Variants = Variants {
    experience: key("survey-subject-experience"),
    shipment: key("survey-subject-shipment"),
    to_partner: key("survey-subject-to-partner"),
    from_partner: key("survey-subject-from-partner"),
};

/// Where a mail's links lead.
#[derive(Clone, Debug)]
pub struct Links {
    /// The page with the questions.
    pub page: String,
    /// The way out.
    pub opt_out: String,
}

/// A mail ready to be queued.
#[derive(Clone, Debug)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// What both templates show.
struct View<'a> {
    language: &'static str,
    subject: &'a str,
    heading: String,
    hello: String,
    reminder: Option<String>,
    asked: String,
    first: Option<(String, String)>,
    answer: String,
    until: String,
    why: String,
    opt_out: String,
    sender: &'a str,
    links: &'a Links,
}

#[derive(Template)]
#[template(path = "surveys/mail.html")]
struct Html<'a> {
    view: &'a View<'a>,
}

#[derive(Template)]
#[template(path = "surveys/mail.txt", escape = "none")]
struct Plain<'a> {
    view: &'a View<'a>,
}

impl Letter {
    /// The next mail of an invitation: the first one, or a reminder.
    ///
    /// # Errors
    ///
    /// [`PageError`], a fault of ours.
    pub fn write(
        head: &Letterhead,
        invitation: &InvitationRow,
        links: &Links,
    ) -> Result<Self, PageError> {
        let language = language_of(invitation);
        let subject = subject(language, head, invitation)?;
        let view = view(language, head, invitation, (links, &subject))?;
        Ok(Self {
            text: Plain { view: &view }.render()?,
            html: Html { view: &view }.render()?,
            subject,
        })
    }
}

fn subject(
    language: Language,
    head: &Letterhead,
    invitation: &InvitationRow,
) -> Result<String, TextError> {
    let short = |name: &Option<String>| {
        let line = name.as_deref().map(single_line);
        line.map(|line| shorten(&line, SUBJECT_NAME))
    };
    let invitation = InvitationRow {
        partner_name: short(&invitation.partner_name),
        shipment_key: short(&invitation.shipment_key),
        ..invitation.clone()
    };
    let sender = isolate(shorten(&single_line(&head.sender), SUBJECT_NAME));
    let subject = SUBJECT.of(language, &invitation, &sender)?;
    if invitation.mails == 0 {
        return Ok(subject);
    }
    let values = [("subject", Value::from(subject))];
    text(language, key("survey-subject-reminder"), &values)
}

fn view<'a>(
    language: Language,
    head: &'a Letterhead,
    invitation: &InvitationRow,
    (links, subject): (&'a Links, &'a str),
) -> Result<View<'a>, TextError> {
    let text = |key: Key, values: &[(&str, Value<'_>)]| text(language, key, values);
    let questions = questions_for(invitation);
    let first = questions.iter().find(|one| one.scale.numbers().is_some());
    let first = first.map(|question| match language {
        Language::En => question.text.en.clone(),
        Language::Zh => question.text.zh.clone(),
    });
    let sender = head.sender.as_str();
    let customer = name(&invitation.customer_name);
    let between: [(&str, Value<'_>); 2] =
        [("sender", sender.into()), ("customer", customer.into())];
    let count = i64::try_from(questions.len()).unwrap_or(i64::MAX);
    let mut asked: Vec<(&str, Value<'_>)> = between.to_vec();
    asked.push(("count", count.into()));
    let until = head.time(language, invitation.closes_at);
    let person = name(&invitation.contact_name);
    Ok(View {
        language: language.tag(),
        subject,
        heading: HEADING.of(language, invitation, sender)?,
        hello: text(key("survey-mail-hello"), &[("name", person.into())])?,
        reminder: (invitation.mails > 0)
            .then(|| text(key("survey-mail-reminder"), &[]))
            .transpose()?,
        asked: text(key("survey-mail-asked"), &asked)?,
        first: first
            .map(|question| Ok((text(key("survey-mail-first"), &[])?, question)))
            .transpose()?,
        answer: text(key("survey-mail-answer"), &[])?,
        until: text(key("survey-mail-until"), &[("until", until.into())])?,
        why: text(key("survey-mail-why"), &between)?,
        opt_out: text(key("survey-mail-opt-out"), &[])?,
        sender,
        links,
    })
}
