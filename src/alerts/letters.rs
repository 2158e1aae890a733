//! Telling people of alerts: a mail for everybody who looks after the customer, or a line in their
//! next digest, as each wants it.

use std::cell::{OnceCell, RefCell};
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
use crate::access::ticket::{NoRandomness, Signer, SignerError};
use crate::db::{Conn, DbError, DbResult, UtcTime};
use crate::i18n::format::Currency;
use crate::i18n::{Language, TextError, Texts};
use crate::ids::{AlertId, CustomerId, RunId, UserId};
use crate::mail::mailer::{MessageId, NotAMessageId};
use crate::mail::model::MailKind;
use crate::mail::outbox::store::{NewImage, NewMail, attach, queue};

pub mod hours;
pub(super) mod store;

use store::{Entry, Recipient, Why};

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
    /// What has just been done with it: opened, worsened, reopened, woken.
    pub deed: AlertDeed,
    /// Whom it concerns: as long as any of them can be told, nobody else is. Empty: everybody.
    pub concerns: &'a [UserId],
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
    /// The decimal places that stored amounts of it have, whatever ISO 4217 says.
    pub currency_digits: u32,
}

/// How many were told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// By a mail of its own.
    pub mails: u64,
    /// By their next digest.
    pub digests: u64,
    /// Nobody yet, since mails to their address come back; their next digest tells once it works.
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
    /// Nor one that nobody can guess.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// 64 bits that nobody can guess, as hexadecimal digits. A `Message-ID` with them is known only to
/// those who got its mail: nobody else can make up a bounce that is believed.
///
/// # Errors
///
/// If the system gives no random numbers.
pub(super) fn unguessable() -> Result<String, NoRandomness> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{:016x}", u64::from_be_bytes(bytes)))
}

