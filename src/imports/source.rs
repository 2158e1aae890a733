//! A window on a stream of bytes that never grows: however long a line, no more than this is held.

use std::io::{self, ErrorKind, Read};

/// Longest line taken, in bytes, its end included; a quoted CSV record counts as one line.
pub(super) const LINE_LIMIT: usize = 1 << 20;
/// Bytes asked of the reader at a time.
const CHUNK: usize = 64 << 10;
/// Bytes held: a line of the greatest length, and what was read behind it.
const BUFFER: usize = LINE_LIMIT + 2 * CHUNK;
/// What is left of the window is moved to the front if it is no longer than this: cheap, and the
/// same memory stays in the processor's cache.
const CHEAP_MOVE: usize = 4 << 10;

/// A stream seen through a window of fixed size.
#[derive(Debug)]
pub(super) struct Source<R> {
    reader: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    position: u64,
    at_end: bool,
}

impl<R: Read> Source<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            position: 0,
            at_end: false,
        }
    }

    /// What has been read and not been consumed.
    pub(super) fn window(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Offset of the window in the stream.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Bytes held, whatever is in them.
    pub(super) fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// Adds to the window; `false` if the stream has ended or the window is full.
    pub(super) fn fill(&mut self) -> io::Result<bool> {
        if self.at_end {
            return Ok(false);
        }
        let held = self.end - self.start;
        if self.start > 0 && (held <= CHEAP_MOVE || self.end + CHUNK > self.buffer.len()) {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, held);
        }
        let until = self.buffer.len().min(self.end + CHUNK);
        let free = self.buffer.get_mut(self.end..until).unwrap_or_default();
        if free.is_empty() {
            return Ok(false);
        }
        loop {
            match self.reader.read(free) {
                Ok(0) => {
                    self.at_end = true;
                    return Ok(false);
                }
                Ok(count) => {
                    self.end += count;
                    return Ok(true);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes `count` bytes off the front of the window.
    pub(super) fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.position += count as u64;
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Consumes everything up to and with the next line feed.
    pub(super) fn skip_line(&mut self) -> io::Result<()> {
        loop {
            if let Some(at) = memchr::memchr(b'\n', self.window()) {
                self.consume(at + 1);
                return Ok(());
            }
            self.consume(self.window().len());
            if !self.fill()? {
                return Ok(());
            }
        }
    }
}
