//! The sentiment index of contacts, departments, customers and our own people.
//!
//! ```text
//! company's median ─> customer ─> department ─> contact        (each the parent of the next)
//!        └──────────> one of our own people
//! ```
//!
//! [`mod@company`] tells how indices and the median are made; a run makes its own by the same functions.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::scorer::{Sentence, TopicPolarity};
use super::store::texts::{self, Behind};
use super::store::{SpokenAt, Whose, heirs, median_of_run, voices};
use crate::api::reference::Reference;
use crate::complaints::count::midnight;
use crate::db::{Conn, DbError, DbResult, UtcTime};
use crate::error::{Answer, Error};
use crate::ids::CustomerId;
use crate::sentiment::company::{self, Median, Pair, Parent};
use crate::sentiment::{SentimentError, Topic, Voice};

/// The median of a run stands for that of a later day for so many days: a half-life of the index.
const RUN_DAYS: u64 = 60;
/// Texts whose sentences and topics are looked at, the newest.
const LOOKED_AT: i64 = 200;
/// Sentences that are shown.
const SHOWN: usize = 5;
/// Days after which a sentence counts half when the strongest are chosen.
const SENTENCE_HALF_LIFE: f64 = 60.0;

crate::word_enum! {
    /// Whether there is enough text for an index.
    Evidence {
        /// There is.
        Enough = "enough",
        /// There is not; the index is not shown.
        TooLittleText = "too_little_text",
    }
}

/// The period that counts for an index: what was said from `from` on and before `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The day that it is as of.
    pub on: NaiveDate,
    /// Its first moment.
    pub from: UtcTime,
    /// The moment behind its last.
    pub until: UtcTime,
}

impl Period {
    /// The `days` before a day begins, as a run as of that day counts, or before now.
    ///
    /// # Errors
    ///
    /// 422 for a day in the future.
    pub fn before(
        as_of: Option<NaiveDate>,
        now: DateTime<Utc>,
        zone: Tz,
        days: i64,
    ) -> Answer<Self> {
        let today = now.with_timezone(&zone).date_naive();
        if as_of.is_some_and(|day| day > today) {
            let rule = "expected a day that is not in the future";
            return Err(Error::invalid("as_of", "future", rule));
        }
        let until = as_of.map_or(now, |day| midnight(day, zone).0);
        let from = until
            .checked_sub_signed(TimeDelta::days(days))
            .unwrap_or(DateTime::UNIX_EPOCH);
        Ok(Self {
            on: as_of.unwrap_or(today),
            from: from.into(),
            until: until.into(),
        })
    }
}

/// The text as it counts at a moment; `None` without a feeling.
pub fn voice(spoken: &SpokenAt, until: UtcTime) -> Option<Voice> {
    let felt = spoken.feeling?;
    let age = until.0.signed_duration_since(spoken.at.0);
    Some(Voice {
        age_days: (age.num_seconds() as f64 / 86_400.0).max(0.0),
        weight: spoken.channel.weight(),
        polarity: felt.polarity,
        confidence: felt.confidence,
        neutral: felt.neutral,
    })
}

/// The index of texts at a moment.
fn pair<'a>(
    spoken: impl IntoIterator<Item = &'a SpokenAt>,
    parent: Parent,
    until: UtcTime,
) -> DbResult<Pair> {
    let voices: Vec<Voice> = spoken
        .into_iter()
        .filter_map(|one| voice(one, until))
        .collect();
    company::pair(&voices, parent).map_err(corrupt)
}

fn corrupt(error: SentimentError) -> DbError {
    DbError::corrupt("interactions.polarity", error)
}

/// The company's medians at a moment, from the texts of all customers.
fn median(spoken: &[SpokenAt], until: UtcTime) -> DbResult<Median> {
    let mut by_customer: HashMap<CustomerId, Vec<Voice>> = HashMap::new();
    for one in spoken {
        let own = by_customer.entry(one.customer).or_default();
        own.extend(voice(one, until));
    }
    company::median(by_customer.values().map(Vec::as_slice)).map_err(corrupt)
}

