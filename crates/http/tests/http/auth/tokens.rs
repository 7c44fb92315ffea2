//! Tokens: accepted ones, and every attack as a row.

use std::fs;
use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use injeung_adapter::Secret;
use injeung_http::{AuthSettings, Authentication, TokenAlgorithm, TokenSettings};
use jsonwebtoken::{Algorithm, EncodingKey, get_current_timestamp};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::issuer::{EC, ED, RSA, SECRET, claims, hmac, keys, token, unsigned, with_claim};
use super::{ACCEPTED, NOT_OWNER, UNAUTHENTICATED, post, reference, required, world};
use crate::client::{post as post_bare, request, send};
use crate::logs::lines_until;
use crate::world::World;

/// Settings that accept the tokens of the test's issuer.
fn settings(algorithm: TokenAlgorithm) -> AuthSettings {
    let token = TokenSettings {
        algorithm: Some(algorithm),
        issuer: Some("https://id.example".to_owned()),
        audience: Some("injeung".to_owned()),
        ..AuthSettings::default().token
    };
    AuthSettings { token, ..required() }
}

pub(super) fn with_secret(algorithm: TokenAlgorithm) -> AuthSettings {
    let mut settings = settings(algorithm);
    settings.token.secret = Secret::new(SECRET);
    settings
}

/// Settings with the public key in a file, which must outlive the creation of the world.
fn with_key_file(algorithm: TokenAlgorithm, pem: &str) -> (AuthSettings, NamedTempFile) {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(pem.as_bytes()).unwrap();
    let mut settings = settings(algorithm);
    settings.token.key_file = Some(file.path().to_owned());
    (settings, file)
}

async fn world_with_key_file(algorithm: TokenAlgorithm) -> World {
    let (settings, _file) = with_key_file(algorithm, &keys(algorithm).pem);
    world(&settings).await
}

/// Asserts that every token of a table is rejected with 401/100, and that nothing is stored.
async fn assert_rejected(world: World, attacks: &[(&str, String)]) {
    let service = world.start();
    for (attack, token) in attacks {
        let reply = post(&service, &format!("Bearer {token}"), &reference(2)).await;
        assert_eq!(reply.status, 401, "{attack}");
        reply.assert(401, Some(100), UNAUTHENTICATED);
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"), "{attack}");
    }
    assert!(world.objects.keys().is_empty());
}

const HS256: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

pub(super) fn hs256(claims: &str) -> String {
    token(HS256, claims, &hmac(SECRET.as_bytes()), Algorithm::HS256)
}

#[tokio::test]
async fn a_participant_acts_for_own_participations_only() {
    let service = world(&with_secret(TokenAlgorithm::HS256)).await.start();
    let minji = format!("Bearer {}", hs256(&claims().to_string()));
    post(&service, &minji, &reference(2)).await.assert(200, None, ACCEPTED);
    // 1 has no user, 3 belongs to another one.
    for other in [1, 3] {
        post(&service, &minji, &reference(other)).await.assert(403, Some(101), NOT_OWNER);
    }
    let unknown = post(&service, &minji, &reference(4)).await;
    unknown.assert(400, Some(1), "입력이 바르지 않습니다.");
}

#[tokio::test]
async fn every_call_needs_a_credential_and_probes_need_none() {
    let service = world(&with_secret(TokenAlgorithm::HS256)).await.start();
    for path in ["/std_img", "/img_feature", "/classification"] {
        let reply = post_bare(service.address, path, &reference(2)).await;
        reply.assert(401, Some(100), UNAUTHENTICATED);
    }
    for path in ["/healthz", "/readyz"] {
        assert_eq!(send(service.address, &request("GET", path, &[], b"")).await.status, 200);
    }
}

