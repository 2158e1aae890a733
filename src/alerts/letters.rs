//! Telling people of alerts: a mail for everybody who looks after the customer, or a line in their
//! next digest, as each wants it.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::facts::{Address, Facts, NotTellable};
use super::message::{AlertNotice, PublicUrl, RenderError, Rendered, ToldBefore, render};
use super::model::{AlertDeed, AlertReason, AlertSeverity};
use super::page::{links, unsubscribe_url};
use super::pictures::{PictureError, Pictures, Reader, pictures};
use super::store::nonce::{nonce_of, nonce_of_user};
use crate::access::Teams;
use crate::access::preferences::Frequency;
use crate::access::ticket::{Signer, SignerError};
use crate::db::{Conn, DbError, DbResult, UtcTime};
use crate::i18n::format::Currency;
use crate::i18n::{Language, TextError, Texts};
use crate::ids::{AlertId, CustomerId, RunId};
use crate::mail::mailer::{MessageId, NotAMessageId};
use crate::mail::model::MailKind;
use crate::mail::outbox::store::{NewImage, NewMail, attach, queue};

pub mod hours;
pub(super) mod store;

use store::{Entry, Recipient};

/// How many mails of a thread a mail refers to beside the first (RFC 5322 sets no bound).
const REFERENCES: usize = 20;

/// What people are to be told.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// The alert.
    pub alert: AlertId,
    /// The customer; `None`: our own data.
    pub customer: Option<CustomerId>,
    /// The team that looks after the customer.
    pub team: Option<i64>,
    /// Why the alert was raised.
    pub reason: AlertReason,
    /// How urgent it is.
    pub severity: AlertSeverity,
    /// What has just been done with it: opened, worsened, reopened.
    pub deed: AlertDeed,
    /// What its rule measures.
    pub measure: f64,
    /// The run that found it; `None`: the daily check.
    pub run: Option<RunId>,
    /// The alert's version: another one with every change.
    pub version: i64,
    /// Of the links in its mails.
    pub nonce: &'a str,
    /// What it says, with all names.
    pub facts: &'a Facts,
    /// The team of every customer named beside the one it is about.
    pub teams: &'a BTreeMap<i64, Option<i64>>,
}

/// What an instance's letters say of it.
#[derive(Clone, Copy, Debug)]
pub struct Instance<'a> {
    /// Where people reach it.
    pub public_url: &'a PublicUrl,
    /// The zone of people who have set none.
    pub zone: Tz,
    /// The reporting currency.
    pub currency: Currency,
}

/// How many were told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// By a mail of its own.
    pub mails: u64,
    /// By their next digest.
    pub digests: u64,
    /// Nobody, since mails to their address come back.
    pub unreachable: u64,
}

impl Told {
    /// Whether anybody was.
    pub fn anybody(self) -> bool {
        self.mails + self.digests > 0
    }
}

