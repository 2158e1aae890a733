//! Where webhooks may go: public addresses only, unless the operator allows others.
//!
//! What a person enters as an endpoint is fetched from inside our network. Without this wall it would
//! reach what only our network can: metadata services, databases, routers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, ToSocketAddrs as _};

use url::{Host, Url};

/// Characters of an address at most.
const MAX_CHARS: usize = 2048;

/// Why an address is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// It is none.
    #[error("expected an address such as https://firm.example/hooks: {0}")]
    Malformed(String),
    /// It is too long.
    #[error("expected {MAX_CHARS} characters at most")]
    TooLong,
    /// It is neither `https` nor, where private addresses are allowed, `http`.
    #[error("expected an address that begins with https://")]
    Scheme,
    /// It holds a user's name or a password.
    #[error("expected an address without user and password: the signature says who sends")]
    UserInfo,
    /// It ends in `#…`, which is never sent.
    #[error("expected an address without #")]
    Fragment,
    /// It leads into our own network or to no single host.
    #[error("{0} is no public address; HAWSER_WEBHOOK_ALLOW_PRIVATE allows it")]
    Private(String),
}

impl BadAddress {
    /// Stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::TooLong => "too_long",
            Self::Scheme => "scheme",
            Self::UserInfo => "user_info",
            Self::Fragment => "fragment",
            Self::Private(_) => "private_address",
        }
    }
}

/// Reads an address and puts it into its normal form, in which a host is a name or four numbers,
/// however it was written.
///
/// # Errors
///
/// [`BadAddress`]; a name is not looked up, see [`check_name`].
pub fn parse(text: &str, allow_private: bool) -> Result<Url, BadAddress> {
    if text.chars().count() > MAX_CHARS {
        return Err(BadAddress::TooLong);
    }
    let url = Url::parse(text.trim()).map_err(|error| BadAddress::Malformed(error.to_string()))?;
    match url.scheme() {
        "https" => {}
        "http" if allow_private => {}
        _ => return Err(BadAddress::Scheme),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(BadAddress::UserInfo);
    }
    if url.fragment().is_some() {
        return Err(BadAddress::Fragment);
    }
    let own = match url.host() {
        Some(Host::Ipv4(ip)) => !is_public(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => !is_public(IpAddr::V6(ip)),
        Some(Host::Domain(name)) => is_own_name(name),
        None => return Err(BadAddress::Malformed("it names no host".to_owned())),
    };
    if own && !allow_private {
        return Err(BadAddress::Private(shown(&url)));
    }
    Ok(url)
}

/// Looks the name up, if the address has one, and refuses it if it leads to private addresses only. A
/// name that is not known (yet) passes: every attempt looks it up again.
///
/// # Errors
///
/// [`BadAddress::Private`].
pub fn check_name(url: &Url, allow_private: bool) -> Result<(), BadAddress> {
    let (Some(Host::Domain(name)), false) = (url.host(), allow_private) else {
        return Ok(());
    };
    let port = url.port_or_known_default().unwrap_or(443);
    let Ok(found) = (name, port).to_socket_addrs() else {
        return Ok(());
    };
    let mut found = found.peekable();
    if found.peek().is_some() && found.all(|address| !is_public(address.ip())) {
        return Err(BadAddress::Private(shown(url)));
    }
    Ok(())
}

fn shown(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

/// Names that by their standards never lead outside (RFC 6761, RFC 6762, RFC 8375).
fn is_own_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let last = name.rsplit('.').next().unwrap_or_default();
    matches!(last, "localhost" | "local" | "internal") || name.ends_with(".home.arpa")
}

/// Whether an address belongs to one host of the public internet (IANA's registries of special
/// addresses).
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = match a {
        // This network; private; loopback; multicast, reserved, broadcast.
        0 | 10 | 127 | 224.. => true,
        // Shared by carriers (RFC 6598).
        100 => (64..128).contains(&b),
        // Link-local.
        169 => b == 254,
        172 => (16..32).contains(&b),
        // Protocol assignments, documentation, AS 112, 6to4 relays, private.
        192 => matches!(
            (b, c),
            (0, 0 | 2) | (31, 196) | (52, 193) | (88, 99) | (168, _) | (175, 48)
        ),
        // Benchmarks, documentation.
        198 => matches!(b, 18 | 19) || (b, c) == (51, 100),
        203 => (b, c) == (0, 113),
        _ => false,
    };
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [first, second, third, ..] = ip.segments();
    // Only 2000::/3 is given out to hosts; mapped, translated, unique-local, link-local and multicast
    // addresses all lie outside of it.
    if first & 0xe000 != 0x2000 {
        return false;
    }
    let special = match first {
        // Teredo, benchmarks, ORCHID and the like; documentation.
        0x2001 => second < 0x0200 || second == 0x0db8,
        // 6to4 hides an IPv4 address.
        0x2002 => true,
        // Segment routing's own documentation and IANA's second documentation prefix.
        0x3fff => second < 0x1000,
        // AS 112.
        0x2620 => (second, third) == (0x004f, 0x8000),
        _ => false,
    };
    !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn addresses_of_one_public_host_pass_and_no_others() {
        let own = [
            "0.0.0.0",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.7",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.3",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2001:10::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "5f00::1",
        ];
        for ip in own {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
        let public = [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.1",
            "100.63.255.255",
            "100.128.0.1",
            "126.255.255.255",
            "128.0.0.1",
            "169.253.0.1",
            "172.15.255.255",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.255.255",
            "192.169.0.1",
            "198.17.255.255",
            "198.20.0.1",
            "223.255.255.255",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00:1450::1",
        ];
        for ip in public {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn however_a_private_host_is_written_it_is_refused() {
        let own = [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://017700000001/",
            "https://0/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://[fe80::1]/",
            "https://[fd00::1]/",
            "https://10.1.2.3:8443/x",
            "https://169.254.169.254/latest/meta-data",
            "https://localhost/",
            "https://LOCALHOST./",
            "https://x.localhost/",
            "https://printer.local/",
            "https://metadata.google.internal/",
            "https://１２７.0.0.1/",
            "https://127。0。0。1/",
        ];
        for url in own {
            let refused = parse(url, false).unwrap_err();
            assert_eq!(refused.code(), "private_address", "{url}");
            assert!(parse(url, true).is_ok(), "{url}");
        }
    }

    #[test]
    fn other_mistakes_are_named() {
        let cases = [
            ("firm.example/hooks", "malformed"),
            ("https://", "malformed"),
            ("https://1.2.3.256/", "malformed"),
            ("http://firm.example/", "scheme"),
            ("ftp://firm.example/", "scheme"),
            ("file:///etc/passwd", "scheme"),
            ("https://user@firm.example/", "user_info"),
            ("https://:secret@firm.example/", "user_info"),
            ("https://firm.example/#part", "fragment"),
        ];
        for (url, code) in cases {
            assert_eq!(parse(url, false).unwrap_err().code(), code, "{url}");
        }
        let long = format!("https://firm.example/{}", "x".repeat(MAX_CHARS));
        assert_eq!(parse(&long, false), Err(BadAddress::TooLong));
        let good = parse(" https://Firm.example:443/hooks?a=b ", false).unwrap();
        assert_eq!(good.as_str(), "https://firm.example/hooks?a=b");
    }
}
