//! Alerts of two customers that become one.
//!
//! Two open alerts of the same reason and subject become one: the more severe stays, of equals the one
//! with the larger measure, then the older. The other ends as `merged`, with its mails. One that sleeps
//! does not silence one that is awake: it wakes.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::people::Joined;
use super::store::alerts::{self as rows, AlertRow};
use super::{Moved, Pair};
use crate::alerts::model::{AlertDeed, AlertSeverity, AlertState};
use crate::alerts::store::history::{self, Change};
use crate::alerts::store::life;
use crate::customers::edit::Writer;
use crate::db::{Conn, DbError, DbResult};
use crate::ids::AlertId;

/// Moves the alerts of the customer that goes, and of everybody those that name it.
///
/// # Errors
///
/// The database's.
pub fn merge(
    conn: &mut Conn,
    writer: &Writer,
    pair: Pair,
    joined: &Joined,
    moved: &mut Moved,
) -> DbResult<()> {
    life::exclude(conn)?;
    let named = vec![partner(pair.from.0)];
    let before = rows::concerned(conn, pair, &named)?;
    let fates = fates(&before, pair, joined)?;
    // Those that end make room for those that stay.
    for ending in [true, false] {
        for (was, fate) in before.iter().zip(&fates) {
            if fate.ends != ending || (!fate.ends && fate.after == *was && fate.took.is_empty()) {
                continue;
            }
            if fate.ends {
                rows::end(conn, &fate.after, writer.now)?;
                moved.alerts_joined += 1;
            } else {
                rows::place(conn, &fate.after, writer.now)?;
                moved.alerts += 1;
            }
            if let Some(kept) = fate.into {
                rows::answer(conn, (was.id, kept), writer.now)?;
            }
            note(conn, writer, was, fate)?;
        }
    }
    Ok(())
}

fn partner(id: i64) -> String {
    format!("partner:{id}")
}

/// What becomes of an alert.
#[derive(Clone, Debug, PartialEq)]
struct Fate {
    /// Where it is afterwards.
    after: AlertRow,
    /// It is resolved.
    ends: bool,
    /// The alert that stands for it from now on.
    into: Option<AlertId>,
    /// The alerts that it stands for from now on.
    took: Vec<AlertId>,
}

fn fates(before: &[AlertRow], pair: Pair, joined: &Joined) -> DbResult<Vec<Fate>> {
    let mut fates: Vec<Fate> = before
        .iter()
        .map(|row| Fate {
            after: after(row, pair, joined),
            ends: false,
            into: None,
            took: Vec::new(),
        })
        .collect();
    let mut standing: BTreeMap<(Option<i64>, String, String), Vec<usize>> = BTreeMap::new();
    for (index, fate) in fates.iter_mut().enumerate() {
        let row = &fate.after;
        if row.state == AlertState::Resolved.word() {
            continue;
        }
        // It was about the other of the two.
        if row.customer_id == Some(pair.into.0) && row.subject == partner(pair.into.0) {
            fate.ends = true;
            continue;
        }
        let key = (row.customer_id, row.reason.clone(), row.subject.clone());
        standing.entry(key).or_default().push(index);
    }
    for mut rivals in standing.into_values().filter(|rivals| rivals.len() > 1) {
        let mut ranked = Vec::with_capacity(rivals.len());
        for index in rivals.drain(..) {
            if let Some(fate) = fates.get(index) {
                ranked.push((rank(&fate.after)?, fate.after.clone(), index));
            }
        }
        ranked.sort_by(|(left, one, _), (right, other, _)| {
            let by_measure = other.measure.total_cmp(&one.measure);
            left.cmp(right).then(by_measure).then(one.id.cmp(&other.id))
        });
        let Some(((_, kept, place), ended)) = ranked.split_first() else {
            continue;
        };
        for (_, _, index) in ended {
            if let Some(fate) = fates.get_mut(*index) {
                (fate.ends, fate.into) = (true, Some(kept.id));
            }
        }
        if let Some(fate) = fates.get_mut(*place) {
            fate.took = ended.iter().map(|(_, row, _)| row.id).collect();
            let owners = ended.iter().filter_map(|(_, row, _)| row.owner_id);
            fate.after.owner_id = kept.owner_id.or_else(|| owners.into_iter().next());
            wake(&mut fate.after, ended.iter().map(|(_, row, _)| row));
        }
    }
    Ok(fates)
}

