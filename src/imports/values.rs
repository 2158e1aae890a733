//! Numbers, times, truths and words as files write them.

use chrono::format::{Item, Parsed, StrftimeItems, parse};
use chrono::{
    DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;

/// Years that a shipment can lie in; others are slips of the pen (0216, 20215).
const YEARS: std::ops::Range<i32> = 1900..2200;

/// How a file writes numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NumberStyle {
    /// Parts the fraction: `.` or `,`.
    pub mark: char,
    /// Parts groups of three digits, if any; a space stands for no-break spaces too.
    pub thousands: Option<char>,
}

/// A decimal number: `mantissa / 10^scale`, at most 18 significant digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    /// All digits, signed.
    pub mantissa: i64,
    /// How many of them stand behind the mark.
    pub scale: u32,
}

impl Decimal {
    /// Reads `text`: an optional sign, digits (in groups of three, where a separator is used), and
    /// optionally the mark and more digits. No exponent, no currency, no parentheses.
    pub(super) fn parse(text: &str, style: NumberStyle) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix(['-', '\u{2212}']) {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = match digits.split_once(style.mark) {
            Some((whole, fraction)) => (whole, fraction),
            None => (digits, ""),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }

        let mantissa = match style.thousands {
            Some(separator) => grouped(whole, separator)?,
            None => append(0, whole)?,
        };
        let fraction = if fraction.len() > 2 {
            fraction.trim_end_matches('0')
        } else {
            fraction
        };
        let mantissa = append(mantissa, fraction)?;
        Some(Self {
            mantissa: if negative { -mantissa } else { mantissa },
            scale: u32::try_from(fraction.len()).ok()?,
        })
    }

    /// The whole number it is, if it is one.
    pub(super) fn whole(self) -> Option<i64> {
        let unit = 10_i64.checked_pow(self.scale)?;
        (self.mantissa % unit == 0).then_some(self.mantissa / unit)
    }

    /// The nearest floating-point number.
    pub(super) fn float(self) -> f64 {
        // Exact up to 2^53 and 10^22, so that one division rounds correctly.
        self.mantissa as f64 / 10_f64.powi(self.scale.cast_signed())
    }

    /// `self × rate × 10^digits`, rounded half away from zero; `None` if it does not fit.
    pub(super) fn scaled(self, rate: Self, digits: u32) -> Option<i64> {
        if rate == Self::ONE && self.scale <= digits {
            return self
                .mantissa
                .checked_mul(10_i64.checked_pow(digits - self.scale)?);
        }
        let product = i128::from(self.mantissa)
            .checked_mul(i128::from(rate.mantissa))?
            .checked_mul(10_i128.checked_pow(digits)?)?;
        let unit = 10_i128.checked_pow(self.scale + rate.scale)?;
        let (quotient, rest) = (product / unit, product % unit);
        let carry = if rest.abs() >= unit - rest.abs() {
            product.signum()
        } else {
            0
        };
        i64::try_from(quotient + carry).ok()
    }

    /// The number one.
    pub(super) const ONE: Self = Self {
        mantissa: 1,
        scale: 0,
    };
}

/// `mantissa` followed by `digits`.
fn append(mantissa: i64, digits: &str) -> Option<i64> {
    digits.bytes().try_fold(mantissa, |sum, byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        sum.checked_mul(10)?.checked_add(i64::from(digit))
    })
}

/// The number in groups of three after the first; a number without separators is fine too.
fn grouped(whole: &str, separator: char) -> Option<i64> {
    let is_separator = |letter: char| {
        letter == separator
            || separator == ' ' && matches!(letter, '\u{a0}' | '\u{202f}' | '\u{2009}')
    };
    let mut groups = whole.split(is_separator);
    let first = groups.next()?;
    let mut mantissa = append(0, first)?;
    let mut more = false;
    for group in groups {
        if group.len() != 3 {
            return None;
        }
        more = true;
        mantissa = append(mantissa, group)?;
    }
    (!more || (1..=3).contains(&first.len())).then_some(mantissa)
}

