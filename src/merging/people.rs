//! Departments and people of two customers that become one.

use std::collections::BTreeMap;

use super::store::people::{self as rows, DepartmentRow, PersonRow};
use super::{Moved, Pair};
use crate::customers::model::DepartmentKind;
use crate::db::{Conn, DbResult, UtcTime};

/// The departments that were joined: which is now which.
pub type Joined = BTreeMap<i64, i64>;

/// Moves departments and people; what both customers have becomes one.
///
/// # Errors
///
/// The database's.
pub fn merge(conn: &mut Conn, pair: Pair, now: UtcTime, moved: &mut Moved) -> DbResult<Joined> {
    let (ours, theirs) = (
        rows::departments(conn, pair.into)?,
        rows::departments(conn, pair.from)?,
    );
    let mut joined = Joined::new();
    let mut names: Vec<String> = ours.iter().map(|own| own.name.clone()).collect();
    for theirs in &theirs {
        if let Some(own) = counterpart(&ours, theirs) {
            rows::join_department(conn, theirs.id, own, now)?;
            joined.insert(theirs.id, own);
        } else {
            let name = free(&names, &theirs.name);
            rows::move_department(conn, (theirs.id, pair.into), &name, now)?;
            names.push(name);
            moved.departments += 1;
        }
    }
    moved.departments_joined = joined.len();
    rows::move_deleted_departments(conn, pair)?;
    let (ours, theirs) = (
        rows::people(conn, pair.into)?,
        rows::people(conn, pair.from)?,
    );
    for theirs in &theirs {
        if let Some(own) = same_person(&ours, theirs) {
            rows::join_person(conn, theirs, own, now)?;
            moved.contacts_joined += 1;
        } else {
            moved.contacts += 1;
        }
    }
    rows::move_people(conn, pair, now)?;
    Ok(joined)
}

/// The department that is the same one: of the same kind, the one of the same name first. Departments
/// of no standard kind are the same only by name.
fn counterpart(ours: &[DepartmentRow], theirs: &DepartmentRow) -> Option<i64> {
    let mut alike = ours.iter().filter(|own| own.kind == theirs.kind);
    let named = alike.clone().find(|own| own.name == theirs.name);
    let other = theirs.kind == DepartmentKind::Other.word();
    named
        .or_else(|| alike.next().filter(|_| !other))
        .map(|own| own.id)
}

/// The name, with a number behind it if it is taken.
fn free(taken: &[String], name: &str) -> String {
    let mut number = 1;
    let mut wanted = name.to_owned();
    while taken.contains(&wanted) {
        number += 1;
        wanted = format!("{name} ({number})");
    }
    wanted
}

fn same_person<'a>(ours: &'a [PersonRow], theirs: &PersonRow) -> Option<&'a PersonRow> {
    let address = theirs.email.as_deref()?.to_lowercase();
    ours.iter().find(|own| {
        own.email
            .as_deref()
            .is_some_and(|email| email.to_lowercase() == address)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn department(id: i64, kind: &str, name: &str) -> DepartmentRow {
        DepartmentRow {
            id,
            kind: kind.to_owned(),
            name: name.to_owned(),
        }
    }

    #[test]
    fn departments_are_the_same_by_kind_and_those_of_no_kind_by_name() {
        let ours = [
            department(1, "sales", "Inland"),
            department(2, "sales", "Export"),
            department(3, "other", "Canteen"),
        ];
        for (kind, name, same) in [
            ("sales", "Export", Some(2)),
            ("sales", "Overseas", Some(1)),
            ("finance", "Export", None),
            ("other", "Canteen", Some(3)),
            ("other", "Garden", None),
        ] {
            let theirs = department(9, kind, name);
            assert_eq!(counterpart(&ours, &theirs), same, "{kind} {name}");
        }
    }

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let taken = ["A", "B", "B (2)"].map(str::to_owned);
        assert_eq!(free(&taken, "C"), "C");
        assert_eq!(free(&taken, "A"), "A (2)");
        assert_eq!(free(&taken, "B"), "B (3)");
    }
}
