//! Numbers, money, dates and percentages as people write them in each language.
//!
//! Both languages group digits by three with a comma and use a decimal point
//! (CLDR `en`, `zh`). They differ in dates and in short amounts: English counts
//! in thousands and millions, Chinese in 万 (10⁴) and 亿 (10⁸).

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};

use super::Language;
use crate::units::Probability;

const ENGLISH_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Currencies without minor units (ISO 4217).
const NO_MINOR_UNITS: [&str; 16] = [
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
    "VUV", "XAF", "XOF",
];
/// Currencies with a thousand minor units (ISO 4217).
const THOUSAND_MINOR_UNITS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

/// A currency by its ISO 4217 code, three capital letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Currency([u8; 3]);

/// The text offered as a currency was not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a currency: expected three letters of ISO 4217, such as EUR or CNY")]
pub struct NotACurrency(pub String);

impl Currency {
    /// How many decimal places its minor unit is worth: 2, for some 0, 3 or 4.
    pub fn minor_digits(self) -> u32 {
        let code = self.to_string();
        if NO_MINOR_UNITS.contains(&code.as_str()) || code == "XPF" {
            0
        } else if THOUSAND_MINOR_UNITS.contains(&code.as_str()) {
            3
        } else if code == "CLF" || code == "UYW" {
            4
        } else {
            2
        }
    }

    /// How many minor units make a major one.
    fn minor_units(self) -> i128 {
        10_i128.pow(self.minor_digits())
    }
}

impl FromStr for Currency {
    type Err = NotACurrency;

    /// Reads three letters of any case.
    fn from_str(text: &str) -> Result<Self, NotACurrency> {
        match *text.trim().as_bytes() {
            [a, b, c] if [a, b, c].iter().all(u8::is_ascii_alphabetic) => {
                Ok(Self([a, b, c].map(|letter| letter.to_ascii_uppercase())))
            }
            _ => Err(NotACurrency(text.chars().take(40).collect())),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|&letter| fmt::Write::write_char(f, char::from(letter)))
    }
}

/// The number was infinite or not a number.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{0} cannot be written as a number")]
pub struct NotFinite(pub f64);

impl Language {
    /// A whole number with its digits grouped: `1,234,567`.
    pub fn integer(self, value: i64) -> String {
        grouped(i128::from(value))
    }

    /// A number with so many decimal places, rounded to the nearest (halves to even).
    ///
    /// # Errors
    ///
    /// [`NotFinite`] for infinities and NaN.
    pub fn number(self, value: f64, decimals: usize) -> Result<String, NotFinite> {
        if !value.is_finite() {
            return Err(NotFinite(value));
        }
        let plain = format!("{value:.decimals$}");
        let (sign, digits) = match plain.strip_prefix('-') {
            Some(digits) if digits.bytes().any(|b| (b'1'..=b'9').contains(&b)) => ("-", digits),
            Some(digits) => ("", digits),
            None => ("", plain.as_str()),
        };
        Ok(match digits.split_once('.') {
            Some((whole, rest)) => format!("{sign}{}.{rest}", group_digits(whole)),
            None => format!("{sign}{}", group_digits(digits)),
        })
    }

    /// A probability or share as a percentage with so many decimal places: `31%`.
    pub fn percent(self, share: Probability, decimals: u8) -> String {
        self.percent_of_units(percent_units(share, decimals), decimals)
    }

    /// A percentage given as a count of its smallest shown unit: `(314, 1)` is `31.4%`.
    pub fn percent_of_units(self, units: u32, decimals: u8) -> String {
        format!("{}%", decimal(i128::from(units), u32::from(decimals)))
    }

    /// The exact amount with its currency: `EUR 212,340.50` (`minor` in minor units).
    ///
    /// The space does not break, so that code and amount stay on one line.
    pub fn money(self, minor: i64, currency: Currency) -> String {
        let amount = decimal(i128::from(minor), currency.minor_digits());
        format!("{currency}\u{a0}{amount}")
    }

