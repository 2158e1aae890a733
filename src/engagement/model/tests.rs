//! Rules of contracts and invoices.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::*;
use crate::problem::FieldProblem;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn contract(changes: &Value) -> Result<ContractInput, Vec<FieldProblem>> {
    let mut record = json!({
        "external_id": {"system": " erp ", "id": " C-1 "}, "customer": {"id": 7},
        "starts_on": "2026-01-01", "ends_on": "2026-12-31",
    });
    for (name, value) in changes.as_object().unwrap() {
        record[name] = value.clone();
    }
    serde_json::from_value::<ContractInput>(record)
        .unwrap()
        .checked()
}

fn codes<T: std::fmt::Debug>(
    checked: Result<T, Vec<FieldProblem>>,
) -> Vec<(&'static str, &'static str)> {
    let wrong = checked.unwrap_err();
    wrong.iter().map(|one| (one.field, one.code)).collect()
}

#[test]
fn a_sound_contract_is_tidied() {
    let checked = contract(&json!({"share": 1.0, "kind": " frame "})).unwrap();
    assert_eq!(
        (
            checked.external_id.system.as_str(),
            checked.external_id.id.as_str()
        ),
        ("erp", "C-1")
    );
    assert_eq!(checked.kind.as_deref(), Some("frame"));
    assert!(!checked.auto_renews);
    // A contract of one day.
    assert!(contract(&json!({"ends_on": "2026-01-01"})).is_ok());
}

#[test]
fn every_rule_that_a_contract_breaks_is_told() {
    let broken = json!({
        "external_id": {"system": "a:b", "id": ""}, "customer": {}, "partner": {"id": 1, "external_id": {"system": "a", "id": "b"}},
        "starts_on": "1026-01-01", "ends_on": "1025-01-01", "term_months": 0, "notice_days": -1, "renewals": -1,
        "share": 1.01, "value_per_year": -1, "kind": " ", "outcome": "lost", "renewed_by": {"id": 3},
    });
    assert_eq!(
        codes(contract(&broken)),
        [
            ("external_id", "length"),
            ("external_id", "colon"),
            ("customer", "one_of"),
            ("partner", "one_of"),
            ("kind", "length"),
            ("starts_on", "out_of_range"),
            ("ends_on", "out_of_range"),
            ("term_months", "out_of_range"),
            ("notice_days", "out_of_range"),
            ("renewals", "out_of_range"),
            ("value_per_year", "out_of_range"),
            ("share", "out_of_range"),
            ("ends_on", "out_of_order"),
            ("renewed_by", "not_renewed"),
        ]
    );
    assert_eq!(
        codes(contract(&json!({"ends_on": null, "outcome": "renewed"}))),
        [("outcome", "no_end")]
    );
    let mut with_nan = contract(&json!({})).unwrap();
    with_nan.share = Some(f64::NAN);
    assert_eq!(codes(with_nan.checked()), [("share", "out_of_range")]);
}

#[test]
fn a_contract_runs_from_its_first_to_its_last_day_whatever_is_known_of_its_end() {
    let mut term = Term {
        starts_on: day("2026-01-01"),
        ends_on: Some(day("2026-12-31")),
        outcome: Some(ContractOutcome::Lost),
    };
    let status = |term: &Term, on| term.status(day(on));
    assert_eq!(status(&term, "2025-12-31"), ContractStatus::Upcoming);
    assert_eq!(status(&term, "2026-01-01"), ContractStatus::Running);
    assert_eq!(status(&term, "2026-12-31"), ContractStatus::Running);
    assert_eq!(status(&term, "2027-01-01"), ContractStatus::Lost);
    term.outcome = Some(ContractOutcome::Renewed);
    assert_eq!(status(&term, "2027-01-01"), ContractStatus::Renewed);
    term.outcome = None;
    assert_eq!(status(&term, "2027-01-01"), ContractStatus::Ended);
    // December has 31 days: 92 before its last is the last of September.
    assert_eq!(term.notice_by(Some(92)), Some(day("2026-09-30")));
    assert_eq!(term.notice_by(None), None);
    term.ends_on = None;
    assert_eq!(status(&term, "2099-01-01"), ContractStatus::Running);
    assert_eq!(term.notice_by(Some(92)), None);
}

#[test]
fn days_beyond_terms_are_counted_from_the_due_date() {
    let invoice = Payment {
        issued_on: day("2026-01-01"),
        due_on: day("2026-01-31"),
        paid_on: Some(day("2026-02-10")),
        amount: 1,
        disputed: false,
    };
    // On the due date it is still in time; the day after it is one day late so far.
    let told = |on| {
        (
            invoice.status(day(on)),
            invoice.days_beyond_terms(day(on)),
            invoice.unusable(day(on)),
        )
    };
    assert_eq!(
        told("2026-01-31"),
        (InvoiceStatus::Open, None, Some(Unusable::NotDue))
    );
    assert_eq!(told("2026-02-01"), (InvoiceStatus::Overdue, Some(1), None));
    assert_eq!(told("2026-02-10"), (InvoiceStatus::Paid, Some(10), None));
    // 730 days after 10 February 2026 is 10 February 2028.
    assert_eq!(told("2028-02-10").2, None);
    assert_eq!(told("2028-02-11").2, Some(Unusable::LongAgo));
    let early = Payment {
        paid_on: Some(day("2026-01-21")),
        ..invoice
    };
    assert_eq!(early.days_beyond_terms(day("2026-03-01")), Some(-10));
}

#[test]
fn what_says_nothing_about_payment_is_kept_and_says_why() {
    let invoice = Payment {
        issued_on: day("2026-01-01"),
        due_on: day("2026-01-31"),
        paid_on: None,
        amount: 100,
        disputed: false,
    };
    let why = |invoice: Payment| invoice.unusable(day("2026-03-01"));
    assert_eq!(why(invoice), None);
    assert_eq!(
        why(Payment {
            disputed: true,
            ..invoice
        }),
        Some(Unusable::Disputed)
    );
    assert_eq!(
        why(Payment {
            amount: 0,
            ..invoice
        }),
        Some(Unusable::NotPositive)
    );
    assert_eq!(
        why(Payment {
            due_on: day("2025-12-31"),
            ..invoice
        }),
        Some(Unusable::DueBeforeIssue)
    );
}
