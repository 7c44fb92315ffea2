//! Authentication, tested with the running program.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use serde_json::{Value, json};

use crate::support::client::Reply;
use crate::support::home::Home;
use crate::support::pictures::{desk, desk_again};
use crate::support::service::Service;
use crate::{classification, img_feature, std_img};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const UNAUTHENTICATED: &str = "토큰이 입력되지 않았습니다.";
const NOT_OWNER: &str = "알맞지 않은 참가자 아이디 입니다.";

/// A home that requires a credential, with participations 1 of `minji` and 2 of `suho`.
fn home() -> Home {
    let home = Home::new()
        .with("AUTH__REQUIRED", "true")
        .with("AUTH__URL_SECRET", "url-secret-url-secret-url-secret")
        .with("AUTH__TOKEN__ALGORITHM", "HS256")
        .with("AUTH__TOKEN__SECRET", SECRET);
    for (id, user) in [(1, "minji"), (2, "suho")] {
        home.put_open(id);
        let id = id.to_string();
        home.succeed(&["participation", "put", &id, "--group", &id, "--user", user]);
    }
    home
}

/// Value of the header `Authorization` with a token of a user.
fn token(user: &str) -> String {
    let claims = json!({ "sub": user, "exp": get_current_timestamp() + 60 });
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    format!("Bearer {}", encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap())
}

fn post(service: &Service, path: &str, authorization: &str, body: &Value) -> Reply {
    let headers = [("Content-Type", "application/json"), ("Authorization", authorization)];
    service.client().request("POST", path, &headers, body.to_string().as_bytes())
}

fn get(service: &Service, path: &str, authorization: &str) -> Reply {
    service.client().request("GET", path, &[("Authorization", authorization)], ())
}

#[test]
fn no_call_without_a_credential_is_401_errcode_100() {
    let home = home();
    let service = home.serve();
    for (path, body) in [
        ("/std_img", std_img(1, &desk())),
        ("/img_feature", img_feature(1, &desk())),
        ("/classification", classification(1, &desk(), "책상")),
        ("/std_img", json!({})),
    ] {
        service.client().post(path, &body).assert(401, 100, UNAUTHENTICATED);
        post(&service, path, "Bearer x", &body).assert(401, 100, UNAUTHENTICATED);
    }
    home.assert_nothing_stored();
}

#[test]
fn the_participation_of_another_is_403_errcode_101() {
    let home = home();
    let service = home.serve();
    for (path, body) in [
        ("/std_img", std_img(1, &desk())),
        ("/img_feature", img_feature(1, &desk())),
        ("/classification", classification(1, &desk(), "책상")),
    ] {
        post(&service, path, &token("suho"), &body).assert(403, 101, NOT_OWNER);
    }
    home.assert_nothing_stored();
    let minji = token("minji");
    let reply = post(&service, "/std_img", &minji, &std_img(1, &desk()));
    reply.assert(200, None, "완료 되었습니다.");
    let reply = post(&service, "/img_feature", &minji, &img_feature(1, &desk_again()));
    reply.assert(200, None, "완료되었습니다.");
}

