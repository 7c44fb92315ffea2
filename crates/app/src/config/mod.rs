//! What the service is told: the embedded defaults, then a file, then the environment.

mod keys;
mod rules;
mod sections;
mod storage;

use std::path::Path;

use anyhow::{Context, bail};
use config::{ConfigBuilder, Environment, File, FileFormat, builder::DefaultState};
use serde::de::DeserializeOwned;

pub(crate) use rules::{RequestKeys, Rules};
pub(crate) use sections::{
    Classifier, ClassifierKind, CleanUp, EnvelopeStyle, Http, Log, LogFormat, Neural,
    OperatingPointName, Photos, Points, Server, Vision,
};
pub(crate) use storage::{Database, EncryptionKind, Objects, ObjectsKind, S3};

/// The defaults, which name every key there is.
const DEFAULTS: &str = include_str!("../../../../config/default.toml");

/// The configuration, whole and free of contradictions.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) server: Server,
    pub(crate) http: Http,
    pub(crate) photos: Photos,
    pub(crate) database: Database,
    pub(crate) objects: Objects,
    pub(crate) vision: Vision,
    pub(crate) classifier: Classifier,
    pub(crate) rules: Rules,
    pub(crate) request_keys: RequestKeys,
    pub(crate) clean_up: CleanUp,
    pub(crate) log: Log,
}

impl Config {
    /// Reads the defaults, `file` where one is given, and the process's environment.
    ///
    /// # Errors
    /// Everything that is wrong, in one message: unknown keys, values of a wrong type, values out
    /// of range, contradictions.
    pub(crate) fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        Self::from_sources(file, Environment::default())
    }

    fn from_sources(file: Option<&Path>, environment: Environment) -> anyhow::Result<Self> {
        let defaults = with_defaults().build().context("read the embedded defaults")?;
        let mut builder = with_defaults();
        if let Some(file) = file {
            builder = builder.add_source(File::from_str(&read_file(file)?, FileFormat::Toml));
        }
        let environment = environment.prefix("INJEUNG").prefix_separator("__").separator("__");
        let merged = builder.add_source(environment).build().context("read the configuration")?;

        let mut problems = keys::unknown(&defaults, &merged)?;
        let config = read_sections(&merged, &mut problems);
        if let Some(config) = &config {
            config.check_together(&mut problems);
        }
        match config {
            Some(config) if problems.is_empty() => Ok(config),
            Some(_) | None => {
                bail!("the configuration has problems:\n- {}", problems.join("\n- "))
            }
        }
    }
}

impl Config {
    /// Adds what no section can know by itself.
    ///
    /// A photo that is still on its way into the bucket when its reservation is cleaned up arrives
    /// where nobody looks for it any more. The disk has no waits of its own that could be summed up.
    fn check_together(&self, problems: &mut Vec<String>) {
        if self.objects.kind == ObjectsKind::Disk {
            return;
        }
        let s3 = &self.objects.s3;
        // The participation is looked up and the name reserved; both may take that long.
        let waits = [
            self.database.answer_timeout_ms,
            self.database.answer_timeout_ms,
            self.classifier.clarifai.deadline_ms,
            s3.retry_timeout_ms,
            s3.request_timeout_ms,
        ];
        // Values that are out of range are told elsewhere and may be as large as they like.
        let waits_ms = waits.into_iter().fold(0, u64::saturating_add);
        let grace_s = self.clean_up.grace_s;
        if u64::from(grace_s) * 1000 <= waits_ms {
            problems.push(format!(
                "clean_up.grace_s: {grace_s} is no longer than a request may wait for the \
                 database, Clarifai and the bucket: {} seconds",
                waits_ms.div_ceil(1000)
            ));
        }
    }
}

impl Config {
    /// Checks that the URLs of stored photos, which rows keep for good, can reach the service.
    ///
    /// # Errors
    /// When they would begin with the address of `server.bind` and that is no host's address.
    pub(crate) fn check_photo_urls(&self) -> anyhow::Result<()> {
        let bind = self.server.bind;
        let bound = self.objects.kind == ObjectsKind::Disk && self.objects.public_base.is_empty();
        if bound && bind.ip().to_canonical().is_unspecified() {
            bail!(
                "objects.public_base: is empty, and photos would get URLs that begin with \
                 http://{bind}/, which no client can fetch; set it to the address that clients \
                 use, for example https://api.example.com/objects/"
            );
        }
        Ok(())
    }
}

/// The text of a file that is TOML. What is wrong with it is told by its line, not by its text,
/// which may hold a secret.
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

/// A section that knows which of its values make no sense.
trait Section: DeserializeOwned {
    /// Adds what is wrong with the values, each named by its whole key.
    fn check(&self, problems: &mut Vec<String>);
}