/// The zones in which times without an offset are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Zones {
    /// The instance's: a date alone is its local midnight.
    pub instance: Tz,
    /// The file's: a time of day without an offset is local there.
    pub file: Tz,
}

/// A date format, compiled once.
#[derive(Clone, Debug)]
pub(super) struct DateFormat {
    items: Vec<Item<'static>>,
}

impl DateFormat {
    /// Compiles a strftime pattern; `None` if it is none or does not tell the day.
    pub(super) fn parse(pattern: &str) -> Option<Self> {
        let format = Self {
            items: StrftimeItems::new(pattern).parse_to_owned().ok()?,
        };
        let probe = NaiveDate::from_ymd_opt(2001, 2, 3)?
            .and_hms_opt(16, 5, 6)?
            .and_utc();
        let mut written = String::new();
        std::fmt::Write::write_fmt(
            &mut written,
            format_args!("{}", probe.format_with_items(format.items.iter())),
        )
        .ok()?;
        format.read(&written).map(|_| format)
    }

    fn read(&self, text: &str) -> Option<Stamp> {
        let mut parsed = Parsed::new();
        parse(&mut parsed, text, self.items.iter()).ok()?;
        if let Ok(instant) = parsed.to_datetime() {
            return Some(Stamp::Instant(instant.to_utc()));
        }
        let day = parsed.to_naive_date().ok()?;
        Some(match parsed.to_naive_time() {
            Ok(time) => Stamp::Local(day.and_time(time)),
            Err(_) => Stamp::Day(day),
        })
    }
}

/// A point in time as far as the file tells it.
enum Stamp {
    Day(NaiveDate),
    Local(NaiveDateTime),
    Instant(DateTime<Utc>),
}

/// Reads `text` as ISO 8601 / RFC 3339, else by the first of `formats` that fits.
///
/// Two-digit years (`%y`) are those of 1970 to 2069. A local time that occurs twice (clocks put
/// back) is the earlier one; one that does not occur (clocks put forward) is read as if the clocks
/// had not been changed yet. `None` also for years before 1900 or from 2200 on.
pub(super) fn time(text: &str, formats: &[DateFormat], zones: Zones) -> Option<DateTime<Utc>> {
    let stamp =
        iso(text.as_bytes()).or_else(|| formats.iter().find_map(|format| format.read(text)))?;
    let instant = match stamp {
        Stamp::Day(day) => instant(day.and_time(NaiveTime::MIN), zones.instance)?,
        Stamp::Local(local) => instant(local, zones.file)?,
        Stamp::Instant(instant) => instant,
    };
    YEARS.contains(&instant.year()).then_some(instant)
}

fn instant(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    if zone == Tz::UTC {
        return Some(local.and_utc());
    }
    if let Some(found) = zone.from_local_datetime(&local).earliest() {
        return Some(found.to_utc());
    }
    // In the gap: the offset of a day earlier is the one before the change.
    let before = local.checked_sub_days(Days::new(1))?;
    let offset = zone.from_local_datetime(&before).earliest()?.offset().fix();
    Some(local.checked_sub_offset(offset)?.and_utc())
}

/// `YYYY-MM-DD`, optionally `T` or a space, `HH:MM`, `:SS`, a fraction, and `Z` or `±HH:MM`.
fn iso(text: &[u8]) -> Option<Stamp> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, rest @ ..] = text else {
        return None;
    };
    let year = two(*y1, *y2)? * 100 + two(*y3, *y4)?;
    let day = NaiveDate::from_ymd_opt(year.cast_signed(), two(*m1, *m2)?, two(*d1, *d2)?)?;
    let [b'T' | b't' | b' ', h1, h2, b':', n1, n2, rest @ ..] = rest else {
        return rest.is_empty().then_some(Stamp::Day(day));
    };
    let (hour, minute) = (two(*h1, *h2)?, two(*n1, *n2)?);
    let (second, rest) = match rest {
        [b':', s1, s2, rest @ ..] => (two(*s1, *s2)?, rest),
        _ => (0, rest),
    };
    let (nanos, rest) = fraction(rest)?;
    let local = day.and_hms_nano_opt(hour, minute, second, nanos)?;
    match rest {
        [] => Some(Stamp::Local(local)),
        [b'Z' | b'z'] => Some(Stamp::Instant(local.and_utc())),
        [sign @ (b'+' | b'-'), rest @ ..] => {
            let ([h1, h2, b':', m1, m2] | [h1, h2, m1, m2]) = rest else {
                return None;
            };
            let (hours, minutes) = (two(*h1, *h2)?, two(*m1, *m2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let east = TimeDelta::minutes(i64::from(hours * 60 + minutes));
            let utc = if *sign == b'+' {
                local.checked_sub_signed(east)
            } else {
                local.checked_add_signed(east)
            };
            Some(Stamp::Instant(utc?.and_utc()))
        }
        _ => None,
    }
}

/// The number that two digits make.
fn two(tens: u8, ones: u8) -> Option<u32> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then_some(u32::from(tens) * 10 + u32::from(ones))
}

