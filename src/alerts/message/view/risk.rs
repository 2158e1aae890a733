//! A customer's risk in words: the parts that explain it, and who would follow.

use super::words::behind_label;
use super::{Risk, Writer};
use crate::i18n::{TextError, key};

/// What the templates show of a risk.
pub(super) struct RiskView {
    pub(super) why: String,
    pub(super) parts: Vec<Bar>,
    pub(super) total: Bar,
    pub(super) hypothesis: Option<String>,
    pub(super) followers_title: String,
    pub(super) followers: Vec<FollowerLine>,
    /// What the followers' values count.
    pub(super) behind: String,
    pub(super) more_followers: Option<String>,
    pub(super) no_followers: Option<String>,
}

/// A part of the probability.
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) percent: String,
    /// Share of the whole bar, 0 to 100.
    pub(super) width: u32,
}

impl Bar {
    /// The percentage set flush right in five columns, for the plain text.
    pub(super) fn column(&self) -> String {
        format!("{:>5}", self.percent)
    }
}

/// A partner that would follow.
pub(super) struct FollowerLine {
    pub(super) name: String,
    pub(super) change: String,
    pub(super) value: String,
    pub(super) value_line: String,
}

impl Writer<'_> {
    pub(super) fn risk(&self, risk: &Risk) -> Result<RiskView, TextError> {
        let (parts, total) = self.parts(risk)?;
        let why = if self.is_about_churn() {
            self.text(key("alert-why"), &[])?
        } else {
            self.text(
                key("alert-why-churn"),
                &[("weeks", risk.horizon_weeks.into())],
            )?
        };
        Ok(RiskView {
            why,
            parts,
            total,
            hypothesis: self.hypothesis(risk)?,
            followers_title: match risk.network_term_supported {
                Some(true) => self.text(key("alert-followers"), &[])?,
                _ => self.text(key("alert-followers-hypothesis"), &[])?,
            },
            followers: self.followers(risk)?,
            behind: self.text(behind_label(risk.value_basis), &[])?,
            more_followers: self.more_followers(risk)?,
            no_followers: risk
                .followers
                .is_empty()
                .then(|| self.text(key("alert-followers-none"), &[]))
                .transpose()?,
        })
    }

    /// Says that the network's part is not established, where the mail shows any.
    fn hypothesis(&self, risk: &Risk) -> Result<Option<String>, TextError> {
        if !risk.shows_partners() {
            return Ok(None);
        }
        Ok(match risk.network_term_supported {
            Some(true) => None,
            Some(false) => Some(self.text(key("alert-hypothesis-unsupported"), &[])?),
            None => Some(self.text(key("alert-hypothesis-unchecked"), &[])?),
        })
    }
}
