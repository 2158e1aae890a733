//! Verdicts in words on the parts of the model, each with the numbers it rests on.

mod own;
mod seasonal;

use std::collections::BTreeMap;

use super::BacktestError;
use super::result::{BacktestResult, DateResult, Figure, Group, Predictor, Texts, Verdict};
use super::words::Words;
use crate::cascade::calibrate::{self, Calibration};
use crate::evaluation::{MIN_EVENTS, Metric};
use crate::i18n::{Language, TextError, key};

/// Expected shipping days within these shares of what came count as met. Default.
const MET: std::ops::RangeInclusive<f64> = 0.9..=1.1;

crate::word_enum! {
    /// A part of the model.
    Component {
        /// Own churn.
        OwnChurn = "own_churn",
        /// What partners add to it.
        Cascade = "cascade",
        /// The loss probability of links.
        LinkLoss = "link_loss",
        /// How many shipping days are expected.
        ShippingDays = "shipping_days",
        /// Whether expectations miss a season.
        Season = "season",
    }
}

crate::word_enum! {
    /// What a history says of a part.
    Judgement {
        /// It supports it.
        Supported = "supported",
        /// It does not.
        NotSupported = "not_supported",
        /// It has too few events to say.
        TooFew = "too_few",
        /// More came than was expected.
        TooLow = "too_low",
        /// Less came than was expected.
        TooHigh = "too_high",
        /// There is one.
        Seen = "seen",
        /// There is none to be seen.
        NotSeen = "not_seen",
    }
}

impl Judgement {
    /// What a calibration says.
    pub fn of(verdict: calibrate::Verdict) -> Self {
        match verdict {
            calibrate::Verdict::Supported => Self::Supported,
            calibrate::Verdict::NotSupported => Self::NotSupported,
            calibrate::Verdict::TooFew => Self::TooFew,
        }
    }
}

/// Verdicts on every part of the model, the most important first.
///
/// # Errors
///
/// [`BacktestError::Text`], a fault of ours.
pub fn verdicts(result: &BacktestResult) -> Result<Vec<Verdict>, BacktestError> {
    Ok(vec![
        own::own_churn(result)?,
        cascade(result)?,
        links(result)?,
        shipping_days(&result.dates)?,
        seasonal::season(result)?,
    ])
}

/// A verdict in the making: its text in every language from the same sentences.
fn verdict(
    (component, judgement): (Component, Judgement),
    (observations, events): (u64, u64),
    figures: BTreeMap<String, Figure>,
    sentences: impl Fn(Words) -> Result<Vec<String>, TextError>,
) -> Result<Verdict, BacktestError> {
    let text = |language| -> Result<String, TextError> {
        let words = Words(language);
        Ok(words.join(&sentences(words)?))
    };
    Ok(Verdict {
        component,
        judgement,
        observations,
        events,
        figures,
        text: Texts {
            en: text(Language::En)?,
            zh: text(Language::Zh)?,
        },
    })
}

fn cascade(result: &BacktestResult) -> Result<Verdict, BacktestError> {
    let found = &result.cascade.calibration;
    let judgement = Judgement::of(found.verdict);
    let ranking = result
        .group(Group::All)
        .and_then(|all| all.compared(Predictor::CascadeLearnt, Predictor::Own, Metric::Auc))
        .and_then(|pair| pair.difference);
    let mut figures = BTreeMap::new();
    let mut add = |name: &str, figure: Option<Figure>| {
        figures.extend(figure.map(|figure| (name.to_owned(), figure)));
    };
    let estimate = |found: Option<calibrate::Estimate>| {
        found.map(|found| Figure::with(found.kappa, found.low, found.high))
    };
    add("strength_lagged", estimate(found.overall));
    add("strength_same_period", estimate(found.same_period));
    add(
        "placebo_mean",
        found.placebo.map(|placebo| Figure::bare(placebo.mean)),
    );
    add(
        "placebo_high",
        found.placebo.map(|placebo| Figure::bare(placebo.high)),
    );
    add("auc_gain", ranking);
    let evidence = found.evidence;
    verdict(
        (Component::Cascade, judgement),
        (evidence.exposed as u64, evidence.exposed_departures as u64),
        figures,
        |words| cascade_sentences(words, judgement, found, ranking),
    )
}

fn cascade_sentences(
    words: Words,
    judgement: Judgement,
    found: &Calibration,
    ranking: Option<Figure>,
) -> Result<Vec<String>, TextError> {
    let mut told = vec![
        words.plain(match judgement {
            Judgement::Supported => key("backtest-cascade-supported"),
            Judgement::TooFew => key("backtest-cascade-too-few"),
            _ => key("backtest-cascade-not-supported"),
        })?,
        words.text(
            key("backtest-cascade-events"),
            &[
                ("customers", found.evidence.exposed_customers.into()),
                ("departures", found.evidence.exposed_departures.into()),
                ("exposed", found.evidence.exposed.into()),
            ],
        )?,
    ];
    if let (Some(overall), Some(placebo)) = (found.overall, found.placebo) {
        let values = [
            ("kappa", words.number(overall.kappa, 2).into()),
            ("low", words.number(overall.low, 2).into()),
            ("high", words.number(overall.high, 2).into()),
            ("placebo", words.number(placebo.mean, 2).into()),
            ("high-placebo", words.number(placebo.high, 2).into()),
        ];
        told.push(words.text(key("backtest-cascade-lagged"), &values)?);
    }
    if let Some(same) = found.same_period {
        let values = [
            ("kappa", words.number(same.kappa, 2).into()),
            ("low", words.number(same.low, 2).into()),
            ("high", words.number(same.high, 2).into()),
        ];
        told.push(words.text(key("backtest-cascade-same"), &values)?);
    }
    if let Some(Figure {
        value,
        low: Some(low),
        high: Some(high),
    }) = ranking
    {
        let values = [
            ("difference", words.signed(value, 3).into()),
            ("low", words.signed(low, 3).into()),
            ("high", words.signed(high, 3).into()),
        ];
        told.push(words.text(key("backtest-cascade-ranking"), &values)?);
    }
    Ok(told)
}

