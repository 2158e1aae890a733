//! A message without what others wrote before and without its signature.
//!
//! Of a quoted reply, its head (`On … wrote:`) and the lines that begin with `>` go; what is written below
//! and between them stays. Quoted messages without such lines (`-----Original Message-----`, a block of
//! `From:`/`Sent:` or `发件人：` lines) reach to the end. From a sign-off on a text goes if what follows is
//! short; a postscript behind it stays. In doubt a line stays: a signature too many does less harm than a
//! complaint too few. Stripping what people write twice is stripping it once.

/// Filled lines behind a sign-off at most; more are a text that goes on.
const SIGNATURE_LINES: usize = 6;
/// Filled lines behind the mark of RFC 3676 at most, which nobody sets by chance.
const MARKED_LINES: usize = 12;
/// Characters of a line behind a sign-off at most; a longer one is a text that goes on.
const SIGNATURE_WIDTH: usize = 100;
/// Characters of a line behind the mark at most.
const MARKED_WIDTH: usize = 120;
/// Characters of a sign-off at most, name included.
const SIGN_OFF_WIDTH: usize = 40;
/// Words of a name or a device at most.
const NAME_WORDS: usize = 4;
/// Characters of a name or a wish in Chinese at most.
const CHINESE_NAME: usize = 6;
/// Lines that the head of a quote is broken over at most.
const HEAD_LINES: usize = 3;

/// Sign-offs as they begin a line, in lower case.
const SIGN_OFFS: &[&str] = &[
    "best regards",
    "kind regards",
    "warm regards",
    "many regards",
    "with regards",
    "regards",
    "best wishes",
    "with best wishes",
    "yours sincerely",
    "sincerely",
    "yours faithfully",
    "yours truly",
    "cheers",
    "br,",
    "此致",
    "顺祝商祺",
    "顺颂商祺",
    "顺祝",
    "祝商祺",
    "祝好",
    "敬祝",
    "谢谢，祝",
];

/// What programs put under a mail, as it begins a line in lower case; a device follows.
const DEVICES: &[&str] = &[
    "sent from my ",
    "get outlook for ",
    "发自我的",
    "来自我的",
    "从我的",
];

/// Chinese names of devices: "从我的角度看" (as I see it) begins like one.
const DEVICE_NAMES: &[&str] = &["手机", "平板", "电脑", "设备", "客户端", "邮箱"];

/// How a postscript begins, in lower case.
const POSTSCRIPTS: &[&str] = &["ps", "p.s", "pps", "p.p.s", "又及", "附言"];

/// Small words of names.
const PARTICLES: &[&str] = &[
    "von", "van", "der", "den", "de", "da", "del", "di", "du", "la", "le", "bin", "al", "and", "&",
    "from",
];

/// What stands alone on a line above a quoted message, in lower case.
const QUOTE_HEADS: &[&str] = &[
    "-----original message-----",
    "-------- original message --------",
    "-------- forwarded message --------",
    "---------- forwarded message ---------",
    "---------- forwarded message ----------",
    "begin forwarded message:",
    "------------------ 原始邮件 ------------------",
    "-----邮件原件-----",
    "-----原始邮件-----",
    "----- 原始邮件 -----",
    "________________________________",
];

/// Fields of a header block of a quoted message, in lower case.
const FROM: &[&str] = &["from:", "发件人:", "发件人：", "寄件者:", "寄件者："];
const BESIDE: &[&str] = &[
    "sent:",
    "date:",
    "to:",
    "subject:",
    "cc:",
    "发送时间:",
    "发送时间：",
    "发送日期:",
    "发送日期：",
    "日期:",
    "日期：",
    "时间:",
    "时间：",
    "收件人:",
    "收件人：",
    "抄送:",
    "抄送：",
    "主题:",
    "主题：",
    "主旨:",
    "主旨：",
];

