//! Messages one after the other from a file: a mailbox (mbox), or one message (.eml).

use std::io::{self, BufRead, Read as _};

/// Bytes of a message at most: 50 MB.
pub const LARGEST: usize = 50_000_000;

/// Bytes that are read together.
const CHUNK: u64 = 64 << 10;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One message.
    Message,
    /// A mailbox: each message behind a line that begins with `From `.
    Mailbox,
    /// A mailbox if it begins with `From `, else one message.
    Either,
}

/// What stands between two separators.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A message as it was sent.
    Message(Vec<u8>),
    /// A message of so many bytes, which is more than are held.
    TooLarge(u64),
    /// Something in front of the first message.
    Stray,
}

/// The messages of a file.
#[derive(Debug)]
pub(super) struct Messages<R> {
    reader: R,
    limit: usize,
    mailbox: bool,
    /// What is read belongs to a message.
    inside: bool,
    /// The next byte begins a line.
    line_begins: bool,
    /// The line before is blank, or there is none.
    blank: bool,
}

impl<R: BufRead> Messages<R> {
    /// The messages of `reader`, each held up to `limit` bytes.
    ///
    /// # Errors
    ///
    /// The reader's.
    pub fn new(mut reader: R, form: Form, limit: usize) -> io::Result<Self> {
        let mailbox = match form {
            Form::Message => false,
            Form::Mailbox => true,
            Form::Either => reader.fill_buf()?.starts_with(b"From "),
        };
        Ok(Self {
            reader,
            limit,
            mailbox,
            inside: !mailbox,
            line_begins: true,
            blank: true,
        })
    }

    fn read(&mut self) -> io::Result<Option<Piece>> {
        let mut held = Held::default();
        let mut chunk = Vec::new();
        loop {
            chunk.clear();
            let mut some = (&mut self.reader).take(CHUNK);
            if some.read_until(b'\n', &mut chunk)? == 0 {
                let last = held.piece(std::mem::take(&mut self.inside), self.limit);
                return Ok(last);
            }
            let begins = std::mem::replace(&mut self.line_begins, chunk.ends_with(b"\n"));
            let blank = begins && chunk.trim_ascii().is_empty();
            let behind_blank = std::mem::replace(&mut self.blank, blank);
            if self.mailbox && begins && behind_blank && is_separator(&chunk) {
                let inside = std::mem::replace(&mut self.inside, true);
                let piece = std::mem::take(&mut held).piece(inside, self.limit);
                if piece.is_some() {
                    return Ok(piece);
                }
                continue;
            }
            let quoted = self.mailbox && begins && is_quoted_from(&chunk);
            held.add(
                chunk.get(usize::from(quoted)..).unwrap_or_default(),
                self.limit,
            );
        }
    }
}

impl<R: BufRead> Iterator for Messages<R> {
    type Item = io::Result<Piece>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// What was read of a message.
#[derive(Default)]
struct Held {
    bytes: Vec<u8>,
    count: u64,
    filled: bool,
}

impl Held {
    fn add(&mut self, bytes: &[u8], limit: usize) {
        self.count += bytes.len() as u64;
        self.filled |= !bytes.trim_ascii().is_empty();
        if self.bytes.len() + bytes.len() <= limit {
            self.bytes.extend_from_slice(bytes);
        }
    }

    fn piece(self, inside: bool, limit: usize) -> Option<Piece> {
        if !inside {
            return self.filled.then_some(Piece::Stray);
        }
        // An empty file holds no message; an empty message is one that cannot be read.
        if self.count > limit as u64 {
            Some(Piece::TooLarge(self.count))
        } else {
            Some(Piece::Message(self.bytes))
        }
    }
}

/// `From anna@firm.example Tue Mar  3 10:12:00 2026`: a text that begins with "From" has no time.
fn is_separator(line: &[u8]) -> bool {
    line.strip_prefix(b"From ").is_some_and(|rest| {
        let clock =
            |at: &[u8]| matches!(at, [a, b':', c] if a.is_ascii_digit() && c.is_ascii_digit());
        rest.windows(3).any(clock)
    })
}

/// `>From `, which was `From ` before it came into the mailbox.
fn is_quoted_from(line: &[u8]) -> bool {
    let quotes = line.iter().take_while(|byte| **byte == b'>').count();
    quotes > 0
        && line
            .get(quotes..)
            .is_some_and(|rest| rest.starts_with(b"From "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str, form: Form, limit: usize) -> Vec<Piece> {
        let found = Messages::new(text.as_bytes(), form, limit).unwrap();
        found.collect::<io::Result<_>>().unwrap()
    }

    fn message(text: &str) -> Piece {
        Piece::Message(text.as_bytes().to_vec())
    }

    #[test]
    fn a_mailbox_is_cut_at_its_separators_and_quotes_are_taken_off() {
        let text = "From a@x Tue Mar  3 10:12:00 2026\nSubject: 1\n\nFrom here on.\n>From x\n>>From y\n\nFrom b@x Tue Mar  3 10:13:00 2026\nSubject: 2\n";
        let wanted = [
            message("Subject: 1\n\nFrom here on.\nFrom x\n>From y\n\n"),
            message("Subject: 2\n"),
        ];
        assert_eq!(pieces(text, Form::Mailbox, 1_000), wanted);
        assert_eq!(pieces(text, Form::Either, 1_000), wanted);
    }

    #[test]
    fn one_message_is_left_as_it_is() {
        let text = "Subject: 1\n\nFrom a@x Tue Mar  3 10:12:00 2026\n>From x\n";
        assert_eq!(pieces(text, Form::Either, 1_000), [message(text)]);
        assert_eq!(
            pieces(text, Form::Mailbox, 1_000).first(),
            Some(&Piece::Stray)
        );
    }

    #[test]
    fn a_message_that_is_too_large_is_counted_and_the_next_is_read() {
        let line = format!("{}\n", "x".repeat(200_000));
        let from = "From a@x Tue Mar  3 10:12:00 2026\n";
        let text = format!("{from}{line}\n{from}Subject: 2\n");
        let found = pieces(&text, Form::Mailbox, 1_000);
        assert_eq!(found, [Piece::TooLarge(200_002), message("Subject: 2\n")]);
    }

    #[test]
    fn an_empty_mailbox_holds_nothing_and_an_empty_message_one_that_cannot_be_read() {
        assert_eq!(pieces("", Form::Mailbox, 9), []);
        assert_eq!(pieces("\n\n", Form::Mailbox, 9), []);
        assert_eq!(pieces("", Form::Message, 9), [message("")]);
    }
}
