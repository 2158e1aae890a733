//! Who may be asked: consent, quota, and whether there is anything to ask.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{About, Question, Side, Source};
use crate::config::SurveyConfig;
use crate::customers::model::{DepartmentKind, SurveyConsent};
use crate::engagement::model::RecordKey;
use crate::problem::FieldProblem;

/// Contacts in one request at most.
pub const MOST: usize = 10_000;

/// Whom to ask: contacts by id, or those of departments and customers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteInput {
    /// These contacts; then nothing else is chosen by.
    #[serde(default)]
    pub contacts: Option<Vec<i64>>,
    /// Contacts of these departments.
    #[serde(default)]
    pub departments: Option<Vec<i64>>,
    /// Contacts of departments of these kinds.
    #[serde(default)]
    pub department_kinds: Option<Vec<DepartmentKind>>,
    /// Contacts of these customers.
    #[serde(default)]
    pub customers: Option<Vec<RecordKey>>,
    /// Contacts of customers that have sent, or received, shipments. Of a survey about a shipment:
    /// of its shipper, or its consignee. Of a survey about a link: which end is asked.
    #[serde(default)]
    pub role: Option<Side>,
    /// The shipment asked about, where the survey is about one.
    #[serde(default)]
    pub shipment_id: Option<i64>,
    /// The other end of the link asked about, where the survey is about one.
    #[serde(default)]
    pub partner: Option<RecordKey>,
    /// `mail` (default) asks by mail; `api`: another system or an interviewer asks.
    #[serde(default)]
    pub source: Option<Source>,
}

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The customer's own experience.
    Experience,
    /// One shipment.
    Shipment(i64),
    /// A link, of which this end is asked.
    Link(Side),
}

impl InviteInput {
    /// Checks it for a survey about this.
    ///
    /// # Errors
    ///
    /// Every rule that it breaks.
    pub fn checked(&self, about: About) -> Result<Wanted, Vec<FieldProblem>> {
        let mut wrong = Vec::new();
        let mut refuse = |field, code, rule: &str| wrong.push(FieldProblem::new(field, code, rule));
        let choices = [
            ("departments", self.departments.is_some()),
            ("department_kinds", self.department_kinds.is_some()),
            ("customers", self.customers.is_some()),
            ("role", about == About::Experience && self.role.is_some()),
        ];
        let chosen = choices.iter().find(|(_, given)| *given);
        match (&self.contacts, chosen) {
            (Some(_), Some((field, _))) => {
                refuse(
                    field,
                    "either",
                    "expected contacts, or departments and customers",
                );
            }
            (None, None) if about == About::Experience => {
                let rule = "expected contacts, departments, department_kinds, customers or role";
                refuse("contacts", "required", rule);
            }
            _ => {}
        }
        if self.source == Some(Source::Import) {
            refuse("source", "bad_value", "expected mail or api");
        }
        if about != About::Shipment && self.shipment_id.is_some() {
            refuse(
                "shipment_id",
                "not_asked",
                "the survey is not about a shipment; expected none",
            );
        }
        if about != About::Link && self.partner.is_some() {
            refuse(
                "partner",
                "not_asked",
                "the survey is not about a link; expected none",
            );
        }
        match self.wanted(about) {
            Ok(wanted) if wrong.is_empty() => Ok(wanted),
            Ok(_) => Err(wrong),
            Err((field, rule)) => {
                wrong.push(FieldProblem::new(field, "required", rule));
                Err(wrong)
            }
        }
    }

    /// What is asked about; what lacks, and the rule it breaks.
    fn wanted(&self, about: About) -> Result<Wanted, (&'static str, &'static str)> {
        match about {
            About::Experience => Ok(Wanted::Experience),
            About::Shipment => self
                .shipment_id
                .map(Wanted::Shipment)
                .ok_or(("shipment_id", "expected the shipment asked about")),
            About::Link if self.partner.is_none() => {
                Err(("partner", "expected the other end of the link asked about"))
            }
            About::Link => self
                .role
                .map(Wanted::Link)
                .ok_or(("role", "expected which end of the link is asked")),
        }
    }
}

