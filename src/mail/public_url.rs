//! Where people reach Hawser's pages: the address that stands in mails.

use std::str::FromStr;

use crate::ids::{AlertId, CustomerId};

/// The address under which people reach Hawser's pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

/// The text offered as public address was none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a public address: expected http:// or https://, a host and perhaps a path, such as https://hawser.example"
)]
pub struct NotAPublicUrl(pub String);

impl FromStr for PublicUrl {
    type Err = NotAPublicUrl;

    /// Accepts an absolute http(s) address of visible ASCII without query and fragment.
    fn from_str(text: &str) -> Result<Self, NotAPublicUrl> {
        let url = text.trim().trim_end_matches('/');
        let host = url
            .strip_prefix("https://")
            .or_else(|| url.strip_prefix("http://"))
            .and_then(|rest| rest.split('/').next())
            .unwrap_or_default();
        let clean = url
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"\"'<>?#\\@".contains(&b));
        if clean && host.bytes().any(|b| b.is_ascii_alphanumeric()) {
            Ok(Self(url.to_owned()))
        } else {
            Err(NotAPublicUrl(text.chars().take(200).collect()))
        }
    }
}

impl PublicUrl {
    /// The page of an alert.
    pub fn alert(&self, id: AlertId) -> String {
        format!("{}/alerts/{id}", self.0)
    }

    /// The page at this path, without a slash in front.
    pub fn page(&self, path: &str) -> String {
        format!("{}/{path}", self.0)
    }

    /// The host, in a form that can stand behind the `@` of a message's id.
    pub fn mail_domain(&self) -> String {
        let authority = self.0.split('/').nth(2).unwrap_or_default();
        let host = match authority.strip_prefix('[') {
            Some(address) => address.split(']').next(),
            None => authority.split(':').next(),
        };
        let plain = |letter: char| letter.is_ascii_alphanumeric() || ".-".contains(letter);
        let domain: String = host
            .unwrap_or_default()
            .chars()
            .map(|letter| if plain(letter) { letter } else { '-' })
            .take(150)
            .collect();
        if domain.is_empty() {
            "localhost".to_owned()
        } else {
            domain
        }
    }

    /// The page of a customer.
    pub fn customer(&self, id: CustomerId) -> String {
        format!("{}/customers/{id}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_web_addresses_are_public_addresses() {
        let url: PublicUrl = "https://hawser.example:8443/app/".parse().unwrap();
        assert_eq!(
            url.alert(AlertId(7)),
            "https://hawser.example:8443/app/alerts/7"
        );
        for bad in [
            "",
            "hawser.example",
            "ftp://x",
            "https://",
            "https:///x",
            "javascript:alert(1)",
            "https://x\"onclick=1",
            "https://a b",
            "https://x\r\ny",
            "https://user:pass@x",
            "https://x?y",
        ] {
            assert!(bad.parse::<PublicUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_domain_of_message_ids_is_the_host_of_the_public_address() {
        for (url, domain) in [
            ("https://hawser.example", "hawser.example"),
            ("http://127.0.0.1:8080", "127.0.0.1"),
            ("http://[::1]:8080/hawser", "--1"),
            ("https://hawser.example/a/b", "hawser.example"),
            ("https://a$b:1", "a-b"),
            ("http://:80", "localhost"),
        ] {
            let url: PublicUrl = url.parse().unwrap();
            assert_eq!(url.mail_domain(), domain);
        }
    }
}