#[test]
fn a_key_is_made_listed_used_and_revoked() {
    let home = home();
    let add = |arguments: &[&str]| {
        let finished = home.succeed(&[&["key", "add", "--name", "app"], arguments].concat());
        finished.stdout.trim_end().to_owned()
    };
    let key = add(&["--scope", "verify", "--scope", "metrics", "--valid-days", "30"]);
    let other = add(&["--scope", "admin"]);
    let [id, secret] = [1, 2].map(|part| key.split('_').nth(part).unwrap());
    let list = home.succeed(&["key", "list"]).stdout;
    let line = list.lines().nth(1).unwrap();
    assert!(line.starts_with(&format!("{id}\tapp\tverify,metrics\t20")), "{list}");
    assert!(line.ends_with("Z\t-\t-") && list.lines().count() == 3, "{list}");
    let stored = home.rows().select("SELECT hex(secret_sha256) FROM api_key", |row| row.get(0));
    let stored: Vec<String> = stored;
    assert!(stored.iter().all(|digest| !digest.eq_ignore_ascii_case(secret)), "{stored:?}");
    assert!(!list.contains(secret));

    let service = home.serve();
    let (key, other) = (format!("Bearer {key}"), format!("Bearer {other}"));
    for participation in [1, 2] {
        let body = std_img(participation, &desk());
        post(&service, "/std_img", &other, &body).assert(401, 100, UNAUTHENTICATED);
        assert_eq!(post(&service, "/std_img", &key, &body).outcome(), (200, None));
    }
    assert_eq!(service.client().get("/metrics").outcome(), (401, Some(100)));
    assert_eq!(get(&service, "/metrics", &key).status, 200);
    let used = home.succeed(&["key", "list"]).stdout;
    assert!(!used.lines().nth(1).unwrap().ends_with('-'), "the last use is stored: {used}");

    home.succeed(&["key", "revoke", id]);
    let reply = post(&service, "/std_img", &key, &std_img(1, &desk()));
    reply.assert(401, 100, UNAUTHENTICATED);
    let unknown = home.run(&["key", "revoke", "000000000000"]);
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
    assert!(unknown.stderr.contains("revoke API key 000000000000: there is none"));
}

#[test]
fn arguments_that_make_no_key_are_refused() {
    let home = Home::new();
    for wrong in [
        &["key", "add", "--name", "app"][..],
        &["key", "add", "--scope", "verify"],
        &["key", "add", "--name", "a b", "--scope", "verify"],
        &["key", "add", "--name", "app", "--scope", "root"],
        &["key", "add", "--name", "app", "--scope", "verify", "--valid-days", "0"],
        &["key", "revoke", "app"],
    ] {
        let finished = home.run(wrong);
        assert_eq!(finished.code, Some(2), "{wrong:?}: {finished:?}");
    }
}

#[test]
fn a_photo_needs_a_signed_url_and_its_row_keeps_the_plain_one() {
    let home = home();
    let service = home.serve();
    let minji = token("minji");
    let reply = post(&service, "/std_img", &minji, &std_img(1, &desk()));
    assert_eq!(reply.outcome(), (200, None));
    let name = home.objects().remove(0);
    let path = format!("/objects/{name}");
    let rows = home.rows().references();
    assert!(format!("{rows:?}").contains(&format!("{path}\"")), "{rows:?}");
    service.client().get(&path).assert(401, 100, UNAUTHENTICATED);
    get(&service, &path, &token("suho")).assert(403, 101, NOT_OWNER);
    assert_eq!(get(&service, &path, &minji).status, 200);

    let signed = home.succeed(&["url", &name, "--valid-s", "60"]).stdout;
    let query = signed.trim_end().split_once('?').unwrap().1;
    assert_eq!(service.client().get(&format!("{path}?{query}")).status, 200);
    let reply = service.client().get(&format!("{path}?{query}0"));
    reply.assert(401, 100, UNAUTHENTICATED);

    let home = home.with("AUTH__URL_SECRET", "");
    let unsigned = home.run(&["url", &name]);
    assert_eq!(unsigned.code, Some(2), "{unsigned:?}");
    assert!(unsigned.stderr.contains("auth.url_secret is empty"), "{unsigned:?}");
}

/// The private key of RFC 8037, appendix A.1, in PKCS #8.
const ED25519: &[u8] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20\
    \x9d\x61\xb1\x9d\xef\xfd\x5a\x60\xba\x84\x4a\xf4\x92\xec\x2c\xc4\
    \x44\x49\xc5\x69\x7b\x32\x69\x19\x70\x3b\xac\x03\x1c\xae\x7f\x60";

fn key_set() -> String {
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": "k" }] }).to_string()
}

/// Serves one response to every request. Returns the URL and the number of requests.
fn issuer(response: String) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    thread::spawn(move || {
        for stream in listener.incoming() {
            counter.fetch_add(1, Ordering::SeqCst);
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(response.as_bytes());
        }
    });
    (url, requests)
}

