use async_trait::async_trait;
use injeung_domain::Fault;
use rusoto_credential::{
    AwsCredentials, CredentialsError, DefaultCredentialsProvider, ProvideAwsCredentials,
    StaticProvider,
};

use crate::objects::s3::S3Settings;

/// Who we are.
#[derive(Clone)]
pub(super) enum Provider {
    Configured(StaticProvider),
    OfThisMachine(Box<DefaultCredentialsProvider>),
}

impl Provider {
    pub(super) fn new(settings: &S3Settings) -> Result<Self, Fault> {
        Ok(match settings.credentials.clone() {
            Some(pair) => Self::Configured(StaticProvider::new(
                pair.access_key_id,
                pair.secret_access_key,
                pair.session_token,
                None,
            )),
            None => {
                let provider = DefaultCredentialsProvider::new().map_err(Fault::permanent)?;
                Self::OfThisMachine(Box::new(provider))
            }
        })
    }
}

#[async_trait]
impl ProvideAwsCredentials for Provider {
    async fn credentials(&self) -> Result<AwsCredentials, CredentialsError> {
        match self {
            Self::Configured(provider) => provider.credentials().await,
            Self::OfThisMachine(provider) => provider.credentials().await,
        }
    }
}
