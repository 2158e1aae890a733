//! The verdict on the season.

use std::collections::BTreeMap;

use super::super::BacktestError;
use super::super::result::{BacktestResult, Figure, Verdict};
use super::super::season::{self, Point};
use super::super::words::Words;
use super::{Component, Judgement, verdict};
use crate::i18n::{TextError, key};

pub(super) fn season(result: &BacktestResult) -> Result<Verdict, BacktestError> {
    let points: Vec<Point> = result
        .dates
        .iter()
        .map(|date| Point {
            as_of: date.as_of,
            expected: date.days_expected,
            seen: date.days_seen as f64,
        })
        .collect();
    let found = season::season(&points, u64::from(result.horizon_weeks) * 7);
    let judgement = match &found {
        None => Judgement::TooFew,
        Some(found) if found.is_there() => Judgement::Seen,
        Some(_) => Judgement::NotSeen,
    };
    let mut figures = BTreeMap::new();
    if let Some(found) = &found {
        for (quarter, ratio) in &found.quarters {
            figures.insert(format!("quarter_{quarter}"), Figure::bare(*ratio));
        }
        figures.insert("chance".to_owned(), Figure::bare(found.chance));
    }
    let seen = result.dates.iter().map(|date| date.days_seen).sum();
    verdict(
        (Component::Season, judgement),
        (result.dates.len() as u64, seen),
        figures,
        |words| {
            let mut told = vec![words.plain(match judgement {
                Judgement::Seen => key("backtest-season-seen"),
                Judgement::NotSeen => key("backtest-season-not-seen"),
                _ => key("backtest-season-too-few"),
            })?];
            told.extend(
                found
                    .as_ref()
                    .map(|found| quarters(words, found))
                    .transpose()?
                    .flatten(),
            );
            Ok(told)
        },
    )
}

fn quarters(words: Words, found: &season::Season) -> Result<Option<String>, TextError> {
    let by_ratio = |left: &&(u32, f64), right: &&(u32, f64)| left.1.total_cmp(&right.1);
    let (Some(low), Some(high)) = (
        found.quarters.iter().min_by(by_ratio),
        found.quarters.iter().max_by(by_ratio),
    ) else {
        return Ok(None);
    };
    let chance = if found.chance < 0.001 {
        format!("<\u{a0}{}", words.percent(0.001, 1))
    } else {
        words.percent(found.chance, 1)
    };
    let values = [
        ("low", words.number(low.1, 2).into()),
        ("low-quarter", low.0.into()),
        ("high", words.number(high.1, 2).into()),
        ("high-quarter", high.0.into()),
        ("chance", chance.into()),
    ];
    words
        .text(key("backtest-season-quarters"), &values)
        .map(Some)
}