fn response(status: &str, header: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{header}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// Response to a token that the issuer signed.
fn with_key_set(url: &str) -> Reply {
    let home = Home::new()
        .with("AUTH__REQUIRED", "true")
        .with("AUTH__TOKEN__ALGORITHM", "EdDSA")
        .with("AUTH__TOKEN__JWKS_URL", url)
        .with("AUTH__TOKEN__ISSUER", "https://id.example")
        .with("AUTH__TOKEN__AUDIENCE", "injeung");
    home.put_open(1);
    home.succeed(&["participation", "put", "1", "--group", "1", "--user", "minji"]);
    let claims = json!({
        "sub": "minji", "iss": "https://id.example", "aud": "injeung",
        "exp": get_current_timestamp() + 60,
    });
    let header = Header { kid: Some("k".to_owned()), ..Header::new(Algorithm::EdDSA) };
    let token = encode(&header, &claims, &EncodingKey::from_ed_der(ED25519)).unwrap();
    post(&home.serve(), "/std_img", &format!("Bearer {token}"), &std_img(1, &desk()))
}

#[test]
fn the_keys_of_an_issuer_are_fetched_from_the_configured_address_only() {
    let (url, _) = issuer(response("200 OK", "", &key_set()));
    with_key_set(&url).assert(200, None, "완료 되었습니다.");
    let (other, requests) = issuer(response("200 OK", "", &key_set()));
    let location = format!("Location: {other}\r\n");
    let too_large = format!("{}{}", " ".repeat(300 * 1024), key_set());
    for wrong in [
        response("302 Found", &location, ""),
        response("404 Not Found", "", &key_set()),
        response("200 OK", "", &too_large),
        response("200 OK", "", "<html>"),
    ] {
        let reply = with_key_set(&issuer(wrong).0);
        reply.assert(503, 110, "서버가 혼잡합니다. 잠시 후 다시 시도해주세요.");
    }
    assert_eq!(requests.load(Ordering::SeqCst), 0, "no redirect is followed");
}

#[test]
fn settings_that_accept_wrong_tokens_are_refused() {
    let told = |settings: &[(&str, &str)]| {
        let home = settings.iter().fold(Home::new(), |home, (key, value)| home.with(key, value));
        let finished = home.run(&["migrate"]);
        assert_eq!(finished.code, Some(2), "{settings:?}");
        finished.stderr
    };
    let hs256 = ("AUTH__TOKEN__ALGORITHM", "HS256");
    let hs512 = ("AUTH__TOKEN__ALGORITHM", "HS512");
    let es256 = ("AUTH__TOKEN__ALGORITHM", "ES256");
    let jwks = |url| ("AUTH__TOKEN__JWKS_URL", url);
    let file = ("AUTH__TOKEN__KEY_FILE", "key.pem");
    let secret = ("AUTH__TOKEN__SECRET", SECRET);
    for (settings, expected) in [
        (&[("AUTH__TOKEN__ALGORITHM", "none")][..], "auth.token.algorithm"),
        (&[secret], "auth.token.algorithm: is empty"),
        (&[hs256], "auth.token.secret: has less than 32 bytes"),
        (&[hs256, ("AUTH__TOKEN__SECRET", &SECRET[1..])], "less than 32 bytes"),
        (&[hs512, secret], "auth.token.secret: has less than 64 bytes"),
        (&[hs256, secret, file], "auth.token.algorithm: takes a secret"),
        (&[es256], "auth.token.key_file: set either it or jwks_url"),
        (&[es256, file, jwks("https://id.example/keys")], "set either it or jwks_url"),
        (&[es256, file, secret], "auth.token.secret: is set"),
        (&[es256, jwks("http://id.example/keys")], "auth.token.jwks_url: is not https"),
        (&[es256, jwks("http://localhost.evil.example/keys")], "jwks_url: is not https"),
        (&[es256, jwks("http://127.0.0.1.evil.example/keys")], "jwks_url: is not https"),
        (&[es256, jwks("https://id.example/keys")], "auth.token.issuer: is empty"),
        (&[es256, jwks("https://id.example/keys")], "auth.token.audience: is empty"),
        (&[("AUTH__URL_SECRET", "short")], "auth.url_secret: has less than 32 bytes"),
    ] {
        let told = told(settings);
        assert!(told.contains(expected), "{settings:?}: {told}");
        assert!(!told.contains(&SECRET[1..]), "{told}");
    }
}
