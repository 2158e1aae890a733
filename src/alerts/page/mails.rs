//! The page on which somebody says how alerts are to be mailed.

use askama::Template;

use super::store::Reader;
use crate::api::public::{PageError, Shell, text};
use crate::i18n::{Language, TextError, key};

crate::word_enum! {
    /// How alerts of every severity are mailed.
    Wish {
        /// Each when it is raised.
        RealTime = "real_time",
        /// Once a day.
        Daily = "daily",
        /// Once a week.
        Weekly = "weekly",
        /// Not at all, nor what sums them up.
        Never = "never",
    }
}

impl Wish {
    /// What somebody has now, if it is the same for every severity.
    pub fn of(reader: &Reader) -> Option<Self> {
        if !reader.mail_alerts {
            return Some(Self::Never);
        }
        let same = reader.mail_high == reader.mail_medium && reader.mail_medium == reader.mail_low;
        let wish = Self::parse(&reader.mail_high).filter(|_| same)?;
        // Who still gets the team's summary has not stopped all.
        (wish != Self::Never || reader.roll_up == "never").then_some(wish)
    }

    /// Somebody as they are to be mailed from now on. Stopping stops the team's summary too.
    pub fn grant(self, reader: Reader) -> Reader {
        let word = self.word().to_owned();
        Reader {
            mail_alerts: self != Self::Never,
            mail_high: word.clone(),
            mail_medium: word.clone(),
            mail_low: word,
            roll_up: match self {
                Self::Never => "never".to_owned(),
                _ => reader.roll_up,
            },
            ..reader
        }
    }
}

/// What the page shows; none of it escaped.
#[derive(Template)]
#[template(path = "alerts/mails.html")]
struct Page {
    shell: Shell,
    mood: &'static str,
    heading: String,
    lead: String,
    legend: String,
    choices: Vec<Choice>,
    button: String,
    language: &'static str,
}

struct Choice {
    value: &'static str,
    label: String,
    chosen: bool,
}

/// Makes the page; `done`: it answers a form that was taken.
///
/// # Errors
///
/// [`PageError`], a fault of ours.
pub fn render(reader: &Reader, language: Language, done: bool) -> Result<String, PageError> {
    let words = |key| text(language, key, &[]);
    let now = Wish::of(reader);
    // A person who comes to stop finds stopping chosen.
    let chosen = now
        .filter(|now| done || *now == Wish::Never)
        .unwrap_or(Wish::Never);
    let lead = match now {
        Some(Wish::RealTime) => words(key("alert-mails-now-real-time"))?,
        Some(Wish::Daily) => words(key("alert-mails-now-daily"))?,
        Some(Wish::Weekly) => words(key("alert-mails-now-weekly"))?,
        Some(Wish::Never) => words(key("alert-mails-now-never"))?,
        None => words(key("alert-mails-now-mixed"))?,
    };
    let heading = if done {
        words(key("alert-mails-done"))?
    } else {
        words(key("alert-mails-ask"))?
    };
    let page = Page {
        shell: Shell::new(language, heading.clone(), "")?,
        mood: if done { "done" } else { "plain" },
        heading,
        lead,
        legend: words(key("alert-mails-legend"))?,
        choices: Wish::ALL
            .iter()
            .map(|wish| {
                Ok(Choice {
                    value: wish.word(),
                    label: label(*wish, language)?,
                    chosen: *wish == chosen,
                })
            })
            .collect::<Result<_, TextError>>()?,
        button: words(key("alert-mails-button"))?,
        language: language.tag(),
    };
    Ok(page.render()?)
}

fn label(wish: Wish, language: Language) -> Result<String, TextError> {
    let key = match wish {
        Wish::RealTime => key("alert-mails-real-time"),
        Wish::Daily => key("alert-mails-daily"),
        Wish::Weekly => key("alert-mails-weekly"),
        Wish::Never => key("alert-mails-never"),
    };
    text(language, key, &[])
}
