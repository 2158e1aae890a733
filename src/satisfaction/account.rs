//! Satisfaction of an account: every department must be satisfied, and one unhappy one is enough.

use super::error::{at_least_zero, in_unit};
use super::{Department, SatisfactionError, Z90, normal_cdf};

/// A department is satisfied from here on. Default.
pub const TAU: f64 = 0.60;
/// Scores below this count as this, so that one zero does not hide all others. Default.
pub const FLOOR: f64 = 0.01;
/// Green from this probability that all departments are satisfied. Default.
pub const GREEN_FROM: f64 = 0.8;
/// Red below this probability that all departments are satisfied. Default.
pub const RED_BELOW: f64 = 0.4;

/// Exponent of a power mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Power {
    /// p: 1 is the mean, 0 the geometric mean, -1 the harmonic mean.
    Finite(f64),
    /// p towards minus infinity: the minimum.
    Min,
}

impl Power {
    /// The default, p = -1.
    pub const HARMONIC: Self = Self::Finite(-1.0);
}

/// Weighted power mean `M = (Σ w x^p / Σ w)^(1/p)` (formula 6), every x floored at `floor`.
///
/// Values are 0 or more; a weight of 0 leaves its value out. Between the least and the largest value.
///
/// # Errors
///
/// [`SatisfactionError`] if the lists differ in length, are empty, hold a number out of range, or
/// all weights are 0.
///
/// # Example
///
/// ```
/// use hawser::satisfaction::account::{FLOOR, Power, power_mean};
///
/// // 4 / (3/0.9 + 1/0.3): one unhappy department in four.
/// let mean = power_mean(&[0.9, 0.9, 0.9, 0.3], &[1.0; 4], Power::HARMONIC, FLOOR)?;
/// assert!((mean - 0.6).abs() < 1e-12);
/// # Ok::<(), hawser::satisfaction::SatisfactionError>(())
/// ```
pub fn power_mean(
    values: &[f64],
    weights: &[f64],
    power: Power,
    floor: f64,
) -> Result<f64, SatisfactionError> {
    let terms = weighted(values, weights, floor)?;
    Ok(mean_of(&terms, checked(power)?))
}

/// Variance of the power mean by the delta method (7): `Σ (w (x/M)^(p-1))² V`, w normalised.
///
/// For the minimum: the variance of the least value, the first of equals.
///
/// # Errors
///
/// As [`power_mean`], and if `variances` does not fit.
pub fn power_mean_variance(
    values: &[f64],
    weights: &[f64],
    power: Power,
    floor: f64,
    variances: &[f64],
) -> Result<f64, SatisfactionError> {
    let terms = weighted(values, weights, floor)?;
    let power = checked(power)?;
    check_variances(values, variances)?;
    let relevant = variances
        .iter()
        .zip(weights)
        .filter(|(_, weight)| **weight > 0.0)
        .map(|(variance, _)| *variance);
    let mean = mean_of(&terms, power);
    Ok(match power {
        Power::Finite(p) => terms
            .iter()
            .zip(relevant)
            .map(|((value, weight), variance)| {
                (weight * ((p - 1.0) * (value / mean).ln()).exp()).powi(2) * variance
            })
            .sum(),
        Power::Min => terms
            .iter()
            .zip(relevant)
            .min_by(|((a, _), _), ((b, _), _)| a.total_cmp(b))
            .map_or(0.0, |(_, variance)| variance),
    })
}

/// Probability that all are satisfied (7): `Π Φ((θ - τ)/√V)`; without variance, θ >= τ decides.
///
/// # Errors
///
/// [`SatisfactionError`] if the lists differ in length, are empty or hold a number out of range.
pub fn p_all(thetas: &[f64], variances: &[f64], tau: f64) -> Result<f64, SatisfactionError> {
    if thetas.is_empty() {
        return Err(SatisfactionError::rule("theta", "at least one value"));
    }
    in_unit(|| "tau".to_owned(), tau)?;
    for (index, &theta) in thetas.iter().enumerate() {
        in_unit(|| format!("theta[{index}]"), theta)?;
    }
    check_variances(thetas, variances)?;
    Ok(thetas
        .iter()
        .zip(variances)
        .map(|(&theta, &variance)| p_satisfied(theta, variance, tau))
        .product())
}

