//! Seeded synthetic networks whose numbers of links follow a power law.

use hawser::cascade::{Description, Link, Network, Strengths};
use hawser::shipments::model::FreightTerms;

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

    /// A customer of so many; low indices are the hubs.
    fn customer(&mut self, customers: u32) -> u32 {
        (f64::from(customers) * self.next().powi(3)) as u32 % customers
    }
}

/// So many customers with own churn up to 0.2, and links between them.
pub struct Trade {
    pub own: Vec<f64>,
    pub zeros: Vec<f64>,
    pub links: Vec<Link>,
}

impl Trade {
    pub fn new(customers: u32, count: usize) -> Self {
        let mut random = Random(7);
        let mut links = Vec::with_capacity(count);
        while links.len() < count {
            let (shipper, consignee) = (random.customer(customers), random.customer(customers));
            // Hubs ship, the small receive: scramble the consignees' order against the shippers'.
            let consignee = (u64::from(consignee) * 48_271 % u64::from(customers)) as u32;
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
        let mut random = Random(8);
        let own: Vec<f64> = (0..customers).map(|_| 0.2 * random.next()).collect();
        Self {
            zeros: vec![0.0; own.len()],
            own,
            links,
        }
    }

    pub fn description(&self, kappa: f64) -> Description<'_> {
        Description {
            own_churn: &self.own,
            own_business: &self.zeros,
            own_value: &self.zeros,
            links: &self.links,
            strengths: Strengths::uniform(kappa),
        }
    }

    pub fn network(&self, kappa: f64) -> Network {
        Network::compile(&self.description(kappa)).unwrap()
    }
}
