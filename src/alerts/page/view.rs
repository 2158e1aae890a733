//! What the page of an alert shows, and what it offers.

use askama::Template;
use chrono_tz::Tz;

use super::words;
use crate::access::ticket::Purpose;
use crate::alerts::model::{AlertState, Settlement};
use crate::alerts::store::Alert;
use crate::api::public::{PageError, Shell, text};
use crate::db::UtcTime;
use crate::i18n::line::{isolate, single_line};
use crate::i18n::{Key, Language, TextError, Value, key};

/// The days that the page offers to leave an alert alone for.
pub const OFFERED: [i64; 3] = [7, 14, 30];

/// What the page shows; none of it escaped.
#[derive(Template)]
#[template(path = "alerts/page.html")]
struct Page {
    shell: Shell,
    mood: &'static str,
    heading: String,
    lead: String,
    facts: Vec<(String, String)>,
    form: Option<Form>,
    open: String,
    open_href: String,
    note: String,
    language: &'static str,
}

/// A form of one button.
struct Form {
    legend: Option<String>,
    name: &'static str,
    choices: Vec<Choice>,
    button: String,
}

struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

/// Where and for whom a page is made.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// What the link is for.
    pub purpose: Purpose,
    /// In which to show it.
    pub language: Language,
    /// Where days begin.
    pub zone: Tz,
    /// The alert's own page.
    pub href: &'a str,
}

/// Makes the page of an alert as it stands.
///
/// # Errors
///
/// [`PageError`], a fault of ours.
pub fn render(alert: &Alert, shown: &Shown<'_>) -> Result<String, PageError> {
    let language = shown.language;
    let words = |key: Key| text(language, key, &[]);
    let (mood, heading, lead, form) = match AlertState::parse(&alert.state) {
        Some(AlertState::Resolved) => {
            let why = Value::from(words::resolution(language, alert.resolution.as_deref())?);
            let lead = text(language, key("alert-page-resolved-lead"), &[("why", why)])?;
            ("done", words(key("alert-page-resolved"))?, lead, None)
        }
        state => offer(alert, state, shown)?,
    };
    let page = Page {
        shell: Shell::new(language, heading.clone(), "")?,
        mood,
        heading,
        lead,
        facts: facts(alert, shown)?,
        form,
        open: words(key("alert-page-open"))?,
        open_href: shown.href.to_owned(),
        note: words(key("alert-page-note"))?,
        language: language.tag(),
    };
    Ok(page.render()?)
}

type Offer = (&'static str, String, String, Option<Form>);

/// What a link offers while its alert is not resolved.
fn offer(alert: &Alert, state: Option<AlertState>, shown: &Shown<'_>) -> Result<Offer, PageError> {
    let language = shown.language;
    let words = |key: Key| text(language, key, &[]);
    Ok(match (shown.purpose, state) {
        (Purpose::AlertAcknowledge, Some(AlertState::Acknowledged)) => {
            let lead = match alert.owner_name.as_deref() {
                Some(name) => {
                    let name = Value::from(isolate(single_line(name)));
                    text(
                        language,
                        key("alert-page-acknowledged-by"),
                        &[("name", name)],
                    )?
                }
                None => words(key("alert-page-acknowledged-lead"))?,
            };
            ("done", words(key("alert-page-acknowledged"))?, lead, None)
        }
        (Purpose::AlertSnooze, Some(AlertState::Snoozed)) => {
            let until = alert.snoozed_until.map(|until| day(until, shown));
            let until = Value::from(until.unwrap_or_default());
            let lead = text(language, key("alert-page-snoozed-lead"), &[("date", until)])?;
            ("done", words(key("alert-page-snoozed"))?, lead, None)
        }
        (Purpose::AlertSnooze, _) => (
            "plain",
            words(key("alert-page-snooze"))?,
            words(key("alert-page-snooze-lead"))?,
            Some(snoozing(language)?),
        ),
        (Purpose::AlertResolve, _) => (
            "plain",
            words(key("alert-page-resolve"))?,
            words(key("alert-page-resolve-lead"))?,
            Some(resolving(language)?),
        ),
        _ => (
            "plain",
            words(key("alert-page-acknowledge"))?,
            words(key("alert-page-acknowledge-lead"))?,
            Some(Form {
                legend: None,
                name: "deed",
                choices: Vec::new(),
                button: words(key("alert-page-acknowledge-button"))?,
            }),
        ),
    })
}

fn snoozing(language: Language) -> Result<Form, TextError> {
    let label = |days: i64| text(language, key("alert-page-days"), &[("days", days.into())]);
    Ok(Form {
        legend: Some(text(language, key("alert-page-snooze-legend"), &[])?),
        name: "days",
        choices: OFFERED
            .into_iter()
            .enumerate()
            .map(|(index, days)| {
                Ok(Choice {
                    value: days.to_string(),
                    label: label(days)?,
                    chosen: index == 0,
                })
            })
            .collect::<Result<_, TextError>>()?,
        button: text(language, key("alert-page-snooze-button"), &[])?,
    })
}

fn resolving(language: Language) -> Result<Form, TextError> {
    Ok(Form {
        legend: Some(text(language, key("alert-page-resolve-legend"), &[])?),
        name: "reason",
        choices: Settlement::ALL
            .iter()
            .enumerate()
            .map(|(index, settlement)| {
                Ok(Choice {
                    value: settlement.word().to_owned(),
                    label: words::settlement(language, *settlement)?,
                    chosen: index == 0,
                })
            })
            .collect::<Result<_, TextError>>()?,
        button: text(language, key("alert-page-resolve-button"), &[])?,
    })
}

fn day(at: UtcTime, shown: &Shown<'_>) -> String {
    let local = at.0.with_timezone(&shown.zone);
    shown.language.date(local.date_naive())
}

/// What the alert is: each line's label and what it says.
fn facts(alert: &Alert, shown: &Shown<'_>) -> Result<Vec<(String, String)>, TextError> {
    let language = shown.language;
    let words = |key: Key| text(language, key, &[]);
    let customer = match alert.customer_name.as_deref() {
        Some(name) => single_line(name),
        None => words(key("alert-page-own-data"))?,
    };
    let mut facts = vec![
        (words(key("alert-page-customer"))?, customer),
        (
            words(key("alert-page-what"))?,
            words::reason(language, &alert.reason)?,
        ),
        (
            words(key("alert-page-severity"))?,
            words::severity(language, &alert.severity)?,
        ),
        (
            words(key("alert-page-state"))?,
            words::state(language, &alert.state)?,
        ),
        (words(key("alert-page-since"))?, day(alert.opened_at, shown)),
    ];
    if let Some(owner) = alert.owner_name.as_deref() {
        facts.push((words(key("alert-page-owner"))?, single_line(owner)));
    }
    Ok(facts)
}
