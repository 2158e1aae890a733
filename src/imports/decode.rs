//! Bytes to characters: UTF-8, GB18030, or whichever of them it turns out to be.

use encoding_rs::{DecoderResult, GB18030};

use super::mapping::Encoding;
use super::row::RawRow;

/// Bytes looked at to tell the encoding.
const SAMPLE: usize = 64 << 10;

/// Decodes the lines of one file.
///
/// Lines are cut before they are decoded. That is sound for both encodings: no byte of a multi-byte
/// character is a line end, a quote, a comma, a semicolon or a tab.
#[derive(Clone, Debug)]
pub(super) struct Decoder {
    encoding: Encoding,
}

/// Bytes that are no text.
#[derive(Debug)]
pub(super) struct BadText {
    /// Offset of the first of them in the line.
    pub byte: usize,
    /// The encoding that was expected.
    pub expected: &'static str,
}

impl Decoder {
    pub(super) fn new(encoding: Encoding) -> Self {
        Self { encoding }
    }

    /// The encoding; `Auto` as long as only ASCII has been met.
    pub(super) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Adds the cells `cells`, cut out of the line `raw`, to `row`. `sample` is the line and what
    /// has been read behind it.
    pub(super) fn cells(
        &mut self,
        (cells, ends): (&[u8], &[usize]),
        raw: usize,
        sample: &[u8],
        row: &mut RawRow,
    ) -> Result<(), BadText> {
        let line = sample.get(..raw).unwrap_or(sample);
        if self.encoding_of(cells, sample, line)? == Encoding::Gb18030 {
            let mut start = 0;
            for &end in ends {
                let cell = cells.get(start..end).unwrap_or_default();
                let text = GB18030.decode_without_bom_handling_and_without_replacement(cell);
                row.push(&text.ok_or_else(|| bad_gb18030(line))?);
                start = end;
            }
        } else {
            // A character cut by a delimiter could look whole once the cells lie side by side.
            let text = str::from_utf8(cells).ok();
            let whole = text.filter(|text| ends.iter().all(|&end| text.is_char_boundary(end)));
            row.text.push_str(whole.ok_or_else(|| bad_utf8(line))?);
            row.ends.extend_from_slice(ends);
        }
        Ok(())
    }

    /// Replaces `text` by the line `sample[..raw]`.
    pub(super) fn line(
        &mut self,
        raw: usize,
        sample: &[u8],
        text: &mut String,
    ) -> Result<(), BadText> {
        let line = sample.get(..raw).unwrap_or(sample);
        text.clear();
        if self.encoding_of(line, sample, line)? == Encoding::Gb18030 {
            let decoded = GB18030.decode_without_bom_handling_and_without_replacement(line);
            text.push_str(&decoded.ok_or_else(|| bad_gb18030(line))?);
        } else {
            text.push_str(str::from_utf8(line).map_err(|_| bad_utf8(line))?);
        }
        Ok(())
    }

    fn encoding_of(
        &mut self,
        text: &[u8],
        sample: &[u8],
        line: &[u8],
    ) -> Result<Encoding, BadText> {
        if self.encoding == Encoding::Auto {
            if text.is_ascii() {
                return Ok(Encoding::Utf8);
            }
            self.encoding = guess(sample.get(..SAMPLE).unwrap_or(sample));
            if self.encoding == Encoding::Auto {
                let byte = line.iter().position(|byte| !byte.is_ascii()).unwrap_or(0);
                return Err(BadText {
                    byte,
                    expected: "UTF-8 or GB18030",
                });
            }
        }
        Ok(self.encoding)
    }
}

/// The encoding of `sample`: UTF-8 if most characters beyond ASCII are well formed in it, else
/// GB18030 if most are common characters of it, else `Auto`.
///
/// Western encodings such as Windows-1252 are often well formed GB18030, but with letters for
/// second bytes, where Chinese text has mostly bytes from 0xA1 on.
fn guess(sample: &[u8]) -> Encoding {
    let (mut good, mut bad) = (0, 0);
    for chunk in sample.utf8_chunks() {
        good += chunk
            .valid()
            .chars()
            .filter(|letter| !letter.is_ascii())
            .count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    if good > 0 && good >= bad {
        return Encoding::Utf8;
    }

    let (mut common, mut other) = (0, 0);
    let mut rest = sample;
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (0..=0x7f, _) => after,
            (
                0x81..=0xfe,
                [0xa1..=0xfe, after @ ..] | [b'0'..=b'9', 0x81..=0xfe, b'0'..=b'9', after @ ..],
            ) => {
                common += 1;
                after
            }
            _ => {
                other += 1;
                after.get(1..).unwrap_or_default()
            }
        };
    }
    if common > other {
        Encoding::Gb18030
    } else {
        Encoding::Auto
    }
}

fn bad_utf8(line: &[u8]) -> BadText {
    let byte = str::from_utf8(line)
        .err()
        .map_or(0, |error| error.valid_up_to());
    BadText {
        byte,
        expected: "UTF-8",
    }
}

fn bad_gb18030(line: &[u8]) -> BadText {
    let mut decoder = GB18030.new_decoder_without_bom_handling();
    let mut text = vec![
        0;
        decoder
            .max_utf8_buffer_length_without_replacement(line.len())
            .unwrap_or(0)
    ];
    let (result, read, _) = decoder.decode_to_utf8_without_replacement(line, &mut text, true);
    let byte = match result {
        DecoderResult::Malformed(length, after) => {
            read.saturating_sub(usize::from(length) + usize::from(after))
        }
        // The line as a whole is well formed, a cell of it is not: cannot be told more closely.
        _ => line.iter().position(|byte| !byte.is_ascii()).unwrap_or(0),
    };
    BadText {
        byte,
        expected: "GB18030",
    }
}

/// The beginning of bytes that may be no text: at most 200 of them, those that are none as `\xNN`.
pub(super) fn excerpt(bytes: &[u8]) -> String {
    use std::fmt::Write;

    let shown = bytes.get(..200).unwrap_or(bytes);
    let mut text = String::new();
    for chunk in shown.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(text, "\\x{byte:02X}");
        }
    }
    text.trim_end_matches(['\r', '\n']).to_owned()
}
