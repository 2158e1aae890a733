//! Text that came from outside, made fit to stand on one line among ours.

/// Opens an isolate whose direction is that of its first strong character.
const FIRST_STRONG_ISOLATE: char = '\u{2068}';
/// Closes the isolate.
const POP_DIRECTIONAL_ISOLATE: char = '\u{2069}';

/// `text` on one line: control characters and line ends become spaces, runs of
/// spaces become one, and marks that turn the writing direction of what follows
/// are left out. Length and all other characters stay.
pub fn single_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut space_due = false;
    for character in text.chars().filter(|&c| !turns_direction(c)) {
        if character.is_control() || character.is_whitespace() || character == '\u{feff}' {
            space_due = true;
            continue;
        }
        if space_due && !line.is_empty() {
            line.push(' ');
        }
        space_due = false;
        line.push(character);
    }
    line
}

/// The first `max_chars` characters of `line`, the last of them "…" if any had to go.
pub fn shorten(line: &str, max_chars: usize) -> String {
    if line.chars().nth(max_chars).is_none() {
        return line.to_owned();
    }
    let kept: String = line.chars().take(max_chars.saturating_sub(1)).collect();
    // A joiner or a selector at the cut would act on the ellipsis.
    let end = |c: char| c.is_whitespace() || matches!(c, '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
    format!("{}…", kept.trim_end_matches(end))
}

/// Keeps a right-to-left `line` from reordering the text around it; others stay as they are.
pub fn isolate(line: String) -> String {
    if line.chars().any(is_right_to_left) {
        format!("{FIRST_STRONG_ISOLATE}{line}{POP_DIRECTIONAL_ISOLATE}")
    } else {
        line
    }
}

/// Embeddings, overrides, isolates and marks of the bidirectional algorithm (UAX #9).
fn turns_direction(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// Blocks of Hebrew, Arabic and the other scripts that run from right to left.
fn is_right_to_left(c: char) -> bool {
    matches!(
        c,
        '\u{590}'..='\u{8ff}'
            | '\u{fb1d}'..='\u{fdff}'
            | '\u{fe70}'..='\u{fefe}'
            | '\u{10800}'..='\u{10fff}'
            | '\u{1e800}'..='\u{1efff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_ends_a_line_becomes_one_space() {
        assert_eq!(
            single_line(" Acme\r\nBcc: x@y\u{85}\u{2028}\0\tLtd \u{b}"),
            "Acme Bcc: x@y Ltd"
        );
        assert_eq!(single_line("\r\n \u{feff}"), "");
    }

    #[test]
    fn direction_overrides_go_and_joined_emoji_stay() {
        assert_eq!(single_line("a\u{202e}cod.exe"), "acod.exe");
        assert_eq!(single_line("👩\u{200d}🔧 GmbH"), "👩\u{200d}🔧 GmbH");
    }

    #[test]
    fn shortening_counts_characters_and_shows() {
        assert_eq!(shorten("中文公司", 4), "中文公司");
        assert_eq!(shorten("中文公司名", 4), "中文公…");
        assert_eq!(shorten("ab 👩\u{200d}🔧!", 6), "ab 👩…");
        assert_eq!(shorten("abc", 0), "…");
    }

    #[test]
    fn only_right_to_left_names_are_isolated() {
        assert_eq!(isolate("Brandt".into()), "Brandt");
        assert_eq!(isolate("שלום".into()), "\u{2068}שלום\u{2069}");
    }
}
