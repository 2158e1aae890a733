//! A file that comes over HTTP: written to disk as it arrives, never held in memory.

use std::fs::File;
use std::io::{self, Write as _};

use actix_web::web::{Bytes, BytesMut, Payload};
use actix_web::{HttpRequest, web};
use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};

use crate::error::{Answer, Error};

/// Bytes that are written together.
const CHUNK: usize = 1 << 20;

/// A received file.
pub(crate) struct Upload {
    /// Without a name: it goes with the process, however that ends.
    pub file: File,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256.
    pub digest: [u8; 32],
}

/// Receives the body of a request, up to `limit` bytes.
///
/// # Errors
///
/// 413 if it is longer, at once where its length is told before; 400 if it breaks off.
pub(crate) async fn receive(
    request: &HttpRequest,
    mut payload: Payload,
    limit: u64,
) -> Answer<Upload> {
    let told = request.headers().get("content-length");
    let told = told.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if told.is_some_and(|told| told > limit) {
        return Err(Error::TooLarge { limit });
    }
    let mut sink = blocking(|| Ok(Sink::new(tempfile::tempfile()?))).await?;
    let mut held = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| Error::malformed("broken_body", error.to_string()))?;
        if sink.bytes + (held.len() + chunk.len()) as u64 > limit {
            return Err(Error::TooLarge { limit });
        }
        held.extend_from_slice(&chunk);
        if held.len() >= CHUNK {
            let full = held.split().freeze();
            sink = blocking(move || sink.write(&full)).await?;
        }
    }
    let rest = held.freeze();
    let sink = blocking(move || sink.write(&rest)).await?;
    Ok(Upload {
        file: sink.file,
        bytes: sink.bytes,
        digest: sink.digest.finalize().into(),
    })
}

struct Sink {
    file: File,
    bytes: u64,
    digest: Sha256,
}

impl Sink {
    fn new(file: File) -> Self {
        Self {
            file,
            bytes: 0,
            digest: Sha256::new(),
        }
    }

    fn write(mut self, bytes: &Bytes) -> io::Result<Self> {
        self.file.write_all(bytes)?;
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(self)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Answer<T> {
    web::block(work)
        .await
        .map_err(Error::internal)?
        .map_err(Error::internal)
}
