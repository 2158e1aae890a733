//! DKIM: signs messages, so that receivers can tell that they are ours (RFC 6376, RFC 8463).
//!
//! Signed are the bytes that go out, in the forms "relaxed/relaxed", which survive the folding and
//! spacing that relays change. Header fields that a message lacks are signed as lacking: nobody can add
//! them later, nor a second one of those that readers are shown. `Content-Type` is not signed: relays rewrite the boundary's quotes.

use std::path::{Path, PathBuf};

use data_encoding::{BASE64, BASE64_MIME_PERMISSIVE};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use sha2::{Digest as _, Sha256};

use super::SendError;

/// The header fields that are signed once more than they are there: a second one breaks the signature.
const SEALED: [&str; 5] = ["from", "to", "subject", "date", "message-id"];
/// The other header fields that are signed, there or not.
const SIGNED: [&str; 9] = [
    "reply-to",
    "sender",
    "cc",
    "mime-version",
    "in-reply-to",
    "references",
    "auto-submitted",
    "list-unsubscribe",
    "list-unsubscribe-post",
];
/// Base64 of a signature is folded after so many characters.
const LINE: usize = 70;

/// Whose signature, under which name, with which key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DkimSettings {
    /// The domain that signs; the one behind the `@` of the sender, or one above it.
    pub domain: String,
    /// Names the key: it is published at `SELECTOR._domainkey.DOMAIN`.
    pub selector: String,
    /// PEM file of the private key: RSA of 2048 to 4096 bits (PKCS#1 or PKCS#8), or Ed25519 (PKCS#8).
    pub key_file: PathBuf,
}

/// A setting with which nothing can be signed.
#[derive(Debug, thiserror::Error)]
pub enum DkimError {
    /// No domain.
    #[error("{0:?} is not a domain that can sign: expected letters, digits, hyphens and dots")]
    Domain(String),
    /// Nobody would believe the signature (RFC 7489, 3.1.1).
    #[error("{domain} cannot sign mails from {sender}: expected {sender} or a domain above it")]
    Foreign {
        /// The domain that was to sign.
        domain: String,
        /// That of the sender.
        sender: String,
    },
    /// No selector.
    #[error("{0:?} is not a selector: expected letters, digits, hyphens and dots")]
    Selector(String),
    /// The file of the key cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds no key that can sign.
    #[error(
        "{} holds no key to sign with: {cause}; expected PEM of an RSA key of 2048 to 4096 bits or an Ed25519 key, not encrypted",
        path.display()
    )]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
}

/// Signs messages.
pub(super) struct Signer {
    domain: String,
    selector: String,
    key: Key,
}

enum Key {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

impl Signer {
    /// Reads the key, to sign mails from the domain `sender`.
    pub(super) fn new(settings: &DkimSettings, sender: &str) -> Result<Self, DkimError> {
        if !is_domain(&settings.domain) {
            return Err(DkimError::Domain(shown(&settings.domain)));
        }
        if !is_within(sender, &settings.domain) {
            return Err(DkimError::Foreign {
                domain: settings.domain.clone(),
                sender: shown(sender),
            });
        }
        if !is_domain(&settings.selector) {
            return Err(DkimError::Selector(shown(&settings.selector)));
        }
        let path = &settings.key_file;
        let pem = std::fs::read_to_string(path).map_err(|source| DkimError::Unreadable {
            path: path.clone(),
            source,
        })?;
        Ok(Self {
            domain: settings.domain.clone(),
            selector: settings.selector.clone(),
            key: read_key(&pem, path)?,
        })
    }

    /// The `DKIM-Signature` header of a message, with its line end, to be put in front of it.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SendError> {
        let (head, body) = split(message);
        let fields = fields(head);
        let body_hash = BASE64.encode(&Sha256::digest(relaxed_body(body)));
        let algorithm = match self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        let value = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed; d={};\r\n s={};\r\n h={};\r\n bh={body_hash};\r\n b=",
            self.domain,
            self.selector,
            names(&fields).join(":\r\n "),
        );
        let mut signed = Vec::new();
        for name in SEALED.into_iter().chain(SIGNED) {
            // Of several fields with one name the last comes first (RFC 6376, 5.4.2).
            for value in named(&fields, name).rev() {
                signed.extend(relaxed_header(name, value));
                signed.extend(b"\r\n");
            }
        }
        signed.extend(relaxed_header("dkim-signature", value.as_bytes()));
        let mut header = format!("DKIM-Signature: {value}").into_bytes();
        let signature = BASE64.encode(&self.key.sign(&signed)?);
        for (number, line) in signature.as_bytes().chunks(LINE).enumerate() {
            if number > 0 {
                header.extend(b"\r\n  ");
            }
            header.extend(line);
        }
        header.extend(b"\r\n");
        Ok(header)
    }
}

