//! The figures of an alert mail: they are rounded so that what is shown adds up.

use super::risk::{Bar, FollowerLine};
use super::words::behind_label;
use super::{BODY_NAME_CHARS, Writer};
use crate::alerts::message::{
    Follower, Part, PartKind, Risk, SHOWN_FOLLOWERS, SHOWN_PARTS, ValueBasis,
};
use crate::i18n::format::percent_units;
use crate::i18n::line::{isolate, shorten, single_line};
use crate::i18n::{Language, TextError, key};
use crate::units::Probability;

impl Writer<'_> {
    /// The largest parts and the rest, whose shown figures add up to the shown total.
    pub(super) fn parts(&self, risk: &Risk) -> Result<(Vec<Bar>, Bar), TextError> {
        let mut sorted: Vec<&Part> = risk.parts.iter().collect();
        sorted.sort_by(|a, b| b.probability.get().total_cmp(&a.probability.get()));
        let (shown, rest) = sorted.split_at(sorted.len().min(SHOWN_PARTS));

        let mut labels = Vec::with_capacity(SHOWN_PARTS + 1);
        let mut sizes: Vec<f64> = Vec::with_capacity(SHOWN_PARTS + 1);
        for part in shown {
            labels.push(self.part_label(&part.kind)?);
            sizes.push(part.probability.get());
        }
        let others: f64 = rest.iter().map(|part| part.probability.get()).sum();
        let others = others + risk.others.get();
        if others > 0.0 {
            labels.push(self.text(key("alert-part-others"), &[])?);
            sizes.push(others);
        }

        let total = percent_units(risk.churn_probability, self.decimals);
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

    pub(super) fn percent_of(&self, units: u32) -> String {
        self.notice.language.percent_of_units(units, self.decimals)
    }

    pub(super) fn part_label(&self, kind: &PartKind) -> Result<String, TextError> {
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
                let share = plain_percent(self.notice.language, *share);
                let values = [("partner", partner.into()), ("share", share.into())];
                self.text(key("alert-part-partner-share"), &values)
            }
            None => self.text(key("alert-part-partner"), &[("partner", partner.into())]),
        }
    }

    /// A partner's name, fit for a line; "a partner" if there is nothing to show.
    pub(super) fn name(&self, name: &str) -> Result<String, TextError> {
        let line = single_line(name);
        if line.is_empty() {
            self.text(key("alert-partner-unnamed"), &[])
        } else {
            Ok(isolate(shorten(&line, BODY_NAME_CHARS)))
        }
    }

    pub(super) fn followers(&self, risk: &Risk) -> Result<Vec<FollowerLine>, TextError> {
        let shown = risk.followers.iter().take(SHOWN_FOLLOWERS);
        shown
            .map(|follower| self.follower(follower, risk.value_basis))
            .collect()
    }

    fn follower(&self, follower: &Follower, basis: ValueBasis) -> Result<FollowerLine, TextError> {
        let language = self.notice.language;
        let values = [
            (
                "now",
                plain_percent(language, follower.churn_probability).into(),
            ),
            (
                "lost",
                plain_percent(language, follower.churn_if_lost).into(),
            ),
        ];
        let value = self.value(follower.value, basis);
        let behind = self.text(behind_label(basis), &[])?;
        Ok(FollowerLine {
            name: self.name(&follower.name)?,
            change: self.text(key("alert-follower-change"), &values)?,
            value_line: self.labelled(&behind, &value)?,
            value,
        })
    }

    pub(super) fn more_followers(&self, risk: &Risk) -> Result<Option<String>, TextError> {
        let more = risk.followers.len().saturating_sub(SHOWN_FOLLOWERS);
        if more == 0 {
            return Ok(None);
        }
        self.text(key("alert-more"), &[("count", more.into())])
            .map(Some)
    }

    pub(super) fn labelled(&self, label: &str, value: &str) -> Result<String, TextError> {
        let values = [("label", label.into()), ("value", value.into())];
        self.text(key("alert-labelled"), &values)
    }

    pub(super) fn value(&self, value: i64, basis: ValueBasis) -> String {
        let language = self.notice.language;
        match basis {
            ValueBasis::Margin(currency) | ValueBasis::Revenue(currency) => {
                language.money_rounded(value, currency)
            }
            ValueBasis::Weight => language.weight(value),
            ValueBasis::Shipments => language.integer(value),
        }
    }

    /// A number with one decimal place where it is not whole.
    ///
    /// # Errors
    ///
    /// [`TextError::Incomplete`] if it is not finite.
    pub(super) fn number(&self, value: f64) -> Result<String, TextError> {
        let decimals = usize::from((value - value.round()).abs() >= 0.05);
        let language = self.notice.language;
        let written = language.number(value, decimals);
        let written = written.map_err(|cause| TextError::Incomplete {
            key: "alert-labelled",
            language,
            cause: cause.to_string(),
        })?;
        // A minus sign before nothing is no number.
        Ok(if written == "-0" {
            "0".to_owned()
        } else {
            written
        })
    }

    /// A share or a change as a percentage, which may be above 100 % or negative.
    ///
    /// # Errors
    ///
    /// [`TextError::Incomplete`] if it is not finite.
    pub(super) fn share(&self, value: f64) -> Result<String, TextError> {
        let percent = value * 100.0;
        let percent = if percent.abs() >= 1.0 {
            percent.round()
        } else {
            percent
        };
        Ok(format!("{}%", self.number(percent)?))
    }
}

/// A percentage that stands by itself: whole, or with one decimal place where whole would mislead.
pub(super) fn plain_percent(language: Language, probability: Probability) -> String {
    let whole = f64::from(percent_units(probability, 0)) / 100.0;
    let decimals = u8::from((whole - probability.get()).abs() > 0.001 && near_an_end(probability));
    language.percent(probability, decimals)
}

/// Whether whole percents are too coarse for it.
fn near_an_end(probability: Probability) -> bool {
    let value = probability.get();
    (value > 0.0 && value < 0.1) || (value > 0.99 && value < 1.0)
}

/// One decimal place where whole percents are too coarse or hide the change, none else.
pub(super) fn decimals(risk: &Risk) -> u8 {
    let now = risk.churn_probability;
    let hidden =
        |before: Probability| before != now && percent_units(before, 0) == percent_units(now, 0);
    let coarse = near_an_end(now)
        || risk
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
pub(super) fn apportion(sizes: &[f64], total: u32) -> Vec<u32> {
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
