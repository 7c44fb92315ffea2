//! The configuration: the embedded defaults, then a file, then the environment.
//!
//! To add a setting, add a field to the settings struct of its section and its key to
//! `config/default.toml`.

mod checks;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod sections;
mod tree;

use std::path::Path;

use anyhow::{Context, bail};
use config::{ConfigBuilder, Environment, File, FileFormat, builder::DefaultState};
use injeung_adapter::settings::DEFAULTS;
use injeung_http::{AuditSettings, AuthSettings, HttpSettings, PagesSettings};
use injeung_storage::DatabaseSettings;
use serde::Deserialize;
use serde_json::Value;

use crate::webhooks::WebhookSettings;

pub(crate) use sections::{
    Classifier, ClassifierKind, CleanUp, Log, LogFormat, Objects, ObjectsKind, OneClassifier,
    Photos, RequestKeys, Rules, Server, Traces, Vision,
};

/// The complete and validated configuration. Each field is a section.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Config {
    pub(crate) server: Server,
    pub(crate) http: HttpSettings,
    pub(crate) auth: AuthSettings,
    pub(crate) pages: PagesSettings,
    pub(crate) audit: AuditSettings,
    pub(crate) photos: Photos,
    pub(crate) database: DatabaseSettings,
    pub(crate) objects: Objects,
    pub(crate) vision: Vision,
    pub(crate) classifier: Classifier,
    pub(crate) rules: Rules,
    pub(crate) request_keys: RequestKeys,
    pub(crate) clean_up: CleanUp,
    pub(crate) webhooks: WebhookSettings,
    pub(crate) log: Log,
    pub(crate) traces: Traces,
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
        Self::from_texts(file.map(read_file).transpose()?.as_deref(), environment)
    }

    /// Reads the defaults, the text of a TOML file, and an environment.
    fn from_texts(file: Option<&str>, environment: Environment) -> anyhow::Result<Self> {
        let defaults: Value = with_defaults()
            .build()
            .and_then(config::Config::try_deserialize)
            .context("read the embedded defaults")?;
        let mut builder = with_defaults();
        if let Some(file) = file {
            builder = builder.add_source(File::from_str(file, FileFormat::Toml));
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
    if let Some(line) = syntax_error(&text) {
        bail!("read {name}: line {line} is not TOML");
    }
    Ok(text)
}

/// Number of the first line that is not TOML.
fn syntax_error(text: &str) -> Option<usize> {
    let error = text.parse::<toml::Table>().err()?;
    let start = error.span().map_or(0, |span| span.start);
    Some(text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1)
}

fn with_defaults() -> ConfigBuilder<DefaultState> {
    config::Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml))
}

#[cfg(test)]
mod tests;
