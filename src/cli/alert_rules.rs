//! `hawser alerts rules`, `set-rule`, `reset-rule`, `check`: what raises alerts.

use super::exit::{CONFIG, DATA};
use super::out::table;
use super::{Context, Failure};
use crate::access::audit::Actor;
use crate::access::{Teams, store as people};
use crate::alerts::RaiseSettings;
use crate::alerts::check::check_now;
use crate::alerts::model::AlertReason;
use crate::alerts::settings::{Reader, Rule, RuleBook, RuleInput, RuleView, Setting};
use crate::api::etag::IfMatch;
use crate::db::Conn;
use crate::i18n::Language;
use crate::state::AppState;

/// What to do with the rules that raise alerts.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the rules: what they read, their levels, and which of them stay silent for want of data
    #[command(after_help = "Example:\n  hawser alerts rules --team North")]
    Rules {
        /// As they hold for customers of this team
        #[arg(long, value_name = "NAME")]
        team: Option<String>,
    },
    /// Set a rule for a team, or for everybody; what is not given stays as it is
    #[command(
        after_help = "Examples:\n  hawser alerts set-rule volume_drop --level 0.4 --high 0.7\n  hawser alerts set-rule contract_ending --level=-120 --team North\n  hawser alerts set-rule key_person --off"
    )]
    SetRule(SetRule),
    /// Take a rule's setting back: a team's to everybody's, everybody's to the default
    ResetRule {
        /// The rule, such as `volume_drop`
        #[arg(value_parser = reason)]
        reason: AlertReason,
        /// The team's setting
        #[arg(long, value_name = "NAME")]
        team: Option<String>,
    },
    /// Look at once at complaints, promises, contracts and imports, and wake snoozed alerts
    Check,
}

/// Arguments of `set-rule`.
#[derive(Debug, clap::Args)]
pub struct SetRule {
    /// The rule, such as `volume_drop`
    #[arg(value_parser = reason)]
    reason: AlertReason,
    /// For customers of this team
    #[arg(long, value_name = "NAME")]
    team: Option<String>,
    /// An alert opens from this measure on
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    level: Option<f64>,
    /// It is high from this one on
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    high: Option<f64>,
    /// An open alert that has become worse by so much is told again
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    step: Option<f64>,
    /// How far below the level the measure must fall before the alert ends
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    hysteresis: Option<f64>,
    /// Days after its end for which it opens again only if it is a step worse
    #[arg(long, value_name = "DAYS", allow_negative_numbers = true)]
    cool_down_days: Option<i64>,
    /// It raises alerts
    #[arg(long, conflicts_with = "off")]
    on: bool,
    /// It stays silent, and its open alerts end
    #[arg(long)]
    off: bool,
}

fn reason(word: &str) -> Result<AlertReason, String> {
    AlertReason::parse(word)
        .ok_or_else(|| format!("expected one of {}", AlertReason::WORDS.join(", ")))
}

/// Runs the command.
pub fn run(context: &Context, state: &AppState, command: &Command) -> Result<(), Failure> {
    let settings = RaiseSettings::of(&state.config).map_err(|error| Failure::new(CONFIG, error))?;
    let now = state.clock.now().into();
    match command {
        Command::Rules { team } => {
            let rules = state.db.read_now(|conn| {
                let reader = Reader {
                    team: team_id(conn, team.as_deref())?,
                    sees: Teams::All,
                    language: Language::En,
                };
                let rules = reader.rules(conn, (settings.limits, settings.zone), now)?;
                Ok::<_, Failure>(rules)
            })?;
            context.out.show(&rules, |rules| lines(rules))?;
        }
        Command::SetRule(args) => {
            let rule = state.db.write_now(|conn| {
                let team = team_id(conn, args.team.as_deref())?;
                let standing = RuleBook::load(conn, settings.limits)?.rule(args.reason, team);
                let input = args.over(&standing);
                let setting = setting(args.reason, team);
                Ok::<_, Failure>(setting.write(conn, &input, settings.limits, now)?)
            })?;
            context.out.show(&rule.values, |_| vec![stands(&rule)])?;
        }
        Command::ResetRule { reason, team } => {
            let rule = state.db.write_now(|conn| {
                let setting = setting(*reason, team_id(conn, team.as_deref())?);
                Ok::<_, Failure>(setting.reset(conn, settings.limits, now)?)
            })?;
            context.out.show(&rule.values, |_| vec![stands(&rule)])?;
        }
        Command::Check => {
            let raised = check_now(state)?;
            context.out.show(&raised, |raised| {
                let mut lines = vec![format!("{raised}.")];
                lines.extend(raised.by_reason.iter().map(|(reason, counts)| {
                    format!(
                        "  {reason}: {} opened, {} updated, {} resolved",
                        counts.opened, counts.updated, counts.resolved
                    )
                }));
                lines
            })?;
        }
    }
    Ok(())
}

fn setting(reason: AlertReason, team: Option<i64>) -> Setting {
    Setting {
        reason,
        team,
        condition: IfMatch::Absent,
        actor: Actor::cli(),
    }
}

fn team_id(conn: &mut Conn, name: Option<&str>) -> Result<Option<i64>, Failure> {
    let Some(name) = name else {
        return Ok(None);
    };
    let team = people::team_by_name(conn, name)?.filter(|team| team.deleted_at.is_none());
    team.map(|team| Some(team.id.0))
        .ok_or_else(|| Failure::new(DATA, format!("there is no team {name:?}")))
}

impl SetRule {
    /// What is given, over what holds.
    fn over(&self, standing: &Rule) -> RuleInput {
        let values = standing.values;
        let switched = self.on || self.off;
        RuleInput {
            enabled: Some(if switched { self.on } else { values.enabled }),
            level: self.level.or(Some(values.level)),
            high: self.high.or(Some(values.high)),
            step: self.step.or(Some(values.step)),
            hysteresis: self.hysteresis.or(Some(values.hysteresis)),
            cool_down_days: self
                .cool_down_days
                .or(Some(i64::from(values.cool_down_days))),
        }
    }
}

fn stands(rule: &Rule) -> String {
    let values = rule.values;
    format!(
        "{} ({}): {}, level {}, high {}, step {}, hysteresis {}, cool-down {} days.",
        rule.reason,
        rule.origin,
        if values.enabled { "on" } else { "off" },
        values.level,
        values.high,
        values.step,
        values.hysteresis,
        values.cool_down_days
    )
}

fn lines(rules: &[RuleView]) -> Vec<String> {
    let rows: Vec<_> = rules.iter().map(row).collect();
    let head = [
        "rule", "level", "high", "step", "ends", "days", "open", "from", "unit", "state",
    ];
    let mut lines = table(&head, &rows);
    lines.push(String::new());
    lines.extend(
        rules
            .iter()
            .map(|rule| format!("{}: {}.", rule.reason, rule.inputs)),
    );
    lines
}

fn row(rule: &RuleView) -> Vec<String> {
    let values = rule.values;
    vec![
        rule.reason.to_string(),
        values.level.to_string(),
        values.high.to_string(),
        values.step.to_string(),
        // Subtracting in binary would show 0.5499999999999999.
        format!("{:.4}", values.level - values.hysteresis)
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned(),
        values.cool_down_days.to_string(),
        rule.open.to_string(),
        rule.origin.to_string(),
        rule.unit.to_string(),
        match (&rule.silent, values.enabled) {
            (_, false) => "off".to_owned(),
            (Some(want), true) => format!("silent: {want}"),
            (None, true) => "on".to_owned(),
        },
    ]
}
