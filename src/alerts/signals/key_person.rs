//! Customers whose talk with us rests on one of our own people.

use chrono::TimeDelta;

use super::store::alive;
use super::{Readings, RunContext, Signal, unit};
use crate::alerts::facts::Warning;
use crate::alerts::model::AlertReason;
use crate::complaints::count::midnight;
use crate::db::{Conn, DbResult};
use crate::ids::CustomerId;
use crate::interactions::exposure::{CustomerExposure, WINDOW_DAYS, key_people};
use crate::interactions::index::Period;

/// Customers that exposure flags as of the run's day.
pub(super) fn read(conn: &mut Conn, run: &RunContext) -> DbResult<Readings> {
    const REASON: AlertReason = AlertReason::KeyPerson;
    let until = midnight(run.as_of, run.zone);
    let from = until.0.checked_sub_signed(TimeDelta::days(WINDOW_DAYS));
    let period = Period {
        on: run.as_of,
        from: from.map_or(until, Into::into),
        until,
    };
    let found = key_people(conn, period, run.zone, (true, usize::MAX))?;
    if found.customers == 0 {
        return Ok(Readings::missing(REASON, "no_interactions"));
    }
    let ids: Vec<CustomerId> = found
        .data
        .iter()
        .map(|one| CustomerId(one.customer_id))
        .collect();
    let alive = alive(conn, &ids)?;
    let mut signals = Vec::new();
    for one in found.data {
        if alive.contains(&CustomerId(one.customer_id)) {
            signals.extend(exposed(one)?);
        }
    }
    signals.sort_by_key(|signal| signal.customer);
    Ok(Readings::found(REASON, signals))
}

fn exposed(one: CustomerExposure) -> DbResult<Option<Signal>> {
    let (Some(user_id), Some(user), Some(share)) = (one.user_id, one.user, one.share) else {
        return Ok(None);
    };
    let share = unit("interactions.user_id", share)?;
    Ok(Some(Signal {
        customer: Some(CustomerId(one.customer_id)),
        subject: format!("user:{user_id}"),
        measure: share,
        certain: true,
        warning: Warning::KeyPerson {
            user_id,
            user,
            share,
            interactions: one.interactions,
            may_leave: one.may_leave,
        },
    }))
}
