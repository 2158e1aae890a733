//! What a demo's customers said, into the database, through the same doors as for everybody.

use chrono::{Days, NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use utoipa::PartialSchema;

use crate::access::Teams;
use crate::access::audit::Actor;
use crate::api::body::parse_value;
use crate::api::etag::IfMatch;
use crate::cli::Failure;
use crate::cli::exit::SOFTWARE;
use crate::complaints;
use crate::db::{Conn, UtcTime};
use crate::demo::{DemoComplaint, DemoPromise, DemoTalk, DemoVoices, DemoWorld, Speaker};
use crate::engagement::edit::{self, Desk, Record, Writer};
use crate::error::Error;
use crate::interactions;
use crate::promises;
use crate::sentiment::Scorer;
use crate::surveys;
use crate::surveys::model::Rules;
use crate::surveys::store::surveys::Survey;

/// The demo's people have nothing against being asked, nor anybody to ask first.
const EVERYBODY: Rules = Rules {
    consent_recorded: false,
    quota_days: 0,
};

/// A customer as it stands in the database, and its contacts in the order of the plan.
pub(super) struct People {
    pub customer: i64,
    pub contacts: Vec<Contact>,
}

/// A contact as it stands in the database.
pub(super) struct Contact {
    pub id: i64,
    pub department: i64,
}

/// Writes surveys with their answers, talk, complaints and promises.
///
/// # Errors
///
/// The database's; the demo keeps the rules that hold for everybody, where it did not, it would be
/// our fault.
pub(super) fn fill(
    conn: &mut Conn,
    world: &DemoWorld,
    people: &[People],
    (zone, now): (Tz, UtcTime),
) -> Result<(), Failure> {
    let voices = DemoVoices::of(world);
    fill_surveys(conn, &voices, people)?;
    let users = users(conn, world)?;
    let records = Records {
        people,
        users: &users,
    };
    let writer = writer_at(now);
    let mut desk = Desk::new(&writer);
    for talk in &voices.talks {
        write::<interactions::store::records::Values>(conn, &mut desk, &records.talk(talk))?;
    }
    for complaint in &voices.complaints {
        write::<complaints::store::Values>(conn, &mut desk, &records.complaint(complaint))?;
    }
    for promise in &voices.promises {
        write::<promises::store::Values>(conn, &mut desk, &records.promise(promise))?;
    }
    // The day after history ends: what was due a week earlier is decided.
    let as_of = world.plan().until() + Days::new(1);
    promises::detect::detect(conn, as_of, zone, (&writer.actor, now))?;
    Ok(())
}

fn writer_at(now: UtcTime) -> Writer {
    Writer {
        teams: Teams::All,
        actor: Actor::cli(),
        now,
    }
}

fn users(conn: &mut Conn, world: &DemoWorld) -> Result<Vec<i64>, Failure> {
    let mut ids = Vec::new();
    for user in world.users() {
        let found = crate::access::store::user_by_email(conn, user.email)?;
        ids.extend(found.map(|user| user.id.0));
    }
    Ok(ids)
}

fn contact(people: &[People], who: Speaker) -> Option<(i64, &Contact)> {
    let firm = people.get(who.customer)?;
    Some((firm.customer, firm.contacts.get(who.contact)?))
}

/// Each survey with the template CSAT, opened, answered and closed on the days of the plan.
fn fill_surveys(conn: &mut Conn, voices: &DemoVoices, people: &[People]) -> Result<(), Failure> {
    let scorer = Scorer::lexicon();
    for (number, (opens, closes)) in voices.surveys.iter().enumerate() {
        let at = |day: NaiveDate, hour: i64| {
            let time = day.and_time(NaiveTime::MIN) + TimeDelta::hours(hour);
            UtcTime::from(time.and_utc())
        };
        let opening = writer_at(at(*opens, 6));
        let input = parsed(&json!({
            "name": format!("Satisfaction {}", closes.format("%Y-%m")),
            "template_id": 1,
            "closes_at": at(*closes, 22),
        }))?;
        let survey = surveys::edit::create(conn, &opening, input)?;
        surveys::edit::open(conn, &opening, survey.id.0, &IfMatch::Absent)?;
        let asked: Vec<i64> = people
            .iter()
            .flat_map(|firm| firm.contacts.iter().map(|contact| contact.id))
            .collect();
        let invitation = parsed(&json!({ "contacts": asked, "source": "api" }))?;
        surveys::invite::invite(conn, &opening, survey.id.0, &invitation, EVERYBODY)?;
        let open = surveys::edit::visible(conn, survey.id.0, &Teams::All)?;
        answer(conn, (&open, number), voices, people, &scorer)?;
        let closing = writer_at(at(*closes, 23));
        surveys::edit::close(conn, &closing, survey.id.0, &IfMatch::Absent)?;
    }
    Ok(())
}

fn answer(
    conn: &mut Conn,
    (survey, number): (&Survey, usize),
    voices: &DemoVoices,
    people: &[People],
    scorer: &Scorer,
) -> Result<(), Failure> {
    for answer in voices.answers.iter().filter(|one| one.survey == number) {
        let Some((_, contact)) = contact(people, answer.who) else {
            continue;
        };
        let mut answers = vec![json!({ "question": "overall", "value": answer.value })];
        answers.extend(
            answer
                .comment
                .map(|text| json!({ "question": "comment", "text": text })),
        );
        let entry = parsed(&json!({
            "contact": { "id": contact.id },
            "answered_at": answer.at,
            "answers": answers,
        }))?;
        let writer = writer_at(answer.at.into());
        let source = surveys::model::Source::Api;
        surveys::enter::enter(conn, &writer, survey, (entry, source), scorer)?;
    }
    Ok(())
}

/// What the plan tells, as the API takes it.
struct Records<'a> {
    people: &'a [People],
    users: &'a [i64],
}

