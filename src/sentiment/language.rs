//! Which language a sentence is in: by script, and among languages in Latin letters by function words.
//!
//! Chinese and English are told from everything else, and that carefully: a sentence that may as well be
//! another language is called one, because scoring it with English words would be wrong. Kana means
//! Japanese, Hangul Korean; both are "other", as is every further script.

use std::collections::HashSet;
use std::sync::OnceLock;

use super::lists::lists;
use super::segment::sentences;
use super::units::{each_word, is_han};
use super::{NotScored, Spoken};

/// Function words and words common in mails that only English has.
const ENGLISH: &str = "the of and to is are was were be been being it its this that these those with \
    for from by at on as if then than when where which who whom whose what why how we our ours us you \
    your yours he him his she her they their them i my mine have has had having do does did done will \
    would shall should can could may might must not no yes but or because while until about after \
    before between through during without within again there here all any each every few more most \
    other some such only own same too very just now please thank thanks dear regards hello attached \
    find find asked asks wants confirm confirmed advised booked sent send received quote quotation \
    order orders cargo shipment shipments freight goods truck container vessel month week weeks day \
    days today tomorrow yesterday monday tuesday wednesday thursday friday saturday sunday last next \
    first second new meeting contract customer customers time year years good great nothing never \
    always still also another up out over into per valid pending loaded stock count matches updated \
    signed reminder minutes two three";

/// Function words of other languages in Latin letters that English lacks: Portuguese, Spanish, French,
/// Italian, German, Dutch, Scandinavian languages, Polish, Czech, Romanian, Turkish, Indonesian,
/// Vietnamese written plainly.
const OTHER: &str = "de que não uma um para com por mais dos das nos nas pelo pela foi ser são sem \
    nosso nossa muito mas também já está ainda obrigado obrigada cliente entrega e o os ao aos à às \
    el los las una unos unas y pero como más muy sin sobre está están fue gracias usted ustedes \
    nuestro nuestra del al por lo su sus hay desde hasta cuando donde la le les des du un une et est \
    sont dans pour pas avec sur nous vous ils elles mais très bien merci votre notre cette ces ce \
    qui au aux il di che non sono per della delle dei degli nel nella con più molto grazie anche \
    siamo abbiamo vi gli der die das und ist nicht ein eine einen mit auf für von zu dem den wir sie \
    ich wurde wird haben hat sehr danke bitte auch noch aber bei nach het een van niet zijn voor \
    maar wij jullie bedankt zeer ook naar og ikke att och inte som är det jag vi har til med av på \
    ett en nie jest się na do z w że są dziękuję bardzo je nebo ale jsou și este nu cu pentru sunt \
    ve bir için çok değil teşekkürler yang dan tidak dengan untuk ini itu adalah kami sudah terima \
    kasih";

/// Language of one sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tongue {
    English,
    Chinese,
    Other,
    /// Latin letters without evidence for any language.
    Unsure,
    /// No letters at all.
    None,
}

/// Language of `sentence`, and its length: words, or characters in scripts without spaces.
fn hear(sentence: &str) -> (Tongue, usize) {
    let (mut han, mut kana, mut latin, mut foreign) = (0_usize, 0_usize, false, 0_usize);
    for letter in sentence.chars() {
        match letter {
            'a'..='z' | 'A'..='Z' => latin = true,
            '\u{3040}'..='\u{30ff}' => kana += 1,
            letter if letter.is_ascii() => {}
            letter if is_han(letter) => han += 1,
            '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' | '\u{ff21}'..='\u{ff5a}' => {
                latin = true
            }
            letter if letter.is_alphabetic() => foreign += 1,
            _ => {}
        }
    }
    let evidence = if latin {
        weigh(sentence)
    } else {
        Evidence::default()
    };
    let length = han + kana + foreign + evidence.words;
    let tongue = if foreign > han + evidence.words || kana * 8 > han.max(1) {
        Tongue::Other
    } else if han > 0 && han >= evidence.words {
        Tongue::Chinese
    } else if evidence.words == 0 {
        Tongue::None
    } else {
        evidence.tongue()
    };
    (tongue, length)
}

/// What speaks for English and what against it, in half words.
#[derive(Clone, Copy, Debug, Default)]
struct Evidence {
    words: usize,
    english: usize,
    other: usize,
}

impl Evidence {
    fn tongue(self) -> Tongue {
        if self.other > 0 && self.other >= self.english {
            Tongue::Other
        } else if self.english > 0 {
            Tongue::English
        } else {
            Tongue::Unsure
        }
    }
}

