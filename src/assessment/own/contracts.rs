//! Contracts that end within the horizon: a number of their own, never mixed with own churn.

use chrono::NaiveDate;

use super::record::ModelFit;
use crate::assessment::AssessmentError;
use crate::assessment::risk::Scope;
use crate::churn::ChurnError;
use crate::churn::renewal::{self, Contract, Renewal, RenewalFit, RenewalPrior};
use crate::engagement::renewals::ContractAt;
use crate::units::Probability;

/// What a contract that ends within the horizon means for a customer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ContractRisk {
    /// The first day on which one ends.
    pub ends_on: NaiveDate,
    /// Probability that it is not renewed then.
    pub loss: Probability,
    /// Expected share of the customer's volume lost over the horizon, own churn included; `None` if
    /// the share under a contract that ends is not known.
    pub volume_risk: Option<Probability>,
}

/// How contracts are renewed: the published cohort, moved by our own history.
#[derive(Debug)]
pub struct Contracts {
    model: Renewal,
    fit: Option<RenewalFit>,
}

impl Contracts {
    /// Learns from chains of contracts: how often each was renewed, and whether it was then lost.
    pub fn learn(history: &[(u32, bool)]) -> Result<Self, ChurnError> {
        if history.is_empty() {
            return Ok(Self {
                model: Renewal::PUBLISHED,
                fit: None,
            });
        }
        let contracts: Vec<Contract> = history
            .iter()
            .map(|&(renewals, lost)| Contract { renewals, lost })
            .collect();
        let counted = renewal::Contracts::from_contracts(&contracts)?;
        let fit = renewal::fit(&counted, RenewalPrior::Published)?;
        Ok(Self {
            model: fit.model,
            fit: Some(fit),
        })
    }

    /// What the run keeps of the fit.
    pub fn record(&self) -> Option<ModelFit> {
        self.fit.as_ref().map(ModelFit::renewal)
    }

    /// The risk from a customer's contracts, which are in the order of their ends; `None` if none
    /// ends within the horizon.
    pub fn risk(
        &self,
        contracts: &[ContractAt],
        own_churn: Probability,
        scope: &Scope,
    ) -> Result<Option<ContractRisk>, AssessmentError> {
        let horizon = f64::from(scope.horizon_weeks);
        let weeks_to_end =
            |contract: &ContractAt| (contract.ends_on - scope.as_of).num_days() as f64 / 7.0;
        let within: Vec<&ContractAt> = contracts
            .iter()
            .filter(|contract| weeks_to_end(contract) < horizon)
            .collect();
        let Some(first) = within.first() else {
            return Ok(None);
        };
        let mut lost = Some(0.0);
        for contract in &within {
            let not_renewed = self.model.loss(contract.renewals).get();
            let left = (horizon - weeks_to_end(contract)) / horizon;
            lost = lost
                .zip(contract.share)
                .map(|(sum, share)| sum + share * not_renewed * left);
        }
        let volume_risk = lost
            .map(|lost| volume_risk(own_churn, lost, horizon))
            .transpose()?;
        Ok(Some(ContractRisk {
            ends_on: first.ends_on,
            loss: self.model.loss(first.renewals),
            volume_risk,
        }))
    }
}

/// 1 − keep, for a share of the volume that is expected to go with its contracts.
fn volume_risk(
    own_churn: Probability,
    lost: f64,
    horizon: f64,
) -> Result<Probability, AssessmentError> {
    let share = Probability::new(lost.clamp(0.0, 1.0)).unwrap_or(Probability::ONE);
    let active = own_churn.complement();
    let kept = renewal::keep(active, share, Probability::ONE, Some(0.0), horizon)?;
    Ok(kept.complement())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::model::CascadeTerm;
    use crate::cascade::Strengths;
    use crate::ids::CustomerId;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn scope() -> Scope {
        Scope {
            as_of: day("2026-01-01"),
            horizon_weeks: 13,
            window_days: 365,
            basis: None,
            save_effect: crate::plays::AssumedEffect::setting(0.3),
            strengths: Strengths::default(),
            cascade_term: CascadeTerm::Hypothesis,
            previous: None,
            worlds: 0,
        }
    }

    fn contract(ends_on: &str, share: Option<f64>) -> ContractAt {
        ContractAt {
            customer: CustomerId(1),
            partner: None,
            ends_on: day(ends_on),
            share,
            renewals: 0,
            auto_renews: false,
            value_per_year: None,
        }
    }

    fn risk(contracts: &[ContractAt]) -> Option<ContractRisk> {
        let own = Probability::new(0.2).unwrap();
        let model = Contracts::learn(&[]).unwrap();
        model.risk(contracts, own, &scope()).unwrap()
    }

    #[test]
    fn half_of_the_volume_under_a_contract_that_ends_in_the_middle() {
        // 45.5 days are half of 13 weeks; the end after 42 days leaves 7 weeks of 13.
        let found = risk(&[contract("2026-02-12", Some(0.5))]).unwrap();
        // Not renewed the first time: .668 / (.668 + 3.806) = .14931
        assert!((found.loss.get() - 0.149_307).abs() < 1e-6);
        // .8 · (1 − .5 · .149307 · 7/13) = .768 …: 1 − .8 · .9598019
        let volume = found.volume_risk.unwrap().get();
        assert!((volume - 0.232_158).abs() < 1e-6, "{volume}");
    }

    #[test]
    fn what_ends_later_adds_nothing_and_an_unknown_share_leaves_the_volume_unknown() {
        assert_eq!(risk(&[]), None);
        assert_eq!(risk(&[contract("2026-04-02", Some(1.0))]), None);
        let unknown = risk(&[contract("2026-02-12", None)]).unwrap();
        assert_eq!(unknown.volume_risk, None);
        assert_eq!(unknown.ends_on, day("2026-02-12"));
    }
}
