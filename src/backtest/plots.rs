//! The plots of a result, each with a sentence that says how to read it, and its numbers.

use chrono::{Datelike as _, NaiveDate};

use super::result::{BacktestResult, DatedScores, Figure, Group, GroupResult, Predictor};
use super::svg::{Anchor, Plot, round_steps};
use super::words::Words;
use crate::evaluation::Metric;
use crate::i18n::{TextError, key};

/// Predictors with a plot of their own; the default strengths' numbers stand in the table.
const SHOWN: [Predictor; 4] = [
    Predictor::Own,
    Predictor::CascadeLearnt,
    Predictor::Recency,
    Predictor::Frequency,
];
/// Units that a row of a plot with rows is high.
const ROW: f64 = 34.0;

/// A plot as the page shows it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// What it shows.
    pub title: String,
    /// The drawing; `None` where there is nothing to draw.
    pub svg: Option<String>,
    /// How to read it, in a sentence.
    pub reading: String,
    /// Its numbers.
    pub numbers: Table,
}

/// A table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Names of the columns.
    pub head: Vec<String>,
    /// Rows of cells; the first names the row.
    pub rows: Vec<Vec<String>>,
}

/// All plots, in the order in which a reader asks: who ranks best, is it always so, are probabilities
/// right, what is the list worth, how much was expected, what of the cascade.
///
/// # Errors
///
/// [`TextError`], a fault of ours.
pub fn plots(result: &BacktestResult, words: Words) -> Result<Vec<Shown>, TextError> {
    let mut shown = Vec::new();
    if let Some(all) = result.group(Group::All) {
        shown.extend(auc(all, words)?);
        for predictor in SHOWN {
            shown.extend(by_date(all, predictor, words)?);
        }
        for predictor in SHOWN {
            shown.extend(curve(all, predictor, words)?);
        }
        shown.extend(lift(all, words)?);
    }
    shown.extend(days(result, words)?);
    shown.extend(kappa(result, words)?);
    Ok(shown)
}

/// A row of a plot: a name, a point with its interval, and what else lies on its line.
struct Row {
    name: String,
    figure: Figure,
    /// A square.
    mark: Option<f64>,
    /// A shade from 0.
    shade: Option<f64>,
}

/// Rows below one another over a common axis, with a line at `reference`.
fn rows(
    rows: &[Row],
    (low, high): (f64, f64),
    reference: Option<f64>,
    (axis, decimals): (&str, usize),
    words: Words,
) -> Plot {
    let count = rows.len() as f64;
    let mut plot = Plot::new(ROW * count + 52.0, (14.0, 38.0), (low, high), (count, 0.0));
    for value in round_steps(low, high, 6) {
        plot.tick(value, &words.number(value, decimals));
    }
    if let Some(reference) = reference {
        plot.line((reference, count), (reference, 0.0), "reference");
    }
    for (row, place) in rows.iter().zip(0_u32..) {
        let y = f64::from(place) + 0.68;
        if let Some(shade) = row.shade {
            plot.bar(y, (low, shade), 12.0, "shade");
        }
        if let (Some(from), Some(to)) = (row.figure.low, row.figure.high) {
            plot.line((from, y), (to, y), "interval");
        }
        if let Some(mark) = row.mark {
            plot.square((mark, y), "mark");
        }
        plot.dot((row.figure.value, y), "dot");
        plot.note((low, y), (2.0, -11.0), Anchor::Start, &row.name);
    }
    plot.below(axis);
    plot
}

/// The values of rows as text, for whoever cannot see them.
fn told(rows: &[Row], decimals: usize, words: Words) -> Result<String, TextError> {
    let values = rows
        .iter()
        .map(|row| value(&row.name, &row.figure, decimals, words))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(words.join(&values))
}

