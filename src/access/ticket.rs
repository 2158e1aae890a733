//! Tickets: the signed part of a personal link that lets its holder do one thing to one record.
//!
//! A ticket is the record's id and a MAC (HMAC-SHA-256, RFC 2104, cut to 128 bits) over purpose, id
//! and the record's nonce, by a secret of the instance. Nothing of it is stored: a new nonce revokes
//! it, another purpose refuses it, and a reminder can carry the same one again. Guessing one takes
//! 2^127 tries on average; comparing takes the same time whatever is guessed.
//!
//! A [`Grant`] is a ticket that also names the person it was sent to and the moment it ends; both
//! stand under the MAC, so that neither can be changed.

use std::sync::{Arc, OnceLock};

use data_encoding::{BASE64, BASE64URL_NOPAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::store::secrets;
use crate::db::{Conn, DbError, UtcTime};
use crate::error::{Answer, Error};
use crate::state::AppState;

/// Bytes of the record's id, big-endian.
const ID: usize = 8;
/// Bytes of a grant: record, user, end.
const GRANT: usize = 3 * ID;
/// Bytes kept of the MAC.
const MAC: usize = 16;
/// Bytes of the secret: one block of SHA-256.
const SECRET: usize = 64;
/// The secret's name in the database.
const TICKETS: &str = "tickets";
/// Bytes of a nonce before it is encoded.
const NONCE: usize = 12;

crate::word_enum! {
    /// What the holder of a ticket may do.
    Purpose {
        /// Answer the survey of an invitation.
        Survey = "survey",
        /// Say that no more surveys are wanted; the id is the contact's.
        OptOut = "opt_out",
        /// Confirm that a complaint is settled, or reopen it.
        Complaint = "complaint",
        /// Say that one is at an alert.
        AlertAcknowledge = "alert_acknowledge",
        /// Leave an alert alone for a while.
        AlertSnooze = "alert_snooze",
        /// Resolve an alert.
        AlertResolve = "alert_resolve",
        /// Say how alerts are to be mailed; the id is the user's.
        AlertMails = "alert_mails",
    }
}

/// What an expiring ticket names beside its purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The record.
    pub id: i64,
    /// The user it was sent to.
    pub user: i64,
    /// It opens nothing from this moment on: seconds since 1970.
    pub expires: i64,
}

impl Grant {
    fn bytes(self) -> [u8; GRANT] {
        let mut bytes = [0; GRANT];
        let parts = [self.id, self.user, self.expires].map(i64::to_be_bytes);
        for (to, from) in bytes.iter_mut().zip(parts.iter().flatten()) {
            *to = *from;
        }
        bytes
    }

    /// Whether it opens nothing any more.
    pub fn over(self, now: UtcTime) -> bool {
        now.0.timestamp() >= self.expires
    }

    /// What an expiring ticket names; whether it is genuine, [`Signer::accepts_grant`] says.
    pub fn named(ticket: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(ticket.as_bytes()).ok()?;
        let (named, mac) = bytes.split_first_chunk::<GRANT>()?;
        let (id, rest) = named.split_first_chunk::<ID>()?;
        let (user, rest) = rest.split_first_chunk::<ID>()?;
        let (expires, _) = rest.split_first_chunk::<ID>()?;
        (mac.len() == MAC).then(|| Self {
            id: i64::from_be_bytes(*id),
            user: i64::from_be_bytes(*user),
            expires: i64::from_be_bytes(*expires),
        })
    }
}

/// Makes and checks tickets; cheap to clone.
#[derive(Clone)]
pub struct Signer(Hmac<Sha256>);

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

