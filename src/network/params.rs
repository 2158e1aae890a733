//! Parameters of a network question that are not those of a list.

use chrono::NaiveDate;
use serde::Deserialize;

use super::Window;
use crate::error::{Answer, Error, ProblemPart};

/// The parameters that name a window.
pub const WINDOW: &[&str] = &["as_of", "window_days"];
/// Days of a window, at least and at most.
const WINDOW_DAYS: (u32, u32) = (30, 1100);

/// Which days count.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "describes the parameters; `Parameters` reads them"
)]
pub struct WindowParams {
    /// What was known before this day counts; default today in the instance's time zone.
    as_of: Option<NaiveDate>,
    /// How many days before `as_of` count; default the instance's `window_days`.
    #[param(minimum = 30, maximum = 1100)]
    window_days: Option<u32>,
}

/// Which page of a list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "describes the parameters; `list::parse` reads them"
)]
pub struct PageParams {
    /// Rows at most, 1 to 500.
    #[param(default = 50, minimum = 1, maximum = 500)]
    limit: Option<i64>,
    /// Where the page before ended: its `next_cursor`.
    cursor: Option<String>,
    /// Field to sort by; `-` in front sorts descending.
    sort: Option<String>,
}

/// How far a neighbourhood reaches.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "describes the parameters; `Parameters` reads them"
)]
pub struct ReachParams {
    /// Ties away at most, 1 to 4.
    #[param(default = 1, minimum = 1, maximum = 4)]
    depth: Option<u32>,
    /// Customers at most, 1 to 500, the one asked for included.
    #[param(default = 100, minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Parameters as they were given, and what is wrong with them.
#[derive(Debug)]
pub struct Parameters {
    given: Vec<(String, String)>,
    wrong: Vec<ProblemPart>,
}

impl Parameters {
    /// Of these pairs; any that is not among `allowed`, or comes twice, is wrong.
    pub fn new(given: Vec<(String, String)>, allowed: &[&str]) -> Self {
        let mut parameters = Self {
            wrong: Vec::new(),
            given: Vec::new(),
        };
        for (name, value) in given {
            if !allowed.contains(&name.as_str()) {
                let expected = format!("unknown parameter; expected {}", allowed.join(", "));
                parameters.refuse(&name, expected);
            } else if parameters.find(&name).is_some() {
                parameters.refuse(&name, "it is given twice".to_owned());
            } else {
                parameters.given.push((name, value));
            }
        }
        parameters
    }

    fn find(&self, name: &str) -> Option<&str> {
        let found = self.given.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value.as_str())
    }

    fn refuse(&mut self, name: &str, detail: String) {
        self.wrong.push(ProblemPart {
            pointer: name.to_owned(),
            code: "bad_parameter".to_owned(),
            detail,
        });
    }

    /// A whole number within bounds; `None` if it is wrong, which [`finish`](Self::finish) tells.
    pub fn number(&mut self, name: &str, (least, most): (u32, u32), default: u32) -> Option<u32> {
        let Some(text) = self.find(name) else {
            return Some(default);
        };
        let number = text.parse().ok();
        let fits = number.filter(|number| (least..=most).contains(number));
        if fits.is_none() {
            self.refuse(
                name,
                format!("expected a whole number from {least} to {most}"),
            );
        }
        fits
    }

    /// The window asked for.
    pub fn window(&mut self, today: NaiveDate, default_days: u32) -> Option<Window> {
        let days = self.number("window_days", WINDOW_DAYS, default_days)?;
        let as_of = match self.find("as_of") {
            None => Some(today),
            Some(text) => text.parse().ok(),
        };
        let window = as_of.and_then(|as_of| Window::before(as_of, days));
        if window.is_none() {
            self.refuse("as_of", "expected a date such as 2026-01-31".to_owned());
        }
        window
    }

    /// What was read.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] names all that is wrong.
    pub fn finish<T>(self, read: Option<T>) -> Answer<T> {
        let wrong = self.wrong;
        match read {
            Some(read) if wrong.is_empty() => Ok(read),
            _ => Err(Error::Malformed {
                code: "bad_parameter",
                detail: wrong
                    .iter()
                    .map(|part| format!("{}: {}", part.pointer, part.detail))
                    .collect::<Vec<_>>()
                    .join("; "),
                errors: wrong,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(pairs: &[(&str, &str)]) -> Answer<Window> {
        let pairs = pairs
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        let mut asked = Parameters::new(pairs.collect(), WINDOW);
        let today = NaiveDate::from_ymd_opt(2024, 3, 1).unwrap();
        let window = asked.window(today, 365);
        asked.finish(window)
    }

    #[test]
    fn today_and_the_instances_window_are_the_default() {
        let found = window(&[]).unwrap();
        // 2024 is a leap year.
        assert_eq!(found.from().to_string(), "2023-03-02");
        assert_eq!(found.to().to_string(), "2024-03-01");
        let found = window(&[("as_of", "2023-03-01"), ("window_days", "30")]).unwrap();
        assert_eq!(found.from().to_string(), "2023-01-30");
    }

    #[test]
    fn what_is_wrong_is_named_with_what_is_allowed() {
        let cases = [
            (
                ("as_of", "yesterday"),
                "as_of: expected a date such as 2026-01-31",
            ),
            (
                ("as_of", "0001-01-15"),
                "as_of: expected a date such as 2026-01-31",
            ),
            (
                ("as_of", "+20000-01-01"),
                "as_of: expected a date such as 2026-01-31",
            ),
            (
                ("window_days", "29"),
                "window_days: expected a whole number from 30 to 1100",
            ),
            (
                ("window_days", "1101"),
                "window_days: expected a whole number from 30 to 1100",
            ),
            (
                ("depth", "1"),
                "depth: unknown parameter; expected as_of, window_days",
            ),
        ];
        for (pair, message) in cases {
            assert_eq!(window(&[pair]).unwrap_err().to_string(), message);
        }
        let twice = window(&[("as_of", "2024-01-01"), ("as_of", "2024-02-01")]);
        assert_eq!(twice.unwrap_err().to_string(), "as_of: it is given twice");
    }
}
