//! Reads delivery status notifications: `multipart/report` of RFC 3462 with the fields of RFC 3464.

use chrono::{DateTime, Utc};
use mail_parser::{Message, MessageParser, MimeHeaders as _};

use super::Said;

/// A notification is this many bytes at most; larger messages are no notifications of ours.
pub const LARGEST: usize = 16 << 20;
/// Of one message so many recipients are read: our mails have one.
const MOST_RECIPIENTS: usize = 100;

crate::word_enum! {
    /// What became of a mail on its way (RFC 3464, 2.3.3).
    Action {
        /// It was given up.
        Failed = "failed",
        /// It is still being tried.
        Delayed = "delayed",
        /// It arrived.
        Delivered = "delivered",
        /// It was handed to a system that sends no notifications.
        Relayed = "relayed",
        /// It was handed on to several.
        Expanded = "expanded",
    }
}

/// The message is no delivery status notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no delivery status notification")]
pub struct NotAReport;

/// What a notification says of each recipient.
///
/// # Errors
///
/// [`NotAReport`] if no part of it is `message/delivery-status` with a recipient.
pub(super) fn read(message: &[u8]) -> Result<Vec<Said>, NotAReport> {
    if message.len() > LARGEST {
        return Err(NotAReport);
    }
    let message = MessageParser::default().parse(message).ok_or(NotAReport)?;
    let status = (message.parts.iter())
        .find(|part| is(part, "message", "delivery-status"))
        .ok_or(NotAReport)?;
    let text = String::from_utf8_lossy(status.contents()).into_owned();
    let message_id = original_id(&message);
    let date = message.date().filter(|date| date.is_valid());
    let at = date.and_then(|date| DateTime::<Utc>::from_timestamp(date.to_timestamp(), 0));
    let said: Vec<Said> = groups(&text)
        .iter()
        .filter_map(recipient)
        .take(MOST_RECIPIENTS)
        .map(|recipient| Said {
            message_id: message_id.clone(),
            at,
            ..recipient
        })
        .collect();
    if said.is_empty() {
        return Err(NotAReport);
    }
    Ok(said)
}

/// Whether this is a status code of RFC 3463, such as `5.1.1`.
pub(super) fn is_status(text: &str) -> bool {
    let numbers: Vec<&str> = text.split('.').collect();
    let is_number =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    matches!(numbers.first(), Some(&("2" | "4" | "5")))
        && numbers.len() == 3
        && numbers.iter().all(is_number)
}

fn is(part: &mail_parser::MessagePart<'_>, kind: &str, subtype: &str) -> bool {
    part.content_type().is_some_and(|found| {
        found.ctype().eq_ignore_ascii_case(kind)
            && (found.subtype()).is_some_and(|found| found.eq_ignore_ascii_case(subtype))
    })
}

/// The `Message-ID` of the mail that came back: from the copy of it, or of its header; else from what
/// the notification answers to.
fn original_id(message: &Message<'_>) -> Option<String> {
    let own = |id: &str| Some(id.trim().to_owned()).filter(|id| !id.is_empty());
    for part in &message.parts {
        let found = if let Some(inner) = part.message() {
            inner.message_id().and_then(own)
        } else if is(part, "text", "rfc822-headers") || is(part, "message", "rfc822-headers") {
            (MessageParser::default().parse_headers(part.contents()))
                .and_then(|head| head.message_id().and_then(own))
        } else {
            None
        };
        if found.is_some() {
            return found;
        }
    }
    message.in_reply_to().as_text().and_then(own)
}

type Group = Vec<(String, String)>;