impl Records<'_> {
    fn head(&self, who: Speaker) -> Json {
        match contact(self.people, who) {
            Some((customer, contact)) => json!({
                "customer": { "id": customer },
                "contact_id": contact.id,
                "department_id": contact.department,
            }),
            None => json!({}),
        }
    }

    fn user(&self, position: usize) -> Option<i64> {
        self.users.get(position).copied()
    }

    fn talk(&self, talk: &DemoTalk) -> Json {
        let more = json!({
            "user": { "id": self.user(talk.user) },
            "channel": talk.channel,
            "direction": if talk.inbound { "inbound" } else { "outbound" },
            "at": talk.at,
            "text": talk.text,
        });
        joined(self.head(talk.who), more)
    }

    fn complaint(&self, complaint: &DemoComplaint) -> Json {
        let more = json!({
            "channel": "mail",
            "severity": complaint.severity,
            "subject": complaint.text,
            "text": complaint.text,
            "cause": complaint.cause,
            "received_at": complaint.received_at,
            "acknowledged_at": complaint.acknowledged_at,
            "answered_at": complaint.answered_at,
            "confirmed_at": complaint.confirmed_at,
            "confirmation": complaint.confirmed_at.map(|_| "By telephone"),
        });
        joined(self.head(complaint.who), more)
    }

    fn promise(&self, promise: &DemoPromise) -> Json {
        let more = json!({
            "made_by": self.user(promise.user),
            "text": promise.text,
            "kpi": promise.otif.map(|_| "otif"),
            "level": promise.otif,
            "made_on": promise.made_on,
            "from_on": promise.made_on,
            "due_on": promise.due_on,
        });
        joined(self.head(promise.who), more)
    }
}

fn joined(mut one: Json, other: Json) -> Json {
    if let (Some(one), Json::Object(other)) = (one.as_object_mut(), other) {
        one.extend(other);
    }
    one
}

fn write<R: Record>(conn: &mut Conn, desk: &mut Desk<'_>, told: &Json) -> Result<(), Failure> {
    let input = R::checked(parsed(told)?).map_err(Error::Invalid)?;
    edit::upsert::<R>(conn, desk, &IfMatch::Absent, &input)?;
    Ok(())
}

fn parsed<T: DeserializeOwned + PartialSchema>(told: &Json) -> Result<T, Failure> {
    parse_value(told).map_err(|error| Failure::new(SOFTWARE, format!("demo data: {error}")))
}