/// Supported: the probability that either end leaves, cascade included, says more of silent links
/// than the base rate.
fn links(result: &BacktestResult) -> Result<Verdict, BacktestError> {
    let group = result.group(Group::Links);
    let pooled = |predictor| Some(&group?.predictor(predictor)?.pooled);
    let (loss, own) = (pooled(Predictor::Cascade), pooled(Predictor::Own));
    let (observations, events) = loss.map_or((0, 0), |loss| (loss.observations, loss.events));
    let skill = loss.and_then(|loss| loss.figures.get(&Metric::BrierSkill).copied());
    let own_skill = own.and_then(|own| own.figures.get(&Metric::BrierSkill).copied());
    let fewest = MIN_EVENTS as u64;
    let judgement = match skill {
        Some(skill) if events >= fewest && observations - events >= fewest => {
            if skill.low.is_some_and(|low| low > 0.0) {
                Judgement::Supported
            } else {
                Judgement::NotSupported
            }
        }
        _ => Judgement::TooFew,
    };
    let expected: f64 = result
        .dates
        .iter()
        .map(|date| date.links_lost_expected)
        .sum();
    let mut figures = BTreeMap::from([("expected".to_owned(), Figure::bare(expected))]);
    figures.extend(skill.map(|skill| ("brier_skill".to_owned(), skill)));
    figures.extend(own_skill.map(|skill| ("brier_skill_own".to_owned(), skill)));
    verdict(
        (Component::LinkLoss, judgement),
        (observations, events),
        figures,
        |words| {
            let mut told = vec![
                words.plain(match judgement {
                    Judgement::Supported => key("backtest-links-supported"),
                    Judgement::TooFew => key("backtest-links-too-few"),
                    _ => key("backtest-links-not-supported"),
                })?,
                words.text(
                    key("backtest-links-events"),
                    &[
                        ("events", events.into()),
                        ("observations", observations.into()),
                        ("expected", words.number(expected, 0).into()),
                    ],
                )?,
            ];
            if let (Some(skill), Some(own)) = (skill, own_skill) {
                let percent = |share: f64| words.percent(share, 0).replace('-', "\u{2212}");
                let values = [
                    ("skill", percent(skill.value).into()),
                    ("low", percent(skill.low.unwrap_or(skill.value)).into()),
                    ("high", percent(skill.high.unwrap_or(skill.value)).into()),
                    ("own", percent(own.value).into()),
                ];
                told.push(words.text(key("backtest-links-skill"), &values)?);
            }
            Ok(told)
        },
    )
}

fn shipping_days(dates: &[DateResult]) -> Result<Verdict, BacktestError> {
    let expected: f64 = dates.iter().map(|date| date.days_expected).sum();
    let seen: u64 = dates.iter().map(|date| date.days_seen).sum();
    let observations = dates.iter().map(|date| date.customers).sum();
    let share = (seen > 0).then(|| expected / seen as f64);
    let judgement = match share {
        Some(share) if seen >= MIN_EVENTS as u64 => {
            if MET.contains(&share) {
                Judgement::Supported
            } else if share < 1.0 {
                Judgement::TooLow
            } else {
                Judgement::TooHigh
            }
        }
        _ => Judgement::TooFew,
    };
    let mut figures = BTreeMap::from([
        ("expected".to_owned(), Figure::bare(expected)),
        ("seen".to_owned(), Figure::bare(seen as f64)),
    ]);
    figures.extend(share.map(|share| ("expected_to_seen".to_owned(), Figure::bare(share))));
    verdict(
        (Component::ShippingDays, judgement),
        (observations, seen),
        figures,
        |words| {
            let values = [
                ("expected", words.number(expected, 0).into()),
                ("seen", words.number(seen as f64, 0).into()),
            ];
            let mut told = vec![match judgement {
                Judgement::Supported => words.text(key("backtest-days-supported"), &values),
                Judgement::TooLow => words.text(key("backtest-days-too-low"), &values),
                Judgement::TooHigh => words.text(key("backtest-days-too-high"), &values),
                _ => words.plain(key("backtest-days-too-few")),
            }?];
            if let Some(share) = share {
                let share = words.percent(share, 0);
                told.push(words.text(key("backtest-days-share"), &[("share", share.into())])?);
            }
            Ok(told)
        },
    )
}
