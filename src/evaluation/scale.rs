//! From a score to a probability: so that recency alone can be judged by its Brier score.

use super::Predictions;

const MAX_STEPS: usize = 100;

/// Logistic curve over one score: σ(intercept + slope × (score − mean) ÷ spread).
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Scaling {
    mean: f64,
    spread: f64,
    intercept: f64,
    slope: f64,
}

impl Scaling {
    /// Learns the curve from earlier cases.
    ///
    /// Platt's way (1999): maximum likelihood towards (n₊ + 1) ÷ (n₊ + 2) for each of the n₊ cases in
    /// which it happened and 1 ÷ (n₋ + 2) for the others, so that cases that a score separates, or
    /// that all ended alike, have an answer too. Without cases it says one half for every score.
    pub fn fit(earlier: &Predictions<'_>) -> Self {
        let count = earlier.count().max(1) as f64;
        let mean = earlier.score.iter().sum::<f64>() / count;
        let squares = earlier.score.iter().map(|score| (score - mean).powi(2));
        let variance = squares.sum::<f64>() / count;
        let mut scaling = Self {
            mean,
            spread: if variance > 0.0 { variance.sqrt() } else { 1.0 },
            intercept: 0.0,
            slope: 0.0,
        };
        let events = earlier.events() as f64;
        let others = earlier.count() as f64 - events;
        let targets = [1.0 / (others + 2.0), (events + 1.0) / (events + 2.0)];
        let mut loss = scaling.loss(earlier, targets);
        for _ in 0..MAX_STEPS {
            let step = scaling.newton(earlier, targets);
            let Some((next, lower)) = scaling.descend(step, loss, earlier, targets) else {
                break;
            };
            let gain = loss - lower;
            (scaling, loss) = (next, lower);
            if gain < 1e-12 * (1.0 + loss) {
                break;
            }
        }
        scaling
    }

    /// Probability for a score.
    pub fn probability(&self, score: f64) -> f64 {
        1.0 / (1.0 + (-self.logit(score)).exp())
    }

    fn logit(&self, score: f64) -> f64 {
        self.intercept + self.slope * (score - self.mean) / self.spread
    }

    /// −ln likelihood.
    fn loss(&self, cases: &Predictions<'_>, targets: [f64; 2]) -> f64 {
        let pairs = cases.score.iter().zip(cases.happened);
        pairs
            .map(|(&score, &happened)| {
                let logit = self.logit(score);
                // ln(1 + e^z) without overflow.
                let softplus = logit.max(0.0) + (-logit.abs()).exp().ln_1p();
                softplus - target(targets, happened) * logit
            })
            .sum()
    }

    /// Newton's step for intercept and slope.
    fn newton(&self, cases: &Predictions<'_>, targets: [f64; 2]) -> [f64; 2] {
        // A trace of ridge: equal scores leave the slope undetermined.
        let (mut g0, mut g1, mut h00, mut h01, mut h11) = (0.0, 0.0, 1e-9, 0.0, 1e-9);
        for (&score, &happened) in cases.score.iter().zip(cases.happened) {
            let p = self.probability(score);
            let z = (score - self.mean) / self.spread;
            let (error, weight) = (target(targets, happened) - p, p * (1.0 - p));
            g0 += error;
            g1 += error * z;
            h00 += weight;
            h01 += weight * z;
            h11 += weight * z * z;
        }
        let determinant = h00 * h11 - h01 * h01;
        if determinant <= 0.0 {
            return [g0 / h00, 0.0];
        }
        [
            (g0 * h11 - g1 * h01) / determinant,
            (g1 * h00 - g0 * h01) / determinant,
        ]
    }

    /// The step, halved until the loss falls; `None` if it does not.
    fn descend(
        &self,
        [intercept, slope]: [f64; 2],
        loss: f64,
        cases: &Predictions<'_>,
        targets: [f64; 2],
    ) -> Option<(Self, f64)> {
        (0..30).find_map(|halvings| {
            let length = 0.5_f64.powi(halvings);
            let next = Self {
                intercept: self.intercept + length * intercept,
                slope: self.slope + length * slope,
                ..*self
            };
            let lower = next.loss(cases, targets);
            (lower < loss).then_some((next, lower))
        })
    }
}

fn target([not, happened]: [f64; 2], case: bool) -> f64 {
    if case { happened } else { not }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "exact numbers are meant")]
mod tests {
    use super::*;

    #[test]
    fn two_scores_get_their_smoothed_shares() {
        // With two distinct scores the curve is saturated: at 0 one of four happened, at 7 three of
        // four; n₊ = n₋ = 4, so the targets are 5/6 and 1/6: (5/6 + 3/6) / 4 = 1/3 and 2/3.
        let score = [0.0, 0.0, 0.0, 0.0, 7.0, 7.0, 7.0, 7.0];
        let happened = [true, false, false, false, true, true, true, false];
        let cases = Predictions::scores(&score, &happened).unwrap();
        let scaling = Scaling::fit(&cases);
        assert!((scaling.probability(0.0) - 1.0 / 3.0).abs() < 1e-6);
        assert!((scaling.probability(7.0) - 2.0 / 3.0).abs() < 1e-6);
        assert!((scaling.probability(3.5) - 0.5).abs() < 1e-6);
    }

    #[test]
    fn separable_uniform_and_missing_cases_have_an_answer() {
        let fit = |score: &[f64], happened: &[bool]| {
            Scaling::fit(&Predictions::scores(score, happened).unwrap())
        };
        let separable = fit(&[-1.0, -2.0, 1e100, 3.0], &[false, false, true, true]);
        assert!(separable.probability(0.0).is_finite());
        let separable = fit(&[-1.0, -2.0, 1.0, 2.0], &[false, false, true, true]);
        assert!(separable.probability(-2.0) < 0.3 && separable.probability(2.0) > 0.7);
        // All left: (3 + 1) / (3 + 2), whatever the score.
        let all = fit(&[1.0, 2.0, 3.0], &[true; 3]);
        assert!((all.probability(2.0) - 0.8).abs() < 1e-6);
        assert!((all.probability(9.0) - 0.8).abs() < 1e-6);
        assert_eq!(fit(&[], &[]).probability(4.0), 0.5);
        let equal = fit(&[4.0; 2], &[true, false]);
        assert!((equal.probability(4.0) - 0.5).abs() < 1e-9);
    }
}
