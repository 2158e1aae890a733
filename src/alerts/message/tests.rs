use super::*;
use crate::alerts::facts::{DepartmentFact, NamedCustomer, ScoreAndMoney};
use crate::db::UtcTime;

fn p(value: f64) -> Probability {
    Probability::new(value).unwrap()
}

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2014, month, day).unwrap()
}

fn partner(name: &str, probability: f64, share: f64) -> Part {
    Part {
        kind: PartKind::Partner {
            name: Some(name.to_owned()),
            share_of_business: Some(p(share)),
        },
        probability: p(probability),
    }
}

fn follower(name: &str, now: f64, lost: f64, value: i64) -> Follower {
    Follower {
        name: name.to_owned(),
        churn_probability: p(now),
        churn_if_lost: p(lost),
        value,
    }
}

/// The example of the design: 31% = 9% own + 17% Nordkauf + 5% Halle KG.
fn brandt(language: Language) -> AlertNotice {
    AlertNotice {
        alert_id: AlertId(7),
        public_url: "https://hawser.example".parse().unwrap(),
        language,
        severity: Severity::High,
        warning: Warning::ChurnLevel { level: 0.3 },
        customer: Some((CustomerId(12), "Brandt GmbH".to_owned())),
        team: Some("Nord".to_owned()),
        as_of: day(3, 10),
        zone: Tz::UTC,
        currency: "EUR".parse().unwrap(),
        told_before: None,
        reminder: false,
        risk: Some(brandts_risk()),
        next_step: NextStepWord::Call,
        due: day(3, 21),
        worked_before: None,
        pictures: Vec::new(),
        deeds: None,
    }
}

fn brandts_risk() -> Risk {
    Risk {
        horizon_weeks: 13,
        churn_probability: p(0.31),
        previous: Some(Previous {
            churn_probability: p(0.18),
            as_of: day(3, 3),
        }),
        parts: vec![
            Part {
                kind: PartKind::Own,
                probability: p(0.09),
            },
            partner("Nordkauf", 0.17, 0.61),
            partner("Halle KG", 0.05, 0.2),
        ],
        others: Probability::ZERO,
        followers: vec![follower("Ziegler AG", 0.12, 0.47, 8_000_049)],
        value_at_risk: 21_234_000,
        value_basis: ValueBasis::Margin("EUR".parse().unwrap()),
        partners: Partners {
            kind: PartnerKind::Consignees,
            total: 7,
            silent: 3,
        },
        evidence: Evidence::Enough,
        network_term_supported: Some(true),
    }
}

/// The risk of a notice that has one.
fn risk(notice: &mut AlertNotice) -> &mut Risk {
    notice.risk.as_mut().unwrap()
}

fn name(notice: &mut AlertNotice, name: &str) {
    notice.customer = Some((CustomerId(12), name.to_owned()));
}

fn mail(notice: &AlertNotice) -> Rendered {
    render(Texts::embedded(), notice).unwrap()
}

