//! What the shippers of a demo world make, and how it travels.

use crate::shipments::model::Service;

/// A trade.
#[derive(Debug)]
pub(super) struct Sector {
    /// Usual weight of a shipment, kg.
    pub weight_kg: f64,
    /// Usual weight of a piece, kg.
    pub piece_kg: f64,
    /// Value of the goods, minor units per kg.
    pub value_per_kg: f64,
    /// How easily they break, against the others.
    pub fragility: f64,
    /// What is done for them; the first of them most of the time.
    pub services: [Service; 3],
}

use Service::{Distribution, Handling, Other, Packaging, Processing, Transport, Warehousing};

const fn sector(
    weight_kg: f64,
    piece_kg: f64,
    value_per_kg: f64,
    fragility: f64,
    services: [Service; 3],
) -> Sector {
    Sector {
        weight_kg,
        piece_kg,
        value_per_kg,
        fragility,
        services,
    }
}

/// Motor parts, chemicals, food, electronics, machinery, textiles, pharma, paper.
pub(super) const SECTORS: &[Sector; 8] = &[
    sector(
        900.0,
        60.0,
        1_400.0,
        0.8,
        [Transport, Warehousing, Packaging],
    ),
    sector(
        4_200.0,
        200.0,
        350.0,
        0.6,
        [Transport, Handling, Warehousing],
    ),
    sector(
        2_600.0,
        25.0,
        420.0,
        1.3,
        [Transport, Distribution, Warehousing],
    ),
    sector(
        350.0,
        12.0,
        9_500.0,
        1.6,
        [Transport, Distribution, Packaging],
    ),
    sector(
        3_100.0,
        450.0,
        2_300.0,
        1.0,
        [Transport, Handling, Packaging],
    ),
    sector(
        700.0,
        18.0,
        1_900.0,
        0.5,
        [Transport, Distribution, Processing],
    ),
    sector(180.0, 8.0, 22_000.0, 1.2, [Transport, Distribution, Other]),
    sector(
        6_500.0,
        500.0,
        110.0,
        0.7,
        [Transport, Warehousing, Distribution],
    ),
];
