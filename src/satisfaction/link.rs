//! Satisfaction of a link: both parties of a shipment, and both sides of our own relationship.

use super::account::{FLOOR, Power, power_mean, power_mean_variance};
use super::answers::Answer;
use super::department::{self, Department};
use super::kpi::WeightedKpi;
use super::{DepartmentSettings, SatisfactionError};

/// What a party's account knows counts as so many answers on the link. Default.
pub const NODE_WEIGHT: f64 = 3.0;

/// One party's satisfaction on a link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Party {
    /// In `[0, 1]`.
    pub score: f64,
    /// Its variance.
    pub var: f64,
    /// Whether the party is an account of ours; if not, the score is the prior of its kind.
    pub known: bool,
}

/// Joint satisfaction of a link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkScore {
    /// J: harmonic mean of the two parties' scores.
    pub score: f64,
    /// Its variance.
    pub var: f64,
    /// Shipper's score minus consignee's.
    pub imbalance: f64,
    /// Whether one of the parties is no account of ours.
    pub one_sided: bool,
}

/// A party's satisfaction on one link: what was said and measured on the link, with the party's
/// satisfaction as a whole, `node`, as prior that counts as three answers.
///
/// # Errors
///
/// [`SatisfactionError`] names the first member that is out of range.
pub fn party(
    answers: &[Answer],
    kpis: &[WeightedKpi],
    node: f64,
    settings: &DepartmentSettings,
) -> Result<Department, SatisfactionError> {
    let settings = DepartmentSettings {
        prior_weight: NODE_WEIGHT,
        ..*settings
    };
    department::score(answers, kpis, node, &settings)
}

/// Joint satisfaction of both parties: `J = 2 S_s S_c / (S_s + S_c)`, scores floored at 0.01.
///
/// # Errors
///
/// [`SatisfactionError`] if a score or a variance is out of range.
pub fn score(shipper: &Party, consignee: &Party) -> Result<LinkScore, SatisfactionError> {
    let (score, var) = harmonic(
        (shipper.score, shipper.var),
        (consignee.score, consignee.var),
    )?;
    Ok(LinkScore {
        score,
        var,
        imbalance: shipper.score - consignee.score,
        one_sided: !(shipper.known && consignee.known),
    })
}

/// A customer over its links: harmonic mean with volumes as weights.
///
/// # Errors
///
/// [`SatisfactionError`] if the lists differ in length, are empty or hold a number out of range, or
/// all volumes are 0.
pub fn over_links(scores: &[f64], volumes: &[f64]) -> Result<f64, SatisfactionError> {
    power_mean(scores, volumes, Power::HARMONIC, FLOOR)
}

/// Mutual satisfaction: harmonic mean of the customer's score and ours of the customer, each with
/// its variance; the mean with its variance.
///
/// # Errors
///
/// [`SatisfactionError`] if a score or a variance is out of range.
pub fn mutual(customer: (f64, f64), ours: (f64, f64)) -> Result<(f64, f64), SatisfactionError> {
    harmonic(customer, ours)
}

fn harmonic(first: (f64, f64), second: (f64, f64)) -> Result<(f64, f64), SatisfactionError> {
    let (values, halves) = ([first.0, second.0], [0.5, 0.5]);
    for value in values {
        super::error::in_unit(|| "score".to_owned(), value)?;
    }
    let mean = power_mean(&values, &halves, Power::HARMONIC, FLOOR)?;
    let variances = [first.1, second.1];
    let var = power_mean_variance(&values, &halves, Power::HARMONIC, FLOOR, &variances)?;
    Ok((mean, var))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(score: f64) -> Party {
        Party {
            score,
            var: 0.01,
            known: true,
        }
    }

    #[test]
    fn a_link_is_as_good_as_both_parties_find_it() {
        let link = score(&known(0.9), &known(0.3)).unwrap();
        // 2 · 0.27 / 1.2; variance (½ (0.45/0.9)²)² · .01 + (½ (0.45/0.3)²)² · .01
        assert!((link.score - 0.45).abs() < 1e-12);
        assert!((link.var - 0.01 * (0.125_f64.powi(2) + 1.125_f64.powi(2))).abs() < 1e-12);
        assert!((link.imbalance - 0.6).abs() < 1e-12);
        assert!(!link.one_sided);
        let stranger = Party {
            known: false,
            ..known(0.7)
        };
        assert!(score(&known(0.9), &stranger).unwrap().one_sided);
        assert!(score(&known(f64::NAN), &stranger).is_err());
    }

    #[test]
    fn the_account_counts_as_three_answers_on_the_link() {
        let answer = Answer {
            respondent: "a".to_owned(),
            score: 0.2,
            age_days: 0.0,
            role_weight: 1.0,
            confidence: 1.0,
        };
        let party = party(&[answer], &[], 0.8, &DepartmentSettings::default()).unwrap();
        // (3 · 0.8 + 0.2) / 4
        assert!((party.theta - 0.65).abs() < 1e-12);
    }

    #[test]
    fn a_small_bad_link_weighs_little() {
        // 450 / (100/.547 + 300/.75 + 50/.9)
        let mean = over_links(&[0.547, 0.75, 0.9], &[100.0, 300.0, 50.0]).unwrap();
        let expected = 450.0 / (100.0 / 0.547 + 300.0 / 0.75 + 50.0 / 0.9);
        assert!((mean - expected).abs() < 1e-12);
    }
}
