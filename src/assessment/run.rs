//! The operation: read at one moment, compute, write once, warn.

use std::time::Instant;

use chrono::{Days, NaiveDate, TimeDelta};
use serde_json::json;

use super::model::{BusinessBasis, CascadeTerm};
use super::own::slices::{LABEL_SLICES, weeks_before};
use super::risk::audited::WORLDS;
use super::risk::{self, HISTORY_WEEKS, Risks, Scope};
use super::scores::{self, Note};
use super::store::{
    self, Finish, Run, calibrations,
    input::{self, Spans},
    models, snapshot,
};
use super::{AssessmentError, inputs::Inputs};
use crate::access::Teams;
use crate::access::audit::{self, Actor, Deed};
use crate::cascade::Strengths;
use crate::complaints::count::midnight;
use crate::config::Config;
use crate::db::{Conn, DbResult, UtcTime};
use crate::ids::RunId;
use crate::plays::{self, AssumedEffect};
use crate::satisfaction::department::PRIOR_MEAN;
use crate::satisfaction::kpi::WINDOW_WEEKS;
use crate::sentiment::company::WINDOW_DAYS;
use crate::state::AppState;
use crate::webhooks::{self, EventType, NewEvent};

/// Version of the models, kept with every number they made.
pub const MODEL_VERSION: &str = "3: MBG/CNBD-k MAP with season, RFM and service logits; share-loss cascade; satisfaction of KPIs, answers and words";

/// Weeks before the KPI window that a customer's own freight cost ratio is taken from.
pub const YEAR_WEEKS: u32 = 52;

/// What else a run does, in the transaction of its snapshots; such as raising alerts.
pub type Afterwards<'a> = dyn FnMut(&mut Conn, RunId) -> Result<(), AssessmentError> + 'a;

/// Assesses everybody at `as_of` and keeps the result.
///
/// # Errors
///
/// [`AssessmentError`]; the record of the run says why, and no snapshot of it exists.
pub fn assess(
    state: &AppState,
    as_of: NaiveDate,
    actor: &Actor,
    afterwards: &mut Afterwards<'_>,
) -> Result<Run, AssessmentError> {
    let spans = spans(as_of, &state.config, state.today())?;
    let settings = &state.config.assessment;
    let now = || UtcTime::from(state.clock.now());
    let id = state.db.write_now(|conn| {
        let sizes = (settings.horizon_weeks, settings.window_days);
        store::begin(conn, as_of, sizes, (MODEL_VERSION, &actor.name), now())
    })?;
    let outcome = compute_and_write(state, id, &spans, actor, afterwards);
    match outcome {
        Ok(timings) => Ok(state
            .db
            .write_now(|conn| store::timed(conn, id, &timings, now()))?),
        Err(error) => {
            state.db.write_now(|conn| {
                let why = error.to_string();
                store::fail(conn, id, &why, now())?;
                told(conn, EventType::RunFailed, (id, as_of), Some(&why), now())
            })?;
            Err(error)
        }
    }
}

fn compute_and_write(
    state: &AppState,
    id: RunId,
    spans: &Spans,
    actor: &Actor,
    afterwards: &mut Afterwards<'_>,
) -> Result<String, AssessmentError> {
    let mut watch = Stopwatch::start();
    let (inputs, inputs_at, previous, learnt, played) = state.db.snapshot_now(|conn| {
        let mut inputs = input::read(conn, spans)?;
        input::read_feelings(conn, spans, &mut inputs)?;
        let newest = input::newest(conn, spans.as_of)?;
        let previous = models::before(conn, spans.as_of)?;
        let learnt = calibrations::latest(conn, spans.as_of)?;
        // What plays came to before that day, whatever came later.
        let played = plays::effects(conn, spans.as_of, &Teams::All)?;
        Ok::<_, AssessmentError>((inputs, newest, previous, learnt, played))
    })?;
    watch.lap("load");
    let mut scope = scope(spans.as_of, &state.config);
    scope.previous = previous;
    scope.save_effect = played.assumed(scope.save_effect.effect);
    scope.worlds = WORLDS;
    if let Some(learnt) = learnt {
        scope.strengths = learnt.strengths;
        scope.cascade_term = CascadeTerm::by(Some(&learnt.verdict));
    }
    let risks = risk::assess(&inputs, &scope)?;
    watch.lap("risk");
    let scores = scores::assess(&inputs)?;
    watch.lap("satisfaction");
    state.db.write_now(|conn| {
        snapshot::write(conn, (id, spans.as_of), &inputs, &risks, &scores)?;
        models::write(conn, id, &risks.models)?;
        store::finish(conn, id, &end(&inputs, &risks, &scores.note, inputs_at))?;
        watch.lap("store");
        afterwards(conn, id)?;
        watch.lap("alerts");
        told(
            conn,
            EventType::RunDone,
            (id, spans.as_of),
            None,
            state.clock.now().into(),
        )?;
        let deed = Deed {
            action: "assessed",
            entity: "run",
            id: Some(id.0),
            detail: None,
        };
        audit::record(conn, actor, &deed, state.clock.now().into())?;
        Ok::<_, AssessmentError>(())
    })?;
    watch.lap("commit");
    Ok(watch.laps.to_string())
}

