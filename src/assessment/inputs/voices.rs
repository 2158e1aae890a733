//! What customers said: answers to surveys and inbound words, and which department they speak for.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDate;

use super::DepartmentOf;
use crate::customers::model::{BuyingRole, DepartmentKind};
use crate::ids::{ContactId, CustomerId, DepartmentId, InvitationId};
use crate::satisfaction::answers::Answer;
use crate::sentiment::Voice;
use crate::surveys::model::{Dimension, Side};

/// The link that an answer is about, seen from who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// The other end.
    pub partner: CustomerId,
    /// The end that answers; `None`: not told, both directions are meant.
    pub side: Option<Side>,
}

/// An answer to one question.
#[derive(Clone, Debug, PartialEq)]
pub struct Spoken {
    /// Who was asked.
    pub contact: ContactId,
    /// When: one invitation is answered as a whole.
    pub invitation: InvitationId,
    /// The department the person was in when asked.
    pub department: Option<DepartmentId>,
    /// The person's role.
    pub role: Option<BuyingRole>,
    /// Kinds of departments that the question is for; empty: any.
    pub owners: Arc<[DepartmentKind]>,
    /// What the question is about, such as timeliness.
    pub dimension: Option<Dimension>,
    /// The link that it is about; `None`: our service as a whole.
    pub about: Option<About>,
    /// In `[0, 1]`.
    pub score: f64,
    /// How much it counts, in `[0, 1]`.
    pub confidence: f64,
    /// The day.
    pub on: NaiveDate,
    /// Days before the as-of date.
    pub age_days: f64,
}

impl Spoken {
    /// As the formulas take it; a person without a role counts 1.
    pub fn answer(&self) -> Answer {
        Answer {
            respondent: self.contact.to_string(),
            score: self.score,
            age_days: self.age_days,
            role_weight: self.role.map_or(1.0, BuyingRole::weight),
            confidence: self.confidence,
        }
    }
}

/// Words of a customer: a mail, a call, a comment beside an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Text {
    /// The department of who spoke.
    pub department: Option<DepartmentId>,
    /// The day.
    pub on: NaiveDate,
    /// Days before the as-of date.
    pub age_days: f64,
    /// What feeling was in it; `None`: not scored.
    pub voice: Option<Voice>,
}

/// Everything that was said.
#[derive(Clone, Debug, Default)]
pub struct Voices {
    /// Answers of the statistics' window, by customer.
    pub answers: HashMap<CustomerId, Vec<Spoken>>,
    /// Words of the last year, by customer.
    pub texts: HashMap<CustomerId, Vec<Text>>,
    /// What the removed departments did.
    pub removed: HashMap<DepartmentId, DepartmentKind>,
}

/// Whom an answer speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The department at this position.
    Department(usize),
    /// The department at this position, but the question is for departments of other kinds: the
    /// person is heard, the answer does not count for the score.
    OtherQuestion(usize),
    /// No department: the account is heard, the answer does not count for the score.
    Account,
}

impl Voices {
    /// The department that this id stands for: itself; if it was removed, the first of its kind.
    pub fn department(&self, id: DepartmentId, departments: &[DepartmentOf]) -> Option<usize> {
        let itself = departments.iter().position(|one| one.id == Some(id));
        itself.or_else(|| {
            let kind = *self.removed.get(&id)?;
            departments.iter().position(|one| one.kind == kind)
        })
    }

    /// Whom an answer speaks for.
    ///
    /// An answer of a person without a department counts for the one department whose kind the
    /// question is for; else for management; else for the only department there is.
    pub fn place(&self, spoken: &Spoken, departments: &[DepartmentOf]) -> Place {
        let asked = |kind| spoken.owners.is_empty() || spoken.owners.contains(&kind);
        if let Some(id) = spoken.department {
            return match self.department(id, departments) {
                Some(at) if departments.get(at).is_some_and(|one| asked(one.kind)) => {
                    Place::Department(at)
                }
                Some(at) => Place::OtherQuestion(at),
                None => Place::Account,
            };
        }
        let of_kinds = |kinds: &[DepartmentKind]| {
            let mut found = (0..)
                .zip(departments)
                .filter(|(_, one)| kinds.contains(&one.kind));
            let first = found.next().map(|(at, _)| at);
            (first, found.next().is_some())
        };
        if let (Some(only), false) = of_kinds(&spoken.owners) {
            return Place::Department(only);
        }
        match (of_kinds(&[DepartmentKind::Management]).0, departments.len()) {
            (Some(management), _) => Place::Department(management),
            (None, 1) => Place::Department(0),
            _ => Place::Account,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn department(id: i64, kind: DepartmentKind) -> DepartmentOf {
        DepartmentOf {
            id: Some(DepartmentId(id)),
            kind,
            name: kind.word().to_owned(),
            weight: 1.0,
            required: true,
        }
    }

    fn spoken(department: Option<i64>, owners: &[DepartmentKind]) -> Spoken {
        Spoken {
            contact: ContactId(1),
            invitation: InvitationId(1),
            department: department.map(DepartmentId),
            role: None,
            owners: owners.into(),
            dimension: None,
            about: None,
            score: 0.5,
            confidence: 1.0,
            on: NaiveDate::MIN,
            age_days: 0.0,
        }
    }

    #[test]
    fn answers_find_their_department() {
        use DepartmentKind::{Finance, Management, Planning, Production, Quality, Warehouse};
        let all = [
            department(1, Warehouse),
            department(2, Planning),
            department(3, Management),
            department(4, Warehouse),
        ];
        let mut voices = Voices::default();
        voices.removed.insert(DepartmentId(8), Warehouse);
        voices.removed.insert(DepartmentId(9), Finance);
        let place =
            |department, owners: &[DepartmentKind]| voices.place(&spoken(department, owners), &all);
        assert_eq!(place(Some(4), &[]), Place::Department(3));
        assert_eq!(place(Some(1), &[Warehouse, Quality]), Place::Department(0));
        assert_eq!(place(Some(1), &[Quality]), Place::OtherQuestion(0));
        assert_eq!(
            place(Some(8), &[]),
            Place::Department(0),
            "removed: one of its kind"
        );
        assert_eq!(
            place(Some(9), &[]),
            Place::Account,
            "removed, and none of its kind"
        );
        assert_eq!(place(None, &[Planning, Production]), Place::Department(1));
        assert_eq!(
            place(None, &[Warehouse]),
            Place::Department(2),
            "two own it: management"
        );
        assert_eq!(place(None, &[]), Place::Department(2));
        let bare = &all[..2];
        assert_eq!(voices.place(&spoken(None, &[]), bare), Place::Account);
        assert_eq!(
            voices.place(&spoken(None, &[]), &bare[..1]),
            Place::Department(0)
        );
    }
}
