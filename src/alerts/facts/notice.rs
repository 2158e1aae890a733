//! Facts as a mail tells them.

use chrono_tz::Tz;

use super::{Earlier, Facts, FollowerFact, PartFact, RiskFacts, ValueUnit, Warning};
use crate::alerts::message::{
    AlertNotice, Evidence, Follower, Part, PartKind, PartnerKind, Partners, Previous, PublicUrl,
    Risk, ToldBefore, ValueBasis,
};
use crate::alerts::model::AlertSeverity;
use crate::assessment::model::{CascadeTerm, Evidence as EvidenceWord, Role};
use crate::i18n::Language;
use crate::i18n::format::Currency;
use crate::ids::{AlertId, CustomerId};
use crate::units::{NotAProbability, Probability};

/// To whom, and about which alert, a mail is written.
#[derive(Clone, Copy, Debug)]
pub struct Address<'a> {
    /// The alert.
    pub alert: AlertId,
    /// The customer; `None`: it is about our own data.
    pub customer: Option<CustomerId>,
    /// How urgent it is.
    pub severity: AlertSeverity,
    /// Where people reach this instance.
    pub public_url: &'a PublicUrl,
    /// The zone that moments are told in.
    pub zone: Tz,
    /// The reporting currency.
    pub currency: Currency,
    /// The reader's language.
    pub language: Language,
    /// What was told last, if this is worse.
    pub told_before: Option<ToldBefore>,
    /// Whether it was left alone for a while that is over.
    pub reminder: bool,
}

/// Facts that cannot be put into a mail.
#[derive(Debug, thiserror::Error)]
pub enum NotTellable {
    /// A number that is no probability.
    #[error(transparent)]
    Probability(#[from] NotAProbability),
    /// A warning about churn without the figures of a run.
    #[error("a warning about churn without a run")]
    NoRun,
    /// Money without a currency, or one that does not exist.
    #[error("money in the currency {0:?}")]
    Currency(Option<String>),
}

impl Facts {
    /// What a mail says of them.
    ///
    /// The network's part is a hypothesis in it unless a back-test supports it.
    ///
    /// # Errors
    ///
    /// [`NotTellable`] if a stored number makes no sense.
    pub fn notice(&self, to: &Address<'_>) -> Result<AlertNotice, NotTellable> {
        let of_churn = match self.warning {
            Warning::ChurnLevel { level: limit } | Warning::ChurnRise { step: limit, .. } => {
                Probability::new(limit)?;
                true
            }
            _ => false,
        };
        if of_churn && self.risk.is_none() {
            return Err(NotTellable::NoRun);
        }
        let name = self.customer_name.clone().unwrap_or_default();
        Ok(AlertNotice {
            alert_id: to.alert,
            public_url: to.public_url.clone(),
            language: to.language,
            severity: to.severity.into(),
            warning: self.warning.clone(),
            customer: to.customer.map(|id| (id, name)),
            team: self.team.clone(),
            as_of: self.as_of,
            zone: to.zone,
            currency: to.currency,
            told_before: to.told_before,
            reminder: to.reminder,
            risk: self.risk.as_ref().map(RiskFacts::told).transpose()?,
            next_step: self.next_step,
            due: self.due,
            worked_before: self.worked_before.clone(),
            pictures: Vec::new(),
            deeds: None,
        })
    }
}

impl RiskFacts {
    fn told(&self) -> Result<Risk, NotTellable> {
        let (parts, others) = self.told_parts()?;
        Ok(Risk {
            horizon_weeks: self.horizon_weeks,
            churn_probability: Probability::new(self.churn_probability)?,
            previous: self.before.map(Earlier::told).transpose()?,
            parts,
            others,
            followers: self
                .followers
                .iter()
                .map(FollowerFact::told)
                .collect::<Result<_, _>>()?,
            value_at_risk: self.value_at_risk,
            value_basis: self.value_basis()?,
            partners: Partners {
                kind: match self.role {
                    Role::Shipper => PartnerKind::Consignees,
                    Role::Consignee => PartnerKind::Shippers,
                    Role::Both => PartnerKind::Both,
                },
                total: self.partners,
                silent: self.partners_silent,
            },
            evidence: match self.evidence {
                EvidenceWord::Enough => Evidence::Enough,
                EvidenceWord::Low => Evidence::Low,
                EvidenceWord::None => Evidence::None,
            },
            network_term_supported: match self.cascade_term {
                CascadeTerm::Supported => Some(true),
                CascadeTerm::NotSupported => Some(false),
                CascadeTerm::Hypothesis => None,
            },
        })
    }

    /// The parts that are told one by one, and the rest.
    fn told_parts(&self) -> Result<(Vec<Part>, Probability), NotAProbability> {
        let mut others = 0.0;
        let mut parts = Vec::new();
        for part in &self.parts {
            match part {
                PartFact::Own { probability } => parts.push(Part {
                    kind: PartKind::Own,
                    probability: Probability::new(*probability)?,
                }),
                PartFact::Partner {
                    name,
                    share,
                    probability,
                    ..
                } => parts.push(Part {
                    kind: PartKind::Partner {
                        name: name.clone(),
                        share_of_business: Some(Probability::new(*share)?),
                    },
                    probability: Probability::new(*probability)?,
                }),
                PartFact::Others { probability, .. } => others += probability,
            }
        }
        Ok((parts, Probability::new(others)?))
    }

    fn value_basis(&self) -> Result<ValueBasis, NotTellable> {
        let currency = || {
            self.currency
                .as_deref()
                .and_then(|code| code.parse::<Currency>().ok())
                .ok_or_else(|| NotTellable::Currency(self.currency.clone()))
        };
        Ok(match self.value_unit {
            ValueUnit::Margin => ValueBasis::Margin(currency()?),
            ValueUnit::Revenue => ValueBasis::Revenue(currency()?),
            ValueUnit::Weight => ValueBasis::Weight,
            ValueUnit::Shipments => ValueBasis::Shipments,
        })
    }
}

impl Earlier {
    fn told(self) -> Result<Previous, NotAProbability> {
        Ok(Previous {
            churn_probability: Probability::new(self.churn_probability)?,
            as_of: self.as_of,
        })
    }
}

impl FollowerFact {
    fn told(&self) -> Result<Follower, NotAProbability> {
        Ok(Follower {
            // The mail calls a partner without a name "a partner".
            name: self.name.clone().unwrap_or_default(),
            churn_probability: Probability::new(self.churn_probability)?,
            churn_if_lost: Probability::new(self.churn_if_lost)?,
            value: self.value,
        })
    }
}