/// The writer's own words in `text`, trimmed; empty if there are none. Linear in its length.
///
/// ```
/// use hawser::interactions::strip::own_words;
/// let mail = "Two pallets were damaged.\n\nKind regards\nAnna\n\nOn 3 March Bob wrote:\n> Delivered.";
/// assert_eq!(own_words(mail), "Two pallets were damaged.");
/// ```
pub fn own_words(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut passages = passages(&lines);
    cut_at_head(&mut passages);
    let kept: Vec<&str> = passages.into_iter().flat_map(without_signature).collect();
    kept.join("\n").trim().to_owned()
}

/// What stands before, between and behind lines that begin with `>`, which go with their heads.
fn passages<'a>(lines: &[&'a str]) -> Vec<Vec<&'a str>> {
    let (mut found, mut own, mut at) = (Vec::new(), Vec::new(), 0);
    while let Some(line) = lines.get(at) {
        match quote_lines(lines, at) {
            0 => {
                own.push(*line);
                at += 1;
            }
            quoted => {
                found.push(std::mem::take(&mut own));
                at += quoted;
            }
        }
    }
    found.push(own);
    found
}

/// Lines of the quote that begins here, head included; 0: none does.
fn quote_lines(lines: &[&str], at: usize) -> usize {
    let rest = lines.get(at..).unwrap_or_default();
    let marked = |lines: &[&str]| lines.iter().take_while(|line| is_marked(line)).count();
    let head = attribution_lines(rest);
    if head > 0 {
        let behind = rest.get(head..).unwrap_or_default();
        let blank = behind.iter().take_while(|line| line.is_empty()).count();
        return match marked(behind.get(blank..).unwrap_or_default()) {
            0 => 0,
            quoted => head + blank + quoted,
        };
    }
    match marked(rest) {
        // ">5 pallets are wet" is no quote.
        1 if rest.first().is_some_and(|line| is_more_than(line)) => 0,
        quoted => quoted,
    }
}

fn is_marked(line: &str) -> bool {
    line.trim_start().starts_with(['>', '＞'])
}

/// Whether the mark may mean "more than": something else than a blank or a mark follows it.
fn is_more_than(line: &str) -> bool {
    let next = line.trim_start().chars().nth(1);
    next.is_some_and(|next| !next.is_whitespace() && !matches!(next, '>' | '＞'))
}

/// Drops what a quoted message without marks holds: everything from its head on.
fn cut_at_head(passages: &mut Vec<Vec<&str>>) {
    let lines: Vec<&str> = passages.iter().flatten().copied().collect();
    let begins = |at: &usize| {
        let rest = lines.get(*at..).unwrap_or_default();
        rest.first().is_some_and(|line| is_head(line))
            || attribution_lines(rest) > 0
            || is_header_block(rest)
    };
    let Some(mut left) = (0..lines.len()).find(begins) else {
        return;
    };
    for passage in passages {
        passage.truncate(left);
        left -= passage.len();
    }
}

fn is_head(line: &str) -> bool {
    let line = line.trim().to_lowercase();
    QUOTE_HEADS.contains(&line.as_str())
        || (line.starts_with("---") && line.ends_with("---") && line.contains("原始邮件"))
}

/// Lines of `On 3 March, Bob wrote:`, on one line or broken over some, and of what others write
/// instead; 0: none.
fn attribution_lines(lines: &[&str]) -> usize {
    let first = lines.first().map(|line| line.trim()).unwrap_or_default();
    let chinese = ["写道:", "写道：", "寫道:", "寫道："];
    if chinese.iter().any(|end| first.ends_with(end)) {
        // 在 2026年3月3日，王伟 写道： has a date or an address; "他写道：" in a text has none.
        let dated = first.chars().any(|letter| letter.is_ascii_digit()) || first.contains('@');
        return usize::from(dated);
    }
    if !first.to_lowercase().starts_with("on ") {
        return 0;
    }
    let mut joined = String::new();
    for (at, line) in lines.iter().take(HEAD_LINES).enumerate() {
        let line = line.trim().to_lowercase();
        if line.is_empty() {
            break;
        }
        joined.push_str(&line);
        // "On 3 March Bob wrote: it is fine." goes on on its line: it is told.
        if let Some(before) = joined.strip_suffix(" wrote:") {
            let dated =
                before.chars().any(|letter| letter.is_ascii_digit()) || before.contains('@');
            return if dated && before.chars().count() < 200 {
                at + 1
            } else {
                0
            };
        }
        joined.push(' ');
    }
    0
}

