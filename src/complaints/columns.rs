//! The columns of files of complaints.

use super::store::Values;
use crate::engagement::file::{Cell, Column, Filed, KEY, record_key};

impl Filed for Values {
    const COLUMNS: &'static [&'static [Column]] = &[
        KEY,
        record_key!("customer"),
        &[
            Column::of("department_id", Cell::Whole),
            Column::of("contact_id", Cell::Whole),
        ],
        record_key!("partner"),
        record_key!("shipment"),
        &[
            Column::of("owner_id", Cell::Whole),
            Column::of("channel", Cell::Text),
            Column::of("severity", Cell::Text),
            Column::of("subject", Cell::Text),
            Column::of("text", Cell::Text),
            Column::of("cause", Cell::Text),
            Column::of("remedy", Cell::Text),
            Column::of("action", Cell::Text),
            Column::of("claim_amount", Cell::Whole),
            Column::of("received_at", Cell::Text),
            Column::of("acknowledged_at", Cell::Text),
            Column::of("answered_at", Cell::Text),
            Column::of("confirmed_at", Cell::Text),
            Column::of("confirmation", Cell::Text),
        ],
    ];
}