    /// The amount rounded to major units: `EUR 212,341` (`minor` in minor units).
    pub fn money_rounded(self, minor: i64, currency: Currency) -> String {
        let amount = grouped(round_div(i128::from(minor), currency.minor_units()));
        format!("{currency}\u{a0}{amount}")
    }

    /// The amount in two or three figures without currency, for narrow places:
    /// `212k`, `1.2M`; in Chinese `21.2万` (`minor` in minor units).
    pub fn money_short(self, minor: i64, currency: Currency) -> String {
        self.short(i128::from(minor), currency.minor_units())
    }

    /// A count in two or three figures: `950`, `212k`; in Chinese `21.2万`.
    pub fn integer_short(self, value: i64) -> String {
        self.short(i128::from(value), 1)
    }

    /// A weight: kilograms below a tonne, tonnes above, rounded: `950 kg`, `212 t`.
    pub fn weight(self, kilograms: i64) -> String {
        let (amount, unit) = if kilograms.unsigned_abs() < 1_000 {
            (i128::from(kilograms), "kg")
        } else {
            (round_div(i128::from(kilograms), 1_000), "t")
        };
        format!("{}\u{a0}{unit}", grouped(amount))
    }

    /// A date in full: `3 March 2014`, `2014年3月3日`.
    pub fn date(self, date: NaiveDate) -> String {
        let (year, month, day) = (date.year(), date.month(), date.day());
        match self {
            Self::En => {
                let name = ENGLISH_MONTHS
                    .iter()
                    .zip(1..)
                    .find_map(|(name, number)| (number == month).then_some(*name))
                    .unwrap_or_default();
                format!("{day} {name} {year}")
            }
            Self::Zh => format!("{year}年{month}月{day}日"),
        }
    }

    /// `amount / unit` in few figures, with the language's short scale.
    fn short(self, amount: i128, unit: i128) -> String {
        // (scale, suffix, mantissas below this get one decimal place)
        let scales: &[(i128, &str)] = match self {
            Self::En => &[
                (1, ""),
                (1_000, "k"),
                (1_000_000, "M"),
                (1_000_000_000, "bn"),
            ],
            Self::Zh => &[(1, ""), (10_000, "万"), (100_000_000, "亿")],
        };
        let decimals_below = match self {
            Self::En => 10,
            Self::Zh => 100,
        };
        let size = amount.abs();
        let mut written = String::new();
        for (index, &(scale, suffix)) in scales.iter().enumerate() {
            let tenths = round_div(size * 10, unit * scale);
            let whole = round_div(size, unit * scale);
            written = if scale > 1 && tenths < decimals_below * 10 && tenths % 10 != 0 {
                format!("{}{suffix}", decimal(tenths, 1))
            } else {
                format!("{}{suffix}", grouped(whole))
            };
            // 999,700 is "1M", not "1,000k": go on while the next scale is reached.
            let reached = |next: &(i128, &str)| whole * scale >= next.0;
            if !scales.get(index + 1).is_some_and(reached) {
                break;
            }
        }
        if amount < 0 && written.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
            written.insert(0, '-');
        }
        written
    }
}

/// How many smallest shown units (10^-decimals percent) `share` rounds to.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a probability times 100 · 10^decimals, decimals at most 4, lies in 0..=1_000_000"
)]
pub fn percent_units(share: Probability, decimals: u8) -> u32 {
    (share.get() * 100.0 * f64::from(10_u32.pow(u32::from(decimals.min(4))))).round() as u32
}

/// `value / 10^decimals`, written out with grouping.
fn decimal(value: i128, decimals: u32) -> String {
    if decimals == 0 {
        return grouped(value);
    }
    let unit = 10_i128.pow(decimals);
    let sign = if value < 0 { "-" } else { "" };
    let (whole, rest) = (value.abs() / unit, value.abs() % unit);
    let width = decimals as usize;
    format!("{sign}{}.{rest:0width$}", grouped(whole))
}

/// Division rounded half away from zero; `unit` is positive.
fn round_div(value: i128, unit: i128) -> i128 {
    let half = unit / 2 * value.signum();
    (value + half) / unit
}

