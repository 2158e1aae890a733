//! What can be told of a user, and how it stands in a row.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::User;
use crate::access::preferences::{self, Frequency, RollUp};
use crate::db::schema::users;
use crate::db::{DbError, DbResult};

/// What can be told of a user.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserInput {
    /// The person's name.
    pub name: String,
    /// Where mails go.
    pub email: String,
    /// `en` (default) or `zh`.
    #[serde(default = "english")]
    pub language: String,
    /// The team; without one the person hears of every customer.
    #[serde(default)]
    pub team_id: Option<i64>,
    /// Whether alerts are mailed; default true.
    #[serde(default = "yes")]
    pub mail_alerts: bool,
    /// How alerts of high severity are told; default `real_time`.
    #[serde(default = "real_time")]
    pub mail_high: Frequency,
    /// Those of medium severity; default `real_time`.
    #[serde(default = "real_time")]
    pub mail_medium: Frequency,
    /// Those of low severity; default `daily`.
    #[serde(default = "daily")]
    pub mail_low: Frequency,
    /// IANA name of the person's time zone; without one the instance's.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// From when on no mail is sent, `HH:MM`; such quiet hours may last over midnight.
    #[serde(default)]
    pub quiet_from: Option<String>,
    /// Until when.
    #[serde(default)]
    pub quiet_until: Option<String>,
    /// When digests come, `HH:MM`; default `07:00`.
    #[serde(default = "seven")]
    pub digest_at: String,
    /// On which day the weekly one comes: 1 Monday (default) to 7 Sunday.
    #[serde(default = "monday")]
    pub digest_weekday: i64,
    /// How many mails of their own alerts may send in a calendar month; default 30, `null`: no limit.
    #[serde(default = "thirty")]
    pub mail_budget: Option<i64>,
    /// How often the roll-up of the team's alerts comes; default `never`.
    #[serde(default = "no_roll_up")]
    pub roll_up: RollUp,
}

impl UserInput {
    /// Somebody with the usual preferences.
    pub fn new(name: String, email: String) -> Self {
        Self {
            name,
            email,
            language: english(),
            team_id: None,
            mail_alerts: yes(),
            mail_high: real_time(),
            mail_medium: real_time(),
            mail_low: daily(),
            time_zone: None,
            quiet_from: None,
            quiet_until: None,
            digest_at: seven(),
            digest_weekday: monday(),
            mail_budget: thirty(),
            roll_up: no_roll_up(),
        }
    }

    /// What stands of a user, for changing a part of it.
    ///
    /// # Errors
    ///
    /// [`DbError::Corrupt`] if the stored words make no sense.
    pub fn of(user: &User) -> DbResult<Self> {
        let frequency =
            |what, word: &str| Frequency::parse(word).ok_or_else(|| DbError::corrupt(what, word));
        let time = |minute: Option<i64>| minute.map(preferences::clock_time);
        Ok(Self {
            name: user.name.clone(),
            email: user.email.clone(),
            language: user.language.clone(),
            team_id: user.team_id,
            mail_alerts: user.mail_alerts,
            mail_high: frequency("users.mail_high", &user.mail_high)?,
            mail_medium: frequency("users.mail_medium", &user.mail_medium)?,
            mail_low: frequency("users.mail_low", &user.mail_low)?,
            time_zone: user.time_zone.clone(),
            quiet_from: time(user.quiet_from),
            quiet_until: time(user.quiet_until),
            digest_at: preferences::clock_time(user.digest_at),
            digest_weekday: user.digest_weekday,
            mail_budget: user.mail_budget,
            roll_up: RollUp::parse(&user.roll_up)
                .ok_or_else(|| DbError::corrupt("users.roll_up", &user.roll_up))?,
        })
    }

    pub(super) fn row(&self) -> UserRow<'_> {
        let minute = |time: &Option<String>| time.as_deref().and_then(preferences::minute_of_day);
        UserRow {
            name: &self.name,
            email: &self.email,
            language: &self.language,
            team_id: self.team_id,
            mail_alerts: self.mail_alerts,
            mail_high: self.mail_high.word(),
            mail_medium: self.mail_medium.word(),
            mail_low: self.mail_low.word(),
            time_zone: self.time_zone.clone(),
            quiet_from: minute(&self.quiet_from),
            quiet_until: minute(&self.quiet_until),
            // Checked before it is written.
            digest_at: preferences::minute_of_day(&self.digest_at).unwrap_or(SEVEN),
            digest_weekday: self.digest_weekday,
            mail_budget: self.mail_budget,
            roll_up: self.roll_up.word(),
        }
    }
}

/// Seven o'clock, in minutes of the day.
const SEVEN: i64 = 420;

/// What is written of a user.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = users, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct UserRow<'a> {
    name: &'a str,
    email: &'a str,
    language: &'a str,
    team_id: Option<i64>,
    mail_alerts: bool,
    mail_high: &'static str,
    mail_medium: &'static str,
    mail_low: &'static str,
    time_zone: Option<String>,
    quiet_from: Option<i64>,
    quiet_until: Option<i64>,
    digest_at: i64,
    digest_weekday: i64,
    mail_budget: Option<i64>,
    roll_up: &'static str,
}

fn real_time() -> Frequency {
    Frequency::RealTime
}

fn daily() -> Frequency {
    Frequency::Daily
}

fn seven() -> String {
    preferences::clock_time(SEVEN)
}

fn monday() -> i64 {
    1
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "serde takes the default of the field's type"
)]
fn thirty() -> Option<i64> {
    Some(30)
}

fn no_roll_up() -> RollUp {
    RollUp::Never
}

fn english() -> String {
    "en".to_owned()
}

fn yes() -> bool {
    true
}
