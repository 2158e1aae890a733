//! The demo's shipments as a file, its columns named like the fields of the API.

use std::io::Write;

use chrono::{DateTime, SecondsFormat, Utc};
use csv::ByteRecord;

use super::{DemoPlan, DemoWorld};
use crate::shipments::model::{Incoterm, PartyDraft, ShipmentDraft, ShipmentFacts};

/// The header. External ids are keys of the system [`super::SYSTEM`].
pub const COLUMNS: [&str; 32] = [
    "external_id",
    "shipper_external_id",
    "shipper_name",
    "shipper_country",
    "consignee_external_id",
    "consignee_name",
    "consignee_country",
    "payer_external_id",
    "payer_name",
    "payer_country",
    "freight_terms",
    "incoterm",
    "origin_country",
    "origin_locode",
    "destination_country",
    "destination_locode",
    "service",
    "booked_at",
    "promised_from",
    "promised_to",
    "picked_up_at",
    "delivered_at",
    "pieces",
    "weight_kg",
    "goods_value",
    "revenue",
    "direct_cost",
    "in_full",
    "damaged",
    "invoice_correct",
    "claim_amount",
    "status",
];

/// Writes the shipments of `plan`'s world to `out`: UTF-8, commas, a header; times RFC 3339 in UTC,
/// `true` and `false`, amounts in minor units, nothing where a value is unknown. Memory does not
/// grow with the number of shipments. Returns how many there are.
///
/// # Errors
///
/// That of `out`.
pub fn write(plan: &DemoPlan, out: impl Write) -> Result<usize, csv::Error> {
    write_world(&DemoWorld::new(plan), out)
}

/// As [`write()`], for a world that is there already.
///
/// # Errors
///
/// That of `out`.
pub fn write_world(world: &DemoWorld, out: impl Write) -> Result<usize, csv::Error> {
    let mut writer = csv::WriterBuilder::new()
        .buffer_capacity(1 << 16)
        .from_writer(out);
    writer.write_record(COLUMNS)?;
    let mut record = ByteRecord::new();
    let mut rows = 0;
    for draft in world.shipments() {
        record.clear();
        row(&mut record, &draft);
        writer.write_byte_record(&record)?;
        rows += 1;
    }
    writer.flush()?;
    Ok(rows)
}

/// Appends the cells of a shipment, in the order of [`COLUMNS`].
fn row(record: &mut ByteRecord, draft: &ShipmentDraft) {
    let nobody = PartyDraft::default();
    record.push_field(draft.external_id.id.as_bytes());
    let payer = draft.payer.as_ref().unwrap_or(&nobody);
    for party in [&draft.shipper, &draft.consignee, payer] {
        text(
            record,
            party.external_id.as_ref().map(|key| key.id.as_str()),
        );
        text(record, party.name.as_deref());
        text(record, party.country.as_deref());
    }
    facts(record, &draft.facts);
}

fn facts(record: &mut ByteRecord, facts: &ShipmentFacts) {
    text(record, Some(facts.freight_terms.word()));
    text(record, facts.incoterm.map(Incoterm::word));
    text(record, facts.origin_country.as_deref());
    text(record, facts.origin_locode.as_deref());
    text(record, facts.destination_country.as_deref());
    text(record, facts.destination_locode.as_deref());
    text(record, Some(facts.service.word()));
    for time in [
        facts.booked_at,
        facts.promised_from,
        facts.promised_to,
        facts.picked_up_at,
        facts.delivered_at,
    ] {
        let written = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        text(record, time.map(written).as_deref());
    }
    number(record, facts.pieces);
    number(record, facts.weight_kg);
    number(record, facts.goods_value);
    number(record, facts.revenue);
    number(record, facts.direct_cost);
    number(record, facts.in_full);
    number(record, facts.damaged);
    number(record, facts.invoice_correct);
    number(record, facts.claim_amount);
    text(record, Some(facts.status.word()));
}

fn text(record: &mut ByteRecord, value: Option<&str>) {
    record.push_field(value.unwrap_or_default().as_bytes());
}

fn number(record: &mut ByteRecord, value: Option<impl ToString>) {
    text(record, value.map(|value| value.to_string()).as_deref());
}
