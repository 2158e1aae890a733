//! `hawser surveys`: ask customers, take their answers, see what these come to.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use chrono::{Days, NaiveDate};
use serde_json::json;

use super::exit::{DATA, NO_INPUT};
use super::out::table;
use super::{Context, Failure};
use crate::access::Teams;
use crate::access::audit::Actor;
use crate::api::etag::IfMatch;
use crate::api::reference::Reference;
use crate::customers::edit::Writer;
use crate::customers::model::DepartmentKind;
use crate::db::select::{Filter, Listing, Op, Value};
use crate::engagement::file::LoadError;
use crate::engagement::model::RecordKey;
use crate::error::Error;
use crate::imports::mapping::Format;
use crate::sentiment::Scorer;
use crate::state::AppState;
use crate::surveys::coverage::{Coverage, coverage};
use crate::surveys::invite::{Invited, invite};
use crate::surveys::model::{InviteInput, Rules, Side, Source, SurveyStatus};
use crate::surveys::results::{Estimate, GroupResults, QuestionResult, Results, results};
use crate::surveys::store::figures;
use crate::surveys::store::surveys::{SURVEYS, Survey, page};
use crate::surveys::{edit, file};

/// Commands of `hawser surveys`.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List surveys
    List(ListArgs),
    /// Show a survey and what it asks
    Show(OneArgs),
    /// Open a survey: it can be answered, and its questions are frozen
    Open(OneArgs),
    /// Close a survey: nobody can answer any more
    Close(OneArgs),
    /// Ask people: everybody chosen who may be asked
    #[command(
        after_help = "Examples:\n  hawser surveys invite 3 --kind warehouse --kind quality --role consignee\n  hawser surveys invite 4 --shipment 812\n  hawser surveys invite 5 --customer ext:tms:C7 --partner ext:tms:C9 --role shipper"
    )]
    Invite(Box<InviteArgs>),
    /// Queue the invitations and reminders that are due now, and close surveys in time
    #[command(
        after_help = "`hawser serve` does this by itself every minute. The mails then wait in `hawser outbox`."
    )]
    Send,
    /// Show what the answers to a survey come to
    Results(OneArgs),
    /// Take every answer of a file: all of them, or none if a row is refused
    #[command(
        after_help = "Columns: contact.id, or contact.email with customer.id or customer.external_id and\ncustomer.external_system; answered_at; confidence; what the survey is about (shipment.id;\nside and partner.id, …); and one for each question, by its code (docs/surveys.md).\n\nExample:\n  hawser surveys import answers.csv --survey 3"
    )]
    Import(ImportArgs),
    /// Show how much of the business, and which required departments, were heard from
    Coverage(CoverageArgs),
}

/// Arguments of `list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Only draft, open or closed ones
    #[arg(long, value_parser = status)]
    status: Option<SurveyStatus>,
}

/// Arguments of commands on one survey.
#[derive(Debug, clap::Args)]
pub struct OneArgs {
    /// The survey's id
    id: i64,
}

/// Arguments of `invite`.
#[derive(Debug, clap::Args)]
pub struct InviteArgs {
    /// The survey's id
    id: i64,
    /// This contact; may be repeated
    #[arg(long, value_name = "ID")]
    contact: Vec<i64>,
    /// Contacts of this department; may be repeated
    #[arg(long, value_name = "ID")]
    department: Vec<i64>,
    /// Contacts of departments of this kind; may be repeated
    #[arg(long, value_parser = kind)]
    kind: Vec<DepartmentKind>,
    /// Contacts of this customer: its id, or ext:SYSTEM:ID; may be repeated
    #[arg(long, value_name = "REF", value_parser = customer)]
    customer: Vec<RecordKey>,
    /// Of customers that send (shipper) or receive (consignee); which end of a shipment or link
    #[arg(long, value_parser = side)]
    role: Option<Side>,
    /// The shipment asked about
    #[arg(long, value_name = "ID")]
    shipment: Option<i64>,
    /// The other end of the link asked about
    #[arg(long, value_name = "REF", value_parser = customer)]
    partner: Option<RecordKey>,
    /// An interviewer or another system asks: no mails
    #[arg(long)]
    no_mail: bool,
}

