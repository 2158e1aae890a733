//! How much business hangs on few: the Herfindahl-Hirschman index and what is read from it.

use serde::Serialize;

crate::word_enum! {
    /// How concentrated business is. The limits, 1000 and 1800 points, are those of the US Merger
    /// Guidelines 2023, section 2.1, and serve by analogy only.
    Band {
        /// Below 1000 points.
        Diversified = "diversified",
        /// From 1000 to 1800 points.
        Moderate = "moderate",
        /// Above 1800 points.
        Concentrated = "concentrated",
    }
}

/// How much business hangs on few. Only parts with business count.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Concentration {
    /// Parts with business, 1 or more.
    pub parts: usize,
    /// Sum of the squared shares, in `(0, 1]`.
    pub hhi: f64,
    /// The same times 10,000.
    pub points: f64,
    /// How many equal parts would be as concentrated: 1 / HHI, from 1 to `parts`.
    pub effective_parts: f64,
    /// (HHI − 1/n) / (1 − 1/n), in `[0, 1]`: 0 for equal parts, whatever their number; 1 for a
    /// single part.
    pub normalised: f64,
    /// Share of the largest part, in `(0, 1]`.
    pub top_share: f64,
    /// What the points mean.
    pub band: Band,
}

impl Concentration {
    /// Of these amounts, in any order; `None` where none is positive. Infinite ones and those that
    /// are no numbers do not count.
    pub fn of(amounts: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut amounts: Vec<f64> = amounts
            .into_iter()
            .filter(|amount| amount.is_finite() && *amount > 0.0)
            .collect();
        // In one order, so that rounding is the same however the amounts came.
        amounts.sort_unstable_by(f64::total_cmp);
        let largest = *amounts.last()?;
        // Against the largest first: sums of huge amounts stay finite, tiny ones above zero.
        let total: f64 = amounts.iter().map(|amount| amount / largest).sum();
        let shares = amounts.iter().map(|amount| amount / largest / total);
        let parts = amounts.len();
        let even = 1.0 / parts as f64;
        let hhi = shares
            .map(|share| share * share)
            .sum::<f64>()
            .clamp(even, 1.0);
        let points = 10_000.0 * hhi;
        Some(Self {
            parts,
            hhi,
            points,
            effective_parts: 1.0 / hhi,
            normalised: if parts == 1 {
                1.0
            } else {
                (hhi - even) / (1.0 - even)
            },
            top_share: 1.0 / total,
            band: band(points),
        })
    }
}

/// The band of so many points, to a millionth: ten equal parts have 1000 points, not a rounding
/// error less.
fn band(points: f64) -> Band {
    let points = (points * 1e6).round() / 1e6;
    if points < 1000.0 {
        Band::Diversified
    } else if points <= 1800.0 {
        Band::Moderate
    } else {
        Band::Concentrated
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-9
    }

    #[test]
    fn of_60_30_and_10_the_squares_sum_to_46_percent() {
        // .36 + .09 + .01 = .46; 1/.46 = 2.173913; (.46 - 1/3)/(2/3) = .19
        let found = Concentration::of([30.0, 60.0, 0.0, 10.0, -5.0]).unwrap();
        assert_eq!(found.parts, 3);
        assert!(close(found.hhi, 0.46) && close(found.points, 4600.0));
        assert!(close(found.effective_parts, 2.173_913_043_478));
        assert!(close(found.normalised, 0.19) && close(found.top_share, 0.6));
        assert_eq!(found.band, Band::Concentrated);
    }

    #[test]
    fn one_part_is_all_and_nothing_has_no_concentration() {
        let alone = Concentration::of([7.0]).unwrap();
        assert!(close(alone.hhi, 1.0) && close(alone.normalised, 1.0));
        assert!(close(alone.effective_parts, 1.0) && close(alone.top_share, 1.0));
        for nothing in [vec![], vec![0.0, -1.0], vec![f64::NAN, f64::INFINITY]] {
            assert_eq!(Concentration::of(nothing), None);
        }
    }

    #[test]
    fn ten_equal_parts_stand_on_the_border_and_eleven_below_it() {
        let equal = |parts| Concentration::of(vec![1.0; parts]).unwrap();
        let ten = equal(10);
        assert!(close(ten.points, 1000.0) && close(ten.normalised, 0.0));
        assert_eq!(ten.band, Band::Moderate);
        assert_eq!(equal(11).band, Band::Diversified);
        // 4/10, then 6 of 1/10: .16 + .06 = .22
        let led = Concentration::of([4.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]).unwrap();
        assert!(close(led.points, 2200.0));
        // The upper border belongs to the middle band.
        assert_eq!(band(1800.0), Band::Moderate);
        assert_eq!(band(1800.01), Band::Concentrated);
    }

    proptest! {
        #[test]
        fn it_keeps_its_bounds_whatever_the_amounts_and_their_order(
            mut amounts in prop::collection::vec(prop_oneof![0.0..1e9f64, Just(f64::MAX), Just(f64::MIN_POSITIVE)], 1..40)
        ) {
            let found = Concentration::of(amounts.clone());
            if let Some(found) = &found {
                let even = 1.0 / found.parts as f64;
                prop_assert!(found.hhi >= even && found.hhi <= 1.0);
                prop_assert!((0.0..=1.0).contains(&found.normalised));
                prop_assert!(found.top_share > 0.0 && found.top_share <= 1.0);
                prop_assert!(found.effective_parts <= found.parts as f64 * (1.0 + 1e-12));
                prop_assert!(found.top_share * found.top_share <= found.hhi * (1.0 + 1e-12));
            }
            amounts.reverse();
            prop_assert_eq!(found, Concentration::of(amounts));
        }
    }
}
