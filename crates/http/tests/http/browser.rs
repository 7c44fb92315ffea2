//! A client of the pages: it names a host, keeps a cookie, and sends forms.

use crate::client::{Reply, send};
use crate::world::Service;

pub(crate) struct Browser<'a> {
    service: &'a Service,
    pub(crate) host: String,
    pub(crate) cookie: Option<String>,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(service: &'a Service) -> Self {
        Self { service, host: "localhost".to_owned(), cookie: None }
    }

    async fn request(&self, head: &str, body: &str) -> Reply {
        let cookie = self.cookie.as_ref().map(|cookie| format!("Cookie: {cookie}\r\n"));
        let request = format!(
            "{head} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{}Content-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}",
            self.host,
            cookie.unwrap_or_default(),
            body.len(),
        );
        send(self.service.address, request.as_bytes()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.request(&format!("GET {path}"), "").await
    }

    /// A page as text.
    pub(crate) async fn page(&self, path: &str) -> String {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.head);
        String::from_utf8(reply.body).unwrap()
    }

    /// Sends a form with these fields, which must need no encoding.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.request(&format!("POST {path}"), &pairs.join("&")).await
    }

    /// Keeps the cookie that a response sets.
    pub(crate) fn keep(&mut self, reply: &Reply) {
        let cookie = reply.header("set-cookie").unwrap();
        self.cookie = Some(cookie.split(';').next().unwrap().to_owned());
    }
}

/// Value of the first hidden token of a page.
pub(crate) fn token(page: &str) -> String {
    let start = page.split("name=\"token\" value=\"").nth(1).expect("a form with a token");
    start.split('"').next().unwrap().to_owned()
}
