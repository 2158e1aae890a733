//! Every rule as it holds for somebody: what it reads, whether that is there, and how many alerts
//! stand.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use serde::Serialize;

use super::{Rule, RuleBook, RuleOrigin, RuleValues, store, words};
use crate::access::Teams;
use crate::alerts::model::{AlertReason, AlertSeverity};
use crate::alerts::raise;
use crate::alerts::rules::Limits;
use crate::alerts::signals::defaults::MeasureUnit;
use crate::alerts::signals::{self, Data};
use crate::db::{Conn, DbResult, UtcTime};
use crate::error::{Answer, Error};
use crate::i18n::Language;

/// A rule as it holds for a team, or for everybody who has set nothing else.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RuleView {
    /// Which.
    pub reason: AlertReason,
    /// What it reads, in words.
    pub inputs: String,
    /// What its measure, `level`, `high`, `step` and `hysteresis` are in.
    pub unit: MeasureUnit,
    /// The same in words.
    pub unit_name: String,
    /// How severe an alert is below `high`.
    pub severity: AlertSeverity,
    /// What holds.
    #[serde(flatten)]
    pub values: RuleValues,
    /// Where that comes from.
    pub origin: RuleOrigin,
    /// The version of what was set; `null` if nothing was.
    pub version: Option<i64>,
    /// Whether it has anything to look at, and what is missing if not.
    #[serde(flatten)]
    pub data: Data,
    /// What is missing, in words; `null`: nothing.
    pub silent: Option<String>,
    /// Its alerts that are not resolved, of the customers that the reader sees.
    pub open: i64,
}

/// Whose rules are listed, and for whom.
#[derive(Clone, Debug)]
pub struct Reader {
    /// For customers of which team; `None`: where no team's settings count.
    pub team: Option<i64>,
    /// Whose alerts are counted.
    pub sees: Teams,
    /// The language of the words.
    pub language: Language,
}

impl Reader {
    /// Every rule, in the order of the reasons.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn rules(
        &self,
        conn: &mut Conn,
        (churn, zone): (Limits, Tz),
        now: UtcTime,
    ) -> Answer<Vec<RuleView>> {
        let book = RuleBook::load(conn, churn)?;
        let data = data(conn, zone, now)?;
        let open = store::open(conn, self.team, &self.sees)?;
        let mut views = Vec::new();
        for reason in AlertReason::ALL {
            let rule = book.rule(*reason, self.team);
            let data = data.get(reason).copied().unwrap_or(Data::There);
            let open = open.get(reason).copied().unwrap_or(0);
            views.push(self.view(rule, data, open)?);
        }
        Ok(views)
    }

    fn view(&self, rule: Rule, data: Data, open: i64) -> Answer<RuleView> {
        let language = self.language;
        let silent = match data {
            Data::There => None,
            Data::Missing { want } => Some(words::want(language, want).map_err(Error::internal)?),
        };
        Ok(RuleView {
            reason: rule.reason,
            inputs: words::inputs(language, rule.reason).map_err(Error::internal)?,
            unit: rule.unit,
            unit_name: words::unit(language, rule.unit).map_err(Error::internal)?,
            severity: rule.base,
            values: rule.values,
            origin: rule.origin,
            version: rule.version,
            data,
            silent,
            open,
        })
    }
}

/// Whether each rule has anything to look at, by the newest run and today's records.
fn data(conn: &mut Conn, zone: Tz, now: UtcTime) -> DbResult<BTreeMap<AlertReason, Data>> {
    let today = now.0.with_timezone(&zone).date_naive();
    let mut found = BTreeMap::new();
    let mut readings = signals::of_today(conn, now, today, zone)?;
    if let Some(run) = raise::store::newest_run(conn)? {
        let before = raise::store::run_before(conn, &run)?;
        let context = raise::context(&run, before.as_ref(), zone)?;
        readings.extend(signals::of_run(conn, &context)?);
        found.insert(AlertReason::ChurnLevel, Data::There);
        let compared = before.map_or(
            Data::Missing {
                want: "no_earlier_run",
            },
            |_| Data::There,
        );
        found.insert(AlertReason::ChurnRise, compared);
    }
    found.extend(readings.iter().map(|one| (one.reason, one.data)));
    // What is left reads runs, and there is none.
    for reason in AlertReason::ALL {
        let none = Data::Missing { want: "no_run" };
        found.entry(*reason).or_insert(none);
    }
    Ok(found)
}
