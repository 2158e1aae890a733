//! How one of our own people wants to be told of alerts: how often by severity, when not, when digests
//! come, and how many mails a month.

use std::str::FromStr as _;

use chrono_tz::Tz;
use serde::Serializer;

use crate::problem::FieldProblem;

/// Minutes of a day.
const DAY: i64 = 24 * 60;
/// Real-time mails of a month that anybody can set at most.
const MAX_BUDGET: i64 = 100_000;

crate::word_enum! {
    /// How alerts of one severity are told.
    Frequency {
        /// Not at all.
        Never = "never",
        /// Each by a mail of its own, at once.
        RealTime = "real_time",
        /// In the digest of the day.
        Daily = "daily",
        /// In the digest of the week.
        Weekly = "weekly",
    }
}

crate::word_enum! {
    /// How often the roll-up of a team's alerts comes.
    RollUp {
        /// Not at all.
        Never = "never",
        /// Every day.
        Daily = "daily",
        /// Once a week.
        Weekly = "weekly",
    }
}

/// The minute of the day that `HH:MM` (`00:00` to `23:59`) is.
///
/// ```
/// use hawser::access::preferences::{clock_time, minute_of_day};
/// assert_eq!(minute_of_day("07:30"), Some(450));
/// assert_eq!(minute_of_day("24:00"), None);
/// assert_eq!(clock_time(450), "07:30");
/// ```
pub fn minute_of_day(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(hours) || !digits(minutes) {
        return None;
    }
    let (hours, minutes) = (hours.parse::<i64>().ok()?, minutes.parse::<i64>().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

/// A minute of the day as `HH:MM`.
pub fn clock_time(minute: i64) -> String {
    let minute = minute.rem_euclid(DAY);
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands fields over by reference"
)]
pub(super) fn time<S: Serializer>(minute: &i64, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(&clock_time(*minute))
}

#[expect(clippy::ref_option, reason = "serde hands fields over by reference")]
pub(super) fn maybe_time<S: Serializer>(minute: &Option<i64>, out: S) -> Result<S::Ok, S::Error> {
    match minute {
        Some(minute) => out.serialize_some(&clock_time(*minute)),
        None => out.serialize_none(),
    }
}

/// What is wrong with the preferences of a user.
pub(super) fn problems(input: &super::store::UserInput) -> Vec<FieldProblem> {
    let mut wrong = Vec::new();
    if let Some(zone) = &input.time_zone
        && Tz::from_str(zone).is_err()
    {
        let expected = "expected an IANA time zone, such as Europe/Berlin or Asia/Shanghai";
        wrong.push(FieldProblem::new("time_zone", "unknown_zone", expected));
    }
    let times = [
        ("quiet_from", input.quiet_from.as_deref()),
        ("quiet_until", input.quiet_until.as_deref()),
        ("digest_at", Some(input.digest_at.as_str())),
    ];
    for (field, time) in times {
        if time.is_some_and(|time| minute_of_day(time).is_none()) {
            let expected = "expected HH:MM, from 00:00 to 23:59";
            wrong.push(FieldProblem::new(field, "not_a_time", expected));
        }
    }
    if input.quiet_from.is_some() != input.quiet_until.is_some() {
        let missing = if input.quiet_from.is_none() {
            "quiet_from"
        } else {
            "quiet_until"
        };
        let expected = "quiet hours need a beginning and an end";
        wrong.push(FieldProblem::new(missing, "missing", expected));
    }
    if !(1..=7).contains(&input.digest_weekday) {
        let expected = "expected 1 (Monday) to 7 (Sunday)";
        wrong.push(FieldProblem::new("digest_weekday", "range", expected));
    }
    if input
        .mail_budget
        .is_some_and(|budget| !(0..=MAX_BUDGET).contains(&budget))
    {
        let expected = "expected 0 to 100000 mails a month, or null for no limit";
        wrong.push(FieldProblem::new("mail_budget", "range", expected));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_times_of_a_day_are_times() {
        for (text, minute) in [("00:00", 0), ("06:05", 365), ("23:59", 1439)] {
            assert_eq!(minute_of_day(text), Some(minute));
            assert_eq!(clock_time(minute), text);
        }
        for bad in [
            "",
            "7:00",
            "07:0",
            "24:00",
            "12:60",
            "+1:00",
            "07:00:00",
            "０７:00",
        ] {
            assert_eq!(minute_of_day(bad), None, "{bad}");
        }
    }
}
