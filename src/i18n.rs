//! Texts for people, in English and Chinese, and how each language writes numbers.
//!
//! Every text stands in `locales/{en,zh}/*.ftl` (Fluent) and is compiled in; code
//! names it by [`key`]. Tests prove that both languages have the same keys with
//! the same variables, that every key in the code exists and that none is unused.

pub mod accept;
pub mod format;
pub mod line;

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use serde::{Deserialize, Serialize};
use unic_langid::LanguageIdentifier;

/// The embedded files of each language, in the order of [`Language::ALL`].
const SOURCES: [(Language, &[&str]); 2] = [
    (
        Language::En,
        &[
            include_str!("../locales/en/alert-pages.ftl"),
            include_str!("../locales/en/alert-rules.ftl"),
            include_str!("../locales/en/alerts.ftl"),
            include_str!("../locales/en/backtest.ftl"),
            include_str!("../locales/en/complaints.ftl"),
            include_str!("../locales/en/digests.ftl"),
            include_str!("../locales/en/public.ftl"),
            include_str!("../locales/en/surveys.ftl"),
            include_str!("../locales/en/ui.ftl"),
            include_str!("../locales/en/whatifs.ftl"),
        ],
    ),
    (
        Language::Zh,
        &[
            include_str!("../locales/zh/alert-pages.ftl"),
            include_str!("../locales/zh/alert-rules.ftl"),
            include_str!("../locales/zh/alerts.ftl"),
            include_str!("../locales/zh/backtest.ftl"),
            include_str!("../locales/zh/complaints.ftl"),
            include_str!("../locales/zh/digests.ftl"),
            include_str!("../locales/zh/public.ftl"),
            include_str!("../locales/zh/surveys.ftl"),
            include_str!("../locales/zh/ui.ftl"),
            include_str!("../locales/zh/whatifs.ftl"),
        ],
    ),
];

/// Numbers from here on (2^53) are no longer exact, and Fluent's plural rules fail far above.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The values of a text's variables.
pub type Args<'a> = FluentArgs<'a>;

/// The value of a variable: text or a number.
pub type Value<'a> = FluentValue<'a>;

/// A language that Hawser speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Chinese, in simplified characters.
    Zh,
}

/// The text offered as a language was none that Hawser speaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a language of Hawser: expected en or zh, with or without a region (en-GB, zh-CN, zh-Hans)"
)]
pub struct UnknownLanguage(pub String);

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::En, Self::Zh];

    /// Its BCP 47 tag, for `lang` attributes and the database.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }

    /// What stands between the items of a list.
    pub fn comma(self) -> &'static str {
        match self {
            Self::En => ", ",
            Self::Zh => "，",
        }
    }

    /// What stands between the items of a list that have commas in them.
    pub fn semicolon(self) -> &'static str {
        match self {
            Self::En => "; ",
            Self::Zh => "；",
        }
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    /// Finds the language of a BCP 47 tag by its first subtag (lookup of RFC 4647):
    /// `en-GB` is English, `zh-Hans-CN` is Chinese.
    fn from_str(text: &str) -> Result<Self, UnknownLanguage> {
        let well_formed = |tag: &str| {
            tag.split('-').all(|part| {
                (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
            })
        };
        let tag = text.trim();
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(primary) && well_formed(tag))
            .ok_or_else(|| UnknownLanguage(text.chars().take(40).collect()))
    }
}

impl TryFrom<String> for Language {
    type Error = UnknownLanguage;

