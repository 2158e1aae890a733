//! A receiver of webhooks on a loopback port: keeps what comes, answers as it is told.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use standardwebhooks::{Webhook, WebhookError};
use ureq::http::{HeaderMap, HeaderName};

/// Far longer than anything here takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request that came.
#[derive(Clone, Debug)]
pub struct Received {
    pub headers: HeaderMap,
    pub body: String,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// What the public library says to it.
    pub fn verify(&self, secret: &str) -> Result<(), WebhookError> {
        Webhook::new(secret)
            .unwrap()
            .verify(self.body.as_bytes(), &self.headers)
    }
}

/// What a request is answered.
#[derive(Clone, Debug)]
pub enum Then {
    /// This status, these header lines, this body.
    Answer(u16, &'static str, &'static str),
    /// Redirected.
    Redirect(String),
    /// Nothing, until it is released; then the connection is closed.
    Hang,
    /// Nothing, until it is released; then this status.
    Late(u16),
    /// The connection is closed in the middle of the answer.
    Break,
    /// A body without an end.
    Endless,
}

#[derive(Default)]
struct Shared {
    got: Mutex<Vec<Received>>,
    arrived: Condvar,
    then: Mutex<VecDeque<Then>>,
    released: Mutex<bool>,
    release: Condvar,
}

impl Shared {
    /// Waits for the release.
    fn wait(&self) {
        let released = self.released.lock().unwrap();
        drop(self.release.wait_while(released, |released| !*released));
    }
}

/// A receiver; it answers 200 unless told otherwise.
pub struct Receiver {
    pub url: String,
    shared: Arc<Shared>,
}

impl Receiver {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, shared) = (stream.unwrap(), Arc::clone(&serving));
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { url, shared }
    }

    /// What the next requests are answered, in order.
    pub fn then(&self, answers: impl IntoIterator<Item = Then>) {
        self.shared.then.lock().unwrap().extend(answers);
    }

    /// What came so far.
    pub fn got(&self) -> Vec<Received> {
        self.shared.got.lock().unwrap().clone()
    }

    /// Lets go of those that hang.
    pub fn release(&self) {
        *self.shared.released.lock().unwrap() = true;
        self.shared.release.notify_all();
    }

    /// Waits until so many requests have come.
    pub fn wait_for(&self, count: usize) -> Vec<Received> {
        let got = self.shared.got.lock().unwrap();
        let (got, late) = self
            .shared
            .arrived
            .wait_timeout_while(got, PATIENCE, |got| got.len() < count)
            .unwrap();
        assert!(!late.timed_out(), "{} of {count} came", got.len());
        got.clone()
    }

    /// The types of the events that came.
    pub fn types(&self) -> Vec<String> {
        let told = |request: &Received| request.json()["type"].as_str().unwrap().to_owned();
        self.got().iter().map(told).collect()
    }
}

fn serve(stream: TcpStream, shared: &Shared) {
    let Some(request) = read(&stream) else {
        return;
    };
    let then = shared.then.lock().unwrap().pop_front();
    shared.got.lock().unwrap().push(request);
    shared.arrived.notify_all();
    answer(
        stream,
        then.unwrap_or(Then::Answer(200, "", "thanks")),
        shared,
    );
}

fn read(stream: &TcpStream) -> Option<Received> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    assert!(line.starts_with("POST /hooks HTTP/1.1"), "{line}");
    let mut headers = HeaderMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        let name: HeaderName = name.parse().unwrap();
        headers.append(name, value.parse().unwrap());
    }
    let length: usize = headers["content-length"].to_str().unwrap().parse().unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).unwrap();
    Some(Received { headers, body })
}

fn answer(mut stream: TcpStream, then: Then, shared: &Shared) {
    let text = match then {
        Then::Answer(code, headers, body) => {
            let length = body.len();
            format!("HTTP/1.1 {code} X\r\n{headers}content-length: {length}\r\n\r\n{body}")
        }
        Then::Redirect(to) => {
            format!("HTTP/1.1 307 X\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n")
        }
        Then::Break => "HTTP/1.1 200 X\r\ncontent-le".to_owned(),
        Then::Hang => {
            shared.wait();
            return;
        }
        Then::Late(code) => {
            shared.wait();
            format!("HTTP/1.1 {code} X\r\ncontent-length: 0\r\n\r\n")
        }
        Then::Endless => {
            let head = "HTTP/1.1 500 X\r\ntransfer-encoding: chunked\r\n\r\n";
            let _ = stream.write_all(head.as_bytes());
            while stream.write_all(b"5\r\nwords\r\n").is_ok() {}
            return;
        }
    };
    let _ = stream.write_all(text.as_bytes());
}
