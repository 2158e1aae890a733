//! Customary indices for comparison with other tools, and the statistics behind the scores.

use std::collections::BTreeMap;

use super::SatisfactionError;
use super::error::{at_least_zero, finite, positive};

/// Net promoter score in percent, with an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nps {
    /// Share of promoters (9, 10) minus share of detractors (0 to 6), times 100.
    pub nps: f64,
    /// The same after three invented answers, three quarters of one promoter and of one detractor.
    pub adjusted: f64,
    /// Lower end of the interval around the adjusted score.
    pub lo: f64,
    /// Upper end of the interval around the adjusted score.
    pub hi: f64,
}

/// Net promoter score with adjusted-Wald interval (Rocks 2016): three answers are added, of which
/// ¾ promote and ¾ detract.
///
/// # Errors
///
/// [`SatisfactionError`] without values, for one outside 0 to 10, or if `z` is not positive.
pub fn nps(values: &[f64], z: f64) -> Result<Nps, SatisfactionError> {
    positive(|| "z".to_owned(), z)?;
    if values.is_empty() {
        return Err(SatisfactionError::rule("values", "at least one value"));
    }
    let (mut promoters, mut detractors) = (0.0, 0.0);
    for (index, &value) in values.iter().enumerate() {
        if !(0.0..=10.0).contains(&value) {
            let field = format!("values[{index}]");
            let rule = "a number between 0 and 10";
            return Err(SatisfactionError::number(field, value, rule));
        }
        if value >= 9.0 {
            promoters += 1.0;
        } else if value <= 6.0 {
            detractors += 1.0;
        }
    }
    let n = values.len() as f64;
    let (p, d) = (
        (promoters + 0.75) / (n + 3.0),
        (detractors + 0.75) / (n + 3.0),
    );
    let adjusted = p - d;
    let reach = z * ((p + d - adjusted * adjusted) / (n + 3.0)).sqrt();
    Ok(Nps {
        nps: 100.0 * (promoters - detractors) / n,
        adjusted: 100.0 * adjusted,
        lo: 100.0 * (adjusted - reach),
        hi: 100.0 * (adjusted + reach),
    })
}

/// Index after the American Customer Satisfaction Index: `100 (Σ w x̄ / Σ w - lo)/(hi - lo)`.
///
/// # Errors
///
/// [`SatisfactionError`] if the lists differ in length, all weights are 0, the scale is empty or a
/// mean is not on it.
pub fn acsi(means: &[f64], weights: &[f64], lo: f64, hi: f64) -> Result<f64, SatisfactionError> {
    finite(|| "lo".to_owned(), lo)?;
    finite(|| "hi".to_owned(), hi)?;
    if lo >= hi {
        return Err(SatisfactionError::rule("hi", "more than lo"));
    }
    if means.len() != weights.len() {
        return Err(SatisfactionError::rule(
            "weights",
            "one weight for each mean",
        ));
    }
    let (mut sum, mut total) = (0.0, 0.0);
    for (index, (&mean, &weight)) in means.iter().zip(weights).enumerate() {
        if !(lo..=hi).contains(&mean) {
            let rule = "a number between lo and hi";
            return Err(SatisfactionError::number(
                format!("means[{index}]"),
                mean,
                rule,
            ));
        }
        at_least_zero(|| format!("weights[{index}]"), weight)?;
        sum += weight * mean;
        total += weight;
    }
    if total <= 0.0 {
        let rule = "at least one positive weight";
        return Err(SatisfactionError::rule("weights", rule));
    }
    Ok(100.0 * (sum / total - lo) / (hi - lo))
}

/// Agreement within a group (James, Demaree and Wolf 1984): `1 - s² / ((A² - 1)/12)` on a scale of
/// A points, s² with n - 1; below 0 is 0.
///
/// # Errors
///
/// [`SatisfactionError`] for fewer than two scores, one outside 1 to A, or fewer than two points.
pub fn r_wg(scores: &[f64], points: f64) -> Result<f64, SatisfactionError> {
    if !(2.0..=1e6).contains(&points) {
        let rule = "at least 2 points";
        return Err(SatisfactionError::number("A", points, rule));
    }
    if scores.len() < 2 {
        return Err(SatisfactionError::rule("scores", "at least two scores"));
    }
    for (index, &score) in scores.iter().enumerate() {
        if !(1.0..=points).contains(&score) {
            let rule = "a number between 1 and A";
            return Err(SatisfactionError::number(
                format!("scores[{index}]"),
                score,
                rule,
            ));
        }
    }
    let n = scores.len() as f64;
    let mean = scores.iter().sum::<f64>() / n;
    let squares: f64 = scores.iter().map(|score| (score - mean).powi(2)).sum();
    let noise = (points * points - 1.0) / 12.0;
    Ok((1.0 - squares / (n - 1.0) / noise).max(0.0))
}

