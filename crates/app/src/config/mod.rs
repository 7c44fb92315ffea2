//! The configuration: the embedded defaults, then a file, then the environment.
//!
//! To add a setting, add a field to the settings struct of its section and its key to
//! `config/default.toml`.

mod sections;
mod tree;

use std::path::Path;

use anyhow::{Context, bail};
use config::{ConfigBuilder, Environment, File, FileFormat, builder::DefaultState};
use injeung_adapter::settings::DEFAULTS;
use injeung_http::{AuthSettings, HttpSettings};
use injeung_storage::DatabaseSettings;
use serde::Deserialize;
use serde_json::Value;

pub(crate) use sections::{
    Classifier, ClassifierKind, CleanUp, Log, LogFormat, Objects, ObjectsKind, OneClassifier,
    Photos, RequestKeys, Rules, Server, Vision,
};

/// The complete and validated configuration. Each field is a section.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Config {
    pub(crate) server: Server,
    pub(crate) http: HttpSettings,
    pub(crate) auth: AuthSettings,
    pub(crate) photos: Photos,
    pub(crate) database: DatabaseSettings,
    pub(crate) objects: Objects,
    pub(crate) vision: Vision,
    pub(crate) classifier: Classifier,
    pub(crate) rules: Rules,
    pub(crate) request_keys: RequestKeys,
    pub(crate) clean_up: CleanUp,
    pub(crate) log: Log,
}

impl Config {
    /// Reads the defaults, `file` if one is given, and the environment of the process.
    ///
    /// # Errors
    /// All problems in one message: unknown keys, values of a wrong type, values out of range,
    /// contradictions.
    pub(crate) fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        Self::from_sources(file, Environment::default())
    }

    fn from_sources(file: Option<&Path>, environment: Environment) -> anyhow::Result<Self> {
        let defaults: Value = with_defaults()
            .build()
            .and_then(config::Config::try_deserialize)
            .context("read the embedded defaults")?;
        let mut builder = with_defaults();
        if let Some(file) = file {
            builder = builder.add_source(File::from_str(&read_file(file)?, FileFormat::Toml));
        }
        let environment = environment.prefix("INJEUNG").prefix_separator("__").separator("__");
        let merged = builder.add_source(environment).build().context("read the configuration")?;

        let mut problems = Vec::new();
        let tree = readable(&defaults, &merged, &mut problems)?;
        let config = Self::deserialize(tree).context("read the configuration")?;
        problems.extend(config.contradictions());
        if problems.is_empty() {
            Ok(config)
        } else {
            bail!("read the configuration:\n- {}", problems.join("\n- "))
        }
    }

    fn contradictions(&self) -> Vec<String> {
        let sections = [
            ("server", self.server.contradictions()),
            ("http", self.http.contradictions()),
            ("auth", self.auth.contradictions()),
            ("photos", self.photos.contradictions()),
            ("objects.s3", self.objects.s3.contradictions()),
            ("vision", self.vision.cascade.contradictions()),
            ("classifier", self.classifier.contradictions()),
            ("classifier.clarifai", self.classifier.clarifai.contradictions()),
            ("classifier.openai", self.classifier.openai.contradictions()),
            ("classifier.chain", self.classifier.chain.thresholds.contradictions()),
        ];
        let named = sections.into_iter().flat_map(|(section, problems)| {
            problems.into_iter().map(move |problem| format!("{section}.{problem}"))
        });
        named.chain(self.too_short_grace()).collect()
    }

    /// The clean-up removes a reservation after the grace period. A photo that reaches the bucket
    /// later would never be found. The disk is not checked because its calls have no timeouts.
    fn too_short_grace(&self) -> Option<String> {
        if self.objects.kind == ObjectsKind::Disk {
            return None;
        }
        // The request waits twice for the database: to look up the participation and to reserve the
        // key.
        let waits = 2 * self.database.answer_timeout
            + self.classifier.deadline()
            + self.objects.s3.retry_timeout
            + self.objects.s3.request_timeout;
        let grace = self.clean_up.grace;
        (grace <= waits).then(|| {
            format!(
                "clean_up.grace_s: must be more than {}, the seconds for which a request can wait \
                 for the database, the classifier and the bucket, not {}",
                waits.as_millis().div_ceil(1000),
                grace.as_secs()
            )
        })
    }
}