fn grouped(value: i128) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}", group_digits(&value.unsigned_abs().to_string()))
}

/// Puts a comma before every third digit from the right.
fn group_digits(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{En, Zh};

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    #[test]
    fn digits_are_grouped_by_three_also_at_the_ends_of_the_range() {
        for language in [En, Zh] {
            assert_eq!(language.integer(0), "0");
            assert_eq!(language.integer(-999), "-999");
            assert_eq!(language.integer(1_234_567), "1,234,567");
            assert_eq!(language.integer(i64::MIN), "-9,223,372,036,854,775,808");
            assert_eq!(language.number(-1234.005, 1).unwrap(), "-1,234.0");
            assert_eq!(language.number(-0.01, 1).unwrap(), "0.0");
            assert_eq!(language.number(2.5, 0).unwrap(), "2");
            assert!(language.number(f64::NAN, 1).is_err());
        }
    }

    #[test]
    fn money_has_the_decimal_places_of_its_currency() {
        assert_eq!(En.money(21_234_050, currency("EUR")), "EUR\u{a0}212,340.50");
        assert_eq!(Zh.money(-5, currency("cny")), "CNY\u{a0}-0.05");
        assert_eq!(En.money(1_234, currency("JPY")), "JPY\u{a0}1,234");
        assert_eq!(En.money(1_234, currency("KWD")), "KWD\u{a0}1.234");
        assert_eq!(
            En.money_rounded(21_234_050, currency("EUR")),
            "EUR\u{a0}212,341"
        );
        assert_eq!(En.money_rounded(-150, currency("EUR")), "EUR\u{a0}-2");
        assert_eq!(
            En.money(i64::MAX, currency("EUR")),
            "EUR\u{a0}92,233,720,368,547,758.07"
        );
    }

    #[test]
    fn only_three_letters_are_a_currency() {
        for bad in ["", "EU", "EURO", "E1R", "€", "人民币"] {
            assert!(bad.parse::<Currency>().is_err(), "{bad}");
        }
    }

    #[test]
    fn short_amounts_follow_the_languages_scale_and_never_overflow_it() {
        let cases: [(i64, &str, &str); 12] = [
            (0, "0", "0"),
            (950, "950", "950"),
            (1_000, "1k", "1,000"),
            (1_234, "1.2k", "1,234"),
            (9_960, "10k", "9,960"),
            (12_000, "12k", "1.2万"),
            (212_340, "212k", "21.2万"),
            (950_000, "950k", "95万"),
            (999_700, "1M", "100万"),
            (1_500_000, "1.5M", "150万"),
            (120_000_000, "120M", "1.2亿"),
            (-212_340, "-212k", "-21.2万"),
        ];
        for (value, english, chinese) in cases {
            assert_eq!(En.integer_short(value), english);
            assert_eq!(Zh.integer_short(value), chinese);
        }
        assert_eq!(En.money_short(21_234_000, currency("EUR")), "212k");
        assert_eq!(En.money_short(99_960, currency("EUR")), "1k");
        assert_eq!(En.money_short(-40, currency("EUR")), "0");
        assert_eq!(En.money_short(i64::MAX, currency("JPY")), "9,223,372,037bn");
    }

    #[test]
    fn weights_change_from_kilograms_to_tonnes() {
        assert_eq!(En.weight(999), "999\u{a0}kg");
        assert_eq!(Zh.weight(212_400), "212\u{a0}t");
    }

    #[test]
    fn dates_and_percentages_are_written_as_people_write_them() {
        let date = NaiveDate::from_ymd_opt(2014, 3, 3).unwrap();
        assert_eq!(En.date(date), "3 March 2014");
        assert_eq!(Zh.date(date), "2014年3月3日");
        let share = Probability::new(0.314).unwrap();
        assert_eq!(En.percent(share, 0), "31%");
        assert_eq!(Zh.percent(share, 1), "31.4%");
        assert_eq!(En.percent(Probability::ONE, 1), "100.0%");
        assert_eq!(En.percent(Probability::ZERO, 0), "0%");
    }
}
