//! The life of a complaint: which step may follow which, and by when.
//!
//! Only the customer closes a complaint: answered is not closed, and one that is answered and not
//! confirmed stays open.

use chrono::{NaiveDate, TimeDelta};

use crate::db::UtcTime;

crate::word_enum! {
    /// How bad it is.
    Severity {
        /// A nuisance.
        Low = "low",
        /// Trouble.
        Medium = "medium",
        /// Damage to the customer's business.
        High = "high",
        /// The customer's business stands still, or somebody is in danger.
        Critical = "critical",
    }
}

crate::word_enum! {
    /// Where a complaint stands.
    Status {
        /// Nobody has responded.
        Received = "received",
        /// The customer knows that we are at it.
        Acknowledged = "acknowledged",
        /// The customer has our answer; it is open all the same.
        Answered = "answered",
        /// The customer says that it is settled: closed.
        Confirmed = "confirmed",
        /// The customer says that it is not settled.
        Reopened = "reopened",
        /// The customer took it back: closed.
        Withdrawn = "withdrawn",
    }
}

impl Status {
    /// Whether somebody still has something to do: all but confirmed and withdrawn.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Confirmed | Self::Withdrawn)
    }
}

crate::word_enum! {
    /// What can be done with a complaint.
    Step {
        /// Tell the customer that we are at it.
        Acknowledge = "acknowledge",
        /// Answer the customer.
        Answer = "answer",
        /// Note that the customer says it is settled.
        Confirm = "confirm",
        /// Note that the customer says it is not settled.
        Reopen = "reopen",
        /// Say whether it is justified.
        Judge = "judge",
        /// Note what was paid.
        Settle = "settle",
        /// Note that what keeps it from happening again works.
        VerifyAction = "verify_action",
        /// Note that the customer took it back.
        Withdraw = "withdraw",
    }
}

crate::word_enum! {
    /// What happened to a complaint.
    EventKind {
        /// It came.
        Received = "received",
        /// The customer was told that we are at it.
        Acknowledged = "acknowledged",
        /// Its cause was found, or another one.
        Cause = "cause",
        /// A remedy was told, or another one.
        Remedy = "remedy",
        /// It was answered; the text is the answer.
        Answered = "answered",
        /// The customer said that it is settled; the text is how that is known.
        Confirmed = "confirmed",
        /// The customer said that it is not settled; the text is why.
        Reopened = "reopened",
        /// It was found justified; the text is the evidence.
        Justified = "justified",
        /// It was found unjustified; the text is the evidence.
        Unjustified = "unjustified",
        /// What keeps it from happening again was found to work.
        ActionVerified = "action_verified",
        /// The claim was settled.
        Settled = "settled",
        /// The customer took it back; the text is how that is known.
        Withdrawn = "withdrawn",
        /// The customer wrote something that fits no step; the text is it.
        Note = "note",
    }
}

/// A step that may not follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LifeError {
    /// Nobody has answered: there is nothing to confirm or to reopen.
    #[error("it has not been answered: there is nothing that the customer could confirm or refuse")]
    NotAnswered,
    /// Somebody responded already.
    #[error("the customer knows already that it is being looked after")]
    AlreadyAcknowledged,
    /// The customer said so already.
    #[error("the customer confirmed already that it is settled")]
    AlreadyConfirmed,
    /// It is closed by the customer's word; only reopening goes on.
    #[error("the customer confirmed that it is settled: reopen it first")]
    Confirmed,
    /// It is closed for good.
    #[error("the customer withdrew it")]
    Withdrawn,
}

impl LifeError {
    /// Stable word for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAnswered => "not_answered",
            Self::AlreadyAcknowledged => "already_acknowledged",
            Self::AlreadyConfirmed => "already_confirmed",
            Self::Confirmed => "confirmed",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// Where a complaint stands after a step.
///
/// # Errors
///
/// [`LifeError`] if the step may not follow.
pub fn after(status: Status, step: Step) -> Result<Status, LifeError> {
    use Status::{Acknowledged, Answered, Confirmed, Received, Reopened, Withdrawn};
    match (step, status) {
        (_, Withdrawn) => Err(LifeError::Withdrawn),
        (Step::Judge | Step::Settle | Step::VerifyAction, status) => Ok(status),
        (Step::Acknowledge, Received | Reopened) => Ok(Acknowledged),
        (Step::Acknowledge, Acknowledged | Answered) => Err(LifeError::AlreadyAcknowledged),
        // What was answered may be answered better.
        (Step::Answer, Received | Acknowledged | Reopened | Answered) => Ok(Answered),
        (Step::Acknowledge | Step::Answer | Step::Withdraw, Confirmed) => Err(LifeError::Confirmed),
        (Step::Confirm, Answered) => Ok(Confirmed),
        (Step::Confirm, Confirmed) => Err(LifeError::AlreadyConfirmed),
        (Step::Reopen, Answered | Confirmed) => Ok(Reopened),
        (Step::Confirm | Step::Reopen, Received | Acknowledged | Reopened) => {
            Err(LifeError::NotAnswered)
        }
        (Step::Withdraw, Received | Acknowledged | Answered | Reopened) => Ok(Withdrawn),
    }
}

/// By when a complaint is to be responded to, and answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// The customer should know by then that somebody is at it.
    pub acknowledge: UtcTime,
    /// The customer should have an answer by then.
    pub answer: UtcTime,
}

impl Severity {
    /// Hours until the first response, and days until the answer: 4, 8, 24, 48 hours and 1, 3, 5, 10
    /// days from critical to low. Calendar time: a customer's trouble does not pause on Sundays. A
    /// design choice; contracts often say otherwise.
    pub fn patience(self) -> (i64, i64) {
        match self {
            Self::Critical => (4, 1),
            Self::High => (8, 3),
            Self::Medium => (24, 5),
            Self::Low => (48, 10),
        }
    }

