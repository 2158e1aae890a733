//! One message: who, to whom, when, and its words.

use chrono::{DateTime, Utc};
use mail_parser::decoders::html::html_to_text;
use mail_parser::{Address, MessageParser, MimeHeaders as _, PartType};
use sha2::{Digest as _, Sha256};

use super::super::model::SUBJECT;
use super::{MailReason, Refusal};

/// What was read of a message.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Letter {
    /// Its Message-ID, or a digest of it if it has none.
    pub id: String,
    /// Addresses in lower case.
    pub from: Vec<String>,
    /// Addresses in lower case, those in `To` first.
    pub to: Vec<String>,
    /// When it was sent.
    pub at: DateTime<Utc>,
    /// Without line breaks.
    pub subject: Option<String>,
    /// All of its texts; HTML only where there is no plain text, without what it quotes.
    pub text: Option<String>,
    /// What is to be known of it.
    pub notes: Vec<(MailReason, String)>,
}

/// Reads a message. Whatever the bytes are, it ends with a letter or a reason.
///
/// # Errors
///
/// Why it is of no use.
pub(super) fn read(bytes: &[u8]) -> Result<Letter, Refusal> {
    let message = MessageParser::default().parse(bytes).ok_or_else(|| {
        Refusal::new(MailReason::Unreadable, "no header of a message can be read")
    })?;
    let from = addresses(message.from().or_else(|| message.sender()));
    if from.is_empty() {
        return Err(Refusal::new(MailReason::NoSender, "it has no From address"));
    }
    let to = [message.to(), message.cc(), message.bcc()];
    let to = to.into_iter().flat_map(addresses).collect();
    let at = sent_at(&message).ok_or_else(|| {
        Refusal::new(
            MailReason::NoDate,
            format!("from {}: it has no date that can be read", from.join(", ")),
        )
    })?;
    let subject = message.subject().map(|text| {
        let blank = |letter: char| if letter.is_control() { ' ' } else { letter };
        text.chars()
            .map(blank)
            .collect::<String>()
            .trim()
            .to_owned()
    });
    let (text, damaged) = words(&message);
    let mut notes = Vec::new();
    let subject = subject.map(|text| match text.char_indices().nth(SUBJECT) {
        None => text,
        Some((end, _)) => {
            let found = text.chars().count();
            let detail = format!("the subject has {found} characters: {SUBJECT} are kept");
            notes.push((MailReason::SubjectCut, detail));
            text.get(..end).unwrap_or_default().to_owned()
        }
    });
    if damaged {
        let detail = "part of the text could not be decoded".to_owned();
        notes.push((MailReason::Damaged, detail));
    }
    let told = message.message_id().map(clean).filter(|id| !id.is_empty());
    Ok(Letter {
        id: told
            .filter(|id| id.chars().count() <= 300)
            .unwrap_or_else(|| digest(bytes)),
        from,
        to,
        at,
        subject: subject.filter(|text| !text.is_empty()),
        text: (!text.trim().is_empty()).then_some(text),
        notes,
    })
}

/// A Message-ID without what a key may not hold.
fn clean(id: &str) -> String {
    id.chars()
        .filter(|letter| !letter.is_control())
        .collect::<String>()
        .trim()
        .to_owned()
}

fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    format!(
        "sha256:{}",
        data_encoding::HEXLOWER.encode(digest.as_slice())
    )
}

fn addresses(of: Option<&Address<'_>>) -> Vec<String> {
    let Some(of) = of else { return Vec::new() };
    of.iter()
        .filter_map(|one| one.address())
        .map(|address| address.trim().to_lowercase())
        .filter(|address| !address.is_empty() && !address.contains('\0'))
        .collect()
}

/// When it was sent, or else when it was received.
fn sent_at(message: &mail_parser::Message<'_>) -> Option<DateTime<Utc>> {
    let told = message.date().copied();
    let received = || message.received().and_then(mail_parser::Received::date);
    let date = told
        .filter(mail_parser::DateTime::is_valid)
        .or_else(received)?;
    if !date.is_valid() {
        return None;
    }
    DateTime::from_timestamp(date.to_timestamp(), 0)
}

/// The text, and whether part of it could not be decoded.
fn words(message: &mail_parser::Message<'_>) -> (String, bool) {
    let (mut text, mut damaged) = (String::new(), false);
    for part in message.text_bodies() {
        if part.attachment_name().is_some() {
            continue;
        }
        let own = match &part.body {
            PartType::Text(own) => own.to_string(),
            PartType::Html(html) => html_to_text(&without_quotes(html)),
            _ => continue,
        };
        damaged |= part.is_encoding_problem;
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&own);
    }
    // No database takes NUL in a text.
    (text.replace('\0', "\u{fffd}"), damaged)
}

