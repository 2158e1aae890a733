//! Reads the mailbox that notifications arrive in: a Maildir, an mbox file, or one message.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use super::report::LARGEST;

/// A mailbox.
#[derive(Clone, Debug)]
pub struct Mailbox(PathBuf);

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was taken in.
    Read,
    /// It cannot be taken in, now or later.
    SetAside,
}

/// The mailbox cannot be read, or what it holds cannot be taken in.
#[derive(Debug, thiserror::Error)]
pub enum MailboxError<E: std::error::Error> {
    /// The file or folder.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What follows from a message.
    #[error(transparent)]
    Taken(E),
}

impl Mailbox {
    /// The mailbox at this path.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Hands every message to `take`; of one longer than a notification only the beginning.
    ///
    /// Of a Maildir the new messages are read, and each is moved to `cur`: as read when it was taken, as
    /// flagged when it was set aside. A file is never changed.
    ///
    /// # Errors
    ///
    /// [`MailboxError`]; what was taken before stays taken. A message of a Maildir that cannot be read
    /// keeps none of the others.
    pub fn read<E: std::error::Error>(
        &self,
        mut take: impl FnMut(&[u8]) -> Result<Taken, E>,
    ) -> Result<(), MailboxError<E>> {
        if self.0.is_dir() {
            return self.read_folder(&mut take);
        }
        let failed = |source| Self::failed(&self.0, source);
        let file = File::open(&self.0).map_err(failed)?;
        each_message(BufReader::new(file), failed, &mut take)
    }

    fn read_folder<E: std::error::Error>(
        &self,
        take: &mut impl FnMut(&[u8]) -> Result<Taken, E>,
    ) -> Result<(), MailboxError<E>> {
        let (new, cur) = (self.0.join("new"), self.0.join("cur"));
        let listed = fs::read_dir(&new)
            .and_then(Iterator::collect::<io::Result<Vec<_>>>)
            .map_err(|source| Self::failed(&new, source))?;
        let mut names: Vec<_> = listed.into_iter().map(|entry| entry.file_name()).collect();
        names.sort();
        let mut unread = None;
        for name in names {
            let path = new.join(&name);
            let read = File::open(&path).and_then(|file| {
                let mut message = Vec::new();
                file.take(LARGEST as u64 + 1).read_to_end(&mut message)?;
                Ok(message)
            });
            let message = match read {
                Ok(message) => message,
                // Another reader was faster.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => {
                    unread.get_or_insert(Self::failed(&path, error));
                    continue;
                }
            };
            let taken = take(&message).map_err(MailboxError::Taken)?;
            let mut read_name = name;
            read_name.push(match taken {
                Taken::Read => ":2,S",
                Taken::SetAside => ":2,F",
            });
            match fs::rename(&path, cur.join(read_name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(Self::failed(&path, error));
                }
                _ => {}
            }
        }
        unread.map_or(Ok(()), Err)
    }

    fn failed<E: std::error::Error>(path: &Path, source: io::Error) -> MailboxError<E> {
        MailboxError::File {
            path: path.to_path_buf(),
            source,
        }
    }
}