    /// The deadlines of what came, or was reopened, at `from`.
    pub fn deadlines(self, from: UtcTime) -> Deadlines {
        let (hours, days) = self.patience();
        Deadlines {
            acknowledge: (from.0 + TimeDelta::hours(hours)).into(),
            answer: (from.0 + TimeDelta::days(days)).into(),
        }
    }
}

/// Something that happened to a complaint, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Happened {
    /// What.
    pub kind: EventKind,
    /// When.
    pub at: UtcTime,
}

/// What was known of a complaint at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// When the customer was first responded to.
    pub first_response_at: Option<UtcTime>,
    /// When the customer was last answered.
    pub answered_at: Option<UtcTime>,
    /// When the customer said that it is settled, unless it was reopened since.
    pub confirmed_at: Option<UtcTime>,
    /// The last judgement.
    pub justified: Option<bool>,
    /// Whether the claim was settled.
    pub settled: bool,
    /// Whether the customer took it back.
    pub withdrawn: bool,
}

/// What events of before `until`, in their order, tell.
pub fn known_at(events: &[Happened], until: UtcTime) -> Known {
    let mut known = Known::default();
    for event in events.iter().filter(|event| event.at < until) {
        match event.kind {
            EventKind::Acknowledged => {
                known.first_response_at.get_or_insert(event.at);
            }
            EventKind::Answered => {
                known.first_response_at.get_or_insert(event.at);
                known.answered_at = Some(event.at);
            }
            EventKind::Confirmed => known.confirmed_at = Some(event.at),
            EventKind::Reopened => known.confirmed_at = None,
            EventKind::Justified => known.justified = Some(true),
            EventKind::Unjustified => known.justified = Some(false),
            EventKind::Settled => known.settled = true,
            EventKind::Withdrawn => known.withdrawn = true,
            EventKind::Received
            | EventKind::Cause
            | EventKind::Remedy
            | EventKind::ActionVerified
            | EventKind::Note => {}
        }
    }
    known
}

/// What is wrong with the day on which a claim is said to be settled.
pub fn settled_day_problem(
    settled_on: NaiveDate,
    received_on: NaiveDate,
    today: NaiveDate,
) -> Option<String> {
    (!(received_on..=today).contains(&settled_on)).then(|| {
        format!("expected a day from {received_on}, on which it came, to {today}, which is today")
    })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn at(text: &str) -> UtcTime {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc().into()
    }

    #[test]
    fn only_an_answer_can_be_confirmed_and_nothing_follows_a_withdrawal() {
        let may: Vec<(Status, Step)> = Status::ALL
            .iter()
            .flat_map(|status| Step::ALL.iter().map(move |step| (*status, *step)))
            .filter(|(status, step)| after(*status, *step).is_ok())
            .collect();
        let confirmable: Vec<Status> = may
            .iter()
            .filter(|(_, step)| *step == Step::Confirm)
            .map(|(status, _)| *status)
            .collect();
        assert_eq!(confirmable, [Status::Answered]);
        let reopenable: Vec<Status> = may
            .iter()
            .filter(|(_, step)| *step == Step::Reopen)
            .map(|(status, _)| *status)
            .collect();
        assert_eq!(reopenable, [Status::Answered, Status::Confirmed]);
        assert!(may.iter().all(|(status, _)| *status != Status::Withdrawn));
        assert_eq!(
            after(Status::Reopened, Step::Acknowledge),
            Ok(Status::Acknowledged)
        );
        assert_eq!(after(Status::Confirmed, Step::Judge), Ok(Status::Confirmed));
        // No step of ours alone ends in "confirmed".
        for status in Status::ALL {
            for step in Step::ALL.iter().filter(|step| **step != Step::Confirm) {
                if *status != Status::Confirmed {
                    assert_ne!(after(*status, *step), Ok(Status::Confirmed));
                }
            }
        }
    }

    #[test]
    fn deadlines_follow_severity() {
        let from = at("2026-03-02T08:00:00Z");
        let critical = Severity::Critical.deadlines(from);
        assert_eq!(critical.acknowledge, at("2026-03-02T12:00:00Z"));
        assert_eq!(critical.answer, at("2026-03-03T08:00:00Z"));
        let low = Severity::Low.deadlines(from);
        assert_eq!(low.acknowledge, at("2026-03-04T08:00:00Z"));
        assert_eq!(low.answer, at("2026-03-12T08:00:00Z"));
    }

    #[test]
    fn what_came_later_was_not_known() {
        let step = |kind, text| Happened { kind, at: at(text) };
        let events = [
            step(EventKind::Answered, "2026-03-02T10:00:00Z"),
            step(EventKind::Confirmed, "2026-03-03T10:00:00Z"),
            step(EventKind::Unjustified, "2026-03-03T11:00:00Z"),
            step(EventKind::Reopened, "2026-03-04T10:00:00Z"),
            step(EventKind::Answered, "2026-03-05T10:00:00Z"),
        ];
        assert_eq!(known_at(&events, events[0].at), Known::default());
        let known = known_at(&events, at("2026-03-03T12:00:00Z"));
        assert_eq!(known.first_response_at, Some(events[0].at));
        assert_eq!(known.confirmed_at, Some(events[1].at));
        assert_eq!(known.justified, Some(false));
        let known = known_at(&events, at("2026-03-06T00:00:00Z"));
        assert_eq!(known.confirmed_at, None);
        assert_eq!(known.answered_at, Some(events[4].at));
    }
}
