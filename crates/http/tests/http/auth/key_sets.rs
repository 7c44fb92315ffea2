//! The key set of an issuer: which keys count, and when it is fetched.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use injeung_domain::Fault;
use injeung_http::{AuthSettings, Authentication, KeySetSource, TokenAlgorithm, TokenSettings};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::issuer::{EC, ED, Keys, RSA, claims, hmac, token};
use super::{post, reference, required, world};
use crate::world::Service;

/// An issuer with a key set that tests change; `None` is an outage.
#[derive(Default)]
struct Issuer {
    document: Mutex<Option<String>>,
    fetches: AtomicUsize,
}

impl Issuer {
    fn publish(&self, keys: Value) {
        *self.document.lock().unwrap() = Some(json!({ "keys": keys }).to_string());
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl KeySetSource for Issuer {
    async fn fetch(&self) -> Result<Bytes, Fault> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let document = self.document.lock().unwrap().clone();
        document.map(Bytes::from).ok_or_else(|| Fault::transient("the issuer is down"))
    }
}

fn settings(algorithm: TokenAlgorithm) -> AuthSettings {
    let token = TokenSettings {
        algorithm: Some(algorithm),
        issuer: Some("https://id.example".to_owned()),
        audience: Some("injeung".to_owned()),
        ..AuthSettings::default().token
    };
    AuthSettings { token, ..required() }
}

async fn service(algorithm: TokenAlgorithm, issuer: &Arc<Issuer>) -> Service {
    let mut world = world(&required()).await;
    let source: Arc<dyn KeySetSource> = issuer.clone();
    world.authentication = Authentication::new(&settings(algorithm), Some(source)).unwrap();
    world.start()
}

fn signed(keys: &Keys, id: Option<&str>) -> String {
    let mut header = json!({ "alg": keys.algorithm });
    if let Some(id) = id {
        header["kid"] = json!(id);
    }
    token(&header.to_string(), &claims().to_string(), &keys.private, keys.algorithm)
}

async fn status(service: &Service, token: &str) -> u16 {
    post(service, &format!("Bearer {token}"), &reference(2)).await.status
}

#[tokio::test]
async fn every_algorithm_takes_its_key_from_the_set() {
    for (algorithm, keys, id) in [
        (TokenAlgorithm::RS256, &*RSA, "rsa"),
        (TokenAlgorithm::ES256, &*EC, "ec"),
        (TokenAlgorithm::EdDSA, &*ED, "ed"),
    ] {
        let issuer = Arc::new(Issuer::default());
        issuer.publish(json!([RSA.jwk("rsa"), EC.jwk("ec"), ED.jwk("ed"), { "kty": "new" }, 7]));
        let service = service(algorithm, &issuer).await;
        assert_eq!(status(&service, &signed(keys, Some(id))).await, 200, "{algorithm:?}");
        assert_eq!(status(&service, &signed(keys, None)).await, 200, "it is the only fitting key");
        assert_eq!(status(&service, &signed(keys, Some("other"))).await, 401);
    }
}

#[tokio::test]
async fn keys_for_another_purpose_do_not_count() {
    let changed = |name: &str, value: Value| {
        let mut jwk = EC.jwk("k");
        jwk[name] = value;
        jwk
    };
    // The attacker reads the symmetric key in the public document and signs with it.
    let oct = json!({ "kty": "oct", "kid": "k", "k": URL_SAFE_NO_PAD.encode([7; 32]) });
    let symmetric = token(
        r#"{"alg":"HS256","kid":"k"}"#,
        &claims().to_string(),
        &hmac(&[7; 32]),
        Algorithm::HS256,
    );
    for (keys, token) in [
        (json!([oct]), &symmetric),
        (json!([changed("use", json!("enc"))]), &signed(&EC, Some("k"))),
        (json!([changed("alg", json!("ES384"))]), &signed(&EC, Some("k"))),
        (json!([changed("crv", json!("P-384"))]), &signed(&EC, Some("k"))),
        (json!([RSA.jwk("k")]), &signed(&EC, Some("k"))),
        (json!([EC.jwk("k"), EC.jwk("k")]), &signed(&EC, Some("k"))),
        (json!([EC.jwk("a"), EC.jwk("b")]), &signed(&EC, None)),
        (json!([]), &signed(&EC, None)),
    ] {
        let issuer = Arc::new(Issuer::default());
        issuer.publish(keys.clone());
        let service = service(TokenAlgorithm::ES256, &issuer).await;
        assert_eq!(status(&service, token).await, 401, "{keys}");
    }
    let mut short = RSA.jwk("k");
    short["n"] = json!(URL_SAFE_NO_PAD.encode([0xff; 255]));
    let issuer = Arc::new(Issuer::default());
    issuer.publish(json!([short]));
    let service = service(TokenAlgorithm::RS256, &issuer).await;
    assert_eq!(status(&service, &signed(&RSA, Some("k"))).await, 401);
}

#[tokio::test]
async fn unknown_key_ids_cause_one_fetch_per_cooldown() {
    let issuer = Arc::new(Issuer::default());
    issuer.publish(json!([EC.jwk("k")]));
    let service = service(TokenAlgorithm::ES256, &issuer).await;
    for nth in 0..50 {
        let token = signed(&EC, Some(&format!("unknown-{nth}")));
        assert_eq!(status(&service, &token).await, 401);
    }
    // Neither do tokens with another algorithm.
    let hs256 = token(r#"{"alg":"HS256"}"#, &claims().to_string(), &hmac(b"k"), Algorithm::HS256);
    assert_eq!(status(&service, &hs256).await, 401);
    assert_eq!(issuer.fetches(), 1);
    assert_eq!(status(&service, &signed(&EC, Some("k"))).await, 200);
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test]
async fn without_a_key_set_the_service_is_busy() {
    let issuer = Arc::new(Issuer::default());
    let service = service(TokenAlgorithm::ES256, &issuer).await;
    for _ in 0..3 {
        let authorization = format!("Bearer {}", signed(&EC, Some("k")));
        let reply = post(&service, &authorization, &reference(2)).await;
        reply.assert(503, Some(110), "서버가 혼잡합니다. 잠시 후 다시 시도해주세요.");
    }
    assert_eq!(issuer.fetches(), 1, "a failure has the same cooldown");
}
