//! A well-behaved HTTP client.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::http::{Request, Response};
use ureq::{Agent, AsSendBody, Body};

use super::form::{self, FormPart};

#[derive(Clone)]
pub(crate) struct Client {
    agent: Agent,
    base: String,
}

/// A response, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        Self { agent: config.into(), base: format!("http://{address}") }
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.request("GET", path, &[], ())
    }

    /// Response of `/readyz` after its result of the last second has expired.
    pub(crate) fn readiness(&self) -> Reply {
        thread::sleep(Duration::from_secs(1));
        self.get("/readyz")
    }

    /// Fetches a complete URL, as in a row.
    pub(crate) fn fetch(&self, url: &str) -> Reply {
        read(self.agent.get(url).call().unwrap())
    }

    pub(crate) fn post(&self, path: &str, json: &Value) -> Reply {
        let headers = [("Content-Type", "application/json")];
        self.request("POST", path, &headers, json.to_string().as_bytes())
    }

    pub(crate) fn post_form(&self, path: &str, parts: &[FormPart<'_>]) -> Reply {
        let headers = [("Content-Type", &*form::content_type())];
        self.request("POST", path, &headers, &form::body(parts)[..])
    }

    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsSendBody,
    ) -> Reply {
        self.try_request(method, path, headers, body).unwrap()
    }

    /// Sends a request that may fail because the service is gone.
    pub(crate) fn try_request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsSendBody,
    ) -> Result<Reply, ureq::Error> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body).unwrap();
        let request = self.agent.configure_request(request).allow_non_standard_methods(true);
        self.agent.run(request.build()).map(read)
    }
}

fn read(mut response: Response<Body>) -> Reply {
    let headers = response.headers().iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    Reply {
        status: response.status().as_u16(),
        headers: headers.collect(),
        body: response.body_mut().with_config().limit(1 << 30).read_to_vec().unwrap(),
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Body of a response that is not JSON.
    #[track_caller]
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text:?}"))
    }

    /// Status and errcode, if there is one.
    #[track_caller]
    pub(crate) fn outcome(&self) -> (u16, Option<u64>) {
        (self.status, self.json()["data"]["errcode"].as_u64())
    }

    /// Checks for exactly this response, in the wrapped envelope.
    #[track_caller]
    pub(crate) fn assert(&self, status: u16, errcode: impl Into<Option<u64>>, message: &str) {
        let data = data(errcode.into(), message);
        assert_eq!(self.json(), json!({ "status": status, "data": data }));
        self.assert_head(status);
    }

    /// Checks for exactly this response, in the bare envelope.
    #[track_caller]
    pub(crate) fn assert_bare(&self, status: u16, errcode: impl Into<Option<u64>>, message: &str) {
        assert_eq!(self.json(), data(errcode.into(), message));
        self.assert_head(status);
    }

    #[track_caller]
    fn assert_head(&self, status: u16) {
        assert_eq!(self.status, status);
        assert_eq!(self.header("content-type"), Some("application/json; charset=utf-8"));
        assert!(self.header("x-request-id").is_some(), "there is no request id");
    }
}

fn data(errcode: Option<u64>, message: &str) -> Value {
    match errcode {
        Some(errcode) => json!({ "message": message, "errcode": errcode }),
        None => json!({ "message": message }),
    }
}