fn value(name: &str, figure: &Figure, decimals: usize, words: Words) -> Result<String, TextError> {
    let number = |value: f64| words.number(value, decimals);
    match (figure.low, figure.high) {
        (Some(low), Some(high)) => words.text(
            key("backtest-value-interval"),
            &[
                ("name", name.into()),
                ("value", number(figure.value).into()),
                ("low", number(low).into()),
                ("high", number(high).into()),
            ],
        ),
        _ => words.text(
            key("backtest-value"),
            &[
                ("name", name.into()),
                ("value", number(figure.value).into()),
            ],
        ),
    }
}

/// A row for each predictor that has the metric.
fn metric_rows(group: &GroupResult, metric: Metric, words: Words) -> Result<Vec<Row>, TextError> {
    group
        .predictors
        .iter()
        .filter_map(|found| Some((found.predictor, *found.pooled.figures.get(&metric)?)))
        .map(|(predictor, figure)| {
            Ok(Row {
                name: words.predictor(predictor)?,
                figure,
                mark: None,
                shade: None,
            })
        })
        .collect()
}

fn best(rows: &[Row]) -> Option<&Row> {
    rows.iter()
        .max_by(|left, right| left.figure.value.total_cmp(&right.figure.value))
}

fn numbers(
    rows: &[Row],
    metric: String,
    decimals: usize,
    words: Words,
) -> Result<Table, TextError> {
    Ok(Table {
        head: vec![words.plain(key("backtest-head-predictor"))?, metric],
        rows: rows
            .iter()
            .map(|row| vec![row.name.clone(), words.figure(&row.figure, decimals)])
            .collect(),
    })
}

fn auc(all: &GroupResult, words: Words) -> Result<Option<Shown>, TextError> {
    let found = metric_rows(all, Metric::Auc, words)?;
    let Some(best) = best(&found) else {
        return Ok(None);
    };
    let axis = words.plain(key("backtest-axis-auc"))?;
    let low = found.iter().fold(0.5_f64, |low, row| {
        low.min(row.figure.low.unwrap_or(row.figure.value))
    });
    let plot = rows(
        &found,
        ((low * 10.0).floor() / 10.0, 1.0),
        Some(0.5),
        (&axis, 1),
        words,
    );
    let alternative = [("values", told(&found, 3, words)?.into())];
    Ok(Some(Shown {
        title: words.plain(key("backtest-plot-auc"))?,
        svg: Some(plot.end(&words.text(key("backtest-plot-auc-alt"), &alternative)?)),
        reading: words.text(
            key("backtest-plot-auc-read"),
            &[
                ("best", capital(&best.name).into()),
                ("value", words.number(best.figure.value, 3).into()),
            ],
        )?,
        numbers: numbers(&found, axis, 3, words)?,
    }))
}

/// With a capital first letter, for the beginning of a sentence.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn lift(all: &GroupResult, words: Words) -> Result<Option<Shown>, TextError> {
    let found = metric_rows(all, Metric::TopDecileLift, words)?;
    let Some(best) = best(&found) else {
        return Ok(None);
    };
    let high = found.iter().fold(1.0_f64, |high, row| {
        high.max(row.figure.high.unwrap_or(row.figure.value))
    });
    let axis = words.plain(key("backtest-axis-lift"))?;
    let count = found.len() as f64;
    let mut plot = Plot::new(
        ROW * count + 52.0,
        (14.0, 38.0),
        (0.0, high * 1.05),
        (count, 0.0),
    );
    for value in round_steps(0.0, high * 1.05, 6) {
        plot.tick(
            value,
            &words.number(value, usize::from(value.fract() > 1e-9)),
        );
    }
    for (row, place) in found.iter().zip(0_u32..) {
        let y = f64::from(place) + 0.68;
        plot.bar(y, (0.0, row.figure.value), 10.0, "bar");
        if let (Some(from), Some(to)) = (row.figure.low, row.figure.high) {
            plot.line((from, y), (to, y), "interval");
        }
        plot.note((0.0, y), (2.0, -11.0), Anchor::Start, &row.name);
    }
    plot.line((1.0, count), (1.0, 0.0), "reference");
    plot.below(&axis);
    let alternative = [("values", told(&found, 2, words)?.into())];
    let metric = words.plain(key("backtest-metric-lift"))?;
    Ok(Some(Shown {
        title: words.plain(key("backtest-plot-lift"))?,
        svg: Some(plot.end(&words.text(key("backtest-plot-lift-alt"), &alternative)?)),
        reading: words.text(
            key("backtest-plot-lift-read"),
            &[
                ("best", best.name.as_str().into()),
                ("value", words.number(best.figure.value, 1).into()),
            ],
        )?,
        numbers: numbers(&found, metric, 2, words)?,
    }))
}

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

