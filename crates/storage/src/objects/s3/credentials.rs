//! Source of the credentials if no key pair is configured.

use std::env::{self, VarError};
use std::path::{Path, PathBuf};

use ini::Ini;
use injeung_adapter::Secret;
use injeung_domain::Fault;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};

use super::settings::S3Credentials;
use crate::io_fault::io_fault;

/// Variables of Amazon's own tools that concern credentials. The location and use of the bucket
/// come from the settings only.
const VARIABLES: [(&str, AmazonS3ConfigKey); 11] = [
    ("AWS_ACCESS_KEY_ID", AmazonS3ConfigKey::AccessKeyId),
    ("AWS_SECRET_ACCESS_KEY", AmazonS3ConfigKey::SecretAccessKey),
    ("AWS_SESSION_TOKEN", AmazonS3ConfigKey::Token),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", AmazonS3ConfigKey::WebIdentityTokenFile),
    ("AWS_ROLE_ARN", AmazonS3ConfigKey::RoleArn),
    ("AWS_ROLE_SESSION_NAME", AmazonS3ConfigKey::RoleSessionName),
    ("AWS_ENDPOINT_URL_STS", AmazonS3ConfigKey::StsEndpoint),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", AmazonS3ConfigKey::ContainerCredentialsRelativeUri),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", AmazonS3ConfigKey::ContainerCredentialsFullUri),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", AmazonS3ConfigKey::ContainerAuthorizationTokenFile),
    ("AWS_EC2_METADATA_SERVICE_ENDPOINT", AmazonS3ConfigKey::MetadataEndpoint),
];

/// Adds the configured key pair, or else the first credentials that the machine has.
///
/// The order is: the environment, a profile, a web identity, the container's role, the instance's
/// role.
pub(super) fn identify(
    builder: AmazonS3Builder,
    configured: &S3Credentials,
) -> Result<AmazonS3Builder, Fault> {
    if configured.are_given() {
        return Ok(with(builder, configured));
    }
    let builder =
        VARIABLES.into_iter().fold(builder, |builder, (name, key)| match env::var(name) {
            Ok(value) if !value.is_empty() => builder.with_config(key, value),
            Ok(_) | Err(_) => builder,
        });
    if builder.get_config_value(&AmazonS3ConfigKey::AccessKeyId).is_some() {
        return Ok(builder);
    }
    let profile = match env::var("AWS_PROFILE") {
        Ok(name) if !name.is_empty() => Some(name),
        Ok(_) | Err(VarError::NotPresent) => None,
        Err(error @ VarError::NotUnicode(_)) => {
            return Err(Fault::permanent(format!("read AWS_PROFILE: {error}")));
        }
    };
    let Some(file) = shared_file().filter(|file| profile.is_some() || file.is_file()) else {
        return Ok(builder);
    };
    let found = key_pair(&file, profile.as_deref().unwrap_or("default"))?;
    match (found, profile) {
        (Some(credentials), _) => Ok(with(builder, &credentials)),
        // Without `AWS_PROFILE`, a missing default profile is not an error.
        (None, None) => Ok(builder),
        (None, Some(profile)) => Err(Fault::permanent(format!(
            "find a key pair of the profile {profile:?} in the shared credentials file"
        ))),
    }
}

fn with(builder: AmazonS3Builder, credentials: &S3Credentials) -> AmazonS3Builder {
    let builder = builder
        .with_access_key_id(&credentials.access_key_id)
        .with_secret_access_key(credentials.secret_access_key.expose());
    match credentials.session_token.expose() {
        "" => builder,
        token => builder.with_token(token),
    }
}

fn shared_file() -> Option<PathBuf> {
    match env::var_os("AWS_SHARED_CREDENTIALS_FILE") {
        Some(path) if !path.is_empty() => Some(path.into()),
        Some(_) | None => Some(env::home_dir()?.join(".aws/credentials")),
    }
}

/// The key pair of a profile in a file such as `~/.aws/credentials`.
fn key_pair(file: &Path, profile: &str) -> Result<Option<S3Credentials>, Fault> {
    let text =
        std::fs::read_to_string(file).map_err(io_fault("read", "the shared credentials file"))?;
    // The parser's error may quote a part of a secret.
    let profiles = Ini::load_from_str_noescape(&text).map_err(|_secret| {
        Fault::permanent("parse the shared credentials file: it must be [profiles] of key = value")
    })?;
    let Some(profile) = profiles.section(Some(profile)) else { return Ok(None) };
    let value = |key| profile.get(key).map(ToOwned::to_owned);
    Ok(value("aws_access_key_id").zip(value("aws_secret_access_key")).map(|(id, secret)| {
        S3Credentials {
            access_key_id: id,
            secret_access_key: Secret::new(secret),
            session_token: Secret::new(value("aws_session_token").unwrap_or_default()),
        }
    }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_profile_has_a_key_pair() {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("credentials");
        std::fs::write(
            &file,
            "# of nobody\n[default]\naws_access_key_id = AKID\naws_secret_access_key=a+b/c\\d=\n\n\
             [other]\naws_access_key_id=OTHER\naws_secret_access_key=x\naws_session_token=t\n\
             [sso]\nsso_session = s\n",
        )
        .unwrap();
        let default = key_pair(&file, "default").unwrap().unwrap();
        assert_eq!(default.access_key_id, "AKID");
        assert_eq!(default.secret_access_key.expose(), "a+b/c\\d=");
        assert!(default.session_token.is_empty());
        let other = key_pair(&file, "other").unwrap().unwrap();
        assert_eq!(other.session_token.expose(), "t");
        assert_eq!(key_pair(&file, "sso").unwrap(), None);
        assert_eq!(key_pair(&file, "nobody").unwrap(), None);
        assert!(key_pair(&directory.path().join("none"), "default").is_err());

        std::fs::write(&file, "[default\naws_secret_access_key = s3cret").unwrap();
        let fault = key_pair(&file, "default").unwrap_err();
        assert!(!format!("{fault:?}").contains("s3cret"), "{fault:?}");
    }
}
