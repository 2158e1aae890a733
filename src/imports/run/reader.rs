//! The reading side of an import: a thread that maps rows and sums up the bytes.

use std::io::{self, Read};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};

use chrono_tz::Tz;
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::CHUNK;
use crate::imports::mapping::Mapping;
use crate::imports::read::{FileError, ReadError, Reject, Shape, ShipmentReader};
use crate::imports::row::RawRows;
use crate::shipments::model::ShipmentDraft;

/// From the reading thread to the writing one.
pub enum Message {
    /// The file can be read: its columns, and how its cells are to be shown.
    Begun { columns: Vec<String>, shape: Shape },
    /// Rows that could be read, and rows that could not.
    Rows {
        raw: RawRows,
        drafts: Vec<ShipmentDraft>,
        rejects: Vec<Reject>,
        bytes: u64,
    },
    /// The file ended.
    End {
        rows_read: u64,
        unmapped: Vec<String>,
        sha256: String,
    },
    /// The file cannot be read any further.
    Failed(FileError),
}

/// Passes bytes on and sums them up.
struct Hashed<R> {
    inner: R,
    digest: Arc<Mutex<Sha256>>,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if let Some(bytes) = buffer.get(..count) {
            let mut digest = self.digest.lock().unwrap_or_else(PoisonError::into_inner);
            digest.update(bytes);
        }
        Ok(count)
    }
}

/// Reads and maps until the end, or until nobody listens any more.
pub fn read(file: impl Read, mapping: &Mapping, zone: Tz, send: &SyncSender<Message>) {
    let digest = Arc::new(Mutex::new(Sha256::new()));
    let file = Hashed {
        inner: file,
        digest: Arc::clone(&digest),
    };
    let mut reader = match ShipmentReader::open(file, mapping, zone) {
        Ok(reader) => reader,
        Err(error) => {
            let _ = send.send(Message::Failed(error));
            return;
        }
    };
    let begun = Message::Begun {
        columns: reader.columns().to_vec(),
        shape: reader.shape(),
    };
    if send.send(begun).is_err() {
        return;
    }
    let (mut raw, mut drafts) = (RawRows::default(), Vec::with_capacity(CHUNK));
    let mut rejects = Vec::new();
    loop {
        let item = reader.next();
        let ended = item.is_none();
        match item {
            None => {}
            Some(Ok((_, draft))) => {
                raw.push(reader.row());
                drafts.push(draft);
            }
            Some(Err(ReadError::Row(reject))) => rejects.push(reject),
            Some(Err(ReadError::File(error))) => {
                let _ = send.send(Message::Failed(error));
                return;
            }
        }
        if ended || drafts.len() + rejects.len() >= CHUNK {
            let message = Message::Rows {
                raw: std::mem::take(&mut raw),
                drafts: std::mem::replace(&mut drafts, Vec::with_capacity(CHUNK)),
                rejects: std::mem::take(&mut rejects),
                bytes: reader.bytes_read(),
            };
            if send.send(message).is_err() {
                return;
            }
        }
        if ended {
            break;
        }
    }
    let _ = send.send(end(&reader, &digest));
}

fn end<R: Read>(reader: &ShipmentReader<R>, digest: &Mutex<Sha256>) -> Message {
    let sum = digest.lock().unwrap_or_else(PoisonError::into_inner);
    let unmapped = reader.columns_unmapped().into_iter();
    Message::End {
        rows_read: reader.rows_read(),
        unmapped: unmapped.map(str::to_owned).collect(),
        sha256: HEXLOWER.encode(&sum.clone().finalize()),
    }
}
