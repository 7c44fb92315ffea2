//! A fake Clarifai server that plays scripted responses.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// Action of the server for one request.
#[derive(Clone)]
pub enum Play {
    /// Responds with a status and a body.
    Answer(u16, String),
    /// Responds with a status, lines of headers and a body.
    Headed(u16, &'static str, String),
    /// Redirects the client to a URL.
    Redirect(String),
    /// Reads the request and sends nothing.
    Silence,
    /// Sends half of a response and keeps the connection open.
    SlowBody,
    /// Sends half of a response and closes the connection.
    Cut,
    /// Sends a response without end.
    Endless,
    /// Resets the connection before the request is read.
    Reset,
}

/// A received request.
#[derive(Clone, Default)]
pub struct Received {
    /// Method and path.
    pub start: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

pub struct FakeClarifai {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

impl FakeClarifai {
    /// Starts a server that plays one action per request in order. Requests after the last action get 404.
    pub fn start(plays: impl IntoIterator<Item = Play>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let mut plays: VecDeque<_> = plays.into_iter().collect();
        let log = Arc::clone(&received);
        thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                if matches!(plays.front(), Some(Play::Reset)) {
                    plays.pop_front();
                    // The system resets a connection that is closed with unread bytes.
                    connection.peek(&mut [0]).unwrap();
                    log.lock().unwrap().push(Received::default());
                    continue;
                }
                // A client that times out while it connects sends nothing.
                let Some(request) = read_request(&connection) else { continue };
                log.lock().unwrap().push(request);
                let play = plays.pop_front().unwrap_or(Play::Answer(404, String::new()));
                thread::spawn(move || act(&mut connection, play));
            }
        });
        Self { address, received }
    }

    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

fn read_request(connection: &TcpStream) -> Option<Received> {
    let mut reader = BufReader::new(connection);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|&length| length > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let start = lines.first()?.clone();
    let headers: Vec<_> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Received { start, headers, body: String::from_utf8(body).unwrap() })
}

/// Writing fails after the client closes the connection, which some actions wait for.
fn act(connection: &mut TcpStream, play: Play) {
    let half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"status\":{\"code\":10000,";
    let _ = match play {
        Play::Answer(status, body) => answer(connection, status, "", &body),
        Play::Headed(status, headers, body) => answer(connection, status, headers, &body),
        Play::Redirect(location) => write!(
            connection,
            "HTTP/1.1 307 X\r\nLocation: {location}\r\nContent-Length: 0\r\n\
             Connection: close\r\n\r\n"
        ),
        Play::Silence => wait_for_hang_up(connection),
        Play::SlowBody => {
            connection.write_all(half.as_bytes()).and_then(|()| wait_for_hang_up(connection))
        }
        Play::Cut => connection.write_all(half.as_bytes()),
        Play::Endless => endless(connection),
        // Needs no request.
        Play::Reset => Ok(()),
    };
}

fn answer(
    connection: &mut TcpStream,
    status: u16,
    headers: &str,
    body: &str,
) -> std::io::Result<()> {
    write!(
        connection,
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{headers}\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
}

fn wait_for_hang_up(connection: &mut TcpStream) -> std::io::Result<()> {
    connection.read(&mut [0]).map(drop)
}

fn endless(connection: &mut TcpStream) -> std::io::Result<()> {
    connection.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"status\":\"")?;
    loop {
        connection.write_all(&[b'x'; 4096])?;
    }
}
