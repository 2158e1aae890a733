use std::time::Duration;

use super::*;
use crate::mail::retry::FailureKind;

fn mail() -> OutgoingMail {
    OutgoingMail {
        message_id: MessageId::parse("alert-7.1@hawser.example").unwrap(),
        date: DateTime::from_timestamp(1_394_445_600, 0).unwrap(),
        from: MailAddress::parse("hawser@firm.example", Some("Hawser")).unwrap(),
        to: MailAddress::parse("anna@firm.example", Some("Anna Müller, 安娜")).unwrap(),
        subject: "高风险".to_owned(),
        text: "Text".to_owned(),
        html: "<p>Text</p>".to_owned(),
        images: Vec::new(),
        in_reply_to: None,
        references: Vec::new(),
        language: Language::En,
        unsubscribe_url: None,
    }
}

fn source(mail: &OutgoingMail) -> String {
    String::from_utf8(message(mail).unwrap().formatted()).unwrap()
}

/// The lines before the first empty one, unfolded.
fn headers(source: &str) -> Vec<String> {
    let (head, _) = source.split_once("\r\n\r\n").unwrap();
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    unfolded.split("\r\n").map(str::to_owned).collect()
}

#[test]
fn the_same_mail_has_the_same_headers_and_asks_for_no_automatic_answer() {
    let mut mail = mail();
    mail.in_reply_to = Some(MessageId::parse("<alert-7.0@hawser.example>").unwrap());
    mail.references = vec![mail.in_reply_to.clone().unwrap()];
    let headers = headers(&source(&mail));
    for expected in [
        "Message-ID: <alert-7.1@hawser.example>",
        // 1394445600 is 10 March 2014, 10:00 UTC, a Monday.
        "Date: Mon, 10 Mar 2014 10:00:00 +0000",
        "From: Hawser <hawser@firm.example>",
        // base64 of the UTF-8 of 高风险: e9ab98 e9a38e e999a9.
        "Subject: =?utf-8?b?6auY6aOO6Zmp?=",
        "In-Reply-To: <alert-7.0@hawser.example>",
        "References: <alert-7.0@hawser.example>",
        "Auto-Submitted: auto-generated",
        "Content-Language: en",
        "MIME-Version: 1.0",
    ] {
        assert!(
            headers.contains(&expected.to_owned()),
            "{expected}: {headers:#?}"
        );
    }
}

#[test]
fn names_and_subjects_add_no_headers() {
    let mut mail = mail();
    let evil = "x\r\nBcc: all@evil.example\r\n\r\n<html>\0";
    mail.subject = evil.to_owned();
    mail.to = MailAddress::parse("anna@firm.example", Some(evil)).unwrap();
    mail.from = MailAddress::parse("hawser@firm.example", Some(evil)).unwrap();
    let headers = headers(&source(&mail));
    assert!(
        !headers.iter().any(|line| line.starts_with("Bcc")),
        "{headers:#?}"
    );
    assert_eq!(message(&mail).unwrap().envelope().to().len(), 1);
}

#[test]
fn what_only_looks_encoded_is_not_decoded_by_the_reader() {
    let mut mail = mail();
    mail.subject = "=?utf-8?b?DQpCY2M6IHg=?=".to_owned();
    let subject = headers(&source(&mail))
        .into_iter()
        .find(|line| line.starts_with("Subject"));
    assert_eq!(subject.unwrap(), "Subject: = ?utf-8?b?DQpCY2M6IHg= ?=");
}

#[test]
fn a_picture_without_an_id_that_a_header_can_hold_is_refused() {
    let mut mail = mail();
    for bad in ["", "a b", "x>\r\nBcc: all@evil.example", "安"] {
        mail.images = vec![InlineImage {
            content_id: bad.to_owned(),
            alt: String::new(),
            png: vec![1],
        }];
        assert_eq!(message(&mail).unwrap_err().kind, FailureKind::Permanent);
    }
}

#[test]
fn no_line_of_a_message_is_longer_than_smtp_allows() {
    let mut mail = mail();
    let long = "x".repeat(1_000_000);
    mail.subject = long.clone();
    mail.to = MailAddress::parse("anna@firm.example", Some(&long)).unwrap();
    mail.text = "安".repeat(300_000);
    mail.html = format!("<p>{long}</p>");
    let longest = source(&mail).lines().map(str::len).max().unwrap();
    assert!(longest <= 998, "{longest}");
}

#[test]
fn addresses_that_could_carry_more_than_an_address_are_refused() {
    let long = format!("{}@firm.example", "x".repeat(1_000_000));
    for bad in [
        "",
        "anna",
        "anna@",
        "@firm.example",
        "anna@firm.example\r\nRCPT TO:<all@evil.example>",
        "anna@firm.example>, <all@evil.example",
        "anna@firm.example, bob@firm.example",
        "Anna <anna@firm.example>",
        "\"a b\"@firm.example",
        "anna@fi rm.example",
        "anna@firm.example\0",
        long.as_str(),
    ] {
        let error = MailAddress::parse(bad, None).unwrap_err();
        assert_eq!(SendError::from(error).kind, FailureKind::BadAddress);
    }
    let fine = MailAddress::parse(" anna+hawser@firm.example ", Some(" \n ")).unwrap();
    assert_eq!(fine.address(), "anna+hawser@firm.example");
    assert_eq!(fine.name(), None);
}

