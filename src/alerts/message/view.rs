//! Puts a notice into words and figures, and these into the templates.

use askama::Template;

use self::figures::decimals;
use self::words::{behind_label, severity, value_label};
use super::{AlertNotice, Evidence, RenderError, Rendered, Severity};
use crate::i18n::line::{isolate, single_line};
use crate::i18n::{Args, Key, TextError, Texts, Value, key};
use crate::units::Probability;

mod figures;
mod words;

/// What both templates show; all of it in the reader's language, none of it escaped.
struct View {
    language: &'static str,
    colour: &'static str,
    subject: String,
    severity: String,
    kind: String,
    customer: String,
    /// What changed since when, a sentence each.
    changes: Vec<String>,
    /// Says how little the number rests on; `None` if it rests on enough.
    doubt: Option<String>,
    churn: String,
    churn_label: String,
    value: String,
    value_label: String,
    value_line: String,
    why: String,
    parts: Vec<Bar>,
    total: Bar,
    hypothesis: Option<String>,
    followers_title: String,
    followers: Vec<FollowerLine>,
    /// What the followers' values count.
    behind: String,
    more_followers: Option<String>,
    no_followers: Option<String>,
    next: String,
    next_step: String,
    open_alert: String,
    alert_url: String,
    open_customer: String,
    customer_url: String,
    links_note: String,
    /// As-of date, team, evidence.
    foot: Vec<String>,
}

/// A part of the probability.
struct Bar {
    label: String,
    percent: String,
    /// Share of the whole bar, 0 to 100.
    width: u32,
}

impl Bar {
    /// The percentage set flush right in four columns, for the plain text.
    fn column(&self) -> String {
        format!("{:>5}", self.percent)
    }
}

struct FollowerLine {
    name: String,
    change: String,
    value: String,
    value_line: String,
}

#[derive(Template)]
#[template(path = "mail/alert.html")]
struct Html<'a> {
    view: &'a View,
}

#[derive(Template)]
#[template(path = "mail/alert.txt", escape = "none")]
struct Plain<'a> {
    view: &'a View,
}

pub(super) fn render(texts: &Texts, notice: &AlertNotice) -> Result<Rendered, RenderError> {
    let writer = Writer::new(texts, notice)?;
    let view = writer.view()?;
    Ok(Rendered {
        text: Plain { view: &view }.render()?,
        html: Html { view: &view }.render()?,
        subject: view.subject,
    })
}

/// A notice about to be put into words.
struct Writer<'a> {
    texts: &'a Texts,
    notice: &'a AlertNotice,
    /// The customer's name, fit for a line.
    customer: String,
    /// Decimal places of the percentages that belong together.
    decimals: u8,
}

impl<'a> Writer<'a> {
    fn new(texts: &'a Texts, notice: &'a AlertNotice) -> Result<Self, TextError> {
        let mut writer = Self {
            texts,
            notice,
            customer: single_line(&notice.customer_name),
            decimals: decimals(notice),
        };
        if writer.customer.is_empty() {
            let id = notice.customer_id.to_string();
            writer.customer = writer.text(key("alert-customer-unnamed"), &[("id", id.into())])?;
        }
        Ok(writer)
    }

    fn text(&self, key: Key, values: &[(&str, Value<'_>)]) -> Result<String, TextError> {
        let mut args = Args::with_capacity(values.len());
        for (name, value) in values {
            args.set(*name, value.clone());
        }
        self.texts.get(self.notice.language, key, &args)
    }

    fn percent(&self, probability: Probability) -> String {
        self.notice.language.percent(probability, self.decimals)
    }

    fn view(&self) -> Result<View, TextError> {
        let notice = self.notice;
        let (parts, total) = self.parts()?;
        let value_label = self.text(value_label(notice.value_basis), &[])?;
        let value = self.value(notice.value_at_risk);
        Ok(View {
            language: notice.language.tag(),
            colour: colour(notice.severity),
            subject: self.subject()?,
            severity: self.text(severity(notice.severity), &[])?,
            kind: self.text(key("alert-kind"), &[])?,
            customer: isolate(self.customer.clone()),
            changes: self.changes()?,
            doubt: match notice.evidence {
                Evidence::Enough => None,
                Evidence::Low => Some(self.text(key("alert-evidence-low"), &[])?),
                Evidence::None => Some(self.text(key("alert-evidence-none"), &[])?),
            },
            churn: self.percent(notice.churn_probability),
            churn_label: self.text(key("alert-figure-churn"), &[])?,
            value_line: self.labelled(&value_label, &value)?,
            value,
            value_label,
            why: self.text(key("alert-why"), &[])?,
            hypothesis: self.hypothesis()?,
            parts,
            total,
            followers_title: match notice.network_term_supported {
                Some(true) => self.text(key("alert-followers"), &[])?,
                _ => self.text(key("alert-followers-hypothesis"), &[])?,
            },
            followers: self.followers()?,
            behind: self.text(behind_label(notice.value_basis), &[])?,
            more_followers: self.more_followers()?,
            no_followers: notice
                .followers
                .is_empty()
                .then(|| self.text(key("alert-followers-none"), &[]))
                .transpose()?,
            next: self.text(key("alert-next"), &[])?,
            next_step: self.next_step()?,
            open_alert: self.text(key("alert-open-alert"), &[])?,
            alert_url: notice.public_url.alert(notice.alert_id),
            open_customer: self.text(key("alert-open-customer"), &[])?,
            customer_url: notice.public_url.customer(notice.customer_id),
            links_note: self.text(key("alert-links-note"), &[])?,
            foot: self.foot()?,
        })
    }
}

/// White text on it keeps a contrast above 4.5:1 (WCAG AA).
fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "#175cd3",
        Severity::Medium => "#b54708",
        Severity::High => "#b42318",
    }
}