/// Reads every section before giving up, so that all problems are told at once.
fn read_sections(merged: &config::Config, problems: &mut Vec<String>) -> Option<Config> {
    let server = read(merged, "server", problems);
    let http = read(merged, "http", problems);
    let photos = read(merged, "photos", problems);
    let database = read(merged, "database", problems);
    let objects = read(merged, "objects", problems);
    let vision = read(merged, "vision", problems);
    let classifier = read(merged, "classifier", problems);
    let rules = read(merged, "rules", problems);
    let request_keys = read(merged, "request_keys", problems);
    let clean_up = read(merged, "clean_up", problems);
    let log = read(merged, "log", problems);
    Some(Config {
        server: server?,
        http: http?,
        photos: photos?,
        database: database?,
        objects: objects?,
        vision: vision?,
        classifier: classifier?,
        rules: rules?,
        request_keys: request_keys?,
        clean_up: clean_up?,
        log: log?,
    })
}

fn read<S: Section>(merged: &config::Config, name: &str, problems: &mut Vec<String>) -> Option<S> {
    match merged.get::<S>(name) {
        Ok(section) => {
            section.check(problems);
            Some(section)
        }
        Err(error) => {
            let before = problems.len();
            let looked_into = tell_unreadable::<S>(merged, name, problems);
            if looked_into.is_err() || problems.len() == before {
                problems.push(told(name, &error));
            }
            None
        }
    }
}

/// What is wrong with a key. A value of a wrong type is not repeated: it may be a secret that came
/// under a wrong name.
fn told(key: &str, error: &config::ConfigError) -> String {
    let error = error.to_string();
    match error.split_once(", expected ") {
        Some((_value, expected)) => format!("{key}: expected {expected}"),
        None => format!("{key}: {error}"),
    }
}

/// Tells every value of a section that has the wrong type, and what is wrong with the others.
///
/// Reading the section as a whole ends at the first such value, so each is tried by itself.
fn tell_unreadable<S: Section>(
    merged: &config::Config,
    name: &str,
    problems: &mut Vec<String>,
) -> Result<(), config::ConfigError> {
    let mut readable = with_defaults();
    for key in keys::below(merged, name)? {
        let value: config::Value = merged.get(&key)?;
        let alone = with_defaults().set_override(&key, value.clone())?.build()?;
        match alone.get::<S>(name) {
            Ok(_) => readable = readable.set_override(&key, value)?,
            Err(error) => problems.push(told(&key, &error)),
        }
    }
    readable.build()?.get::<S>(name)?.check(problems);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

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
    fn the_defaults_make_sense() {
        let config = load("", &[]).unwrap();
        assert_eq!(config.server.bind.to_string(), "127.0.0.1:8080");
        assert_eq!(config.objects.public_base, "");
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
        let file = "[http]\nmax_downloads = 7\nmax_body_bytes = 2048\n";
        let config = load(file, &[("INJEUNG__HTTP__MAX_DOWNLOADS", "9")]).unwrap();
        assert_eq!(config.http.max_downloads, 9);
        assert_eq!(config.http.max_body_bytes, 2048);
        assert_eq!(config.http.body_timeout_s, 300);
    }

    #[test]
    fn unknown_keys_and_contradictions_are_told_together() {
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
    fn how_many_points_a_reference_should_have_has_to_make_sense() {
        for (key, told) in [
            ("INJEUNG__VISION__MIN_FEATURES", "vision.warn_features: is less than min_features"),
            (
                "INJEUNG__VISION__NEURAL__MIN_FEATURES",
                "vision.neural.warn_features: is less than min_features",
            ),
            (
                "INJEUNG__VISION__NEURAL__WARN_FEATURES",
                "vision.neural.warn_features: is more than max_features",
            ),
        ] {
            assert!(load("", &[(key, "300")]).is_ok(), "{key}");
            let problems = problems("", &[(key, "2049")]);
            assert!(problems.contains(told), "{problems}");
        }
    }

    #[test]
    fn photos_may_not_be_given_up_while_they_are_on_their_way() {
        let kind = ("INJEUNG__OBJECTS__KIND", "s3");
        assert!(load("", &[kind]).is_ok());
        // Twice 30, 10, 15 and 10 seconds.
        let grace = |seconds| ("INJEUNG__CLEAN_UP__GRACE_S", seconds);
        assert!(load("", &[kind, grace("96")]).is_ok());
        let told = problems("", &[kind, grace("95")]);
        assert!(told.contains("clean_up.grace_s: 95 is no longer"), "{told}");
        assert!(load("", &[grace("60")]).is_ok(), "a disk has no such waits");
    }

    #[test]
    fn a_body_has_to_fit_into_the_memory_for_bodies() {
        let held = |bytes| ("INJEUNG__HTTP__MAX_HELD_BYTES", bytes);
        assert!(load("", &[held("33554432")]).is_ok());
        let told = problems("", &[held("33554431")]);
        assert!(told.contains("http.max_held_bytes: is less than max_body_bytes"), "{told}");
    }

    #[test]
    fn secrets_are_not_printed() {
        let config = load("", &[("INJEUNG__CLASSIFIER__CLARIFAI__KEY", "hunter2")]).unwrap();
        assert_eq!(config.classifier.clarifai.key.expose(), "hunter2");
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn what_is_no_toml_or_in_the_wrong_place_is_not_repeated() {
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
