//! What the demo's customers say: survey answers, talk, complaints, and what they were promised.
//!
//! Each contact has a feeling that follows from what its department sees go wrong, from a taste of
//! its own, and from spells of bad service: that is the truth that satisfaction and the sentiment
//! index are to find. Only the last year is told of.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::{
    DemoCustomer, DemoWorld,
    customers::{DemoContact, Profile, Spell},
    dice::{Dice, Part},
    phrases::{self, Mood},
};

/// Days that are told of, up to the last of history.
const TOLD: u32 = 364;
/// Days between two surveys.
const SURVEY_EVERY: u32 = 91;
/// Days for which a survey is open.
const SURVEY_OPEN: u32 = 21;
/// Share of the contacts asked who answer.
const ANSWERING: f64 = 0.55;
/// Share of the answers with a comment.
const COMMENTING: f64 = 0.5;
/// Days between two talks with a contact, on average.
const TALK_EVERY: f64 = 24.0;
/// Share of talk that is mere business.
const BUSINESS: f64 = 0.45;
/// Share of the talk that goes through the customer's own account manager.
const BY_OWNER: f64 = 0.8;
/// How much feeling bad service costs once it is as bad as it gets.
const COST_OF_SPELL: f64 = 0.55;
/// Days until bad service is as bad as it gets, and until it is forgiven.
const RAMP: f64 = 42.0;

/// What was said, by positions in [`DemoWorld::customers`] and in their contacts.
#[derive(Clone, Debug, PartialEq)]
pub struct DemoVoices {
    /// Surveys: first and last day.
    pub surveys: Vec<(NaiveDate, NaiveDate)>,
    /// Their answers.
    pub answers: Vec<DemoAnswer>,
    /// Calls, mails, chats and visits.
    pub talks: Vec<DemoTalk>,
    /// Complaints.
    pub complaints: Vec<DemoComplaint>,
    /// Promises made after complaints.
    pub promises: Vec<DemoPromise>,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speaker {
    /// Position of the customer.
    pub customer: usize,
    /// Position among its contacts.
    pub contact: usize,
}

/// One answer to "how satisfied are you".
#[derive(Clone, Debug, PartialEq)]
pub struct DemoAnswer {
    /// Who answered.
    pub who: Speaker,
    /// Position of the survey.
    pub survey: usize,
    /// When.
    pub at: DateTime<Utc>,
    /// 1 to 5.
    pub value: u8,
    /// In the contact's language.
    pub comment: Option<&'static str>,
}

/// One talk.
#[derive(Clone, Debug, PartialEq)]
pub struct DemoTalk {
    /// With whom.
    pub who: Speaker,
    /// Position of our own person in [`DemoWorld::users`].
    pub user: usize,
    /// `mail`, `call`, `visit` or `chat`.
    pub channel: &'static str,
    /// Whether the words are the customer's.
    pub inbound: bool,
    /// When.
    pub at: DateTime<Utc>,
    /// In the contact's language.
    pub text: &'static str,
}

/// One complaint.
#[derive(Clone, Debug, PartialEq)]
pub struct DemoComplaint {
    /// Who complained.
    pub who: Speaker,
    /// Code of the cause.
    pub cause: &'static str,
    /// `low`, `medium`, `high` or `critical`.
    pub severity: &'static str,
    /// In the contact's language.
    pub text: &'static str,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// When we first answered, if we did.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// When we answered, if we did.
    pub answered_at: Option<DateTime<Utc>>,
    /// When the customer said that it was settled, if it did.
    pub confirmed_at: Option<DateTime<Utc>>,
}

/// One promise.
#[derive(Clone, Debug, PartialEq)]
pub struct DemoPromise {
    /// To whom.
    pub who: Speaker,
    /// Position of our own person who made it.
    pub user: usize,
    /// In the contact's language.
    pub text: &'static str,
    /// OTIF that is to be reached; `None`: a person judges.
    pub otif: Option<f64>,
    /// When it was made, and the first day measured.
    pub made_on: NaiveDate,
    /// The last day measured.
    pub due_on: NaiveDate,
}

impl DemoVoices {
    /// Everything that the customers of `world` said.
    pub fn of(world: &DemoWorld) -> Self {
        let mut teller = Teller {
            world,
            dice: Dice::new(world.plan.seed(), Part::Voices),
            said: Self {
                surveys: surveys(world),
                answers: Vec::new(),
                talks: Vec::new(),
                complaints: Vec::new(),
                promises: Vec::new(),
            },
        };
        for (number, (customer, profile)) in world.customers.iter().zip(&world.profiles).enumerate()
        {
            for (contact, person) in customer.contacts.iter().enumerate() {
                let who = Speaker {
                    customer: number,
                    contact,
                };
                teller.person(who, (customer, person), profile);
            }
        }
        teller.said
    }
}

/// The surveys of the last year, the last one closed as history ends.
fn surveys(world: &DemoWorld) -> Vec<(NaiveDate, NaiveDate)> {
    let until = world.plan.until();
    (0..TOLD / SURVEY_EVERY)
        .rev()
        .map(|back| {
            let closes = until - Days::new(u64::from(back * SURVEY_EVERY));
            (closes - Days::new(u64::from(SURVEY_OPEN)), closes)
        })
        .collect()
}

struct Teller<'w> {
    world: &'w DemoWorld,
    dice: Dice,
    said: DemoVoices,
}