/// Wilson's interval of a share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wilson {
    /// Centre of the interval.
    pub centre: f64,
    /// Lower end.
    pub lo: f64,
    /// Upper end.
    pub hi: f64,
}

/// Wilson's interval for `hits` of `n`.
///
/// # Errors
///
/// [`SatisfactionError`] unless `0 <= hits <= n`, `n > 0` and `z > 0`.
pub fn wilson(hits: f64, n: f64, z: f64) -> Result<Wilson, SatisfactionError> {
    positive(|| "n".to_owned(), n)?;
    positive(|| "z".to_owned(), z)?;
    if !(0.0..=n).contains(&hits) {
        let rule = "a number between 0 and n";
        return Err(SatisfactionError::number("k", hits, rule));
    }
    let (share, square) = (hits / n, z * z);
    let centre = (hits + square / 2.0) / (n + square);
    let reach = z * (share * (1.0 - share) * n + square / 4.0).sqrt() / (n + square);
    Ok(Wilson {
        centre,
        lo: (centre - reach).max(0.0),
        hi: (centre + reach).min(1.0),
    })
}

/// Choquet integral of a 2-additive capacity: `Σ φ_i x_i - ½ Σ_{i<j} I_ij |x_i - x_j|` (Grabisch
/// 1997). Keys of `interaction` are pairs of positions.
///
/// # Errors
///
/// [`SatisfactionError`] unless lengths fit, `Σ φ = 1` and `φ_i - ½ Σ_j |I_ij| >= 0` (both within
/// 1e-9), each pair is told once, and all positions exist.
pub fn choquet2(
    values: &[f64],
    shapley: &[f64],
    interaction: &BTreeMap<(usize, usize), f64>,
) -> Result<f64, SatisfactionError> {
    if values.is_empty() || values.len() != shapley.len() {
        let rule = "one number for each value, and at least one";
        return Err(SatisfactionError::rule("shapley", rule));
    }
    for (index, (&value, &weight)) in values.iter().zip(shapley).enumerate() {
        finite(|| format!("x[{index}]"), value)?;
        finite(|| format!("shapley[{index}]"), weight)?;
    }
    if (shapley.iter().sum::<f64>() - 1.0).abs() > 1e-9 {
        return Err(SatisfactionError::rule("shapley", "numbers that sum to 1"));
    }
    let mut slack = shapley.to_vec();
    let mut sum: f64 = values.iter().zip(shapley).map(|(x, phi)| x * phi).sum();
    for (&(i, j), &strength) in interaction {
        finite(|| format!("interaction.{i},{j}"), strength)?;
        let (Some(a), Some(b)) = (values.get(i), values.get(j)) else {
            let rule = "pairs of positions that exist";
            return Err(SatisfactionError::rule("interaction", rule));
        };
        if i == j || (i > j && interaction.contains_key(&(j, i))) {
            let rule = "each pair of different positions once";
            return Err(SatisfactionError::rule("interaction", rule));
        }
        sum -= 0.5 * strength * (a - b).abs();
        for place in [i, j] {
            if let Some(slack) = slack.get_mut(place) {
                *slack -= 0.5 * strength.abs();
            }
        }
    }
    if slack.iter().any(|slack| *slack < -1e-9) {
        let rule = "for each position half its absolute sum at most the Shapley value";
        return Err(SatisfactionError::rule("interaction", rule));
    }
    Ok(sum)
}

/// Structural parameters of Bühlmann-Straub credibility.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Credibility {
    /// Collective mean: credibility-weighted, or the plain weighted mean under full pooling.
    pub mu: f64,
    /// σ²: variance within groups for weight 1.
    pub sigma2: f64,
    /// τ²: variance between groups; 0 means full pooling.
    pub tau2: f64,
    /// κ = σ²/τ²; `None` under full pooling, where it is infinite.
    pub kappa: Option<f64>,
}