/// Fields in groups, with empty lines between; folded lines are put together.
fn groups(text: &str) -> Vec<Group> {
    let mut groups = vec![Group::new()];
    for line in text.lines() {
        if line.trim().is_empty() {
            groups.push(Group::new());
            continue;
        }
        let Some(group) = groups.last_mut() else {
            continue;
        };
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = group.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            group.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    groups
}

/// The report on one recipient; `None` for the fields about the whole message.
fn recipient(group: &Group) -> Option<Said> {
    let field = |name: &str| {
        let found = group.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    };
    let status_words = field("status").unwrap_or_default();
    // A comment may follow the code.
    let code = status_words.split_whitespace().next().unwrap_or_default();
    let action = field("action").and_then(|word| {
        let word = word.split_whitespace().next().unwrap_or_default();
        Action::parse(&word.to_ascii_lowercase())
    });
    let mut addresses = Vec::new();
    for name in ["final-recipient", "original-recipient"] {
        if let Some(value) = field(name) {
            let address = value.split_once(';').map_or(value, |(_, address)| address);
            let plain = address.trim().trim_matches(['<', '>']).to_owned();
            addresses.extend(unescaped(&plain));
            addresses.push(plain);
        }
    }
    addresses.dedup();
    if addresses.is_empty() || !is_status(code) {
        return None;
    }
    let diagnostic = field("diagnostic-code").map(|value| {
        let words = value.split_once(';').map_or(value, |(_, words)| words);
        words.trim().to_owned()
    });
    Some(Said {
        message_id: None,
        addresses,
        action: action?,
        status: code.to_owned(),
        diagnostic: diagnostic.filter(|words| !words.is_empty()),
        at: None,
        is_trusted: false,
    })
}

/// The address without the escapes of RFC 3461 (`+2B` for `+`), if it has some.
fn unescaped(address: &str) -> Option<String> {
    let mut plain = Vec::with_capacity(address.len());
    let mut bytes = address.as_bytes();
    while let Some((first, rest)) = bytes.split_first() {
        let upper = |b: &u8| b.is_ascii_digit() || (b'A'..=b'F').contains(b);
        let code = rest.get(..2).filter(|code| code.iter().all(upper));
        let value = code
            .filter(|_| *first == b'+')
            .and_then(|code| u8::from_str_radix(str::from_utf8(code).ok()?, 16).ok());
        plain.push(value.unwrap_or(*first));
        bytes = if value.is_some() {
            rest.get(2..).unwrap_or_default()
        } else {
            rest
        };
    }
    String::from_utf8(plain)
        .ok()
        .filter(|plain| plain != address)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Postfix writes it, shortened.
    const POSTFIX: &str = "From: MAILER-DAEMON@mail.firm.example\r\nDate: Mon, 10 Mar 2014 10:05:00 +0000\r\nMessage-Id: <x@mail.firm.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nI'm sorry.\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.firm.example\r\nArrival-Date: Mon, 10 Mar 2014 10:00:00 +0000\r\n\r\nFinal-Recipient: rfc822; anna+x@firm.example\r\nOriginal-Recipient: rfc822;anna+2Bx@firm.example\r\nAction: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; mx.firm.example\r\nDiagnostic-Code: smtp; 550 5.1.1 no such\r\n    user\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <alert-7.1@hawser.example>\r\nSubject: x\r\n\r\nText\r\n--b--\r\n";

    #[test]
    fn a_notification_tells_address_code_action_and_mail() {
        let headers_only = POSTFIX
            .replace("message/rfc822", "text/rfc822-headers")
            .replace("Subject: x\r\n\r\nText\r\n", "Subject: x\r\n\r\n");
        for message in [POSTFIX, &headers_only] {
            let said = read(message.as_bytes()).unwrap();
            assert_eq!(said.len(), 1);
            let one = &said[0];
            assert_eq!(one.message_id.as_deref(), Some("alert-7.1@hawser.example"));
            assert!(one.addresses.contains(&"anna+x@firm.example".to_owned()));
            assert_eq!((one.action, one.status.as_str()), (Action::Failed, "5.1.1"));
            assert_eq!(one.diagnostic.as_deref(), Some("550 5.1.1 no such user"));
            // 10 March 2014, 10:05 UTC.
            assert_eq!(one.at, DateTime::from_timestamp(1_394_445_900, 0));
            assert!(one.is_final());
            assert_eq!(one.words(), "failed 5.1.1: 550 5.1.1 no such user");
        }
    }

    #[test]
    fn what_is_delayed_or_failed_for_now_is_not_final() {
        for (action, status, is_final) in [
            ("delayed", "4.4.1", false),
            ("failed", "4.4.7 (too long)", false),
            ("Failed", "5.2.2", true),
            ("delivered", "2.0.0", false),
        ] {
            let message = POSTFIX
                .replace("Action: failed", &format!("Action: {action}"))
                .replace("Status: 5.1.1", &format!("Status: {status}"));
            let said = read(message.as_bytes()).unwrap();
            assert_eq!(said[0].is_final(), is_final, "{action} {status}");
        }
    }

    #[test]
    fn what_is_no_notification_is_none() {
        for bad in [
            String::new(),
            "Subject: Out of office\r\n\r\nI am away.".to_owned(),
            POSTFIX
                .replace("Final-Recipient", "X")
                .replace("Original-Recipient", "Y"),
            POSTFIX.replace("5.1.1", "none"),
            POSTFIX.replace("Action: failed", "Action: maybe"),
            POSTFIX.replace("message/delivery-status", "text/plain"),
            "\0\u{ff}".repeat(1000),
        ] {
            assert_eq!(read(bad.as_bytes()).err(), Some(NotAReport), "{bad:.80}");
        }
        // Cut anywhere it is read or refused, never more.
        for end in 0..POSTFIX.len() {
            let _ = read(&POSTFIX.as_bytes()[..end]);
        }
    }

    #[test]
    fn status_codes_have_three_numbers() {
        for good in ["5.1.1", "4.4.7", "2.0.0", "5.1.10"] {
            assert!(is_status(good), "{good}");
        }
        for bad in [
            "", "5", "5.1", "5.1.1.1", "3.1.1", "5.x.1", "5..1", "5.1.1000", "550",
        ] {
            assert!(!is_status(bad), "{bad}");
        }
    }
}
