//! The mailer against a real SMTP server: a process of its own (`server.py`), real
//! TLS with a private authority, and faults on demand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

mod dkim;
mod kill;
mod outbox;
mod server;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use chrono::DateTime;
use hawser::i18n::Language;
use hawser::mail::mailer::{
    Credentials, InlineImage, MailAddress, MailSettings, Mailer, MessageId, OutgoingMail, Receipt,
    Security, SendError, SmtpMailer,
};
use hawser::mail::retry::FailureKind;

use server::{Certificates, Server};

const USER: &str = "hawser";
const PASSWORD: &str = "pass word:安 %s";
const TEXT: &str =
    "First line\n\n.\n..\n  Nordkauf → 安全\u{a0}31%\n\u{2068}שלום\u{2069} =?utf-8?b?\nFrom me\n";
const HTML: &str = "<!DOCTYPE html>\n<p>安全 &amp; 31% = \"31%\"</p>\n";

fn mail() -> OutgoingMail {
    OutgoingMail {
        message_id: MessageId::parse("alert-7.2@hawser.example").unwrap(),
        date: DateTime::from_timestamp(1_394_445_600, 0).unwrap(),
        from: MailAddress::parse("hawser@firm.example", Some("Hawser")).unwrap(),
        to: MailAddress::parse("anna@firm.example", Some("Müller, Anna (安娜)")).unwrap(),
        subject: "[Hawser] 高风险：华东纺织进出口有限公司，7 家收货方中 3 家已无往来，21.2万 毛利面临损失"
            .to_owned(),
        text: TEXT.to_owned(),
        html: HTML.to_owned(),
        images: Vec::new(),
        in_reply_to: Some(MessageId::parse("alert-7.1@hawser.example").unwrap()),
        references: (0..40)
            .map(|number| MessageId::parse(&format!("alert-7.r{number}@hawser.example")).unwrap())
            .collect(),
        language: Language::Zh,
        unsubscribe_url: None,
    }
}

fn settings(port: u16, security: Security) -> MailSettings {
    MailSettings {
        // The certificates are made out to this name.
        host: "localhost".to_owned(),
        port,
        security,
        credentials: None,
        timeout: Duration::from_secs(20),
        from: MailAddress::parse("hawser@firm.example", None).unwrap(),
        extra_ca_file: None,
        hello_name: Some("client.test".to_owned()),
        connections: 1,
        dkim: None,
    }
}

fn send(settings: &MailSettings, mail: &OutgoingMail) -> Result<Receipt, SendError> {
    Mailer::Smtp(SmtpMailer::new(settings).unwrap()).send(mail)
}