impl Key {
    fn sign(&self, data: &[u8]) -> Result<Vec<u8>, SendError> {
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    data,
                    &mut signature,
                )
                .map_err(|_| SendError::permanent("it cannot be signed with the DKIM key"))?;
                Ok(signature)
            }
            // RFC 8463: what is signed is the hash.
            Self::Ed25519(key) => Ok(key.sign(&Sha256::digest(data)).as_ref().to_vec()),
        }
    }
}

fn read_key(pem: &str, path: &Path) -> Result<Key, DkimError> {
    let unfit = |cause: &str| DkimError::Key {
        path: path.to_path_buf(),
        cause: cause.to_owned(),
    };
    let after = |text: &'_ str, mark: &str| text.find(mark).map(|at| at + mark.len());
    let begin = after(pem, "-----BEGIN ").ok_or_else(|| unfit("nothing begins with BEGIN"))?;
    let rest = pem.get(begin..).unwrap_or_default();
    let (kind, rest) = rest
        .split_once("-----")
        .ok_or_else(|| unfit("its first line does not end"))?;
    let (body, _) = rest
        .split_once("-----END ")
        .ok_or_else(|| unfit("it does not end"))?;
    let der = BASE64_MIME_PERMISSIVE
        .decode(body.trim().as_bytes())
        .map_err(|error| unfit(&format!("it is not base64: {error}")))?;
    match kind {
        "RSA PRIVATE KEY" => RsaKeyPair::from_der(&der)
            .map(|key| Key::Rsa(Box::new(key)))
            .map_err(|error| unfit(&error.to_string())),
        "PRIVATE KEY" => match Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der) {
            Ok(key) => Ok(Key::Ed25519(Box::new(key))),
            Err(_) => RsaKeyPair::from_pkcs8(&der)
                .map(|key| Key::Rsa(Box::new(key)))
                .map_err(|error| unfit(&error.to_string())),
        },
        other => Err(unfit(&format!("it is a {other}"))),
    }
}

/// Whether this can stand in the signature and in DNS.
fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && (label.bytes()).all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// Whether `domain` is `above` or lies below it.
fn is_within(domain: &str, above: &str) -> bool {
    let (domain, above) = (domain.to_ascii_lowercase(), above.to_ascii_lowercase());
    let rest = domain.strip_suffix(&above);
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn shown(text: &str) -> String {
    text.chars().take(100).collect()
}

/// Header and body; the body begins behind the first empty line.
fn split(message: &[u8]) -> (&[u8], &[u8]) {
    let end = message.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    end.and_then(|at| message.split_at_checked(at + 4))
        .unwrap_or((message, &[]))
}

/// Names and values of header fields; values keep their line ends inside.
fn fields(head: &[u8]) -> Vec<(&[u8], Vec<u8>)> {
    let mut fields: Vec<(&[u8], Vec<u8>)> = Vec::new();
    for line in head.split(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.first().is_some_and(|first| b" \t".contains(first)) {
            if let Some((_, value)) = fields.last_mut() {
                value.extend(line);
            }
        } else if let Some(colon) = line.iter().position(|&byte| byte == b':')
            && let Some((name, value)) = line.split_at_checked(colon)
        {
            fields.push((
                name.trim_ascii_end(),
                value.get(1..).unwrap_or_default().to_vec(),
            ));
        }
    }
    fields
}

/// The values of the fields with this name, from top to bottom.
fn named<'a>(
    fields: &'a [(&[u8], Vec<u8>)],
    name: &'a str,
) -> impl DoubleEndedIterator<Item = &'a Vec<u8>> {
    fields
        .iter()
        .filter(|(other, _)| other.eq_ignore_ascii_case(name.as_bytes()))
        .map(|(_, value)| value)
}

/// What the signature says it covers: each name as often as it is there, sealed ones once more, others
/// once if they are not there.
fn names(fields: &[(&[u8], Vec<u8>)]) -> Vec<&'static str> {
    let times = |name: &str| named(fields, name).count();
    let sealed = (SEALED.into_iter()).flat_map(|name| std::iter::repeat_n(name, times(name) + 1));
    let others =
        (SIGNED.into_iter()).flat_map(|name| std::iter::repeat_n(name, times(name).max(1)));
    sealed.chain(others).collect()
}

