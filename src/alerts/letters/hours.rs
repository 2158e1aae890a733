//! Times of day where a person lives: when quiet hours end, when a digest is due. Pure.

use chrono::{
    DateTime, Datelike as _, Days, LocalResult, NaiveDate, NaiveTime, TimeDelta, TimeZone as _,
    Timelike as _, Utc,
};
use chrono_tz::Tz;

/// Minutes of a day.
const DAY: i64 = 24 * 60;

/// The moment at which clocks in `zone` show this minute of this day. Where they show it twice, the
/// first time; where they leap over it, the moment of the leap.
pub fn moment(zone: Tz, day: NaiveDate, minute: i64) -> DateTime<Utc> {
    let wanted = day.and_time(NaiveTime::MIN) + TimeDelta::minutes(minute.rem_euclid(DAY));
    // No zone has left out more than a day.
    for skipped in 0..=DAY {
        let tried = wanted + TimeDelta::minutes(skipped);
        match zone.from_local_datetime(&tried) {
            LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => {
                return at.with_timezone(&Utc);
            }
            LocalResult::None => {}
        }
    }
    wanted.and_utc()
}

/// Until when a person with quiet hours from and until these minutes is left alone; `None` outside
/// them. They may last over midnight; two equal ends are no quiet hours.
pub fn quiet_until(
    zone: Tz,
    (from, until): (i64, i64),
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let local = now.with_timezone(&zone);
    let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
    let (today, tomorrow) = (local.date_naive(), local.date_naive() + Days::new(1));
    let end = if from < until && (from..until).contains(&minute) {
        moment(zone, today, until)
    } else if from > until && minute >= from {
        moment(zone, tomorrow, until)
    } else if from > until && minute < until {
        moment(zone, today, until)
    } else {
        return None;
    };
    (end > now).then_some(end)
}

/// The newest day whose digest is due, and the moment at which it was: today once the clock has passed
/// `minute`, else yesterday.
pub fn last_daily(zone: Tz, minute: i64, now: DateTime<Utc>) -> (NaiveDate, DateTime<Utc>) {
    let today = now.with_timezone(&zone).date_naive();
    let at = moment(zone, today, minute);
    if at <= now {
        return (today, at);
    }
    let yesterday = today - Days::new(1);
    (yesterday, moment(zone, yesterday, minute))
}

/// The same for a digest that comes on one day of the week, 1 Monday to 7 Sunday.
pub fn last_weekly(
    zone: Tz,
    (weekday, minute): (i64, i64),
    now: DateTime<Utc>,
) -> (NaiveDate, DateTime<Utc>) {
    let (mut day, _) = last_daily(zone, minute, now);
    for _ in 0..7 {
        if i64::from(day.weekday().number_from_monday()) == weekday {
            break;
        }
        day = day - Days::new(1);
    }
    (day, moment(zone, day, minute))
}

/// When the calendar month began there.
pub fn month_began(zone: Tz, now: DateTime<Utc>) -> DateTime<Utc> {
    let today = now.with_timezone(&zone).date_naive();
    moment(zone, today.with_day(1).unwrap_or(today), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    const BERLIN: Tz = chrono_tz::Europe::Berlin;

    #[test]
    fn quiet_hours_end_when_the_persons_clock_says_so() {
        // Berlin is an hour ahead of UTC in winter, two in summer.
        let night = (22 * 60, 7 * 60);
        let cases = [
            ("2026-01-10T20:59:00Z", None),
            ("2026-01-10T21:00:00Z", Some("2026-01-11T06:00:00Z")),
            ("2026-01-11T05:59:00Z", Some("2026-01-11T06:00:00Z")),
            ("2026-01-11T06:00:00Z", None),
            // The night before 29 March 2026 clocks leap from 2 to 3.
            ("2026-03-28T21:30:00Z", Some("2026-03-29T05:00:00Z")),
            // The night before 25 October 2026 they go back from 3 to 2.
            ("2026-10-24T20:30:00Z", Some("2026-10-25T06:00:00Z")),
        ];
        for (now, end) in cases {
            assert_eq!(quiet_until(BERLIN, night, at(now)), end.map(at), "{now}");
        }
        let noon = (12 * 60, 13 * 60);
        let end = quiet_until(BERLIN, noon, at("2026-01-10T11:30:00Z"));
        assert_eq!(end, Some(at("2026-01-10T12:00:00Z")));
        assert_eq!(
            quiet_until(BERLIN, (60, 60), at("2026-01-10T00:00:00Z")),
            None
        );
    }

    #[test]
    fn a_time_that_clocks_leap_over_is_the_leap_and_one_shown_twice_the_first() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let half_past_two = 150;
        assert_eq!(
            moment(BERLIN, day("2026-03-29"), half_past_two),
            at("2026-03-29T01:00:00Z")
        );
        assert_eq!(
            moment(BERLIN, day("2026-10-25"), half_past_two),
            at("2026-10-25T00:30:00Z")
        );
        // Samoa left out 30 December 2011 altogether.
        assert_eq!(
            moment(chrono_tz::Pacific::Apia, day("2011-12-30"), 600),
            at("2011-12-30T10:00:00Z")
        );
    }

    #[test]
    fn the_last_digest_is_that_of_the_persons_day() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let shanghai = chrono_tz::Asia::Shanghai;
        let (last, moment) = last_daily(shanghai, 420, at("2026-01-10T22:59:00Z"));
        assert_eq!(
            (last, moment),
            (day("2026-01-10"), at("2026-01-09T23:00:00Z"))
        );
        let (last, moment) = last_daily(shanghai, 420, at("2026-01-10T23:00:00Z"));
        assert_eq!(
            (last, moment),
            (day("2026-01-11"), at("2026-01-10T23:00:00Z"))
        );
        // 2026-01-12 is a Monday.
        let (last, _) = last_weekly(BERLIN, (1, 420), at("2026-01-12T05:59:00Z"));
        assert_eq!(last, day("2026-01-05"));
        let (last, _) = last_weekly(BERLIN, (1, 420), at("2026-01-12T06:00:00Z"));
        assert_eq!(last, day("2026-01-12"));
    }

    #[test]
    fn a_month_begins_where_the_person_lives() {
        let began = month_began(chrono_tz::Asia::Shanghai, at("2026-01-31T17:00:00Z"));
        assert_eq!(began, at("2026-01-31T16:00:00Z"));
    }
}
