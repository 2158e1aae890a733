//! Sends mail over SMTP: the one place that knows lettre.
//!
//! The same [`OutgoingMail`] always makes the same message but for the boundary
//! between its parts: id and date come from the caller. Addresses and message ids
//! are checked when they are made, names and subjects are put on one line, so no
//! value can add a header or a recipient.
//!
//! Encryption is never given up: with STARTTLS a server that does not offer it gets
//! neither password nor mail. lettre's feature `tracing` must stay off, it would
//! log the password.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use lettre::message::header::{
    ContentDisposition, ContentId, ContentType, Header, HeaderName, HeaderValue,
};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message, SmtpTransport, Transport};

use crate::i18n::Language;
use crate::i18n::line::{shorten, single_line};

mod dkim;
mod failure;
mod memory;
mod settings;

use dkim::Signer;
pub use dkim::{DkimError, DkimSettings};
pub use failure::SendError;
pub(in crate::mail) use failure::blames_address;
pub use memory::{MemoryMailer, StoredMail};
pub use settings::{Credentials, MailSettings, Security, SettingsError};

/// The longest address that SMTP carries (RFC 5321, path without its brackets).
const LONGEST_ADDRESS: usize = 254;
/// Display names are shortened to so many characters in headers.
const LONGEST_DISPLAY_NAME: usize = 100;
/// Subjects are shortened to so many characters.
const LONGEST_SUBJECT: usize = 250;

/// A mailbox: an address that SMTP can carry, and perhaps a name to show.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MailAddress {
    address: Address,
    name: Option<String>,
}

/// The text offered as a mail address was none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a mail address: expected name@domain without spaces, at most 254 characters")]
pub struct NotAnAddress;

impl MailAddress {
    /// Checks `address`; puts `name` on one line and shortens it to 100 characters.
    ///
    /// # Errors
    ///
    /// [`NotAnAddress`] if it is none, is too long or holds spaces or control characters.
    pub fn parse(address: &str, name: Option<&str>) -> Result<Self, NotAnAddress> {
        let address = address.trim();
        let unfit = |c: char| c.is_control() || c.is_whitespace();
        if address.len() > LONGEST_ADDRESS || address.contains(unfit) {
            return Err(NotAnAddress);
        }
        Ok(Self {
            address: address.parse().map_err(|_| NotAnAddress)?,
            name: name
                .map(|name| header_text(name, LONGEST_DISPLAY_NAME))
                .filter(|name| !name.is_empty()),
        })
    }

    /// The address alone.
    pub fn address(&self) -> &str {
        self.address.as_ref()
    }

    /// What stands behind the `@`.
    pub fn domain(&self) -> &str {
        self.address.domain()
    }

    /// The name to show, if there is one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn mailbox(&self) -> Mailbox {
        Mailbox::new(self.name.clone(), self.address.clone())
    }
}

impl std::str::FromStr for MailAddress {
    type Err = NotAnAddress;

    /// Reads `address` or `Name <address>`; the name may stand in quotes.
    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        match text.trim().strip_suffix('>') {
            None => Self::parse(text, None),
            Some(rest) => {
                let (name, address) = rest.rsplit_once('<').ok_or(NotAnAddress)?;
                Self::parse(address, Some(name.trim().trim_matches('"')))
            }
        }
    }
}

/// Leaves out the address: it must not end up in logs.
impl fmt::Debug for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailAddress")
    }
}

/// The id of a message, unique in the world: `part@domain` in angle brackets (RFC 5322).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(String);

/// The text offered as a message id was none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a message id: expected part@domain of letters, digits and .-_+$=~!#")]
pub struct NotAMessageId(pub String);

