//! The page behind the link in the mail: what was complained, what was answered, and whether it is
//! settled.

use askama::Template;
use chrono_tz::Tz;

use super::deed::offers;
use super::life::Status;
use super::store::Row;
use crate::api::public::{PageError, Shell, text};
use crate::db::UtcTime;
use crate::i18n::{Key, Language, TextError, key};

/// Characters of the customer's reason at most.
pub const REASON: usize = 5_000;

/// What the page shows; none of it escaped.
#[derive(Template)]
#[template(path = "complaints/page.html")]
struct Page<'a> {
    shell: Shell,
    mood: &'static str,
    heading: String,
    lead: String,
    wrong: Option<String>,
    noted: Option<String>,
    complained_title: String,
    subject: &'a str,
    complained: Option<&'a str>,
    answer_title: String,
    answer: Option<&'a str>,
    remedy_title: String,
    remedy: Option<&'a str>,
    settled: Option<String>,
    unsettled: Option<Unsettled>,
    language: &'static str,
}

struct Unsettled {
    title: String,
    label: String,
    button: String,
    why: String,
    most: usize,
}

/// What a page is made of beside the complaint.
#[derive(Clone, Debug)]
pub struct Shown<'a> {
    /// The last answer.
    pub answer: Option<&'a str>,
    /// In which to show it.
    pub language: Language,
    /// Where days begin.
    pub time_zone: Tz,
    /// What is late by now, is said to be.
    pub now: UtcTime,
    /// What became of what the customer sent, where the complaint itself does not tell.
    pub told: Option<Told<'a>>,
}

/// What became of what a customer sent.
#[derive(Clone, Copy, Debug)]
pub enum Told<'a> {
    /// The reason was too long, and is to be shortened.
    TooLong(&'a str),
    /// It fitted no step, and was passed on to those who look after the complaint.
    PassedOn,
}

/// Makes the page.
///
/// # Errors
///
/// [`PageError`], a fault of ours.
pub fn render(row: &Row, status: Status, shown: &Shown<'_>) -> Result<String, PageError> {
    let language = shown.language;
    let words = |key: Key| text(language, key, &[]);
    let heading = words(heading(status))?;
    let (confirm, reopen) = offers(status);
    let (told, life) = (&row.values.told, &row.values.life);
    let too_long = match shown.told {
        Some(Told::TooLong(why)) => Some(why),
        Some(Told::PassedOn) | None => None,
    };
    let unsettled = if reopen {
        Some(Unsettled {
            title: words(key("complaint-unsettled-title"))?,
            label: words(key("complaint-unsettled-why"))?,
            button: words(key("complaint-unsettled"))?,
            why: too_long.unwrap_or_default().to_owned(),
            most: REASON,
        })
    } else {
        None
    };
    let page = Page {
        shell: Shell::new(language, heading.clone(), "")?,
        mood: match status {
            Status::Confirmed => "done",
            _ => "plain",
        },
        heading,
        lead: lead(status, (life.confirmed_at, life.answer_due_at), shown)?,
        wrong: match too_long {
            Some(_) => Some(text(
                language,
                key("complaint-why-too-long"),
                &[("most", REASON.into())],
            )?),
            None => None,
        },
        noted: match shown.told {
            Some(Told::PassedOn) => Some(words(key("complaint-passed-on"))?),
            Some(Told::TooLong(_)) | None => None,
        },
        complained_title: words(key("complaint-complained"))?,
        subject: &told.subject,
        complained: told.text.as_deref(),
        answer_title: words(key("complaint-answer"))?,
        answer: shown.answer,
        remedy_title: words(key("complaint-remedy"))?,
        remedy: told.remedy.as_deref(),
        settled: if confirm {
            Some(words(key("complaint-settled"))?)
        } else {
            None
        },
        unsettled,
        language: language.tag(),
    };
    Ok(page.render()?)
}

fn heading(status: Status) -> Key {
    match status {
        Status::Answered => key("complaint-page-answered"),
        Status::Confirmed => key("complaint-page-confirmed"),
        Status::Withdrawn => key("complaint-page-withdrawn"),
        Status::Received | Status::Acknowledged | Status::Reopened => key("complaint-page-open"),
    }
}

fn lead(
    status: Status,
    (confirmed_at, due): (Option<UtcTime>, UtcTime),
    shown: &Shown<'_>,
) -> Result<String, TextError> {
    let day = |time: UtcTime| {
        let local = time.0.with_timezone(&shown.time_zone).date_naive();
        shown.language.date(local)
    };
    let language = shown.language;
    match status {
        Status::Answered => text(language, key("complaint-page-answered-lead"), &[]),
        Status::Confirmed => {
            let when = confirmed_at.map(day).unwrap_or_default();
            let values = [("date", when.into())];
            text(language, key("complaint-page-confirmed-lead"), &values)
        }
        Status::Withdrawn => text(language, key("complaint-page-withdrawn-lead"), &[]),
        Status::Received | Status::Acknowledged | Status::Reopened => {
            let values = [("date", day(due).into())];
            let words = if due < shown.now {
                key("complaint-page-overdue-lead")
            } else {
                key("complaint-page-open-lead")
            };
            text(language, words, &values)
        }
    }
}
