//! Countries as files write them: ISO 3166-1 alpha-2 or alpha-3 codes, or English or Chinese names.
//!
//! A table of our own, because the packages at hand miss names that files really hold (South Korea,
//! UK, Czech Republic, South Sudan). Codes after ISO 3166-1; names after ISO and Unicode CLDR, with
//! older names (Swaziland, Burma) that old shipments carry.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::text;

/// Lower-case key of every name → alpha-2 code.
static BY_NAME: LazyLock<HashMap<String, [u8; 2]>> = LazyLock::new(|| {
    COUNTRIES
        .iter()
        .flat_map(|(alpha2, alpha3, names)| {
            let codes = std::iter::once(key(&String::from_utf8_lossy(alpha3)));
            let keys = codes.chain(names.split('|').map(key));
            keys.map(|key| (key, *alpha2))
        })
        .collect()
});

/// The alpha-2 code, upper case, of the country that `written` means; `None` if it means none.
///
/// Case, accents, punctuation and "the" do not matter.
///
/// ```
/// use hawser::imports::country::parse;
/// assert_eq!(parse("vn").as_deref(), Some("VN"));
/// assert_eq!(parse("DEU").as_deref(), Some("DE"));
/// assert_eq!(parse("Cote d'Ivoire").as_deref(), Some("CI"));
/// assert_eq!(parse("德国").as_deref(), Some("DE"));
/// assert_eq!(parse("XX"), None);
/// ```
pub fn parse(written: &str) -> Option<String> {
    if let [first, second] = *written.as_bytes() {
        let code = [first.to_ascii_uppercase(), second.to_ascii_uppercase()];
        if is_code(code) {
            return Some(text_of(code));
        }
    }
    BY_NAME.get(&key(written)).copied().map(text_of)
}

/// Whether `code` is an alpha-2 code, upper case, of ISO 3166-1.
pub fn is_code(code: [u8; 2]) -> bool {
    COUNTRIES
        .binary_search_by(|(alpha2, _, _)| alpha2.cmp(&code))
        .is_ok()
}

fn text_of(code: [u8; 2]) -> String {
    code.into_iter().map(char::from).collect()
}

