//! Objects in a bucket.

mod credentials;
mod fault;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use injeung_domain::ports::{ObjectStore, PutError};
use injeung_domain::{Fault, JpegPhoto, ObjectKey};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path;
use object_store::signer::{Method, Signer};
use object_store::{
    Attribute, Attributes, BackoffConfig, ClientOptions, Error, GetOptions, ObjectStore as _,
    ObjectStoreExt, PutMode, PutOptions, RetryConfig,
};
use uuid::Uuid;

pub use self::settings::{S3Credentials, S3Encryption, S3Settings};
use crate::workers::Workers;

/// Every object's type.
pub(super) const CONTENT_TYPE: &str = "image/jpeg";

/// The longest time that a signature may hold.
pub(super) const LONGEST_SIGNATURE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The name of the metadata that tells which call stored an object.
pub(super) const PUT_ID: &str = "injeung-put";

/// Keeps photos as the objects of one S3 bucket, each named by its key.
///
/// The service itself sees to it that nothing is overwritten (`If-None-Match: *`), and each object
/// carries a random id of the call that stored it: where an answer was lost and the repetition is
/// refused because the object is there, the id tells whose object it is.
///
/// Where no key pair is configured, who we are is found out in the order of Amazon's own tools: the
/// variables `AWS_ACCESS_KEY_ID` and so on; the key pair of the profile `AWS_PROFILE` (or `default`)
/// in `~/.aws/credentials`, read once; a web identity (`AWS_WEB_IDENTITY_TOKEN_FILE` and
/// `AWS_ROLE_ARN`); the role of the container (ECS, EKS pod identity); the role of the instance, by
/// version 2 of its metadata service. `~/.aws/config` is not read, so profiles that assume a role,
/// log in or run a program are of no use here. The permissions needed are `s3:PutObject`, `s3:GetObject`,
/// `s3:DeleteObject` on the objects and `s3:ListBucket` on the bucket, without which the service
/// answers for an absent object as for a forbidden one.
#[derive(Debug, Clone)]
pub struct S3ObjectStore {
    bucket: Arc<AmazonS3>,
    cache_control: Arc<str>,
    public_base: Arc<str>,
    workers: Arc<Workers>,
}

impl S3ObjectStore {
    /// Opens a bucket on the present tokio runtime. Makes no request.
    ///
    /// # Errors
    /// When the settings contradict each other or a named profile has no key pair.
    pub fn open(settings: &S3Settings) -> Result<Self, Fault> {
        Ok(Self {
            bucket: Arc::new(bucket(settings)?),
            cache_control: settings.cache_control.as_str().into(),
            public_base: settings.public_base().into(),
            workers: Arc::new(Workers::new(settings.limits)),
        })
    }

    /// Has something done with the bucket, to its end.
    async fn run<T, E, F>(&self, work: impl FnOnce(Arc<AmazonS3>) -> F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Fault> + Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        self.workers.run(work(Arc::clone(&self.bucket))).await?
    }
}

#[async_trait]
impl ObjectStore for S3ObjectStore {
    async fn put_new(&self, key: &ObjectKey, photo: &JpegPhoto) -> Result<(), PutError> {
        let (path, photo) = (path(key), photo.bytes().clone());
        let id = Uuid::new_v4().to_string();
        let options = PutOptions {
            mode: PutMode::Create,
            attributes: Attributes::from_iter([
                (Attribute::ContentType, CONTENT_TYPE.to_owned()),
                (Attribute::CacheControl, self.cache_control.to_string()),
                (Attribute::Metadata(PUT_ID.into()), id.clone()),
            ]),
            ..PutOptions::default()
        };
        self.run(async move |bucket| match bucket.put_opts(&path, photo.into(), options).await {
            Ok(_) => Ok(()),
            Err(Error::AlreadyExists { .. }) => is_ours(&bucket, &path, &id).await,
            Err(error) => Err(fault::of_request(error).into()),
        })
        .await
    }