/// Nanoseconds of a fraction at the start of `text` (digits beyond the ninth are dropped), and what follows.
fn fraction(text: &[u8]) -> Option<(u32, &[u8])> {
    let [b'.' | b',', digits @ ..] = text else {
        return Some((0, text));
    };
    let count = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if count == 0 {
        return None;
    }
    let (digits, rest) = digits.split_at(count);
    let padded = digits
        .iter()
        .copied()
        .chain(std::iter::repeat(b'0'))
        .take(9);
    let nanos = padded.fold(0, |sum, byte| sum * 10 + u32::from(byte - b'0'));
    Some((nanos, rest))
}

/// Yes or no: `yes no y n true false t f 1 0` in any case, and `是 否`.
pub(super) fn truth(text: &str) -> Option<bool> {
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(&["true", "1", "yes", "y", "t", "是"]) {
        Some(true)
    } else if is(&["false", "0", "no", "n", "f", "否"]) {
        Some(false)
    } else {
        None
    }
}

/// `text` as the words of our enumerations are written: lower case, `_` for spaces and dashes.
pub(super) fn plain_word(text: &str) -> String {
    text.to_ascii_lowercase().replace([' ', '-'], "_")
}

/// A UN/LOCODE, upper case: a country code and three letters or digits 2 to 9, with or without the
/// space between them.
pub(super) fn locode(text: &str) -> Option<String> {
    let code = text.to_ascii_uppercase();
    let (country, place) = code.split_at_checked(2)?;
    let place = place.strip_prefix(' ').unwrap_or(place);
    let is_place = place.len() == 3
        && place
            .bytes()
            .all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'9'));
    let country_code: [u8; 2] = country.as_bytes().try_into().ok()?;
    // XZ: installations in international waters.
    let is_country = super::country::is_code(country_code) || country == "XZ";
    (is_place && is_country).then(|| format!("{country}{place}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINT: NumberStyle = NumberStyle {
        mark: '.',
        thousands: None,
    };

    fn number(text: &str, mark: char, thousands: Option<char>) -> Option<(i64, u32)> {
        Decimal::parse(text, NumberStyle { mark, thousands })
            .map(|found| (found.mantissa, found.scale))
    }

    #[test]
    fn numbers_are_read_in_the_style_of_the_file_and_no_other() {
        assert_eq!(number("-12.50", '.', None), Some((-1250, 2)));
        assert_eq!(number("\u{2212}3", '.', None), Some((-3, 0)));
        assert_eq!(number("+.5", '.', None), Some((5, 1)));
        assert_eq!(number("1.234,5", ',', Some('.')), Some((12345, 1)));
        assert_eq!(number("1\u{a0}234", '.', Some(' ')), Some((1234, 0)));
        assert_eq!(number("1234", '.', Some(',')), Some((1234, 0)));
        assert_eq!(
            number("0.30000000000000004", '.', None),
            Some((30_000_000_000_000_004, 17))
        );
        for wrong in [
            "",
            "-",
            ".",
            "1,5",
            "1e5",
            "12 kg",
            "(5)",
            "0x1",
            "--1",
            "1.2.3",
            "９",
            "99999999999999999999",
        ] {
            assert_eq!(number(wrong, '.', None), None, "{wrong}");
        }
        for wrong in ["1,23", "12,34,567", "1234,567", ",123", "1,,234"] {
            assert_eq!(number(wrong, '.', Some(',')), None, "{wrong}");
        }
    }

    #[test]
    fn amounts_round_half_away_from_zero() {
        let cents =
            |text, rate| Decimal::parse(text, POINT)?.scaled(Decimal::parse(rate, POINT)?, 2);
        assert_eq!(cents("4521.5", "1"), Some(452_150));
        assert_eq!(cents("0.005", "1"), Some(1));
        assert_eq!(cents("-0.005", "1"), Some(-1));
        assert_eq!(cents("0.00499", "1"), Some(0));
        assert_eq!(cents("1.005", "1"), Some(101));
        assert_eq!(cents("100", "1.0925"), Some(10_925));
        assert_eq!(cents("10", "0.123456"), Some(123));
        assert_eq!(cents("999999999999999999", "1"), None);
    }

    #[test]
    fn iso_times_and_formats_give_the_same_instant() {
        let zones = Zones {
            instance: Tz::Asia__Shanghai,
            file: Tz::America__New_York,
        };
        let formats = [
            DateFormat::parse("%d-%b-%y").unwrap(),
            DateFormat::parse("%d.%m.%Y %H:%M").unwrap(),
        ];
        let at = |text| time(text, &formats, zones).map(|found| found.to_rfc3339());
        let is = |text: &str| Some(text.to_owned());
        assert_eq!(at("2006-06-02"), is("2006-06-01T16:00:00+00:00"));
        assert_eq!(at("2-Jun-06"), is("2006-06-01T16:00:00+00:00"));
        assert_eq!(at("2006-06-02T10:30"), is("2006-06-02T14:30:00+00:00"));
        assert_eq!(at("02.06.2006 10:30"), is("2006-06-02T14:30:00+00:00"));
        assert_eq!(
            at("2006-06-02 10:30:00.25+02:00"),
            is("2006-06-02T08:30:00.250+00:00")
        );
        assert_eq!(
            at("2006-06-02T10:30:00-0530"),
            is("2006-06-02T16:00:00+00:00")
        );
        assert_eq!(at("2006-06-02T10:30:00Z"), is("2006-06-02T10:30:00+00:00"));
        // Clocks put forward at 02:00 in New York on 2006-04-02; put back on 2006-10-29.
        assert_eq!(at("2006-04-02T02:30"), is("2006-04-02T07:30:00+00:00"));
        assert_eq!(at("2006-10-29T01:30"), is("2006-10-29T05:30:00+00:00"));
        assert_eq!(at("1-Jan-69"), is("2068-12-31T16:00:00+00:00"));
        assert_eq!(at("1-Jan-70"), is("1969-12-31T16:00:00+00:00"));
        for wrong in [
            "",
            "soon",
            "2006-02-30",
            "2006-06-02T25:00",
            "2006-06-02x",
            "2006-06-02T10:30:00+25:00",
            "0216-01-01",
            "2006-6-2",
            "31-Feb-06",
            "2-Jun-06 ",
            "2006-06-02T10:30:00.",
        ] {
            assert_eq!(at(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_patterns_that_tell_the_day_are_date_formats() {
        for good in [
            "%Y%m%d",
            "%m/%d/%y",
            "%d %B %Y",
            "%s",
            "%Y-%j",
            "%d/%m/%Y %I:%M %p",
            "%Y年%m月%d日",
        ] {
            assert!(DateFormat::parse(good).is_some(), "{good}");
        }
        for bad in ["", "%H:%M", "%d-%b", "%Q", "day", "%Y"] {
            assert!(DateFormat::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn places_are_locodes() {
        assert_eq!(locode("cnsha").as_deref(), Some("CNSHA"));
        assert_eq!(locode("DE HAM").as_deref(), Some("DEHAM"));
        for wrong in [
            "",
            "DE",
            "DEHA",
            "XXHAM",
            "DEHAM1",
            "DE-HAM",
            "德汉堡",
            "DEHA1",
        ] {
            assert_eq!(locode(wrong), None, "{wrong}");
        }
    }
}