/// HTML with the mark of a quote in the place of each `<blockquote>` element, which holds what others
/// wrote; one that is not closed reaches to the end.
fn without_quotes(html: &str) -> String {
    const OPEN: &str = "<blockquote";
    const CLOSE: &str = "</blockquote";
    // Without it "Bob wrote:" would stand above the answer, which would be taken for his.
    const MARK: &str = "<br>&gt;<br>";
    let lower = html.to_ascii_lowercase();
    let (mut kept, mut depth, mut at, mut begin) = (String::new(), 0_usize, 0, 0);
    while let Some(found) = lower.get(at..).and_then(|rest| rest.find('<')) {
        let tag = at + found;
        let rest = lower.get(tag..).unwrap_or_default();
        at = tag + 1;
        if rest.starts_with(OPEN) {
            if depth == 0 {
                kept.push_str(html.get(begin..tag).unwrap_or_default());
                kept.push_str(MARK);
            }
            depth += 1;
        } else if rest.starts_with(CLOSE) && depth > 0 {
            depth -= 1;
            begin = rest.find('>').map_or(html.len(), |end| tag + end + 1);
        }
    }
    if depth == 0 {
        kept.push_str(html.get(begin..).unwrap_or_default());
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_html_goes_nested_or_not_closed() {
        for (html, kept) in [
            (
                "<p>a</p><blockquote>b</blockquote><p>c</p>",
                "<p>a</p><br>&gt;<br><p>c</p>",
            ),
            (
                "a<BLOCKQUOTE x=1>b<blockquote>c</blockquote>d</blockquote>e",
                "a<br>&gt;<br>e",
            ),
            ("a<blockquote>b", "a<br>&gt;<br>"),
            ("a</blockquote>b", "a</blockquote>b"),
            ("没有引用", "没有引用"),
        ] {
            assert_eq!(without_quotes(html), kept);
        }
    }

    #[test]
    fn an_answer_below_quoted_html_is_kept() {
        let html = "<div>On 3 March 2026 Bob wrote:</div><blockquote>Delivered.</blockquote>\
            <div>The pallets are still missing.</div>";
        let mail = format!(
            "From: a@x.example\nDate: Tue, 3 Mar 2026 10:12:00 +0800\nContent-Type: text/html\n\n{html}"
        );
        let text = read(mail.as_bytes()).unwrap().text.unwrap();
        let own = crate::interactions::strip::own_words(&text);
        assert_eq!(own, "The pallets are still missing.");
    }

    #[test]
    fn a_long_subject_is_cut_and_named() {
        let with = |letters: usize| {
            let subject = "é".repeat(letters);
            let mail = format!(
                "From: a@x.example\nDate: Tue, 3 Mar 2026 10:12:00 +0800\nSubject: {subject}\n\nhi"
            );
            read(mail.as_bytes()).unwrap()
        };
        let whole = with(1_000);
        assert_eq!(
            (whole.subject, whole.notes),
            (Some("é".repeat(1_000)), vec![])
        );
        let cut = with(1_001);
        assert_eq!(cut.subject, Some("é".repeat(1_000)));
        assert_eq!(cut.notes[0].0, MailReason::SubjectCut);
        assert!(cut.notes[0].1.contains("1001"), "{:?}", cut.notes);
    }

    #[test]
    fn what_is_missing_is_named() {
        let reason = |text: &str| read(text.as_bytes()).unwrap_err().reason;
        assert_eq!(reason(""), MailReason::Unreadable);
        assert_eq!(reason("To: b@x\n\nhi"), MailReason::NoSender);
        assert_eq!(reason("From: a@x\n\nhi"), MailReason::NoDate);
        assert_eq!(
            reason("From: a@x\nDate: yesterday\n\nhi"),
            MailReason::NoDate
        );
    }

    #[test]
    fn a_message_without_id_is_known_by_its_digest() {
        let text =
            "From: A <A@X.example>\nTo: b@x.example\nDate: Tue, 3 Mar 2026 10:12:00 +0800\n\nhi";
        let letter = read(text.as_bytes()).unwrap();
        assert!(letter.id.starts_with("sha256:"), "{}", letter.id);
        assert_eq!(letter.from, ["a@x.example"]);
        assert_eq!(letter.at.to_rfc3339(), "2026-03-03T02:12:00+00:00");
        assert_eq!(read(text.as_bytes()).unwrap(), letter);
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mail-fixtures");
        let mut seed = 7_u64;
        let mut dice = |sides: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(seed >> 33).unwrap() % sides
        };
        for entry in std::fs::read_dir(folder).unwrap() {
            let whole = std::fs::read(entry.unwrap().path()).unwrap();
            for _ in 0..300 {
                let mut bytes = whole.clone();
                for _ in 0..dice(20) {
                    let at = dice(bytes.len());
                    bytes[at] = u8::try_from(dice(256)).unwrap();
                }
                bytes.truncate(dice(bytes.len()) + 1);
                drop(read(&bytes));
            }
        }
    }
}
