//! Control chart of rates (u-chart): which periods stand out more than chance explains.

use super::RelationshipError;
use super::error::at_least_zero;

/// Standard deviations above the mean at which a period stands out.
const SIGMAS: f64 = 3.0;

/// Events of a period, and what they are counted on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Period {
    /// Events, such as complaints.
    pub events: u64,
    /// What they are counted on, such as shipments.
    pub exposure: f64,
}

/// A period on the chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Events over exposure; `None` without exposure.
    pub rate: Option<f64>,
    /// `ū + 3 √(ū/n)`; `None` without exposure.
    pub limit: Option<f64>,
    /// Whether the rate is above the limit, or there are events without any exposure.
    pub alarm: bool,
}

/// Chart of periods.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// Events of all periods over their exposure; `None` without exposure.
    pub mean: Option<f64>,
    /// One point to each period.
    pub points: Vec<Point>,
}

/// Rates of periods against the mean ū of all of them (Shewhart's u-chart).
///
/// # Errors
///
/// [`RelationshipError`] for an exposure that is negative or not finite.
pub fn u_chart(periods: &[Period]) -> Result<Chart, RelationshipError> {
    for (index, period) in periods.iter().enumerate() {
        at_least_zero(|| format!("periods[{index}].exposure"), period.exposure)?;
    }
    let events: f64 = periods.iter().map(|period| period.events as f64).sum();
    let exposure: f64 = periods.iter().map(|period| period.exposure).sum();
    let mean = (exposure > 0.0).then(|| events / exposure);
    let point = |period: &Period| match mean {
        Some(mean) if period.exposure > 0.0 => {
            let rate = period.events as f64 / period.exposure;
            let limit = mean + SIGMAS * (mean / period.exposure).sqrt();
            Point {
                rate: Some(rate),
                limit: Some(limit),
                alarm: rate > limit,
            }
        }
        _ => Point {
            rate: None,
            limit: None,
            alarm: period.events > 0,
        },
    };
    Ok(Chart {
        mean,
        points: periods.iter().map(point).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_beyond_three_sigmas_stands_out() {
        // ū = 40/400 = 0.1; n = 100: limit 0.1 + 3·√(0.1/100) = 0.19487.
        let periods = [6, 7, 7, 20].map(|events| Period {
            events,
            exposure: 100.0,
        });
        let chart = u_chart(&periods).unwrap();
        assert!((chart.mean.unwrap() - 0.1).abs() < 1e-12);
        assert!((chart.points[3].limit.unwrap() - 0.194_868_329_805).abs() < 1e-9);
        let alarms: Vec<bool> = chart.points.iter().map(|point| point.alarm).collect();
        assert_eq!(alarms, [false, false, false, true]);
    }

    #[test]
    fn events_without_exposure_stand_out_and_silence_does_not() {
        let period = |events, exposure| Period { events, exposure };
        let chart = u_chart(&[period(1, 0.0), period(0, 0.0), period(1, 10.0)]).unwrap();
        let alarms: Vec<bool> = chart.points.iter().map(|point| point.alarm).collect();
        assert_eq!(alarms, [true, false, false]);
        assert_eq!(u_chart(&[period(1, 0.0)]).unwrap().mean, None);
        assert!(u_chart(&[period(1, f64::NAN)]).is_err());
    }
}