/// Bühlmann-Straub estimates from groups of (value, weight).
///
/// # Errors
///
/// [`SatisfactionError`] for fewer than two groups with weight, no group with two observations, or
/// a number out of range.
pub fn buhlmann_straub(groups: &[Vec<(f64, f64)>]) -> Result<Credibility, SatisfactionError> {
    let (mut within, mut freedom) = (0.0, 0.0);
    let mut means: Vec<(f64, f64)> = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        let (mut weight, mut sum) = (0.0, 0.0);
        for &(value, each) in group {
            finite(|| format!("groups[{index}]"), value)?;
            positive(|| format!("groups[{index}]"), each)?;
            weight += each;
            sum += each * value;
        }
        if group.is_empty() {
            return Err(SatisfactionError::rule("groups", "no empty group"));
        }
        let mean = sum / weight;
        let squares = group
            .iter()
            .map(|(value, each)| each * (value - mean).powi(2));
        within += squares.sum::<f64>();
        freedom += group.len() as f64 - 1.0;
        means.push((mean, weight));
    }
    if means.len() < 2 || freedom <= 0.0 {
        let rule = "two groups or more, one of them with two values or more";
        return Err(SatisfactionError::rule("groups", rule));
    }
    let sigma2 = within / freedom;
    let total: f64 = means.iter().map(|(_, weight)| weight).sum();
    let overall = means
        .iter()
        .map(|(mean, weight)| mean * weight)
        .sum::<f64>()
        / total;
    let between: f64 = means
        .iter()
        .map(|(mean, weight)| weight * (mean - overall).powi(2))
        .sum();
    let squares: f64 = means.iter().map(|(_, weight)| weight * weight).sum();
    let count = means.len() as f64;
    let tau2 = ((between - (count - 1.0) * sigma2) / (total - squares / total)).max(0.0);
    if tau2 <= 0.0 {
        return Ok(Credibility {
            mu: overall,
            sigma2,
            tau2: 0.0,
            kappa: None,
        });
    }
    let kappa = sigma2 / tau2;
    let factors = means
        .iter()
        .map(|(mean, weight)| (mean, weight / (weight + kappa)));
    let (sum, all) = factors.fold((0.0, 0.0), |(sum, all), (mean, z)| {
        (sum + z * mean, all + z)
    });
    Ok(Credibility {
        mu: sum / all,
        sigma2,
        tau2,
        kappa: Some(kappa),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_differ_are_told_from_groups_that_do_not() {
        // Means 0.2 and 0.8 with weight 2 each; within: 4 · 0.01 / 2 = 0.02; between: 4 · 0.09 = 0.36;
        // τ² = (0.36 - 0.02) / (4 - 8/4) = 0.17.
        let groups = [vec![(0.1, 1.0), (0.3, 1.0)], vec![(0.7, 1.0), (0.9, 1.0)]];
        let found = buhlmann_straub(&groups).unwrap();
        assert!((found.mu - 0.5).abs() < 1e-12);
        assert!((found.sigma2 - 0.02).abs() < 1e-12);
        assert!((found.tau2 - 0.17).abs() < 1e-12);
        assert!((found.kappa.unwrap() - 0.02 / 0.17).abs() < 1e-12);
    }

    #[test]
    fn bad_input_is_refused() {
        assert!(nps(&[], 1.6).is_err());
        assert!(nps(&[11.0], 1.6).is_err());
        assert!(acsi(&[5.0], &[0.0], 1.0, 10.0).is_err());
        assert!(acsi(&[5.0], &[1.0], 1.0, 1.0).is_err());
        assert!(r_wg(&[3.0], 5.0).is_err());
        assert!(r_wg(&[3.0, 6.0], 5.0).is_err());
        assert!(wilson(3.0, 2.0, 1.6).is_err());
        assert!(wilson(0.0, 0.0, 1.6).is_err());
        assert!(buhlmann_straub(&[vec![(0.5, 1.0)], vec![(0.5, 1.0)]]).is_err());
        let too_strong = BTreeMap::from([((0, 1), 1.5)]);
        assert!(choquet2(&[0.5, 0.6], &[0.5, 0.5], &too_strong).is_err());
        let nowhere = BTreeMap::from([((0, 2), 0.1)]);
        assert!(choquet2(&[0.5, 0.6], &[0.5, 0.5], &nowhere).is_err());
    }

    #[test]
    fn people_who_disagree_as_much_as_can_be_have_no_agreement() {
        assert_eq!(r_wg(&[1.0, 5.0, 1.0, 5.0], 5.0), Ok(0.0));
        assert_eq!(r_wg(&[4.0, 4.0], 5.0), Ok(1.0));
    }
}
