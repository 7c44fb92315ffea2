//! Objects in a bucket, through the predecessor of Amazon's own library. docs/adr/0006-rusoto.md
//! has the reasons for this module and why it is off by default.

mod credentials;
mod never_overwriting;

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use injeung_adapter::{Retry, Workers};
use injeung_domain::ports::{ObjectStore, PutError};
use injeung_domain::{Fault, JpegPhoto, ObjectKey};
use rusoto_core::request::HttpDispatchError;
use rusoto_core::{HttpClient, Region, RusotoError};
use rusoto_credential::ProvideAwsCredentials;
use rusoto_s3::util::{PreSignedRequest, PreSignedRequestOption};
use rusoto_s3::{
    DeleteObjectRequest, GetObjectError, GetObjectRequest, HeadObjectRequest, ListObjectsV2Request,
    PutObjectRequest, S3, S3Client,
};
use tokio::io::AsyncReadExt;
use tokio::time::timeout;
use uuid::Uuid;

use self::credentials::Provider;
use self::never_overwriting::NeverOverwriting;
use super::s3::{CONTENT_TYPE, LONGEST_SIGNATURE, PUT_ID, S3Encryption, S3Settings};

/// Stores photos as the objects of one S3 bucket, each named by its key, with the same guarantees
/// as [`S3ObjectStore`](super::S3ObjectStore).
///
/// Differences:
///
/// - The bucket is always in the path of requests; `virtual_hosted` has no effect.
/// - Connecting has no time limit except that of the attempt.
/// - EKS pod identity is not supported, and the instance's role is read from version 1 of the
///   metadata service only.
/// - A web identity takes precedence over the profile `default`.
#[derive(Clone)]
pub struct RusotoObjectStore {
    bucket: Arc<Bucket>,
    public_base: Arc<str>,
    workers: Workers,
}