#[tokio::test]
async fn every_algorithm_is_accepted_with_its_key() {
    for algorithm in [TokenAlgorithm::RS256, TokenAlgorithm::ES256, TokenAlgorithm::EdDSA] {
        let service = world_with_key_file(algorithm).await.start();
        let keys = keys(algorithm);
        let header = json!({ "alg": keys.algorithm }).to_string();
        let token = token(&header, &claims().to_string(), &keys.private, keys.algorithm);
        let reply = post(&service, &format!("bearer {token}"), &reference(2)).await;
        reply.assert(200, None, ACCEPTED);
    }
    let service = world(&with_secret(TokenAlgorithm::HS512)).await.start();
    let hs512 = hmac(SECRET.as_bytes());
    let token = token(r#"{"alg":"HS512"}"#, &claims().to_string(), &hs512, Algorithm::HS512);
    let reply = post(&service, &format!("Bearer {token}"), &reference(2)).await;
    reply.assert(200, None, ACCEPTED);
}

#[tokio::test]
async fn valid_variants_of_claims_are_accepted() {
    let service = world(&with_secret(TokenAlgorithm::HS256)).await.start();
    let now = get_current_timestamp();
    for claims in [
        with_claim("aud", json!(["stranger", "injeung"])),
        with_claim("nbf", json!(now)),
        with_claim("iat", Value::Null),
        // Within the tolerance of 30 seconds.
        with_claim("exp", json!(now - 20)),
        with_claim("nbf", json!(now + 20)),
        with_claim("iat", json!(now + 20)),
        with_claim("exp", json!(now as f64 + 60.5)),
        with_claim("roles", json!(["admin"])),
    ] {
        let reply = post(&service, &format!("Bearer {}", hs256(&claims)), &reference(2)).await;
        assert_eq!(reply.status, 200, "{claims}");
    }
}

#[tokio::test]
async fn attacks_on_the_signature() {
    let claims = &claims().to_string();
    let good = hs256(claims);
    let (message, signature) = good.rsplit_once('.').unwrap();
    let tampered = unsigned(HS256, &with_claim("sub", json!("suho")));
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    // The last character of 32 bytes has two unused bits.
    let last = alphabet.find(signature.chars().last().unwrap()).unwrap();
    let other_last = alphabet.chars().nth(last | 1).unwrap();
    let non_canonical = format!("{}{other_last}", &good[..good.len() - 1]);
    assert_ne!(non_canonical, good);
    let none = |alg: &str| format!("{}.", unsigned(&format!(r#"{{"alg":"{alg}"}}"#), claims));
    let hs512 = token(r#"{"alg":"HS512"}"#, claims, &hmac(SECRET.as_bytes()), Algorithm::HS512);
    let attacks = [
        ("another key", token(HS256, claims, &hmac(&[b'x'; 32]), Algorithm::HS256)),
        ("an empty key", token(HS256, claims, &hmac(b""), Algorithm::HS256)),
        ("no signature", format!("{message}.")),
        ("alg none", none("none")),
        ("alg None", none("None")),
        ("alg nOnE", none("nOnE")),
        ("alg none with the signature", format!("{}{signature}", none("none"))),
        ("alg empty", none("")),
        ("alg missing", format!("{}.", unsigned(r#"{"typ":"JWT"}"#, claims))),
        ("the signature of other claims", format!("{tampered}.{signature}")),
        ("another algorithm of the family", hs512),
        ("padding", format!("{good}=")),
        ("a non-canonical last character", non_canonical),
        ("standard base64", good.replace('-', "+").replace('_', "/") + "+/"),
        ("a fourth part", format!("{good}.{signature}")),
        ("an empty fourth part", format!("{good}.")),
        ("two parts", message.to_owned()),
        ("one part", signature.to_owned()),
        ("nothing", String::new()),
        ("dots", "..".to_owned()),
        ("a blank in it", good.replacen('.', ". ", 1)),
    ];
    assert_rejected(world(&with_secret(TokenAlgorithm::HS256)).await, &attacks).await;
}

/// The attacker knows the public key, and signs with it as if it were a shared one.
#[tokio::test]
async fn attacks_that_confuse_the_algorithms() {
    let claims = &claims().to_string();
    for algorithm in [TokenAlgorithm::RS256, TokenAlgorithm::ES256, TokenAlgorithm::EdDSA] {
        let keys = keys(algorithm);
        let point = &keys.public[keys.public.len() - 32..];
        let hmac_with = |secret: &[u8]| token(HS256, claims, &hmac(secret), Algorithm::HS256);
        let as_alg = |alg: &str, key: &EncodingKey, signed: Algorithm| {
            token(&format!(r#"{{"alg":"{alg}"}}"#), claims, key, signed)
        };
        let own = json!({ "alg": keys.algorithm });
        let own = own["alg"].as_str().unwrap();
        let zero = format!(
            "{}.{}",
            unsigned(&format!(r#"{{"alg":"{own}"}}"#), claims),
            URL_SAFE_NO_PAD.encode([0; 64])
        );
        let mut attacks = vec![
            ("HS256 with the PEM", hmac_with(keys.pem.as_bytes())),
            ("HS256 with the trimmed PEM", hmac_with(keys.pem.trim().as_bytes())),
            ("HS256 with the DER", hmac_with(&keys.public)),
            ("HS256 with the last bytes", hmac_with(point)),
            ("a signature of zeros", zero),
            ("the key of HS256 as its own", {
                let signed = hmac_with(keys.pem.as_bytes());
                let signature = signed.rsplit_once('.').unwrap().1;
                format!("{}.{signature}", unsigned(&format!(r#"{{"alg":"{own}"}}"#), claims))
            }),
        ];
        for other in [&*RSA, &*EC, &*ED] {
            if other.algorithm != keys.algorithm {
                attacks.push(("another family", as_alg(own, &other.private, other.algorithm)));
                let theirs = json!({ "alg": other.algorithm });
                let theirs = theirs["alg"].as_str().unwrap();
                attacks.push(("named so", as_alg(theirs, &other.private, other.algorithm)));
            }
        }
        if algorithm == TokenAlgorithm::RS256 {
            for (alg, signed) in [("PS256", Algorithm::PS256), ("RS512", Algorithm::RS512)] {
                attacks.push(("another algorithm of RSA", as_alg(alg, &keys.private, signed)));
                attacks.push(("another one called RS256", as_alg(own, &keys.private, signed)));
            }
        }
        assert_rejected(world_with_key_file(algorithm).await, &attacks).await;
    }
}

#[tokio::test]
async fn attacks_in_the_header_fetch_nothing() {
    let canary = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/keys", canary.local_addr().unwrap());
    let claims = &claims().to_string();
    let keys = &*EC;
    let jwk = keys.jwk("own");
    let long = "k".repeat(10 * 1024);
    let headers = [
        ("jwk", json!({ "jwk": jwk })),
        ("jku", json!({ "jku": url })),
        ("x5u", json!({ "x5u": url })),
        ("x5c", json!({ "x5c": ["MIIB"] })),
        ("crit", json!({ "crit": ["exp"] })),
        ("crit with b64", json!({ "crit": ["b64"], "b64": false })),
        ("empty crit", json!({ "crit": [] })),
        ("crit that is no list", json!({ "crit": "exp" })),
        ("a long key id", json!({ "kid": "k".repeat(129) })),
        ("a huge key id", json!({ "kid": long })),
        ("a key id that is no text", json!({ "kid": ["a"] })),
    ];
    let mut attacks: Vec<_> = headers
        .into_iter()
        .map(|(attack, mut header)| {
            header["alg"] = json!("ES256");
            (attack, token(&header.to_string(), claims, &keys.private, keys.algorithm))
        })
        .collect();
    for (attack, header) in [
        ("alg twice", r#"{"alg":"ES256","alg":"none"}"#),
        ("alg twice, escaped", r#"{"alg":"ES256","\u0061lg":"none"}"#),
        ("a header that is no object", r#""ES256""#),
        ("a header that is no JSON", "ES256"),
    ] {
        attacks.push((attack, token(header, claims, &keys.private, keys.algorithm)));
    }
    assert_rejected(world_with_key_file(TokenAlgorithm::ES256).await, &attacks).await;
    let hit = tokio::time::timeout(std::time::Duration::from_millis(100), canary.accept()).await;
    assert!(hit.is_err(), "the service fetched a key of the attacker");
}

/// With one fixed key the id of a key is not used, whatever it names.
#[tokio::test]
async fn a_key_id_is_no_path_and_no_query() {
    let service = world(&with_secret(TokenAlgorithm::HS256)).await.start();
    for id in ["../../dev/null", "' OR 1=1 --", "/dev/null", ""] {
        let header = json!({ "alg": "HS256", "kid": id }).to_string();
        let claims = claims().to_string();
        let empty = token(&header, &claims, &hmac(b""), Algorithm::HS256);
        let reply = post(&service, &format!("Bearer {empty}"), &reference(2)).await;
        reply.assert(401, Some(100), UNAUTHENTICATED);
    }
}

#[tokio::test]
async fn attacks_in_the_claims() {
    let now = get_current_timestamp();
    let doubled = |name: &str, second: &str| {
        let claims = claims().to_string();
        format!("{},\"{name}\":{second}}}", claims.trim_end_matches('}'))
    };
    let replaced = |name: &str, raw: &str| {
        let claims = with_claim(name, Value::Null);
        format!("{},\"{name}\":{raw}}}", claims.trim_end_matches('}'))
    };
    let later = (now + 1000).to_string();
    let attacks = [
        ("exp missing", with_claim("exp", Value::Null)),
        ("exp null", replaced("exp", "null")),
        ("exp over", with_claim("exp", json!(now - 31))),
        ("exp a text", with_claim("exp", json!(later))),
        ("exp negative", with_claim("exp", json!(-1))),
        ("exp 1e400", replaced("exp", "1e400")),
        ("exp a list", with_claim("exp", json!([now + 60]))),
        ("exp twice", doubled("exp", &later)),
        ("exp twice, escaped", doubled("\\u0065xp", &later)),
        ("nbf in the future", with_claim("nbf", json!(now + 60))),
        ("nbf a text", with_claim("nbf", json!("0"))),
        ("iat in the future", with_claim("iat", json!(now + 60))),
        ("iat a text", with_claim("iat", json!(now.to_string()))),
        ("iss missing", with_claim("iss", Value::Null)),
        ("iss alien", with_claim("iss", json!("https://evil.example"))),
        ("iss longer", with_claim("iss", json!("https://id.example/"))),
        ("iss a list", with_claim("iss", json!(["https://evil.example", "https://id.example"]))),
        ("iss twice", doubled("iss", "\"https://id.example\"")),
        ("aud missing", with_claim("aud", Value::Null)),
        ("aud alien", with_claim("aud", json!("stranger"))),
        ("aud alien list", with_claim("aud", json!(["stranger"]))),
        ("aud empty list", with_claim("aud", json!([]))),
        ("aud a number", with_claim("aud", json!(1))),
        ("sub missing", with_claim("sub", Value::Null)),
        ("sub null", replaced("sub", "null")),
        ("sub empty", with_claim("sub", json!(""))),
        ("sub with blanks", with_claim("sub", json!(" minji "))),
        ("sub a number", with_claim("sub", json!(1))),
        ("sub with NUL", with_claim("sub", json!("minji\0"))),
        ("sub twice", doubled("sub", "\"suho\"")),
        ("claims that are no object", "[]".to_owned()),
        ("claims that are no JSON", "sub=minji".to_owned()),
    ]
    .map(|(attack, claims)| (attack, hs256(&claims)));
    assert_rejected(world(&with_secret(TokenAlgorithm::HS256)).await, &attacks).await;
}

/// Without a configured audience, a token for another service must not pass.
#[tokio::test]
async fn a_token_for_an_audience_needs_a_configured_one() {
    let mut settings = with_secret(TokenAlgorithm::HS256);
    settings.token.audience = None;
    let attacks = [("aud", hs256(&claims().to_string()))];
    assert_rejected(world(&settings).await, &attacks).await;
    let service = world(&settings).await.start();
    let token = hs256(&with_claim("aud", Value::Null));
    let reply = post(&service, &format!("Bearer {token}"), &reference(2)).await;
    reply.assert(200, None, ACCEPTED);
}

#[tokio::test]
async fn attacks_on_the_header_field() {
    let service = world(&with_secret(TokenAlgorithm::HS256)).await.start();
    let good = hs256(&claims().to_string());
    let fits = hs256(&with_claim("padding", json!("p".repeat(5000))));
    let too_long = hs256(&with_claim("padding", json!("p".repeat(6000))));
    post(&service, &format!("Bearer {fits}"), &reference(2)).await.assert(200, None, ACCEPTED);
    for wrong in [
        good.clone(),
        "Bearer".to_owned(),
        format!("Basic {good}"),
        format!("Bearer{good}"),
        format!("Bearer Bearer {good}"),
        format!("Bearer {good}, Bearer {good}"),
        format!("Bearer {too_long}"),
        format!("Bearer {}", "a".repeat(100_000)),
    ] {
        let reply = post(&service, &wrong, &reference(2)).await;
        reply.assert(401, Some(100), UNAUTHENTICATED);
    }
    let twice = [("Authorization", &*format!("Bearer {good}")), ("Authorization", "Bearer x")];
    let body = reference(2).to_string();
    let reply = send(service.address, &request("POST", "/std_img", &twice, body.as_bytes())).await;
    reply.assert(401, Some(100), UNAUTHENTICATED);
    // The head of a request is limited before its credential is read.
    let huge = format!("Bearer {}", "a".repeat(1024 * 1024));
    let huge = request("POST", "/std_img", &[("Authorization", &huge)], b"{}");
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    let mut reply = Vec::new();
    // The service may close the connection at any point.
    let _ = stream.write_all(&huge).await;
    let _ = stream.read_to_end(&mut reply).await;
    let is_rejected = reply.is_empty() || reply.starts_with(b"HTTP/1.1 4");
    assert!(is_rejected, "{}", String::from_utf8_lossy(&reply));
}

#[tokio::test]
async fn the_reason_is_in_the_log_only_and_the_token_nowhere() {
    let service = world(&with_secret(TokenAlgorithm::HS256)).await.start();
    let over = hs256(&with_claim("exp", json!(1)));
    let good = hs256(&claims().to_string());
    for (id, token, status, expected) in [
        ("expired-token", &over, 401, "verify the token: ExpiredSignature"),
        ("token-of-another", &good, 403, "belongs to another user"),
    ] {
        let authorization = format!("Bearer {token}");
        let headers = [("X-Request-Id", id), ("Authorization", &*authorization)];
        let body = reference(3).to_string();
        let request = request("POST", "/std_img", &headers, body.as_bytes());
        assert_eq!(send(service.address, &request).await.status, status);
        let lines = lines_until(id, "answered a request").await;
        let logged = serde_json::to_string(&lines).unwrap();
        assert!(logged.contains(expected), "{logged}");
        assert!(!logged.contains(token.rsplit_once('.').unwrap().1), "{logged}");
        assert_eq!(logged.contains("minji"), status == 403, "the caller is logged: {logged}");
    }
}

#[tokio::test]
async fn a_key_file_that_holds_no_such_key_prevents_the_start() {
    assert!(start(TokenAlgorithm::RS256, &RSA.pem).is_ok());
    for (algorithm, pem) in [
        (TokenAlgorithm::RS256, &*EC.pem),
        (TokenAlgorithm::ES256, &*RSA.pem),
        (TokenAlgorithm::EdDSA, &*EC.pem),
        (TokenAlgorithm::ES256, ""),
        (TokenAlgorithm::ES256, "no PEM"),
    ] {
        let told = start(algorithm, pem).unwrap_err();
        assert!(told.contains("is no public key for"), "{told}");
    }
    let private = EC.pem.replace("PUBLIC", "PRIVATE");
    assert!(start(TokenAlgorithm::ES256, &private).is_err());
    let (settings, file) = with_key_file(TokenAlgorithm::ES256, &EC.pem);
    fs::remove_file(file.path()).unwrap();
    let told = Authentication::new(&settings, None).err().unwrap().to_string();
    assert!(told.contains("read auth.token.key_file"), "{told}");
}

fn start(algorithm: TokenAlgorithm, pem: &str) -> Result<(), String> {
    let (settings, _file) = with_key_file(algorithm, pem);
    Authentication::new(&settings, None).map(drop).map_err(|error| error.to_string())
}
