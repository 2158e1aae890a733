//! Roll-ups: where a team stands with its alerts, for whoever leads it.
//!
//! Written with the digests ([`super::digest`]), at the same times and under the same rules: once a
//! day or a week, and none if nothing is open and nothing ended.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::digest::page::{Page, Section, Words};
use super::digest::store::{Person, Which, claim, last_sent};
use super::digest::tell::{Brief, Fate, Told, item, value};
use super::digest::{Desk, DigestError, Due};
use super::facts::Facts;
use super::message::{RenderError, Rendered};
use super::model::{AlertSeverity, AlertState};
use super::store::facts::seen_by;
use crate::access::preferences::RollUp;
use crate::access::store as access;
use crate::db::{Conn, DbError};
use crate::i18n::line::{isolate, shorten, single_line};
use crate::i18n::{Texts, key};
use crate::ids::AlertId;

mod store;

use store::{Ended, Open};

/// How many alerts are named.
const TOP: usize = 10;
/// How many owners are.
const OWNERS: usize = 20;
/// How many characters of a name.
const NAME_CHARS: usize = 60;

/// The roll-up that a person has asked for and not had yet, as far as was known when the person was
/// read.
pub(super) fn due(desk: Desk<'_>, person: &Person) -> Result<Option<Due>, DigestError> {
    let roll_up = person.roll_up()?;
    if roll_up == RollUp::Never {
        return Ok(None);
    }
    let due = desk.due(person, roll_up == RollUp::Weekly)?;
    // Whoever has just asked for it gets the next one, not the last.
    let first = person.roll_up_on.is_none() && due.at < person.updated_at.0;
    let had = person.roll_up_on == Some(due.day);
    Ok((!first && !had).then_some(due))
}

/// A person's roll-up, if nobody else has written it and there is anything to report.
pub(super) fn one(
    conn: &mut Conn,
    desk: Desk<'_>,
    person: &Person,
    due: Due,
) -> Result<bool, DigestError> {
    if !claim(conn, person.id, Which::RollUp, due.day)? {
        return Ok(false);
    }
    let teams = person.sees();
    let open = store::open(conn, &teams)?;
    let since = last_sent(conn, person.id, Which::RollUp)?;
    let time = (since.unwrap_or(due.before.into()), desk.now);
    let ended = store::ended(conn, &teams, time)?;
    if open.is_empty() && ended.is_empty() {
        return Ok(false);
    }
    let words = Words {
        texts: Texts::embedded(),
        language: person.language()?,
    };
    let team = match person.team_id {
        Some(id) => access::team(conn, id)?.map(|team| team.name),
        None => None,
    };
    let team = match team {
        Some(name) => isolate(shorten(&single_line(&name), NAME_CHARS)),
        None => words.text(key("roll-up-all"), &[])?,
    };
    let open = open
        .into_iter()
        .map(|alert| {
            Ok(Standing {
                facts: alert.facts()?,
                severity: alert.severity()?,
                alert,
            })
        })
        .collect::<Result<Vec<_>, DigestError>>()?;
    let picture = Picture {
        words,
        roll_up: person.roll_up()?,
        team,
        overdue: open
            .iter()
            .filter(|standing| standing.facts.due < due.day)
            .count(),
        top: top(conn, desk, (person, words), &open)?,
        open: &open,
        ended: &ended,
        change_url: desk.change_url(conn, person)?,
    };
    let rendered = picture.render()?;
    let url = &picture.change_url;
    let queued = desk.queue(conn, person, (Which::RollUp, due.day), (&rendered, url))?;
    Ok(queued.is_some())
}

/// The customers with the most at risk, each with the most urgent of its alerts.
fn top(
    conn: &mut Conn,
    desk: Desk<'_>,
    (person, words): (&Person, Words<'_>),
    open: &[Standing],
) -> Result<Vec<Told>, DigestError> {
    let mut order: Vec<&Standing> = open.iter().collect();
    let worth = |one: &Standing| Reverse(value(&one.facts));
    order.sort_by_key(|one| (one.severity, worth(one), one.alert.id.0));
    let mut named = BTreeSet::new();
    order.retain(|one| {
        let customer = one.alert.customer;
        customer.is_none_or(|customer| named.insert(customer))
    });
    order.sort_by_key(|one| (worth(one), one.severity, one.alert.id.0));
    order.truncate(TOP);
    let ids: Vec<AlertId> = order.iter().map(|one| one.alert.id).collect();
    let mut seen = seen_by(conn, &ids, &person.sees())?;
    let told = order.into_iter().map(
        |Standing {
             alert, severity, ..
         }| {
            let facts = seen
                .remove(&alert.id)
                .ok_or_else(|| DbError::corrupt("alerts.id", alert.id))?;
            let brief = Brief {
                alert: alert.id,
                customer: alert.customer,
                severity: *severity,
                value: value(&facts),
                facts,
                fate: Fate::Opened,
                over_budget: false,
            };
            desk.told(words, &brief)
        },
    );
    told.collect()
}

/// An alert that is not over.
struct Standing {
    facts: Facts,
    severity: AlertSeverity,
    alert: Open,
}

/// Where a team stands.
struct Picture<'a> {
    words: Words<'a>,
    roll_up: RollUp,
    team: String,
    open: &'a [Standing],
    /// How many are past their deadline.
    overdue: usize,
    ended: &'a [Ended],
    top: Vec<Told>,
    change_url: String,
}

