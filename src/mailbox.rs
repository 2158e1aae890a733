//! E-mail addresses, checked by the library that will send to them.

/// Whether `text` is an address that mail can be sent to, such as `anna@firm.example`.
pub fn is_email(text: &str) -> bool {
    text.len() <= 254 && text.parse::<lettre::Address>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_email;

    #[test]
    fn addresses_are_told_from_other_text() {
        for good in ["anna@firm.example", "a.b+c@sub.firm.example"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "anna",
            "@firm.example",
            "a b@firm.example",
            "a@b\r\nBcc: c@d.example",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
