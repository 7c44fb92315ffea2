use std::env;
use std::sync::Arc;

use async_trait::async_trait;
use injeung_domain::Fault;
use rusoto_core::{Client, HttpClient, Region};
use rusoto_credential::{
    AwsCredentials, ChainProvider, CredentialsError, ProvideAwsCredentials, StaticProvider,
};
use rusoto_sts::{AssumeRoleWithWebIdentityRequest, NewAwsCredsForStsCreds, Sts, StsClient};
use time::OffsetDateTime;
use tokio::sync::Mutex;

use crate::objects::s3::S3Settings;

/// Time before their expiry from which credentials are no longer used, in seconds. A signed request
/// has this time to arrive.
const MARGIN_S: i64 = 20;

/// Caches the last credentials found.
///
/// The library's own caching provider also caches failures for ever. A short outage of the metadata
/// service would last until the next start.
#[derive(Clone)]
pub(super) struct Provider {
    source: Arc<dyn ProvideAwsCredentials + Send + Sync>,
    found: Arc<Mutex<Option<AwsCredentials>>>,
}

impl Provider {
    pub(super) fn new(settings: &S3Settings) -> Result<Self, Fault> {
        let pair = &settings.credentials;
        if pair.are_given() {
            let token = Some(pair.session_token.expose()).filter(|token| !token.is_empty());
            return Ok(Self::asking(StaticProvider::new(
                pair.access_key_id.clone(),
                pair.secret_access_key.expose().to_owned(),
                token.map(ToOwned::to_owned),
                None,
            )));
        }
        Ok(match WebIdentity::of_this_machine(settings)? {
            Some(web_identity) => Self::asking(web_identity),
            None => Self::asking(ChainProvider::new()),
        })
    }

    fn asking(source: impl ProvideAwsCredentials + Send + Sync + 'static) -> Self {
        Self { source: Arc::new(source), found: Arc::default() }
    }
}

#[async_trait]
impl ProvideAwsCredentials for Provider {
    async fn credentials(&self) -> Result<AwsCredentials, CredentialsError> {
        let mut found = self.found.lock().await;
        if let Some(credentials) = found.as_ref().filter(|found| are_good(found)) {
            return Ok(credentials.clone());
        }
        let credentials = self.source.credentials().await?;
        *found = Some(credentials.clone());
        Ok(credentials)
    }
}

fn are_good(credentials: &AwsCredentials) -> bool {
    let soon = OffsetDateTime::now_utc().unix_timestamp() + MARGIN_S;
    credentials.expires_at().is_none_or(|end| end.timestamp() > soon)
}

/// A role that is assumed with a token from a file, such as in a pod of EKS.
///
/// The library's implementation contacts Amazon's service in the environment's region, and ignores
/// the settings and `AWS_ENDPOINT_URL_STS`.
struct WebIdentity {
    sts: StsClient,
    token_file: String,
    role_arn: String,
    role_session_name: String,
}

impl WebIdentity {
    /// The web identity of the environment; `None` if a key pair or a profile, which take
    /// precedence, is set.
    fn of_this_machine(settings: &S3Settings) -> Result<Option<Self>, Fault> {
        let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
        let is_named =
            ["AWS_ACCESS_KEY_ID", "AWS_PROFILE"].into_iter().any(|name| variable(name).is_some());
        let named = variable("AWS_WEB_IDENTITY_TOKEN_FILE").zip(variable("AWS_ROLE_ARN"));
        let Some((token_file, role_arn)) = named.filter(|_| !is_named) else { return Ok(None) };
        let name = settings.region.clone();
        let endpoint = variable("AWS_ENDPOINT_URL_STS")
            .unwrap_or_else(|| format!("https://sts.{name}.amazonaws.com"));
        let client = Client::new_not_signing(HttpClient::new().map_err(Fault::permanent)?);
        Ok(Some(Self {
            sts: StsClient::new_with_client(client, Region::Custom { name, endpoint }),
            token_file,
            role_arn,
            role_session_name: variable("AWS_ROLE_SESSION_NAME")
                .unwrap_or_else(|| "WebIdentitySession".to_owned()),
        }))
    }
}

#[async_trait]
impl ProvideAwsCredentials for WebIdentity {
    async fn credentials(&self) -> Result<AwsCredentials, CredentialsError> {
        // The token in the file is replaced from time to time.
        let token = std::fs::read_to_string(&self.token_file).map_err(CredentialsError::new)?;
        let request = AssumeRoleWithWebIdentityRequest {
            role_arn: self.role_arn.clone(),
            role_session_name: self.role_session_name.clone(),
            web_identity_token: token,
            ..AssumeRoleWithWebIdentityRequest::default()
        };
        let answer = self.sts.assume_role_with_web_identity(request).await;
        let answer = answer.map_err(CredentialsError::new)?;
        let credentials = answer.credentials.ok_or_else(|| {
            CredentialsError::new("get credentials of the role: the response has none")
        })?;
        AwsCredentials::new_for_credentials(credentials)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Fails every second time, and otherwise returns a new pair that expires at `until`.
    struct Moody {
        asked: Arc<AtomicU32>,
        until: &'static str,
    }

    #[async_trait]
    impl ProvideAwsCredentials for Moody {
        async fn credentials(&self) -> Result<AwsCredentials, CredentialsError> {
            match self.asked.fetch_add(1, Ordering::Relaxed) {
                nth if nth % 2 == 0 => Err(CredentialsError::new("out for lunch")),
                nth => Ok(AwsCredentials::new(
                    format!("AKID{nth}"),
                    "s3cret",
                    None,
                    Some(self.until.parse().unwrap()),
                )),
            }
        }
    }

    #[tokio::test]
    async fn a_failure_is_not_remembered_and_credentials_are_while_they_are_good() {
        let asked = Arc::<AtomicU32>::default();
        let until = "2999-01-01T00:00:00Z";
        let provider = Provider::asking(Moody { asked: asked.clone(), until });
        provider.credentials().await.unwrap_err();
        for _ in 0..3 {
            let found = provider.clone().credentials().await.unwrap();
            assert_eq!(found.aws_access_key_id(), "AKID1");
        }
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn expired_credentials_are_requested_again() {
        let asked = Arc::<AtomicU32>::default();
        let until = "2001-01-01T00:00:00Z";
        let provider = Provider::asking(Moody { asked: asked.clone(), until });
        for key_id in ["AKID1", "AKID3"] {
            provider.credentials().await.unwrap_err();
            assert_eq!(provider.credentials().await.unwrap().aws_access_key_id(), key_id);
        }
    }
}
