//! Invented names of firms and people, recognisably so, in the scripts that real ones have.

use super::dice::Dice;

/// Where a name comes from: language of its words and legal form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    German,
    French,
    Iberian,
    Italian,
    Nordic,
    Slavic,
    Turkish,
    English,
    Chinese,
    Japanese,
}

impl Style {
    /// How many styles there are.
    pub const COUNT: usize = 10;

    /// What the style's names are made of.
    fn words(self) -> &'static Words {
        match self {
            Self::German => &GERMAN,
            Self::French => &FRENCH,
            Self::Iberian => &IBERIAN,
            Self::Italian => &ITALIAN,
            Self::Nordic => &NORDIC,
            Self::Slavic => &SLAVIC,
            Self::Turkish => &TURKISH,
            Self::English => &ENGLISH,
            Self::Chinese => &CHINESE,
            Self::Japanese => &JAPANESE,
        }
    }

    /// Language in which people there are written to, BCP 47.
    pub fn language(self) -> &'static str {
        match self {
            Self::Chinese => "zh",
            _ => "en",
        }
    }
}

/// Heads × tails, then the word for what the firm makes, then its legal form. Lists are parted by
/// bars.
struct Words {
    heads: &'static str,
    /// Between head and tail.
    joint: &'static str,
    tails: &'static str,
    /// In the order of [`super::sectors::SECTORS`].
    trades: &'static str,
    form: &'static str,
    /// Between stem, trade and form.
    space: &'static str,
    given: &'static str,
    family: &'static str,
}

const HEADS: usize = 16;
const TAILS: usize = 12;
/// Names of a style before they repeat with a number.
const STEMS: usize = HEADS * TAILS;
/// Step through the stems that meets every one: it shares no factor with [`STEMS`].
const STRIDE: usize = 89;

/// The name of the `nth` firm of this style, of the trade at `sector`; no two are the same.
pub(super) fn firm(style: Style, nth: usize, sector: usize) -> String {
    let words = style.words();
    let stem = (nth % STEMS) * STRIDE % STEMS;
    let word = |list: &'static str, at: usize| list.split('|').nth(at).unwrap_or_default();
    let (head, tail) = (
        word(words.heads, stem % HEADS),
        word(words.tails, stem / HEADS),
    );
    let trade = word(words.trades, sector);
    let Words {
        joint, space, form, ..
    } = words;
    match nth / STEMS {
        0 => format!("{head}{joint}{tail}{space}{trade}{space}{form}"),
        round => format!(
            "{head}{joint}{tail} {}{space}{trade}{space}{form}",
            round + 1
        ),
    }
}

/// The name of a person; a few share theirs, as people do.
pub(super) fn person(style: Style, dice: &mut Dice) -> String {
    let words = style.words();
    let mut name = |list: &'static str| *dice.pick(&list.split('|').collect::<Vec<_>>());
    let (given, family) = (name(words.given), name(words.family));
    match style {
        Style::Chinese => format!("{family}{given}"),
        _ => format!("{given} {family}"),
    }
}

const GERMAN: Words = Words {
    heads: "Möwen|Nebel|Uhu|Löwen|Ahorn|Kupfer|Fähr|Grün|Wolken|Hasel|Krähen|Ulmen|Brücken|\
        Distel|Käuzchen|Zwölf",
    joint: "",
    tails: "thal|feldt|brook|wörth|hagen|au|bühl|kamp|horst|moor|grund|sood",
    trades: "Fahrzeugteile|Chemie|Feinkost|Elektronik|Maschinenbau|Textil|Pharma|Papier",
    form: "GmbH",
    space: " ",
    given: "Jörg|Änne|Matthias|Sabine|Björn|Ulrike|Käthe|Lennart",
    family: "Brückner-Vahl|Möhrenschläger|Düsterhop|Kranzfelder|Ostertün|Wölckens|Zickenrott|\
        Hagedörn",
};

