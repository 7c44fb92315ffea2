//! A client that sends arbitrary bytes.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use super::client::Reply;

/// Request head and body with a correct length; the connection closes after the response.
pub(crate) fn request(path: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let head = head(path, content_type, &format!("Content-Length: {}\r\n", body.len()));
    [head.as_bytes(), body].concat()
}

/// Request head; `more` contains complete lines.
pub(crate) fn head(path: &str, content_type: &str, more: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\
         Content-Type: {content_type}\r\n{more}\r\n"
    )
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// Sends bytes and reads the response; `None` if the service closes the connection without one.
pub(crate) fn send(address: SocketAddr, request: &[u8]) -> Option<Reply> {
    let mut stream = connect(address);
    // The service may respond and close before it has read everything.
    let _ = stream.write_all(request);
    receive(stream)
}

/// Sends bytes and closes the sending side, like a client that dies. Reads the response.
pub(crate) fn send_and_hang_up(address: SocketAddr, request: &[u8]) -> Option<Reply> {
    let mut stream = connect(address);
    let _ = stream.write_all(request);
    let _ = stream.shutdown(Shutdown::Write);
    receive(stream)
}

/// Reads a response to the end of its declared length, or until the service closes the connection.
pub(crate) fn receive(mut stream: TcpStream) -> Option<Reply> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 8192];
    loop {
        let reply = parse(&bytes);
        if reply.as_ref().is_some_and(is_whole) {
            return reply;
        }
        match stream.read(&mut chunk) {
            Ok(read) if read > 0 => bytes.extend(&chunk[..read]),
            // A reset after the response is not an error.
            Ok(_) | Err(_) => return reply,
        }
    }
}

fn parse(bytes: &[u8]) -> Option<Reply> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let headers = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
    Some(Reply { status, headers: headers.collect(), body: bytes[end + 4..].to_vec() })
}

fn is_whole(reply: &Reply) -> bool {
    let length = reply.header("content-length").and_then(|length| length.parse().ok());
    length.is_some_and(|length: usize| reply.body.len() >= length)
}

/// Reads `100 Continue`, which the service sends before it reads the body.
#[track_caller]
pub(crate) fn await_continue(stream: &mut TcpStream) {
    const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
    let mut line = [0; CONTINUE.len()];
    stream.read_exact(&mut line).unwrap();
    assert_eq!(line, CONTINUE);
}
