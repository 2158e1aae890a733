//! The customers of a demo world, and what drives each of them.

use super::{
    dice::{Dice, Part, Urn},
    names::{self, Style},
    places::{PLACES, Place, Region},
    plan::DemoPlan,
    sectors::SECTORS,
    teams,
};

crate::word_enum! {
    /// On which end of its links a customer stands.
    DemoRole {
        /// Hands goods over.
        Shipper = "shipper",
        /// Receives goods.
        Consignee = "consignee",
        /// Does either.
        Both = "both",
    }
}

impl DemoRole {
    /// Whether it hands goods over.
    pub fn ships(self) -> bool {
        self != Self::Consignee
    }

    /// Whether it receives goods.
    pub fn receives(self) -> bool {
        self != Self::Shipper
    }
}

/// A customer of the demo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoCustomer {
    /// Key in the system [`super::SYSTEM`].
    pub code: String,
    /// Name; no two customers share one.
    pub name: String,
    /// ISO 3166-1 alpha-2.
    pub country: &'static str,
    /// Where its goods start or end, UN/LOCODE.
    pub locode: &'static str,
    /// On which end of its links it stands.
    pub role: DemoRole,
    /// Position in [`super::DemoWorld::teams`] of the team that looks after it.
    pub team: usize,
    /// Kinds of its departments: `purchasing`, `warehouse`, `production`, `sales`, `finance`,
    /// `quality` or `management`, each at most once.
    pub departments: Vec<&'static str>,
    /// People there, one a department at most.
    pub contacts: Vec<DemoContact>,
}

/// A person at a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoContact {
    /// Kind of the department, one of [`DemoCustomer::departments`].
    pub department: &'static str,
    /// Name.
    pub name: String,
    /// Address; the domain exists nowhere.
    pub email: String,
    /// BCP 47: `en` or `zh`.
    pub language: &'static str,
    /// Role in the buying centre: `decider`, `buyer`, `influencer`, `user` or `gatekeeper`.
    pub buying_role: &'static str,
}

/// What goes wrong, as a share of shipments, while all is as usual.
#[derive(Clone, Copy, Debug)]
pub(super) struct Errors {
    pub late: f64,
    pub damaged: f64,
    pub short: f64,
    pub invoice: f64,
}

/// Days of history, counted from its first, in which service is bad: from, and up to but without.
pub(super) type Spell = (u32, u32);

/// What drives a customer. Days are counted from the first of history.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    pub place: &'static Place,
    /// Position in [`SECTORS`].
    pub sector: usize,
    /// How much it draws links to itself: Pareto.
    pub pull: f64,
    /// What it pays, as a share of the tariff.
    pub price: f64,
    pub errors: Errors,
    /// First day with us.
    pub starts: u32,
    /// When service is bad.
    pub worse: Option<Spell>,
    /// Day from which it orders little.
    pub fades: Option<u32>,
    /// First day without us.
    pub leaves: Option<u32>,
}

/// Share of customers that pay less than they cost.
const LOSS_MAKING: f64 = 0.08;
/// Exponent of the Pareto law of pull: the largest customer of n has about n to this power.
const CONCENTRATION: f64 = 0.8;

/// Draws all customers.
pub(super) fn draw(plan: &DemoPlan) -> (Vec<DemoCustomer>, Vec<Profile>) {
    let mut dice = Dice::new(plan.seed(), Part::Customers);
    let places = Urn::new(PLACES.iter().map(|place| place.weight));
    let mut firms_of_style = [0; Style::COUNT];
    (0..plan.customers())
        .map(|number| {
            let profile = profile(plan, &places, &mut dice);
            let nth = firms_of_style.get_mut(profile.place.style as usize);
            let nth = nth.map_or(0, |count| std::mem::replace(count, *count + 1));
            (customer(number, nth, &profile, &mut dice), profile)
        })
        .unzip()
}

/// In every ten, four only ship, five only receive, one does both.
fn role(number: usize) -> DemoRole {
    match number % 10 {
        0 | 2 | 5 | 8 => DemoRole::Shipper,
        4 => DemoRole::Both,
        _ => DemoRole::Consignee,
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "an urn over the places draws one of them"
)]
fn profile(plan: &DemoPlan, places: &Urn, dice: &mut Dice) -> Profile {
    let most = libm::pow(plan.customers() as f64, CONCENTRATION);
    let pull = libm::pow(1.0 - dice.unit(), -CONCENTRATION).min(most);
    let price = if dice.chance(LOSS_MAKING) {
        dice.between(0.58, 0.74)
    } else {
        dice.between(0.93, 1.18)
    };
    Profile {
        place: &PLACES[places.draw(dice)],
        sector: dice.below(8) as usize % SECTORS.len(),
        pull,
        price,
        errors: Errors {
            late: dice.between(0.005, 0.07),
            damaged: dice.between(0.001, 0.012),
            short: dice.between(0.002, 0.02),
            invoice: dice.between(0.003, 0.03),
        },
        starts: if dice.chance(0.6) {
            0
        } else {
            dice.below(plan.days() * 3 / 10)
        },
        worse: None,
        fades: None,
        leaves: None,
    }
}

fn customer(number: usize, nth: usize, profile: &Profile, dice: &mut Dice) -> DemoCustomer {
    let place = profile.place;
    let code = format!("C-{:05}", number + 1);
    let departments = departments(profile.pull, dice);
    let contacts = departments
        .iter()
        .filter_map(|&department| {
            let known = department == "purchasing" || dice.chance(0.5);
            known.then(|| contact(department, &code, place, dice))
        })
        .collect();
    DemoCustomer {
        name: names::firm(place.style, nth, profile.sector),
        country: place.country,
        locode: place.locode,
        role: role(number),
        team: usize::from(place.region == Region::Asia) * teams::ASIA,
        departments,
        contacts,
        code,
    }
}

/// Every customer buys and has a gate; the large ones have more departments than the small.
fn departments(pull: f64, dice: &mut Dice) -> Vec<&'static str> {
    let size = (0.15 + pull / 12.0).min(0.9);
    let mut found = vec!["purchasing", "warehouse"];
    let more = ["finance", "quality", "production", "sales", "management"];
    found.extend(more.into_iter().filter(|_| dice.chance(size)));
    found
}

fn contact(department: &'static str, code: &str, place: &Place, dice: &mut Dice) -> DemoContact {
    let roles: &[&str] = match department {
        "purchasing" => &["buyer", "decider"],
        "management" => &["decider"],
        "warehouse" | "production" => &["user"],
        _ => &["influencer", "gatekeeper", "user"],
    };
    DemoContact {
        department,
        name: names::person(place.style, dice),
        email: format!("{department}@{}.example", code.to_lowercase()),
        language: place.style.language(),
        buying_role: dice.pick::<&str>(roles),
    }
}