/// Lets an alert that sleeps be as awake as the most awake of those it stands for: open before
/// somebody's, and of sleepers as long as the one that wakes first.
fn wake<'a>(kept: &mut AlertRow, others: impl Iterator<Item = &'a AlertRow>) {
    let (open, somebodys) = (AlertState::Open.word(), AlertState::Acknowledged.word());
    if kept.state != AlertState::Snoozed.word() {
        return;
    }
    for other in others {
        if other.state == open || (other.state == somebodys && kept.state != open) {
            kept.state.clone_from(&other.state);
            kept.snoozed_until = None;
            kept.acknowledged_at = kept.acknowledged_at.or(other.acknowledged_at);
        } else if let (Some(ours), Some(theirs)) = (kept.snoozed_until, other.snoozed_until) {
            kept.snoozed_until = Some(if theirs.0 < ours.0 { theirs } else { ours });
        }
    }
}

/// The place of a severity, the most urgent first.
fn rank(row: &AlertRow) -> DbResult<AlertSeverity> {
    AlertSeverity::parse(&row.severity)
        .ok_or_else(|| DbError::corrupt("alerts.severity", &row.severity))
}

/// An alert under the customer and the subject that it has afterwards.
fn after(row: &AlertRow, pair: Pair, joined: &Joined) -> AlertRow {
    let mut after = row.clone();
    if after.customer_id == Some(pair.from.0) {
        after.customer_id = Some(pair.into.0);
    }
    if after.subject == partner(pair.from.0) {
        after.subject = partner(pair.into.0);
    }
    let department = after.subject.strip_prefix("department:");
    let department = department.and_then(|id| id.parse().ok());
    if let Some(now) = department.and_then(|id: i64| joined.get(&id)) {
        after.subject = format!("department:{now}");
    }
    after
}