/// People could not be told.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// The database failed, or holds what makes no sense.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The figures make no sense.
    #[error(transparent)]
    Facts(#[from] NotTellable),
    /// The text could not be made.
    #[error(transparent)]
    Text(#[from] RenderError),
    /// Nor what a picture shows.
    #[error(transparent)]
    Words(#[from] TextError),
    /// A picture could not be drawn.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The links could not be signed.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The mail would have no id.
    #[error(transparent)]
    Id(#[from] NotAMessageId),
}

/// Writes to people.
#[derive(Debug)]
pub struct Letters<'a> {
    instance: Instance<'a>,
    recipients: Vec<(Recipient, bool)>,
    now: UtcTime,
}

/// What everybody with the same language and the same customers reads.
struct Draft {
    language: Language,
    team: Option<i64>,
    notice: AlertNotice,
    images: Vec<NewImage>,
}

/// What does not depend on the reader.
struct Written {
    signer: Signer,
    nonce: String,
    told_before: Option<ToldBefore>,
    /// Drawn when the first mail needs them.
    pictures: Option<Pictures>,
    drafts: Vec<Draft>,
}

impl<'a> Letters<'a> {
    /// Looks up who wants to be told.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn new(conn: &mut Conn, instance: Instance<'a>, now: UtcTime) -> DbResult<Self> {
        Ok(Self {
            instance,
            recipients: store::recipients(conn)?,
            now,
        })
    }

    /// Tells everybody who looks after the customer, each as they want it, in the caller's
    /// transaction: those of its team, and those without a team. Whoever is at the alert is one of
    /// them, or may not see the customer.
    ///
    /// # Errors
    ///
    /// [`LetterError`]; the caller must then roll back.
    pub fn tell(&self, conn: &mut Conn, occasion: &Occasion<'_>) -> Result<Told, LetterError> {
        let mut told = Told::default();
        let mut written = self.written(conn, occasion)?;
        for (recipient, unreachable) in &self.recipients {
            let sees = recipient.team_id.is_none() || recipient.team_id == occasion.team;
            if !sees {
                continue;
            }
            let frequency = recipient.frequency(occasion.severity)?;
            if frequency == Frequency::Never {
                continue;
            }
            if *unreachable {
                told.unreachable += 1;
                continue;
            }
            self.tell_one(
                conn,
                occasion,
                (recipient, frequency),
                (&mut written, &mut told),
            )?;
        }
        Ok(told)
    }

    fn written(&self, conn: &mut Conn, occasion: &Occasion<'_>) -> Result<Written, LetterError> {
        let nonce = if occasion.nonce.is_empty() {
            nonce_of(conn, occasion.alert)?
        } else {
            occasion.nonce.to_owned()
        };
        let told_before = match occasion.deed {
            AlertDeed::Worsened => store::told_before(conn, occasion.alert)?,
            _ => None,
        };
        Ok(Written {
            signer: Signer::of(conn, self.now)?,
            nonce,
            told_before: told_before.map(|(measure, at)| ToldBefore {
                on: at.0.with_timezone(&self.instance.zone).date_naive(),
                measure,
                now: occasion.measure,
            }),
            pictures: None,
            drafts: Vec::new(),
        })
    }

    fn tell_one(
        &self,
        conn: &mut Conn,
        occasion: &Occasion<'_>,
        (recipient, frequency): (&Recipient, Frequency),
        (written, told): (&mut Written, &mut Told),
    ) -> Result<(), LetterError> {
        let over_budget = frequency == Frequency::RealTime && self.is_spent(conn, recipient)?;
        if frequency == Frequency::RealTime && !over_budget {
            told.mails += u64::from(self.queue(conn, occasion, recipient, written)?);
            return Ok(());
        }
        let entry = Entry {
            user: recipient.id,
            alert: occasion.alert,
            deed: occasion.deed,
            frequency: if over_budget {
                Frequency::Daily
            } else {
                frequency
            },
            over_budget,
            severity: occasion.severity,
            measure: occasion.measure,
        };
        store::keep(conn, &entry, self.now)?;
        told.digests += 1;
        Ok(())
    }

    /// Whether the month's mails are spent.
    fn is_spent(&self, conn: &mut Conn, recipient: &Recipient) -> DbResult<bool> {
        let Some(budget) = recipient.mail_budget else {
            return Ok(false);
        };
        let zone = recipient.zone(self.instance.zone)?;
        let began = hours::month_began(zone, self.now.0).into();
        Ok(store::mails_since(conn, recipient.id, began)? >= budget)
    }

    /// The mail to people of a team; those without one see every customer.
    fn draft(
        &self,
        occasion: &Occasion<'_>,
        (language, team): (Language, Option<i64>),
        written: &mut Written,
    ) -> Result<(AlertNotice, Vec<NewImage>), LetterError> {
        let known = |draft: &&Draft| draft.language == language && draft.team == team;
        if let Some(draft) = written.drafts.iter().find(known) {
            return Ok((draft.notice.clone(), draft.images.clone()));
        }
        let to = Address {
            alert: occasion.alert,
            customer: occasion.customer,
            severity: occasion.severity,
            public_url: self.instance.public_url,
            zone: self.instance.zone,
            currency: self.instance.currency,
            language,
            told_before: written.told_before,
        };
        let sees = team.map_or(Teams::All, |team| Teams::Only(vec![team]));
        let visible = |id: i64| sees.allow(occasion.teams.get(&id).copied().flatten());
        let mut notice = occasion.facts.clone().hide(visible).notice(&to)?;
        let drawn = match written.pictures.take() {
            Some(drawn) => drawn,
            None => pictures(occasion.facts)?,
        };
        let (alert, version) = (occasion.alert, occasion.version);
        let tail = format!(
            "{alert}-{version}@{}",
            self.instance.public_url.mail_domain()
        );
        let reader = Reader {
            language,
            visible: &visible,
        };
        let customer = occasion.facts.customer_name.as_deref().unwrap_or_default();
        let told = drawn.told(Texts::embedded(), &reader, (customer, &tail))?;
        let mut images = Vec::with_capacity(told.len());
        for (picture, image) in told {
            notice.pictures.push(picture);
            images.push(image);
        }
        written.pictures = Some(drawn);
        written.drafts.push(Draft {
            language,
            team,
            notice: notice.clone(),
            images: images.clone(),
        });
        Ok((notice, images))
    }

    /// The id of a mail: the same for ever, and another one in a database that was set up anew.
    fn message_id(
        &self,
        occasion: &Occasion<'_>,
        recipient: &Recipient,
    ) -> Result<MessageId, NotAMessageId> {
        let (alert, user, version) = (occasion.alert, recipient.id, occasion.version);
        let (at, domain) = (
            self.now.0.timestamp(),
            self.instance.public_url.mail_domain(),
        );
        MessageId::parse(&format!("alert-{alert}-{user}-{version}-{at}@{domain}"))
    }

    /// The mail of an alert in the reader's words, with links of their own.
    fn worded(
        &self,
        mut notice: AlertNotice,
        recipient: &Recipient,
        written: &Written,
    ) -> Result<Rendered, LetterError> {
        let (url, nonce) = (self.instance.public_url, &written.nonce);
        let (alert, user) = (notice.alert_id, recipient.id);
        notice.deeds = Some(links(&written.signer, url, alert, nonce, user, self.now));
        Ok(render(Texts::embedded(), &notice)?)
    }

    fn queue(
        &self,
        conn: &mut Conn,
        occasion: &Occasion<'_>,
        recipient: &Recipient,
        written: &mut Written,
    ) -> Result<bool, LetterError> {
        let id = self.message_id(occasion, recipient)?;
        let language = recipient.language()?;
        let (notice, images) = self.draft(occasion, (language, recipient.team_id), written)?;
        let draft = self.worded(notice, recipient, written)?;
        let thread = store::thread(conn, occasion.alert, recipient.id)?;
        let chain = references(&thread);
        let user_nonce = nonce_of_user(conn, recipient.id)?;
        let url = self.instance.public_url;
        let unsubscribe = unsubscribe_url(&written.signer, url, recipient.id, &user_nonce);
        let mail = NewMail {
            kind: MailKind::Alert.word(),
            customer_id: occasion.customer.map(|customer| customer.0),
            alert_id: Some(occasion.alert.0),
            user_id: Some(recipient.id.0),
            run_id: occasion.run.map(|run| run.0),
            message_id: id.as_str(),
            in_reply_to: thread.last().map(String::as_str),
            reply_chain: chain.as_deref(),
            to_address: &recipient.email,
            to_name: &recipient.name,
            language: language.tag(),
            subject: &draft.subject,
            text: &draft.text,
            html: &draft.html,
            unsubscribe_url: Some(&unsubscribe),
            ..NewMail::default()
        };
        let Some(queued) = queue(conn, &mail, self.now)? else {
            return Ok(false);
        };
        attach(conn, queued, &images)?;
        let zone = recipient.zone(self.instance.zone)?;
        let quiet = recipient.quiet();
        if let Some(until) = quiet.and_then(|quiet| hours::quiet_until(zone, quiet, self.now.0)) {
            store::hold(conn, queued, until.into())?;
        }
        Ok(true)
    }
}

/// The mails of a thread as `References` names them: the first, and the last [`REFERENCES`].
fn references(thread: &[String]) -> Option<String> {
    let (first, rest) = thread.split_first()?;
    let newest = rest.len().saturating_sub(REFERENCES);
    let named = std::iter::once(first).chain(rest.iter().skip(newest));
    Some(named.map(String::as_str).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_name_the_first_mail_and_the_newest() {
        let thread = |count: usize| -> Vec<String> {
            (0..count).map(|number| format!("{number}@x")).collect()
        };
        assert_eq!(references(&[]), None);
        assert_eq!(references(&thread(2)).unwrap(), "0@x 1@x");
        let long = references(&thread(100)).unwrap();
        assert!(
            long.starts_with("0@x 80@x 81@x") && long.ends_with(" 99@x"),
            "{long}"
        );
        assert_eq!(long.split(' ').count(), 21);
    }
}
