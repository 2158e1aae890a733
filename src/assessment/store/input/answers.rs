//! Answers to surveys as a run reads them.

use super::Spans;
use crate::assessment::inputs::{About, Collector, Spoken};
use crate::db::{Conn, DbResult};
use crate::surveys::store::{Voice, voices};

/// Gives the collector the answers that were given before the as-of date.
pub fn read(conn: &mut Conn, spans: &Spans, collector: &mut Collector) -> DbResult<()> {
    for voice in voices(conn, spans.signs_from_at, spans.as_of_at)? {
        collector.answer(voice.customer, spoken(voice, spans));
    }
    Ok(())
}

fn spoken(voice: Voice, spans: &Spans) -> Spoken {
    let side = voice.side;
    Spoken {
        contact: voice.contact,
        invitation: voice.invitation,
        department: voice.department,
        role: voice.role,
        owners: voice.owners,
        dimension: voice.dimension,
        about: voice.partner.map(|partner| About { partner, side }),
        score: voice.score,
        confidence: voice.confidence,
        on: spans.day(voice.answered_at),
        age_days: spans.age_days(voice.answered_at),
    }
}
