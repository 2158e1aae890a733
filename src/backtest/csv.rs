//! Every figure of a result as a table: one line for each group, predictor, date and metric.

use super::BacktestError;
use super::result::{BacktestResult, Figure, Scores};

/// The columns.
const HEAD: [&str; 9] = [
    "group",
    "predictor",
    "as_of",
    "metric",
    "value",
    "low",
    "high",
    "observations",
    "events",
];

/// The table; `as_of` is empty over all dates. Words of our own alone, so that no cell can be taken
/// for a formula.
///
/// # Errors
///
/// [`BacktestError::Csv`], a fault of ours.
pub fn write(result: &BacktestResult) -> Result<String, BacktestError> {
    let mut table = Table {
        writer: csv::Writer::from_writer(Vec::new()),
    };
    table.line(HEAD.map(str::to_owned))?;
    for group in &result.groups {
        for found in &group.predictors {
            let names = [group.group.word(), found.predictor.word()];
            table.scores(names, "", &found.pooled)?;
            for dated in &found.by_date {
                table.scores(names, &dated.as_of.to_string(), &dated.scores)?;
            }
        }
    }
    for date in &result.dates {
        let (as_of, sizes) = (date.as_of.to_string(), (date.customers, date.silent));
        for (metric, value) in [
            ("shipping_days_expected", date.days_expected),
            ("shipping_days_seen", date.days_seen as f64),
        ] {
            table.figure(["all", "own"], &as_of, metric, &Figure::bare(value), sizes)?;
        }
    }
    for class in &result.cascade.calibration.classes {
        let sizes = (class.exposed as u64, class.events as u64);
        let strength = Figure::with(class.kappa, class.low, class.high);
        table.figure(
            ["cascade", class.class.word()],
            "",
            "strength",
            &strength,
            sizes,
        )?;
        if let Some(alone) = class.likelihood {
            let alone = Figure::with(alone.kappa, alone.low, alone.high);
            table.figure(
                ["cascade", class.class.word()],
                "",
                "strength_alone",
                &alone,
                sizes,
            )?;
        }
        if let Some(placebo) = class.placebo {
            let placebo = Figure::with(placebo.mean, placebo.mean, placebo.high);
            table.figure(
                ["cascade", class.class.word()],
                "",
                "placebo",
                &placebo,
                sizes,
            )?;
        }
    }
    table.end()
}

struct Table {
    writer: csv::Writer<Vec<u8>>,
}

impl Table {
    fn line(&mut self, cells: [String; 9]) -> Result<(), BacktestError> {
        let written = self.writer.write_record(cells);
        written.map_err(|error| BacktestError::Csv(error.to_string()))
    }

    fn scores(
        &mut self,
        names: [&str; 2],
        as_of: &str,
        scores: &Scores,
    ) -> Result<(), BacktestError> {
        let sizes = (scores.observations, scores.events);
        scores.figures.iter().try_for_each(|(metric, figure)| {
            self.figure(names, as_of, metric.word(), figure, sizes)
        })
    }

    fn figure(
        &mut self,
        [group, predictor]: [&str; 2],
        as_of: &str,
        metric: &str,
        figure: &Figure,
        (observations, events): (u64, u64),
    ) -> Result<(), BacktestError> {
        let end = |end: Option<f64>| end.map(|end| end.to_string()).unwrap_or_default();
        self.line([
            group.to_owned(),
            predictor.to_owned(),
            as_of.to_owned(),
            metric.to_owned(),
            figure.value.to_string(),
            end(figure.low),
            end(figure.high),
            observations.to_string(),
            events.to_string(),
        ])
    }

    fn end(self) -> Result<String, BacktestError> {
        let bytes = self.writer.into_inner();
        let bytes = bytes.map_err(|error| BacktestError::Csv(error.to_string()))?;
        String::from_utf8(bytes).map_err(|error| BacktestError::Csv(error.to_string()))
    }
}
