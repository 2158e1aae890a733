//! The language that a reader's browser asks for.

use super::Language;

/// The language of ours that a reader likes best (RFC 9110 `Accept-Language`); English where none is
/// liked or nothing is said.
///
/// ```
/// use hawser::i18n::Language;
/// use hawser::i18n::accept::preferred_language;
/// assert_eq!(preferred_language("de, zh-CN;q=0.9, en;q=0.8"), Language::Zh);
/// assert_eq!(preferred_language("zh;q=0, fr"), Language::En);
/// ```
pub fn preferred_language(accept: &str) -> Language {
    let mut best = (Language::En, 0.0);
    for item in accept.split(',').take(50) {
        let mut parts = item.split(';');
        let Some(Ok(language)) = parts.next().map(str::parse::<Language>) else {
            continue;
        };
        let weight = parts
            .find_map(|part| part.trim().strip_prefix("q="))
            .map_or(Some(1.0), |weight| weight.trim().parse::<f64>().ok());
        if let Some(weight) = weight.filter(|weight| (0.0..=1.0).contains(weight))
            && weight > best.1
        {
            best = (language, weight);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_liked_best_is_spoken() {
        for (accept, language) in [
            ("", Language::En),
            ("de", Language::En),
            ("zh", Language::Zh),
            ("zh-Hans-CN, en", Language::Zh),
            ("en;q=0.5, zh;q=0.6", Language::Zh),
            ("en, zh;q=0.9", Language::En),
            ("zh;q=2", Language::En),
            ("zh;q=nonsense, *", Language::En),
        ] {
            assert_eq!(preferred_language(accept), language, "{accept}");
        }
    }
}