impl Picture<'_> {
    fn render(&self) -> Result<Rendered, RenderError> {
        let words = self.words;
        let values = [
            ("team", self.team.clone().into()),
            ("count", self.open.len().into()),
            ("overdue", self.overdue.into()),
        ];
        let kind = if self.roll_up == RollUp::Weekly {
            key("roll-up-kind-weekly")
        } else {
            key("roll-up-kind-daily")
        };
        let mut sections = vec![
            self.by_severity()?,
            self.attention()?,
            self.by_owner()?,
            self.resolved()?,
        ];
        sections.retain(|section| !section.counts.is_empty());
        if !self.top.is_empty() {
            let items = self.top.iter().map(|told| item(words, told));
            sections.push(Section {
                title: words.text(key("roll-up-top"), &[])?,
                counts: Vec::new(),
                items: items.collect::<Result<_, _>>()?,
            });
        }
        Page {
            language: words.language.tag(),
            subject: words.text(key("roll-up-subject"), &values)?,
            kind: words.text(kind, &[])?,
            title: self.team.clone(),
            notes: Vec::new(),
            sections,
            more: None,
            change: (
                words.text(key("digest-change"), &[])?,
                self.change_url.clone(),
            ),
            foot: vec![words.text(key("roll-up-foot"), &[])?],
        }
        .render()
    }

    fn section(
        &self,
        title: crate::i18n::Key,
        counts: Vec<(String, usize)>,
    ) -> Result<Section, RenderError> {
        let words = self.words;
        let counts = counts
            .into_iter()
            .map(|(label, number)| words.count(label, number));
        Ok(Section {
            title: words.text(title, &[])?,
            counts: counts.collect::<Result<_, _>>()?,
            items: Vec::new(),
        })
    }

    fn by_severity(&self) -> Result<Section, RenderError> {
        let mut counts = Vec::new();
        for (severity, name) in [
            (AlertSeverity::High, key("alert-severity-high")),
            (AlertSeverity::Medium, key("alert-severity-medium")),
            (AlertSeverity::Low, key("alert-severity-low")),
        ] {
            let is = |one: &&Standing| one.severity == severity;
            let number = self.open.iter().filter(is).count();
            counts.push((self.words.text(name, &[])?, number));
        }
        self.section(key("roll-up-open"), counts)
    }

    fn attention(&self) -> Result<Section, RenderError> {
        let unassigned = self.open.iter().filter(|one| one.alert.owner.is_none());
        let snoozed = AlertState::Snoozed.word();
        let snoozed = self.open.iter().filter(|one| one.alert.state == snoozed);
        let counts = vec![
            (
                self.words.text(key("roll-up-unassigned"), &[])?,
                unassigned.count(),
            ),
            (self.words.text(key("roll-up-overdue"), &[])?, self.overdue),
            (
                self.words.text(key("roll-up-snoozed"), &[])?,
                snoozed.count(),
            ),
        ];
        self.section(key("roll-up-attention"), counts)
    }

    /// The owners with the most alerts; those beyond are counted with nobody's name.
    fn by_owner(&self) -> Result<Section, RenderError> {
        let mut owners: BTreeMap<Option<i64>, (String, usize)> = BTreeMap::new();
        for Standing { alert, .. } in self.open {
            let name = match (&alert.owner_name, alert.owner) {
                (Some(name), _) => isolate(shorten(&single_line(name), NAME_CHARS)),
                (None, Some(id)) => id.to_string(),
                (None, None) => self.words.text(key("roll-up-nobody"), &[])?,
            };
            owners.entry(alert.owner).or_insert((name, 0)).1 += 1;
        }
        let mut counts: Vec<(String, usize)> = owners.into_values().collect();
        counts.sort_by(|(a, left), (b, right)| right.cmp(left).then_with(|| a.cmp(b)));
        let rest: usize = counts.iter().skip(OWNERS).map(|(_, number)| number).sum();
        counts.truncate(OWNERS);
        if rest > 0 {
            counts.push((self.words.text(key("alert-part-others"), &[])?, rest));
        }
        self.section(key("roll-up-owners"), counts)
    }

    fn resolved(&self) -> Result<Section, RenderError> {
        let mut counts = Vec::new();
        for ended in self.ended {
            let number = usize::try_from(ended.alerts).unwrap_or_default();
            counts.push((self.words.ended(ended.resolution.as_deref())?, number));
        }
        if counts.is_empty() {
            counts.push((self.words.text(key("roll-up-none-resolved"), &[])?, 0));
        }
        self.section(key("roll-up-resolved"), counts)
    }
}
