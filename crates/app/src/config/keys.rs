use std::collections::BTreeSet;

use anyhow::Context;
use serde_json::Value;

/// The keys of `merged` that `defaults` does not have, each told as a problem.
pub(super) fn unknown(
    defaults: &config::Config,
    merged: &config::Config,
) -> anyhow::Result<Vec<String>> {
    let known = keys(defaults)?;
    let given = keys(merged)?;
    Ok(given
        .difference(&known)
        .map(|key| format!("{key} is not a key of the configuration"))
        .collect())
}

/// The keys of a section, whole ones: `server.bind`.
pub(super) fn below(
    config: &config::Config,
    section: &str,
) -> Result<Vec<String>, config::ConfigError> {
    let tree: Value = config.get(section)?;
    let mut keys = BTreeSet::new();
    collect(&tree, section, &mut keys);
    Ok(keys.into_iter().collect())
}

fn keys(config: &config::Config) -> anyhow::Result<BTreeSet<String>> {
    let tree: Value = config.clone().try_deserialize().context("read the configuration")?;
    let mut keys = BTreeSet::new();
    collect(&tree, "", &mut keys);
    Ok(keys)
}

/// Tables have keys; everything else, lists of tables included, is a value.
fn collect(tree: &Value, path: &str, keys: &mut BTreeSet<String>) {
    match tree {
        Value::Object(table) => {
            for (key, value) in table {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                collect(value, &path, keys);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            keys.insert(path.to_owned());
        }
    }
}
