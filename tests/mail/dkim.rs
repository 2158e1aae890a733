//! Signatures, checked by dkimpy: an implementation that shares nothing with ours.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hawser::mail::mailer::{DkimSettings, InlineImage, Security, SmtpMailer};
use tempfile::TempDir;

use crate::server::{PYTHON, Server, openssl};
use crate::{mail, send, settings};

/// Prints what dkimpy says of a message, with the key's record from the command line.
const VERIFY: &str = "\
import sys, dkim
print(dkim.verify(open(sys.argv[1], 'rb').read(), dnsfunc=lambda *a, **k: sys.argv[2].encode()))
";

/// A key, and the record that would stand in DNS.
fn key(folder: &Path, kind: &str) -> (PathBuf, String) {
    let path = |name: &str| folder.join(name).display().to_string();
    let (private, public) = (path("key.pem"), path("key.der"));
    match kind {
        "rsa, PKCS#1" => openssl(&["genrsa", "-traditional", "-out", &private, "2048"]),
        "rsa, PKCS#8" => openssl(&["genpkey", "-algorithm", "RSA", "-out", &private]),
        _ => openssl(&["genpkey", "-algorithm", "ed25519", "-out", &private]),
    }
    let form = ["-pubout", "-outform", "DER", "-out"];
    openssl(&[&["pkey", "-in", &private][..], &form, &[&public]].concat());
    let der = fs::read(public).unwrap();
    let base64 = |bytes: &[u8]| data_encoding::BASE64.encode(bytes);
    let record = if kind == "ed25519" {
        // RFC 8463: the bare key, which ends its DER form.
        format!("v=DKIM1; k=ed25519; p={}", base64(&der[der.len() - 32..]))
    } else {
        format!("v=DKIM1; k=rsa; p={}", base64(&der))
    };
    (private.into(), record)
}

fn is_valid(source: &[u8], record: &str) -> bool {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("mail.eml");
    fs::write(&path, source).unwrap();
    let said = Command::new(PYTHON)
        .args(["-c", VERIFY])
        .arg(path)
        .arg(record)
        .output()
        .unwrap();
    let (words, errors) = (
        said.stdout,
        String::from_utf8_lossy(&said.stderr).into_owned(),
    );
    match String::from_utf8_lossy(&words).trim() {
        "True" => true,
        "False" => false,
        _ => panic!("dkimpy does not run: install Debian's package python3-dkim\n{errors}"),
    }
}

/// Received mails: as the others here, with everything that can be in one, and with almost nothing.
fn received(key_file: PathBuf) -> Vec<Vec<u8>> {
    let mut full = mail();
    full.unsubscribe_url = Some("https://hawser.example/unsubscribe/x.y".to_owned());
    full.text = "  two  spaces \t\r\n\r\n.\r\ntrailing   \r\n\r\n\r\n".into();
    full.images = vec![InlineImage {
        content_id: "course@firm.example".to_owned(),
        alt: "The course".to_owned(),
        png: vec![137; 5000],
    }];
    let mut bare = mail();
    bare.in_reply_to = None;
    bare.references = Vec::new();
    bare.text = String::new();
    bare.html = String::new();
    let mut settings = settings(0, Security::None);
    settings.dkim = Some(DkimSettings {
        domain: "firm.example".to_owned(),
        selector: "hawser".to_owned(),
        key_file,
    });
    let mut source = |mail| {
        let server = Server::start(&[]);
        settings.port = server.port;
        send(&settings, mail).unwrap();
        server.only_source()
    };
    [mail(), full, bare].iter().map(&mut source).collect()
}

#[test]
fn signatures_hold_and_break_with_what_they_cover() {
    for kind in ["rsa, PKCS#1", "rsa, PKCS#8", "ed25519"] {
        let folder = TempDir::new().unwrap();
        let (key_file, published) = key(folder.path(), kind);
        for source in received(key_file) {
            let text = String::from_utf8(source).unwrap();
            assert!(text.starts_with("DKIM-Signature: v=1; a="), "{text:.200}");
            assert!(is_valid(text.as_bytes(), &published), "{kind}: {text}");
            // What relays may do.
            let refolded = text.replacen("Auto-Submitted: auto", "AUTO-Submitted:\r\n  auto", 1);
            assert!(
                is_valid(refolded.as_bytes(), &published),
                "{kind}: {refolded}"
            );
            // What nobody may.
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            for forged in [
                format!("{head}\r\n\r\n{body}x\r\n"),
                text.replacen("Subject: ", "Subject: x", 1),
                text.replacen("Date: Mon, 10", "Date: Tue, 11", 1),
                text.replacen("Message-ID: <alert-7.2", "Message-ID: <alert-7.3", 1),
                format!("From: Boss <boss@evil.example>\r\n{head}\r\n\r\n{body}"),
                format!("Subject: Pay\r\n{head}\r\n\r\n{body}"),
                format!("{head}\r\nTo: all@evil.example\r\n\r\n{body}"),
                format!("Reply-To: boss@evil.example\r\n{head}\r\n\r\n{body}"),
                format!("Sender: boss@evil.example\r\n{head}\r\n\r\n{body}"),
                format!("Cc: boss@evil.example\r\n{head}\r\n\r\n{body}"),
                format!("{head}\r\nIn-Reply-To: <x@y>\r\n\r\n{body}"),
                format!("{head}\r\nList-Unsubscribe: <https://evil.example>\r\n\r\n{body}"),
            ] {
                assert_ne!(forged, text);
                assert!(!is_valid(forged.as_bytes(), &published), "{kind}: {forged}");
            }
        }
    }
}

#[test]
fn a_key_that_is_too_weak_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("weak.pem");
    openssl(&["genrsa", "-out", &path.display().to_string(), "1024"]);
    let mut settings = settings(25, Security::None);
    settings.dkim = Some(DkimSettings {
        domain: "firm.example".to_owned(),
        selector: "hawser".to_owned(),
        key_file: path,
    });
    let error = SmtpMailer::new(&settings).unwrap_err();
    assert!(error.to_string().contains("weak.pem"), "{error}");
}
