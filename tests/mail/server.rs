//! Starts `server.py`, makes its certificates, and reads what it stored.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Debian's own interpreter: it is the one that sees Debian's packages.
pub const PYTHON: &str = "/usr/bin/python3";

/// A running server; it ends with the value.
pub struct Server {
    process: Child,
    output: BufReader<ChildStdout>,
    folder: TempDir,
    /// Where it listens on 127.0.0.1.
    pub port: u16,
}

impl Server {
    /// Starts a server and waits until it listens.
    pub fn start(options: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mail/server.py");
        let mut process = Command::new(PYTHON)
            .arg("-B")
            .arg(script)
            .arg(folder.path())
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{PYTHON} does not start ({error}): {ADVICE}"));
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let mut errors = process.stderr.take().unwrap();
        let Ok(port) = line.trim().parse() else {
            let mut text = String::new();
            errors.read_to_string(&mut text).unwrap();
            panic!("the SMTP server of the tests does not start: {ADVICE}\n{text}");
        };
        // Keep reading, or a talkative server would stop at a full pipe.
        std::thread::spawn(move || std::io::copy(&mut errors, &mut std::io::sink()));
        Self {
            process,
            output,
            folder,
            port,
        }
    }

    /// Makes the next session that gets to this step (rcpt, data, stored) wait there.
    pub fn hold(&mut self, step: &str) {
        self.say(&format!("hold {step}"));
    }

    /// Waits until a session is held.
    pub fn held(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    /// Lets the session go on that is held.
    pub fn release(&mut self) {
        self.say("go");
    }

    fn say(&mut self, line: &str) {
        let input = self.process.stdin.as_mut().unwrap();
        writeln!(input, "{line}").unwrap();
    }

    /// How many messages it stored.
    pub fn count(&self) -> usize {
        let stored = fs::read_dir(self.folder.path()).unwrap();
        stored
            .filter(|entry| {
                let path = entry.as_ref().unwrap().path();
                path.extension().is_some_and(|end| end == "json")
            })
            .count()
    }

    /// A stored message as Python's mail library reads it.
    pub fn mail(&self, number: usize) -> Value {
        let path = self.folder.path().join(format!("{number}.json"));
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    }

    /// The only message stored.
    pub fn only_mail(&self) -> Value {
        assert_eq!(self.count(), 1);
        self.mail(1)
    }

    /// The only message stored, as it was received.
    pub fn only_source(&self) -> Vec<u8> {
        assert_eq!(self.count(), 1);
        fs::read(self.folder.path().join("1.eml")).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Failing here would hide why the test failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const ADVICE: &str =
    "install Debian's package python3-aiosmtpd (apt-get install python3-aiosmtpd openssl)";

/// All values of a header of a received mail.
pub fn header<'a>(mail: &'a Value, name: &str) -> Vec<&'a str> {
    let headers = mail["headers"].as_array().unwrap().iter();
    headers
        .filter(|pair| pair[0] == name)
        .map(|pair| pair[1].as_str().unwrap())
        .collect()
}

/// A private authority and a certificate of it for `localhost`, fresh for each test.
pub struct Certificates {
    folder: TempDir,
    options: [String; 4],
}

impl Certificates {
    /// Makes both with openssl.
    pub fn make() -> Self {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let key = [
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ];
        openssl(
            &[
                &[
                    "req",
                    "-x509",
                    "-days",
                    "2",
                    "-subj",
                    "/CN=Hawser test authority",
                ],
                &key[..],
                &["-keyout", &path("ca.key"), "-out", &path("ca.pem")],
            ]
            .concat(),
        );
        openssl(
            &[
                &["req", "-x509", "-days", "2", "-subj", "/CN=localhost"],
                &key[..],
                &["-CA", &path("ca.pem"), "-CAkey", &path("ca.key")],
                &["-addext", "subjectAltName=DNS:localhost"],
                &["-addext", "basicConstraints=critical,CA:FALSE"],
                &["-keyout", &path("server.key"), "-out", &path("server.pem")],
            ]
            .concat(),
        );
        let options = [
            "--certificate".to_owned(),
            path("server.pem"),
            "--key".to_owned(),
            path("server.key"),
        ];
        Self { folder, options }
    }

    /// The file that makes a client trust the server.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The server's options to use the certificate.
    pub fn server(&self) -> [&str; 4] {
        self.options.each_ref().map(String::as_str)
    }
}

/// Runs openssl.
pub fn openssl(arguments: &[&str]) {
    let output = Command::new("openssl")
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("openssl does not start ({error}): {ADVICE}"));
    assert!(
        output.status.success(),
        "openssl: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
