//! `hawser plan`: whom to look after under a budget.

use chrono::NaiveDate;

use super::exit::USAGE;
use super::explain::find;
use super::measure::{Measure, percent_fine};
use super::out::table;
use super::what_if::{called, open};
use super::{Context, Failure};
use crate::access::Teams;
use crate::access::audit::Actor;
use crate::config::Config;
use crate::db::{Conn, UtcTime};
use crate::i18n::Language;
use crate::whatifs::plan::{self, PlanView};
use crate::whatifs::request::{CandidateInput, CustomerRef, PlanInput, WorldsInput};

/// Arguments of the command.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Amounts are in the reporting currency, such as 2000 or 2000.50.\n\nExample:\n  hawser plan --budget 50000 --cost 2000 --top 200 --effect 0.4\n  hawser plan --budget 5000 --candidate 12=2000 --candidate ext:tms:4711=3500 --save \"Q3\""
)]
pub struct Args {
    /// What may be spent
    #[arg(long, value_name = "AMOUNT")]
    budget: String,
    /// What looking after one customer of the watch list costs
    #[arg(long, value_name = "AMOUNT", required_unless_present = "candidate")]
    cost: Option<String>,
    /// A customer that may be chosen and what it costs, instead of the watch list
    #[arg(long, value_name = "CUSTOMER=AMOUNT", conflicts_with_all = ["cost", "top"])]
    candidate: Vec<String>,
    /// How much of the watch list may be chosen from
    #[arg(long, value_name = "ROWS")]
    top: Option<u32>,
    /// By how much a play lowers own churn, 0 to 1 (default: as measured by ten plays or more, else
    /// `HAWSER_SAVE_EFFECT`)
    #[arg(long, value_name = "SHARE")]
    effect: Option<f64>,
    /// As-of date of a finished run (default: the latest)
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
    /// Worlds that the plan is checked in
    #[arg(long, value_name = "WORLDS")]
    worlds: Option<u32>,
    /// Seed of the check
    #[arg(long, value_name = "SEED", requires = "worlds", default_value_t = 1)]
    seed: u64,
    /// Keep the plan under this name
    #[arg(long, value_name = "NAME")]
    save: Option<String>,
}

/// Runs the command.
pub fn run(context: &Context, args: &Args) -> Result<(), Failure> {
    let state = context.state()?;
    let config = &context.config;
    let (teams, speech) = (Teams::All, (Language::En, config));
    let input = state.db.read_now(|conn| args.input(conn, config))?;
    input.check()?;
    let engine = state.db.read_now(|conn| open(conn, args.as_of, None))?;
    let effect = config.assessment.save_effect.get();
    let field = state
        .db
        .read_now(|conn| plan::gather(conn, &engine, &input, &teams, effect))?;
    let result = plan::compute(&engine, &input, &field)?;
    let name = args.save.as_deref();
    let view = if name.is_some() {
        let now = UtcTime::from(state.clock.now());
        state.db.write_now(|conn| {
            let new = (name, &field, &result);
            let row = plan::keep(conn, &engine, new, &Actor::cli(), now)?;
            let frame = plan::Frame {
                kept: Some(&row),
                name,
                source: row.source(),
            };
            plan::view(conn, frame, &row.result()?, &teams, speech)
        })?
    } else {
        state.db.read_now(|conn| {
            let frame = plan::Frame {
                kept: None,
                name: None,
                source: engine.run().source(),
            };
            plan::view(conn, frame, &result, &teams, speech)
        })?
    };
    Ok(context.out.show(&view, |view| lines(view, config))?)
}

