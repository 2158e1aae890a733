//! The columns of files of complaints.

use super::store::Row;
use crate::engagement::file::{Cell, Column, Filed, column};

impl Filed for Row {
    const COLUMNS: &'static [Column] = &[
        column("external_id", &["external_id", "id"], Cell::Text),
        column("external_system", &["external_id", "system"], Cell::Text),
        column("customer.id", &["customer", "id"], Cell::Whole),
        column(
            "customer.external_id",
            &["customer", "external_id", "id"],
            Cell::Text,
        ),
        column(
            "customer.external_system",
            &["customer", "external_id", "system"],
            Cell::Text,
        ),
        column("department_id", &["department_id"], Cell::Whole),
        column("contact_id", &["contact_id"], Cell::Whole),
        column("partner.id", &["partner", "id"], Cell::Whole),
        column(
            "partner.external_id",
            &["partner", "external_id", "id"],
            Cell::Text,
        ),
        column(
            "partner.external_system",
            &["partner", "external_id", "system"],
            Cell::Text,
        ),
        column("shipment.id", &["shipment", "id"], Cell::Whole),
        column(
            "shipment.external_id",
            &["shipment", "external_id", "id"],
            Cell::Text,
        ),
        column(
            "shipment.external_system",
            &["shipment", "external_id", "system"],
            Cell::Text,
        ),
        column("owner_id", &["owner_id"], Cell::Whole),
        column("channel", &["channel"], Cell::Text),
        column("severity", &["severity"], Cell::Text),
        column("subject", &["subject"], Cell::Text),
        column("text", &["text"], Cell::Text),
        column("cause", &["cause"], Cell::Text),
        column("remedy", &["remedy"], Cell::Text),
        column("action", &["action"], Cell::Text),
        column("claim_amount", &["claim_amount"], Cell::Whole),
        column("received_at", &["received_at"], Cell::Text),
        column("acknowledged_at", &["acknowledged_at"], Cell::Text),
        column("answered_at", &["answered_at"], Cell::Text),
        column("confirmed_at", &["confirmed_at"], Cell::Text),
        column("confirmation", &["confirmation"], Cell::Text),
    ];
}
