//! Cutting a text into sentences.

/// The sentences of `text`, without surrounding white space, none empty.
///
/// A sentence ends behind `。！？!?…`, at a line break, and behind a full stop that white space follows
/// (`12.5` and `e.g.x` hold none). Linear in the length of the text.
pub(super) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (sentence, behind) = rest.split_at(end(rest));
        rest = behind;
        Some(sentence.trim_matches(is_blank))
    })
    .filter(|sentence| !sentence.is_empty())
}

/// White space, control characters and marks without a width.
pub(super) fn is_blank(letter: char) -> bool {
    letter.is_whitespace()
        || letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fe0e}' | '\u{fe0f}')
}

/// Where the first sentence of `text` ends.
fn end(text: &str) -> usize {
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let next = letters.peek().map(|&(_, next)| next);
        let ends = match letter {
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => true,
            '。' | '！' | '？' | '!' | '?' | '…' | '．' | '؟' | '।' => {
                !next.is_some_and(|next| "。！？!?…)）\"”’".contains(next))
            }
            '.' => next.is_none_or(char::is_whitespace),
            _ => false,
        };
        if ends {
            return at + letter.len_utf8();
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_where_they_should() {
        let cut = |text| sentences(text).collect::<Vec<_>>();
        assert_eq!(
            cut("Late again. Rate is 12.5!? Ok"),
            ["Late again.", "Rate is 12.5!?", "Ok"]
        );
        assert_eq!(cut("很好。谢谢！\n 再见"), ["很好。", "谢谢！", "再见"]);
        assert!(cut(" \n\u{200b}\u{7}\n ").is_empty());
        assert_eq!(cut("...").len(), 1);
    }
}
