//! A person's digest in words.

use super::page::{Item, Page, Section, Words};
use crate::access::preferences::Frequency;
use crate::alerts::facts::Facts;
use crate::alerts::message::{Line, RenderError, Rendered};
use crate::alerts::model::AlertSeverity;
use crate::i18n::key;
use crate::ids::{AlertId, CustomerId};

/// How many alerts a digest names.
pub const SHOWN: usize = 50;

/// An alert of a digest.
#[derive(Clone, Debug)]
pub struct Brief {
    /// Its id.
    pub alert: AlertId,
    /// The customer; `None`: our own data.
    pub customer: Option<CustomerId>,
    /// How urgent it is.
    pub severity: AlertSeverity,
    /// What it says, with the names that the reader may see.
    pub facts: Facts,
    /// What is at risk, in the unit of values.
    pub value: i64,
    /// What became of it.
    pub fate: Fate,
    /// Whether it would have been a mail.
    pub over_budget: bool,
}

/// An alert of a digest in the reader's words.
#[derive(Clone, Debug)]
pub struct Told {
    /// The alert in one line.
    pub line: Line,
    /// Its deadline.
    pub due: String,
    /// What became of it.
    pub fate: Fate,
}

/// What became of an alert; of several the first is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It was opened.
    Opened,
    /// It was told before, and is worse.
    Worsened,
    /// It was left alone for a while that is over.
    Woken,
    /// It is over, for this reason.
    Ended(Option<String>),
}

/// What a digest says beside its alerts.
#[derive(Clone, Debug)]
pub struct Frame<'a> {
    /// In the reader's language.
    pub words: Words<'a>,
    /// Daily or weekly.
    pub frequency: Frequency,
    /// The reader's mails a month.
    pub budget: Option<i64>,
    /// Where the reader changes how alerts are mailed.
    pub change_url: String,
}

/// What is at risk, for the order of lines; 0 where it is not known.
pub fn value(facts: &Facts) -> i64 {
    facts.risk.as_ref().map_or(0, |risk| risk.value_at_risk)
}

/// The digest of these alerts, of which the first, at most [`SHOWN`], are told in this order.
///
/// # Errors
///
/// [`RenderError`]; a fault of ours.
pub fn digest(frame: &Frame<'_>, briefs: &[Brief], told: &[Told]) -> Result<Rendered, RenderError> {
    let words = frame.words;
    let number = |fate: fn(&Fate) -> bool| briefs.iter().filter(|one| fate(&one.fate)).count();
    let new = number(|fate| *fate == Fate::Opened);
    let worse = number(|fate| *fate == Fate::Worsened);
    let woken = number(|fate| *fate == Fate::Woken);
    let standing = new + worse + woken;
    let over = briefs.len() - standing;
    let mut what = Vec::new();
    for (count, name) in [
        (new, key("digest-new")),
        (worse, key("digest-worse")),
        (woken, key("digest-woken")),
        (over, key("digest-over")),
    ] {
        if count > 0 {
            what.push(words.text(name, &[("count", count.into())])?);
        }
    }
    let most = told.first().and_then(|one| one.line.value.clone());
    if let Some(value) = most.filter(|_| standing > 0) {
        what.push(words.text(key("digest-value"), &[("value", value.into())])?);
    }
    let (subject, kind) = if frame.frequency == Frequency::Weekly {
        (key("digest-subject-weekly"), key("digest-kind-weekly"))
    } else {
        (key("digest-subject-daily"), key("digest-kind-daily"))
    };
    let (title, count) = if standing > 0 {
        (key("digest-title"), standing)
    } else {
        (key("digest-title-resolved"), over)
    };
    let more = briefs.len().saturating_sub(told.len());
    let page = Page {
        language: words.language.tag(),
        subject: words.text(
            subject,
            &[("what", what.join(words.language.comma()).into())],
        )?,
        kind: words.text(kind, &[])?,
        title: words.text(title, &[("count", count.into())])?,
        notes: notes(frame, briefs)?,
        sections: sections(frame, told)?,
        more: (more > 0)
            .then(|| words.text(key("digest-more"), &[("count", more.into())]))
            .transpose()?,
        change: (
            words.text(key("digest-change"), &[])?,
            frame.change_url.clone(),
        ),
        foot: vec![words.text(key("digest-foot"), &[])?],
    };
    page.render()
}

fn notes(frame: &Frame<'_>, briefs: &[Brief]) -> Result<Vec<String>, RenderError> {
    let over_budget = briefs.iter().filter(|one| one.over_budget).count();
    let Some(budget) = frame.budget.filter(|_| over_budget > 0) else {
        return Ok(Vec::new());
    };
    let values = [("count", over_budget.into()), ("budget", budget.into())];
    Ok(vec![frame.words.text(key("digest-budget"), &values)?])
}

/// Whether an alert stands in a section.
type Belongs = fn(&Fate) -> bool;

fn sections(frame: &Frame<'_>, shown: &[Told]) -> Result<Vec<Section>, RenderError> {
    let words = frame.words;
    let groups: [(_, Belongs); 4] = [
        (key("digest-opened"), |fate| *fate == Fate::Opened),
        (key("digest-worsened"), |fate| *fate == Fate::Worsened),
        (key("digest-reminders"), |fate| *fate == Fate::Woken),
        (key("digest-resolved"), |fate| {
            matches!(fate, Fate::Ended(_))
        }),
    ];
    let mut sections = Vec::new();
    for (title, belongs) in groups {
        let items = shown
            .iter()
            .filter(|one| belongs(&one.fate))
            .map(|one| item(words, one))
            .collect::<Result<Vec<_>, _>>()?;
        if !items.is_empty() {
            sections.push(Section {
                title: words.text(title, &[])?,
                counts: Vec::new(),
                items,
            });
        }
    }
    Ok(sections)
}

/// An alert as a line; one that is over tells only how it ended.
pub fn item(words: Words<'_>, told: &Told) -> Result<Item, RenderError> {
    let line = &told.line;
    if let Fate::Ended(why) = &told.fate {
        return Ok(Item {
            severity: None,
            customer: line.customer.clone(),
            what: line.what.clone(),
            value: Some(words.ended(why.as_deref())?),
            next: None,
            url: line.url.clone(),
        });
    }
    let values = [
        ("step", line.next_step.clone().into()),
        ("date", told.due.clone().into()),
    ];
    Ok(Item {
        severity: Some((line.severity.clone(), line.colour)),
        customer: line.customer.clone(),
        what: line.what.clone(),
        value: line.value.clone(),
        next: Some(words.text(key("digest-due"), &values)?),
        url: line.url.clone(),
    })
}