/// A sentiment index as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Sentiment {
    /// Whether there is enough text: a weight of 3 or more.
    pub evidence: Evidence,
    /// In `[-1, 1]`; `null`: too little text.
    pub index: Option<f64>,
    /// Lower end of its 90 % interval.
    pub low: Option<f64>,
    /// Upper end of its 90 % interval.
    pub high: Option<f64>,
    /// The index less the company's median.
    pub against_median: Option<f64>,
    /// The index of the last weeks (half-life 21 days); `null`: too little text.
    pub fast_index: Option<f64>,
    /// Texts with a feeling, neutral ones too, within 365 days.
    pub texts: u64,
    /// Their weight.
    pub weight: f64,
}

/// An index as it is shown beside the company's median.
pub fn shown(pair: Pair, median: &Median) -> Sentiment {
    let Pair { slow, fast } = pair;
    let (enough, soon) = (slow.enough, slow.enough && fast.enough);
    Sentiment {
        evidence: if enough {
            Evidence::Enough
        } else {
            Evidence::TooLittleText
        },
        index: enough.then_some(slow.value),
        low: enough.then_some(slow.low),
        high: enough.then_some(slow.high),
        against_median: enough.then_some(slow.value - median.of.slow),
        fast_index: soon.then_some(fast.value),
        texts: slow.texts,
        weight: slow.weight,
    }
}

/// A department or contact with its index.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct NodeSentiment {
    /// Its id.
    pub id: i64,
    /// Its index.
    #[serde(flatten)]
    pub sentiment: Sentiment,
}

/// A sentence that carried an index.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Carried {
    /// The sentence.
    #[serde(flatten)]
    pub sentence: Sentence,
    /// The interaction that it stands in.
    pub interaction_id: i64,
    /// Where the interaction is to be had.
    pub href: String,
    /// When it was said.
    pub at: UtcTime,
    /// How.
    pub channel: String,
    /// By whom.
    pub contact_id: Option<i64>,
    /// Of which department.
    pub department_id: Option<i64>,
}

/// What a customer's texts say about a topic.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct TopicSummary {
    /// The topic.
    pub topic: Topic,
    /// Texts that touch it.
    pub texts: u64,
    /// Mean of what they say about it.
    pub polarity: f64,
}

/// The sentiment of a customer, and what is behind it.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct CustomerSentiment {
    /// The customer.
    pub customer_id: i64,
    /// What was said before this moment counts.
    pub until: UtcTime,
    /// The company's median; `null` if of no customer there is enough text.
    pub company_median: Option<f64>,
    /// The customer's index.
    #[serde(flatten)]
    pub sentiment: Sentiment,
    /// Its departments that were heard.
    pub departments: Vec<NodeSentiment>,
    /// Its contacts that were heard.
    pub contacts: Vec<NodeSentiment>,
    /// The newest strong sentences, 5 at most.
    pub sentences: Vec<Carried>,
    /// What the newest 200 texts say about topics.
    pub topics: Vec<TopicSummary>,
}

/// The company's medians: those of the newest run as of the period's day or of one of the 60 days
/// before; without such a run from the texts of all customers.
///
/// # Errors
///
/// The database's.
pub fn company(conn: &mut Conn, period: Period) -> DbResult<Median> {
    if let Some(found) = of_run(conn, period)? {
        return Ok(found);
    }
    let all = voices(conn, Whose::All, period.from, period.until)?;
    median(&all, period.until)
}

fn of_run(conn: &mut Conn, period: Period) -> DbResult<Option<Median>> {
    let since = period.on.checked_sub_days(Days::new(RUN_DAYS));
    median_of_run(conn, since.unwrap_or(period.on), period.on)
}