const FRENCH: Words = Words {
    heads: "Brume|Étoile|Noisette|Corneille|Lune|Forêt|Églantine|Marée|Givre|Saule|Loutre|\
        Mésange|Ambre|Bruyère|Tilleul|Hêtre",
    joint: " ",
    tails: "du Lac|des Dunes|de l'Aube|du Vallon|sereine|du Phare|des Vignes|du Marais|d'Argent|\
        du Gué|des Trois Ponts|de Biais",
    trades: "Pièces Auto|Chimie|Épicerie|Électronique|Mécanique|Tissages|Santé|Papeterie",
    form: "SARL",
    space: " ",
    given: "Léa|François|Hélène|Benoît|Zoé|Gaël|Anaïs|Rémi",
    family: "Vandermoor|Brisefer-Lô|Châtelvert|Desnoisettes|Lagrève|Montbrûlé|Quatrevents|\
        Tournelune",
};

const IBERIAN: Words = Words {
    heads: "Lucero|Gaviota|Encina|Niebla|Cigüeña|Almendro|Farol|Marisma|Golondrina|Peñasco|\
        Romero|Alcaraván|Jazmín|Cañada|Ribera|Búho",
    joint: " ",
    tails: "del Faro|de Plata|del Alba|Serena|del Río Quieto|del Monte|de Poniente|\
        de la Acequia|de los Nueve|del Páramo|Verde|del Cabo",
    trades: "Recambios|Química|Conservas|Electrónica|Maquinaria|Tejidos|Farma|Papel",
    form: "S.L.",
    space: " ",
    given: "Íñigo|María|João|Begoña|Álvaro|Inês|Ramón|Lucía",
    family: "Olivárez|Peñafría|Conceição|Trasmonte|Quiñonera|Barranquero|Fontanal|Sobrerío",
};

const ITALIAN: Words = Words {
    heads: "Gabbiano|Stella|Nebbia|Quercia|Fiume|Ginestra|Rondine|Mulino|Lanterna|Cipresso|Onda|\
        Castagno|Civetta|Brezza|Salice|Torre",
    joint: " ",
    tails: "d'Argento|del Colle|di Ponente|Quieta|del Lago|dei Venti|dell'Alba|di Mezzo|\
        del Porto|Nuova|delle Gru|di Là",
    trades: "Ricambi|Chimica|Alimentari|Elettronica|Meccanica|Tessuti|Farmaceutici|Carta",
    form: "S.r.l.",
    space: " ",
    given: "Niccolò|Giulia|Matteo|Chiara|Davide|Noemi|Elia|Lucrezia",
    family: "Belmulino|Cantarone|Favagrande|Lanternari|Montequieto|Perdicò|Roccaverde|Tramontin",
};

const NORDIC: Words = Words {
    heads: "Måne|Fjäll|Sølv|Björk|Tåge|Havs|Åker|Ugle|Klöver|Nøkke|Trane|Gräs|Lyng|Isbær|Duin|\
        Zeeuil",
    joint: "",
    tails: "vik|holm|sund|lund|fors|næs|dal|bro|mark|haven|skär|tofte",
    trades: "Bildelar|Kemi|Livs|Elektronik|Maskin|Tekstil|Pharma|Papir",
    form: "AB",
    space: " ",
    given: "Åsa|Søren|Joost|Märta|Øyvind|Femke|Lars|Aino",
    family: "Bergstjärna|Duinhoek|Fjordgård|Hårfager|Kråkström|Maanviken|Søholmsen|Vinterlöf",
};

const SLAVIC: Words = Words {
    heads: "Żuraw|Sowa|Srebro|Księżyc|Jelen|Dąb|Vlna|Šípek|Řeka|Mlha|Kamień|Bříza|Wróbel|Jeřáb|\
        Zorza|Čáp",
    joint: "",
    tails: "owice|ín|ówka|nice|ovo|any|ové|sko|owiec|ná|ejów|išče",
    trades: "Moto|Chemia|Spożywcze|Elektro|Maszyny|Textil|Farma|Papír",
    form: "s.r.o.",
    space: " ",
    given: "Łukasz|Zuzana|Jiří|Małgorzata|Ondřej|Živa|Paweł|Šárka",
    family: "Brzozowiak|Čápek-Modrý|Dębogórski|Hvězdičková|Kamieńczuk|Mlžný|Sowińczak|Žurawel",
};