impl MessageId {
    /// Checks `text`, with or without its angle brackets, at most 250 characters.
    ///
    /// # Errors
    ///
    /// [`NotAMessageId`] if it holds anything that could end a header or an id.
    pub fn parse(text: &str) -> Result<Self, NotAMessageId> {
        let id = text
            .strip_prefix('<')
            .and_then(|inner| inner.strip_suffix('>'))
            .unwrap_or(text);
        let clean = |part: &str| {
            let allowed = |b: u8| b.is_ascii_alphanumeric() || b".-_+$=~!#".contains(&b);
            !part.is_empty() && part.bytes().all(allowed)
        };
        match id.split_once('@') {
            Some((left, right)) if clean(left) && clean(right) && id.len() <= 250 => {
                Ok(Self(format!("<{id}>")))
            }
            _ => Err(NotAMessageId(text.chars().take(100).collect())),
        }
    }

    /// The id in its angle brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A picture that the HTML shows as `cid:CONTENT_ID`, sent along with the mail.
#[derive(Clone, PartialEq, Eq)]
pub struct InlineImage {
    /// Unique in the mail, such as `course@firm.example`: letters, digits and `.-_+$=~!#@`.
    pub content_id: String,
    /// What it shows, for those who do not see it.
    pub alt: String,
    /// The picture.
    pub png: Vec<u8>,
}

/// Leaves out the picture.
impl fmt::Debug for InlineImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InlineImage({:?})", self.content_id)
    }
}

/// A mail to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingMail {
    /// Its own id. A repeated mail keeps it, so that the reader's program can tell.
    pub message_id: MessageId,
    /// When it was written, for its `Date`; between 1970 and 9999.
    pub date: DateTime<Utc>,
    /// Who sends it.
    pub from: MailAddress,
    /// Who gets it.
    pub to: MailAddress,
    /// The subject; put on one line, and shortened if it is absurdly long.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// The pictures in the HTML.
    pub images: Vec<InlineImage>,
    /// The mail that it follows in its thread.
    pub in_reply_to: Option<MessageId>,
    /// All mails before it in its thread, the oldest first.
    pub references: Vec<MessageId>,
    /// The language of subject and bodies.
    pub language: Language,
    /// Where one `POST` ends such mails (RFC 8058); of ours, hence free of what could end a header.
    pub unsubscribe_url: Option<String>,
}

/// What the server said when it took a mail over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its code, such as 250.
    pub code: u16,
    /// Its words, often with the id it gave the mail.
    pub text: String,
}

/// Somebody who takes mails.
#[derive(Clone, Debug)]
pub enum Mailer {
    /// A real server.
    Smtp(SmtpMailer),
    /// Memory, for tests.
    Memory(MemoryMailer),
}

impl Mailer {
    /// Hands the mail over; blocks until the server has answered or the time is out.
    ///
    /// # Errors
    ///
    /// [`SendError`] tells whether another attempt can help. After a
    /// [`Transient`](super::retry::FailureKind::Transient) failure the server may
    /// have taken the mail all the same, if only its answer was lost.
    pub fn send(&self, mail: &OutgoingMail) -> Result<Receipt, SendError> {
        let message = message(mail)?;
        match self {
            Self::Smtp(server) => server.send(&message),
            Self::Memory(memory) => memory.send(mail, &message),
        }
    }
}

/// Sends through an SMTP server and keeps connections open for the next mails.
#[derive(Clone)]
pub struct SmtpMailer {
    transport: SmtpTransport,
    signer: Option<Arc<Signer>>,
}

impl SmtpMailer {
    /// Prepares sending; does not connect yet.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] if the settings contradict each other, or the file of
    /// certificates or of the key cannot be used.
    pub fn new(settings: &MailSettings) -> Result<Self, SettingsError> {
        let signer = (settings.dkim.as_ref())
            .map(|dkim| Signer::new(dkim, settings.from.domain()))
            .transpose()?;
        Ok(Self {
            transport: settings.transport()?,
            signer: signer.map(Arc::new),
        })
    }

    fn send(&self, message: &Message) -> Result<Receipt, SendError> {
        let mut source = message.formatted();
        if let Some(signer) = &self.signer {
            let mut signed = signer.sign(&source)?;
            signed.append(&mut source);
            source = signed;
        }
        let response = self.transport.send_raw(message.envelope(), &source)?;
        let code = response.code();
        let digits = [
            code.severity as u16,
            code.category as u16,
            code.detail as u16,
        ];
        Ok(Receipt {
            code: digits.iter().fold(0, |code, digit| code * 10 + digit),
            text: single_line(&response.message().collect::<Vec<_>>().join(" ")),
        })
    }
}

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SmtpMailer")
    }
}