    async fn get(&self, key: &ObjectKey) -> Result<Option<Bytes>, Fault> {
        let path = path(key);
        self.run(async move |bucket| {
            let read = async { bucket.get_opts(&path, GetOptions::default()).await?.bytes().await };
            match read.await {
                Ok(bytes) => Ok(Some(bytes)),
                Err(error) if fault::is_absence(&error) => Ok(None),
                Err(error) => Err(fault::of_request(error)),
            }
        })
        .await
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), Fault> {
        let path = path(key);
        self.run(async move |bucket| match bucket.delete(&path).await {
            Ok(()) => Ok(()),
            Err(error) if fault::is_absence(&error) => Ok(()),
            Err(error) => Err(fault::of_request(error)),
        })
        .await
    }

    fn url(&self, key: &ObjectKey) -> String {
        format!("{}{key}", self.public_base)
    }

    /// The URL leads to the bucket itself and holds for 7 days at most.
    async fn signed_url(&self, key: &ObjectKey, valid: Duration) -> Result<Option<String>, Fault> {
        let (path, valid) = (path(key), valid.min(LONGEST_SIGNATURE));
        self.run(async move |bucket| {
            let signed = bucket.signed_url(Method::GET, &path, valid).await;
            signed.map(|url| Some(url.into())).map_err(fault::of_request)
        })
        .await
    }

    /// Lists one object, which says more than asking for one: it tells an empty bucket from one
    /// that is not there or not ours.
    async fn check(&self) -> Result<(), Fault> {
        let options = PaginatedListOptions { max_keys: Some(1), ..PaginatedListOptions::default() };
        let bucket = Arc::clone(&self.bucket);
        let listed = async move {
            bucket.list_paginated(None, options).await.map(drop).map_err(fault::of_request)
        };
        self.workers.check(listed).await?
    }
}

/// The key was taken: by this very call, whose first answer was lost, or by somebody else.
async fn is_ours(bucket: &AmazonS3, path: &Path, id: &str) -> Result<(), PutError> {
    let head = GetOptions { head: true, ..GetOptions::default() };
    match bucket.get_opts(path, head).await {
        Ok(found) => {
            let its_id = found.attributes.get(&Attribute::Metadata(PUT_ID.into()));
            if its_id.is_some_and(|its_id| its_id.as_ref() == id) {
                Ok(())
            } else {
                Err(PutError::AlreadyExists)
            }
        }
        // The service refuses one of two that come at once with a conflict, and then neither may be
        // there; or the other one was removed meanwhile.
        Err(error) if fault::is_absence(&error) => {
            Err(Fault::transient("somebody else is storing an object of this key").into())
        }
        Err(error) => Err(fault::of_request(error).into()),
    }
}

/// A key is a plain file name, so it is a path as it is.
fn path(key: &ObjectKey) -> Path {
    Path::from(key.as_str())
}

fn bucket(settings: &S3Settings) -> Result<AmazonS3, Fault> {
    let endpoint = settings.endpoint_of_bucket();
    let in_the_clear = endpoint.as_ref().is_some_and(|url| url.starts_with("http://"));
    let client = ClientOptions::new()
        .with_allow_http(in_the_clear)
        .with_connect_timeout(settings.connect_timeout)
        .with_timeout(settings.request_timeout);
    let retry = RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(2),
            base: 2.0,
        },
        max_retries: settings.max_retries,
        retry_timeout: settings.retry_timeout,
    };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&settings.bucket)
        .with_region(&settings.region)
        .with_virtual_hosted_style_request(settings.virtual_hosted)
        .with_disable_bulk_delete(true)
        .with_client_options(client)
        .with_retry(retry);
    if let Some(endpoint) = endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    builder = match &settings.encryption {
        S3Encryption::BucketDefault => builder,
        S3Encryption::S3 => {
            let key = "aws_server_side_encryption".parse().map_err(Fault::permanent)?;
            builder.with_config(key, "AES256")
        }
        S3Encryption::Kms { key_id } => builder.with_sse_kms_encryption(key_id),
    };
    credentials::identify(builder, settings.credentials.as_ref())?.build().map_err(Fault::permanent)
}