/// `From:` with `Sent:`, `To:` or the like on one of the next lines.
fn is_header_block(lines: &[&str]) -> bool {
    let begins = |line: &str, with: &[&str]| {
        let line = line.trim().trim_start_matches('*').to_lowercase();
        with.iter().any(|field| {
            line.starts_with(field)
                || field
                    .strip_suffix(':')
                    .is_some_and(|name| line.starts_with(&format!("{name}*:")))
        })
    };
    lines.first().is_some_and(|line| begins(line, FROM))
        && lines
            .iter()
            .skip(1)
            .take(3)
            .any(|line| begins(line, BESIDE))
}

/// A passage without its signatures; postscripts behind them stay.
fn without_signature(mut lines: Vec<&str>) -> Vec<&str> {
    while let Some((begin, end)) = signature(&lines) {
        lines.drain(begin..end);
    }
    lines
}

/// Where a signature begins, and where it ends: at a postscript or at the end.
fn signature(lines: &[&str]) -> Option<(usize, usize)> {
    let from = lines.len().saturating_sub(MARKED_LINES * 2);
    (from..lines.len()).find_map(|at| {
        let line = lines.get(at).copied().unwrap_or_default();
        // The mark of RFC 3676 is two dashes; its blank is lost on the way more often than not.
        let (most, width) = if line.trim() == "--" {
            (MARKED_LINES, MARKED_WIDTH)
        } else if is_sign_off(line) {
            (SIGNATURE_LINES, SIGNATURE_WIDTH)
        } else {
            return None;
        };
        let behind = lines.get(at + 1..).unwrap_or_default();
        let postscript = behind.iter().position(|line| is_postscript(line));
        let own = behind
            .get(..postscript.unwrap_or(behind.len()))
            .unwrap_or_default();
        let filled = || own.iter().filter(|line| !line.trim().is_empty());
        let short = filled().count() <= most && filled().all(|line| line.chars().count() <= width);
        short.then_some((at, at + 1 + own.len()))
    })
}

fn is_postscript(line: &str) -> bool {
    let line = line.trim().to_lowercase();
    POSTSCRIPTS.iter().any(|start| {
        line.strip_prefix(start)
            .and_then(|rest| rest.chars().next())
            .is_some_and(|next| !start.is_ascii() || !next.is_alphanumeric())
    })
}

fn is_sign_off(line: &str) -> bool {
    let line = line.trim();
    if line.chars().count() > SIGN_OFF_WIDTH {
        return false;
    }
    let behind = |start: &str| {
        let begin = line.get(..start.len())?;
        let rest = line.get(start.len()..)?;
        (begin.to_lowercase() == start).then_some(rest)
    };
    SIGN_OFFS.iter().any(|start| {
        behind(start).is_some_and(|rest| {
            if start.is_ascii() {
                is_english_name(rest)
            } else {
                is_chinese_name(rest)
            }
        })
    }) || DEVICES
        .iter()
        .any(|start| behind(start).is_some_and(is_device))
}