/// Letters and digits of `name` in normal form, words parted by one space, without "the"
/// and "and" among others.
fn key(name: &str) -> String {
    let normal = text::normalise_name(name).replace(['\'', '.'], "");
    let words = normal.split(|letter: char| !letter.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    // AND alone is the code of Andorra.
    let telling = |word: &&&str| words.len() == 1 || !matches!(**word, "the" | "and");
    let telling: Vec<&str> = words.iter().filter(telling).copied().collect();
    telling.join(" ")
}

/// Alpha-2, alpha-3, names parted by `|`; in order of alpha-2.
#[rustfmt::skip]
const COUNTRIES: &[([u8; 2], [u8; 3], &str)] = &[
    (*b"AD", *b"AND", "Andorra|安道尔"),
    (*b"AE", *b"ARE", "United Arab Emirates|UAE|U.A.E.|阿拉伯联合酋长国"),
    (*b"AF", *b"AFG", "Afghanistan|阿富汗"),
    (*b"AG", *b"ATG", "Antigua & Barbuda|Antigua and Barbuda|安提瓜和巴布达"),
    (*b"AI", *b"AIA", "Anguilla|安圭拉"),
    (*b"AL", *b"ALB", "Albania|阿尔巴尼亚"),
    (*b"AM", *b"ARM", "Armenia|亚美尼亚"),
    (*b"AO", *b"AGO", "Angola|安哥拉"),
    (*b"AQ", *b"ATA", "Antarctica|南极洲"),
    (*b"AR", *b"ARG", "Argentina|阿根廷"),
    (*b"AS", *b"ASM", "American Samoa|美属萨摩亚"),
    (*b"AT", *b"AUT", "Austria|奥地利"),
    (*b"AU", *b"AUS", "Australia|澳大利亚"),
    (*b"AW", *b"ABW", "Aruba|阿鲁巴"),
    (*b"AX", *b"ALA", "Åland Islands|奥兰群岛"),
    (*b"AZ", *b"AZE", "Azerbaijan|阿塞拜疆"),
    (*b"BA", *b"BIH", "Bosnia & Herzegovina|Bosnia|Bosnia and Herzegovina|波斯尼亚和黑塞哥维那"),
    (*b"BB", *b"BRB", "Barbados|巴巴多斯"),
    (*b"BD", *b"BGD", "Bangladesh|孟加拉国"),
    (*b"BE", *b"BEL", "Belgium|比利时"),
    (*b"BF", *b"BFA", "Burkina Faso|布基纳法索"),
    (*b"BG", *b"BGR", "Bulgaria|保加利亚"),
    (*b"BH", *b"BHR", "Bahrain|巴林"),
    (*b"BI", *b"BDI", "Burundi|布隆迪"),
    (*b"BJ", *b"BEN", "Benin|贝宁"),
    (*b"BL", *b"BLM", "St. Barthélemy|Saint Barthélemy|圣巴泰勒米"),
    (*b"BM", *b"BMU", "Bermuda|百慕大"),
    (*b"BN", *b"BRN", "Brunei|Brunei Darussalam|文莱"),
    (*b"BO", *b"BOL", "Bolivia|Bolivia (Plurinational State of)|Plurinational State of Bolivia|玻利维亚"),
    (*b"BQ", *b"BES", "Caribbean Netherlands|Bonaire, Sint Eustatius and Saba|Sint Eustatius and Saba Bonaire|荷属加勒比区"),
    (*b"BR", *b"BRA", "Brazil|巴西"),
    (*b"BS", *b"BHS", "Bahamas|The Bahamas|巴哈马"),
    (*b"BT", *b"BTN", "Bhutan|不丹"),
    (*b"BV", *b"BVT", "Bouvet Island|布韦岛"),
    (*b"BW", *b"BWA", "Botswana|博茨瓦纳"),
    (*b"BY", *b"BLR", "Belarus|白俄罗斯"),
    (*b"BZ", *b"BLZ", "Belize|伯利兹"),
    (*b"CA", *b"CAN", "Canada|加拿大"),
    (*b"CC", *b"CCK", "Cocos (Keeling) Islands|Cocos Islands|科科斯（基林）群岛"),
    (*b"CD", *b"COD", "Congo - Kinshasa|Congo (Democratic Republic of the)|Congo, DRC|DR Congo|DRC|Democratic Republic of the Congo|Congo, Democratic Republic|Zaire|刚果民主共和国|刚果（金）"),
    (*b"CF", *b"CAF", "Central African Republic|中非共和国"),
    (*b"CG", *b"COG", "Congo - Brazzaville|Congo|Republic of the Congo|Congo, Republic|刚果（布）"),
    (*b"CH", *b"CHE", "Switzerland|瑞士"),
    (*b"CI", *b"CIV", "Côte d'Ivoire|Ivory Coast|科特迪瓦"),
    (*b"CK", *b"COK", "Cook Islands|库克群岛"),
    (*b"CL", *b"CHL", "Chile|智利"),
    (*b"CM", *b"CMR", "Cameroon|喀麦隆"),
    (*b"CN", *b"CHN", "China|PRC|People's Republic of China|Mainland China|中国大陆|中华人民共和国|中国"),
    (*b"CO", *b"COL", "Colombia|哥伦比亚"),
    (*b"CR", *b"CRI", "Costa Rica|哥斯达黎加"),
    (*b"CU", *b"CUB", "Cuba|古巴"),
    (*b"CV", *b"CPV", "Cape Verde|Cabo Verde|佛得角"),
    (*b"CW", *b"CUW", "Curaçao|库拉索"),
    (*b"CX", *b"CXR", "Christmas Island|圣诞岛"),
    (*b"CY", *b"CYP", "Cyprus|塞浦路斯"),
    (*b"CZ", *b"CZE", "Czechia|Czech Republic|捷克"),
    (*b"DE", *b"DEU", "Germany|Federal Republic of Germany|德国"),
    (*b"DJ", *b"DJI", "Djibouti|吉布提"),
    (*b"DK", *b"DNK", "Denmark|丹麦"),
    (*b"DM", *b"DMA", "Dominica|多米尼克"),
    (*b"DO", *b"DOM", "Dominican Republic|多米尼加共和国"),
    (*b"DZ", *b"DZA", "Algeria|阿尔及利亚"),
    (*b"EC", *b"ECU", "Ecuador|厄瓜多尔"),
    (*b"EE", *b"EST", "Estonia|爱沙尼亚"),
    (*b"EG", *b"EGY", "Egypt|埃及"),
    (*b"EH", *b"ESH", "Western Sahara|西撒哈拉"),
    (*b"ER", *b"ERI", "Eritrea|厄立特里亚"),
    (*b"ES", *b"ESP", "Spain|西班牙"),
    (*b"ET", *b"ETH", "Ethiopia|埃塞俄比亚"),
    (*b"FI", *b"FIN", "Finland|芬兰"),
    (*b"FJ", *b"FJI", "Fiji|斐济"),
    (*b"FK", *b"FLK", "Falkland Islands|Falkland Islands (Malvinas)|福克兰群岛"),
    (*b"FM", *b"FSM", "Micronesia|Micronesia (Federated States of)|Federated States of Micronesia|密克罗尼西亚"),
    (*b"FO", *b"FRO", "Faroe Islands|法罗群岛"),
    (*b"FR", *b"FRA", "France|法国"),
    (*b"GA", *b"GAB", "Gabon|加蓬"),
    (*b"GB", *b"GBR", "United Kingdom|UK|United Kingdom of Great Britain and Northern Ireland|Great Britain|Britain|England|Scotland|Wales|Northern Ireland|英国"),
    (*b"GD", *b"GRD", "Grenada|格林纳达"),
    (*b"GE", *b"GEO", "Georgia|格鲁吉亚"),
    (*b"GF", *b"GUF", "French Guiana|法属圭亚那"),
    (*b"GG", *b"GGY", "Guernsey|根西岛"),
    (*b"GH", *b"GHA", "Ghana|加纳"),
    (*b"GI", *b"GIB", "Gibraltar|直布罗陀"),
    (*b"GL", *b"GRL", "Greenland|格陵兰"),
    (*b"GM", *b"GMB", "Gambia|The Gambia|冈比亚"),
    (*b"GN", *b"GIN", "Guinea|几内亚"),
    (*b"GP", *b"GLP", "Guadeloupe|瓜德罗普"),
    (*b"GQ", *b"GNQ", "Equatorial Guinea|赤道几内亚"),
    (*b"GR", *b"GRC", "Greece|希腊"),
    (*b"GS", *b"SGS", "South Georgia & South Sandwich Islands|South Georgia and the South Sandwich Islands|South Georgia and South Sandwich Islands|南乔治亚和南桑威奇群岛"),
    (*b"GT", *b"GTM", "Guatemala|危地马拉"),
    (*b"GU", *b"GUM", "Guam|关岛"),
    (*b"GW", *b"GNB", "Guinea-Bissau|几内亚比绍"),
    (*b"GY", *b"GUY", "Guyana|圭亚那"),
    (*b"HK", *b"HKG", "Hong Kong SAR China|Hong Kong|香港|中国香港|中国香港特别行政区"),
    (*b"HM", *b"HMD", "Heard & McDonald Islands|Heard Island and McDonald Islands|Heard and McDonald Islands|赫德岛和麦克唐纳群岛"),
    (*b"HN", *b"HND", "Honduras|洪都拉斯"),
    (*b"HR", *b"HRV", "Croatia|克罗地亚"),
    (*b"HT", *b"HTI", "Haiti|海地"),
    (*b"HU", *b"HUN", "Hungary|匈牙利"),
    (*b"ID", *b"IDN", "Indonesia|印度尼西亚"),
    (*b"IE", *b"IRL", "Ireland|爱尔兰"),
    (*b"IL", *b"ISR", "Israel|以色列"),
    (*b"IM", *b"IMN", "Isle of Man|马恩岛"),
    (*b"IN", *b"IND", "India|印度"),
    (*b"IO", *b"IOT", "British Indian Ocean Territory|英属印度洋领地"),
    (*b"IQ", *b"IRQ", "Iraq|伊拉克"),
    (*b"IR", *b"IRN", "Iran|Iran (Islamic Republic of)|Islamic Republic of Iran|伊朗"),
    (*b"IS", *b"ISL", "Iceland|冰岛"),
    (*b"IT", *b"ITA", "Italy|意大利"),
    (*b"JE", *b"JEY", "Jersey|泽西岛"),
    (*b"JM", *b"JAM", "Jamaica|牙买加"),
    (*b"JO", *b"JOR", "Jordan|约旦"),
    (*b"JP", *b"JPN", "Japan|日本"),
    (*b"KE", *b"KEN", "Kenya|肯尼亚"),
    (*b"KG", *b"KGZ", "Kyrgyzstan|Kyrgyz Republic|吉尔吉斯斯坦"),
    (*b"KH", *b"KHM", "Cambodia|柬埔寨"),
    (*b"KI", *b"KIR", "Kiribati|基里巴斯"),
    (*b"KM", *b"COM", "Comoros|科摩罗"),
    (*b"KN", *b"KNA", "St. Kitts & Nevis|Saint Kitts and Nevis|St. Kitts and Nevis|圣基茨和尼维斯"),
    (*b"KP", *b"PRK", "North Korea|Korea (Democratic People's Republic of)|Democratic People's Republic of Korea|Korea, North|朝鲜"),
    (*b"KR", *b"KOR", "South Korea|Korea (Republic of)|Republic of Korea|Korea, Republic of|Korea, South|韩国"),
    (*b"KW", *b"KWT", "Kuwait|科威特"),
    (*b"KY", *b"CYM", "Cayman Islands|开曼群岛"),
    (*b"KZ", *b"KAZ", "Kazakhstan|哈萨克斯坦"),
    (*b"LA", *b"LAO", "Laos|Lao People's Democratic Republic|Lao|老挝"),
    (*b"LB", *b"LBN", "Lebanon|黎巴嫩"),
    (*b"LC", *b"LCA", "St. Lucia|Saint Lucia|圣卢西亚"),
    (*b"LI", *b"LIE", "Liechtenstein|列支敦士登"),
    (*b"LK", *b"LKA", "Sri Lanka|斯里兰卡"),
    (*b"LR", *b"LBR", "Liberia|利比里亚"),
    (*b"LS", *b"LSO", "Lesotho|莱索托"),
    (*b"LT", *b"LTU", "Lithuania|立陶宛"),
    (*b"LU", *b"LUX", "Luxembourg|卢森堡"),
    (*b"LV", *b"LVA", "Latvia|拉脱维亚"),
    (*b"LY", *b"LBY", "Libya|利比亚"),
    (*b"MA", *b"MAR", "Morocco|摩洛哥"),
    (*b"MC", *b"MCO", "Monaco|摩纳哥"),
    (*b"MD", *b"MDA", "Moldova|Moldova (Republic of)|Republic of Moldova|摩尔多瓦"),
    (*b"ME", *b"MNE", "Montenegro|黑山"),
    (*b"MF", *b"MAF", "St. Martin|Saint Martin (French part)|法属圣马丁"),
    (*b"MG", *b"MDG", "Madagascar|马达加斯加"),
    (*b"MH", *b"MHL", "Marshall Islands|马绍尔群岛"),
    (*b"MK", *b"MKD", "North Macedonia|Macedonia|FYR Macedonia|北马其顿"),
    (*b"ML", *b"MLI", "Mali|马里"),
    (*b"MM", *b"MMR", "Myanmar (Burma)|Myanmar|Burma|缅甸"),
    (*b"MN", *b"MNG", "Mongolia|蒙古"),
    (*b"MO", *b"MAC", "Macao SAR China|Macao|Macau|澳门|中国澳门|中国澳门特别行政区"),
    (*b"MP", *b"MNP", "Northern Mariana Islands|北马里亚纳群岛"),
    (*b"MQ", *b"MTQ", "Martinique|马提尼克"),
    (*b"MR", *b"MRT", "Mauritania|毛里塔尼亚"),
    (*b"MS", *b"MSR", "Montserrat|蒙特塞拉特"),
    (*b"MT", *b"MLT", "Malta|马耳他"),
    (*b"MU", *b"MUS", "Mauritius|毛里求斯"),
    (*b"MV", *b"MDV", "Maldives|马尔代夫"),
    (*b"MW", *b"MWI", "Malawi|马拉维"),
    (*b"MX", *b"MEX", "Mexico|墨西哥"),
    (*b"MY", *b"MYS", "Malaysia|马来西亚"),
    (*b"MZ", *b"MOZ", "Mozambique|莫桑比克"),
    (*b"NA", *b"NAM", "Namibia|纳米比亚"),
    (*b"NC", *b"NCL", "New Caledonia|新喀里多尼亚"),
    (*b"NE", *b"NER", "Niger|尼日尔"),
    (*b"NF", *b"NFK", "Norfolk Island|诺福克岛"),
    (*b"NG", *b"NGA", "Nigeria|尼日利亚"),
    (*b"NI", *b"NIC", "Nicaragua|尼加拉瓜"),
    (*b"NL", *b"NLD", "Netherlands|Netherlands (Kingdom of the)|The Netherlands|Holland|荷兰"),
    (*b"NO", *b"NOR", "Norway|挪威"),
    (*b"NP", *b"NPL", "Nepal|尼泊尔"),
    (*b"NR", *b"NRU", "Nauru|瑙鲁"),
    (*b"NU", *b"NIU", "Niue|纽埃"),
    (*b"NZ", *b"NZL", "New Zealand|新西兰"),
    (*b"OM", *b"OMN", "Oman|阿曼"),
    (*b"PA", *b"PAN", "Panama|巴拿马"),
    (*b"PE", *b"PER", "Peru|秘鲁"),
    (*b"PF", *b"PYF", "French Polynesia|法属波利尼西亚"),
    (*b"PG", *b"PNG", "Papua New Guinea|巴布亚新几内亚"),
    (*b"PH", *b"PHL", "Philippines|菲律宾"),
    (*b"PK", *b"PAK", "Pakistan|巴基斯坦"),
    (*b"PL", *b"POL", "Poland|波兰"),
    (*b"PM", *b"SPM", "St. Pierre & Miquelon|Saint Pierre and Miquelon|St. Pierre and Miquelon|圣皮埃尔和密克隆群岛"),
    (*b"PN", *b"PCN", "Pitcairn Islands|Pitcairn|皮特凯恩群岛"),
    (*b"PR", *b"PRI", "Puerto Rico|波多黎各"),
    (*b"PS", *b"PSE", "Palestinian Territories|Palestine|Palestine (State of)|State of Palestine|巴勒斯坦领土"),
    (*b"PT", *b"PRT", "Portugal|葡萄牙"),
    (*b"PW", *b"PLW", "Palau|帕劳"),
    (*b"PY", *b"PRY", "Paraguay|巴拉圭"),
    (*b"QA", *b"QAT", "Qatar|卡塔尔"),
    (*b"RE", *b"REU", "Réunion|留尼汪"),
    (*b"RO", *b"ROU", "Romania|罗马尼亚"),
    (*b"RS", *b"SRB", "Serbia|塞尔维亚"),
    (*b"RU", *b"RUS", "Russia|Russian Federation|俄罗斯"),
    (*b"RW", *b"RWA", "Rwanda|卢旺达"),
    (*b"SA", *b"SAU", "Saudi Arabia|KSA|沙特阿拉伯"),
    (*b"SB", *b"SLB", "Solomon Islands|所罗门群岛"),
    (*b"SC", *b"SYC", "Seychelles|塞舌尔"),
    (*b"SD", *b"SDN", "Sudan|苏丹"),
    (*b"SE", *b"SWE", "Sweden|瑞典"),
    (*b"SG", *b"SGP", "Singapore|新加坡"),
    (*b"SH", *b"SHN", "St. Helena|Saint Helena, Ascension and Tristan da Cunha|Ascension and Tristan da Cunha Saint Helena|圣赫勒拿"),
    (*b"SI", *b"SVN", "Slovenia|斯洛文尼亚"),
    (*b"SJ", *b"SJM", "Svalbard & Jan Mayen|Svalbard and Jan Mayen|斯瓦尔巴和扬马延"),
    (*b"SK", *b"SVK", "Slovakia|Slovak Republic|斯洛伐克"),
    (*b"SL", *b"SLE", "Sierra Leone|塞拉利昂"),
    (*b"SM", *b"SMR", "San Marino|圣马力诺"),
    (*b"SN", *b"SEN", "Senegal|塞内加尔"),
    (*b"SO", *b"SOM", "Somalia|索马里"),
    (*b"SR", *b"SUR", "Suriname|苏里南"),
    (*b"SS", *b"SSD", "South Sudan|南苏丹"),
    (*b"ST", *b"STP", "São Tomé & Príncipe|Sao Tome and Principe|圣多美和普林西比"),
    (*b"SV", *b"SLV", "El Salvador|萨尔瓦多"),
    (*b"SX", *b"SXM", "Sint Maarten|Sint Maarten (Dutch part)|荷属圣马丁"),
    (*b"SY", *b"SYR", "Syria|Syrian Arab Republic|叙利亚"),
    (*b"SZ", *b"SWZ", "Eswatini|Swaziland|斯威士兰"),
    (*b"TC", *b"TCA", "Turks & Caicos Islands|Turks and Caicos Islands|特克斯和凯科斯群岛"),
    (*b"TD", *b"TCD", "Chad|乍得"),
    (*b"TF", *b"ATF", "French Southern Territories|法属南部领地"),
    (*b"TG", *b"TGO", "Togo|多哥"),
    (*b"TH", *b"THA", "Thailand|泰国"),
    (*b"TJ", *b"TJK", "Tajikistan|塔吉克斯坦"),
    (*b"TK", *b"TKL", "Tokelau|托克劳"),
    (*b"TL", *b"TLS", "Timor-Leste|East Timor|东帝汶"),
    (*b"TM", *b"TKM", "Turkmenistan|土库曼斯坦"),
    (*b"TN", *b"TUN", "Tunisia|突尼斯"),
    (*b"TO", *b"TON", "Tonga|汤加"),
    (*b"TR", *b"TUR", "Türkiye|Turkey|土耳其"),
    (*b"TT", *b"TTO", "Trinidad & Tobago|Trinidad and Tobago|特立尼达和多巴哥"),
    (*b"TV", *b"TUV", "Tuvalu|图瓦卢"),
    (*b"TW", *b"TWN", "Taiwan|Taiwan (Province of China)|中国台湾|台湾"),
    (*b"TZ", *b"TZA", "Tanzania|Tanzania (United Republic of)|United Republic of Tanzania|坦桑尼亚"),
    (*b"UA", *b"UKR", "Ukraine|乌克兰"),
    (*b"UG", *b"UGA", "Uganda|乌干达"),
    (*b"UM", *b"UMI", "U.S. Outlying Islands|United States Minor Outlying Islands|美国本土外小岛屿"),
    (*b"US", *b"USA", "United States|United States of America|America|U.S.A.|U.S.|美国"),
    (*b"UY", *b"URY", "Uruguay|乌拉圭"),
    (*b"UZ", *b"UZB", "Uzbekistan|乌兹别克斯坦"),
    (*b"VA", *b"VAT", "Vatican City|Holy See|Vatican|梵蒂冈"),
    (*b"VC", *b"VCT", "St. Vincent & Grenadines|Saint Vincent and the Grenadines|St. Vincent and Grenadines|圣文森特和格林纳丁斯"),
    (*b"VE", *b"VEN", "Venezuela|Venezuela (Bolivarian Republic of)|Bolivarian Republic of Venezuela|委内瑞拉"),
    (*b"VG", *b"VGB", "British Virgin Islands|Virgin Islands (British)|英属维尔京群岛"),
    (*b"VI", *b"VIR", "U.S. Virgin Islands|Virgin Islands (U.S.)|美属维尔京群岛"),
    (*b"VN", *b"VNM", "Vietnam|Viet Nam|越南"),
    (*b"VU", *b"VUT", "Vanuatu|瓦努阿图"),
    (*b"WF", *b"WLF", "Wallis & Futuna|Wallis and Futuna|瓦利斯和富图纳"),
    (*b"WS", *b"WSM", "Samoa|萨摩亚"),
    (*b"YE", *b"YEM", "Yemen|也门"),
    (*b"YT", *b"MYT", "Mayotte|马约特"),
    (*b"ZA", *b"ZAF", "South Africa|南非"),
    (*b"ZM", *b"ZMB", "Zambia|赞比亚"),
    (*b"ZW", *b"ZWE", "Zimbabwe|津巴布韦"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_no_name_means_two_countries() {
        assert_eq!(COUNTRIES.len(), 249);
        assert!(COUNTRIES.is_sorted_by(|left, right| left.0 < right.0));
        for (alpha2, alpha3, names) in COUNTRIES {
            let alpha2 = String::from_utf8(alpha2.to_vec()).unwrap();
            let alpha3 = String::from_utf8(alpha3.to_vec()).unwrap();
            for name in names.split('|').chain([&*alpha3, &*alpha2.to_lowercase()]) {
                assert_eq!(parse(name).as_ref(), Some(&alpha2), "{name}");
            }
        }
    }

    #[test]
    fn names_of_every_day_are_known_and_others_are_not() {
        for (name, code) in [
            ("UK", "GB"),
            ("U.S.A.", "US"),
            ("South Korea", "KR"),
            ("Czech Republic", "CZ"),
            ("Congo, DRC", "CD"),
            ("CÔTE D’IVOIRE", "CI"),
            ("The Gambia", "GM"),
            ("Trinidad and Tobago", "TT"),
            ("Swaziland", "SZ"),
            ("香港", "HK"),
        ] {
            assert_eq!(parse(name).as_deref(), Some(code), "{name}");
        }
        for name in ["", "XX", "Atlantis", "1", "é", "U"] {
            assert_eq!(parse(name), None, "{name}");
        }
    }
}