/// The sentiment of a customer that is known to exist.
///
/// # Errors
///
/// The database's.
pub fn of_customer(
    conn: &mut Conn,
    customer: CustomerId,
    period: Period,
    median: &Median,
) -> DbResult<CustomerSentiment> {
    let mut own = voices(conn, Whose::Customer(customer), period.from, period.until)?;
    own.retain(|one| one.feeling.is_some());
    let heirs = heirs(conn, customer)?;
    for one in &mut own {
        one.department = one.department.map(|id| *heirs.get(&id).unwrap_or(&id));
    }
    let whole = pair(&own, median.of, period.until)?;
    let departments = nodes(
        &own,
        |one| one.department.map(|id| id.0),
        |_| whole.into(),
        period,
    )?;
    let parent_of = |one: &SpokenAt| {
        let department = one.department.and_then(|id| departments.get(&id.0));
        department.copied().unwrap_or(whole).into()
    };
    let contacts = nodes(&own, |one| one.contact.map(|id| id.0), parent_of, period)?;
    let behind = texts::behind(conn, customer, period.from, period.until, LOOKED_AT)?;
    let list = |nodes: &BTreeMap<i64, Pair>| {
        let node = |(id, pair): (&i64, &Pair)| NodeSentiment {
            id: *id,
            sentiment: shown(*pair, median),
        };
        nodes.iter().map(node).collect()
    };
    Ok(CustomerSentiment {
        customer_id: customer.0,
        until: period.until,
        company_median: median.known(),
        sentiment: shown(whole, median),
        departments: list(&departments),
        contacts: list(&contacts),
        sentences: strongest(&behind, period.until)?,
        topics: topics(&behind)?,
    })
}

/// The nodes below a customer. A node's parent is that of its newest text: a person who moved to
/// another department is judged under that one.
fn nodes(
    own: &[SpokenAt],
    key: impl Fn(&SpokenAt) -> Option<i64>,
    parent: impl Fn(&SpokenAt) -> Parent,
    period: Period,
) -> DbResult<BTreeMap<i64, Pair>> {
    let mut by_node: BTreeMap<i64, Vec<&SpokenAt>> = BTreeMap::new();
    for one in own {
        if let Some(id) = key(one) {
            by_node.entry(id).or_default().push(one);
        }
    }
    let mut found = BTreeMap::new();
    for (id, texts) in by_node {
        let newest = texts.iter().max_by_key(|one| one.at);
        let above = newest.map(|one| parent(one)).unwrap_or_default();
        found.insert(id, pair(texts, above, period.until)?);
    }
    Ok(found)
}

fn strongest(behind: &[Behind], until: UtcTime) -> DbResult<Vec<Carried>> {
    let mut found = Vec::new();
    for text in behind {
        let sentences: Vec<Sentence> = stored(text.sentences.as_deref())?;
        let age = until.0.signed_duration_since(text.at.0).num_seconds() as f64 / 86_400.0;
        for sentence in sentences {
            let strength = sentence.polarity.abs() * (-age / SENTENCE_HALF_LIFE).exp2();
            let carried = Carried {
                sentence,
                interaction_id: text.id,
                href: format!("/api/v1/interactions/{}", text.id),
                at: text.at,
                channel: text.channel.clone(),
                contact_id: text.contact_id,
                department_id: text.department_id,
            };
            found.push((strength, carried));
        }
    }
    // Of equals the newer, which comes first, stays in front.
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.truncate(SHOWN);
    Ok(found.into_iter().map(|(_, carried)| carried).collect())
}

fn topics(behind: &[Behind]) -> DbResult<Vec<TopicSummary>> {
    let mut sums: BTreeMap<Topic, (u64, f64)> = BTreeMap::new();
    for text in behind {
        let topics: Vec<TopicPolarity> = stored(text.topics.as_deref())?;
        for found in topics {
            let sum = sums.entry(found.topic).or_default();
            sum.0 += 1;
            sum.1 += found.polarity;
        }
    }
    let summary = |(topic, (texts, sum)): (Topic, (u64, f64))| TopicSummary {
        topic,
        texts,
        polarity: sum / texts as f64,
    };
    Ok(sums.into_iter().map(summary).collect())
}