crate::word_enum! {
    /// Why somebody is not asked.
    Skip {
        /// There is no such contact, or none that the caller may see.
        Unknown = "unknown",
        /// The contact, or its customer, was deleted.
        Deleted = "deleted",
        /// The contact's customer is neither shipper nor consignee of the shipment.
        NotAParty = "not_a_party",
        /// The contact's customer has no such link with the partner.
        NoLink = "no_link",
        /// The contact does not want to be asked.
        OptedOut = "opted_out",
        /// The contact has not agreed to be asked, and the instance demands it.
        NoConsent = "no_consent",
        /// There is no address to write to.
        NoEmail = "no_email",
        /// The survey asks the contact's department nothing.
        NoDepartmentQuestion = "no_department_question",
        /// The contact is asked the same already.
        AlreadyInvited = "already_invited",
        /// The contact was asked something not long ago.
        Quota = "quota",
    }
}

/// What the instance demands of those who are asked.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Only those who have agreed.
    pub consent_recorded: bool,
    /// Once in so many days at most; 0: as often as you like.
    pub quota_days: u32,
}

impl Rules {
    /// Those that the settings make.
    pub fn of(settings: &SurveyConfig) -> Self {
        Self {
            consent_recorded: settings.consent_recorded,
            quota_days: settings.quota_days,
        }
    }
}

/// Somebody who may be asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Whether contact or customer was deleted.
    pub deleted: bool,
    /// What the person said about being asked.
    pub consent: Option<SurveyConsent>,
    /// Whether there is an address.
    pub has_email: bool,
    /// What the person's department does.
    pub kind: Option<DepartmentKind>,
    /// When the person was last asked anything.
    pub asked_at: Option<DateTime<Utc>>,
    /// Whether the person is asked the same already.
    pub invited: bool,
}