/// A header field as "relaxed" has it, without its line end (RFC 6376, 3.4.2).
fn relaxed_header(name: &str, value: &[u8]) -> Vec<u8> {
    let mut field = name.as_bytes().to_vec();
    field.push(b':');
    let unfolded = value.iter().filter(|byte| !b"\r\n".contains(byte));
    let mut words: Vec<u8> = Vec::with_capacity(value.len());
    squeeze(&mut words, unfolded.copied());
    field.extend(words.trim_ascii());
    field
}

/// A body as "relaxed" has it (RFC 6376, 3.4.4).
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut relaxed = Vec::with_capacity(body.len() + 2);
    // Empty lines at the end do not count: they are written when another line follows.
    let mut empty = 0;
    for line in body.split(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut clean = Vec::with_capacity(line.len());
        squeeze(&mut clean, line.iter().copied());
        if clean.last() == Some(&b' ') {
            clean.pop();
        }
        if clean.is_empty() {
            empty += 1;
            continue;
        }
        for _ in 0..std::mem::take(&mut empty) {
            relaxed.extend(b"\r\n");
        }
        relaxed.extend(clean);
        relaxed.extend(b"\r\n");
    }
    relaxed
}

/// Spaces and tabs in a row become one space.
fn squeeze(out: &mut Vec<u8>, bytes: impl Iterator<Item = u8>) {
    let mut blank = false;
    for byte in bytes {
        let is_blank = b" \t".contains(&byte);
        if !is_blank {
            out.push(byte);
        } else if !blank {
            out.push(b' ');
        }
        blank = is_blank;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 6376, 3.4.5.
    #[test]
    fn the_relaxed_form_is_that_of_the_standard() {
        let message = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n";
        let (head, body) = split(message);
        let fields = fields(head);
        let written: Vec<Vec<u8>> = fields
            .iter()
            .map(|(name, value)| {
                relaxed_header(&String::from_utf8_lossy(name).to_lowercase(), value)
            })
            .collect();
        assert_eq!(written, [b"a:X".to_vec(), b"b:Y Z".to_vec()]);
        assert_eq!(relaxed_body(body), b" C\r\nD E\r\n");
        assert_eq!(relaxed_body(b""), b"");
        assert_eq!(relaxed_body(b"\r\n \r\n"), b"");
        assert_eq!(relaxed_body(b"a"), b"a\r\n");
    }

    #[test]
    fn what_readers_are_shown_is_sealed_and_what_lacks_is_named() {
        let head = b"Subject: x\r\nFROM: a@b\r\nReferences: <1@b>\r\nCc: c@d\r\nCc: e@f\r\n\r\n";
        let expected = "from from to subject subject date message-id reply-to sender cc cc \
            mime-version in-reply-to references auto-submitted list-unsubscribe \
            list-unsubscribe-post";
        assert_eq!(names(&fields(head)).join(" "), expected);
    }

    #[test]
    fn what_cannot_sign_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let key_file = folder.path().join("dkim.pem");
        let settings = |domain: &str, selector: &str| DkimSettings {
            domain: domain.to_owned(),
            selector: selector.to_owned(),
            key_file: key_file.clone(),
        };
        let refused = |settings| Signer::new(&settings, "mail.a.example").err().unwrap();
        for bad in ["", "a b", "x;y", "-a.example", "a..b", "x\r\ny"] {
            assert!(matches!(refused(settings(bad, "s")), DkimError::Domain(_)));
            assert!(matches!(
                refused(settings("a.example", bad)),
                DkimError::Selector(_)
            ));
        }
        for foreign in ["b.example", "il.a.example", "x.mail.a.example"] {
            let error = refused(settings(foreign, "s"));
            assert!(matches!(error, DkimError::Foreign { .. }), "{foreign}");
            assert!(error.to_string().contains("mail.a.example"), "{error}");
        }
        for right in ["a.example", "A.Example", "mail.a.example"] {
            assert!(matches!(
                refused(settings(right, "s")),
                DkimError::Unreadable { .. }
            ));
        }
        for bad in [
            "",
            "hello",
            "-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
            "-----BEGIN RSA PRIVATE KEY-----\nAAAA",
        ] {
            std::fs::write(&key_file, bad).unwrap();
            let error = refused(settings("a.example", "s"));
            assert!(matches!(error, DkimError::Key { .. }), "{bad}: {error}");
            assert!(error.to_string().contains("dkim.pem"), "{error}");
        }
    }
}