/// A list that is stored as JSON; empty where there is none.
///
/// # Errors
///
/// [`DbError::Corrupt`].
pub fn stored<T: serde::de::DeserializeOwned>(json: Option<&str>) -> DbResult<Vec<T>> {
    json.map_or(Ok(Vec::new()), |json| {
        serde_json::from_str(json)
            .map_err(|error| DbError::corrupt("interactions.sentences", error))
    })
}

/// The sentiment of what customers say to one of our own people.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct UserSentiment {
    /// The user.
    pub user_id: i64,
    /// What was said before this moment counts.
    pub until: UtcTime,
    /// The company's median.
    pub company_median: Option<f64>,
    /// Customers that were heard.
    pub customers: u64,
    /// The index of what was said to the person.
    #[serde(flatten)]
    pub sentiment: Sentiment,
}

/// The sentiment of what customers say to one of our own people.
///
/// # Errors
///
/// 404, or the database's.
pub fn of_user(conn: &mut Conn, id: i64, period: Period) -> Answer<UserSentiment> {
    let user = crate::access::store::user(conn, id)?
        .ok_or_else(|| Error::not_found("user", Reference::Id(id)))?;
    let median = company(conn, period)?;
    let mut own = voices(conn, Whose::User(user.id), period.from, period.until)?;
    own.retain(|one| one.feeling.is_some());
    let customers: std::collections::BTreeSet<CustomerId> =
        own.iter().map(|one| one.customer).collect();
    Ok(UserSentiment {
        user_id: id,
        until: period.until,
        company_median: median.known(),
        customers: customers.len() as u64,
        sentiment: shown(pair(&own, median.of, period.until)?, &median),
    })
}

/// The sentiment of departments of one kind, over the customers that the caller may see.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct KindSentiment {
    /// What the departments do.
    pub kind: String,
    /// Departments that were heard.
    pub departments: u64,
    /// Their index.
    #[serde(flatten)]
    pub sentiment: Sentiment,
}

/// The sentiment of departments by kind; `kinds` are those that the caller may see, by id.
///
/// # Errors
///
/// The database's.
pub fn by_kind(
    conn: &mut Conn,
    kinds: &BTreeMap<i64, String>,
    period: Period,
) -> DbResult<Vec<KindSentiment>> {
    let mut all = voices(conn, Whose::All, period.from, period.until)?;
    all.retain(|one| one.feeling.is_some());
    let median = match of_run(conn, period)? {
        Some(found) => found,
        None => median(&all, period.until)?,
    };
    let mut heard: BTreeMap<&str, BTreeMap<i64, Vec<&SpokenAt>>> = BTreeMap::new();
    for one in &all {
        let Some(id) = one.department else { continue };
        if let Some(kind) = kinds.get(&id.0) {
            let departments = heard.entry(kind).or_default();
            departments.entry(id.0).or_default().push(one);
        }
    }
    let mut found = Vec::with_capacity(heard.len());
    for (kind, departments) in heard {
        let own = departments.values().flatten().copied();
        found.push(KindSentiment {
            kind: kind.to_owned(),
            departments: departments.len() as u64,
            sentiment: shown(pair(own, median.of, period.until)?, &median),
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_ends_where_its_day_begins_in_the_instances_time_zone() {
        let now = "2026-03-02T08:00:00Z".parse().unwrap();
        let zone = chrono_tz::Asia::Shanghai;
        let day = |text: &str| Some(text.parse().unwrap());
        let period = Period::before(day("2026-03-01"), now, zone, 10).unwrap();
        // Midnight of 1 March in Shanghai is 16:00 of the day before.
        assert_eq!(period.until.0.to_rfc3339(), "2026-02-28T16:00:00+00:00");
        assert_eq!(period.from.0.to_rfc3339(), "2026-02-18T16:00:00+00:00");
        let live = Period::before(None, now, zone, 10).unwrap();
        assert_eq!((live.until.0, Some(live.on)), (now, day("2026-03-02")));
        let today = Period::before(day("2026-03-02"), now, zone, 10).unwrap();
        assert_eq!(today.until.0.to_rfc3339(), "2026-03-01T16:00:00+00:00");
        assert!(Period::before(day("2026-03-03"), now, zone, 10).is_err());
    }
}