/// Fails unless every one of `expected` stands in `text`, in this order.
fn assert_contains_in_order(text: &str, expected: &[&str]) {
    let mut rest = text;
    for part in expected {
        let at = rest
            .find(part)
            .unwrap_or_else(|| panic!("{part:?} is missing (from here) in:\n{text}"));
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn the_english_text_says_it_all_in_order() {
    let mail = mail(&brandt(Language::En));
    assert_eq!(
        mail.subject,
        "[Hawser] HIGH: Brandt GmbH, 3 of 7 consignees silent, 212k margin at risk"
    );
    let expected = "\
HIGH · Churn risk
Brandt GmbH

The probability that Brandt GmbH leaves within 13 weeks has reached 31%. Your alert level is 30%.
It was 18% on 3 March 2014.
3 of its 7 consignees no longer receive anything from it through us.

Margin at risk: EUR\u{a0}212,340

Why
  17%  Nordkauf may be lost; it carries 61% of its business
   9%  Its own shipping pattern
   5%  Halle KG may be lost; it carries 20% of its business
  31%  Together

Who would follow
- Ziegler AG
  Churn 12% today, 47% if this customer is lost
  Margin behind it: EUR\u{a0}80,000

Next step
Call the customer and ask what has changed, by 21 March 2014.

Open the alert
https://hawser.example/alerts/7
Open the customer
https://hawser.example/customers/12
Opening a link changes nothing; you are asked first.

--\u{20}
As of 10 March 2014
Team Nord
Enough shipments of its own to judge it by.
Hawser
";
    assert_eq!(mail.text.trim_end(), expected.trim_end());
}

#[test]
fn the_chinese_text_says_it_all_in_order() {
    let mut notice = brandt(Language::Zh);
    name(&mut notice, "华东纺织有限公司");
    let mail = mail(&notice);
    assert_eq!(
        mail.subject,
        "[Hawser] 高风险：华东纺织有限公司，7 家收货方中 3 家已无往来，21.2万 毛利面临损失"
    );
    assert_contains_in_order(
        &mail.text,
        &[
            "高风险 · 流失风险\n华东纺织有限公司\n",
            "华东纺织有限公司在 13 周内流失的概率已达 31%，预警线为 30%。\n",
            "2014年3月3日为 18%。\n",
            "其 7 家收货方中，有 3 家已不再通过我们收它的货。\n",
            "面临损失的毛利：EUR\u{a0}212,340\n",
            "原因\n  17%  Nordkauf可能流失，占其业务的 61%\n   9%  自身的发货规律\n",
            "  31%  合计\n",
            "谁会随之流失\n- Ziegler AG\n  流失概率目前 12%，若该客户流失则为 47%\n",
            "下一步\n请在 2014年3月21日前致电客户，了解发生了什么变化。\n",
            "https://hawser.example/alerts/7\n",
            "打开链接不会改变任何内容，操作前会先请您确认。\n",
            "数据截至 2014年3月10日\n团队：Nord\n",
        ],
    );
}

#[test]
fn the_html_says_the_same_without_anything_from_outside() {
    for language in Language::ALL {
        let mail = mail(&brandt(language));
        let tag = format!("<html lang=\"{}\">", language.tag());
        assert_contains_in_order(
            &mail.html,
            &[
                &tag,
                "Brandt GmbH</h1>",
                "18%",
                ">31%</div>",
                "EUR\u{a0}212,340",
                "Nordkauf",
                "17%",
                "Halle KG",
                "5%",
                "Ziegler AG",
                "href=\"https://hawser.example/alerts/7\"",
                "href=\"https://hawser.example/customers/12\"",
            ],
        );
        for banned in [
            "src=", "url(", "<script", "<form", "<img", "<link", "@import",
        ] {
            assert!(!mail.html.contains(banned), "{banned}");
        }
        assert_eq!(mail.html.matches("http").count(), 2, "only the two links");
    }
}

#[test]
fn the_subject_leaves_out_what_is_not_known() {
    let mut notice = brandt(Language::En);
    risk(&mut notice).partners.silent = 0;
    assert_eq!(
        mail(&notice).subject,
        "[Hawser] HIGH: Brandt GmbH, churn 18% → 31%, 212k margin at risk"
    );
    risk(&mut notice).previous = None;
    risk(&mut notice).value_at_risk = -100;
    assert_eq!(
        mail(&notice).subject,
        "[Hawser] HIGH: Brandt GmbH, churn 31%"
    );
    assert_contains_in_order(
        &mail(&notice).text,
        &[
            "There is no earlier assessment",
            "Margin at risk: EUR\u{a0}-1",
        ],
    );

    notice.severity = Severity::Low;
    name(&mut notice, " \r\n ");
    risk(&mut notice).value_at_risk = 212_400;
    risk(&mut notice).value_basis = ValueBasis::Weight;
    risk(&mut notice).partners = Partners {
        kind: PartnerKind::Shippers,
        total: 1,
        silent: 1,
    };
    assert_eq!(
        mail(&notice).subject,
        "[Hawser] LOW: Customer 12, 1 of 1 shipper silent, 212\u{a0}t of freight at risk"
    );
    assert!(
        mail(&notice)
            .text
            .contains("1 of its 1 shipper no longer sends anything to it through us.")
    );
    notice.severity = Severity::Medium;
    risk(&mut notice).value_basis = ValueBasis::Shipments;
    risk(&mut notice).partners.kind = PartnerKind::Both;
    assert_eq!(
        mail(&notice).subject,
        "[Hawser] MEDIUM: Customer 12, 1 of 1 partner silent, 212k shipments at risk"
    );
}

#[test]
fn a_rise_names_the_step_and_one_week_is_singular() {
    let mut notice = brandt(Language::En);
    notice.warning = Warning::ChurnRise {
        step: 0.1,
        from: 0.2,
    };
    risk(&mut notice).horizon_weeks = 1;
    assert!(mail(&notice).text.contains(
        "The probability that Brandt GmbH leaves within one week has risen to 31%. \
         You are told when it rises by 10 or more percentage points."
    ));
}

#[test]
fn a_change_that_whole_percents_would_hide_is_shown_with_a_decimal() {
    let mut notice = brandt(Language::En);
    risk(&mut notice).previous = Some(Previous {
        churn_probability: p(0.307),
        as_of: day(3, 3),
    });
    assert_contains_in_order(
        &mail(&notice).text,
        &[
            "has reached 31.0%",
            "It was 30.7% on",
            "17.0%  Nordkauf",
            "31.0%  Together",
        ],
    );
}

#[test]
fn more_than_three_parts_are_added_to_the_rest_and_the_figures_still_add_up() {
    let mut notice = brandt(Language::En);
    // 0.094 + 0.103 + 0.052 + 0.034 + 0.027 = 0.310; the last two are the rest: 6.1%.
    risk(&mut notice).parts = vec![
        partner("Klein", 0.034, 0.05),
        Part {
            kind: PartKind::Own,
            probability: p(0.094),
        },
        partner("Halle KG", 0.052, 0.2),
        partner("Nordkauf", 0.103, 0.61),
    ];
    risk(&mut notice).others = p(0.027);
    // Floors of 10.3, 9.4, 5.2, 6.1 are 10, 9, 5, 6 = 30; the largest remainder is 0.4.
    assert_contains_in_order(
        &mail(&notice).text,
        &[
            "  10%  Nordkauf",
            "  10%  Its own",
            "   5%  Halle",
            "   6%  Everything else",
            "  31%",
        ],
    );
}

#[test]
fn parts_that_do_not_explain_the_total_are_refused() {
    let mut notice = brandt(Language::En);
    risk(&mut notice).others = p(0.01);
    assert!(matches!(
        render(Texts::embedded(), &notice),
        Err(RenderError::PartsDoNotSum { .. })
    ));
    risk(&mut notice).others = Probability::ZERO;
    risk(&mut notice).partners.silent = 8;
    assert!(matches!(
        render(Texts::embedded(), &notice),
        Err(RenderError::TooManySilent {
            silent: 8,
            total: 7
        })
    ));
}

#[test]
fn what_history_does_not_support_is_called_a_hypothesis() {
    let mut notice = brandt(Language::En);
    risk(&mut notice).network_term_supported = None;
    let unchecked = mail(&notice);
    for text in [&unchecked.text, &unchecked.html] {
        assert!(text.contains("is a hypothesis: whether losses spread"));
        assert!(text.contains("Who might follow"));
    }
    risk(&mut notice).network_term_supported = Some(false);
    assert!(mail(&notice).text.contains("your history does not confirm"));
    // Nothing from the network is shown, so nothing needs the warning.
    risk(&mut notice).parts = vec![Part {
        kind: PartKind::Own,
        probability: p(0.31),
    }];
    risk(&mut notice).followers.clear();
    let own = mail(&notice).text;
    assert!(!own.contains("hypothesis"), "{own}");
    assert!(own.contains("No partner is expected to follow."));
}

#[test]
fn weak_evidence_is_said_beside_the_number() {
    let mut notice = brandt(Language::En);
    risk(&mut notice).evidence = Evidence::Low;
    assert!(mail(&notice).text.contains("Low evidence: "));
    risk(&mut notice).evidence = Evidence::None;
    let mail = mail(&notice);
    assert!(mail.text.contains("No evidence of its own: "));
    assert!(mail.html.contains("No evidence of its own: "));
}

#[test]
fn unnamed_partners_and_many_followers_are_told_apart_and_counted() {
    let mut notice = brandt(Language::En);
    risk(&mut notice).parts[1].kind = PartKind::Partner {
        name: None,
        share_of_business: None,
    };
    risk(&mut notice).followers = (0..1_200)
        .map(|number| follower(&format!("F{number}"), 0.1, 0.2, 100))
        .collect();
    let text = mail(&notice).text;
    assert!(text.contains("  17%  A partner of another team may be lost\n"));
    assert_contains_in_order(&text, &["- F0\n", "- F4\n", "- and 1,195 more\n"]);
    assert!(!text.contains("- F5\n"));
}

#[test]
fn line_ends_in_names_start_no_line_and_no_header() {
    let mut notice = brandt(Language::En);
    name(
        &mut notice,
        "Evil\r\nBcc: all@example.com\r\n\r\n\0<b>\u{2028}x",
    );
    notice.team = Some("N\r\nord".to_owned());
    risk(&mut notice).followers[0].name = "F\nG".to_owned();
    let mail = mail(&notice);
    assert!(
        mail.subject
            .starts_with("[Hawser] HIGH: Evil Bcc: all@example.com <b> x, 3 of 7")
    );
    assert!(!mail.subject.contains(char::is_control));
    assert_contains_in_order(&mail.text, &["\n- F G\n", "\nTeam N ord\n"]);
    assert!(!mail.text.contains("\nBcc"));
    assert!(!mail.text.contains('\r'));
}

#[test]
fn html_in_names_is_text() {
    let mut notice = brandt(Language::Zh);
    let name = "</h1><script>alert('x')</script>\"&amp;";
    self::name(&mut notice, name);
    notice.team = Some(name.to_owned());
    risk(&mut notice).followers[0].name = name.to_owned();
    risk(&mut notice).parts[1] = partner(name, 0.17, 0.61);
    let mail = mail(&notice);
    for raw in ["<script", "</script", "alert('x')"] {
        assert!(!mail.html.contains(raw), "{raw}");
    }
    // Title, heading, sentence, part, follower with its change, team.
    assert!(mail.html.matches("&#38;amp;").count() >= 6);
    assert!(mail.text.contains(name));
}

#[test]
fn right_to_left_names_are_isolated_and_overrides_removed() {
    let mut notice = brandt(Language::En);
    name(&mut notice, "\u{202e}שלום בע\"מ");
    let mail = mail(&notice);
    let isolated = "\u{2068}שלום בע\"מ\u{2069}";
    assert!(
        mail.subject
            .starts_with(&format!("[Hawser] HIGH: {isolated}, 3 of 7"))
    );
    assert!(mail.text.contains(&format!("\n{isolated}\n")));
    assert!(!mail.text.contains('\u{202e}'));
    assert!(!mail.html.contains('\u{202e}'));
}

#[test]
fn an_endless_name_is_shortened() {
    let mut notice = brandt(Language::Zh);
    self::name(&mut notice, &"🚚货".repeat(150_000));
    let mail = mail(&notice);
    let shown = "🚚货".repeat(30);
    let shown: String = shown.chars().take(59).collect();
    assert!(
        mail.subject
            .starts_with(&format!("[Hawser] 高风险：{shown}…，7 家")),
        "{}",
        mail.subject
    );
    assert!(mail.subject.chars().count() < 120);
    // The body shows more of it, and not all.
    let told: String = "🚚货".repeat(150).chars().take(299).collect();
    for body in [&mail.text, &mail.html] {
        assert!(body.contains(&format!("{told}…")));
        assert!(body.len() < 20_000, "{}", body.len());
    }
}

fn named(name: &str) -> NamedCustomer {
    NamedCustomer {
        customer_id: Some(5),
        name: Some(name.to_owned()),
    }
}

fn department(name: &str) -> DepartmentFact {
    DepartmentFact {
        department_id: Some(3),
        kind: "purchasing".to_owned(),
        name: name.to_owned(),
    }
}

fn at(text: &str) -> UtcTime {
    UtcTime(text.parse().unwrap())
}

/// One warning a reason, with texts from outside called `text`.
#[expect(clippy::too_many_lines, reason = "a table")]
fn warnings(text: &str) -> Vec<Warning> {
    let from_outside = text.to_owned();
    vec![
        Warning::ChurnLevel { level: 0.3 },
        Warning::ChurnRise {
            step: 0.1,
            from: 0.18,
        },
        Warning::PartnerRisk {
            partner: named(text),
            share: 0.61,
            partner_churn: 0.42,
            probability: 0.17,
            path: vec![named("Halle KG"), named(text)],
        },
        Warning::DepartmentUnsatisfied {
            department: department(text),
            score: 0.42,
            low: 0.3,
            high: 0.55,
            target: 0.8,
        },
        Warning::SatisfactionFall {
            score: 0.6,
            before: 0.75,
            before_as_of: day(2, 3),
            weakest: Some("warehouse".to_owned()),
        },
        Warning::DepartmentUnheard {
            department: department(text),
            last_heard_on: Some(day(1, 2)),
            days: 190,
        },
        Warning::ScoreAndMoney {
            direction: ScoreAndMoney::SatisfiedButLess,
            score: 0.85,
            change: -0.4,
        },
        Warning::VolumeDrop {
            shipments: 1_200,
            shipments_before: 2_000,
            weeks: 13,
            change: -0.4,
        },
        Warning::ComplaintOverdue {
            complaint_id: 4,
            subject: from_outside.clone(),
            unacknowledged: true,
            due_at: at("2014-03-05T23:30:00Z"),
        },
        Warning::ComplaintReopened {
            complaint_id: 4,
            subject: from_outside.clone(),
            times: 2,
            reopened_at: at("2014-03-05T12:00:00Z"),
        },
        Warning::PromiseDue {
            promise_id: 6,
            text: from_outside.clone(),
            due_on: day(3, 14),
        },
        Warning::PromiseBroken {
            promise_id: 6,
            text: from_outside.clone(),
            due_on: day(3, 1),
            value: Some(0.915),
            level: Some(0.97),
        },
        Warning::ContractEnding {
            contract_id: 8,
            ends_on: day(6, 30),
            auto_renews: true,
            notice_by: Some(day(3, 31)),
            value_per_year: Some(48_000_000),
            partner: Some(named(text)),
        },
        Warning::KeyPerson {
            user_id: 2,
            user: from_outside,
            share: 0.85,
            interactions: 40.0,
            may_leave: 12_500_000,
        },
        Warning::PaymentFall {
            days_late: 21.4,
            days_late_before: 4.0,
            invoices: 12,
            since: day(1, 1),
        },
        Warning::DataStale {
            kind: "shipments".to_owned(),
            last_at: at("2014-03-01T05:00:00Z"),
            usual_days: 1.0,
            days: 9.3,
        },
    ]
}

fn told(warning: Warning, language: Language) -> AlertNotice {
    let about_us = matches!(warning, Warning::DataStale { .. });
    let mut notice = AlertNotice {
        warning,
        ..brandt(language)
    };
    if about_us {
        notice.customer = None;
        notice.risk = None;
        notice.team = None;
        notice.next_step = NextStepWord::Data;
    }
    notice
}

#[test]
fn every_reason_has_its_words_in_the_subject_with_the_money_behind() {
    let english = [
        "Brandt GmbH, 3 of 7 consignees silent, 212k margin at risk",
        "Brandt GmbH, 3 of 7 consignees silent, 212k margin at risk",
        "Brandt GmbH, partner Nordkauf at 42% churn, 212k margin at risk",
        "Brandt GmbH, Nordkauf satisfaction 42%, 212k margin at risk",
        "Brandt GmbH, satisfaction 75% → 60%, 212k margin at risk",
        "Brandt GmbH, Nordkauf not heard for 190 days, 212k margin at risk",
        "Brandt GmbH, satisfied (85%), yet 40% less business, 212k margin at risk",
        "Brandt GmbH, 40% less business than a year ago, 212k margin at risk",
        "Brandt GmbH, complaint not acknowledged, due 5 March 2014, 212k margin at risk",
        "Brandt GmbH, complaint reopened on 5 March 2014, 212k margin at risk",
        "Brandt GmbH, promise due 14 March 2014, 212k margin at risk",
        "Brandt GmbH, promise of 1 March 2014 not kept, 212k margin at risk",
        "Brandt GmbH, contract notice due by 31 March 2014, 212k margin at risk",
        "Brandt GmbH, 85% of the contact rests on Nordkauf, 212k margin at risk",
        "Brandt GmbH, pays 21 days after due, 4 before, 212k margin at risk",
        "Our own data, no new shipments for 9 days",
    ];
    for (warning, expected) in warnings("Nordkauf").into_iter().zip(english) {
        let mail = mail(&told(warning, Language::En));
        assert_eq!(mail.subject, format!("[Hawser] HIGH: {expected}"));
    }
    let chinese = [
        "Brandt GmbH，7 家收货方中 3 家已无往来，21.2万 毛利面临损失",
        "Brandt GmbH，7 家收货方中 3 家已无往来，21.2万 毛利面临损失",
        "Brandt GmbH，合作伙伴北方采购流失概率 42%，21.2万 毛利面临损失",
        "Brandt GmbH，北方采购满意度 42%，21.2万 毛利面临损失",
        "Brandt GmbH，满意度 75% → 60%，21.2万 毛利面临损失",
        "Brandt GmbH，北方采购已 190 天无反馈，21.2万 毛利面临损失",
        "Brandt GmbH，满意度 85%，业务量却下降 40%，21.2万 毛利面临损失",
        "Brandt GmbH，业务量同比下降 40%，21.2万 毛利面临损失",
        "Brandt GmbH，投诉未受理，应于 2014年3月5日前受理，21.2万 毛利面临损失",
        "Brandt GmbH，投诉于 2014年3月5日重新打开，21.2万 毛利面临损失",
        "Brandt GmbH，承诺将于 2014年3月14日到期，21.2万 毛利面临损失",
        "Brandt GmbH，2014年3月1日到期的承诺未兑现，21.2万 毛利面临损失",
        "Brandt GmbH，合同终止须在 2014年3月31日前提出，21.2万 毛利面临损失",
        "Brandt GmbH，85% 的往来集中于北方采购，21.2万 毛利面临损失",
        "Brandt GmbH，付款逾期 21 天，此前 4 天，21.2万 毛利面临损失",
        "我们自己的数据，发货数据已 9 天未更新",
    ];
    for (warning, expected) in warnings("北方采购").into_iter().zip(chinese) {
        let mail = mail(&told(warning, Language::Zh));
        assert_eq!(mail.subject, format!("[Hawser] 高风险：{expected}"));
    }
}

#[test]
fn every_reason_tells_its_own_figures() {
    let expected: [&[&str]; 16] = [
        &[
            "has reached 31%. Your alert level is 30%.",
            "It was 18% on 3 March",
        ],
        &["has risen to 31%", "10 or more percentage points"],
        &[
            "Nordkauf carries 61% of the business of Brandt GmbH",
            "own churn probability is 42%. 17% of churn",
            "Nordkauf ← Halle KG ← Nordkauf.",
            "Churn through this partner: 17%",
            "What its churn probability within 13 weeks is made of",
        ],
        &[
            "of Nordkauf is 42%; it should reach 80%",
            "between 30% and 55%",
        ],
        &[
            "fell to 60%; on 3 February 2014 it was 75%",
            "now: Warehouse",
        ],
        &["from Nordkauf for 190 days, the last time on 2 January 2014"],
        &["is 85%, yet its business is 40% below"],
        &[
            "1,200 shipments in the last 13 weeks, 2,000 in the same",
            "Business against a year before: -40%",
        ],
        &["“Nordkauf” has not even been acknowledged; that was due on 5 March"],
        &["“Nordkauf” was reopened on 5 March 2014, 2 times in all"],
        &["We promised “Nordkauf” by 14 March 2014."],
        &["and did not keep it.", "Measured: 0.92; promised: 0.97."],
        &[
            "runs until 30 June 2014 and goes on unless",
            "Last day for notice: 31 March 2014",
            "worth EUR\u{a0}480,000 a year",
            "with Nordkauf.",
        ],
        &[
            "85% of our contact with Brandt GmbH goes through Nordkauf",
            "EUR\u{a0}125,000",
        ],
        &[
            "12 invoices were due since 1 January 2014, paid or still open",
            "21.4 days after",
            "was 4 days",
        ],
        &[
            "last import of shipments came on 1 March 2014, 9 days ago. Usual number of days between two: 1. ",
        ],
    ];
    for (warning, expected) in warnings("Nordkauf").into_iter().zip(expected) {
        let mail = mail(&told(warning, Language::En));
        assert_contains_in_order(&mail.text, expected);
    }
}

#[test]
fn every_reason_tells_the_same_in_both_bodies_and_hostile_texts_stay_texts() {
    let hostile = "</p><script>alert(1)</script>\r\nBcc: x@y.example\u{202e}";
    for language in Language::ALL {
        for warning in warnings(hostile) {
            let notice = told(warning, language);
            let mail = mail(&notice);
            assert!(!mail.html.contains("<script>alert"), "{}", mail.html);
            assert!(!mail.text.contains("\nBcc") && !mail.text.contains('\u{202e}'));
            assert!(!mail.subject.contains(char::is_control));
            assert!(!mail.html.contains("{ $") && !mail.text.contains("{ $"));
            let shown = mail.html.matches("<p style=\"margin:0 0 6px\">").count();
            assert!(shown >= 1, "{:?}", notice.warning);
            assert!(mail.html.contains("/alerts/7\""));
            assert_eq!(
                mail.html.contains("/customers/12\""),
                notice.customer.is_some()
            );
        }
        // A megabyte of name does not make a megabyte of mail.
        for warning in warnings(&"名".repeat(350_000)) {
            let mail = mail(&told(warning, language));
            assert!(mail.html.len() + mail.text.len() < 40_000);
            assert!(mail.subject.chars().count() < 200, "{}", mail.subject);
        }
    }
}

#[test]
fn a_worsened_alert_says_by_how_much_since_when() {
    let since = |warning, measure, now| {
        let mut notice = told(warning, Language::En);
        notice.told_before = Some(ToldBefore {
            on: day(3, 3),
            measure,
            now,
        });
        mail(&notice).text
    };
    let [level, broken] = [warnings("x").remove(0), warnings("x").remove(11)];
    assert!(since(level.clone(), 0.31, 0.42).contains(
        "Since we last told you, on 3 March 2014, it has become worse by 11 percentage points."
    ));
    let unheard = warnings("x").remove(5);
    assert!(since(unheard, 180.0, 270.0).contains("worse by 90 days."));
    assert!(since(broken, 1.0, 2.0).contains("become worse since we last told you, on 3 March"));
    assert!(!since(level, 0.42, 0.31).contains("worse"));
}

#[test]
fn what_worked_before_is_told_only_with_enough_cases() {
    let worked = |cases, effect: Option<[f64; 3]>| {
        let mut notice = brandt(Language::En);
        notice.worked_before = Some(WorkedBefore {
            template: "visit".to_owned(),
            cases,
            kept: 7,
            effect: effect.map(|[effect, _, _]| effect),
            effect_low: effect.map(|[_, low, _]| low),
            effect_high: effect.map(|[_, _, high]| high),
        });
        mail(&notice).text
    };
    assert!(worked(9, None).contains("What worked before\nNot enough cases to say: "));
    assert!(worked(10, None).contains("7 of 10 customers stayed after such a step.\n"));
    assert!(worked(10, Some([0.12, -0.03, 0.25])).contains(
        "7 of 10 customers stayed after such a step. It lowers the probability of loss by 12% \
         (90% interval -3% to 25%)"
    ));
    assert!(!mail(&brandt(Language::En)).text.contains("What worked"));
}

#[test]
fn pictures_stand_in_the_html_with_their_words_and_links_act_for_the_reader() {
    let mut notice = brandt(Language::En);
    notice.pictures = vec![Picture {
        content_id: "partners-7-1@hawser.example".to_owned(),
        alt: "Brandt and \"1\": <Nordkauf>".to_owned(),
        width: 560,
        height: 300,
        key: vec!["1: Nordkauf, 61% of its business".to_owned()],
    }];
    notice.deeds = Some(Links {
        acknowledge: "https://hawser.example/a/one".to_owned(),
        snooze: "https://hawser.example/a/two".to_owned(),
        resolve: "https://hawser.example/a/three".to_owned(),
    });
    let mail = mail(&notice);
    assert_contains_in_order(
        &mail.html,
        &[
            "<img src=\"cid:partners-7-1@hawser.example\" alt=\"Brandt and &#34;1&#34;: &#60;Nordkauf&#62;\"",
            "1: Nordkauf, 61%",
            "/a/one\"",
            "/a/two\"",
            "/a/three\"",
        ],
    );
    assert_contains_in_order(
        &mail.text,
        &[
            "I am at it\nhttps://hawser.example/a/one\n",
            "Resolve\nhttps://hawser.example/a/three\n",
        ],
    );
}

#[test]
fn amounts_of_a_warning_are_told_whatever_decimal_places_they_are_stored_with() {
    let contract = |value| Warning::ContractEnding {
        contract_id: 8,
        ends_on: day(6, 30),
        auto_renews: false,
        notice_by: None,
        value_per_year: Some(value),
        partner: None,
    };
    for (currency, digits, stored, shown) in [
        ("JPY", 2, 48_000_000, "JPY\u{a0}480,000"),
        ("JPY", 0, 48_000_000, "JPY\u{a0}48,000,000"),
        ("EUR", 2, 48_000_000, "EUR\u{a0}480,000"),
        ("EUR", 0, 48_000_000, "EUR\u{a0}48,000,000"),
        ("JPY", 2, 48_000_050, "JPY\u{a0}480,001"),
        ("KWD", 2, 48_000_000, "KWD\u{a0}480,000"),
    ] {
        let mut notice = told(contract(stored), Language::En);
        notice.currency = currency.parse().unwrap();
        let text = mail(&notice.with_stored_digits(digits)).text;
        assert!(
            text.contains(&format!("It is worth {shown} a year.")),
            "{currency} {digits}: {text}"
        );
    }
    let key_person = Warning::KeyPerson {
        user_id: 2,
        user: "Anna".to_owned(),
        share: 0.85,
        interactions: 40.0,
        may_leave: 12_500_000,
    };
    let mut notice = told(key_person, Language::En);
    notice.currency = "JPY".parse().unwrap();
    let text = mail(&notice.with_stored_digits(2)).text;
    assert!(text.contains("JPY\u{a0}125,000"), "{text}");
}
