//! Real places for invented customers: country, UN/LOCODE, region and the style of names there.

use super::names::Style;

/// A part of the world; carriage within one is cheaper than between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Region {
    Europe,
    Asia,
    Americas,
    Africa,
}

/// A port or city.
#[derive(Debug)]
pub(super) struct Place {
    /// ISO 3166-1 alpha-2.
    pub country: &'static str,
    /// UN/LOCODE.
    pub locode: &'static str,
    pub region: Region,
    pub style: Style,
    /// How many of our customers are here, relative to the other places.
    pub weight: f64,
}

const fn place(
    country: &'static str,
    locode: &'static str,
    region: Region,
    style: Style,
    weight: f64,
) -> Place {
    Place {
        country,
        locode,
        region,
        style,
        weight,
    }
}

use Region::{Africa, Americas, Asia, Europe};
use Style::{
    Chinese, English, French, German, Iberian, Italian, Japanese, Nordic, Slavic, Turkish,
};

/// Where customers are: a European firm with a second leg in Asia.
pub(super) const PLACES: &[Place] = &[
    place("DE", "DEHAM", Europe, German, 8.0),
    place("DE", "DEBRE", Europe, German, 3.0),
    place("DE", "DEDUI", Europe, German, 5.0),
    place("DE", "DEMUC", Europe, German, 5.0),
    place("DE", "DESTR", Europe, German, 5.0),
    place("AT", "ATVIE", Europe, German, 3.0),
    place("CH", "CHBSL", Europe, German, 2.0),
    place("NL", "NLRTM", Europe, Nordic, 5.0),
    place("BE", "BEANR", Europe, French, 4.0),
    place("FR", "FRLEH", Europe, French, 3.0),
    place("FR", "FRMRS", Europe, French, 3.0),
    place("FR", "FRPAR", Europe, French, 3.0),
    place("ES", "ESBCN", Europe, Iberian, 3.0),
    place("ES", "ESVLC", Europe, Iberian, 2.0),
    place("PT", "PTLIS", Europe, Iberian, 1.0),
    place("IT", "ITGOA", Europe, Italian, 3.0),
    place("IT", "ITMIL", Europe, Italian, 3.0),
    place("GB", "GBFXT", Europe, English, 3.0),
    place("GB", "GBLIV", Europe, English, 2.0),
    place("IE", "IEDUB", Europe, English, 1.0),
    place("DK", "DKAAR", Europe, Nordic, 1.5),
    place("SE", "SEGOT", Europe, Nordic, 2.0),
    place("FI", "FIHEL", Europe, Nordic, 1.0),
    place("NO", "NOOSL", Europe, Nordic, 1.0),
    place("PL", "PLGDN", Europe, Slavic, 3.0),
    place("PL", "PLWAW", Europe, Slavic, 3.0),
    place("CZ", "CZPRG", Europe, Slavic, 2.5),
    place("SK", "SKBTS", Europe, Slavic, 1.0),
    place("SI", "SIKOP", Europe, Slavic, 1.0),
    place("TR", "TRIST", Europe, Turkish, 2.0),
    place("TR", "TRIZM", Europe, Turkish, 1.0),
    place("CN", "CNSHA", Asia, Chinese, 6.0),
    place("CN", "CNNGB", Asia, Chinese, 4.0),
    place("CN", "CNSZX", Asia, Chinese, 4.0),
    place("CN", "CNTAO", Asia, Chinese, 2.0),
    place("CN", "CNTSN", Asia, Chinese, 2.0),
    place("HK", "HKHKG", Asia, Chinese, 2.0),
    place("TW", "TWKHH", Asia, Chinese, 1.5),
    place("JP", "JPYOK", Asia, Japanese, 1.5),
    place("JP", "JPUKB", Asia, Japanese, 1.0),
    place("SG", "SGSIN", Asia, English, 2.0),
    place("IN", "INNSA", Asia, English, 1.5),
    place("AU", "AUMEL", Asia, English, 1.0),
    place("US", "USNYC", Americas, English, 2.0),
    place("US", "USLAX", Americas, English, 2.0),
    place("CA", "CAVAN", Americas, English, 1.0),
    place("MX", "MXVER", Americas, Iberian, 1.0),
    place("BR", "BRSSZ", Americas, Iberian, 1.0),
    place("CL", "CLVAP", Americas, Iberian, 0.5),
    place("MA", "MACAS", Africa, French, 0.7),
    place("ZA", "ZADUR", Africa, English, 0.7),
];

/// How far two places are apart, as far as prices and transit times go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Distance {
    Domestic,
    Regional,
    Overseas,
}

impl Distance {
    /// From `origin` to `destination`.
    pub fn between(origin: &Place, destination: &Place) -> Self {
        if origin.country == destination.country {
            Self::Domestic
        } else if origin.region == destination.region {
            Self::Regional
        } else {
            Self::Overseas
        }
    }

    /// Days from pick-up to the promised delivery: the least, and how many more are usual.
    pub fn transit_days(self) -> (u32, u32) {
        match self {
            Self::Domestic => (1, 2),
            Self::Regional => (3, 4),
            Self::Overseas => (16, 18),
        }
    }

    /// Freight: minor units for any shipment, and per kg^0.75, as heavy goods go cheaper.
    pub fn tariff(self) -> (f64, f64) {
        match self {
            Self::Domestic => (4_500.0, 95.0),
            Self::Regional => (9_000.0, 180.0),
            Self::Overseas => (24_000.0, 310.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_locode_is_in_its_country_and_stands_once() {
        let mut seen = std::collections::BTreeSet::new();
        for place in PLACES {
            assert!(place.locode.starts_with(place.country), "{place:?}");
            assert_eq!(place.locode.len(), 5, "{place:?}");
            assert!(seen.insert(place.locode), "{place:?}");
        }
    }
}
