//! Text made comparable, and text made safe for spreadsheets.
//!
//! ```text
//! "  Müller  GmbH " ── normalise_name ──> "muller gmbh" ── match_name ──> "muller"
//! "=1+1" ── neutralise ──> "'=1+1" ── recover ──> "=1+1"
//! ```

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// Legal forms that [`match_name`] drops from the end of a name, as it writes them.
const LEGAL_FORMS: &[&str] = &[
    "ab",
    "ag",
    "aps",
    "as",
    "asa",
    "bhd",
    "bv",
    "cjsc",
    "co",
    "company",
    "corp",
    "corporation",
    "cv",
    "doo",
    "ek",
    "eood",
    "eurl",
    "ev",
    "fzco",
    "fze",
    "gbr",
    "gk",
    "gmbh",
    "inc",
    "incorporated",
    "jsc",
    "kft",
    "kg",
    "kgaa",
    "kk",
    "lda",
    "limited",
    "llc",
    "llp",
    "lp",
    "ltd",
    "ltda",
    "mbh",
    "nv",
    "nyrt",
    "oao",
    "ohg",
    "ojsc",
    "ood",
    "ooo",
    "oy",
    "oyj",
    "pao",
    "plc",
    "private",
    "pte",
    "pty",
    "pvt",
    "sa",
    "sal",
    "sarl",
    "sas",
    "sasu",
    "sdn",
    "se",
    "sl",
    "slu",
    "snc",
    "spa",
    "spzoo",
    "srl",
    "srls",
    "sro",
    "tbk",
    "ug",
    "vof",
    "wll",
    "zao",
    "zrt",
];

/// Legal forms that stand in front of a name.
const LEADING_FORMS: &[&str] = &["pt", "ooo", "oao", "pao", "zao"];

/// Legal forms of languages without spaces, longest first, dropped at either end of a name.
const JOINED_FORMS: &[&str] = &[
    "股份有限责任公司",
    "股份有限公司",
    "有限责任公司",
    "有限公司",
    "股份公司",
    "株式会社",
    "有限会社",
    "合同会社",
    "주식회사",
    "公司",
    "(株)",
    "(주)",
];

/// `name` in the form in which names are searched: lower case, compatibility forms unified (NFKC),
/// accents dropped, white space collapsed to single spaces and trimmed.
///
/// Letters that carry no separable accent are written plainly too (`ß` as `ss`, `ø` as `o`,
/// `ł` as `l`, `æ` as `ae`). Only the general diacritics are dropped: vowel signs of Indic scripts
/// and voicing marks of kana distinguish words and stay.
///
/// ```
/// use hawser::text::normalise_name;
/// assert_eq!(normalise_name("  Café\u{a0} MÜLLER\tStraße "), "cafe muller strasse");
/// assert_eq!(normalise_name("ＡＢＣ物流"), "abc物流");
/// ```
pub fn normalise_name(name: &str) -> String {
    if name.is_ascii() {
        return collapse(name.chars().map(|letter| letter.to_ascii_lowercase()));
    }
    let plain = name
        .nfkd()
        .flat_map(char::to_lowercase)
        .filter(|letter| !is_diacritic(*letter))
        .flat_map(plain_letters);
    collapse(plain).nfc().collect()
}

/// Whether both names have the same [`normalise_name`].
pub fn same_name(left: &str, right: &str) -> bool {
    if left == right {
        return true;
    }
    if left.is_ascii() && right.is_ascii() {
        let words = str::split_ascii_whitespace;
        let mut right_words = words(right);
        return words(left).all(|word| {
            right_words
                .next()
                .is_some_and(|other| word.eq_ignore_ascii_case(other))
        }) && right_words.next().is_none();
    }
    normalise_name(left) == normalise_name(right)
}

/// `name` in the form in which customers are matched: [`normalise_name`] without punctuation and
/// without common legal forms (`GmbH & Co. KG`, Ltd, Inc, S.A., Sp. z o.o., 有限公司, 株式会社 …).
///
/// Dots and apostrophes vanish (`S.A.` is `sa`), other punctuation separates words. A name that
/// consists of legal forms alone keeps them, so that the result is empty only if the name holds no
/// letter or digit.
///
/// ```
/// use hawser::text::match_name;
/// assert_eq!(match_name("Acme GmbH & Co. KG"), "acme");
/// assert_eq!(match_name("ACME, S.A."), match_name("Acme Ltd"));
/// assert_eq!(match_name("上海示例物流有限公司"), "上海示例物流");
/// ```
pub fn match_name(name: &str) -> String {
    let normal = normalise_name(name);
    let stripped = without_joined_forms(normal.trim());
    let text = words_only(stripped).replace(" sp z oo", " spzoo");

    let mut words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    while words.len() > 1 && words.last().is_some_and(|word| LEGAL_FORMS.contains(word)) {
        words.pop();
    }
    let lead = usize::from(
        words.len() > 1
            && words
                .first()
                .is_some_and(|word| LEADING_FORMS.contains(word)),
    );
    words.get(lead..).unwrap_or_default().join(" ")
}

