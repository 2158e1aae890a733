//! When a failed delivery is tried again: the schedule of Standard Webhooks 1.0, about three days.

use chrono::{DateTime, TimeDelta, Utc};

/// Seconds between the end of an attempt and the next one.
const PAUSES: [i64; 9] = [
    5,
    5 * 60,
    30 * 60,
    2 * 3600,
    5 * 3600,
    10 * 3600,
    14 * 3600,
    20 * 3600,
    24 * 3600,
];
/// Attempts at most.
pub const MOST_ATTEMPTS: i64 = 10;
/// A pause is longer by up to this share, so that a receiver that comes back is not hit by all at once.
const JITTER: f64 = 0.1;
/// A receiver that asks for more patience is asked again after so long.
const LONGEST: TimeDelta = TimeDelta::hours(24);

/// How long to wait after the `attempts`-th attempt failed; `None`: it was the last one. `random` is
/// in [0, 1); `asked` is how long the receiver wants to be left alone.
pub fn pause(attempts: i64, random: f64, asked: Option<TimeDelta>) -> Option<TimeDelta> {
    let index = usize::try_from(attempts - 1).ok()?;
    let seconds = *PAUSES.get(index)?;
    #[expect(clippy::cast_possible_truncation, reason = "nine seconds to 26 hours")]
    let extra = (seconds as f64 * 1000.0 * JITTER * random) as i64;
    let planned = TimeDelta::seconds(seconds) + TimeDelta::milliseconds(extra);
    Some(asked.map_or(planned, |asked| planned.max(asked.min(LONGEST))))
}

/// How long `Retry-After` asks for: seconds, or until a date (RFC 9110, 10.2.3).
pub fn retry_after(value: &str, now: DateTime<Utc>) -> Option<TimeDelta> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(TimeDelta::seconds(i64::from(seconds)));
    }
    let until = DateTime::parse_from_rfc2822(value).ok()?;
    Some((until.with_timezone(&Utc) - now).max(TimeDelta::zero()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone as _;

    #[test]
    fn ten_attempts_span_the_75_hours_of_the_standard() {
        // The last column of the standard's table: 75:35:05.
        let planned: TimeDelta = (1..MOST_ATTEMPTS).filter_map(|n| pause(n, 0.0, None)).sum();
        assert_eq!(planned, TimeDelta::seconds(75 * 3600 + 35 * 60 + 5));
        assert_eq!(pause(MOST_ATTEMPTS, 0.0, None), None);
        assert_eq!(pause(0, 0.0, None), None);
    }

    #[test]
    fn jitter_lengthens_by_a_tenth_at_most() {
        let longest = pause(2, 1.0 - f64::EPSILON, None).unwrap();
        assert!(longest > TimeDelta::seconds(329) && longest <= TimeDelta::seconds(330));
    }

    #[test]
    fn a_receiver_may_ask_for_more_patience_but_not_for_less_nor_for_ever() {
        let (short, long, ever) = (1, 7200, 10_000_000);
        let of = |seconds| pause(1, 0.0, Some(TimeDelta::seconds(seconds))).unwrap();
        assert_eq!(of(short), TimeDelta::seconds(5));
        assert_eq!(of(long), TimeDelta::seconds(7200));
        assert_eq!(of(ever), TimeDelta::hours(24));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = Utc.with_ymd_and_hms(2015, 10, 21, 7, 27, 0).unwrap();
        assert_eq!(retry_after(" 120 ", now), Some(TimeDelta::seconds(120)));
        // The example of RFC 9110.
        let date = "Wed, 21 Oct 2015 07:28:00 GMT";
        assert_eq!(retry_after(date, now), Some(TimeDelta::minutes(1)));
        let later = now + TimeDelta::days(1);
        assert_eq!(retry_after(date, later), Some(TimeDelta::zero()));
        for bad in ["", "-5", "soon", "1.5"] {
            assert_eq!(retry_after(bad, now), None, "{bad}");
        }
    }
}
