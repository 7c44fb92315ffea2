//! A receiver of webhooks that behaves as a test requests.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

/// How the receiver treats a message.
#[derive(Debug, Clone)]
pub(crate) enum Behaviour {
    /// Responds with this status and these header lines.
    Respond(u16, String),
    /// Never responds.
    Hang,
    /// Closes the connection.
    Close,
}

/// A message as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    pub(crate) confirmed: bool,
}

/// A listening receiver.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    received: Vec<Received>,
    /// Treatment of the next messages, before `always`.
    next: VecDeque<Behaviour>,
    always: Option<Behaviour>,
    held: Vec<TcpStream>,
}

impl Receiver {
    /// Confirms every message until a test sets another behaviour.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::<Mutex<State>>::default();
        let shared = state.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = shared.clone();
                thread::spawn(move || serve(stream.unwrap(), &shared));
            }
        });
        Self { address, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hooks/injeung", self.address)
    }

    /// Treats the next messages so.
    pub(crate) fn next(&self, behaviours: impl IntoIterator<Item = Behaviour>) {
        self.state.lock().unwrap().next.extend(behaviours);
    }

    /// Treats all messages so; `None` confirms them.
    pub(crate) fn always(&self, behaviour: Option<Behaviour>) {
        self.state.lock().unwrap().always = behaviour;
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.state.lock().unwrap().received.clone()
    }

    /// Messages that were confirmed, without repetitions of one that was confirmed before.
    pub(crate) fn confirmed(&self) -> Vec<Received> {
        let mut confirmed: Vec<Received> = Vec::new();
        for one in self.received().into_iter().filter(|one| one.confirmed) {
            if confirmed.iter().all(|before| before.id() != one.id()) {
                confirmed.push(one);
            }
        }
        confirmed
    }

    /// Waits until this number of messages is confirmed.
    #[track_caller]
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Received> {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.confirmed().len() < count {
            assert!(Instant::now() < deadline, "only {:#?}", self.received());
            thread::sleep(Duration::from_millis(20));
        }
        self.confirmed()
    }

    /// Waits until this number of messages arrived, confirmed or not.
    #[track_caller]
    pub(crate) fn wait_for_attempts(&self, count: usize) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.received().len() < count {
            assert!(Instant::now() < deadline, "only {:#?}", self.received());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
    }

    pub(crate) fn id(&self) -> &str {
        self.header("webhook-id")
    }

    /// Number of the message in its id, in the order of the commits.
    pub(crate) fn number(&self) -> i64 {
        self.id().split('_').nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn event(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    pub(crate) fn data(&self) -> Value {
        self.json()["data"].clone()
    }

    /// The signature with a secret, as the header must contain it.
    pub(crate) fn signature(&self, secret: &str) -> String {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{}.{}.", self.id(), self.header("webhook-timestamp")).as_bytes());
        mac.update(&self.body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(mut received) = read(&mut reader) {
        let behaviour = {
            let mut state = state.lock().unwrap();
            let next = state.next.pop_front().or_else(|| state.always.clone());
            received.confirmed = next.is_none();
            state.received.push(received);
            next.unwrap_or_else(|| Behaviour::Respond(204, String::new()))
        };
        match behaviour {
            Behaviour::Respond(status, lines) => {
                let head = format!("HTTP/1.1 {status} X\r\n{lines}Content-Length: 0\r\n\r\n");
                let head =
                    if status == 204 { head.replace("Content-Length: 0\r\n", "") } else { head };
                if (&stream).write_all(head.as_bytes()).is_err() {
                    return;
                }
            }
            Behaviour::Hang => {
                state.lock().unwrap().held.push(stream);
                return;
            }
            Behaviour::Close => return,
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Received> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let path = lines.first()?.split(' ').nth(1)?.to_owned();
    let headers: BTreeMap<String, String> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some(Received { path, headers, body, confirmed: false })
}