/// Builds the message: both alternatives, the plain one first (RFC 2046), the pictures beside the
/// HTML that shows them (RFC 2387).
fn message(mail: &OutgoingMail) -> Result<Message, SendError> {
    // The library panics on dates that HTTP cannot write.
    let written = (0..253_402_300_800).contains(&mail.date.timestamp());
    if !written {
        return Err(SendError::permanent(
            "its date is not between 1970 and 9999",
        ));
    }
    let mut builder = Message::builder()
        .message_id(Some(mail.message_id.0.clone()))
        .date(mail.date.into())
        .from(mail.from.mailbox())
        .to(mail.to.mailbox())
        .subject(header_text(&mail.subject, LONGEST_SUBJECT));
    if let Some(earlier) = &mail.in_reply_to {
        builder = builder.in_reply_to(earlier.0.clone());
    }
    if !mail.references.is_empty() {
        let ids: Vec<&str> = mail.references.iter().map(MessageId::as_str).collect();
        builder = builder.references(ids.join(" "));
    }
    if let Some(url) = &mail.unsubscribe_url {
        builder = builder
            .raw_header(header(
                "List-Unsubscribe",
                &format!("<{}>", single_line(url)),
            ))
            .raw_header(header(
                "List-Unsubscribe-Post",
                "List-Unsubscribe=One-Click",
            ));
    }
    builder
        // No automatic answers, please (RFC 3834).
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("Content-Language", mail.language.tag()))
        .multipart(body(mail)?)
        .map_err(|error| SendError::permanent(&error.to_string()))
}

fn body(mail: &OutgoingMail) -> Result<MultiPart, SendError> {
    let part = |kind, body: &str| SinglePart::builder().header(kind).body(body.to_owned());
    let both = MultiPart::alternative().singlepart(part(ContentType::TEXT_PLAIN, &mail.text));
    let html = part(ContentType::TEXT_HTML, &mail.html);
    if mail.images.is_empty() {
        return Ok(both.singlepart(html));
    }
    let mut page = MultiPart::related().singlepart(html);
    for image in &mail.images {
        page = page.singlepart(picture(image)?);
    }
    Ok(both.multipart(page))
}

fn picture(image: &InlineImage) -> Result<SinglePart, SendError> {
    let id = &image.content_id;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b".-_+$=~!#@".contains(&b);
    if id.is_empty() || id.len() > 250 || !id.bytes().all(allowed) {
        return Err(SendError::permanent("the id of a picture is none"));
    }
    let kind = ContentType::parse("image/png")
        .map_err(|error| SendError::permanent(&error.to_string()))?;
    let local: String = id.split('@').next().unwrap_or(id).to_owned();
    let mut part = SinglePart::builder()
        .header(ContentId::from(format!("<{id}>")))
        .header(ContentDisposition::inline_with_name(&format!(
            "{local}.png"
        )));
    let alt = header_text(&image.alt, LONGEST_SUBJECT);
    if !alt.is_empty() {
        part = part.header(Description(alt));
    }
    Ok(part.header(kind).body(image.png.clone()))
}

/// What a part shows, for programs that do not show it (RFC 2045, 8).
#[derive(Clone)]
struct Description(String);

impl Header for Description {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Content-Description")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// `text` fit for a header: on one line, at most so long, and without the mark that
/// would make a reader's program decode what only looks encoded (RFC 2047).
fn header_text(text: &str, max_chars: usize) -> String {
    // Far more than is kept: nobody has to clean a megabyte for a hundred characters.
    let beginning: String = text.chars().take(max_chars * 8).collect();
    shorten(&single_line(&beginning), max_chars).replace("=?", "= ?")
}

#[cfg(test)]
mod tests;
