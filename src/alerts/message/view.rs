//! Puts a notice into words and figures, and these into the templates.

use askama::Template;

use self::figures::decimals;
use self::words::severity;
use super::{AlertNotice, Evidence, Picture, RenderError, Rendered, Risk, Severity, Warning};
use crate::alerts::page::Links;
use crate::i18n::line::{isolate, shorten, single_line};
use crate::i18n::{Args, Key, TextError, Texts, Value, key};
use crate::units::Probability;

mod figures;
mod found;
mod risk;
mod short;
mod words;

use risk::RiskView;
pub(super) use short::{headline, line};

/// How many characters of a name or a text the body of a mail shows.
const BODY_NAME_CHARS: usize = 300;

/// What both templates show; all of it in the reader's language, none of it escaped.
struct View<'a> {
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
    figures: Vec<Figure>,
    pictures: &'a [Picture],
    risk: Option<RiskView>,
    worked: Option<(String, String)>,
    next: String,
    next_step: String,
    deeds: Option<Deeds<'a>>,
    open_alert: String,
    alert_url: String,
    open_customer: Option<(String, String)>,
    links_note: String,
    /// As-of date, team, evidence.
    foot: Vec<String>,
}

/// A figure that stands out.
struct Figure {
    value: String,
    label: String,
    /// Both on one line.
    line: String,
    /// Whether the text says it already.
    said: bool,
}

/// The pages that act, with their names.
struct Deeds<'a> {
    links: &'a Links,
    acknowledge: String,
    snooze: String,
    resolve: String,
}

#[derive(Template)]
#[template(path = "mail/alert.html")]
struct Html<'a> {
    view: &'a View<'a>,
}

#[derive(Template)]
#[template(path = "mail/alert.txt", escape = "none")]
struct Plain<'a> {
    view: &'a View<'a>,
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
            customer: String::new(),
            decimals: notice.risk.as_ref().map_or(0, decimals),
        };
        writer.customer = match &notice.customer {
            None => writer.text(key("alert-own-data"), &[])?,
            Some((id, name)) => {
                let name = single_line(name);
                if name.is_empty() {
                    writer.text(
                        key("alert-customer-unnamed"),
                        &[("id", id.to_string().into())],
                    )?
                } else {
                    shorten(&name, BODY_NAME_CHARS)
                }
            }
        };
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

    /// Whether it warns of the churn probability itself, which its risk then explains.
    fn is_about_churn(&self) -> bool {
        matches!(
            self.notice.warning,
            Warning::ChurnLevel { .. } | Warning::ChurnRise { .. }
        )
    }

    fn view(&self) -> Result<View<'a>, TextError> {
        let notice = self.notice;
        Ok(View {
            language: notice.language.tag(),
            colour: colour(notice.severity),
            subject: self.subject()?,
            severity: self.text(severity(notice.severity), &[])?,
            kind: self.text(found::kind(&notice.warning), &[])?,
            customer: isolate(self.customer.clone()),
            changes: self.changes()?,
            doubt: self.doubt()?,
            figures: self.figures()?,
            pictures: &notice.pictures,
            risk: notice
                .risk
                .as_ref()
                .map(|risk| self.risk(risk))
                .transpose()?,
            worked: self.worked_before()?,
            next: self.text(key("alert-next"), &[])?,
            next_step: self.next_step()?,
            deeds: self.deeds()?,
            open_alert: self.text(key("alert-open-alert"), &[])?,
            alert_url: notice.public_url.alert(notice.alert_id),
            open_customer: match &notice.customer {
                None => None,
                Some((id, _)) => Some((
                    self.text(key("alert-open-customer"), &[])?,
                    notice.public_url.customer(*id),
                )),
            },
            links_note: self.text(key("alert-links-note"), &[])?,
            foot: self.foot()?,
        })
    }

    fn doubt(&self) -> Result<Option<String>, TextError> {
        let evidence = self.notice.risk.as_ref().map(|risk| risk.evidence);
        Ok(match evidence {
            Some(Evidence::Low) => Some(self.text(key("alert-evidence-low"), &[])?),
            Some(Evidence::None) => Some(self.text(key("alert-evidence-none"), &[])?),
            Some(Evidence::Enough) | None => None,
        })
    }

    /// The figure of the warning, then the churn probability and the value at risk.
    fn figures(&self) -> Result<Vec<Figure>, TextError> {
        let mut figures = Vec::new();
        if let Some((value, label)) = self.found_figure()? {
            figures.push(self.figure(value, label, false)?);
        }
        if let Some(risk) = &self.notice.risk {
            let churn = self.text(key("alert-figure-churn"), &[])?;
            let said = self.is_about_churn();
            figures.push(self.figure(self.percent(risk.churn_probability), churn, said)?);
            let label = self.text(words::value_label(risk.value_basis), &[])?;
            let value = self.value(risk.value_at_risk, risk.value_basis);
            figures.push(self.figure(value, label, false)?);
        }
        Ok(figures)
    }

    fn figure(&self, value: String, label: String, said: bool) -> Result<Figure, TextError> {
        Ok(Figure {
            line: self.labelled(&label, &value)?,
            value,
            label,
            said,
        })
    }

    fn deeds(&self) -> Result<Option<Deeds<'a>>, TextError> {
        let Some(links) = &self.notice.deeds else {
            return Ok(None);
        };
        Ok(Some(Deeds {
            links,
            acknowledge: self.text(key("alert-deed-acknowledge"), &[])?,
            snooze: self.text(key("alert-deed-snooze"), &[])?,
            resolve: self.text(key("alert-deed-resolve"), &[])?,
        }))
    }
}

impl Risk {
    /// Whether anything in it comes from partners.
    fn shows_partners(&self) -> bool {
        let of_partner = |part: &super::Part| matches!(part.kind, super::PartKind::Partner { .. });
        self.parts.iter().any(of_partner) || !self.followers.is_empty()
    }
}

/// White text on it keeps a contrast above 4.5:1 (WCAG AA).
pub(in crate::alerts) fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "#175cd3",
        Severity::Medium => "#b54708",
        Severity::High => "#b42318",
    }
}