pub(super) fn p_satisfied(theta: f64, variance: f64, tau: f64) -> f64 {
    if variance > 0.0 {
        normal_cdf((theta - tau) / variance.sqrt())
    } else {
        f64::from(u8::from(theta >= tau))
    }
}

crate::word_enum! {
    /// The traffic light of an account: a gate, not a mean.
    Gate {
        /// All departments are satisfied with a probability of 0.8 or more.
        Green = "green",
        /// In between.
        Amber = "amber",
        /// One department is surely unhappy, or the probability is below 0.4.
        Red = "red",
        /// Nothing is wrong as far as is known, but nobody was heard, or departments without data
        /// stand in the way of green.
        Unknown = "unknown",
    }
}

/// A required department of an account.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Member {
    /// Its weight, 0 or more.
    pub weight: f64,
    /// Its satisfaction.
    pub department: Department,
}

/// How departments are put together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AccountSettings {
    /// Exponent of the mean. Default -1.
    pub power: Power,
    /// A department is satisfied from here on. Default 0.60.
    pub tau: f64,
    /// Floor of a score. Default 0.01.
    pub floor: f64,
}

impl Default for AccountSettings {
    fn default() -> Self {
        Self {
            power: Power::HARMONIC,
            tau: TAU,
            floor: FLOOR,
        }
    }
}

/// Satisfaction of an account.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Account {
    /// Power mean over the required departments; those without data enter with their prior.
    pub score: f64,
    /// Its variance.
    pub var: f64,
    /// Lower end of the 90 % interval, cut at 0.
    pub lo: f64,
    /// Upper end of the 90 % interval, cut at 1.
    pub hi: f64,
    /// Probability that all required departments are satisfied.
    pub p_all: f64,
    /// The traffic light.
    pub gate: Gate,
    /// Position of the department with the lowest score among those with data, the first of
    /// equals; `None` if none has data.
    pub weakest: Option<usize>,
    /// Share of the required departments that have data.
    pub coverage: f64,
}

/// Satisfaction of an account over its required departments; none is ever left out of the mean.
///
/// The gate, first that applies: **red** if a department is surely below τ (upper end of its
/// interval) or those that were heard are all satisfied with a probability below 0.4; **amber** if
/// those with data are with one below 0.8; **green** if somebody was heard and all departments,
/// those without data at their prior, are satisfied with a probability of 0.8 or more; else
/// **unknown**: it is what is missing that holds back green, and nothing that is known. Facts alone
/// are red only where they leave no doubt, and never green. With all departments heard this is
/// formula (7)'s gate.
///
/// # Errors
///
/// [`SatisfactionError`] without departments, if all weights are 0, or for a number out of range.
pub fn score(members: &[Member], settings: &AccountSettings) -> Result<Account, SatisfactionError> {
    if members.is_empty() {
        return Err(SatisfactionError::rule("departments", "at least one"));
    }
    let thetas: Vec<f64> = members
        .iter()
        .map(|member| member.department.theta)
        .collect();
    let vars: Vec<f64> = members.iter().map(|member| member.department.var).collect();
    let weights: Vec<f64> = members.iter().map(|member| member.weight).collect();
    let AccountSettings { power, tau, floor } = *settings;

    let score = power_mean(&thetas, &weights, power, floor)?;
    let var = power_mean_variance(&thetas, &weights, power, floor, &vars)?;
    let p_all = p_all(&thetas, &vars, tau)?;
    let known: Vec<(usize, &Department)> = members
        .iter()
        .map(|member| &member.department)
        .enumerate()
        .filter(|(_, department)| department.has_data())
        .collect();
    let reach = Z90 * var.sqrt();
    Ok(Account {
        score,
        var,
        lo: (score - reach).max(0.0),
        hi: (score + reach).min(1.0),
        p_all,
        gate: gate(members.iter().map(|member| &member.department), tau),
        weakest: known
            .iter()
            .min_by(|(_, a), (_, b)| a.theta.total_cmp(&b.theta))
            .map(|(position, _)| *position),
        coverage: known.len() as f64 / members.len() as f64,
    })
}