/// A contact that speaks, and what it feels.
struct Person<'w> {
    who: Speaker,
    language: &'static str,
    department: &'static str,
    profile: &'w Profile,
    /// Added to what everybody in its place would feel.
    taste: f64,
    /// Position of the account manager.
    owner: usize,
    /// Days of history between which it is with us.
    here: (u32, u32),
}

impl Teller<'_> {
    fn person(
        &mut self,
        who: Speaker,
        (customer, contact): (&DemoCustomer, &DemoContact),
        profile: &Profile,
    ) {
        let days = self.world.plan.days();
        let ours: Vec<usize> = (self.world.users().iter().enumerate())
            .filter(|(_, user)| user.team == customer.team)
            .map(|(position, _)| position)
            .collect();
        let Some(&owner) = ours.get(who.customer % ours.len().max(1)) else {
            return;
        };
        let person = Person {
            who,
            language: contact.language,
            department: contact.department,
            profile,
            taste: self.dice.between(-0.12, 0.12),
            owner,
            here: (profile.starts, profile.leaves.unwrap_or(days).min(days)),
        };
        self.answers(&person);
        self.talks(&person, &ours);
        self.complain(&person);
    }

    fn answers(&mut self, person: &Person<'_>) {
        for (survey, (opens, _)) in self.said.surveys.clone().into_iter().enumerate() {
            let answering = self.dice.chance(ANSWERING);
            let after = self.dice.below(SURVEY_OPEN);
            let day = self.day_of(opens) + after;
            let feeling = person.feeling(day) + self.dice.between(-0.15, 0.15);
            let commenting = self.dice.chance(COMMENTING);
            if !answering || !person.is_here(day) {
                continue;
            }
            let value = stars(feeling);
            let mood = match value {
                1 | 2 => Mood::Bad,
                3 => Mood::Business,
                _ => Mood::Good,
            };
            let comment = (commenting && mood != Mood::Business)
                .then(|| phrases::pick(person.language, person.department, mood, &mut self.dice));
            let answer = DemoAnswer {
                who: person.who,
                survey,
                at: self.at(day),
                value,
                comment,
            };
            self.said.answers.push(answer);
        }
    }

    fn talks(&mut self, person: &Person<'_>, ours: &[usize]) {
        let days = self.world.plan.days();
        let mut day = days.saturating_sub(TOLD);
        loop {
            let pause = 1.0 - self.dice.unit();
            day += whole(-TALK_EVERY * libm::log(pause)) + 1;
            if day >= days {
                return;
            }
            let mood = if self.dice.chance(BUSINESS) {
                Mood::Business
            } else if self.dice.chance(person.feeling(day)) {
                Mood::Good
            } else {
                Mood::Bad
            };
            let user = if self.dice.chance(BY_OWNER) {
                person.owner
            } else {
                *self.dice.pick(ours)
            };
            let channel = *self.dice.pick(&["mail", "mail", "call", "chat", "visit"]);
            let inbound = mood != Mood::Business || self.dice.chance(0.5);
            let text = phrases::pick(person.language, person.department, mood, &mut self.dice);
            if person.is_here(day) {
                let talk = DemoTalk {
                    who: person.who,
                    user,
                    channel,
                    inbound,
                    at: self.at(day),
                    text,
                };
                self.said.talks.push(talk);
            }
        }
    }

    /// Who is served badly complains, by and by; who is not, seldom does.
    fn complain(&mut self, person: &Person<'_>) {
        let days = self.world.plan.days();
        let mut day = days.saturating_sub(TOLD);
        while day < days {
            let unhappy = 1.0 - person.feeling(day);
            if self.dice.chance(0.10 * unhappy * unhappy) && person.is_here(day) {
                self.complaint(person, day, unhappy);
            }
            day += 14;
        }
    }

    fn complaint(&mut self, person: &Person<'_>, day: u32, unhappy: f64) {
        let received_at = self.at(day);
        let hours = |dice: &mut Dice, most: u32| TimeDelta::hours(i64::from(1 + dice.below(most)));
        let end = self.at(self.world.plan.days());
        let known = |at: DateTime<Utc>| Some(at).filter(|at| *at < end);
        let acknowledged_at = known(received_at + hours(&mut self.dice, 60));
        let answered = self.dice.chance(0.9);
        let answered_at = acknowledged_at
            .and_then(|at| known(at + hours(&mut self.dice, 240)))
            .filter(|_| answered);
        let content = self.dice.chance(1.2 - unhappy);
        let confirmed_at = answered_at
            .and_then(|at| known(at + hours(&mut self.dice, 120)))
            .filter(|_| content);
        let text = phrases::pick(
            person.language,
            person.department,
            Mood::Bad,
            &mut self.dice,
        );
        self.said.complaints.push(DemoComplaint {
            who: person.who,
            cause: phrases::cause(person.department),
            severity: if unhappy > 0.7 { "high" } else { "medium" },
            text,
            received_at,
            acknowledged_at,
            answered_at,
            confirmed_at,
        });
        if self.dice.chance(0.5) {
            let made_on = received_at.date_naive();
            self.said.promises.push(DemoPromise {
                who: person.who,
                user: person.owner,
                text: phrases::promise(person.language),
                otif: Some(0.95),
                made_on,
                due_on: made_on + Days::new(60),
            });
        }
    }

    /// Day of history of a date; 0 for those before it.
    fn day_of(&self, date: NaiveDate) -> u32 {
        u32::try_from((date - self.world.plan.from()).num_days()).unwrap_or(0)
    }

    /// An hour of business on a day of history.
    fn at(&mut self, day: u32) -> DateTime<Utc> {
        let midnight = self.world.plan.from().and_time(NaiveTime::MIN).and_utc();
        midnight
            + TimeDelta::days(i64::from(day))
            + TimeDelta::minutes(i64::from(8 * 60 + self.dice.below(9 * 60)))
    }
}

