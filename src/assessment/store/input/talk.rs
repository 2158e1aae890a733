//! Inbound words as a run reads them: interactions, and comments beside answers.

use std::collections::HashMap;

use super::Spans;
use crate::assessment::inputs::Text;
use crate::db::{Conn, DbResult};
use crate::ids::CustomerId;
use crate::interactions::index::voice;
use crate::interactions::store::{Whose, voices};

/// The customer's own words of the last year, by customer; what our own people say is not among them.
pub fn read(conn: &mut Conn, spans: &Spans) -> DbResult<HashMap<CustomerId, Vec<Text>>> {
    let mut texts: HashMap<CustomerId, Vec<Text>> = HashMap::new();
    for spoken in voices(conn, Whose::All, spans.words_from, spans.as_of_at)? {
        texts.entry(spoken.customer).or_default().push(Text {
            department: spoken.department,
            on: spans.day(spoken.at),
            age_days: spans.age_days(spoken.at),
            voice: voice(&spoken, spans.as_of_at),
        });
    }
    Ok(texts)
}
