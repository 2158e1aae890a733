//! BG/BB (Fader, Hardie and Shang 2010): events at discrete opportunities, such as weekly slots.

use super::ChurnError;
use super::series::{ln_add_exp, ln_beta};

/// Log-likelihood of one history.
///
/// Alive, the entity takes each opportunity with probability p ~ Beta(alpha, beta); before each it
/// dies with probability theta ~ Beta(gamma, delta).
///
/// * `parameters`: alpha, beta, gamma, delta; positive.
/// * `x`: opportunities taken; `t_x`: the last one taken, counted from 1, 0 if none; `n`: how many
///   there were, at most a million.
///
/// # Errors
///
/// [`ChurnError`] names the field that breaks a rule.
pub fn log_likelihood(parameters: [f64; 4], x: u64, t_x: u64, n: u64) -> Result<f64, ChurnError> {
    let [alpha, beta, gamma, delta] = parameters;
    for (field, value) in [
        ("alpha", alpha),
        ("beta", beta),
        ("gamma", gamma),
        ("delta", delta),
    ] {
        if !(1e-9..=1e9).contains(&value) {
            return Err(ChurnError::Number {
                field,
                value,
                rule: "a number between 1e-9 and 1e9",
            });
        }
    }
    let rule = |field, rule| Err(ChurnError::Rule { field, rule });
    if n > 1_000_000 {
        return rule("n", "at most 1000000 opportunities");
    }
    if t_x > n {
        return rule("t_x", "at most n");
    }
    if x > t_x || (x == 0) != (t_x == 0) {
        return rule("x", "at most t_x, and 0 exactly when t_x is 0");
    }

    let (taken, last, all) = (x as f64, t_x as f64, n as f64);
    let taking = ln_beta(alpha, beta);
    let living = ln_beta(gamma, delta);
    let mut sum =
        ln_beta(alpha + taken, beta + all - taken) - taking + ln_beta(gamma, delta + all) - living;
    for i in 0..n - t_x {
        let missed = i as f64;
        let term = ln_beta(alpha + taken, beta + last - taken + missed) - taking
            + ln_beta(gamma + 1.0, delta + last + missed)
            - living;
        sum = ln_add_exp(sum, term);
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_opportunity_with_flat_priors_is_taken_in_a_quarter_of_all_cases() {
        // Alive (mean 1/2) and taken (mean 1/2).
        let taken = log_likelihood([1.0; 4], 1, 1, 1).unwrap().exp();
        let missed = log_likelihood([1.0; 4], 0, 0, 1).unwrap().exp();
        assert!((taken - 0.25).abs() < 1e-12);
        assert!((missed - 0.75).abs() < 1e-12);
    }

    #[test]
    fn contradictions_are_named() {
        for (x, t_x, n, field) in [(1, 2, 1, "t_x"), (3, 2, 4, "x"), (0, 2, 4, "x")] {
            let text = log_likelihood([1.0; 4], x, t_x, n).unwrap_err().to_string();
            assert!(text.starts_with(&format!("{field}:")), "{text}");
        }
    }
}