impl RusotoObjectStore {
    /// Opens a bucket on the current tokio runtime. Makes no request. `public_base` is as for
    /// [`S3ObjectStore::open`](super::S3ObjectStore::open).
    ///
    /// # Errors
    /// When TLS cannot be initialised.
    pub fn open(settings: &S3Settings, public_base: Option<&str>) -> Result<Self, Fault> {
        let provider = Provider::new(settings)?;
        let endpoint = settings.endpoint.clone();
        let region = Region::Custom {
            name: settings.region.clone(),
            endpoint: endpoint
                .unwrap_or_else(|| format!("https://s3.{}.amazonaws.com", settings.region)),
        };
        let http = NeverOverwriting(HttpClient::new().map_err(Fault::permanent)?);
        Ok(Self {
            bucket: Arc::new(Bucket {
                client: S3Client::new_with(http, provider.clone(), region.clone()),
                provider,
                region,
                settings: settings.clone(),
            }),
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
impl ObjectStore for RusotoObjectStore {
    async fn put_new(&self, key: &ObjectKey, photo: &JpegPhoto) -> Result<(), PutError> {
        let (key, photo) = (key.to_string(), photo.bytes().clone());
        self.run(async move |bucket| bucket.put_new(key, photo).await).await
    }

    async fn get(&self, key: &ObjectKey) -> Result<Option<Bytes>, Fault> {
        let key = key.to_string();
        self.run(async move |bucket| bucket.get(key).await).await
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), Fault> {
        let key = key.to_string();
        self.run(async move |bucket| bucket.delete(key).await).await
    }

    fn url(&self, key: &ObjectKey) -> String {
        format!("{}{key}", self.public_base)
    }

    /// The URL points to the bucket itself and is valid for at most 7 days.
    async fn signed_url(&self, key: &ObjectKey, valid: Duration) -> Result<Option<String>, Fault> {
        let (key, expires_in) = (key.to_string(), valid.min(LONGEST_SIGNATURE));
        self.run(async move |bucket| bucket.signed_url(key, expires_in).await.map(Some)).await
    }

    async fn check(&self) -> Result<(), Fault> {
        let bucket = Arc::clone(&self.bucket);
        self.workers.check(async move { bucket.check().await }).await?
    }
}

struct Bucket {
    client: S3Client,
    provider: Provider,
    region: Region,
    settings: S3Settings,
}

impl Bucket {
    async fn put_new(&self, key: String, photo: Bytes) -> Result<(), PutError> {
        let id = Uuid::new_v4().to_string();
        let (encryption, kms_key) = match self.settings.encryption {
            S3Encryption::Bucket => (None, None),
            S3Encryption::S3 => (Some("AES256".to_owned()), None),
            S3Encryption::Kms => (Some("aws:kms".to_owned()), self.settings.kms_key_id.clone()),
        };
        let request = || PutObjectRequest {
            bucket: self.settings.bucket.clone(),
            key: key.clone(),
            body: Some(photo.to_vec().into()),
            content_type: Some(CONTENT_TYPE.to_owned()),
            cache_control: Some(self.settings.cache_control.clone()),
            metadata: Some(HashMap::from([(PUT_ID.to_owned(), id.clone())])),
            server_side_encryption: encryption.clone(),
            ssekms_key_id: kms_key.clone(),
            ..PutObjectRequest::default()
        };
        let retry = self.settings.retry();
        match self.attempts(retry, || self.client.put_object(request())).await {
            Ok(_) => Ok(()),
            Err(error) if matches!(status(&error), Some(409 | 412)) => {
                self.is_ours(key, &id, retry).await
            }
            Err(error) => Err(fault(error).into()),
        }
    }

    /// Decides for a taken key whether this call stored its object and lost the response. Otherwise
    /// another call did.
    async fn is_ours(&self, key: String, id: &str, retry: Retry) -> Result<(), PutError> {
        let request = || HeadObjectRequest {
            bucket: self.settings.bucket.clone(),
            key: key.clone(),
            ..HeadObjectRequest::default()
        };
        match self.attempts(retry, || self.client.head_object(request())).await {
            Ok(found) => {
                let its_id = found.metadata.as_ref().and_then(|metadata| metadata.get(PUT_ID));
                if its_id.is_some_and(|its_id| its_id == id) {
                    Ok(())
                } else {
                    Err(PutError::AlreadyExists)
                }
            }
            Err(error) if status(&error) == Some(404) => Err(Fault::transient(
                "store the object: another program is storing one under its key",
            )
            .into()),
            Err(error) => Err(fault(error).into()),
        }
    }

    async fn get(&self, key: String) -> Result<Option<Bytes>, Fault> {
        let read = self.attempts(self.settings.retry(), async || {
            let request = self.get_request(key.clone());
            let Some(body) = self.client.get_object(request).await?.body else {
                return Ok(Bytes::new());
            };
            let mut bytes = Vec::new();
            body.into_async_read().read_to_end(&mut bytes).await?;
            Ok(bytes.into())
        });
        match read.await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(RusotoError::Service(GetObjectError::NoSuchKey(_))) => Ok(None),
            Err(error) => Err(fault(error)),
        }
    }

    async fn delete(&self, key: String) -> Result<(), Fault> {
        let request = || DeleteObjectRequest {
            bucket: self.settings.bucket.clone(),
            key: key.clone(),
            ..DeleteObjectRequest::default()
        };
        let retry = self.settings.retry();
        match self.attempts(retry, || self.client.delete_object(request())).await {
            Ok(_) => Ok(()),
            Err(RusotoError::Unknown(answer)) if answer.body_as_str().contains("NoSuchKey") => {
                Ok(())
            }
            Err(error) => Err(fault(error)),
        }
    }

    async fn signed_url(&self, key: String, expires_in: Duration) -> Result<String, Fault> {
        let credentials = self.provider.credentials().await.map_err(Fault::transient)?;
        let option = PreSignedRequestOption { expires_in };
        Ok(self.get_request(key).get_presigned_url(&self.region, &credentials, &option))
    }

    /// Lists one object, which distinguishes an empty bucket from a missing or forbidden one.
    async fn check(&self) -> Result<(), Fault> {
        let request = || ListObjectsV2Request {
            bucket: self.settings.bucket.clone(),
            max_keys: Some(1),
            ..ListObjectsV2Request::default()
        };
        let list = || self.client.list_objects_v2(request());
        self.attempts(self.settings.retry(), list).await.map(drop).map_err(fault)
    }

    fn get_request(&self, key: String) -> GetObjectRequest {
        let bucket = self.settings.bucket.clone();
        GetObjectRequest { bucket, key, ..GetObjectRequest::default() }
    }

    async fn attempts<T, E, F>(
        &self,
        retry: Retry,
        attempt: impl Fn() -> F,
    ) -> Result<T, RusotoError<E>>
    where
        E: Error + 'static,
        F: Future<Output = Result<T, RusotoError<E>>>,
    {
        retry.run(|| self.attempt(attempt()), may_pass).await
    }

    async fn attempt<T, E>(
        &self,
        attempt: impl Future<Output = Result<T, RusotoError<E>>>,
    ) -> Result<T, RusotoError<E>> {
        let limit = self.settings.request_timeout;
        match timeout(limit, attempt).await {
            Ok(answer) => answer,
            Err(_elapsed) => {
                let error = HttpDispatchError::new(format!("get a response within {limit:?}"));
                Err(RusotoError::HttpDispatch(error))
            }
        }
    }
}

fn fault<E: Error + Send + Sync + 'static>(error: RusotoError<E>) -> Fault {
    if may_pass(&error) { Fault::transient(error) } else { Fault::permanent(error) }
}

/// Whether a retry can help: after an outage, a timeout, an overload or no response, but not after
/// any other error status.
fn may_pass<E>(error: &RusotoError<E>) -> bool {
    match status(error) {
        Some(status) => status >= 500 || matches!(status, 408 | 429),
        None => matches!(
            error,
            RusotoError::HttpDispatch(_) | RusotoError::Credentials(_) | RusotoError::ParseError(_)
        ),
    }
}

fn status<E>(error: &RusotoError<E>) -> Option<u16> {
    if let RusotoError::Unknown(answer) = error { Some(answer.status.as_u16()) } else { None }
}
