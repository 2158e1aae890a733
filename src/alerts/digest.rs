//! Digests: the alerts that somebody did not want told one by one, in one mail a day or a week.
//!
//! ```text
//! digest_entries ─> due? (the person's clock) ─> claim the day ─> one mail, entries marked
//!                                                 in one transaction
//! ```
//!
//! Nothing new, no mail; one that is sent tells all that ended since the one before. The day is claimed
//! under the person's row, and the mail's `Message-ID` names it: neither two instances nor a clock that
//! jumps send two for one day. A day that was missed is caught up once.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};

use super::facts::{Address, NotTellable};
use super::letters::{hours, store as letters, unguessable};
use super::message::{self, RenderError, Rendered};
use super::page::unsubscribe_url;
use super::store::facts::seen_by;
use super::store::nonce::nonce_of_user;
use super::{BadSetting, RaiseSettings, roll_up};
use crate::access::preferences::Frequency;
use crate::access::ticket::{NoRandomness, Signer, SignerError};
use crate::db::{Conn, DbError, UtcTime};
use crate::error::{Answer, Error};
use crate::i18n::{TextError, Texts};
use crate::ids::{AlertId, MailId};
use crate::mail::mailer::{MessageId, NotAMessageId};
use crate::mail::outbox::store::{NewMail, queue};
use crate::state::AppState;

pub(super) mod page;
pub(super) mod store;
pub(super) mod tell;
pub mod worker;

use page::Words;
use store::{Entry, Person, Which};
use tell::{Brief, Fate, Frame, SHOWN, Told};

/// What was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Sent {
    /// Digests.
    pub digests: u64,
    /// Roll-ups.
    pub roll_ups: u64,
}

