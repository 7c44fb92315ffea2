//! Sources of credentials without a configured key pair, in the order of Amazon's tools.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::home::{Home, project_file};

/// Parameter of a signed URL with the id of the key that signed it.
const SIGNED_BY: &str = "X-Amz-Credential=";

/// A home without a key pair.
fn home() -> Home {
    Home::on_servers()
        .with("OBJECTS__S3__ACCESS_KEY_ID", "")
        .with("OBJECTS__S3__SECRET_ACCESS_KEY", "")
}

/// Runs `injeung url` with only these variables of the machine, and returns its output. The home's
/// directory is the user's home.
#[track_caller]
fn signed(home: &Home, variables: &[(&str, &str)]) -> String {
    let mut command = home.command(&["url", "std_1_a.jpg"]);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    let output = command.env("HOME", home.path()).envs(variables.iter().copied()).output().unwrap();
    let (told, log) = (String::from_utf8(output.stdout), String::from_utf8(output.stderr));
    assert!(output.status.success(), "{log:?}");
    told.unwrap()
}

#[track_caller]
fn assert_signed_by(url: &str, key_id: &str) {
    assert!(url.contains(&format!("{SIGNED_BY}{key_id}%2F")), "{key_id} signed {url}");
}

/// Writes a credentials file with a default profile and another one.
fn write_profiles(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let profile =
        |name, id| format!("[{name}]\naws_access_key_id = {id}\naws_secret_access_key = s3cret\n");
    let profiles = profile("default", "AKIADEFAULT") + &profile("other", "AKIAOTHER");
    fs::write(path, profiles).unwrap();
}

#[test]
fn the_environment_comes_before_profiles_and_profiles_before_a_role() {
    let home = home();
    let role = ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &*home.servers().bucket.endpoint);
    write_profiles(&home.path().join(".aws/credentials"));
    let pair = [("AWS_ACCESS_KEY_ID", "AKIAENV"), ("AWS_SECRET_ACCESS_KEY", "s3cret")];
    let other = ("AWS_PROFILE", "other");
    assert_signed_by(&signed(&home, &[pair[0], pair[1], other, role]), "AKIAENV");
    let with_token = signed(&home, &[pair[0], pair[1], ("AWS_SESSION_TOKEN", "t0ken")]);
    assert!(with_token.contains("X-Amz-Security-Token=t0ken"), "{with_token}");
    assert_signed_by(&signed(&home, &[other, role]), "AKIAOTHER");
    assert_signed_by(&signed(&home, &[role]), "AKIADEFAULT");
    let elsewhere = home.path().join("elsewhere");
    fs::rename(home.path().join(".aws/credentials"), &elsewhere).unwrap();
    let elsewhere = ("AWS_SHARED_CREDENTIALS_FILE", elsewhere.to_str().unwrap());
    assert_signed_by(&signed(&home, &[elsewhere, role]), "AKIADEFAULT");
}

/// moto also simulates the metadata service.
#[test]
fn the_instance_has_a_role() {
    let home = home();
    let endpoint = home.servers().bucket.endpoint.clone();
    let url = signed(&home, &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &endpoint)]);
    assert_signed_by(&url, "test-key");
    assert!(url.contains("X-Amz-Security-Token=test-session-token"), "{url}");
}

#[test]
fn a_web_identity_takes_on_a_role() {
    assert_takes_on_a_role(&home());
}

#[cfg(feature = "rusoto")]
#[test]
fn a_web_identity_takes_on_a_role_by_rusoto() {
    assert_takes_on_a_role(&home().with("OBJECTS__KIND", "rusoto"));
}

#[track_caller]
fn assert_takes_on_a_role(home: &Home) {
    let file = |name| home.path().join(name).to_str().unwrap().to_owned();
    let (certificate, key, token) = (file("certificate"), file("key"), file("token"));
    fs::write(&token, "a-token").unwrap();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=sts"])
        .args(["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE"])
        .args(["-keyout", &key, "-out", &certificate])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let sts = Sts::start(&certificate, &key);
    let endpoint = format!("https://127.0.0.1:{}", sts.port);
    let url = signed(
        home,
        &[
            ("AWS_WEB_IDENTITY_TOKEN_FILE", &token),
            ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/injeung"),
            ("AWS_ENDPOINT_URL_STS", &endpoint),
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &home.servers().bucket.endpoint),
            // Only this test trusts the certificate.
            ("SSL_CERT_FILE", &certificate),
        ],
    );
    assert_signed_by(&url, "ASIAWEB");
    assert!(url.contains("X-Amz-Security-Token=of-web-identity"), "{url}");
}

/// Simulates Amazon's STS for web identities, which accepts only TLS.
struct Sts {
    process: Child,
    port: u16,
}

impl Sts {
    fn start(certificate: &str, key: &str) -> Self {
        let script = project_file("crates/app/tests/servers/sts.py", "git checkout");
        let mut process = Command::new("python3")
            .arg(script)
            .args([certificate, key])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Self { process, port: port.trim_end().parse().unwrap() }
    }
}

impl Drop for Sts {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
