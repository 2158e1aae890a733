//! The sentiment index of contacts, departments, customers and our own people.
//!
//! ```text
//! company's median ─> customer ─> department ─> contact        (each the parent of the next)
//!        └──────────> one of our own people
//! ```
//!
//! The company's median is the median index, with parent 0, of the customers of whom there is enough
//! text. It is also the zero against which an index is read: texts of business are on the whole
//! friendlier than their writers, by .08 to .20.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::scorer::{Sentence, TopicPolarity};
use super::store::texts::{self, Behind};
use super::store::{SpokenAt, Whose, voices_of};
use crate::api::reference::Reference;
use crate::db::{Conn, DbError, DbResult, UtcTime};
use crate::error::{Answer, Error};
use crate::ids::CustomerId;
use crate::sentiment::{Index, IndexSettings, Topic, Voice, index};

/// Days of texts that count: behind six half-lives a text weighs a sixty-fourth.
pub const WINDOW_DAYS: i64 = 365;
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
    /// Its first moment.
    pub from: UtcTime,
    /// The moment behind its last.
    pub until: UtcTime,
}

impl Period {
    /// The `days` before the end of a day, or before now if that day is today.
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
        let until = match as_of {
            Some(day) if day > today => {
                let rule = "expected a day that is not in the future";
                return Err(Error::invalid("as_of", "future", rule));
            }
            Some(day) if day < today => day_ends(day, zone).unwrap_or(now),
            _ => now,
        };
        let from = until
            .checked_sub_signed(TimeDelta::days(days))
            .unwrap_or(DateTime::UNIX_EPOCH);
        Ok(Self {
            from: from.into(),
            until: until.into(),
        })
    }
}

/// The first moment of the next day; where a clock change leaves it out, an hour later.
fn day_ends(day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    let next = day.checked_add_days(Days::new(1))?.and_time(NaiveTime::MIN);
    let begin = zone.from_local_datetime(&next).earliest().or_else(|| {
        zone.from_local_datetime(&(next + TimeDelta::hours(1)))
            .earliest()
    })?;
    Some(begin.with_timezone(&Utc))
}

/// The index over months, and the one over weeks that alarms look at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Half-life 60 days.
    pub slow: Index,
    /// Half-life 21 days.
    pub fast: Index,
}

/// The parents of a node: an index over months and one over weeks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Parent {
    /// Half-life 60 days.
    pub slow: f64,
    /// Half-life 21 days.
    pub fast: f64,
}

impl From<Pair> for Parent {
    fn from(pair: Pair) -> Self {
        Self {
            slow: pair.slow.value,
            fast: pair.fast.value,
        }
    }
}

/// The company's medians, and of how many customers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Median {
    /// Of the indices; 0 if of no customer there is enough text.
    pub of: Parent,
    /// Customers of whom there is enough text.
    pub customers: u64,
}

/// The text as it counts at a moment.
fn voice(spoken: &SpokenAt, until: UtcTime) -> Voice {
    let age = until.0.signed_duration_since(spoken.at.0);
    Voice {
        age_days: (age.num_seconds() as f64 / 86_400.0).max(0.0),
        weight: spoken.channel.weight(),
        polarity: spoken.polarity,
        confidence: spoken.confidence,
        neutral: spoken.neutral,
    }
}

/// The index of texts at a moment.
///
/// # Errors
///
/// [`DbError::Corrupt`] if a stored polarity or confidence is none.
pub fn pair<'a>(
    spoken: impl IntoIterator<Item = &'a SpokenAt>,
    parent: Parent,
    until: UtcTime,
) -> DbResult<Pair> {
    let voices: Vec<Voice> = spoken.into_iter().map(|one| voice(one, until)).collect();
    let of = |parent, settings| {
        index(&voices, parent, &settings)
            .map_err(|error| DbError::corrupt("interactions.polarity", error))
    };
    Ok(Pair {
        slow: of(parent.slow, IndexSettings::default())?,
        fast: of(parent.fast, IndexSettings::fast())?,
    })
}

/// The company's medians at a moment, from the texts of all customers.
///
/// # Errors
///
/// As [`pair`].
pub fn median(spoken: &[SpokenAt], until: UtcTime) -> DbResult<Median> {
    let mut by_customer: HashMap<CustomerId, Vec<&SpokenAt>> = HashMap::new();
    for one in spoken {
        by_customer.entry(one.customer).or_default().push(one);
    }
    let (mut slow, mut fast) = (Vec::new(), Vec::new());
    for own in by_customer.into_values() {
        let found = pair(own, Parent::default(), until)?;
        if found.slow.enough {
            slow.push(found.slow.value);
            fast.push(found.fast.value);
        }
    }
    Ok(Median {
        customers: slow.len() as u64,
        of: Parent {
            slow: middle(slow),
            fast: middle(fast),
        },
    })
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    let upper = values.get(half).copied().unwrap_or_default();
    match values.get(half.wrapping_sub(1)) {
        Some(lower) if values.len().is_multiple_of(2) => f64::midpoint(*lower, upper),
        _ => upper,
    }
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

/// The company's medians in a period; reads the texts' scores of all customers.
///
/// # Errors
///
/// The database's.
pub fn company(conn: &mut Conn, period: Period) -> DbResult<Median> {
    let all = voices_of(conn, Whose::All, period.from, period.until)?;
    median(&all, period.until)
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
    let wanted = Whose::Customer(customer);
    let own = voices_of(conn, wanted, period.from, period.until)?;
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
        company_median: (median.customers > 0).then_some(median.of.slow),
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
    let all = voices_of(conn, Whose::All, period.from, period.until)?;
    let median = median(&all, period.until)?;
    let own: Vec<&SpokenAt> = all.iter().filter(|one| one.user == Some(user.id)).collect();
    let customers: std::collections::BTreeSet<CustomerId> =
        own.iter().map(|one| one.customer).collect();
    Ok(UserSentiment {
        user_id: id,
        until: period.until,
        company_median: (median.customers > 0).then_some(median.of.slow),
        customers: customers.len() as u64,
        sentiment: shown(pair(own, median.of, period.until)?, &median),
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
    let all = voices_of(conn, Whose::All, period.from, period.until)?;
    let median = median(&all, period.until)?;
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
    fn the_median_lies_in_the_middle() {
        assert!(middle(Vec::new()).abs() < 1e-12);
        assert!((middle(vec![0.3]) - 0.3).abs() < 1e-12);
        assert!((middle(vec![0.5, -0.1]) - 0.2).abs() < 1e-12);
        assert!((middle(vec![0.9, -0.5, 0.1]) - 0.1).abs() < 1e-12);
    }

    #[test]
    fn a_period_ends_with_its_day_in_the_instances_time_zone() {
        let now = "2026-03-02T08:00:00Z".parse().unwrap();
        let zone = chrono_tz::Asia::Shanghai;
        let day = |text: &str| Some(text.parse().unwrap());
        let period = Period::before(day("2026-02-28"), now, zone, 10).unwrap();
        // Midnight of 1 March in Shanghai is 16:00 of the day before.
        assert_eq!(period.until.0.to_rfc3339(), "2026-02-28T16:00:00+00:00");
        assert_eq!(period.from.0.to_rfc3339(), "2026-02-18T16:00:00+00:00");
        assert_eq!(Period::before(None, now, zone, 10).unwrap().until.0, now);
        let today = Period::before(day("2026-03-02"), now, zone, 10).unwrap();
        assert_eq!(today.until.0, now);
        assert!(Period::before(day("2026-03-03"), now, zone, 10).is_err());
    }
}
