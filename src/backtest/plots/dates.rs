//! Plots along the as-of dates: ranking by date, shipping days expected and seen.

use chrono::{Datelike as _, NaiveDate};

use super::super::result::{
    BacktestResult, DateResult, DatedScores, Figure, GroupResult, Predictor,
};
use super::super::svg::{Plot, round_steps};
use super::super::words::Words;
use super::{Shown, Table, columns};
use crate::evaluation::Metric;
use crate::i18n::{TextError, key};

fn days_of(date: NaiveDate) -> f64 {
    f64::from(date.num_days_from_ce())
}

/// First and last date as ends of an axis; a day each side where they are one.
fn span(dates: &[NaiveDate]) -> Option<(f64, f64)> {
    let (first, last) = (days_of(*dates.first()?), days_of(*dates.last()?));
    let room = ((last - first) * 0.03).max(1.0);
    Some((first - room, last + room))
}

/// Labels for up to four dates, the first and the last among them.
fn date_ticks(plot: &mut Plot, dates: &[NaiveDate]) {
    let last = dates.len().saturating_sub(1);
    let mut wanted = vec![0, last / 3, last * 2 / 3, last];
    wanted.dedup();
    for date in wanted.into_iter().filter_map(|place| dates.get(place)) {
        plot.tick(days_of(*date), &date.format("%Y-%m").to_string());
    }
}

pub(super) fn by_date(
    all: &GroupResult,
    predictor: Predictor,
    words: Words,
) -> Result<Option<Shown>, TextError> {
    let aucs = |dated: &DatedScores| Some((dated.as_of, *dated.scores.figures.get(&Metric::Auc)?));
    let points: Vec<(NaiveDate, Figure)> = all
        .predictor(predictor)
        .map(|found| found.by_date.iter().filter_map(aucs).collect())
        .unwrap_or_default();
    let dates: Vec<NaiveDate> = points.iter().map(|(date, _)| *date).collect();
    let Some(ends) = span(&dates) else {
        return Ok(None);
    };
    let (low, high) = points
        .iter()
        .fold((1.0_f64, 0.0_f64), |(low, high), (_, figure)| {
            (low.min(figure.value), high.max(figure.value))
        });
    let bottom = points.iter().fold(0.4_f64, |bottom, (_, figure)| {
        bottom.min(figure.low.unwrap_or(figure.value))
    });
    let bottom = (bottom * 10.0).floor() / 10.0;
    let mut plot = Plot::new(190.0, (30.0, 28.0), ends, (bottom, 1.0));
    for value in round_steps(bottom, 1.0, 6) {
        plot.rule(value, &words.number(value, 1));
    }
    date_ticks(&mut plot, &dates);
    plot.line((ends.0, 0.5), (ends.1, 0.5), "reference");
    for (date, figure) in &points {
        let x = days_of(*date);
        if let (Some(from), Some(to)) = (figure.low, figure.high) {
            plot.line((x, from), (x, to), "interval");
        }
        plot.dot((x, figure.value), "dot");
    }
    let values = [
        ("predictor", words.predictor(predictor)?.into()),
        ("low", words.number(low, 2).into()),
        ("high", words.number(high, 2).into()),
    ];
    let head = [key("backtest-head-date"), key("backtest-metric-auc")];
    Ok(Some(Shown {
        title: words.text(key("backtest-plot-dates"), &values[..1])?,
        svg: Some(plot.end(&words.text(key("backtest-plot-dates-alt"), &values)?)),
        reading: words.text(key("backtest-plot-dates-read"), &values[1..])?,
        numbers: Table {
            head: columns(&head, words)?,
            rows: points
                .iter()
                .map(|(date, figure)| vec![date.to_string(), words.figure(figure, 3)])
                .collect(),
        },
    }))
}

pub(super) fn days(result: &BacktestResult, words: Words) -> Result<Option<Shown>, TextError> {
    let dates: Vec<NaiveDate> = result.dates.iter().map(|date| date.as_of).collect();
    let Some(ends) = span(&dates) else {
        return Ok(None);
    };
    let plot = days_plot(result, (&dates, ends), words);
    let told = result
        .dates
        .iter()
        .map(|date| {
            let counts = format!(
                "{}, {}",
                words.number(date.days_expected, 0),
                words.number(date.days_seen as f64, 0)
            );
            let name = date.as_of.to_string();
            let values = [("name", name.into()), ("value", counts.into())];
            words.text(key("backtest-value"), &values)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let alternative = [("values", words.join(&told).into())];
    let total = |of: fn(&DateResult) -> f64| words.number(result.dates.iter().map(of).sum(), 0);
    let values = [
        ("expected", total(|date| date.days_expected).into()),
        ("seen", total(|date| date.days_seen as f64).into()),
    ];
    let head = [
        key("backtest-head-date"),
        key("backtest-head-expected"),
        key("backtest-head-seen"),
    ];
    let row = |date: &DateResult| {
        vec![
            date.as_of.to_string(),
            words.number(date.days_expected, 0),
            words.number(date.days_seen as f64, 0),
        ]
    };
    Ok(Some(Shown {
        title: words.plain(key("backtest-plot-days"))?,
        svg: Some(plot.end(&words.text(key("backtest-plot-days-alt"), &alternative)?)),
        reading: words.text(key("backtest-plot-days-read"), &values)?,
        numbers: Table {
            head: columns(&head, words)?,
            rows: result.dates.iter().map(row).collect(),
        },
    }))
}

fn days_plot(
    result: &BacktestResult,
    (dates, ends): (&[NaiveDate], (f64, f64)),
    words: Words,
) -> Plot {
    let most = result.dates.iter().fold(1.0_f64, |most, date| {
        most.max(date.days_expected).max(date.days_seen as f64)
    });
    let mut plot = Plot::new(200.0, (52.0, 28.0), ends, (0.0, most * 1.05));
    for value in round_steps(0.0, most * 1.05, 5) {
        plot.rule(value, &words.number(value, 0));
    }
    date_ticks(&mut plot, dates);
    let expected: Vec<(f64, f64)> = result
        .dates
        .iter()
        .map(|date| (days_of(date.as_of), date.days_expected))
        .collect();
    let seen: Vec<(f64, f64)> = result
        .dates
        .iter()
        .map(|date| (days_of(date.as_of), date.days_seen as f64))
        .collect();
    plot.path(&expected, "dashed");
    plot.path(&seen, "thin");
    for point in expected {
        plot.square(point, "mark");
    }
    for point in seen {
        plot.dot(point, "dot");
    }
    plot
}