/// Tells webhooks how a run ended, in the transaction that writes it down. It concerns every customer.
fn told(
    conn: &mut Conn,
    kind: EventType,
    (id, as_of): (RunId, NaiveDate),
    error: Option<&str>,
    now: UtcTime,
) -> DbResult<()> {
    let event = NewEvent {
        kind,
        customer: None,
        team: None,
        data: json!({ "id": id, "as_of": as_of, "error": error }),
    };
    webhooks::emit(conn, &event, now)
}

fn end(inputs: &Inputs, risks: &Risks, note: &Note, inputs_at: Option<UtcTime>) -> Finish {
    let parameters = json!({
        "risk": risks.parameters,
        "satisfaction": { "prior_mean": PRIOR_MEAN, "note": note },
    });
    Finish {
        status: "done",
        business_basis: Some(risks.business_basis.word().to_owned()),
        value_basis: Some(risks.value_basis.word().to_owned()),
        customers: i64::try_from(inputs.customers.len()).unwrap_or(i64::MAX),
        links: i64::try_from(inputs.links.len()).unwrap_or(i64::MAX),
        expected_loss: Some(risks.expected_loss),
        parameters: Some(parameters.to_string()),
        inputs_at,
        cascade_term: Some(risks.parameters.cascade_term.word().to_owned()),
        seasonal: Some(risks.parameters.seasonal),
    }
}

/// What a run at `as_of` looks at: with the default strengths, the setting for the effect of a play, and
/// without an audit.
pub fn scope(as_of: NaiveDate, config: &Config) -> Scope {
    Scope {
        as_of,
        horizon_weeks: config.assessment.horizon_weeks,
        window_days: config.assessment.window_days,
        basis: BusinessBasis::parse(&config.assessment.business_basis),
        save_effect: AssumedEffect::setting(config.assessment.save_effect.get()),
        strengths: Strengths::default(),
        cascade_term: CascadeTerm::Hypothesis,
        previous: None,
        worlds: 0,
    }
}

/// The days that a run at `as_of` reads.
///
/// # Errors
///
/// [`AssessmentError::AsOf`] for a date in the future, or without room for history before it.
pub fn spans(
    as_of: NaiveDate,
    config: &Config,
    today: NaiveDate,
) -> Result<Spans, AssessmentError> {
    let wrong = |rule: String| AssessmentError::AsOf { as_of, rule };
    if as_of > today + Days::new(1) {
        return Err(wrong(format!(
            "expected no later than {today}: the future is not known"
        )));
    }
    let back = |days: u64| {
        as_of
            .checked_sub_days(Days::new(days))
            .filter(|day| *day >= NaiveDate::from_ymd_opt(1, 1, 1).unwrap_or(NaiveDate::MIN))
            .ok_or_else(|| wrong("expected a date with years of history before it".to_owned()))
    };
    let zone = config.time_zone;
    let signs_from =
        back(u64::from(HISTORY_WEEKS + LABEL_SLICES * config.assessment.horizon_weeks) * 7 - 1)?;
    let kpis_from_on = back(u64::from(WINDOW_WEEKS) * 7)?;
    let as_of_at = midnight(as_of, zone);
    Ok(Spans {
        as_of,
        as_of_at,
        zone,
        signs_from,
        signs_from_at: midnight(signs_from, zone),
        looks: (0..=LABEL_SLICES)
            .map(|slice| weeks_before(as_of, slice * config.assessment.horizon_weeks))
            .collect(),
        // The window of the statistics begins after this day.
        history_from: back(u64::from(HISTORY_WEEKS) * 7 - 1)?,
        business_from: back(u64::from(config.assessment.window_days))?,
        words_from: (as_of_at.0 - TimeDelta::days(WINDOW_DAYS)).into(),
        kpis_from: midnight(kpis_from_on, zone),
        kpis_from_on,
        year_before_from: back(u64::from(WINDOW_WEEKS + YEAR_WEEKS) * 7)?,
    })
}

/// Measures the steps of a run.
struct Stopwatch {
    since: Instant,
    laps: serde_json::Value,
}

impl Stopwatch {
    fn start() -> Self {
        Self {
            since: Instant::now(),
            laps: json!({}),
        }
    }

    fn lap(&mut self, step: &str) {
        let milliseconds = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Some(laps) = self.laps.as_object_mut() {
            laps.insert(format!("{step}_ms"), milliseconds.into());
        }
        self.since = Instant::now();
    }
}