fn by_date(
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
            head: head
                .into_iter()
                .map(|key| words.plain(key))
                .collect::<Result<_, _>>()?,
            rows: points
                .iter()
                .map(|(date, figure)| vec![date.to_string(), words.figure(figure, 3)])
                .collect(),
        },
    }))
}

fn curve(
    all: &GroupResult,
    predictor: Predictor,
    words: Words,
) -> Result<Option<Shown>, TextError> {
    let Some(found) = all.predictor(predictor) else {
        return Ok(None);
    };
    let name = words.predictor(predictor)?;
    let title = words.text(
        key("backtest-plot-curve"),
        &[("predictor", name.as_str().into())],
    )?;
    let (bins, error) = (
        &found.pooled.curve,
        found.pooled.figures.get(&Metric::CalibrationError),
    );
    let (Some(error), false) = (error, bins.is_empty()) else {
        return Ok(Some(Shown {
            title,
            svg: None,
            reading: words.plain(key("backtest-plot-curve-none"))?,
            numbers: Table::default(),
        }));
    };
    let mut plot = Plot::new(300.0, (38.0, 38.0), (0.0, 1.0), (0.0, 1.0));
    for value in [0.0, 0.2, 0.4, 0.6, 0.8, 1.0] {
        plot.rule(value, &words.number(value, 1));
        plot.tick(value, &words.number(value, 1));
    }
    plot.line((0.0, 0.0), (1.0, 1.0), "reference");
    let points: Vec<(f64, f64)> = bins
        .iter()
        .map(|bin| (bin.predicted, bin.observed.value))
        .collect();
    plot.path(&points, "thin");
    for bin in bins {
        if let (Some(from), Some(to)) = (bin.observed.low, bin.observed.high) {
            plot.line((bin.predicted, from), (bin.predicted, to), "interval");
        }
        plot.dot((bin.predicted, bin.observed.value), "dot");
    }
    plot.below(&words.plain(key("backtest-axis-predicted"))?);
    let values = bins
        .iter()
        .map(|bin| value(&words.number(bin.predicted, 2), &bin.observed, 2, words))
        .collect::<Result<Vec<_>, _>>()?;
    let alternative = [
        ("predictor", name.as_str().into()),
        ("bins", bins.len().into()),
        ("values", words.join(&values).into()),
    ];
    let head = [
        key("backtest-head-predicted"),
        key("backtest-head-observed"),
        key("backtest-head-count"),
    ];
    Ok(Some(Shown {
        title,
        svg: Some(plot.end(&words.text(key("backtest-plot-curve-alt"), &alternative)?)),
        reading: words.text(
            key("backtest-plot-curve-read"),
            &[
                ("predictor", name.as_str().into()),
                ("error", words.number(error.value * 100.0, 1).into()),
            ],
        )?,
        numbers: Table {
            head: head
                .into_iter()
                .map(|key| words.plain(key))
                .collect::<Result<_, _>>()?,
            rows: bins
                .iter()
                .map(|bin| {
                    vec![
                        words.number(bin.predicted, 3),
                        words.figure(&bin.observed, 3),
                        words.number(bin.count as f64, 0),
                    ]
                })
                .collect(),
        },
    }))
}