    fn try_from(text: String) -> Result<Self, UnknownLanguage> {
        text.parse()
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.tag().to_owned()
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// The language of ours that a reader likes best (RFC 9110 `Accept-Language`); English where none is
/// liked or nothing is said.
///
/// ```
/// use hawser::i18n::{Language, preferred_language};
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

/// The name of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(&'static str);

/// Names a text. Written out wherever a text is used, so that a test can check them all.
pub const fn key(name: &'static str) -> Key {
    Key(name)
}

/// A text could not be given.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TextError {
    /// There is no text of this name.
    #[error("there is no text {key} in language {language}")]
    Missing {
        /// The name asked for.
        key: &'static str,
        /// The language asked for.
        language: Language,
    },
    /// A variable of the text has no value, or one that cannot be written.
    #[error("text {key} in language {language} cannot be completed: {cause}")]
    Incomplete {
        /// The name asked for.
        key: &'static str,
        /// The language asked for.
        language: Language,
        /// Which variable, and why.
        cause: String,
    },
    /// A file of texts is not valid Fluent, or names a text twice.
    #[error("the texts of language {language} cannot be read: {cause}")]
    Invalid {
        /// The language of the file.
        language: Language,
        /// What is wrong with it.
        cause: String,
    },
}

/// All texts of all languages, ready to be asked from any thread.
pub struct Texts {
    english: FluentBundle<FluentResource>,
    chinese: FluentBundle<FluentResource>,
}

impl Texts {
    /// Reads the texts that are compiled in.
    ///
    /// # Errors
    ///
    /// [`TextError::Invalid`] if a file is not valid; tests prove that they are.
    pub fn load() -> Result<Self, TextError> {
        let [(english, english_files), (chinese, chinese_files)] = SOURCES;
        Ok(Self {
            english: bundle(english, english_files)?,
            chinese: bundle(chinese, chinese_files)?,
        })
    }

    /// The texts that are compiled in, read once per process.
    #[expect(
        clippy::expect_used,
        reason = "the files are compiled in and the test `both_languages_load` reads them"
    )]
    pub fn embedded() -> &'static Self {
        static TEXTS: LazyLock<Texts> =
            LazyLock::new(|| Texts::load().expect("the embedded texts are valid"));
        &TEXTS
    }

    /// The text named `key` in `language`, its variables filled from `args`.
    ///
    /// # Errors
    ///
    /// [`TextError::Missing`] if there is no such text, [`TextError::Incomplete`] if
    /// a variable has no value or a number is not finite or at least 2^53 in size.
    pub fn get(&self, language: Language, key: Key, args: &Args) -> Result<String, TextError> {
        let Key(name) = key;
        let incomplete = |cause: String| TextError::Incomplete {
            key: name,
            language,
            cause,
        };
        for (variable, value) in args.iter() {
            if let FluentValue::Number(number) = value
                && (!number.value.is_finite() || number.value.abs() >= EXACT)
            {
                return Err(incomplete(format!("${variable} is {}", number.value)));
            }
        }
        let bundle = match language {
            Language::En => &self.english,
            Language::Zh => &self.chinese,
        };
        let pattern = bundle
            .get_message(name)
            .and_then(|message| message.value())
            .ok_or(TextError::Missing {
                key: name,
                language,
            })?;
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(args), &mut errors);
        match errors.first() {
            None => Ok(text.into_owned()),
            Some(error) => Err(incomplete(error.to_string())),
        }
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Texts")
    }
}

/// Builds the texts of one language from its files.
fn bundle(language: Language, files: &[&str]) -> Result<FluentBundle<FluentResource>, TextError> {
    let invalid = |cause: String| TextError::Invalid { language, cause };
    let locale: LanguageIdentifier = language
        .tag()
        .parse()
        .map_err(|error| invalid(format!("{error:?}")))?;
    let mut bundle = FluentBundle::new_concurrent(vec![locale]);
    // Marks around every value would end up in subjects and plain text; names that
    // need them get their own (see `line::isolate`).
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(match language {
        Language::En => |value, _| number(Language::En, value),
        Language::Zh => |value, _| number(Language::Zh, value),
    }));
    for file in files {
        let resource = FluentResource::try_new((*file).to_owned())
            .map_err(|(_, errors)| invalid(format!("{errors:?}")))?;
        bundle
            .add_resource(resource)
            .map_err(|errors| invalid(format!("{errors:?}")))?;
    }
    Ok(bundle)
}

/// Writes a number in the language's way; other values are Fluent's to write.
fn number(language: Language, value: &FluentValue<'_>) -> Option<String> {
    let FluentValue::Number(number) = value else {
        return None;
    };
    let decimals = if number.value.fract() == 0.0 { 0 } else { 2 };
    language.number(number.value, decimals).ok()
}

#[cfg(test)]
mod tests;
