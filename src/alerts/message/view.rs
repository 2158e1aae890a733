//! Puts a notice into words and figures, and these into the templates.

use askama::Template;
use fluent_bundle::FluentValue;

use super::{
    AlertNotice, Evidence, Follower, NextStep, Part, PartKind, PartnerKind, Reason, RenderError,
    Rendered, SHOWN_FOLLOWERS, SHOWN_PARTS, SUBJECT_NAME_CHARS, Severity, ValueBasis,
};
use crate::i18n::format::percent_units;
use crate::i18n::line::{isolate, shorten, single_line};
use crate::i18n::{Args, Key, TextError, Texts, key};
use crate::units::Probability;

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

    fn text(&self, key: Key, values: &[(&str, FluentValue<'_>)]) -> Result<String, TextError> {
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
            no_followers: match notice.followers.is_empty() {
                true => Some(self.text(key("alert-followers-none"), &[])?),
                false => None,
            },
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

    fn subject(&self) -> Result<String, TextError> {
        let severity = self.text(severity(self.notice.severity), &[])?;
        let customer = isolate(shorten(&self.customer, SUBJECT_NAME_CHARS));
        let what = self.subject_event()?;
        let mut values = vec![
            ("severity", severity.into()),
            ("customer", customer.into()),
            ("what", what.into()),
        ];
        if self.notice.value_at_risk > 0 {
            values.push(("value", self.subject_value()?.into()));
            self.text(key("alert-subject-with-value"), &values)
        } else {
            self.text(key("alert-subject"), &values)
        }
    }

    /// The silent partners if there are any, else the course of the churn probability.
    fn subject_event(&self) -> Result<String, TextError> {
        let partners = self.notice.partners;
        let now = self.percent(self.notice.churn_probability);
        if partners.silent > 0 {
            let name = match partners.kind {
                PartnerKind::Consignees => key("alert-subject-silent-consignees"),
                PartnerKind::Shippers => key("alert-subject-silent-shippers"),
                PartnerKind::Both => key("alert-subject-silent-partners"),
            };
            let values = [
                ("silent", partners.silent.into()),
                ("total", partners.total.into()),
            ];
            self.text(name, &values)
        } else if let Some(previous) = self.notice.previous {
            let before = self.percent(previous.churn_probability);
            let values = [("before", before.into()), ("now", now.into())];
            self.text(key("alert-subject-churn-change"), &values)
        } else {
            self.text(key("alert-subject-churn"), &[("now", now.into())])
        }
    }

    fn subject_value(&self) -> Result<String, TextError> {
        let (language, value) = (self.notice.language, self.notice.value_at_risk);
        let (name, amount) = match self.notice.value_basis {
            ValueBasis::Margin(currency) => (
                key("alert-subject-margin"),
                language.money_short(value, currency),
            ),
            ValueBasis::Revenue(currency) => (
                key("alert-subject-revenue"),
                language.money_short(value, currency),
            ),
            ValueBasis::Weight => (key("alert-subject-weight"), language.weight(value)),
            ValueBasis::Shipments => (
                key("alert-subject-shipments"),
                language.integer_short(value),
            ),
        };
        self.text(name, &[("amount", amount.into())])
    }

    fn changes(&self) -> Result<Vec<String>, TextError> {
        let notice = self.notice;
        let mut values = vec![
            ("customer", isolate(self.customer.clone()).into()),
            ("weeks", notice.horizon_weeks.into()),
            ("now", self.percent(notice.churn_probability).into()),
        ];
        let event = match notice.reason {
            Reason::ChurnLevel { level } => {
                values.push(("level", plain_percent(notice, level).into()));
                self.text(key("alert-level"), &values)?
            }
            Reason::ChurnRise { step } => {
                let points = plain_percent(notice, step);
                values.push(("step", points.trim_end_matches('%').into()));
                self.text(key("alert-rise"), &values)?
            }
        };
        let before = match notice.previous {
            Some(previous) => {
                let before = self.percent(previous.churn_probability);
                let date = notice.language.date(previous.as_of);
                let values = [("before", before.into()), ("date", date.into())];
                self.text(key("alert-before"), &values)?
            }
            None => self.text(key("alert-first"), &[])?,
        };
        let mut changes = vec![event, before];
        if notice.partners.silent > 0 {
            let name = match notice.partners.kind {
                PartnerKind::Consignees => key("alert-silent-consignees"),
                PartnerKind::Shippers => key("alert-silent-shippers"),
                PartnerKind::Both => key("alert-silent-partners"),
            };
            let values = [
                ("silent", notice.partners.silent.into()),
                ("total", notice.partners.total.into()),
            ];
            changes.push(self.text(name, &values)?);
        }
        Ok(changes)
    }

    /// The largest parts and the rest, whose shown figures add up to the shown total.
    fn parts(&self) -> Result<(Vec<Bar>, Bar), TextError> {
        let notice = self.notice;
        let mut sorted: Vec<&Part> = notice.parts.iter().collect();
        sorted.sort_by(|a, b| b.probability.get().total_cmp(&a.probability.get()));
        let (shown, rest) = sorted.split_at(sorted.len().min(SHOWN_PARTS));

        let mut labels = Vec::with_capacity(SHOWN_PARTS + 1);
        let mut sizes: Vec<f64> = Vec::with_capacity(SHOWN_PARTS + 1);
        for part in shown {
            labels.push(self.part_label(&part.kind)?);
            sizes.push(part.probability.get());
        }
        let others: f64 = rest.iter().map(|part| part.probability.get()).sum();
        let others = others + notice.others.get();
        if others > 0.0 {
            labels.push(self.text(key("alert-part-others"), &[])?);
            sizes.push(others);
        }

        let total = percent_units(notice.churn_probability, self.decimals);
        let units = apportion(&sizes, total);
        let bars = labels
            .into_iter()
            .zip(&units)
            .map(|(label, &units)| Bar {
                label,
                percent: self.percent_of(units),
                width: (units * 100).checked_div(total).unwrap_or(0),
            })
            .collect();
        let together = Bar {
            label: self.text(key("alert-part-total"), &[])?,
            percent: self.percent_of(total),
            width: 100,
        };
        Ok((bars, together))
    }

    fn percent_of(&self, units: u32) -> String {
        self.notice.language.percent_of_units(units, self.decimals)
    }

    fn part_label(&self, kind: &PartKind) -> Result<String, TextError> {
        let PartKind::Partner {
            name,
            share_of_business,
        } = kind
        else {
            return self.text(key("alert-part-own"), &[]);
        };
        let partner = self.name(name.as_deref().unwrap_or_default())?;
        match share_of_business {
            Some(share) => {
                let share = plain_percent(self.notice, *share);
                let values = [("partner", partner.into()), ("share", share.into())];
                self.text(key("alert-part-partner-share"), &values)
            }
            None => self.text(key("alert-part-partner"), &[("partner", partner.into())]),
        }
    }

    /// A partner's name, fit for a line; "a partner" if there is nothing to show.
    fn name(&self, name: &str) -> Result<String, TextError> {
        let line = single_line(name);
        if line.is_empty() {
            self.text(key("alert-partner-unnamed"), &[])
        } else {
            Ok(isolate(line))
        }
    }

    /// Says that the network's part is not established, where the mail shows any.
    fn hypothesis(&self) -> Result<Option<String>, TextError> {
        let of_partner = |part: &Part| matches!(part.kind, PartKind::Partner { .. });
        if !self.notice.parts.iter().any(of_partner) && self.notice.followers.is_empty() {
            return Ok(None);
        }
        Ok(match self.notice.network_term_supported {
            Some(true) => None,
            Some(false) => Some(self.text(key("alert-hypothesis-unsupported"), &[])?),
            None => Some(self.text(key("alert-hypothesis-unchecked"), &[])?),
        })
    }

    fn followers(&self) -> Result<Vec<FollowerLine>, TextError> {
        let shown = self.notice.followers.iter().take(SHOWN_FOLLOWERS);
        shown.map(|follower| self.follower(follower)).collect()
    }

    fn follower(&self, follower: &Follower) -> Result<FollowerLine, TextError> {
        let values = [
            (
                "now",
                plain_percent(self.notice, follower.churn_probability).into(),
            ),
            (
                "lost",
                plain_percent(self.notice, follower.churn_if_lost).into(),
            ),
            ("customer", isolate(self.customer.clone()).into()),
        ];
        let value = self.value(follower.value);
        let behind = self.text(behind_label(self.notice.value_basis), &[])?;
        Ok(FollowerLine {
            name: self.name(&follower.name)?,
            change: self.text(key("alert-follower-change"), &values)?,
            value_line: self.labelled(&behind, &value)?,
            value,
        })
    }

    fn more_followers(&self) -> Result<Option<String>, TextError> {
        let more = self.notice.followers.len().saturating_sub(SHOWN_FOLLOWERS);
        if more == 0 {
            return Ok(None);
        }
        self.text(key("alert-more"), &[("count", more.into())])
            .map(Some)
    }

    fn next_step(&self) -> Result<String, TextError> {
        let step = self.text(
            match self.notice.next_step {
                NextStep::Call => key("alert-step-call"),
                NextStep::Visit => key("alert-step-visit"),
                NextStep::ServiceReview => key("alert-step-service-review"),
                NextStep::PriceReview => key("alert-step-price-review"),
                NextStep::Recovery => key("alert-step-recovery"),
                NextStep::Partner => key("alert-step-partner"),
            },
            &[],
        )?;
        let date = self.notice.language.date(self.notice.due);
        let values = [("step", step.into()), ("date", date.into())];
        self.text(key("alert-next-by"), &values)
    }

    fn foot(&self) -> Result<Vec<String>, TextError> {
        let notice = self.notice;
        let date = notice.language.date(notice.as_of);
        let mut foot = vec![self.text(key("alert-as-of"), &[("date", date.into())])?];
        if let Some(team) = notice.team.as_deref().map(single_line)
            && !team.is_empty()
        {
            foot.push(self.text(key("alert-team"), &[("team", isolate(team).into())])?);
        }
        if notice.evidence == Evidence::Enough {
            foot.push(self.text(key("alert-evidence-enough"), &[])?);
        }
        Ok(foot)
    }

    fn labelled(&self, label: &str, value: &str) -> Result<String, TextError> {
        let values = [("label", label.into()), ("value", value.into())];
        self.text(key("alert-labelled"), &values)
    }

    fn value(&self, value: i64) -> String {
        let language = self.notice.language;
        match self.notice.value_basis {
            ValueBasis::Margin(currency) | ValueBasis::Revenue(currency) => {
                language.money_rounded(value, currency)
            }
            ValueBasis::Weight => language.weight(value),
            ValueBasis::Shipments => language.integer(value),
        }
    }
}

fn severity(severity: Severity) -> Key {
    match severity {
        Severity::Low => key("alert-severity-low"),
        Severity::Medium => key("alert-severity-medium"),
        Severity::High => key("alert-severity-high"),
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

fn value_label(basis: ValueBasis) -> Key {
    match basis {
        ValueBasis::Margin(_) => key("alert-value-margin"),
        ValueBasis::Revenue(_) => key("alert-value-revenue"),
        ValueBasis::Weight => key("alert-value-weight"),
        ValueBasis::Shipments => key("alert-value-shipments"),
    }
}

fn behind_label(basis: ValueBasis) -> Key {
    match basis {
        ValueBasis::Margin(_) => key("alert-behind-margin"),
        ValueBasis::Revenue(_) => key("alert-behind-revenue"),
        ValueBasis::Weight => key("alert-behind-weight"),
        ValueBasis::Shipments => key("alert-behind-shipments"),
    }
}

/// A percentage that stands by itself: whole, or with one decimal place where whole would mislead.
fn plain_percent(notice: &AlertNotice, probability: Probability) -> String {
    let whole = f64::from(percent_units(probability, 0)) / 100.0;
    let decimals = u8::from((whole - probability.get()).abs() > 0.001 && near_an_end(probability));
    notice.language.percent(probability, decimals)
}

/// Whether whole percents are too coarse for it.
fn near_an_end(probability: Probability) -> bool {
    let value = probability.get();
    (value > 0.0 && value < 0.1) || (value > 0.99 && value < 1.0)
}

/// One decimal place where whole percents are too coarse or hide the change, none else.
fn decimals(notice: &AlertNotice) -> u8 {
    let now = notice.churn_probability;
    let hidden =
        |before: Probability| before != now && percent_units(before, 0) == percent_units(now, 0);
    let coarse = near_an_end(now)
        || notice
            .previous
            .is_some_and(|previous| hidden(previous.churn_probability));
    u8::from(coarse)
}

/// Splits `total` units over `sizes` so that they add up exactly, each within one
/// unit of its share (largest remainders; the earlier wins a tie).
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "each share lies between 0 and `total`"
)]
fn apportion(sizes: &[f64], total: u32) -> Vec<u32> {
    let sum: f64 = sizes.iter().sum();
    if sum <= 0.0 {
        return vec![0; sizes.len()];
    }
    let exact: Vec<f64> = sizes
        .iter()
        .map(|size| size / sum * f64::from(total))
        .collect();
    let mut units: Vec<u32> = exact.iter().map(|share| share.floor() as u32).collect();
    let left = total.saturating_sub(units.iter().sum());
    let mut order: Vec<usize> = (0..exact.len()).collect();
    let remainder = |index: &usize| exact.get(*index).map_or(0.0, |share| share.fract());
    order.sort_by(|a, b| remainder(b).total_cmp(&remainder(a)));
    for index in order.into_iter().take(left as usize) {
        if let Some(unit) = units.get_mut(index) {
            *unit += 1;
        }
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_parts_add_up_to_the_shown_total() {
        // 9.4 + 17.3 + 4.6 = 31.3 → 31: floors 9, 17, 4 leave one, 4.6 has the largest remainder.
        assert_eq!(apportion(&[0.094, 0.173, 0.046], 31), [9, 17, 5]);
        assert_eq!(apportion(&[1.0, 1.0, 1.0], 100), [34, 33, 33]);
        assert_eq!(apportion(&[0.0, 0.0], 0), [0, 0]);
        assert_eq!(apportion(&[], 31), [] as [u32; 0]);
    }
}