/// Writes to people.
#[derive(Debug)]
pub struct Letters<'a> {
    instance: Instance<'a>,
    recipients: Vec<(Recipient, bool)>,
    now: UtcTime,
    /// Looked up with the first mail.
    signer: OnceCell<Signer>,
    /// How many mails of alerts everybody has been sent this month; counted on from here.
    sent: RefCell<BTreeMap<i64, i64>>,
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
        let recipients = store::recipients(conn)?;
        let mut limited: BTreeMap<UtcTime, Vec<i64>> = BTreeMap::new();
        for (recipient, _) in &recipients {
            if recipient.mail_budget.is_some() {
                let zone = recipient.zone(instance.zone)?;
                let began = hours::month_began(zone, now.0).into();
                limited.entry(began).or_default().push(recipient.id.0);
            }
        }
        let mut sent = BTreeMap::new();
        // Months begin at as many moments as there are zones among people.
        for (began, people) in limited {
            let counts = store::mails_since(conn, began)?;
            let of = |user: i64| (user, counts.get(&user).copied().unwrap_or_default());
            sent.extend(people.into_iter().map(of));
        }
        Ok(Self {
            instance,
            recipients,
            now,
            signer: OnceCell::new(),
            sent: RefCell::new(sent),
        })
    }

    fn signer(&self, conn: &mut Conn) -> Result<&Signer, SignerError> {
        if let Some(known) = self.signer.get() {
            return Ok(known);
        }
        let signer = Signer::of(conn, self.now)?;
        Ok(self.signer.get_or_init(|| signer))
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
        // What only mails need is made for the first of them.
        let mut written = None;
        for (recipient, unreachable) in self.readers(occasion) {
            let frequency = recipient.frequency(occasion.severity)?;
            if frequency == Frequency::Never {
                continue;
            }
            if *unreachable {
                self.keep(conn, occasion, (recipient, frequency), Why::Bounced)?;
                told.unreachable += 1;
                continue;
            }
            if frequency != Frequency::RealTime {
                self.keep(conn, occasion, (recipient, frequency), Why::Preference)?;
                told.digests += 1;
                continue;
            }
            if self.is_spent(recipient) {
                self.keep(conn, occasion, (recipient, frequency), Why::Budget)?;
                told.digests += 1;
                continue;
            }
            let written = match &mut written {
                Some(written) => written,
                none => none.insert(self.written(conn, occasion)?),
            };
            if self.queue(conn, occasion, recipient, written)? {
                told.mails += 1;
                *self.sent.borrow_mut().entry(recipient.id.0).or_default() += 1;
            }
        }
        Ok(told)
    }

    /// Those who are told, and whether mails to them come back.
    fn readers(&self, occasion: &Occasion<'_>) -> Vec<&(Recipient, bool)> {
        let sees = |(recipient, _): &&(Recipient, bool)| {
            recipient.team_id.is_none() || recipient.team_id == occasion.team
        };
        let concerned =
            |(recipient, _): &&(Recipient, bool)| occasion.concerns.contains(&recipient.id);
        let readers: Vec<_> = self.recipients.iter().filter(sees).collect();
        if readers.iter().any(concerned) {
            return readers.into_iter().filter(concerned).collect();
        }
        readers
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

    /// Keeps it for the next digest: of the day, for what would have been a mail of its own.
    fn keep(
        &self,
        conn: &mut Conn,
        occasion: &Occasion<'_>,
        (recipient, frequency): (&Recipient, Frequency),
        why: Why,
    ) -> DbResult<()> {
        // Nobody counts as told by it, so that it may be told again before the address works.
        if why == Why::Bounced && store::waits(conn, recipient.id, occasion.alert)? {
            return Ok(());
        }
        let entry = Entry {
            user: recipient.id,
            alert: occasion.alert,
            deed: occasion.deed,
            frequency: match frequency {
                Frequency::RealTime => Frequency::Daily,
                other => other,
            },
            why,
            severity: occasion.severity,
            measure: occasion.measure,
        };
        store::keep(conn, &entry, self.now)
    }

    /// Whether the month's mails are spent.
    fn is_spent(&self, recipient: &Recipient) -> bool {
        let sent = self.sent.borrow().get(&recipient.id.0).copied();
        recipient
            .mail_budget
            .is_some_and(|budget| sent.unwrap_or_default() >= budget)
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
            reminder: occasion.deed == AlertDeed::Woken,
        };
        let sees = team.map_or(Teams::All, |team| Teams::Only(vec![team]));
        let visible = |id: i64| sees.allow(occasion.teams.get(&id).copied().flatten());
        let facts = occasion.facts.clone().hide(visible);
        let mut notice = facts
            .notice(&to)?
            .with_stored_digits(self.instance.currency_digits);
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

    /// The id of a mail, which nobody can guess who has not got it.
    fn message_id(
        &self,
        occasion: &Occasion<'_>,
        recipient: &Recipient,
    ) -> Result<MessageId, LetterError> {
        let (alert, user, version) = (occasion.alert, recipient.id, occasion.version);
        let (secret, domain) = (unguessable()?, self.instance.public_url.mail_domain());
        let id = format!("alert-{alert}-{user}-{version}-{secret}@{domain}");
        Ok(MessageId::parse(&id)?)
    }

    /// The mail of an alert in the reader's words, with links of their own.
    fn worded(
        &self,
        mut notice: AlertNotice,
        recipient: &Recipient,
        (signer, nonce): (&Signer, &str),
    ) -> Result<Rendered, LetterError> {
        let url = self.instance.public_url;
        let (alert, user) = (notice.alert_id, recipient.id);
        notice.deeds = Some(links(signer, url, alert, nonce, user, self.now));
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
        let signer = self.signer(conn)?;
        let draft = self.worded(notice, recipient, (signer, &written.nonce))?;
        let thread = store::thread(conn, occasion.alert, recipient.id)?;
        let chain = references(&thread);
        let user_nonce = nonce_of_user(conn, recipient.id)?;
        let url = self.instance.public_url;
        let unsubscribe = unsubscribe_url(signer, url, recipient.id, &user_nonce);
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