/// No random numbers are to be had.
#[derive(Debug, thiserror::Error)]
#[error("no random numbers to be had: {0}")]
pub struct NoRandomness(#[from] getrandom::Error);

/// The instance's signer cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The system.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// A new nonce for a record that tickets are made for.
///
/// # Errors
///
/// [`NoRandomness`] if the system has none to give.
pub fn nonce() -> Result<String, NoRandomness> {
    let mut bytes = [0; NONCE];
    getrandom::fill(&mut bytes).map_err(NoRandomness)?;
    Ok(BASE64URL_NOPAD.encode(&bytes))
}

impl Signer {
    /// The instance's signer; its secret is made when first needed, and is the same for all
    /// processes that share the database.
    ///
    /// # Errors
    ///
    /// The database's, and [`NoRandomness`].
    pub fn of(conn: &mut Conn, now: UtcTime) -> Result<Self, SignerError> {
        let mut fresh = [0; SECRET];
        getrandom::fill(&mut fresh).map_err(NoRandomness)?;
        let kept = secrets::secret(conn, TICKETS, &BASE64.encode(&fresh), now)?;
        Ok(Self::read(&kept)?)
    }

    /// The instance's signer if its secret was made; writes nothing.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn known(conn: &mut Conn) -> Result<Option<Self>, DbError> {
        let kept = secrets::known_secret(conn, TICKETS)?;
        kept.as_deref().map(Self::read).transpose()
    }

    /// A signer that accepts nothing: nobody else has its secret.
    fn of_nobody() -> Result<Self, NoRandomness> {
        let mut secret = [0; SECRET];
        getrandom::fill(&mut secret)?;
        Ok(Self::with(&secret))
    }

    fn read(kept: &str) -> Result<Self, DbError> {
        let broken = |why: String| DbError::corrupt("instance_secrets.value", why);
        let bytes = BASE64
            .decode(kept.as_bytes())
            .map_err(|error| broken(error.to_string()))?;
        let secret: [u8; SECRET] = bytes
            .try_into()
            .map_err(|bytes: Vec<u8>| broken(format!("{} bytes", bytes.len())))?;
        Ok(Self::with(&secret))
    }

    /// A signer with this secret: one block of SHA-256, so that every bit counts.
    pub fn with(secret: &[u8; SECRET]) -> Self {
        Self(Hmac::new(&(*secret).into()))
    }

    /// A ticket for a record that has this nonce now.
    pub fn ticket(&self, purpose: Purpose, id: i64, nonce: &str) -> String {
        let mac = self.mac(purpose, id, nonce).finalize().into_bytes();
        let mut bytes = id.to_be_bytes().to_vec();
        bytes.extend(mac.iter().take(MAC));
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Whether `ticket` is one for this record, which has this nonce now.
    pub fn accepts(&self, ticket: &str, purpose: Purpose, id: i64, nonce: &str) -> bool {
        let Ok(bytes) = BASE64URL_NOPAD.decode(ticket.as_bytes()) else {
            return false;
        };
        let Some((named, mac)) = bytes.split_at_checked(ID) else {
            return false;
        };
        // In constant time; a shorter MAC would be cheaper to guess.
        named == id.to_be_bytes()
            && mac.len() == MAC
            && self
                .mac(purpose, id, nonce)
                .verify_truncated_left(mac)
                .is_ok()
    }

    /// An expiring ticket for a record that has this nonce now.
    pub fn granting(&self, purpose: Purpose, grant: Grant, nonce: &str) -> String {
        let mac = self.mac_of_grant(purpose, grant, nonce).finalize();
        let mut bytes = grant.bytes().to_vec();
        bytes.extend(mac.into_bytes().iter().take(MAC));
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Whether `ticket` was made for this purpose and grant while the record had this nonce. It may
    /// be [over](Grant::over) nevertheless.
    pub fn accepts_grant(&self, ticket: &str, purpose: Purpose, grant: Grant, nonce: &str) -> bool {
        let Ok(bytes) = BASE64URL_NOPAD.decode(ticket.as_bytes()) else {
            return false;
        };
        let Some((named, mac)) = bytes.split_at_checked(GRANT) else {
            return false;
        };
        named == grant.bytes()
            && mac.len() == MAC
            && self
                .mac_of_grant(purpose, grant, nonce)
                .verify_truncated_left(mac)
                .is_ok()
    }

    fn mac_of_grant(&self, purpose: Purpose, grant: Grant, nonce: &str) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(purpose.word().as_bytes());
        // Another byte than in plain tickets: neither kind can pass for the other.
        mac.update(&[1]);
        mac.update(&grant.bytes());
        mac.update(nonce.as_bytes());
        mac
    }

    fn mac(&self, purpose: Purpose, id: i64, nonce: &str) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(purpose.word().as_bytes());
        mac.update(&[0]);
        mac.update(&id.to_be_bytes());
        mac.update(nonce.as_bytes());
        mac
    }
}

/// The instance's signer once it was read, for the public pages; clones share it.
#[derive(Clone, Debug, Default)]
pub struct KnownSigner(Arc<OnceLock<Signer>>);

impl KnownSigner {
    /// The signer, read from the database by the first call. Looking writes nothing: where no secret
    /// was made yet nothing was signed, and every ticket is refused as any forged one is.
    ///
    /// # Errors
    ///
    /// Those of [`Signer::of`].
    pub async fn get(&self, state: &AppState) -> Answer<Signer> {
        if let Some(known) = self.0.get() {
            return Ok(known.clone());
        }
        match state.db.read(Signer::known).await? {
            Some(signer) => Ok(self.0.get_or_init(|| signer).clone()),
            None => Ok(Signer::of_nobody().map_err(Error::internal)?),
        }
    }
}

