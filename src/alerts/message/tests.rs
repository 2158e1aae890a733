use super::*;

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
    notice.followers = (0..1_200)
        .map(|number| follower(&format!("F{number}"), 0.1, 0.2, 100))
        .collect();
    let text = mail(&notice).text;
    assert!(text.contains("  17%  A partner may be lost\n"));
    assert_contains_in_order(&text, &["- F0\n", "- F4\n", "- and 1,195 more\n"]);
    assert!(!text.contains("- F5\n"));
}

#[test]
fn line_ends_in_names_start_no_line_and_no_header() {
    let mut notice = brandt(Language::En);
    name(&mut notice, "Evil\r\nBcc: all@example.com\r\n\r\n\0<b>\u{2028}x");
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