/// Makes a cell harmless in a spreadsheet: one that would be taken for a formula gets a leading
/// apostrophe.
///
/// That is one whose first character, behind any white space or invisible characters, is `=`, `+`,
/// `-` or `@` (also full width), and one that begins with a tab, a carriage return or a line feed.
/// A cell that looks as if it had been neutralised already gets one more apostrophe, so that
/// [`recover`] gives back the original always.
///
/// ```
/// use hawser::text::neutralise;
/// assert_eq!(neutralise("=SUM(A1)"), "'=SUM(A1)");
/// assert_eq!(neutralise(" \u{a0}-1"), "' \u{a0}-1");
/// assert_eq!(neutralise("a=1"), "a=1");
/// ```
pub fn neutralise(cell: &str) -> Cow<'_, str> {
    if is_formula(cell.trim_start_matches('\'')) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// The cell from which [`neutralise`] made `cell`.
///
/// ```
/// use hawser::text::{neutralise, recover};
/// for original in ["-5", "'-5", "'quoted", "", "\t@x", "plain"] {
///     assert_eq!(recover(&neutralise(original)), original);
/// }
/// ```
pub fn recover(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(original) if is_formula(original.trim_start_matches('\'')) => original,
        _ => cell,
    }
}

fn is_formula(cell: &str) -> bool {
    if cell.starts_with(['\t', '\r', '\n']) {
        return true;
    }
    let invisible = |letter: char| {
        letter.is_whitespace()
            || letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{feff}')
    };
    cell.trim_start_matches(invisible)
        .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

fn is_diacritic(letter: char) -> bool {
    matches!(letter,
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// The plain spelling of a lower-case letter whose accent is part of it.
fn plain_letters(letter: char) -> impl Iterator<Item = char> {
    let (first, second) = match letter {
        'ß' => ('s', Some('s')),
        'æ' => ('a', Some('e')),
        'œ' => ('o', Some('e')),
        'þ' => ('t', Some('h')),
        'ø' => ('o', None),
        'ł' => ('l', None),
        'đ' | 'ð' => ('d', None),
        'ħ' => ('h', None),
        'ı' => ('i', None),
        'ς' => ('σ', None),
        '’' | '‘' => ('\'', None),
        other => (other, None),
    };
    std::iter::once(first).chain(second)
}

fn collapse(letters: impl Iterator<Item = char>) -> String {
    let mut text = String::with_capacity(letters.size_hint().0);
    let mut gap = false;
    for letter in letters {
        if letter.is_whitespace() {
            gap = !text.is_empty();
        } else {
            if gap {
                text.push(' ');
                gap = false;
            }
            text.push(letter);
        }
    }
    text
}

fn without_joined_forms(name: &str) -> &str {
    let stripped = JOINED_FORMS
        .iter()
        .find_map(|form| name.strip_suffix(form).or_else(|| name.strip_prefix(form)))
        .map(str::trim);
    match stripped {
        Some(rest) if !rest.is_empty() => rest,
        _ => name,
    }
}

fn words_only(name: &str) -> String {
    collapse(
        name.replace("a/s", "as")
            .chars()
            .filter_map(|letter| match letter {
                '.' | '\'' => None,
                other if other.is_alphanumeric() || is_mark(other) => Some(other),
                _ => Some(' '),
            }),
    )
}

/// Marks that belong to the word: vowel signs and the like.
fn is_mark(letter: char) -> bool {
    unicode_normalization::char::is_combining_mark(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_case_accents_and_spaces_are_the_same() {
        for (left, right) in [
            ("Müller", "MULLER"),
            ("Mu\u{308}ller", "Müller"),
            ("Łódź Spedycja", "lodz  spedycja"),
            ("ﬁrst", "FIRST"),
            ("İstanbul", "istanbul"),
            ("A\u{3000}B", "a b"),
        ] {
            assert_eq!(
                normalise_name(left),
                normalise_name(right),
                "{left} {right}"
            );
            assert!(same_name(left, right));
        }
        assert!(!same_name("Acme", "Acme 2"));
        assert!(!same_name("Acme 2", "Acme"));
    }

    #[test]
    fn marks_that_distinguish_words_stay() {
        assert_ne!(normalise_name("कि"), normalise_name("क"));
        assert_ne!(normalise_name("だ"), normalise_name("た"));
    }

    #[test]
    fn legal_forms_are_dropped_but_never_the_whole_name() {
        for (name, expected) in [
            ("Acme GmbH", "acme"),
            ("Acme Co., Ltd.", "acme"),
            ("Acme Sp. z o.o.", "acme"),
            ("Møller A/S", "moller"),
            ("PT Contoh Tbk", "contoh"),
            ("株式会社サンプル", "サンプル"),
            ("Company", "company"),
            ("S.A.", "sa"),
            ("有限公司", "有限公司"),
            ("示例（上海）有限公司", "示例 上海"),
            ("Coca", "coca"),
            ("", ""),
        ] {
            assert_eq!(match_name(name), expected, "{name}");
        }
    }

    #[test]
    fn every_neutralised_cell_is_harmless_and_recoverable() {
        for cell in [
            "=1",
            "+1",
            "-1",
            "@x",
            "\tx",
            "\rx",
            "  =1",
            "\u{3000}=1",
            "'=1",
            "''  @",
            "＝1",
            "\u{feff}=1",
        ] {
            let safe = neutralise(cell);
            assert!(safe.starts_with('\''), "{cell:?}");
            assert_eq!(recover(&safe), cell);
        }
        for cell in ["", "x", "1-2", "'", "'x", "12.5", "a@b"] {
            assert_eq!(neutralise(cell), cell);
            assert_eq!(recover(cell), cell);
        }
    }
}
