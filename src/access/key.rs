//! API keys: random, shown once, kept as a hash.

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use sha2::{Digest as _, Sha256};

/// Begins every key, so that scanners for leaked secrets can recognise one.
pub const PREFIX: &str = "hws_";
/// Random bytes in a key: 160 bits.
const BYTES: usize = 20;
/// Characters by which people recognise a key.
const SHOWN: usize = 12;

/// A new key, and what is kept of it.
pub struct NewKey {
    /// The key itself, to be shown once.
    pub secret: String,
    /// Its first characters.
    pub prefix: String,
    /// Its hash.
    pub hash: String,
}

/// The machine gave no random numbers.
#[derive(Debug, thiserror::Error)]
#[error("no random numbers to be had: {0}")]
pub struct NoRandomness(String);

impl NewKey {
    /// Makes a key.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`] if the operating system has none to give.
    pub fn generate() -> Result<Self, NoRandomness> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).map_err(|error| NoRandomness(error.to_string()))?;
        let secret = format!("{PREFIX}{}", BASE32_NOPAD.encode(&bytes).to_lowercase());
        Ok(Self {
            prefix: secret.chars().take(SHOWN).collect(),
            hash: hash(&secret),
            secret,
        })
    }
}

/// What is kept of a key: SHA-256 in hex. A slow hash would add nothing to 160 random bits.
pub fn hash(secret: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ_and_only_their_beginning_is_kept_readable() {
        let (one, other) = (NewKey::generate().unwrap(), NewKey::generate().unwrap());
        assert_ne!(one.secret, other.secret);
        assert_eq!(one.secret.len(), 36);
        assert!(one.secret.starts_with(&one.prefix) && one.prefix.len() == 12);
        assert_eq!(one.hash, hash(&one.secret));
    }
}
