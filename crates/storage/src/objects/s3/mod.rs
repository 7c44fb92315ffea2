//! The object store on an S3 bucket.

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

/// `Content-Type` of every object.
pub(super) const CONTENT_TYPE: &str = "image/jpeg";

/// Maximum validity of a signed URL.
pub(super) const LONGEST_SIGNATURE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Name of the metadata entry with the id of the call that stored an object.
pub(super) const PUT_ID: &str = "injeung-put";

/// Stores photos as the objects of one S3 bucket, each named by its key.
///
/// The condition `If-None-Match: *` prevents overwriting, and each object carries a random id of
/// the call that stored it. Transient faults are retried; the retries of a put use the same id. If
/// a response was lost and the retry fails because the object exists, the id shows which call
/// stored it.
///
/// If no key pair is configured, the first of these sources is used, in the order of Amazon's own
/// tools:
///
/// 1. the variables `AWS_ACCESS_KEY_ID` and so on;
/// 2. the key pair of the profile `AWS_PROFILE` (or `default`) in `~/.aws/credentials`, read once;
/// 3. a web identity (`AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`);
/// 4. the role of the container (ECS, EKS pod identity);
/// 5. the role of the instance, from version 2 of its metadata service.
///
/// `~/.aws/config` is not read, so profiles that assume a role, log in or run a program are not
/// supported.
///
/// The required permissions are `s3:PutObject`, `s3:GetObject` and `s3:DeleteObject` on the
/// objects, and `s3:ListBucket` on the bucket. Without `s3:ListBucket` a missing object
/// is reported as forbidden.
#[derive(Debug, Clone)]
pub struct S3ObjectStore {
    bucket: Arc<Bucket>,
    public_base: Arc<str>,
    workers: Workers,
}

impl S3ObjectStore {
    /// Opens a bucket on the current tokio runtime. Makes no request.
    ///
    /// `public_base` is the URL that precedes a key when clients fetch its object; a missing `/` at
    /// its end is added. The default is `https://BUCKET.s3.REGION.amazonaws.com/`.
    ///
    /// # Errors
    /// When the settings contradict each other or the profile `AWS_PROFILE` has no key pair.
    pub fn open(settings: &S3Settings, public_base: Option<&str>) -> Result<Self, Fault> {
        Ok(Self {
            bucket: Arc::new(Bucket { client: client(settings)?, settings: settings.clone() }),
            public_base: settings.public_base(public_base).into(),
            workers: Workers::new(settings.limits()),
        })
    }

    /// The workers that run its calls.
    pub fn workers(&self) -> &Workers {
        &self.workers
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

    /// The URL points to the bucket itself and is valid for at most 7 days.
    async fn signed_url(&self, key: &ObjectKey, valid: Duration) -> Result<Option<String>, Fault> {
        let (path, valid) = (path(key), valid.min(LONGEST_SIGNATURE));
        self.run(async move |bucket| {
            let sign = || bucket.client.signed_url(Method::GET, &path, valid);
            let signed = bucket.settings.retry().run(sign, fault::may_pass).await;
            signed.map(|url| Some(url.into())).map_err(fault::of_request)
        })
        .await
    }

    /// Lists one object: unlike a request for one object, it distinguishes an empty bucket from a
    /// missing or forbidden one.
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
    /// Decides for a taken key whether this call stored its object and lost the response. Otherwise
    /// another call did.
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
            // The service rejects one of two concurrent puts with a conflict, and then neither
            // object may exist yet. Or the other object was deleted meanwhile.
            Err(error) if fault::is_absence(&error) => Err(Fault::transient(
                "store the object: another program is storing one under its key",
            )
            .into()),
            Err(error) => Err(fault::of_request(error).into()),
        }
    }
}

/// A key is a plain file name, so it needs no escaping.
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
    // The library does not retry a put after a timeout, because it cannot know that the put's id
    // makes a repetition safe. So this module does all retries.
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