#[test]
fn a_received_mail_reads_as_it_was_written() {
    let server = Server::start(&[]);
    let receipt = send(&settings(server.port, Security::None), &mail()).unwrap();
    assert_eq!(receipt.code, 250);
    assert!(receipt.text.contains("stored as 1"), "{}", receipt.text);

    let received = server.only_mail();
    assert_eq!(received["mail_from"], "hawser@firm.example");
    assert_eq!(
        received["rcpt_tos"],
        serde_json::json!(["anna@firm.example"])
    );
    assert_eq!(received["to_address"], "anna@firm.example");
    assert_eq!(received["to_name"], "Müller, Anna (安娜)");
    assert_eq!(received["defects"], serde_json::json!([]));
    let references: Vec<String> = (0..40)
        .map(|number| format!("<alert-7.r{number}@hawser.example>"))
        .collect();
    for (name, value) in [
        ("Message-ID", "<alert-7.2@hawser.example>"),
        ("Date", "Mon, 10 Mar 2014 10:00:00 +0000"),
        ("Subject", mail().subject.as_str()),
        ("In-Reply-To", "<alert-7.1@hawser.example>"),
        ("References", &references.join(" ")),
        ("Auto-Submitted", "auto-generated"),
        ("Content-Language", "zh"),
        ("MIME-Version", "1.0"),
    ] {
        assert_eq!(server::header(&received, name), [value], "{name}");
    }

    assert_eq!(received["type"], "multipart/alternative");
    let parts = received["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 2);
    for (part, kind, body) in [
        (&parts[0], "text/plain", TEXT),
        (&parts[1], "text/html", HTML),
    ] {
        assert_eq!(part["type"], kind);
        assert_eq!(part["charset"], "utf-8");
        let decoded = part["body"].as_str().unwrap().replace("\r\n", "\n");
        assert_eq!(decoded.trim_end_matches('\n'), body.trim_end_matches('\n'));
    }

    let source = server.only_source();
    assert!(source.is_ascii(), "no server needs to know 8BITMIME");
    let longest = source.split(|&byte| byte == b'\n').map(<[u8]>::len).max();
    assert!(longest <= Some(998));
}

#[test]
fn pictures_travel_beside_the_html_that_shows_them() {
    let server = Server::start(&[]);
    let mut mail = mail();
    let png = b"\x89PNG\r\n\x1a\n\0.\r\n.\r\n\xff".to_vec();
    mail.images = ["course", "network"]
        .map(|name| InlineImage {
            content_id: format!("{name}.7@firm.example"),
            alt: format!("The {name} of 华东\r\nBcc: all@evil.example"),
            png: png.clone(),
        })
        .to_vec();
    send(&settings(server.port, Security::None), &mail).unwrap();
    let received = server.only_mail();
    assert_eq!(received["defects"], serde_json::json!([]));
    assert_eq!(received["type"], "multipart/alternative");
    let parts = received["parts"].as_array().unwrap();
    let (alternative, related) = ("multipart/alternative", "multipart/related");
    let places: Vec<_> = parts
        .iter()
        .map(|part| (part["type"].as_str().unwrap(), part["inside"].clone()))
        .collect();
    assert_eq!(
        places,
        [
            ("text/plain", serde_json::json!([alternative])),
            ("text/html", serde_json::json!([alternative, related])),
            ("image/png", serde_json::json!([alternative, related])),
            ("image/png", serde_json::json!([alternative, related])),
        ]
    );
    // base64 of the bytes above, by Python's library.
    let body = "iVBORw0KGgoALg0KLg0K/w==";
    for (part, name) in [(&parts[2], "course"), (&parts[3], "network")] {
        assert_eq!(part["id"], format!("<{name}.7@firm.example>"));
        assert_eq!(part["disposition"], "inline");
        assert_eq!(part["filename"], format!("{name}.7.png"));
        let shown = format!("The {name} of 华东 Bcc: all@evil.example");
        assert_eq!(part["description"], shown);
        assert_eq!(part["body"], body);
    }
}

#[test]
fn with_starttls_the_password_and_the_mail_travel_encrypted() {
    let certificates = Certificates::make();
    let server = Server::start(
        &[
            &[
                "--security",
                "starttls",
                "--user",
                USER,
                "--password",
                PASSWORD,
            ],
            &certificates.server()[..],
        ]
        .concat(),
    );
    let mut settings = settings(server.port, Security::StartTls);
    settings.extra_ca_file = Some(certificates.authority());
    settings.credentials = Some(Credentials::new(USER.into(), PASSWORD.into()));
    let mailer = Mailer::Smtp(SmtpMailer::new(&settings).unwrap());
    // Two mails over one kept connection.
    mailer.send(&mail()).unwrap();
    mailer.send(&mail()).unwrap();
    for number in [1, 2] {
        let received = server.mail(number);
        assert_eq!(received["tls"], true);
        assert_eq!(received["user"], USER);
    }
}

#[test]
fn tls_from_the_first_byte_works_with_the_private_authority() {
    let certificates = Certificates::make();
    let mut options = vec!["--security", "tls", "--user", USER, "--password", PASSWORD];
    options.extend(certificates.server());
    let server = Server::start(&options);
    let mut settings = settings(server.port, Security::Tls);
    settings.extra_ca_file = Some(certificates.authority());
    settings.credentials = Some(Credentials::new(USER.into(), PASSWORD.into()));
    send(&settings, &mail()).unwrap();
    let received = server.only_mail();
    assert_eq!(received["tls"], true);
    assert_eq!(received["user"], USER);
}

#[test]
fn a_wrong_password_is_a_matter_of_configuration_and_is_not_shown() {
    let certificates = Certificates::make();
    let server = Server::start(
        &[
            &[
                "--security",
                "starttls",
                "--user",
                USER,
                "--password",
                PASSWORD,
            ],
            &certificates.server()[..],
        ]
        .concat(),
    );
    let mut settings = settings(server.port, Security::StartTls);
    settings.extra_ca_file = Some(certificates.authority());
    // No password at all, then a wrong one.
    let error = send(&settings, &mail()).unwrap_err();
    assert_eq!(
        (error.kind, error.code),
        (FailureKind::Configuration, Some(530))
    );
    settings.credentials = Some(Credentials::new(USER.into(), "wr0ng-secret".into()));
    let error = send(&settings, &mail()).unwrap_err();
    assert_eq!(
        (error.kind, error.code),
        (FailureKind::Configuration, Some(535))
    );
    let shown = format!("{error:?} {error} {settings:?}");
    assert!(!shown.contains("wr0ng-secret"), "{shown}");
    assert_eq!(server.count(), 0);
}

#[test]
fn an_untrusted_certificate_gets_no_mail_and_no_password() {
    let certificates = Certificates::make();
    let other = Certificates::make();
    for (kind, security) in [("starttls", Security::StartTls), ("tls", Security::Tls)] {
        let server = Server::start(&[&["--security", kind], &certificates.server()[..]].concat());
        let mut settings = settings(server.port, security);
        settings.credentials = Some(Credentials::new(USER.into(), PASSWORD.into()));
        for authority in [None, Some(other.authority())] {
            settings.extra_ca_file = authority;
            let error = send(&settings, &mail()).unwrap_err();
            assert_eq!(error.kind, FailureKind::Configuration, "{error}");
            assert!(error.text.contains("certificate"), "{error}");
        }
        // Trusted, but made out to another name.
        settings.extra_ca_file = Some(certificates.authority());
        settings.host = "127.0.0.1".to_owned();
        let error = send(&settings, &mail()).unwrap_err();
        assert_eq!(error.kind, FailureKind::Configuration, "{error}");
        assert_eq!(server.count(), 0);
    }
}

#[test]
fn a_server_without_starttls_gets_nothing_in_the_clear() {
    let server = Server::start(&[]);
    let error = send(&settings(server.port, Security::StartTls), &mail()).unwrap_err();
    assert_eq!(error.kind, FailureKind::Configuration, "{error}");
    assert!(error.text.contains("STARTTLS"), "{error}");
    // Nor does one that does not speak TLS at all.
    let error = send(&settings(server.port, Security::Tls), &mail()).unwrap_err();
    assert_eq!(error.kind, FailureKind::Configuration, "{error}");
    assert_eq!(server.count(), 0);
}

#[test]
fn a_busy_server_takes_the_mail_at_the_third_attempt() {
    let server = Server::start(&["--fault", "busy-twice"]);
    let mailer = Mailer::Smtp(SmtpMailer::new(&settings(server.port, Security::None)).unwrap());
    for _ in 0..2 {
        let error = mailer.send(&mail()).unwrap_err();
        assert_eq!(
            (error.kind, error.code),
            (FailureKind::Transient, Some(451))
        );
        assert!(error.text.contains("try again later"), "{error}");
    }
    mailer.send(&mail()).unwrap();
    assert_eq!(server.count(), 1);
}

#[test]
fn a_refused_recipient_or_message_is_told_with_the_servers_words() {
    for (fault, kind, code, words) in [
        (
            "no-such-user",
            FailureKind::BadAddress,
            550,
            "no such user here",
        ),
        ("too-big", FailureKind::Permanent, 552, "message too big"),
    ] {
        let server = Server::start(&["--fault", fault]);
        let error = send(&settings(server.port, Security::None), &mail()).unwrap_err();
        assert_eq!((error.kind, error.code), (kind, Some(code)));
        assert!(error.text.contains(words), "{error}");
        assert_eq!(server.count(), 0);
    }
}

#[test]
fn a_connection_that_drops_is_transient_whether_or_not_the_mail_was_taken() {
    for (fault, taken) in [("drop-in-data", 0), ("answer-lost", 1)] {
        let server = Server::start(&["--fault", fault]);
        let error = send(&settings(server.port, Security::None), &mail()).unwrap_err();
        assert_eq!(
            (error.kind, error.code),
            (FailureKind::Transient, None),
            "{error}"
        );
        assert_eq!(server.count(), taken, "{fault}");
    }
}

#[test]
fn a_server_that_hangs_is_given_up_after_the_timeout() {
    let server = Server::start(&["--fault", "hang"]);
    let mut settings = settings(server.port, Security::None);
    settings.timeout = Duration::from_millis(300);
    let start = Instant::now();
    let error = send(&settings, &mail()).unwrap_err();
    assert_eq!(error.kind, FailureKind::Transient, "{error}");
    // Once for the answer, once for the farewell, and room for a busy machine.
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn a_server_that_is_not_there_is_transient() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let error = send(&settings(port, Security::None), &mail()).unwrap_err();
    assert_eq!(error.kind, FailureKind::Transient, "{error}");
}

#[test]
fn endless_and_hostile_names_arrive_as_one_recipient_and_no_extra_header() {
    let server = Server::start(&[]);
    let endless = "安🚚".repeat(200_000);
    let evil = "x\r\nBcc: all@evil.example\r\n.\r\nMAIL FROM:<a@b>\r\n";
    let mut mail = mail();
    mail.subject = format!("{evil}{endless}");
    mail.text = format!("{endless}\n.\nMAIL FROM:<a@b>\n");
    mail.to = MailAddress::parse("anna@firm.example", Some(&format!("{evil}{endless}"))).unwrap();
    send(&settings(server.port, Security::None), &mail).unwrap();

    let received = server.only_mail();
    assert_eq!(
        received["rcpt_tos"],
        serde_json::json!(["anna@firm.example"])
    );
    assert_eq!(server::header(&received, "Bcc"), [] as [&str; 0]);
    assert_eq!(received["defects"], serde_json::json!([]));
    let subject = server::header(&received, "Subject")[0].to_owned();
    assert!(subject.starts_with("x Bcc: all@evil.example . MAIL FROM:<a@b> 安🚚安"));
    assert!(
        subject.ends_with('…') && subject.chars().count() == 250,
        "{subject}"
    );
    let body = received["parts"][0]["body"]
        .as_str()
        .unwrap()
        .replace("\r\n", "\n");
    assert_eq!(body.trim_end(), mail.text.trim_end());
}