impl Person<'_> {
    fn is_here(&self, day: u32) -> bool {
        (self.here.0..self.here.1).contains(&day)
    }

    /// What it feels on a day of history, in `[0.03, 0.97]`.
    fn feeling(&self, day: u32) -> f64 {
        let errors = &self.profile.errors;
        let seen = match self.department {
            "warehouse" => 10.0 * errors.damaged + 6.0 * errors.short,
            "production" => 4.0 * errors.late,
            "finance" => 9.0 * errors.invoice,
            "quality" => 18.0 * errors.damaged,
            "sales" => 3.0 * errors.late + 6.0 * errors.damaged,
            "purchasing" => 0.8 * (self.profile.price - 0.9).max(0.0) + 2.0 * errors.late,
            _ => 2.0 * errors.late + 4.0 * errors.invoice,
        };
        let spell = COST_OF_SPELL * badness(self.profile.worse, day);
        (0.92 - seen - spell + self.taste).clamp(0.03, 0.97)
    }
}

/// How bad service is on a day, from 0 to 1: it takes time to get bad, and to be forgiven.
fn badness(worse: Option<Spell>, day: u32) -> f64 {
    let Some((from, until)) = worse else {
        return 0.0;
    };
    let ramp = |days: u32| (f64::from(days) / RAMP).min(1.0);
    if day < from {
        0.0
    } else if day < until {
        ramp(day - from)
    } else {
        (ramp(until - from) - ramp(day - until)).max(0.0)
    }
}

/// A feeling as 1 to 5.
fn stars(feeling: f64) -> u8 {
    match feeling {
        low if low < 0.125 => 1,
        low if low < 0.375 => 2,
        low if low < 0.625 => 3,
        high if high < 0.875 => 4,
        _ => 5,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pauses are positive and below 1,000 days"
)]
fn whole(days: f64) -> u32 {
    days as u32
}