fn days(result: &BacktestResult, words: Words) -> Result<Option<Shown>, TextError> {
    let dates: Vec<NaiveDate> = result.dates.iter().map(|date| date.as_of).collect();
    let Some(ends) = span(&dates) else {
        return Ok(None);
    };
    let most = result.dates.iter().fold(1.0_f64, |most, date| {
        most.max(date.days_expected).max(date.days_seen as f64)
    });
    let mut plot = Plot::new(200.0, (52.0, 28.0), ends, (0.0, most * 1.05));
    for value in round_steps(0.0, most * 1.05, 5) {
        plot.rule(value, &words.number(value, 0));
    }
    date_ticks(&mut plot, &dates);
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
            words.text(
                key("backtest-value"),
                &[("name", name.into()), ("value", counts.into())],
            )
        })
        .collect::<Result<Vec<_>, _>>()?;
    let total = |of: fn(&super::result::DateResult) -> f64| {
        words.number(result.dates.iter().map(of).sum(), 0)
    };
    let values = [
        ("expected", total(|date| date.days_expected).into()),
        ("seen", total(|date| date.days_seen as f64).into()),
    ];
    let head = [
        key("backtest-head-date"),
        key("backtest-head-expected"),
        key("backtest-head-seen"),
    ];
    Ok(Some(Shown {
        title: words.plain(key("backtest-plot-days"))?,
        svg: Some(plot.end(&words.text(
            key("backtest-plot-days-alt"),
            &[("values", words.join(&told).into())],
        )?)),
        reading: words.text(key("backtest-plot-days-read"), &values)?,
        numbers: Table {
            head: head
                .into_iter()
                .map(|key| words.plain(key))
                .collect::<Result<_, _>>()?,
            rows: result
                .dates
                .iter()
                .map(|date| {
                    vec![
                        date.as_of.to_string(),
                        words.number(date.days_expected, 0),
                        words.number(date.days_seen as f64, 0),
                    ]
                })
                .collect(),
        },
    }))
}

fn kappa(result: &BacktestResult, words: Words) -> Result<Option<Shown>, TextError> {
    let classes = &result.cascade.calibration.classes;
    if classes.is_empty() {
        return Ok(None);
    }
    let found = classes
        .iter()
        .map(|class| {
            Ok(Row {
                name: words.class(class.class)?,
                figure: Figure::with(class.kappa, class.low, class.high),
                mark: Some(class.prior),
                shade: class.placebo.map(|placebo| placebo.high),
            })
        })
        .collect::<Result<Vec<_>, TextError>>()?;
    let axis = words.plain(key("backtest-axis-kappa"))?;
    let plot = rows(&found, (0.0, 1.0), None, (&axis, 1), words);
    let alternative = [("values", told(&found, 2, words)?.into())];
    let head = [
        key("backtest-head-class"),
        key("backtest-head-kappa"),
        key("backtest-head-prior"),
        key("backtest-head-alone"),
        key("backtest-head-placebo"),
        key("backtest-head-exposed"),
        key("backtest-head-events"),
        key("backtest-head-verdict"),
    ];
    let missing = || "–".to_owned();
    let table = classes
        .iter()
        .zip(&found)
        .map(|(class, row)| {
            let alone = class
                .likelihood
                .map(|alone| words.figure(&Figure::with(alone.kappa, alone.low, alone.high), 2));
            Ok(vec![
                row.name.clone(),
                words.figure(&row.figure, 2),
                words.number(class.prior, 2),
                alone.unwrap_or_else(missing),
                class
                    .placebo
                    .map_or_else(missing, |placebo| words.number(placebo.high, 2)),
                words.number(class.exposed as f64, 0),
                words.number(class.events as f64, 0),
                super::page::judgement(super::verdict::Judgement::of(class.verdict), words)?,
            ])
        })
        .collect::<Result<Vec<_>, TextError>>()?;
    Ok(Some(Shown {
        title: words.plain(key("backtest-plot-kappa"))?,
        svg: Some(plot.end(&words.text(key("backtest-plot-kappa-alt"), &alternative)?)),
        reading: words.plain(key("backtest-plot-kappa-read"))?,
        numbers: Table {
            head: head
                .into_iter()
                .map(|key| words.plain(key))
                .collect::<Result<_, _>>()?,
            rows: table,
        },
    }))
}