impl Args {
    fn input(&self, conn: &mut Conn, config: &Config) -> Result<PlanInput, Failure> {
        let amount = |flag: &str, text: &str| {
            minor_units(text, config.currency_digits).ok_or_else(|| {
                let rule = format!(
                    "expected an amount such as 2000, with at most {} decimals",
                    config.currency_digits
                );
                Failure::new(USAGE, format!("--{flag} {text}: {rule}"))
            })
        };
        let mut candidates = Vec::new();
        for text in &self.candidate {
            let (customer, cost) = text.rsplit_once('=').ok_or_else(|| {
                Failure::new(
                    USAGE,
                    format!("--candidate {text}: expected CUSTOMER=AMOUNT"),
                )
            })?;
            candidates.push(CandidateInput {
                customer: CustomerRef(find(conn, customer)?),
                cost: amount("candidate", cost)?,
                effect: None,
            });
        }
        Ok(PlanInput {
            name: self.save.clone(),
            budget: amount("budget", &self.budget)?,
            candidates: self.cost.is_none().then_some(candidates),
            default_cost: self
                .cost
                .as_deref()
                .map(|cost| amount("cost", cost))
                .transpose()?,
            top: self.top,
            effect: self.effect,
            as_of: self.as_of,
            run_id: None,
            check: self.worlds.map(|worlds| WorldsInput {
                worlds,
                seed: self.seed,
            }),
        })
    }
}

/// Major units, with at most so many decimals, in minor units; exact.
fn minor_units(text: &str, digits: u32) -> Option<i64> {
    let (sign, plain) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, decimals) = plain.split_once('.').unwrap_or((plain, ""));
    let digits = digits as usize;
    let all = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all(whole) || !all(decimals) || decimals.len() > digits {
        return None;
    }
    let joined: i64 = format!("{whole}{decimals:0<digits$}").parse().ok()?;
    Some(sign * joined)
}

/// A plan for people.
fn lines(view: &PlanView, config: &Config) -> Vec<String> {
    let source = &view.source;
    let measure = Measure::of_value(source, config);
    let money = Measure::money(config);
    let mut lines = vec![format!(
        "As of {}, {} weeks ahead (run {}).{}",
        source.as_of,
        source.horizon_weeks,
        source.run_id,
        view.id
            .map(|id| format!(" Kept as plan {id}."))
            .unwrap_or_default(),
    )];
    lines.extend(view.summary.iter().cloned());
    if view.chosen.is_empty() {
        return lines;
    }
    lines.push(String::new());
    let rows: Vec<Vec<String>> = view
        .chosen
        .iter()
        .zip(1..)
        .map(|(one, rank): (_, usize)| {
            vec![
                rank.to_string(),
                called(&one.customer),
                money.number(one.cost as f64),
                percent_fine(one.own_churn.before),
                percent_fine(one.own_churn.after),
                measure.number(one.blast_radius),
                measure.number(one.gain),
            ]
        })
        .collect();
    let saves = format!("saves ({})", measure.unit);
    let costs = format!("costs ({})", money.unit);
    let head = [
        "",
        "customer",
        costs.as_str(),
        "own churn",
        "then",
        "blast",
        saves.as_str(),
    ];
    lines.extend(table(&head, &rows));
    lines.push(String::new());
    lines.extend(
        view.chosen
            .iter()
            .zip(1..)
            .map(|(one, rank): (_, usize)| format!("{rank}. {}", one.reason)),
    );
    lines
}

#[cfg(test)]
mod tests {
    use super::minor_units;

    #[test]
    fn amounts_become_minor_units_exactly() {
        for (text, digits, minor) in [
            ("50000.00", 2, Some(5_000_000)),
            ("2000", 2, Some(200_000)),
            ("0.1", 2, Some(10)),
            ("-3.5", 2, Some(-350)),
            ("7", 0, Some(7)),
            ("1.234", 3, Some(1_234)),
            ("1.234", 2, None),
            ("7.", 0, Some(7)),
            ("", 2, None),
            (".5", 2, None),
            ("1e3", 2, None),
            ("NaN", 2, None),
            ("1,000", 2, None),
            ("99999999999999999999", 2, None),
        ] {
            assert_eq!(minor_units(text, digits), minor, "{text}");
        }
    }
}