/// Arguments of `import`.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// CSV, or NDJSON if it is called .ndjson or .jsonl; - reads CSV from standard input
    file: PathBuf,
    /// The survey's id
    #[arg(long, value_name = "ID")]
    survey: i64,
}

/// Arguments of `coverage`.
#[derive(Debug, clap::Args)]
pub struct CoverageArgs {
    /// First day (default: 364 days before the last)
    #[arg(long, value_name = "DATE")]
    from: Option<NaiveDate>,
    /// Last day (default: today)
    #[arg(long, value_name = "DATE")]
    to: Option<NaiveDate>,
    /// Departments not heard that are told at most
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

fn status(word: &str) -> Result<SurveyStatus, String> {
    SurveyStatus::parse(word).ok_or_else(|| one_of(SurveyStatus::WORDS))
}

fn kind(word: &str) -> Result<DepartmentKind, String> {
    DepartmentKind::parse(word).ok_or_else(|| one_of(DepartmentKind::WORDS))
}

fn side(word: &str) -> Result<Side, String> {
    Side::parse(word).ok_or_else(|| one_of(Side::WORDS))
}

fn one_of(words: &[&str]) -> String {
    format!("expected one of {}", words.join(", "))
}

fn customer(text: &str) -> Result<RecordKey, String> {
    match Reference::parse(text).map_err(|error| error.to_string())? {
        Reference::Id(id) => Ok(id.into()),
        Reference::External(key) => Ok(RecordKey {
            id: None,
            external_id: Some(key),
        }),
    }
}

/// Runs the command.
pub fn run(context: &Context, command: &Command) -> Result<(), Failure> {
    let state = context.state()?;
    match command {
        Command::Send => super::surveys_send::run(context, &state),
        Command::List(args) => list(context, &state, args),
        Command::Show(args) => {
            let id = args.id;
            let read = |conn: &mut _| edit::visible(conn, id, &Teams::All);
            let survey = state.db.read_now(read)?;
            Ok(context.out.show(&survey, shown)?)
        }
        Command::Open(args) => {
            let (id, writer) = (args.id, writer(&state));
            let survey = state
                .db
                .write_now(|conn| edit::open(conn, &writer, id, &IfMatch::Absent))?;
            Ok(context.out.show(&survey, |one| vec![stands(one)])?)
        }
        Command::Close(args) => {
            let (id, writer) = (args.id, writer(&state));
            let survey = state
                .db
                .write_now(|conn| edit::close(conn, &writer, id, &IfMatch::Absent))?;
            Ok(context.out.show(&survey, |one| vec![stands(one)])?)
        }
        Command::Invite(args) => ask(context, &state, args),
        Command::Results(args) => figures_of(context, &state, args.id),
        Command::Import(args) => import(context, &state, args),
        Command::Coverage(args) => heard(context, &state, args),
    }
}

fn writer(state: &AppState) -> Writer {
    Writer {
        teams: Teams::All,
        actor: Actor::cli(),
        now: state.clock.now().into(),
    }
}

fn list(context: &Context, state: &AppState, args: &ListArgs) -> Result<(), Failure> {
    let mut listing = Listing::all(&SURVEYS);
    if let (Some(status), Some(field)) = (args.status, SURVEYS.field("status")) {
        listing.filters.push(Filter {
            field,
            op: Op::Eq,
            values: vec![Value::Text(status.word().to_owned())],
        });
    }
    let surveys = state
        .db
        .read_now(|conn| page(conn, &listing, &Teams::All))?;
    let row = |one: &Survey| {
        vec![
            one.id.to_string(),
            one.status.to_string(),
            one.about.to_string(),
            one.closes_at.0.format("%Y-%m-%d").to_string(),
            one.questions.len().to_string(),
            one.name.clone(),
        ]
    };
    Ok(context.out.show(&surveys, |surveys| {
        let rows: Vec<_> = surveys.iter().map(row).collect();
        table(
            &["id", "status", "about", "until", "questions", "name"],
            &rows,
        )
    })?)
}

fn stands(survey: &Survey) -> String {
    format!(
        "Survey {} \"{}\" is {}, about {}, until {}.",
        survey.id,
        survey.name,
        survey.status,
        survey.about,
        survey.closes_at.0.format("%Y-%m-%d %H:%M UTC")
    )
}

fn shown(survey: &Survey) -> Vec<String> {
    let mut lines = vec![stands(survey)];
    let rows: Vec<_> = (survey.questions.iter())
        .map(|one| {
            let kinds: Vec<&str> = one.departments.iter().map(|kind| kind.word()).collect();
            vec![
                one.code.clone(),
                one.scale.to_string(),
                one.dimension
                    .map(|about| about.to_string())
                    .unwrap_or_default(),
                if kinds.is_empty() {
                    "all".to_owned()
                } else {
                    kinds.join(", ")
                },
                one.text.en.clone(),
                one.text.zh.clone(),
            ]
        })
        .collect();
    lines.extend(table(
        &["code", "scale", "dimension", "asks", "en", "zh"],
        &rows,
    ));
    lines
}

fn ask(context: &Context, state: &AppState, args: &InviteArgs) -> Result<(), Failure> {
    fn given<T: Clone>(list: &[T]) -> Option<Vec<T>> {
        (!list.is_empty()).then(|| list.to_vec())
    }
    let input = InviteInput {
        contacts: given(&args.contact),
        departments: given(&args.department),
        department_kinds: given(&args.kind),
        customers: given(&args.customer),
        role: args.role,
        shipment_id: args.shipment,
        partner: args.partner.clone(),
        source: args.no_mail.then_some(Source::Api),
    };
    let (writer, rules) = (writer(state), Rules::of(&state.config.surveys));
    let invited = state
        .db
        .write_now(|conn| invite(conn, &writer, args.id, &input, rules))?;
    Ok(context.out.show(&invited, invited_lines)?)
}

fn invited_lines(invited: &Invited) -> Vec<String> {
    let skipped = &invited.skipped;
    let mut lines = vec![format!("{} asked, {} not.", invited.invited, skipped.len())];
    if !skipped.is_empty() {
        let rows: Vec<_> = (skipped.iter())
            .map(|one| {
                let name = one.name.clone().unwrap_or_default();
                vec![one.contact_id.to_string(), one.reason.to_string(), name]
            })
            .collect();
        lines.extend(table(&["contact", "why not", "name"], &rows));
    }
    lines
}

fn figures_of(context: &Context, state: &AppState, id: i64) -> Result<(), Failure> {
    let found = state.db.read_now(|conn| {
        let survey = edit::visible(conn, id, &Teams::All)?;
        let turnout = figures::turnout(conn, survey.id, &Teams::All)?;
        let tallies = figures::tallies(conn, survey.id, &Teams::All)?;
        let named = (survey.id.0, survey.name.as_str());
        Ok::<_, Error>(results(named, &survey.questions, &turnout, &tallies))
    })?;
    Ok(context.out.show(&found, result_lines)?)
}

fn result_lines(found: &Results) -> Vec<String> {
    let rate = estimate(found.response.rate, 100.0, " %");
    let mut lines = vec![format!(
        "\"{}\": {} of {} answered {rate}; intervals are 90 %.",
        found.survey_name, found.response.answered, found.response.invited,
    )];
    let rows = question_rows("all", &found.questions);
    let of = |group: &GroupResults, usual: &str| {
        let kind = group.department_kind.map(|kind| kind.to_string());
        let name = kind.or_else(|| group.side.map(|side| side.to_string()));
        question_rows(name.as_deref().unwrap_or(usual), &group.questions)
    };
    let kinds = found
        .by_department
        .iter()
        .flat_map(|group| of(group, "no department"));
    let sides = found
        .by_side
        .iter()
        .flat_map(|group| of(group, "own experience"));
    let rows: Vec<_> = rows.into_iter().chain(kinds).chain(sides).collect();
    let head = [
        "who",
        "question",
        "n",
        "mean of 100",
        "best two",
        "NPS",
        "feeling",
    ];
    lines.extend(table(&head, &rows));
    lines
}

fn question_rows(who: &str, questions: &[QuestionResult]) -> Vec<Vec<String>> {
    let row = |one: &QuestionResult| {
        vec![
            who.to_owned(),
            one.question.clone(),
            one.n.to_string(),
            estimate(one.mean, 100.0, ""),
            estimate(one.top_two, 100.0, " %"),
            estimate(one.nps, 1.0, ""),
            one.polarity
                .map(|value| format!("{value:+.2}"))
                .unwrap_or_default(),
        ]
    };
    questions.iter().map(row).collect()
}

fn estimate(found: Option<Estimate>, times: f64, unit: &str) -> String {
    let Some(found) = found else {
        return String::new();
    };
    match (found.low, found.high) {
        (Some(low), Some(high)) => format!(
            "{:.0}{unit} ({:.0} to {:.0})",
            found.value * times,
            low * times,
            high * times
        ),
        _ => format!("{:.0}{unit}", found.value * times),
    }
}

fn import(context: &Context, state: &AppState, args: &ImportArgs) -> Result<(), Failure> {
    let cannot = |error: &dyn std::fmt::Display| {
        Failure::new(NO_INPUT, format!("{}: {error}", args.file.display()))
    };
    let extension = args.file.extension().and_then(|text| text.to_str());
    let format = match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("ndjson" | "jsonl") => Format::Ndjson,
        _ => Format::Csv,
    };
    let input: Box<dyn Read> = if args.file.as_os_str() == "-" {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(&args.file).map_err(|error| cannot(&error))?)
    };
    let (name, writer) = (args.file.to_string_lossy(), writer(state));
    let how = (state.config.time_zone, &Scorer::lexicon());
    let outcome = state.db.write_when_free(|conn| {
        file::load(conn, &writer, args.survey, (input, format, &name), how)
    });
    match outcome {
        Ok(loaded) => Ok(context.out.show(&loaded, |loaded| {
            vec![format!(
                "Answers of {} people are new, of {} changed, of {} as they were.",
                loaded.created, loaded.updated, loaded.unchanged
            )]
        })?),
        Err(LoadError::Refused { count, rows }) => {
            let refused = json!({ "refused": count, "rows": &rows });
            context.out.show(&refused, |_| {
                let named = rows.iter();
                named
                    .map(|row| format!("line {}: {}", row.line, row.reason))
                    .collect()
            })?;
            let text = format!("{count} rows are refused; nothing was written");
            Err(Failure::new(DATA, text))
        }
        Err(LoadError::File(error)) => Err(cannot(&error)),
        Err(LoadError::Other(error)) => Err(error.into()),
    }
}