impl Config {
    /// Checks that a service without authentication is not reachable from other machines.
    ///
    /// # Errors
    /// When it would be, and the configuration does not allow it.
    pub(crate) fn check_exposure(&self) -> anyhow::Result<()> {
        let bind = self.server.bind;
        let AuthSettings { required, allow_open, .. } = self.auth;
        if !required && !allow_open && !bind.ip().to_canonical().is_loopback() {
            bail!(
                "auth.required: is false, and anyone who reaches {bind} could post for every \
                 participation; set it to true, or set auth.allow_open to true if all clients of \
                 that network are trusted"
            );
        }
        Ok(())
    }

    /// Checks that clients can fetch photos at their URLs, which rows store permanently.
    ///
    /// # Errors
    /// When the URLs would begin with the address of `server.bind` and that is not a host's
    /// address.
    pub(crate) fn check_photo_urls(&self) -> anyhow::Result<()> {
        let bind = self.server.bind;
        let bound = self.objects.kind == ObjectsKind::Disk && self.objects.public_base.is_none();
        if bound && bind.ip().to_canonical().is_unspecified() {
            bail!(
                "read the configuration: objects.public_base is empty, so photos would get URLs that \
                 begin with {}/, which no client can fetch; set it to the address that \
                 clients use, such as https://api.example.com/objects/",
                self.server.url(bind)
            );
        }
        Ok(())
    }
}

/// The defaults, replaced by each value of `merged` that can be parsed. Adds a problem for each
/// invalid value and each unknown key.
///
/// Parsing the whole tree stops at the first problem, so each value is parsed alone.
fn readable(
    defaults: &Value,
    merged: &config::Config,
    problems: &mut Vec<String>,
) -> anyhow::Result<Value> {
    let known = tree::leaves(defaults);
    let given: Value = merged.clone().try_deserialize().context("read the configuration")?;
    let given = tree::leaves(&given);
    let unknown = given.keys().filter(|key| !known.contains_key(*key));
    problems.extend(unknown.map(|key| format!("{key}: unknown key")));
    let mut readable = defaults.clone();
    for (key, default) in known.iter().filter(|(key, _)| given.contains_key(*key)) {
        let value = match tree::typed(merged, key, default) {
            Ok(value) if value == *default => continue,
            Ok(value) => value,
            Err(error) => {
                problems.push(problem(key, &error.to_string()));
                continue;
            }
        };
        match Config::deserialize(tree::with(defaults.clone(), key, value.clone())) {
            Ok(_) => readable = tree::with(readable, key, value),
            Err(error) => problems.push(problem(key, &error.to_string())),
        }
    }
    Ok(readable)
}

/// Describes a problem with a key. A value of a wrong type is omitted: it may be a secret under a
/// wrong key.
fn problem(key: &str, error: &str) -> String {
    match error.split_once(", expected ") {
        Some((_value, expected)) => format!("{key}: expected {expected}"),
        None => format!("{key}: {error}"),
    }
}

/// Reads the text of a TOML file. A syntax error is reported with its line number only, because its
/// text may contain a secret.
fn read_file(path: &Path) -> anyhow::Result<String> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("read {name}"))?;
    if let Err(error) = text.parse::<toml::Table>() {
        let start = error.span().map_or(0, |span| span.start);
        let line = text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1;
        bail!("read {name}: line {line} is not TOML");
    }
    Ok(text)
}