/// Splits an mbox (`From ` at the beginning of a line that follows an empty one); what does not begin
/// so is one message.
fn each_message<E: std::error::Error>(
    mut lines: impl BufRead,
    failed: impl Fn(io::Error) -> MailboxError<E>,
    take: &mut impl FnMut(&[u8]) -> Result<Taken, E>,
) -> Result<(), MailboxError<E>> {
    let (mut message, mut line) = (Vec::new(), Vec::new());
    let (mut is_mbox, mut after_empty, mut first) = (false, true, true);
    loop {
        line.clear();
        // A line without an end is read in pieces.
        let length = (&mut lines)
            .take(1 << 16)
            .read_until(b'\n', &mut line)
            .map_err(&failed)?;
        let begins = line.starts_with(b"From ") && after_empty && (first || is_mbox);
        if (length == 0 || begins) && !message.is_empty() {
            take(&message).map_err(MailboxError::Taken)?;
            message.clear();
        }
        if length == 0 {
            return Ok(());
        }
        after_empty = line.trim_ascii().is_empty();
        if begins {
            is_mbox = true;
        } else if message.len() <= LARGEST {
            // ">From " stands for "From " in a body.
            let marks = line.iter().take_while(|&&byte| byte == b'>').count();
            let is_quoted = is_mbox
                && marks > 0
                && (line.get(marks..)).is_some_and(|rest| rest.starts_with(b"From "));
            message.extend_from_slice(line.get(usize::from(is_quoted)..).unwrap_or_default());
        }
        first = false;
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn messages(mailbox: &Mailbox) -> Vec<String> {
        let mut found = Vec::new();
        mailbox
            .read(|message| {
                found.push(String::from_utf8_lossy(message).into_owned());
                Ok::<_, Infallible>(Taken::Read)
            })
            .unwrap();
        found
    }

    #[test]
    fn an_mbox_is_split_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mbox");
        let text = "From a@b Mon Mar 10 10:00:00 2014\nSubject: 1\n\nx\n>From me\n>>From you\nFrom here\n\nFrom c@d Mon Mar 10 10:00:00 2014\nSubject: 2\n\ny\n";
        fs::write(&path, text).unwrap();
        let mailbox = Mailbox::at(&path);
        let expected = [
            "Subject: 1\n\nx\nFrom me\n>From you\nFrom here\n\n",
            "Subject: 2\n\ny\n",
        ];
        assert_eq!(messages(&mailbox), expected);
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        // A message alone holds such lines as they are.
        let alone = "Subject: 3\n\nFrom me\n\nFrom you\n";
        fs::write(&path, alone).unwrap();
        assert_eq!(messages(&mailbox), [alone]);
        fs::write(&path, "").unwrap();
        assert!(messages(&mailbox).is_empty());
    }

    #[test]
    fn an_endless_message_is_cut_and_the_next_one_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mbox");
        let endless = "x".repeat(LARGEST + (1 << 17));
        fs::write(&path, format!("From a\n{endless}\n\nFrom b\ny\n")).unwrap();
        let found = messages(&Mailbox::at(&path));
        assert_eq!(found.len(), 2);
        assert!(found[0].len() > LARGEST && found[0].len() <= LARGEST + (1 << 16));
        assert_eq!(found[1], "y\n");
    }

    #[test]
    fn new_messages_of_a_maildir_are_read_once() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["new", "cur", "tmp"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("new/2.host"), "b").unwrap();
        fs::write(folder.path().join("new/1.host"), "a").unwrap();
        let mailbox = Mailbox::at(folder.path());
        assert_eq!(messages(&mailbox), ["a", "b"]);
        assert!(messages(&mailbox).is_empty());
        assert!(folder.path().join("cur/1.host:2,S").exists());
        // What could not be taken in is looked at again.
        fs::write(folder.path().join("new/3.host"), "c").unwrap();
        let error = mailbox.read(|_| Err(io::Error::other("no")));
        assert!(matches!(error, Err(MailboxError::Taken(_))));
        assert_eq!(messages(&mailbox), ["c"]);
        // What never can is set aside; what cannot be read keeps the others from nothing.
        fs::write(folder.path().join("new/5.host"), "d").unwrap();
        let aside = mailbox.read(|_| Ok::<_, Infallible>(Taken::SetAside));
        assert!(aside.is_ok() && folder.path().join("cur/5.host:2,F").exists());
        fs::create_dir(folder.path().join("new/6.folder")).unwrap();
        fs::write(folder.path().join("new/7.host"), "e").unwrap();
        let mut found = Vec::new();
        let broken = mailbox.read(|message| {
            found.extend_from_slice(message);
            Ok::<_, Infallible>(Taken::Read)
        });
        assert_eq!(found, b"e");
        assert!(broken.unwrap_err().to_string().contains("6.folder"));
    }

    #[test]
    fn a_mailbox_that_is_not_there_is_named() {
        let error = Mailbox::at("/nowhere/mbox").read(|_| Ok::<_, Infallible>(Taken::Read));
        assert!(error.unwrap_err().to_string().contains("/nowhere/mbox"));
    }
}
