//! Our own people in the demo.

/// A team of the logistics firm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoTeam {
    /// Name.
    pub name: &'static str,
}

/// One of the logistics firm's people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoUser {
    /// Name.
    pub name: &'static str,
    /// Address; the domain exists nowhere.
    pub email: &'static str,
    /// BCP 47: `en` or `zh`.
    pub language: &'static str,
    /// Position in [`super::DemoWorld::teams`].
    pub team: usize,
}

/// Team that looks after customers in Asia; the other one has everybody else.
pub(super) const ASIA: usize = 1;

pub(super) const TEAMS: &[DemoTeam] = &[
    DemoTeam {
        name: "Europe and the Americas",
    },
    DemoTeam {
        name: "Asia 亚洲组",
    },
];

const fn user(
    name: &'static str,
    email: &'static str,
    language: &'static str,
    team: usize,
) -> DemoUser {
    DemoUser {
        name,
        email,
        language,
        team,
    }
}

pub(super) const USERS: &[DemoUser] = &[
    user(
        "Femke Duinhoek",
        "femke.duinhoek@ankerwick.example",
        "en",
        0,
    ),
    user(
        "Jörg Möhrenschläger",
        "joerg.moehrenschlaeger@ankerwick.example",
        "en",
        0,
    ),
    user("顾若溪", "gu.ruoxi@ankerwick.example", "zh", ASIA),
    user(
        "Priya Lanternby",
        "priya.lanternby@ankerwick.example",
        "en",
        ASIA,
    ),
];
