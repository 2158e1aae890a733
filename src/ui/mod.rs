//! Pages for people. Until there is a dashboard, the pages that mails link to tell how the record
//! is read: by command or with an API key.
//!
//! They read nothing: the same page comes for every number, whether or not there is such a record.

pub mod http;

use askama::Template;

pub use crate::i18n::accept::preferred_language;
use crate::i18n::{Args, Key, Language, TextError, Texts, key};

/// What a page is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An alert.
    Alert(u64),
    /// A customer.
    Customer(u64),
}

#[derive(Template)]
#[template(path = "ui/record.html")]
struct Record {
    language: &'static str,
    title: String,
    intro: String,
    by_command: String,
    command: String,
    by_api: String,
    request: String,
    key_note: String,
}

/// A page could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// A text is missing or lacks a value.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The template failed.
    #[error("the page's template failed: {0}")]
    Template(#[from] askama::Error),
}

/// The page of a record, at an instance that people reach under `public_url`.
///
/// # Errors
///
/// [`PageError`], a fault of ours.
pub fn page(subject: Subject, language: Language, public_url: &str) -> Result<String, PageError> {
    let texts = Texts::embedded();
    let (id, title, command, path) = match subject {
        Subject::Alert(id) => {
            let command = format!("hawser alerts show {id}");
            (id, key("ui-alert"), command, "alerts")
        }
        Subject::Customer(id) => {
            let command = format!("hawser explain {id}");
            (id, key("ui-customer"), command, "customers")
        }
    };
    let mut args = Args::new();
    // As text: an id has no thousands separators.
    args.set("id", id.to_string());
    let text = |key: Key| texts.get(language, key, &Args::new());
    let tail = match subject {
        Subject::Alert(_) => "",
        Subject::Customer(_) => "/risk",
    };
    let page = Record {
        language: language.tag(),
        title: texts.get(language, title, &args)?,
        intro: text(key("ui-no-dashboard"))?,
        by_command: text(key("ui-by-command"))?,
        command,
        by_api: text(key("ui-by-api"))?,
        request: format!(
            "curl -H \"Authorization: Bearer $HAWSER_KEY\" {public_url}/api/v1/{path}/{id}{tail}"
        ),
        key_note: text(key("ui-key-note"))?,
    };
    Ok(page.render()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_command_and_request_in_both_languages() {
        for (language, title) in [
            (Language::En, "Alert 1234567"),
            (Language::Zh, "预警 1234567"),
        ] {
            let page = page(Subject::Alert(1_234_567), language, "https://h.example").unwrap();
            assert!(page.contains(&format!("<html lang=\"{}\">", language.tag())));
            assert!(page.contains(title), "{page}");
            assert!(page.contains("hawser alerts show 1234567"));
            assert!(page.contains("https://h.example/api/v1/alerts/1234567<"));
        }
        let page = page(Subject::Customer(7), Language::En, "https://h.example").unwrap();
        assert!(page.contains("hawser explain 7") && page.contains("/api/v1/customers/7/risk"));
    }
}
