use std::path::PathBuf;

use injeung_vision::Secret;
use serde::Deserialize;

use super::Section;
use super::sections::{is_web_address, within};

/// `[database]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Database {
    /// A secret, since it may hold a password.
    pub(crate) url: Secret,
    pub(crate) max_connections: usize,
    pub(crate) timeout_ms: u64,
    pub(crate) answer_timeout_ms: u64,
    pub(crate) migrate_at_start: bool,
    pub(crate) postgres: Postgres,
}

/// `[database.postgres]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Postgres {
    pub(crate) connect_timeout_ms: u64,
    pub(crate) statement_timeout_ms: u64,
    pub(crate) lock_timeout_ms: u64,
    pub(crate) idle_in_transaction_timeout_ms: u64,
}

impl Section for Database {
    fn check(&self, problems: &mut Vec<String>) {
        let known = match self.url.expose().split_once("://") {
            Some(("sqlite" | "postgres" | "postgresql", rest)) => !rest.is_empty(),
            Some(_) | None => false,
        };
        if !known {
            problems.push(
                "database.url: an address looks like \"sqlite://PATH\" or \"postgres://USER@HOST/DATABASE\""
                    .to_owned(),
            );
        }
        within("database.max_connections", self.max_connections, 1..=1000, problems);
        within("database.timeout_ms", self.timeout_ms, 1..=60_000, problems);
        within("database.answer_timeout_ms", self.answer_timeout_ms, 1..=600_000, problems);
        let postgres = &self.postgres;
        for (field, wait) in [
            ("connect_timeout_ms", postgres.connect_timeout_ms),
            ("statement_timeout_ms", postgres.statement_timeout_ms),
            ("lock_timeout_ms", postgres.lock_timeout_ms),
            ("idle_in_transaction_timeout_ms", postgres.idle_in_transaction_timeout_ms),
        ] {
            within(&format!("database.postgres.{field}"), wait, 1..=600_000, problems);
        }
    }
}

/// `[objects]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Objects {
    pub(crate) kind: ObjectsKind,
    pub(crate) dir: PathBuf,
    pub(crate) public_base: String,
    pub(crate) s3: S3,
}

/// `objects.kind`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ObjectsKind {
    Disk,
    S3,
    #[cfg(feature = "rusoto")]
    Rusoto,
}

/// `[objects.s3]`
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct S3 {
    pub(crate) bucket: String,
    pub(crate) region: String,
    pub(crate) endpoint: String,
    pub(crate) virtual_hosted: bool,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: Secret,
    pub(crate) session_token: Secret,
    pub(crate) cache_control: String,
    pub(crate) encryption: EncryptionKind,
    pub(crate) kms_key_id: String,
    pub(crate) connect_timeout_ms: u64,
    pub(crate) request_timeout_ms: u64,
    pub(crate) max_retries: usize,
    pub(crate) retry_timeout_ms: u64,
    pub(crate) max_connections: usize,
}

/// `objects.s3.encryption`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EncryptionKind {
    Bucket,
    S3,
    Kms,
}

impl Section for Objects {
    fn check(&self, problems: &mut Vec<String>) {
        if self.dir.as_os_str().is_empty() {
            problems.push("objects.dir: is empty".to_owned());
        }
        let addresses = [("public_base", &self.public_base), ("s3.endpoint", &self.s3.endpoint)];
        for (field, address) in addresses {
            if !address.is_empty() && !is_web_address(address) {
                problems.push(format!(
                    "objects.{field}: is no http or https address without query and fragment"
                ));
            }
        }
        self.s3.check(problems);
    }
}

impl S3 {
    fn check(&self, problems: &mut Vec<String>) {
        let key = |field: &str| format!("objects.s3.{field}");
        for (field, value) in [("bucket", &self.bucket), ("region", &self.region)] {
            if value.is_empty() {
                problems.push(format!("{}: is empty", key(field)));
            }
        }
        if self.access_key_id.is_empty() != self.secret_access_key.expose().is_empty() {
            problems
                .push(format!("{}: only one half of the key pair is given", key("access_key_id")));
        }
        if (self.encryption == EncryptionKind::Kms) == self.kms_key_id.is_empty() {
            problems.push(format!(
                "{}: goes with encryption = \"kms\", and with no other",
                key("kms_key_id")
            ));
        }
        for (field, wait) in [
            ("connect_timeout_ms", self.connect_timeout_ms),
            ("request_timeout_ms", self.request_timeout_ms),
            ("retry_timeout_ms", self.retry_timeout_ms),
        ] {
            within(&key(field), wait, 1..=120_000, problems);
        }
        within(&key("max_retries"), self.max_retries, 0..=10, problems);
        within(&key("max_connections"), self.max_connections, 1..=1000, problems);
    }
}