fn note(conn: &mut Conn, writer: &Writer, was: &AlertRow, fate: &Fate) -> DbResult<()> {
    let mut detail = serde_json::Map::new();
    if was.customer_id != fate.after.customer_id {
        detail.insert("from_customer".to_owned(), json!(was.customer_id));
    }
    if was.subject != fate.after.subject {
        detail.insert("subject_before".to_owned(), json!(was.subject));
    }
    if let Some(kept) = fate.into {
        detail.insert("into_alert".to_owned(), json!(kept));
    }
    if !fate.took.is_empty() {
        detail.insert("alerts".to_owned(), json!(fate.took));
    }
    let state = if fate.ends {
        AlertState::Resolved
    } else {
        let word = &fate.after.state;
        if was.state != *word {
            detail.insert("state_before".to_owned(), json!(was.state));
        }
        AlertState::parse(word).ok_or_else(|| DbError::corrupt("alerts.state", word))?
    };
    let change = Change {
        alert: was.id,
        actor: &writer.actor.name,
        deed: AlertDeed::Merged,
        state,
        severity: rank(was)?,
        measure: None,
        run: None,
        detail: Some(Json::Object(detail)),
    };
    history::note(conn, &change, writer.now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::UtcTime;
    use crate::ids::CustomerId;

    const PAIR: Pair = Pair {
        from: CustomerId(7),
        into: CustomerId(3),
    };

    fn alert(id: i64, customer: i64, subject: &str, severity: &str, measure: f64) -> AlertRow {
        AlertRow {
            id: AlertId(id),
            customer_id: Some(customer),
            reason: "partner_risk".to_owned(),
            subject: subject.to_owned(),
            severity: severity.to_owned(),
            state: "open".to_owned(),
            owner_id: None,
            measure,
            snoozed_until: None,
            acknowledged_at: None,
        }
    }

    fn ended(before: &[AlertRow]) -> Vec<i64> {
        let joined = Joined::from([(70, 30)]);
        let fates = fates(before, PAIR, &joined).unwrap();
        let ended = fates.iter().filter(|fate| fate.ends);
        ended.map(|fate| fate.after.id.0).collect()
    }

    #[test]
    fn the_more_severe_stays_then_the_larger_then_the_older() {
        for (theirs, ours, ends) in [
            (("high", 0.1), ("medium", 0.9), 2),
            (("low", 0.9), ("medium", 0.1), 1),
            (("high", 0.8), ("high", 0.7), 2),
            (("high", 0.7), ("high", 0.8), 1),
            (("high", 0.7), ("high", 0.7), 2),
        ] {
            let before = [
                alert(1, 7, "customer", theirs.0, theirs.1),
                alert(2, 3, "customer", ours.0, ours.1),
            ];
            assert_eq!(ended(&before), [ends], "{theirs:?} {ours:?}");
        }
    }

    #[test]
    fn subjects_are_told_apart_after_they_were_renamed() {
        // Theirs about a department that became ours; about one that did not; about a partner.
        let before = [
            alert(1, 7, "department:70", "low", 1.0),
            alert(2, 3, "department:30", "high", 1.0),
            alert(3, 7, "department:71", "low", 1.0),
            alert(4, 3, "department:31", "low", 1.0),
            // Third customers', about each of the two.
            alert(5, 9, "partner:7", "high", 1.0),
            alert(6, 9, "partner:3", "low", 1.0),
            alert(7, 8, "partner:7", "low", 1.0),
            // About each other.
            alert(8, 7, "partner:3", "high", 1.0),
            alert(9, 3, "partner:7", "high", 1.0),
        ];
        assert_eq!(ended(&before), [1, 6, 8, 9]);
        let fates = fates(&before, PAIR, &Joined::new()).unwrap();
        assert_eq!(fates[6].after.subject, "partner:3");
        assert_eq!(fates[6].after.customer_id, Some(8));
        assert_eq!(fates[4].took, [AlertId(6)]);
    }

    #[test]
    fn what_is_resolved_stands_in_nobodys_way() {
        let mut theirs = alert(1, 7, "customer", "high", 1.0);
        theirs.state = "resolved".to_owned();
        let ours = alert(2, 3, "customer", "low", 0.1);
        assert_eq!(ended(&[theirs, ours]), [] as [i64; 0]);
    }

    #[test]
    fn an_owner_is_not_lost() {
        let kept = alert(1, 7, "customer", "high", 1.0);
        let mut gone = alert(2, 3, "customer", "low", 0.1);
        gone.owner_id = Some(5);
        let fates = fates(&[kept, gone], PAIR, &Joined::new()).unwrap();
        assert_eq!(fates[0].after.owner_id, Some(5));
    }

    #[test]
    fn one_that_sleeps_does_not_silence_one_that_is_awake() {
        let at = |text: &str| Some(UtcTime(text.parse().unwrap()));
        let (early, late) = (at("2026-03-01T00:00:00Z"), at("2026-04-01T00:00:00Z"));
        for (kept, other, state, until) in [
            ("snoozed", "open", "open", None),
            ("snoozed", "acknowledged", "acknowledged", None),
            ("snoozed", "snoozed", "snoozed", early),
            ("acknowledged", "open", "acknowledged", None),
            ("open", "snoozed", "open", None),
        ] {
            let asleep = |word: &str, until| (word == "snoozed").then_some(until).flatten();
            let mut kept_row = alert(1, 7, "customer", "high", 1.0);
            kept_row.state = kept.to_owned();
            kept_row.snoozed_until = asleep(kept, late);
            let mut gone = alert(2, 3, "customer", "low", 0.1);
            gone.state = other.to_owned();
            gone.snoozed_until = asleep(other, early);
            let fates = fates(&[kept_row, gone], PAIR, &Joined::new()).unwrap();
            let after = &fates[0].after;
            assert_eq!(
                (after.state.as_str(), after.snoozed_until),
                (state, until),
                "{kept} {other}"
            );
        }
    }
}