/// Nothing, punctuation, or a name behind a sign-off: "Cheers for the quick reply" is none.
fn is_english_name(rest: &str) -> bool {
    let joined = rest.starts_with(char::is_alphanumeric);
    let comma = rest.trim_start().starts_with([',', '，']);
    let name = rest
        .trim()
        .trim_start_matches([',', '，', '-', '–', '—', ' '])
        .trim_end_matches(['.', ',', '!', ' ']);
    if joined || name.contains(['!', '?', ':', ';', '。', '！', '？', '：', '；']) {
        return name.is_empty();
    }
    let words: Vec<&str> = name.split_whitespace().collect();
    let of_name = |word: &&str| {
        PARTICLES.contains(word) || word.starts_with(|first: char| !is_small_or_mark(first))
    };
    words.len() <= NAME_WORDS
        && (words.iter().all(of_name)
            // "Regards, anna".
            || comma && words.len() == 1)
}

fn is_small_or_mark(first: char) -> bool {
    first.is_lowercase() || first.is_ascii_digit() || first.is_ascii_punctuation() && first != '('
}

/// Nothing, punctuation, a name or the end of a wish.
fn is_chinese_name(rest: &str) -> bool {
    let marks = [
        '，', '。', '！', '、', '~', '～', ',', '.', '!', ' ', '\u{3000}',
    ];
    let name = rest.trim_matches(marks);
    name.chars().count() <= CHINESE_NAME && !name.contains(['。', '？', '；', '：', '?', ';', ':'])
        || is_english_name(rest)
}