/// A digest could not be written.
#[derive(Debug, thiserror::Error)]
pub enum DigestError {
    /// The database failed, or holds what makes no sense.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A setting mails cannot be written with.
    #[error(transparent)]
    Setting(#[from] BadSetting),
    /// The figures make no sense.
    #[error(transparent)]
    Facts(#[from] NotTellable),
    /// The text could not be made.
    #[error(transparent)]
    Text(#[from] RenderError),
    /// A text is missing.
    #[error(transparent)]
    Words(#[from] TextError),
    /// The link could not be signed.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The mail would have no id.
    #[error(transparent)]
    Id(#[from] NotAMessageId),
    /// Nor one that nobody can guess.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl From<DigestError> for Error {
    fn from(error: DigestError) -> Self {
        match error {
            DigestError::Db(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

/// What writing digests needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Desk<'a> {
    pub(super) settings: &'a RaiseSettings,
    pub(super) now: UtcTime,
}

/// A digest that is due: of which day, and since when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    pub(super) day: NaiveDate,
    pub(super) at: DateTime<Utc>,
    /// When the one before was due.
    pub(super) before: DateTime<Utc>,
}

impl Desk<'_> {
    /// The newest digest of a person that is due.
    pub(super) fn due(&self, person: &Person, weekly: bool) -> Result<Due, DbError> {
        let zone = person.zone(self.settings.zone)?;
        let now = self.now.0;
        let (day, at) = if weekly {
            hours::last_weekly(zone, (person.digest_weekday, person.digest_at), now)
        } else {
            hours::last_daily(zone, person.digest_at, now)
        };
        let back = Days::new(if weekly { 7 } else { 1 });
        let earlier = day.checked_sub_days(back).unwrap_or(day);
        Ok(Due {
            day,
            at,
            before: hours::moment(zone, earlier, person.digest_at),
        })
    }

    /// Where the person changes how alerts are mailed.
    pub(super) fn change_url(
        &self,
        conn: &mut Conn,
        person: &Person,
    ) -> Result<String, SignerError> {
        let signer = Signer::of(conn, self.now)?;
        let nonce = nonce_of_user(conn, person.id)?;
        Ok(unsubscribe_url(
            &signer,
            &self.settings.public_url,
            person.id,
            &nonce,
        ))
    }

    /// An alert in the words of its line.
    pub(super) fn told(&self, words: Words<'_>, brief: &Brief) -> Result<Told, DigestError> {
        let to = Address {
            alert: brief.alert,
            customer: brief.customer,
            severity: brief.severity,
            public_url: &self.settings.public_url,
            zone: self.settings.zone,
            currency: self.settings.currency,
            language: words.language,
            told_before: None,
            reminder: false,
        };
        let notice = brief
            .facts
            .notice(&to)?
            .with_stored_digits(self.settings.currency_digits);
        Ok(Told {
            line: message::line(words.texts, &notice)?,
            due: words.language.date(brief.facts.due),
            fate: brief.fate.clone(),
        })
    }

    /// Queues it; `None` if it was queued for this day before.
    pub(super) fn queue(
        &self,
        conn: &mut Conn,
        person: &Person,
        (which, day): (Which, NaiveDate),
        (rendered, change_url): (&Rendered, &str),
    ) -> Result<Option<MailId>, DigestError> {
        let (kind, name) = (which.kind(), which.name());
        // A clock that was far ahead makes the same day be claimed again.
        if store::was_sent(conn, person.id, (which, day))? {
            return Ok(None);
        }
        let domain = self.settings.public_url.mail_domain();
        let (user, secret) = (person.id, unguessable()?);
        let id = MessageId::parse(&format!("{name}-{user}-{day}-{secret}@{domain}"))?;
        let mail = NewMail {
            kind: kind.word(),
            user_id: Some(person.id.0),
            message_id: id.as_str(),
            to_address: &person.email,
            to_name: &person.name,
            language: person.language()?.tag(),
            subject: &rendered.subject,
            text: &rendered.text,
            html: &rendered.html,
            unsubscribe_url: Some(change_url),
            ..NewMail::default()
        };
        let queued = queue(conn, &mail, self.now)?;
        let zone = person.zone(self.settings.zone)?;
        let quiet = person
            .quiet()
            .and_then(|quiet| hours::quiet_until(zone, quiet, self.now.0));
        if let (Some(mail), Some(until)) = (queued, quiet) {
            letters::hold(conn, mail, until.into())?;
        }
        Ok(queued)
    }
}

/// Writes the digests and roll-ups that are due, each in a transaction of its own. What fails is
/// logged, and does not keep others from theirs.
///
/// # Errors
///
/// [`DigestError`] if nobody can be written to.
pub fn send_due(state: &AppState) -> Result<Sent, DigestError> {
    let settings = RaiseSettings::of(&state.config)?;
    let desk = Desk {
        settings: &settings,
        now: state.clock.now().into(),
    };
    let (people, waiting) = state
        .db
        .read_now(|conn| Ok::<_, DbError>((store::people(conn)?, store::waiting(conn)?)))?;
    let mut sent = Sent::default();
    for person in &people {
        for frequency in [Frequency::Daily, Frequency::Weekly] {
            let waits = |(user, word): &(_, String)| *user == person.id && word == frequency.word();
            if !waiting.iter().any(waits) {
                continue;
            }
            let written = due(desk, person, frequency).and_then(|due| match due {
                Some(due) => state
                    .db
                    .write_now(|conn| one(conn, desk, person, (frequency, due))),
                None => Ok(false),
            });
            sent.digests += count(person, written);
        }
        let written = roll_up::due(desk, person).and_then(|due| match due {
            Some(due) => state
                .db
                .write_now(|conn| roll_up::one(conn, desk, person, due)),
            None => Ok(false),
        });
        sent.roll_ups += count(person, written);
    }
    if sent != Sent::default() {
        state.bell.ring();
    }
    Ok(sent)
}

/// 1 if it was written.
fn count(person: &Person, written: Result<bool, DigestError>) -> u64 {
    match written {
        Ok(sent) => u64::from(sent),
        Err(error) => {
            let user = person.id;
            tracing::error!(%user, error.cause = %error, "The digest of user {user} failed: {error}");
            0
        }
    }
}

/// The digest that a person has not had yet, as far as was known when the person was read.
fn due(desk: Desk<'_>, person: &Person, frequency: Frequency) -> Result<Option<Due>, DigestError> {
    let weekly = frequency == Frequency::Weekly;
    let had = if weekly {
        person.weekly_on
    } else {
        person.daily_on
    };
    let due = desk.due(person, weekly)?;
    Ok((had != Some(due.day)).then_some(due))
}

/// A person's digest, if nobody else has written it and there is anything to report.
fn one(
    conn: &mut Conn,
    desk: Desk<'_>,
    person: &Person,
    (frequency, due): (Frequency, Due),
) -> Result<bool, DigestError> {
    let which = if frequency == Frequency::Weekly {
        Which::Weekly
    } else {
        Which::Daily
    };
    if !store::claim(conn, person.id, which, due.day)? {
        return Ok(false);
    }
    let entries = store::entries(conn, person, frequency, due.at.into())?;
    if entries.is_empty() {
        return Ok(false);
    }
    let since = store::last_sent(conn, person.id, which)?;
    let time = (since.unwrap_or(due.before.into()), desk.now);
    let ended = store::ended(conn, person, frequency, time)?;
    let words = Words {
        texts: Texts::embedded(),
        language: person.language()?,
    };
    let briefs = briefs(conn, person, entries.iter().chain(&ended))?;
    let told = told(desk, words, &briefs)?;
    let frame = Frame {
        words,
        frequency,
        budget: person.mail_budget,
        change_url: desk.change_url(conn, person)?,
    };
    let rendered = tell::digest(&frame, &briefs, &told)?;
    let url = &frame.change_url;
    let Some(mail) = desk.queue(conn, person, (which, due.day), (&rendered, url))? else {
        return Ok(false);
    };
    store::mark(conn, &entries, mail)?;
    Ok(true)
}

/// Each alert once, as it stands now: opened if any entry says so, else worse. The most severe and valuable come
/// first, what is over last.
fn briefs<'a>(
    conn: &mut Conn,
    person: &Person,
    entries: impl Iterator<Item = &'a Entry>,
) -> Result<Vec<Brief>, DigestError> {
    let mut alerts: BTreeMap<AlertId, (&Entry, Fate, bool)> = BTreeMap::new();
    for entry in entries {
        let fate = entry.fate();
        let known = alerts
            .entry(entry.alert)
            .or_insert((entry, fate.clone(), false));
        known.1 = fate.min(known.1.clone());
        known.2 |= entry.is_over_budget();
    }
    let ids: Vec<AlertId> = alerts.keys().copied().collect();
    let mut facts = seen_by(conn, &ids, &person.sees())?;
    let mut briefs = Vec::with_capacity(alerts.len());
    for (id, (entry, fate, over_budget)) in alerts {
        let facts = facts
            .remove(&id)
            .ok_or_else(|| DbError::corrupt("digest_entries.alert_id", id))?;
        briefs.push(Brief {
            alert: entry.alert,
            customer: entry.customer,
            severity: entry.severity()?,
            value: tell::value(&facts),
            facts,
            fate,
            over_budget,
        });
    }
    briefs.sort_by_key(|one| {
        let over = matches!(one.fate, Fate::Ended(_));
        (over, one.severity, std::cmp::Reverse(one.value))
    });
    Ok(briefs)
}

/// Puts those that are shown into words.
fn told(desk: Desk<'_>, words: Words<'_>, briefs: &[Brief]) -> Result<Vec<Told>, DigestError> {
    let shown = briefs.iter().take(SHOWN);
    shown.map(|brief| desk.told(words, brief)).collect()
}

/// As [`send_due`], for commands.
///
/// # Errors
///
/// As there.
pub fn send_now(state: &AppState) -> Answer<Sent> {
    Ok(send_due(state)?)
}
