//! S3 servers: one in this process, which checks signatures, and the one that `scripts/moto.sh`
//! starts.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex as StdMutex};

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use injeung_adapter::Secret;
use injeung_storage::{S3Credentials, S3Settings};
use s3s::auth::SimpleAuth;
use s3s::host::SingleDomain;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpResponse};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::Mutex;

/// A server in this process, which ends with the test.
#[derive(Clone)]
pub(crate) struct S3Server(Arc<Inner>);

struct Inner {
    directory: TempDir,
    address: SocketAddr,
    service: S3Service,
    /// The server checks for an object and then writes it. The lock makes both one atomic step, as
    /// S3 guarantees.
    writing: Mutex<()>,
    /// Number of objects to store although their response reports a failure.
    lost_answers: AtomicU32,
    loss: StdMutex<Loss>,
    /// Number of requests to reject without examining them.
    outages: AtomicU32,
}

/// How the response to a completed request is lost.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Loss {
    /// The response is 503.
    Unavailable,
    /// The connection is closed without a response.
    HungUp,
    /// There is no response, and the connection stays open.
    Silent,
}

impl S3Server {
    pub(crate) async fn start() -> Self {
        let directory = TempDir::new().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(directory.path()).unwrap());
        service.set_auth(SimpleAuth::from_single("AKID", "s3cret"));
        service.set_host(SingleDomain::new(&format!("localhost:{}", address.port())).unwrap());
        let server = Self(Arc::new(Inner {
            directory,
            address,
            service: service.build(),
            writing: Mutex::default(),
            lost_answers: AtomicU32::default(),
            loss: StdMutex::new(Loss::Unavailable),
            outages: AtomicU32::default(),
        }));
        tokio::spawn(server.clone().serve(listener));
        server
    }

    /// Creates a bucket on this server.
    pub(crate) fn settings(&self, bucket: &str) -> S3Settings {
        std::fs::create_dir(self.0.directory.path().join(bucket)).unwrap();
        S3Settings {
            bucket: bucket.to_owned(),
            endpoint: Some(format!("http://localhost:{}", self.0.address.port())),
            virtual_hosted: false,
            credentials: key_pair(),
            ..S3Settings::default()
        }
    }

    /// Stores the next objects but reports a failure.
    pub(crate) fn lose_answers(&self, count: u32) {
        self.lose_answers_by(Loss::Unavailable, count);
    }

    /// Stores the next objects but loses their responses in this way.
    pub(crate) fn lose_answers_by(&self, loss: Loss, count: u32) {
        *self.0.loss.lock().unwrap() = loss;
        self.0.lost_answers.store(count, Ordering::Relaxed);
    }

    /// Rejects the next requests like a service that is down.
    pub(crate) fn be_down(&self, requests: u32) {
        self.0.outages.store(requests, Ordering::Relaxed);
    }

    async fn serve(self, listener: TcpListener) {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let server = self.clone();
            tokio::spawn(async move {
                let answer = service_fn(|request| server.answer(request));
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(socket), answer);
                // The server ignores clients that hang up.
                let _ = connection.await;
            });
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> io::Result<HttpResponse> {
        let one_less = |count: u32| count.checked_sub(1);
        if self.0.outages.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
            return Ok(unavailable());
        }
        let request = request.map(Body::from);
        if request.method() != Method::PUT {
            return Ok(self.0.service.call(request).await.unwrap());
        }
        let writing = self.0.writing.lock().await;
        let answer = self.0.service.call(request).await.unwrap();
        drop(writing);
        let lost = answer.status().is_success()
            && self
                .0
                .lost_answers
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
                .is_ok();
        if !lost {
            return Ok(answer);
        }
        let loss = *self.0.loss.lock().unwrap();
        match loss {
            Loss::Unavailable => Ok(unavailable()),
            // The server closes a connection whose request fails.
            Loss::HungUp => Err(io::ErrorKind::ConnectionAborted.into()),
            Loss::Silent => pending().await,
        }
    }
}

fn unavailable() -> HttpResponse {
    let mut response = HttpResponse::new(Body::empty());
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}

/// The key pair that the server in this process accepts.
pub(crate) fn key_pair() -> S3Credentials {
    S3Credentials {
        access_key_id: "AKID".to_owned(),
        secret_access_key: Secret::new("s3cret"),
        session_token: Secret::new(""),
    }
}

/// Creates a bucket on the server that `scripts/moto.sh` started.
pub(crate) async fn moto_settings() -> S3Settings {
    let endpoint = std::env::var("INJEUNG_TEST_S3_ENDPOINT")
        .expect("run this by scripts/moto.sh, which starts a server");
    let bucket = format!("test-{}", uuid::Uuid::new_v4());
    let created = std::process::Command::new("curl")
        .args(["--silent", "--show-error", "--fail", "--request", "PUT"])
        .args(["--data", "<CreateBucketConfiguration><LocationConstraint>ap-northeast-2</LocationConstraint></CreateBucketConfiguration>"])
        .arg(format!("{endpoint}/{bucket}"))
        .status();
    assert!(created.unwrap().success(), "a bucket");
    S3Settings {
        bucket,
        endpoint: Some(endpoint),
        virtual_hosted: false,
        credentials: key_pair(),
        ..S3Settings::default()
    }
}
