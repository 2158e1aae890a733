//! What the demo's people say and write, in English and in Chinese.

use super::dice::Dice;

/// In which mood something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    Good,
    Bad,
    /// Nothing felt: something is asked or told.
    Business,
}

/// A sentence of a person in this department.
pub(super) fn pick(language: &str, department: &str, mood: Mood, dice: &mut Dice) -> &'static str {
    let chinese = language == "zh";
    let about: &[&'static str] = match (mood, chinese) {
        (Mood::Business, false) => BUSINESS_EN,
        (Mood::Business, true) => BUSINESS_ZH,
        (Mood::Good, false) => good_en(department),
        (Mood::Good, true) => good_zh(department),
        (Mood::Bad, false) => bad_en(department),
        (Mood::Bad, true) => bad_zh(department),
    };
    dice.pick::<&'static str>(about)
}

/// Code of what a department complains about.
pub(super) fn cause(department: &str) -> &'static str {
    match department {
        "warehouse" => "shortage",
        "quality" => "damage",
        "finance" => "documents",
        "purchasing" => "price",
        "management" => "communication",
        _ => "late",
    }
}

/// What we promise after a complaint.
pub(super) fn promise(language: &str) -> &'static str {
    if language == "zh" {
        "未来两个月准时足量率不低于95%"
    } else {
        "On time in full at 95% or better for the next two months"
    }
}

const BUSINESS_EN: &[&str] = &[
    "Could you send the packing list for next week's loads?",
    "We plan four loads for the coming month, dates to follow.",
    "Our warehouse is closed on Friday, deliver on Monday instead.",
    "Please quote 2 pallets to the usual address.",
    "The booking reference is on the attached sheet.",
];

const BUSINESS_ZH: &[&str] = &[
    "请发下周货物的装箱单。",
    "下个月预计有四票货，具体日期另行通知。",
    "周五仓库盘点，请改为周一送货。",
    "请报两托到原地址的价格。",
    "订舱号见附件。",
];

fn good_en(department: &str) -> &'static [&'static str] {
    match department {
        "warehouse" => &[
            "All pallets arrived intact and complete, thank you.",
            "The driver helped us unload, very friendly man.",
            "Nothing missing, nothing damaged, great work.",
        ],
        "finance" => &[
            "The invoices were right first time, that saves us a lot of work.",
            "Your accounting answered at once and was very helpful.",
        ],
        "quality" => &[
            "Goods arrived in perfect condition again, well packed.",
            "The claim was settled quickly, we are happy with that.",
        ],
        "purchasing" => &[
            "Good price and reliable service, we are glad to go on.",
            "Your offer was competitive and came promptly.",
            "Excellent cooperation this quarter, we would recommend you.",
        ],
        "management" => &[
            "We appreciate how openly you keep us informed.",
            "A reliable partner, we are very satisfied.",
        ],
        _ => &[
            "Every delivery came on time this month, well done.",
            "The early pickup saved our production schedule, thanks a lot.",
            "Fast and punctual as always.",
        ],
    }
}

fn good_zh(department: &str) -> &'static [&'static str] {
    match department {
        "warehouse" => &[
            "货物完好无损，数量准确，谢谢。",
            "司机很热情，主动帮我们卸货。",
            "没有短少也没有破损，做得很好。",
        ],
        "finance" => &["发票一次开对，很省心。", "财务回复及时，非常专业。"],
        "quality" => &["包装结实，货物状态完好，很满意。", "理赔处理很快，感谢。"],
        "purchasing" => &[
            "价格合理，服务可靠，愿意继续合作。",
            "报价及时，很有优势。",
            "这个季度合作愉快，值得推荐。",
        ],
        "management" => &[
            "沟通顺畅，信息透明，很放心。",
            "值得信赖的合作伙伴，非常满意。",
        ],
        _ => &[
            "这个月每票都准时送达，非常好。",
            "提前提货帮我们赶上了生产计划，非常感谢。",
            "一如既往的迅速准时。",
        ],
    }
}

fn bad_en(department: &str) -> &'static [&'static str] {
    match department {
        "warehouse" => &[
            "Three cartons are missing and nobody can tell us where they are.",
            "The pallets came crushed and wet, we had to refuse them.",
            "The driver was rude and left before we had counted.",
        ],
        "finance" => &[
            "The invoice is wrong again, this is the third correction we ask for.",
            "You charged a surcharge that was never agreed, unacceptable.",
        ],
        "quality" => &[
            "Broken glass in the second load this month, very poor packing.",
            "Our claim is still unanswered after six weeks.",
        ],
        "purchasing" => &[
            "Your prices went up and the service got worse, we are disappointed.",
            "We are looking at other forwarders, this is too expensive for what we get.",
            "Nobody answers our mails, this is not acceptable.",
        ],
        "management" => &[
            "We were not informed of the delay, that is unprofessional.",
            "If this does not improve we will terminate the contract.",
        ],
        _ => &[
            "The delivery is two days late and our line stands still.",
            "Late again, and no reply from your office.",
            "The truck never showed up, we lost a whole shift.",
        ],
    }
}

fn bad_zh(department: &str) -> &'static [&'static str] {
    match department {
        "warehouse" => &[
            "少了三箱货，没人说得清楚在哪里。",
            "托盘压坏，货物淋湿，我们只能拒收。",
            "司机态度恶劣，没点完数就走了。",
        ],
        "finance" => &[
            "发票又开错了，已经是第三次要求更正。",
            "多收了没有约定的附加费，无法接受。",
        ],
        "quality" => &[
            "这个月第二次出现破损，包装太差。",
            "索赔拖了六个星期还没有答复，非常失望。",
        ],
        "purchasing" => &[
            "价格涨了，服务反而变差，很失望。",
            "性价比太低，我们在考虑换货代。",
            "邮件没人回复，不能接受。",
        ],
        "management" => &[
            "延误没有通知我们，太不专业。",
            "如果没有改善，我们将终止合作。",
        ],
        _ => &[
            "货物晚到两天，生产线已经停工。",
            "又延误了，你们办公室也没人回复。",
            "车一直没来，耽误了整个班次，很生气。",
        ],
    }
}
