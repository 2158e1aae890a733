//! A mail of many alerts: sections of counts and of lines, as text and as HTML.

use askama::Template;

use crate::alerts::message::{RenderError, Rendered};
use crate::i18n::{Args, Key, Language, TextError, Texts, Value, key};

/// What both templates show; all of it in the reader's language, none of it escaped.
#[derive(Clone, Debug)]
pub struct Page {
    pub language: &'static str,
    pub subject: String,
    pub kind: String,
    pub title: String,
    pub notes: Vec<String>,
    pub sections: Vec<Section>,
    /// Says how many are not shown.
    pub more: Option<String>,
    /// Where the reader changes such mails: its name and its address.
    pub change: (String, String),
    pub foot: Vec<String>,
}

/// A part of the mail.
#[derive(Clone, Debug, Default)]
pub struct Section {
    pub title: String,
    pub counts: Vec<Count>,
    pub items: Vec<Item>,
}

/// A number with its name.
#[derive(Clone, Debug)]
pub struct Count {
    pub label: String,
    pub number: String,
    /// Both on one line.
    pub line: String,
}

/// An alert.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its name and its colour.
    pub severity: Option<(String, &'static str)>,
    pub customer: String,
    pub what: String,
    pub value: Option<String>,
    pub next: Option<String>,
    pub url: String,
}

#[derive(Template)]
#[template(path = "mail/digest.html")]
struct Html<'a> {
    page: &'a Page,
}

#[derive(Template)]
#[template(path = "mail/digest.txt", escape = "none")]
struct Plain<'a> {
    page: &'a Page,
}

impl Page {
    /// Puts it into the templates.
    ///
    /// # Errors
    ///
    /// [`RenderError::Template`]; a fault of ours.
    pub fn render(self) -> Result<Rendered, RenderError> {
        Ok(Rendered {
            text: Plain { page: &self }.render()?,
            html: Html { page: &self }.render()?,
            subject: self.subject,
        })
    }
}

/// Writes in a reader's language.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    pub texts: &'a Texts,
    pub language: Language,
}

impl Words<'_> {
    pub fn text(&self, key: Key, values: &[(&str, Value<'_>)]) -> Result<String, TextError> {
        let mut args = Args::with_capacity(values.len());
        for (name, value) in values {
            args.set(*name, value.clone());
        }
        self.texts.get(self.language, key, &args)
    }

    pub fn count(&self, label: String, number: usize) -> Result<Count, TextError> {
        let values = [("label", label.clone().into()), ("value", number.into())];
        Ok(Count {
            line: self.text(key("alert-labelled"), &values)?,
            label,
            number: self
                .language
                .integer(i64::try_from(number).unwrap_or(i64::MAX)),
        })
    }

    /// Why an alert is over, by the word it was resolved with.
    pub fn ended(&self, resolution: Option<&str>) -> Result<String, TextError> {
        let name = match resolution {
            Some("acted") => key("digest-ended-acted"),
            Some("false_alarm") => key("digest-ended-false-alarm"),
            Some("lost") => key("digest-ended-lost"),
            Some("expired") => key("digest-ended-expired"),
            Some("recovered") => key("digest-ended-recovered"),
            Some("over") => key("digest-ended-over"),
            Some("customer_left") => key("digest-ended-customer-left"),
            Some("superseded") => key("digest-ended-superseded"),
            Some("rule_off") => key("digest-ended-rule-off"),
            Some("customer_deleted") => key("digest-ended-deleted"),
            Some("merged") => key("digest-ended-merged"),
            _ => key("digest-ended-other"),
        };
        self.text(name, &[])
    }
}