/// The gate over departments; [`score`] tells its rule.
pub(super) fn gate<'a>(departments: impl Iterator<Item = &'a Department>, tau: f64) -> Gate {
    let (mut surely_below, mut heard) = (false, false);
    let (mut p_heard, mut p_known, mut p_all) = (1.0, 1.0, 1.0);
    for department in departments {
        surely_below |= department.theta + Z90 * department.sd() < tau;
        let p = p_satisfied(department.theta, department.var, tau);
        p_all *= p;
        if department.has_data() {
            p_known *= p;
        }
        if department.is_heard() {
            heard = true;
            p_heard *= p;
        }
    }
    if surely_below || p_heard < RED_BELOW {
        Gate::Red
    } else if p_known < GREEN_FROM {
        Gate::Amber
    } else if heard && p_all >= GREEN_FROM {
        Gate::Green
    } else {
        Gate::Unknown
    }
}

fn checked(power: Power) -> Result<Power, SatisfactionError> {
    match power {
        Power::Finite(p) if !(-1e6..=1e6).contains(&p) => {
            let rule = "a number between -1e6 and 1e6, or minus infinity";
            Err(SatisfactionError::number("p", p, rule))
        }
        _ => Ok(power),
    }
}

fn check_variances(values: &[f64], variances: &[f64]) -> Result<(), SatisfactionError> {
    if variances.len() != values.len() {
        return Err(SatisfactionError::rule(
            "var",
            "one variance for each value",
        ));
    }
    for (index, &variance) in variances.iter().enumerate() {
        at_least_zero(|| format!("var[{index}]"), variance)?;
    }
    Ok(())
}

/// Floored values with normalised weights; those of weight 0 left out.
fn weighted(
    values: &[f64],
    weights: &[f64],
    floor: f64,
) -> Result<Vec<(f64, f64)>, SatisfactionError> {
    if values.len() != weights.len() {
        return Err(SatisfactionError::rule("w", "one weight for each value"));
    }
    if !(1e-9..=1.0).contains(&floor) {
        let rule = "a number between 1e-9 and 1";
        return Err(SatisfactionError::number("eps", floor, rule));
    }
    for (index, (&value, &weight)) in values.iter().zip(weights).enumerate() {
        at_least_zero(|| format!("x[{index}]"), value)?;
        at_least_zero(|| format!("w[{index}]"), weight)?;
    }
    let sum: f64 = weights.iter().sum();
    if sum <= 0.0 {
        return Err(SatisfactionError::rule("w", "at least one positive weight"));
    }
    Ok(values
        .iter()
        .zip(weights)
        .filter(|(_, weight)| **weight > 0.0)
        .map(|(value, weight)| (value.max(floor), weight / sum))
        .collect())
}