impl Candidate {
    /// Why the person is not asked; `None`: may be asked.
    pub fn skipped(
        &self,
        questions: &[Question],
        source: Source,
        rules: Rules,
        now: DateTime<Utc>,
    ) -> Option<Skip> {
        let scores = |question: &&Question| question.scale.numbers().is_some();
        // A survey that asks for numbers is not put to somebody who would see its comment alone.
        let any_scores = questions.iter().any(|question| scores(&question));
        let mut asked = questions.iter().filter(|question| question.asks(self.kind));
        let nothing = !asked.any(|question| !any_scores || scores(&question));
        let quota = TimeDelta::days(i64::from(rules.quota_days));
        if self.deleted {
            Some(Skip::Deleted)
        } else if self.consent == Some(SurveyConsent::Refused) {
            Some(Skip::OptedOut)
        } else if rules.consent_recorded && self.consent.is_none() {
            Some(Skip::NoConsent)
        } else if source == Source::Mail && !self.has_email {
            Some(Skip::NoEmail)
        } else if nothing {
            Some(Skip::NoDepartmentQuestion)
        } else if self.invited {
            Some(Skip::AlreadyInvited)
        } else if self.asked_at.is_some_and(|asked| asked > now - quota) {
            Some(Skip::Quota)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surveys::model::{QuestionScale, Wording};

    const RULES: Rules = Rules {
        consent_recorded: false,
        quota_days: 90,
    };

    fn question(scale: QuestionScale, departments: &[DepartmentKind]) -> Question {
        Question {
            code: "q".to_owned(),
            scale,
            reversed: false,
            dimension: None,
            departments: departments.to_vec(),
            required: false,
            text: Wording::default(),
        }
    }

    fn person() -> Candidate {
        Candidate {
            deleted: false,
            consent: None,
            has_email: true,
            kind: Some(DepartmentKind::Finance),
            asked_at: None,
            invited: false,
        }
    }

    fn now() -> DateTime<Utc> {
        "2026-03-02T08:00:00Z".parse().unwrap()
    }

    fn skipped(person: &Candidate, rules: Rules) -> Option<Skip> {
        let questions = [question(QuestionScale::Nps, &[])];
        person.skipped(&questions, Source::Mail, rules, now())
    }

    #[test]
    fn who_refused_is_never_asked_and_who_is_silent_only_if_silence_is_consent() {
        let recorded = Rules {
            consent_recorded: true,
            ..RULES
        };
        let said = |consent| Candidate {
            consent,
            ..person()
        };
        for (consent, implied, demanded) in [
            (None, None, Some(Skip::NoConsent)),
            (Some(SurveyConsent::Given), None, None),
            (
                Some(SurveyConsent::Refused),
                Some(Skip::OptedOut),
                Some(Skip::OptedOut),
            ),
        ] {
            assert_eq!(skipped(&said(consent), RULES), implied);
            assert_eq!(skipped(&said(consent), recorded), demanded);
        }
    }

    #[test]
    fn nobody_is_asked_again_before_the_quota_is_over() {
        let asked = |text: &str| Candidate {
            asked_at: Some(text.parse().unwrap()),
            ..person()
        };
        // 90 days before now is 2025-12-02 08:00.
        assert_eq!(
            skipped(&asked("2025-12-02T08:00:01Z"), RULES),
            Some(Skip::Quota)
        );
        assert_eq!(skipped(&asked("2025-12-02T08:00:00Z"), RULES), None);
        let unlimited = Rules {
            quota_days: 0,
            ..RULES
        };
        assert_eq!(skipped(&asked("2026-03-02T08:00:00Z"), unlimited), None);
    }

    #[test]
    fn every_other_reason_is_told() {
        assert_eq!(skipped(&person(), RULES), None);
        let gone = Candidate {
            deleted: true,
            ..person()
        };
        assert_eq!(skipped(&gone, RULES), Some(Skip::Deleted));
        let twice = Candidate {
            invited: true,
            ..person()
        };
        assert_eq!(skipped(&twice, RULES), Some(Skip::AlreadyInvited));
        let silent = Candidate {
            has_email: false,
            ..person()
        };
        assert_eq!(skipped(&silent, RULES), Some(Skip::NoEmail));
        let by_telephone = [question(QuestionScale::Nps, &[])];
        assert_eq!(
            silent.skipped(&by_telephone, Source::Api, RULES, now()),
            None
        );
    }

    #[test]
    fn a_comment_alone_is_no_survey_unless_the_survey_is_all_words() {
        let asks = |questions: &[Question]| person().skipped(questions, Source::Mail, RULES, now());
        let (words, sales) = (question(QuestionScale::Text, &[]), [DepartmentKind::Sales]);
        let none = Some(Skip::NoDepartmentQuestion);
        assert_eq!(
            asks(&[question(QuestionScale::Nps, &sales), words.clone()]),
            none
        );
        assert_eq!(asks(&[question(QuestionScale::Text, &sales)]), none);
        assert_eq!(asks(&[words]), None);
    }

    #[test]
    fn each_kind_of_survey_needs_what_it_asks_about() {
        let fields = |input: &InviteInput, about| -> Vec<&'static str> {
            let wrong = input.checked(about).unwrap_err();
            wrong.iter().map(|one| one.field).collect()
        };
        let nobody = InviteInput::default();
        assert_eq!(fields(&nobody, About::Experience), ["contacts"]);
        assert_eq!(fields(&nobody, About::Shipment), ["shipment_id"]);
        assert_eq!(fields(&nobody, About::Link), ["partner"]);
        let one = InviteInput {
            contacts: Some(vec![1]),
            ..InviteInput::default()
        };
        assert_eq!(one.checked(About::Experience), Ok(Wanted::Experience));
        let both = InviteInput {
            departments: Some(vec![1]),
            ..one.clone()
        };
        assert_eq!(fields(&both, About::Experience), ["departments"]);
        let parcel = InviteInput {
            shipment_id: Some(7),
            ..InviteInput::default()
        };
        assert_eq!(parcel.checked(About::Shipment), Ok(Wanted::Shipment(7)));
        assert_eq!(
            fields(
                &InviteInput {
                    contacts: Some(vec![1]),
                    ..parcel
                },
                About::Experience
            ),
            ["shipment_id"]
        );
        let link = InviteInput {
            partner: Some(3.into()),
            ..InviteInput::default()
        };
        assert_eq!(fields(&link, About::Link), ["role"]);
        let link = InviteInput {
            role: Some(Side::Shipper),
            ..link
        };
        assert_eq!(link.checked(About::Link), Ok(Wanted::Link(Side::Shipper)));
        assert_eq!(
            fields(
                &InviteInput {
                    contacts: Some(vec![1]),
                    ..link
                },
                About::Experience
            ),
            ["role", "partner"]
        );
        let import = InviteInput {
            source: Some(Source::Import),
            ..one
        };
        assert_eq!(fields(&import, About::Experience), ["source"]);
    }
}
