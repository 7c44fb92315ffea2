//! Objects in a bucket.

mod credentials;
mod fault;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use injeung_adapter::{Retry, Workers};
use injeung_domain::ports::{ObjectStore, PutError};
use injeung_domain::{Fault, JpegPhoto, ObjectKey};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path;
use object_store::signer::{Method, Signer};
use object_store::{
    Attribute, Attributes, ClientOptions, Error, GetOptions, ObjectStore as _, ObjectStoreExt,
    PutMode, PutOptions, RetryConfig,
};
use uuid::Uuid;

pub use self::settings::{S3Credentials, S3Encryption, S3Settings};

/// Every object's type.
pub(super) const CONTENT_TYPE: &str = "image/jpeg";

/// The longest time that a signature may hold.
pub(super) const LONGEST_SIGNATURE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The name of the metadata that tells which call stored an object.
pub(super) const PUT_ID: &str = "injeung-put";

/// Keeps photos as the objects of one S3 bucket, each named by its key.
///
/// The service itself sees to it that nothing is overwritten (`If-None-Match: *`), and each object
/// carries a random id of the call that stored it. Transient faults are retried, puts with the same id:
/// if an answer was lost and the retry is refused because the object exists, the id shows whose object
/// it is.
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
    bucket: Arc<Bucket>,
    public_base: Arc<str>,
    workers: Workers,
}

impl S3ObjectStore {
    /// Opens a bucket on the present tokio runtime. Makes no request.
    ///
    /// `public_base` is what clients put before a key to fetch its object; a `/` at its end is
    /// added when missing. `https://BUCKET.s3.REGION.amazonaws.com/` if none is given.
    ///
    /// # Errors
    /// When the settings contradict each other or a named profile has no key pair.
    pub fn open(settings: &S3Settings, public_base: Option<&str>) -> Result<Self, Fault> {
        Ok(Self {
            bucket: Arc::new(Bucket { client: client(settings)?, settings: settings.clone() }),
            public_base: settings.public_base(public_base).into(),
            workers: Workers::new(settings.limits()),
        })
    }

    /// Runs a call of the bucket to its end.
    async fn run<T, E, F>(&self, work: impl FnOnce(Arc<Bucket>) -> F) -> Result<T, E>
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
                (Attribute::CacheControl, self.bucket.settings.cache_control.clone()),
                (Attribute::Metadata(PUT_ID.into()), id.clone()),
            ]),
            ..PutOptions::default()
        };
        self.run(async move |bucket| {
            let retry = bucket.settings.retry();
            let put = async || {
                let put = bucket.client.put_opts(&path, photo.clone().into(), options.clone());
                match put.await {
                    Ok(_) => Ok(true),
                    Err(Error::AlreadyExists { .. }) => Ok(false),
                    Err(error) => Err(error),
                }
            };
            let is_stored = retry.run(put, fault::may_pass).await.map_err(fault::of_request)?;
            if is_stored { Ok(()) } else { bucket.is_ours(&path, &id, retry).await }
        })
        .await
    }

    async fn get(&self, key: &ObjectKey) -> Result<Option<Bytes>, Fault> {
        let path = path(key);
        self.run(async move |bucket| {
            let read =
                async || bucket.client.get_opts(&path, GetOptions::default()).await?.bytes().await;
            match bucket.settings.retry().run(read, fault::may_pass).await {
                Ok(bytes) => Ok(Some(bytes)),
                Err(error) if fault::is_absence(&error) => Ok(None),
                Err(error) => Err(fault::of_request(error)),
            }
        })
        .await
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), Fault> {
        let path = path(key);
        self.run(async move |bucket| {
            let delete = || bucket.client.delete(&path);
            match bucket.settings.retry().run(delete, fault::may_pass).await {
                Ok(()) => Ok(()),
                Err(error) if fault::is_absence(&error) => Ok(()),
                Err(error) => Err(fault::of_request(error)),
            }
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
            let sign = || bucket.client.signed_url(Method::GET, &path, valid);
            let signed = bucket.settings.retry().run(sign, fault::may_pass).await;
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
            let listed = bucket.client.list_paginated(None, options).await;
            listed.map(drop).map_err(fault::of_request)
        };
        self.workers.check(listed).await?
    }
}

#[derive(Debug)]
struct Bucket {
    client: AmazonS3,
    settings: S3Settings,
}

impl Bucket {
    /// The key was taken: by this very call, whose first answer was lost, or by somebody else.
    async fn is_ours(&self, path: &Path, id: &str, retry: Retry) -> Result<(), PutError> {
        let head =
            || self.client.get_opts(path, GetOptions { head: true, ..GetOptions::default() });
        match retry.run(head, fault::may_pass).await {
            Ok(found) => {
                let its_id = found.attributes.get(&Attribute::Metadata(PUT_ID.into()));
                if its_id.is_some_and(|its_id| its_id.as_ref() == id) {
                    Ok(())
                } else {
                    Err(PutError::AlreadyExists)
                }
            }
            // The service refuses one of two that come at once with a conflict, and then neither may
            // be there; or the other one was removed meanwhile.
            Err(error) if fault::is_absence(&error) => {
                Err(Fault::transient("somebody else is storing an object of this key").into())
            }
            Err(error) => Err(fault::of_request(error).into()),
        }
    }
}

/// A key is a plain file name, so it is a path as it is.
fn path(key: &ObjectKey) -> Path {
    Path::from(key.as_str())
}

fn client(settings: &S3Settings) -> Result<AmazonS3, Fault> {
    let endpoint = settings.endpoint_of_bucket();
    let in_the_clear = endpoint.as_ref().is_some_and(|url| url.starts_with("http://"));
    let client = ClientOptions::new()
        .with_allow_http(in_the_clear)
        .with_connect_timeout(settings.connect_timeout)
        .with_timeout(settings.request_timeout);
    // The library would not retry a put after a timeout: it cannot know that the put's id makes a
    // repetition safe. All retries are ours.
    let retry = RetryConfig { max_retries: 0, ..RetryConfig::default() };
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
    builder = match settings.encryption {
        S3Encryption::Bucket => builder,
        S3Encryption::S3 => {
            let key = "aws_server_side_encryption".parse().map_err(Fault::permanent)?;
            builder.with_config(key, "AES256")
        }
        S3Encryption::Kms => {
            builder.with_sse_kms_encryption(settings.kms_key_id.as_deref().unwrap_or_default())
        }
    };
    credentials::identify(builder, &settings.credentials)?.build().map_err(Fault::permanent)
}
