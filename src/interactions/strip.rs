//! A message without what others wrote before and without its signature.
//!
//! Everything from the head of a quoted message on goes (`On … wrote:`, `-----Original Message-----`,
//! a block of `From:`/`Sent:` or `发件人：` lines), so do lines that begin with `>`, and from a sign-off on
//! the end of the message, if what follows is short: a sign-off in the middle of a long text is none.
//! Stripping twice is stripping once.

/// Lines behind a sign-off at most; more are a text that goes on.
const SIGNATURE_LINES: usize = 12;
/// Characters of a line behind a sign-off at most; a longer one is a text that goes on.
const SIGNATURE_WIDTH: usize = 120;
/// Characters of a sign-off at most, name included.
const SIGN_OFF_WIDTH: usize = 40;

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
    "sent from my ",
    "get outlook for ",
    "此致",
    "顺祝商祺",
    "顺颂商祺",
    "顺祝",
    "祝商祺",
    "祝好",
    "敬祝",
    "谢谢，祝",
    "发自我的",
    "来自我的",
    "从我的",
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
    let end = quote_begins(&lines);
    let mut kept: Vec<&str> = lines
        .get(..end)
        .unwrap_or_default()
        .iter()
        .copied()
        .filter(|line| !line.trim_start().starts_with(['>', '＞']))
        .collect();
    while let Some(end) = signature_begins(&kept) {
        kept.truncate(end);
    }
    kept.join("\n").trim().to_owned()
}

/// The line on which a quoted message begins; the number of lines if there is none.
fn quote_begins(lines: &[&str]) -> usize {
    let begins = |at: usize| {
        let rest = lines.get(at..).unwrap_or_default();
        let Some(line) = rest.first() else {
            return false;
        };
        is_head(line) || is_attribution(rest) || is_header_block(rest)
    };
    (0..lines.len())
        .find(|at| begins(*at))
        .unwrap_or(lines.len())
}

fn is_head(line: &str) -> bool {
    let line = line.trim().to_lowercase();
    QUOTE_HEADS.contains(&line.as_str())
        || (line.starts_with("---") && line.ends_with("---") && line.contains("原始邮件"))
}

/// `On 3 March, Bob wrote:`, on one line or broken over two, and what others write instead.
fn is_attribution(lines: &[&str]) -> bool {
    let joined: String = lines
        .iter()
        .take(3)
        .map(|line| line.trim())
        .take_while(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase();
    let first = lines.first().map(|line| line.trim()).unwrap_or_default();
    let chinese = ["写道:", "写道：", "寫道:", "寫道："];
    if chinese.iter().any(|end| first.ends_with(end)) {
        // 在 2026年3月3日，王伟 写道： has a date or an address; "他写道：" in a text has none.
        return first.chars().any(|letter| letter.is_ascii_digit()) || first.contains('@');
    }
    let Some(at) = joined.find(" wrote:") else {
        return false;
    };
    let before = joined.get(..at).unwrap_or_default();
    let dated = before.chars().any(|letter| letter.is_ascii_digit()) || before.contains('@');
    before.starts_with("on ") && dated && before.chars().count() < 200
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

/// The line on which a signature begins that reaches to the end.
fn signature_begins(lines: &[&str]) -> Option<usize> {
    let from = lines.len().saturating_sub(SIGNATURE_LINES * 2);
    (from..lines.len()).find(|at| {
        let line = lines.get(*at).copied().unwrap_or_default();
        // The mark of RFC 3676 is two dashes; its blank is lost on the way more often than not.
        (line.trim() == "--" || is_sign_off(line))
            && is_short(lines.get(at + 1..).unwrap_or_default())
    })
}

fn is_sign_off(line: &str) -> bool {
    let line = line.trim().to_lowercase();
    line.chars().count() <= SIGN_OFF_WIDTH
        && SIGN_OFFS.iter().any(|start| {
            line.strip_prefix(start).is_some_and(|rest| {
                let next = rest.chars().next();
                // "Regardsless" is no sign-off; "regards to the damage: …" neither.
                next.is_none_or(|next| !next.is_ascii_alphanumeric())
                    && !rest.starts_with(" to ")
                    && !rest.starts_with(" the ")
                    || start.ends_with(' ')
            })
        })
}

fn is_short(lines: &[&str]) -> bool {
    let filled = || lines.iter().filter(|line| !line.trim().is_empty());
    filled().count() <= SIGNATURE_LINES
        && filled().all(|line| line.chars().count() <= SIGNATURE_WIDTH)
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
    fn signatures_go_and_texts_that_go_on_stay() {
        for signature in [
            "-- \nAnna Berg\nPurchasing",
            "Best regards,\nAnna",
            "Kind regards Anna",
            "Sent from my phone",
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