/// The mean itself, in logarithms, so that no exponent overflows.
fn mean_of(terms: &[(f64, f64)], power: Power) -> f64 {
    let least = terms.iter().map(|(value, _)| *value);
    let least = least.fold(f64::INFINITY, f64::min);
    let largest = terms.iter().map(|(value, _)| *value).fold(0.0, f64::max);
    let mean = match power {
        Power::Min => least,
        // So near to 0 the quotient below would lose its digits.
        Power::Finite(p) if p.abs() < 1e-8 => terms
            .iter()
            .map(|(value, weight)| weight * value.ln())
            .sum::<f64>()
            .exp(),
        Power::Finite(p) => {
            let pivot = if p > 0.0 { largest } else { least };
            let sum: f64 = terms
                .iter()
                .map(|(value, weight)| weight * (p * (value / pivot).ln()).exp())
                .sum();
            pivot * (sum.ln() / p).exp()
        }
    };
    mean.clamp(least, largest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::satisfaction::DepartmentSettings;
    use crate::satisfaction::answers::Answer;
    use crate::satisfaction::department;
    use crate::satisfaction::kpi::WeightedKpi;

    fn settings(sigma: f64) -> DepartmentSettings {
        DepartmentSettings {
            sigma,
            ..DepartmentSettings::default()
        }
    }

    fn of(department: Department) -> Member {
        Member {
            weight: 1.0,
            department,
        }
    }

    /// Two people of the department say the same.
    fn member(said: Option<f64>, sigma: f64) -> Member {
        let answers: Vec<Answer> = said
            .into_iter()
            .flat_map(|score| ["a", "b"].map(|who| (who, score)))
            .map(|(respondent, score)| Answer {
                respondent: respondent.to_owned(),
                score,
                age_days: 0.0,
                role_weight: 1.0,
                confidence: 1.0,
            })
            .collect();
        of(department::score(&answers, &[], 0.7, &settings(sigma)).unwrap())
    }

    /// Nobody says anything; the facts are known.
    fn facts(desirability: f64, sigma: f64) -> Member {
        let kpi = WeightedKpi {
            weight: 1.0,
            desirability: Some(desirability),
        };
        of(department::score(&[], &[kpi], 0.7, &settings(sigma)).unwrap())
    }

    fn gate_of(members: &[Member]) -> Gate {
        score(members, &AccountSettings::default()).unwrap().gate
    }

    #[test]
    fn nothing_known_is_unknown_and_not_red() {
        // Four times Φ(0.1 / 0.25) = 0.6554 is 0.18, which would be red.
        let account = score(&[member(None, 0.25); 4], &AccountSettings::default()).unwrap();
        assert!((account.p_all - 0.184_5).abs() < 5e-4, "{}", account.p_all);
        assert_eq!((account.gate, account.weakest), (Gate::Unknown, None));
        assert!(account.coverage < 1e-15);
    }

    #[test]
    fn the_gate_follows_the_probability_that_all_are_satisfied() {
        // θ = (0.7 + 2 d) / 3, sd = 0.25 / √3 = 0.1443
        let happy = member(Some(1.0), 0.25); // θ .9, Φ(2.08) = .981
        let fair = member(Some(0.75), 0.25); // θ .7333, Φ(0.92) = .822
        let poor = member(Some(0.5), 0.25); // θ .5667, Φ(-0.23) = .409
        assert_eq!(gate_of(&[happy, happy]), Gate::Green);
        assert_eq!(gate_of(&[happy, fair, fair]), Gate::Amber);
        assert_eq!(gate_of(&[happy, poor]), Gate::Amber);
        assert_eq!(gate_of(&[happy, poor, poor]), Gate::Red);
        let account = score(&[happy, poor, fair], &AccountSettings::default()).unwrap();
        assert_eq!(account.weakest, Some(1));
    }

    #[test]
    fn missing_departments_hold_back_green_but_never_redden() {
        let happy = member(Some(1.0), 0.25);
        let missing = member(None, 0.25);
        assert_eq!(gate_of(&[happy, missing, missing]), Gate::Unknown);
        let poor = member(Some(0.4), 0.25); // θ .5, Φ(-0.69) = .244
        assert_eq!(gate_of(&[missing, poor]), Gate::Red);
    }

    #[test]
    fn facts_alone_are_never_green_and_red_only_without_doubt() {
        // θ .9 twice: .981² would be green had anybody said so.
        assert_eq!(gate_of(&[facts(1.0, 0.25); 2]), Gate::Unknown);
        assert_eq!(
            gate_of(&[facts(1.0, 0.25), member(Some(1.0), 0.25)]),
            Gate::Green
        );
        // θ .5 six times: .244⁶, and still not one of them is surely below.
        assert_eq!(gate_of(&[facts(0.4, 0.25); 6]), Gate::Amber);
        // θ .3: .3 + 1.645 · .144 = .537 < .6
        assert_eq!(gate_of(&[facts(0.1, 0.25)]), Gate::Red);
    }

    #[test]
    fn one_department_surely_below_is_red_whatever_the_rest() {
        // θ = (0.7 + 2 · 0.35) / 3 = .4667, sd .0577: .4667 + 1.645 · .0577 = .5616 < .6
        let surely = member(Some(0.35), 0.1);
        assert_eq!(gate_of(&[surely, member(Some(1.0), 0.1)]), Gate::Red);
    }

    #[test]
    fn bad_input_is_refused() {
        assert!(score(&[], &AccountSettings::default()).is_err());
        assert!(power_mean(&[], &[], Power::HARMONIC, FLOOR).is_err());
        assert!(power_mean(&[0.5], &[0.0], Power::HARMONIC, FLOOR).is_err());
        assert!(power_mean(&[0.5], &[1.0, 1.0], Power::HARMONIC, FLOOR).is_err());
        assert!(power_mean(&[f64::NAN], &[1.0], Power::HARMONIC, FLOOR).is_err());
        assert!(power_mean(&[0.5], &[1.0], Power::Finite(f64::NAN), FLOOR).is_err());
        assert!(p_all(&[0.5], &[-1.0], TAU).is_err());
        assert!(p_all(&[], &[], TAU).is_err());
    }
}