/// "iPhone", "华为手机".
fn is_device(rest: &str) -> bool {
    let rest = rest.trim().trim_end_matches(['.', '。']);
    let sentence = rest.contains([',', '?', '!', ':', ';', '，', '。', '？', '！', '：', '；']);
    let named = rest.contains(|letter: char| letter.is_ascii_alphabetic())
        || DEVICE_NAMES.iter().any(|name| rest.contains(name));
    named && !sentence && rest.split_whitespace().count() <= NAME_WORDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_replies_go_in_every_form() {
        for quoted in [
            "On Tue, 3 Mar 2026 at 10:12, Bob <bob@firm.example> wrote:\n> Your cargo is late.",
            "On Tue, 3 Mar 2026 at 10:12, Bob Example\n<bob@firm.example> wrote:\n\n> Your cargo",
            "-----Original Message-----\nFrom: Bob\nYour cargo is late.",
            "From: Bob\nSent: Tuesday\nTo: Anna\nSubject: Cargo\n\nYour cargo is late.",
            "*From:* Bob\n*Sent:* Tuesday\n\nYour cargo is late.",
            "发件人：王伟\n发送时间：2026年3月3日\n主题：延误\n\n货物延误了。",
            "发件人: 王伟 <w@firm.example>\n日期: 2026-03-03\n\n货物延误了。",
            "在 2026年3月3日，王伟 <w@firm.example> 写道：\n> 货物延误了。",
            "------------------ 原始邮件 ------------------\n货物延误了。",
            "> Your cargo is late.\n> Bob",
        ] {
            let mail = format!("Thank you, that helps.\n\n{quoted}");
            assert_eq!(own_words(&mail), "Thank you, that helps.", "{quoted}");
        }
    }

    #[test]
    fn answers_between_quoted_lines_stay() {
        let mail = "> When does it come?\nTomorrow.\n> And the papers?\nThey are wrong again.";
        assert_eq!(own_words(mail), "Tomorrow.\nThey are wrong again.");
    }

    #[test]
    fn what_is_written_below_a_quote_stays() {
        for (mail, own) in [
            (
                "On 3 March 2026 Bob wrote:\n> Delivered.\n> Bob\n\nThe pallets are still missing.",
                "The pallets are still missing.",
            ),
            (
                "On 3 March 2026 Bob\n<b@firm.example> wrote:\n\n>Delivered.\n\nThey are not.",
                "They are not.",
            ),
            (
                "在 2026年3月3日，王伟 写道：\n> 到了。\n\n还是没有收到。",
                "还是没有收到。",
            ),
            // A signature above a quote ends there; answers below are no part of it.
            (
                "See below.\n\nRegards\nAnna\n\nOn 3 March 2026 Bob wrote:\n> When?\nNever again.\n>> Why?\nIt was wet.\nCheers\nAnna",
                "See below.\n\nNever again.\nIt was wet.",
            ),
            // Below a message without marks nobody writes.
            (
                "Late.\n-----Original Message-----\nOn 3 March 2026 Bob wrote:\n> a\nb",
                "Late.",
            ),
            ("Late.\n>one\n>two\nWet.", "Late.\nWet."),
            ("Late.\n>\nWet.", "Late.\nWet."),
        ] {
            assert_eq!(own_words(mail), own, "{mail}");
        }
    }

    #[test]
    fn postscripts_stay() {
        for postscript in [
            "PS: two boxes are missing",
            "P.S. Two boxes are missing.",
            "ps two boxes are missing",
            "又及：少了两箱",
            "附言：少了两箱",
        ] {
            let mail = format!(
                "It came late.\n\nRegards, Anna\nMill Ltd.\n{postscript}\n\nSent from my phone"
            );
            let own = format!("It came late.\n\n{postscript}");
            assert_eq!(own_words(&mail), own);
            assert_eq!(own_words(&own), own);
        }
    }

    #[test]
    fn signatures_go_and_texts_that_go_on_stay() {
        for signature in [
            "-- \nAnna Berg\nPurchasing",
            "Best regards,\nAnna",
            "Kind regards Anna",
            "Sent from my phone",
            "Sent from my Samsung Galaxy S23",
            "Cheers",
            "Best regards from Anna",
            "Regards, anna",
            "Yours sincerely,\n\nDr. Anna von Berg\nPurchasing\nMill Ltd.\n1 Quay Road\n+49 40 123",
            "发自我的 iPhone",
            "来自我的华为手机",
            "顺祝商祺！李娜",
            "此致\n敬礼\n李娜",
            "祝好！\n李娜",
        ] {
            let mail = format!("Two pallets were damaged.\n\n{signature}\n");
            assert_eq!(own_words(&mail), "Two pallets were damaged.", "{signature}");
        }
        for text in [
            "With regards to the damage: we are disappointed.",
            "Best regards to the team.\n\nStill, we have to say the following: the last four deliveries came late, the papers were wrong and nobody picked up the telephone when we called.",
            "He wrote: never again.",
            "Cheers for the quick reply.\nThe second pallet is still damaged.",
            "Cheers for the quick reply\nThe second pallet is still damaged",
            "Sincerely disappointed\nAnna",
            "Regards: two boxes are missing",
            "Sent from my warehouse: two are missing",
            "从我的角度看，太差了。",
            "On 3 March 2026 Bob wrote: all is delivered.\nThat is false, two boxes are missing.",
            ">5 pallets are wet",
            "＞5 个托盘湿了",
            "Hello\n>5 pallets are wet\nAnna",
            // Seven lines are more than a signature.
            "Regards\nThe first.\nThe second.\nThe third.\nThe fourth.\nThe fifth.\nThe sixth.\nThe seventh.",
            "From: Hamburg\nWe ship it next week.",
            "他写道：很好",
        ] {
            assert_eq!(own_words(text), text);
        }
    }

    #[test]
    fn nothing_but_quotes_is_empty_and_stripping_twice_is_stripping_once() {
        assert_eq!(own_words("> all\n> quoted"), "");
        assert_eq!(own_words(""), "");
        assert_eq!(own_words("\n \r\n"), "");
        for text in [
            "Hello\n-- \nA\n-- \nB",
            "Good.\r\nRegards\r\nA\r\n\r\nRegards\r\nB",
            "a\n> b\nOn 3 March c wrote:\nd",
            "Thanks\n\nCheers\n> x\nAnna",
        ] {
            let once = own_words(text);
            assert_eq!(own_words(&once), once, "{text}");
        }
    }
}