fn with_defaults() -> ConfigBuilder<DefaultState> {
    config::Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn load(file: &str, variables: &[(&str, &str)]) -> anyhow::Result<Config> {
        let path = std::env::temp_dir().join(format!(
            "injeung-config-{}-{:?}.toml",
            std::process::id(),
            std::thread::current().id()
        ));
        std::fs::write(&path, file).unwrap();
        let variables: HashMap<String, String> =
            variables.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        let loaded =
            Config::from_sources(Some(&path), Environment::default().source(Some(variables)));
        std::fs::remove_file(&path).unwrap();
        loaded
    }

    fn problems(file: &str, variables: &[(&str, &str)]) -> String {
        load(file, variables).unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_are_valid() {
        let config = load("", &[]).unwrap();
        assert_eq!(config.server.bind.to_string(), "127.0.0.1:8080");
        assert_eq!(config.objects.public_base, None);
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
        let file = "[http]\nmax_downloads = 7\nmax_body_bytes = 2048\n";
        let config = load(file, &[("INJEUNG__HTTP__MAX_DOWNLOADS", "9")]).unwrap();
        assert_eq!(config.http.max_downloads.get(), 9);
        assert_eq!(config.http.max_body_bytes, 2048);
        assert_eq!(config.http.body_timeout, Duration::from_secs(300));
    }

    #[test]
    fn unknown_keys_and_contradictions_are_reported_together() {
        let file = "
            [server]
            bnid = \"127.0.0.1:80\"
            time_zone = \"Asia/Soul\"
            [classifier]
            kind = \"clarifai\"
            [classifier.clarifai]
            request_timeout_ms = 20000
            [http]
            max_downloads = \"many\"
            [colour]
            red = 1
        ";
        let told = problems(file, &[("INJEUNG__DATABASE__URL", "mysql://root:hunter2@db/injeung")]);
        for expected in [
            "server.bnid",
            "colour.red",
            "Asia/Soul",
            "classifier.clarifai.key",
            "classifier.clarifai.request_timeout_ms",
            "max_downloads",
            "database.url",
        ] {
            assert!(told.contains(expected), "{expected} is missing in: {told}");
        }
        assert!(!told.contains("hunter2"), "a password shows up in: {told}");
    }

    #[test]
    fn every_key_of_the_defaults_is_a_setting() {
        let defaults: Value = with_defaults().build().unwrap().try_deserialize().unwrap();
        Config::deserialize(defaults.clone()).unwrap();
        for key in tree::leaves(&defaults).keys() {
            let wrong = tree::with(defaults.clone(), key, json!({ "a": {} }));
            assert!(Config::deserialize(wrong).is_err(), "nothing reads {key}");
        }
    }

    #[test]
    fn every_kind_of_value_can_come_from_the_environment() {
        let config = load(
            "",
            &[
                ("INJEUNG__VISION__POINTS_SIDE", "640"),
                ("INJEUNG__VISION__QUICK__ENABLED", "false"),
                ("INJEUNG__VISION__SIFT__RATIO", "0.75"),
                ("INJEUNG__VISION__NEURAL__XFEAT", "7"),
                ("INJEUNG__VISION__NEURAL__WARN_FEATURES", "400"),
                ("INJEUNG__OBJECTS__S3__ACCESS_KEY_ID", "1"),
                ("INJEUNG__OBJECTS__S3__SECRET_ACCESS_KEY", "2"),
            ],
        )
        .unwrap();
        let cascade = &config.vision.cascade;
        assert_eq!((cascade.points_side, cascade.quick), (640, None));
        assert_eq!(cascade.sift.unwrap().ratio, 0.75);
        let neural = cascade.neural.as_ref().unwrap();
        assert_eq!((neural.xfeat.as_path(), neural.quality.warn_features), (Path::new("7"), 400));
        assert_eq!(config.objects.s3.credentials.access_key_id, "1");
        assert_eq!(config.objects.s3.credentials.secret_access_key.expose(), "2");
    }

    #[test]
    fn every_problem_of_a_section_is_reported_at_once_without_the_secret() {
        let told = problems(
            "[classifier.clarifai]
            base_url = \"https://me:word@api.clarifai.com\"
            key = \"se cret\"
            user = \" \"
            version = \" \"
            min_value = nan
            max_concepts = 201
            max_attempts = 0
            deadline_ms = 0",
            &[],
        );
        assert!(!told.contains("cret") && !told.contains("word"), "{told}");
        for key in [
            "key",
            "base_url",
            "user",
            "version",
            "min_value",
            "max_concepts",
            "max_attempts",
            "deadline_ms",
        ] {
            let key = format!("\n- classifier.clarifai.{key}: ");
            assert!(told.contains(&key), "{key} is missing in: {told}");
        }
        assert_eq!(told.matches("\n- ").count(), 8, "{told}");
    }

    #[test]
    fn half_a_key_pair_and_a_key_without_its_encryption_are_contradictions() {
        for (key, value) in [("SECRET_ACCESS_KEY", "x"), ("KMS_KEY_ID", "x"), ("ENCRYPTION", "kms")]
        {
            let key = format!("INJEUNG__OBJECTS__S3__{key}");
            let told = problems("", &[(&key, value)]);
            assert!(told.contains("\n- objects.s3."), "{told}");
        }
    }

    #[test]
    fn warn_features_must_be_from_min_features_to_max_features() {
        for (key, told) in [
            (
                "INJEUNG__VISION__MIN_FEATURES",
                "vision.warn_features: must be at least min_features",
            ),
            (
                "INJEUNG__VISION__NEURAL__MIN_FEATURES",
                "vision.neural.warn_features: must be at least min_features",
            ),
            (
                "INJEUNG__VISION__NEURAL__WARN_FEATURES",
                "vision.neural.warn_features: must be at most max_features",
            ),
        ] {
            assert!(load("", &[(key, "300")]).is_ok(), "{key}");
            let problems = problems("", &[(key, "2049")]);
            assert!(problems.contains(told), "{problems}");
        }
    }

    #[test]
    fn the_grace_must_exceed_the_duration_of_a_request() {
        let kind = ("INJEUNG__OBJECTS__KIND", "s3");
        assert!(load("", &[kind]).is_ok());
        // The limits add up to twice 30, 10, 15 and 10 seconds.
        let grace = |seconds| ("INJEUNG__CLEAN_UP__GRACE_S", seconds);
        assert!(load("", &[kind, grace("96")]).is_ok());
        let told = problems("", &[kind, grace("95")]);
        assert!(told.contains("clean_up.grace_s: must be more than 95, "), "{told}");
        assert!(load("", &[grace("60")]).is_ok(), "a disk has no such waits");
    }

    #[test]
    fn the_grace_covers_the_selected_classifiers() {
        let load = |kind, grace| {
            let variables = [
                ("INJEUNG__OBJECTS__KIND", "s3"),
                ("INJEUNG__CLASSIFIER__KIND", kind),
                ("INJEUNG__CLASSIFIER__OPENAI__MODEL", "m"),
                ("INJEUNG__CLEAN_UP__GRACE_S", grace),
            ];
            load("", &variables)
        };
        // Ten seconds more than with Clarifai, and those of the first classifier of the chain.
        for (kind, too_short, enough) in [("openai", "105", "106"), ("chain", "115", "116")] {
            assert!(load(kind, too_short).is_err(), "{kind}");
            assert!(load(kind, enough).is_ok(), "{kind}");
        }
    }

    #[test]
    fn a_classifier_in_use_needs_its_key_or_model() {
        for (file, told) in [
            ("kind = \"clarifai\"", "classifier.clarifai.key: must be set"),
            ("kind = \"openai\"", "classifier.openai.model: must be set"),
            ("kind = \"chain\"", "classifier.openai.model: must be set"),
            (
                "kind = \"chain\"\nchain.second = \"clarifai\"",
                "classifier.clarifai.key: must be set",
            ),
            (
                "kind = \"chain\"\nchain.first = \"clarifai\"\nchain.second = \"clarifai\"",
                "classifier.chain.second: must differ",
            ),
            (
                "chain.reject_below = 0.6",
                "classifier.chain.reject_below: must be at most accept_from",
            ),
            ("openai.deadline_ms = 9999", "classifier.openai.request_timeout_ms: must be at most"),
        ] {
            let problems = problems(&format!("[classifier]\n{file}"), &[]);
            assert!(problems.contains(told), "{problems}");
        }
    }

    #[test]
    fn a_body_has_to_fit_into_the_memory_for_bodies() {
        let held = |bytes| ("INJEUNG__HTTP__MAX_HELD_BYTES", bytes);
        assert!(load("", &[held("33554432")]).is_ok());
        let told = problems("", &[held("33554431")]);
        assert!(
            told.contains("http.max_held_bytes: must be at least http.max_body_bytes"),
            "{told}"
        );
    }

    #[test]
    fn secrets_are_not_printed() {
        let config = load("", &[("INJEUNG__CLASSIFIER__CLARIFAI__KEY", "hunter2")]).unwrap();
        assert_eq!(config.classifier.clarifai.key.expose(), "hunter2");
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn invalid_toml_and_misplaced_values_are_not_quoted() {
        for file in ["[classifier.clarifai]\nkey = \"hunter2", "a = 1\nb = hunter2"] {
            let told = problems(file, &[]);
            assert!(told.contains("line 2"), "{told}");
            assert!(!told.contains("hunter2"), "{told}");
        }
        for variable in ["INJEUNG__CLASSIFIER__CLARIFAI", "INJEUNG__OBJECTS__PUBLIC_BASE"] {
            let told = problems("", &[(variable, "https://u:hunter2@h/?x=1")]);
            assert!(!told.contains("hunter2"), "{told}");
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Config::load(Some(Path::new("/nowhere/injeung.toml"))).unwrap_err();
        assert!(format!("{error:#}").contains("/nowhere/injeung.toml"), "{error:#}");
    }
}
