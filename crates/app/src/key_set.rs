use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use injeung_domain::Fault;
use injeung_http::KeySetSource;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};

/// Maximum duration of a fetch. Requests wait for it.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Maximum size of a key set in bytes.
const MAX_LEN: usize = 256 * 1024;

/// The key set of the configured issuer.
pub(crate) struct HttpKeySet {
    client: Client,
    url: String,
}

impl HttpKeySet {
    /// Connects with the first fetch.
    ///
    /// # Errors
    /// If the HTTP client cannot be set up.
    pub(crate) fn new(url: &str) -> anyhow::Result<Self> {
        // A redirect or a proxy would take the keys from an unconfigured host.
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .timeout(TIMEOUT)
            .build()
            .context("set up the client of auth.token.jwks_url")?;
        Ok(Self { client, url: url.to_owned() })
    }
}

#[async_trait]
impl KeySetSource for HttpKeySet {
    async fn fetch(&self) -> Result<Bytes, Fault> {
        let mut response = self.client.get(&self.url).send().await.map_err(Fault::transient)?;
        let status = response.status();
        if status != StatusCode::OK {
            return Err(Fault::transient(format!("the issuer answered {status}")));
        }
        let mut document = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(Fault::transient)? {
            document.extend_from_slice(&chunk);
            if document.len() > MAX_LEN {
                return Err(Fault::permanent("the key set is larger than 256 KiB"));
            }
        }
        Ok(document.freeze())
    }
}