impl From<SignerError> for Error {
    fn from(error: SignerError) -> Self {
        match error {
            SignerError::Db(error) => error.into(),
            other @ SignerError::NoRandomness(_) => Self::internal(other),
        }
    }
}

/// The record that a ticket names; whether it is genuine, [`Signer::accepts`] says.
pub fn named(ticket: &str) -> Option<i64> {
    let bytes = BASE64URL_NOPAD.decode(ticket.as_bytes()).ok()?;
    let (id, mac) = bytes.split_first_chunk::<ID>()?;
    (mac.len() == MAC).then(|| i64::from_be_bytes(*id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_opens_one_door_of_one_record_until_its_nonce_changes() {
        let signer = Signer::with(&[7; SECRET]);
        let ticket = signer.ticket(Purpose::Survey, 42, "once");
        assert_eq!(named(&ticket), Some(42));
        assert!(signer.accepts(&ticket, Purpose::Survey, 42, "once"));
        assert!(!signer.accepts(&ticket, Purpose::OptOut, 42, "once"));
        assert!(!signer.accepts(&ticket, Purpose::Survey, 43, "once"));
        assert!(!signer.accepts(&ticket, Purpose::Survey, 42, "twice"));
        assert!(!Signer::with(&[8; SECRET]).accepts(&ticket, Purpose::Survey, 42, "once"));
    }

    #[test]
    fn what_is_no_ticket_names_nothing() {
        let signer = Signer::with(&[7; SECRET]);
        let good = signer.ticket(Purpose::Survey, 42, "once");
        let shorter: String = good.chars().take(good.len() - 4).collect();
        for bad in [
            "",
            "x",
            "AAAA",
            &shorter,
            &format!("{good}AAAA"),
            "…",
            "../../etc",
        ] {
            assert_eq!(named(bad), None, "{bad}");
            assert!(!signer.accepts(bad, Purpose::Survey, 42, "once"), "{bad}");
        }
    }

    #[test]
    fn a_grant_holds_for_one_person_and_purpose_until_its_end() {
        let signer = Signer::with(&[7; SECRET]);
        let grant = Grant {
            id: 42,
            user: 5,
            expires: 1_000,
        };
        let ticket = signer.granting(Purpose::AlertSnooze, grant, "once");
        assert_eq!(Grant::named(&ticket), Some(grant));
        assert!(signer.accepts_grant(&ticket, Purpose::AlertSnooze, grant, "once"));
        assert!(!signer.accepts_grant(&ticket, Purpose::AlertResolve, grant, "once"));
        assert!(!signer.accepts_grant(&ticket, Purpose::AlertSnooze, grant, "twice"));
        for other in [
            Grant { id: 43, ..grant },
            Grant { user: 6, ..grant },
            Grant {
                expires: 9_999,
                ..grant
            },
        ] {
            // With the other's names in front of this one's MAC, too.
            let mut bytes = BASE64URL_NOPAD.decode(ticket.as_bytes()).unwrap();
            bytes.splice(..GRANT, other.bytes());
            let forged = BASE64URL_NOPAD.encode(&bytes);
            assert_eq!(Grant::named(&forged), Some(other));
            for ticket in [&forged, &ticket] {
                assert!(!signer.accepts_grant(ticket, Purpose::AlertSnooze, other, "once"));
            }
        }
        let at = |seconds| UtcTime(chrono::DateTime::from_timestamp(seconds, 0).unwrap());
        assert!(!grant.over(at(999)) && grant.over(at(1_000)));
    }

    #[test]
    fn neither_kind_of_ticket_passes_for_the_other() {
        let signer = Signer::with(&[7; SECRET]);
        let plain = signer.ticket(Purpose::AlertMails, 42, "once");
        assert_eq!(Grant::named(&plain), None);
        let grant = Grant {
            id: 42,
            user: 42,
            expires: 0,
        };
        let expiring = signer.granting(Purpose::AlertMails, grant, "once");
        assert_eq!(named(&expiring), None);
        assert!(!signer.accepts(&expiring, Purpose::AlertMails, 42, "once"));
        for bad in ["", "x", "AAAA", &format!("{expiring}AAAA"), "…"] {
            assert_eq!(Grant::named(bad), None, "{bad}");
        }
    }
}
