//! Whether what came strays from what was expected with the time of the year.

use chrono::{Datelike as _, Days, NaiveDate};
use statrs::distribution::{ContinuousCDF as _, FisherSnedecor};

/// Dates that a test needs at least: two years of quarters. Default.
const FEWEST: usize = 8;
/// Probability of chance below which a season is called one. Default.
const LEVEL: f64 = 0.05;

/// Shipping days over the horizon of a date.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// The as-of date.
    pub as_of: NaiveDate,
    /// Expected.
    pub expected: f64,
    /// Seen.
    pub seen: f64,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Season {
    /// Quarters of the year that have dates, 1 to 4, each with seen ÷ expected, the geometric mean
    /// over its dates.
    pub quarters: Vec<(u32, f64)>,
    /// How likely differences as large are by chance: one-way analysis of variance of the
    /// logarithms, F test.
    pub chance: f64,
}

impl Season {
    /// Whether there is one.
    pub fn is_there(&self) -> bool {
        self.chance < LEVEL
    }
}

/// Compares the quarters in which horizons have their middle; `None` with fewer than eight dates a
/// horizon or more apart, over less than two years, or without two quarters that have two dates.
pub fn season(points: &[Point], horizon_days: u64) -> Option<Season> {
    let mut apart: Vec<(NaiveDate, f64)> = Vec::new();
    for point in points {
        let free = |last: &(NaiveDate, f64)| {
            last.0
                .checked_add_days(Days::new(horizon_days))
                .is_some_and(|next| next <= point.as_of)
        };
        // Horizons that overlap hold the same days twice.
        if apart.last().is_none_or(free) && point.expected > 0.0 {
            // Half a day each: a horizon without any has a logarithm too.
            let ratio = ((point.seen + 0.5) / (point.expected + 0.5)).ln();
            apart.push((point.as_of, ratio));
        }
    }
    let (first, last) = (apart.first()?.0, apart.last()?.0);
    if apart.len() < FEWEST || (last - first).num_days() + horizon_days.cast_signed() < 2 * 365 {
        return None;
    }
    let quarter = |as_of: NaiveDate| {
        let middle = as_of.checked_add_days(Days::new(horizon_days / 2));
        middle.unwrap_or(as_of).month0() / 3 + 1
    };
    let by_quarter: Vec<(u32, Vec<f64>)> = (1..=4)
        .map(|number| {
            let of = apart.iter().filter(|(as_of, _)| quarter(*as_of) == number);
            (number, of.map(|(_, ratio)| *ratio).collect::<Vec<f64>>())
        })
        .filter(|(_, ratios)| !ratios.is_empty())
        .collect();
    if by_quarter
        .iter()
        .filter(|(_, ratios)| ratios.len() >= 2)
        .count()
        < 2
    {
        return None;
    }
    let groups: Vec<&[f64]> = by_quarter
        .iter()
        .map(|(_, ratios)| ratios.as_slice())
        .collect();
    Some(Season {
        chance: analysis_of_variance(&groups)?,
        quarters: by_quarter
            .iter()
            .map(|(number, ratios)| (*number, mean(ratios).exp()))
            .collect(),
    })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Probability that groups of equal means differ as much; `None` where nothing can be compared.
fn analysis_of_variance(groups: &[&[f64]]) -> Option<f64> {
    let all: Vec<f64> = groups.concat();
    let total = mean(&all);
    let between: f64 = groups
        .iter()
        .map(|group| group.len() as f64 * (mean(group) - total).powi(2))
        .sum();
    let within: f64 = groups
        .iter()
        .flat_map(|group| group.iter().map(|value| (value - mean(group)).powi(2)))
        .sum();
    let freedom = (
        (groups.len() as f64) - 1.0,
        (all.len() - groups.len()) as f64,
    );
    let distribution = FisherSnedecor::new(freedom.0, freedom.1).ok()?;
    let ratio = (between / freedom.0) / (within / freedom.1);
    // Without any spread there is nothing to tell apart, or nothing but a difference.
    if ratio.is_nan() {
        return Some(1.0);
    }
    Some(if ratio.is_finite() {
        distribution.sf(ratio)
    } else {
        0.0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(seen: &[f64]) -> Vec<Point> {
        let first = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap();
        seen.iter()
            .zip(0..)
            .map(|(seen, place)| Point {
                as_of: first + Days::new(91 * place),
                expected: 99.5,
                seen: *seen - 0.5,
            })
            .collect()
    }

    #[test]
    fn quarters_that_differ_every_year_are_a_season() {
        // The fourth quarter has twice what was expected, the others what was, give or take.
        let seen = [
            100.0, 101.0, 99.0, 200.0, 99.0, 100.0, 102.0, 198.0, 101.0, 98.0, 100.0, 202.0,
        ];
        let found = season(&points(&seen), 91).unwrap();
        assert!(found.is_there(), "{found:?}");
        assert_eq!(found.quarters.len(), 4);
        let (quarter, ratio) = found.quarters[3];
        assert_eq!(quarter, 4);
        assert!(
            (ratio - (2.0_f64 * 1.98 * 2.02).cbrt()).abs() < 1e-9,
            "{ratio}"
        );
    }

    #[test]
    fn the_test_is_that_of_the_textbook() {
        // Groups (6, 8, 4, 5, 3, 4), (8, 12, 9, 11, 6, 8), (13, 9, 11, 8, 7, 12): F = 9.3 with 2 and
        // 15 degrees of freedom; the 1 % point of the table is 6.36 and the 0.1 % point 11.34.
        let groups: [&[f64]; 3] = [
            &[6.0, 8.0, 4.0, 5.0, 3.0, 4.0],
            &[8.0, 12.0, 9.0, 11.0, 6.0, 8.0],
            &[13.0, 9.0, 11.0, 8.0, 7.0, 12.0],
        ];
        let chance = analysis_of_variance(&groups).unwrap();
        assert!((0.001..0.01).contains(&chance), "{chance}");
        assert_eq!(analysis_of_variance(&[&[1.0, 1.0], &[1.0, 1.0]]), Some(1.0));
    }

    #[test]
    fn what_strays_at_random_is_no_season() {
        let seen = [100.0, 130.0, 90.0, 110.0, 120.0, 95.0, 115.0, 100.0, 105.0];
        assert!(!season(&points(&seen), 91).unwrap().is_there());
    }

    #[test]
    fn too_few_dates_or_dates_too_close_say_nothing() {
        assert_eq!(season(&points(&[100.0; 7]), 91), None);
        // Twelve dates a quarter apart, but horizons of a year: three that do not overlap.
        assert_eq!(season(&points(&[100.0; 12]), 364), None);
        assert_eq!(season(&[], 91), None);
    }
}