#[test]
fn message_ids_hold_nothing_but_an_id() {
    for bad in [
        "",
        "a",
        "a@",
        "@b",
        "a@b@c",
        "a b@c",
        "a@b\r\nX: y",
        "<a@b",
        "a@b> <c@d",
    ] {
        assert!(MessageId::parse(bad).is_err(), "{bad}");
    }
    assert!(MessageId::parse(&format!("{}@b", "a".repeat(250))).is_err());
    assert_eq!(MessageId::parse("<a@b>"), MessageId::parse("a@b"));
}

#[test]
fn a_date_that_mail_cannot_carry_is_an_error_and_no_panic() {
    let mut mail = mail();
    for seconds in [-1, 253_402_300_800] {
        mail.date = DateTime::from_timestamp(seconds, 0).unwrap();
        assert_eq!(message(&mail).unwrap_err().kind, FailureKind::Permanent);
    }
}

#[test]
fn memory_keeps_mails_and_fails_when_told_to() {
    let memory = MemoryMailer::default();
    let mailer = Mailer::Memory(memory.clone());
    memory.fail_next(SendError {
        kind: FailureKind::Transient,
        code: Some(451),
        text: "later".to_owned(),
    });
    assert_eq!(mailer.send(&mail()).unwrap_err().code, Some(451));
    assert_eq!(mailer.send(&mail()).unwrap().code, 250);
    assert_eq!(memory.mails().len(), 1);
    assert_eq!(memory.mails()[0].mail, mail());
}

fn settings() -> MailSettings {
    MailSettings {
        host: "mail.firm.example".to_owned(),
        port: 587,
        security: Security::StartTls,
        credentials: Some(Credentials::new("hawser".into(), "s3cret-pass".into())),
        timeout: Duration::from_secs(30),
        from: MailAddress::parse("hawser@firm.example", None).unwrap(),
        extra_ca_file: None,
        hello_name: None,
        connections: 1,
        dkim: None,
    }
}

#[test]
fn neither_passwords_nor_addresses_are_shown() {
    let mailer = Mailer::Smtp(SmtpMailer::new(&settings()).unwrap());
    let shown = format!("{:?} {mailer:?} {:?}", settings(), mail());
    assert!(!shown.contains("s3cret-pass"), "{shown}");
    assert!(!shown.contains("anna"), "{shown}");
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let refused = |settings: MailSettings| SmtpMailer::new(&settings).unwrap_err();
    for host in ["", "a b", "x\r\nQUIT", "münchen.example"] {
        let mut settings = settings();
        settings.host = host.to_owned();
        assert!(
            matches!(refused(settings), SettingsError::Host(_)),
            "{host}"
        );
    }
    let mut clear = settings();
    clear.security = Security::None;
    assert!(matches!(
        refused(clear.clone()),
        SettingsError::PasswordInTheClear(_)
    ));
    clear.host = "127.0.0.1".to_owned();
    assert!(SmtpMailer::new(&clear).is_ok());

    let mut hello = settings();
    hello.hello_name = Some("x\r\nMAIL FROM:<a@b>".to_owned());
    assert!(matches!(refused(hello), SettingsError::Host(_)));

    let mut impatient = settings();
    impatient.timeout = Duration::ZERO;
    assert!(matches!(refused(impatient), SettingsError::Timeout));
}

#[test]
fn a_file_without_certificates_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings();
    let path = folder.path().join("ca.pem");
    settings.extra_ca_file = Some(path.clone());
    let error = SmtpMailer::new(&settings).unwrap_err();
    assert!(matches!(error, SettingsError::Unreadable { .. }), "{error}");
    for content in [
        "",
        "hello",
        "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----",
    ] {
        std::fs::write(&path, content).unwrap();
        let error = SmtpMailer::new(&settings).unwrap_err();
        assert!(
            matches!(error, SettingsError::Certificates { .. }),
            "{error}"
        );
        assert!(error.to_string().contains("ca.pem"), "{error}");
    }
}

#[test]
fn a_sender_is_read_with_and_without_a_name() {
    let read = |text: &str| -> Option<(String, Option<String>)> {
        let address: MailAddress = text.parse().ok()?;
        Some((
            address.address().to_owned(),
            address.name().map(str::to_owned),
        ))
    };
    let expected = |name: Option<&str>| Some(("a@b.example".to_owned(), name.map(str::to_owned)));
    assert_eq!(read("a@b.example"), expected(None));
    assert_eq!(read(" <a@b.example> "), expected(None));
    assert_eq!(read("Hawser 安 <a@b.example>"), expected(Some("Hawser 安")));
    assert_eq!(
        read("\"Hawser, Inc\" <a@b.example>"),
        expected(Some("Hawser, Inc"))
    );
    for bad in [
        "",
        "Hawser",
        "a@b.example>",
        "x <a@b.example> y",
        "<a b@c.example>",
    ] {
        assert_eq!(read(bad), None, "{bad}");
    }
}