fn heard(context: &Context, state: &AppState, args: &CoverageArgs) -> Result<(), Failure> {
    let to = args.to.unwrap_or_else(|| state.today());
    let from = args.from.or_else(|| to.checked_sub_days(Days::new(364)));
    let days = (from.unwrap_or(to), to);
    let how = (state.config.time_zone, &Teams::All, args.limit);
    let found = state.db.read_now(|conn| coverage(conn, days, how))?;
    Ok(context.out.show(&found, coverage_lines)?)
}

fn coverage_lines(found: &Coverage) -> Vec<String> {
    let percent = |share: Option<f64>| {
        share.map_or_else(
            || "nothing".to_owned(),
            |share| format!("{:.0} %", share * 100.0),
        )
    };
    let mut lines = vec![
        format!("Heard from {} to {}:", found.from, found.to),
        format!(
            "{} of the {} and {} of {} customers; {} ({} of {}) of the required departments.",
            percent(found.business_share),
            found.basis,
            found.customers_heard,
            found.customers,
            percent(found.department_share),
            found.departments_heard,
            found.departments,
        ),
    ];
    let rows: Vec<_> = (found.not_heard.iter())
        .map(|one| {
            vec![
                one.customer_name.clone(),
                one.name.clone(),
                one.kind.to_string(),
                one.department_id.to_string(),
            ]
        })
        .collect();
    if !rows.is_empty() {
        lines.push("Not heard, largest customers first:".to_owned());
        lines.extend(table(&["customer", "department", "kind", "id"], &rows));
    }
    lines
}
