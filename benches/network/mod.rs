//! A seeded power-law network, the same for every benchmark that includes it.

use hawser::cascade::{Description, Link, Network, Strengths};
use hawser::shipments::model::FreightTerms;

pub const CUSTOMERS: u32 = 100_000;
pub const LINKS: usize = 1_000_000;

/// `SplitMix64`: small, seeded, good enough to lay out a benchmark.
pub struct Random(pub u64);

impl Random {
    /// A number in `(0, 1)`.
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64 + 1e-18
    }

    /// A customer; low indices are the hubs.
    fn customer(&mut self) -> u32 {
        (f64::from(CUSTOMERS) * self.next().powi(3)) as u32 % CUSTOMERS
    }
}

/// A million links between 100,000 customers.
pub fn links() -> Vec<Link> {
    let mut random = Random(7);
    let mut links = Vec::with_capacity(LINKS);
    while links.len() < LINKS {
        let (shipper, consignee) = (random.customer(), random.customer());
        // Hubs ship, the small receive: scramble the consignees' order against the shippers'.
        let consignee = (u64::from(consignee) * 48_271 % u64::from(CUSTOMERS)) as u32;
        if shipper != consignee {
            links.push(Link {
                shipper,
                consignee,
                business: random.next().powf(-0.6),
                value: random.next(),
                terms: FreightTerms::Unknown,
            });
        }
    }
    links
}

/// Own churn of everybody, up to 0.2.
pub fn own_churn() -> Vec<f64> {
    let mut random = Random(8);
    (0..CUSTOMERS).map(|_| 0.2 * random.next()).collect()
}

/// The network with one strength for everybody.
#[allow(dead_code, reason = "not every benchmark wants it")]
pub fn network(kappa: f64) -> Network {
    let (links, own) = (links(), own_churn());
    let zeros = vec![0.0; own.len()];
    Network::compile(&Description {
        own_churn: &own,
        own_business: &zeros,
        own_value: &zeros,
        links: &links,
        strengths: Strengths::uniform(kappa),
    })
    .unwrap()
}
