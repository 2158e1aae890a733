//! Why a mail was not taken, and whether another attempt can help.

use std::error::Error;
use std::io;

use lettre::transport::smtp;

use super::NotAnAddress;
use crate::i18n::line::{shorten, single_line};
use crate::mail::retry::FailureKind;

/// The server's words are kept up to so many characters.
const LONGEST_TEXT: usize = 500;

/// A mail was not taken.
///
/// The text may quote the recipient's address as the server does; it belongs into
/// the record of the mail, not into logs. It never holds the password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("mail not sent ({kind:?}): {text}")]
pub struct SendError {
    /// Whether another attempt can help.
    pub kind: FailureKind,
    /// The server's code, if it was the server that refused.
    pub code: Option<u16>,
    /// The server's words or the cause, on one line, at most 500 characters.
    pub text: String,
}

impl SendError {
    /// A mail that can never be sent.
    pub(super) fn permanent(text: &str) -> Self {
        Self::new(FailureKind::Permanent, None, text)
    }

    /// Whether the server said, by an enhanced code, that the address takes no mails. A code such as
    /// 550 alone says no such thing: content and senders are refused with it as well.
    pub fn blames_address(&self) -> bool {
        self.code.is_some_and(|code| code >= 500) && blames_address(&self.text)
    }

    fn new(kind: FailureKind, code: Option<u16>, text: &str) -> Self {
        Self {
            kind,
            code,
            text: shorten(&single_line(text), LONGEST_TEXT),
        }
    }
}

impl From<NotAnAddress> for SendError {
    fn from(error: NotAnAddress) -> Self {
        Self::new(FailureKind::BadAddress, None, &error.to_string())
    }
}

impl From<smtp::Error> for SendError {
    fn from(error: smtp::Error) -> Self {
        let code = error.status().map(u16::from);
        let text = causes(&error);
        let kind = match code {
            Some(code) => kind_of_answer(code, &text),
            None if error.is_tls() || is_wrong_protocol(&error) => FailureKind::Configuration,
            // "Internal client error": what the server does not offer (STARTTLS, AUTH,
            // addresses beyond ASCII).
            None if error.is_client() && text.contains("SMTPUTF8") => FailureKind::BadAddress,
            None if error.is_client() => FailureKind::Configuration,
            // Refused, hung, dropped, or said what is no SMTP.
            None => FailureKind::Transient,
        };
        Self::new(kind, code, &text)
    }
}

/// What a negative answer means (RFC 5321; enhanced codes of RFC 3463 if there is one).
///
/// ```text
/// 4xx                         transient
/// 530 534 535 538, x.7.8 …    configuration: authentication, encryption
/// 550 551 553 without a code  bad address        with 5.1.x but 5.1.7, 5.1.8 (our own)
/// other 5xx                   permanent
/// ```
fn kind_of_answer(code: u16, text: &str) -> FailureKind {
    match (code, enhanced(text)) {
        // A temporary authentication failure (454) is one of these as well.
        (400..=499, _) => FailureKind::Transient,
        // 5.1.7 and 5.1.8 blame the sender's address: our settings, not the recipient.
        (530 | 534 | 535 | 538, _) | (_, Some((7, 8..=11 | 14) | (1, 7 | 8))) => {
            FailureKind::Configuration
        }
        (_, Some((1, _))) | (550 | 551 | 553, None) => FailureKind::BadAddress,
        _ => FailureKind::Permanent,
    }
}

/// Whether an enhanced code in `text` says that nobody is at the recipient's address: 5.1.x but 5.1.7
/// and 5.1.8, which are about the sender's; 5.2.1, switched off; 5.4.4, no such host. A full mailbox, or
/// a mail that is too big or looks like spam, says nothing of the next one.
pub(in crate::mail) fn blames_address(text: &str) -> bool {
    match enhanced(text) {
        Some((1, detail)) => !matches!(detail, 7 | 8),
        Some(code) => matches!(code, (2, 1) | (4, 4)),
        None => false,
    }
}

/// Subject and detail of an enhanced code such as `5.1.1` anywhere in `text`.
fn enhanced(text: &str) -> Option<(u16, u16)> {
    text.split_whitespace().find_map(|word| {
        let mut numbers = word.strip_prefix("5.")?.split('.');
        let subject = numbers.next()?.parse().ok()?;
        let detail = numbers.next()?.parse().ok()?;
        numbers.next().is_none().then_some((subject, detail))
    })
}

/// Whether the bytes received made no sense where TLS or text was expected: an
/// untrusted certificate, or TLS on one side only.
fn is_wrong_protocol(error: &smtp::Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(cause) = cause.downcast_ref::<io::Error>() {
            return cause.kind() == io::ErrorKind::InvalidData;
        }
        source = cause.source();
    }
    false
}

/// The error's words; lettre's own contain those of its causes.
fn causes(error: &smtp::Error) -> String {
    match error.source() {
        Some(source) if error.status().is_some() => source.to_string(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart_by_code_and_enhanced_code() {
        use FailureKind::{BadAddress, Configuration, Permanent, Transient};
        for (code, text, kind) in [
            (421, "closing", Transient),
            (450, "4.2.0 greylisted", Transient),
            (454, "4.7.0 temporary authentication failure", Transient),
            (530, "5.7.0 Authentication required", Configuration),
            (535, "5.7.8 bad credentials", Configuration),
            (550, "no such user", BadAddress),
            (550, "5.1.1 <x@y> no such user", BadAddress),
            (550, "5.1.8 sender's domain does not exist", Configuration),
            (550, "5.7.1 message refused as spam", Permanent),
            (551, "not local", BadAddress),
            (552, "5.3.4 message too big", Permanent),
            (552, "mailbox full", Permanent),
            (554, "transaction failed", Permanent),
            (554, "5.7.1 relay access denied", Permanent),
            (556, "5.1.10 domain accepts no mail", BadAddress),
        ] {
            assert_eq!(kind_of_answer(code, text), kind, "{code} {text}");
        }
    }

    #[test]
    fn an_address_is_blamed_for_itself_only() {
        for text in [
            "5.1.1 no such user",
            "5.1.2",
            "5.1.10",
            "5.2.1 disabled",
            "5.4.4",
        ] {
            assert!(blames_address(text), "{text}");
        }
        for text in [
            "",
            "no such user",
            "5.1.7",
            "5.1.8",
            "5.2.2 full",
            "5.3.4 too big",
            "5.4.1",
            "5.7.1 spam",
            "4.1.1",
        ] {
            assert!(!blames_address(text), "{text}");
        }
    }

    #[test]
    fn an_enhanced_code_needs_three_numbers() {
        assert_eq!(enhanced("5.1.1 no"), Some((1, 1)));
        assert_eq!(enhanced("see 5.1 or 15.1.1 or 5.1.1.1"), None);
    }

    #[test]
    fn the_servers_words_are_kept_on_one_line_and_not_for_ever() {
        let error = SendError::permanent(&format!("a\r\nb{}", "x".repeat(5_000)));
        assert!(error.text.starts_with("a b"));
        assert_eq!(error.text.chars().count(), 500);
    }
}
