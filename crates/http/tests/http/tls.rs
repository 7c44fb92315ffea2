//! Encrypted connections.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use injeung_http::Tls;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::client::request;
use crate::world::World;

/// A directory with `certificate.pem` of `localhost` and its `key.pem`.
fn certificate() -> TempDir {
    let directory = TempDir::new().unwrap();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", "key.pem", "-out", "certificate.pem"])
        .current_dir(&directory)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    directory
}

fn load(directory: &TempDir) -> Tls {
    let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| directory.path().join(name));
    Tls::load(&certificate, &key).unwrap()
}

async fn world(directory: &TempDir) -> World {
    let mut world = World::new().await;
    world.tls = Some(load(directory));
    world
}

#[tokio::test]
async fn requests_are_served_over_tls() {
    let directory = certificate();
    let service = world(&directory).await.start();
    let mut roots = RootCertStore::empty();
    let pem = directory.path().join("certificate.pem");
    roots.add(CertificateDer::from_pem_file(pem).unwrap()).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(service.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(client)).connect(name, stream).await.unwrap();
    stream.write_all(&request("GET", "/healthz", &[], b"")).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
}

#[tokio::test]
async fn plain_and_silent_connections_are_closed() {
    let directory = certificate();
    let mut world = world(&directory).await;
    world.settings.head_timeout = Duration::from_millis(200);
    let service = world.start();
    for sent in [&request("GET", "/healthz", &[], b"")[..], b""] {
        let mut stream = TcpStream::connect(service.address).await.unwrap();
        stream.write_all(sent).await.unwrap();
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply).await;
        assert!(!reply.starts_with(b"HTTP"), "{:?}", String::from_utf8_lossy(&reply));
    }
}

#[test]
fn files_that_are_no_certificate_and_key_are_told() {
    let [directory, other] = [certificate(), certificate()];
    let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| directory.path().join(name));
    let told = |certificate, key| Tls::load(certificate, key).err().unwrap().to_string();
    assert!(told(&key, &key).contains("certificate"), "{}", told(&key, &key));
    assert!(told(&certificate, &certificate).starts_with("read "));
    let missing = directory.path().join("missing.pem");
    assert!(told(&missing, &key).starts_with("read "));
    told(&certificate, &other.path().join("key.pem"));
}