/// Function words count 2; words of our lists, and accents, 1: both also occur in other languages.
fn weigh(sentence: &str) -> Evidence {
    let (english, other) = function_words();
    let mut found = Evidence::default();
    each_word(sentence, |word| {
        if !word.starts_with(char::is_alphabetic) {
            return;
        }
        found.words += 1;
        if other.contains(word) {
            found.other += 2;
        } else if english.contains(word) {
            found.english += 2;
        } else if !word.is_ascii() {
            found.other += 1;
        } else if lists().english.contains(word) || lists().english_topics.contains(word) {
            found.english += 1;
        }
    });
    found
}

type Words = HashSet<&'static str>;

/// Function words of English, and of other languages without those that English has too.
fn function_words() -> &'static (Words, Words) {
    static WORDS: OnceLock<(Words, Words)> = OnceLock::new();
    WORDS.get_or_init(|| {
        let english: Words = ENGLISH.split_whitespace().collect();
        let other = OTHER.split_whitespace();
        let other = other.filter(|word| !english.contains(word)).collect();
        (english, other)
    })
}

/// The sentences of a text that can be scored, and its language.
#[derive(Debug)]
pub(super) struct Heard<'a> {
    /// Language of the text.
    pub language: Spoken,
    /// Sentences with the language each is read in: English, Chinese or unknown (symbols only).
    pub sentences: Vec<(&'a str, Spoken)>,
}

/// Hears out a whole text.
///
/// If as much of it is in other languages as in English and Chinese together, it is not scored: a
/// foreign mail that closes with "Best regards" must not be judged by that. A sentence without evidence
/// goes with the text's English, else Chinese.
pub(super) fn hear_text(text: &str) -> Result<Heard<'_>, (Spoken, NotScored)> {
    let (mut english, mut chinese, mut other, mut unsure) = (0, 0, 0, 0);
    let mut heard = Vec::new();
    for sentence in sentences(text) {
        let (tongue, length) = hear(sentence);
        match tongue {
            Tongue::English => english += length,
            Tongue::Chinese => chinese += length,
            Tongue::Other => other += length,
            Tongue::Unsure => unsure += length,
            Tongue::None => {}
        }
        heard.push((sentence, tongue));
    }
    if heard.is_empty() {
        return Err((Spoken::Unknown, NotScored::Empty));
    }
    if other > 0 && other >= english + chinese {
        return Err((Spoken::Other, NotScored::OtherLanguage));
    }
    let language = match (english > 0, chinese > 0) {
        (true, true) => Spoken::Mixed,
        (true, false) => Spoken::English,
        (false, true) => Spoken::Chinese,
        (false, false) if unsure > 0 => return Err((Spoken::Unknown, NotScored::NoWords)),
        (false, false) => Spoken::Unknown,
    };
    let main = if english > 0 {
        Spoken::English
    } else {
        language
    };
    let sentences = heard
        .into_iter()
        .filter_map(|(sentence, tongue)| match tongue {
            Tongue::English => Some((sentence, Spoken::English)),
            Tongue::Chinese => Some((sentence, Spoken::Chinese)),
            Tongue::Unsure => Some((sentence, main)),
            Tongue::None => Some((sentence, Spoken::Unknown)),
            Tongue::Other => None,
        });
    Ok(Heard {
        language,
        sentences: sentences.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told_apart() {
        for (sentence, tongue) in [
            ("The invoice is wrong again", Tongue::English),
            ("Great!", Tongue::English),
            ("Müller replied promptly.", Tongue::English),
            ("Please contact 张三 about it", Tongue::English),
            ("收到 invoice 了", Tongue::Chinese),
            ("货物晚到三天", Tongue::Chinese),
            ("A carga chegou com atraso", Tongue::Other),
            ("Die Ware ist nicht angekommen", Tongue::Other),
            ("Le transporteur est en retard", Tongue::Other),
            ("El camión llegó tarde", Tongue::Other),
            ("super Service, danke", Tongue::Other),
            ("荷物が遅れています", Tongue::Other),
            ("배송이 늦었습니다", Tongue::Other),
            ("Груз опоздал", Tongue::Other),
            ("تأخرت الشحنة", Tongue::Other),
            ("MSKU Xyzzy", Tongue::Unsure),
            ("12.5 % !!! 👍", Tongue::None),
        ] {
            assert_eq!(hear(sentence).0, tongue, "{sentence}");
        }
    }
}
