//! A client that sends arbitrary bytes.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {:?}", String::from_utf8_lossy(&self.body)))
    }

    /// Asserts the whole response in the wrapped envelope.
    #[track_caller]
    pub(crate) fn assert(&self, status: u16, errcode: Option<u16>, message: &str) {
        let mut data = serde_json::json!({ "message": message });
        if let Some(errcode) = errcode {
            data["errcode"] = errcode.into();
        }
        assert_eq!(self.json(), serde_json::json!({ "status": status, "data": data }));
        assert_eq!(self.status, status);
        assert_eq!(self.header("content-type"), Some("application/json; charset=utf-8"));
        assert!(self.header("x-request-id").is_some());
    }

    /// Asserts that `Retry-After` is between 1 and 5 seconds.
    #[track_caller]
    pub(crate) fn assert_retry_soon(&self) {
        let seconds: u64 = self.header("retry-after").expect("a Retry-After").parse().unwrap();
        assert!((1..=5).contains(&seconds), "{seconds}");
    }
}

/// Errcode of a response in the wrapped envelope.
pub(crate) fn errcode(reply: &Reply) -> Option<u64> {
    reply.json()["data"]["errcode"].as_u64()
}

/// Head and body of a request that closes the connection after the response.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
    if !body.is_empty() {
        request.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    [request.as_bytes(), b"\r\n", body].concat()
}

pub(crate) fn json_request(path: &str, body: &[u8]) -> Vec<u8> {
    request("POST", path, &[("Content-Type", "application/json")], body)
}

/// Sends bytes and reads until the service closes the connection.
pub(crate) async fn send(address: SocketAddr, request: &[u8]) -> Reply {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The service can reject the request before it has read everything.
    let _ = stream.write_all(request).await;
    receive(stream).await
}

pub(crate) async fn receive(mut stream: TcpStream) -> Reply {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Reply { status, head, body: bytes[end + 4..].to_vec() }
}

pub(crate) async fn get(address: SocketAddr, path: &str) -> Reply {
    send(address, &request("GET", path, &[], b"")).await
}

pub(crate) async fn post(address: SocketAddr, path: &str, body: &Value) -> Reply {
    send(address, &json_request(path, body.to_string().as_bytes())).await
}

/// Name, optional file name and content of a part of a form.
pub(crate) type FormPart<'a> = (&'a str, Option<&'a str>, &'a [u8]);

pub(crate) const BOUNDARY: &str = "----injeung";

pub(crate) fn form_body(parts: &[FormPart<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file_name, content) in parts {
        body.extend(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"").bytes(),
        );
        if let Some(file_name) = file_name {
            body.extend(format!("; filename=\"{file_name}\"\r\nContent-Type: text/plain").bytes());
        }
        body.extend(b"\r\n\r\n");
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    body
}

pub(crate) fn form_request(path: &str, body: &[u8]) -> Vec<u8> {
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    request("POST", path, &[("Content-Type", &content_type)], body)
}

pub(crate) async fn post_form(address: SocketAddr, path: &str, parts: &[FormPart<'_>]) -> Reply {
    send(address, &form_request(path, &form_body(parts))).await
}