const TURKISH: Words = Words {
    heads: "Gümüş|Yıldız|Martı|Çınar|Sisli|Fener|Ihlamur|Kırlangıç|Deniz|Kavak|Leylek|Bulut|\
        Zeytin|Rüzgâr|Söğüt|Baykuş",
    joint: "",
    tails: "dere|köprü|ova|kaya|pınar|liman|bağ|tepe|koy|geçit|düzü|burun",
    trades: "Oto Parça|Kimya|Gıda|Elektronik|Makina|Tekstil|İlaç|Kâğıt",
    form: "A.Ş.",
    space: " ",
    given: "Ayşe|Çağrı|Şule|Emre|Gülçin|Uğur|İpek|Tunç",
    family: "Fenerlioğlu|Gümüşova|Ihlamurcu|Kırkpınarlı|Martıoğlu|Sislidağ|Söğütlübel|Yıldızbakan",
};

const ENGLISH: Words = Words {
    heads: "Quill|Otter|Thistle|Lantern|Heron|Marrow|Copper|Wren|Bramble|Fennel|Gull|Hazel|Ink|\
        Juniper|Mallow|Nettle",
    joint: "",
    tails: "haven|wick|ford|moor|combe|thorpe|mere|stead|gate|holt|beck|ness",
    trades: "Motor Parts|Chemicals|Foods|Electronics|Machinery|Textiles|Pharma|Paper",
    form: "Ltd",
    space: " ",
    given: "Priya|Oisín|Harriet|Themba|Maeve|Callum|Anjali|Zoë",
    family: "Otterwick|Featherstonehay|Lanternby|Mallowes|Nettlefold-Iyer|Quillhaven|Thistlemoor|\
        Wrenfield",
};

const CHINESE: Words = Words {
    heads: "沧星|云帆|霁月|青鹭|棠影|松涛|银杏|澄江|鹤鸣|晨雾|翠竹|雪岭|墨池|锦帆|望舒|白鹿",
    joint: "",
    tails: "桥|湾|岭|渡|洲|溪|台|谷|滩|川|坞|园",
    trades: "汽配|化工|食品|电子|机械|纺织|医药|纸业",
    form: "有限公司",
    space: "",
    given: "晓岚|志远|雨桐|建华|思齐|慕白|若溪|子衿",
    family: "欧阳|慕容|沈|顾|陆|上官|林|白",
};

const JAPANESE: Words = Words {
    heads: "Hoshi|Kiri|Tsuru|Fune|Yuki|Koke|Nami|Shiro|Kaze|Sagi|Ume|Tsuki|Kuri|Ama|Hina|Hotaru",
    joint: "",
    tails: "nami|hashi|zawa|oka|shima|gawa|mori|hama|tani|ura|saki|kōji",
    trades: "Jidōsha|Kagaku|Shokuhin|Denshi|Kikai|Sen'i|Yakuhin|Seishi",
    form: "K.K.",
    space: " ",
    given: "Haruka|Kenji|Yūko|Shōta|Mizuki|Ryō|Ayano|Daichi",
    family: "Hoshikawa|Tsurumine|Kirizawa|Funabashira|Ōtsuki|Amagiri|Sagimori|Yūnami",
};

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const ALL: [Style; Style::COUNT] = [
        Style::German,
        Style::French,
        Style::Iberian,
        Style::Italian,
        Style::Nordic,
        Style::Slavic,
        Style::Turkish,
        Style::English,
        Style::Chinese,
        Style::Japanese,
    ];

    #[test]
    fn every_list_is_as_long_as_it_is_thought_to_be() {
        for words in ALL.map(Style::words) {
            for (list, length) in [
                (words.heads, HEADS),
                (words.tails, TAILS),
                (words.trades, super::super::sectors::SECTORS.len()),
            ] {
                let entries: BTreeSet<_> = list.split('|').collect();
                assert_eq!(entries.len(), length, "{list}");
                assert!(
                    entries
                        .iter()
                        .all(|entry| entry.trim() == *entry && !entry.is_empty())
                );
            }
        }
    }

    #[test]
    fn firms_of_a_style_never_share_a_name_not_even_after_the_stems_are_used_up() {
        for style in ALL {
            let names: BTreeSet<_> = (0..1_000).map(|nth| firm(style, nth, nth % 8)).collect();
            assert_eq!(names.len(), 1_000, "{style:?}");
        }
    }
}
