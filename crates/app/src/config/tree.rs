//! The configuration as a tree, with leaves of the same types as the defaults.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Returns the leaves of a tree with their keys, such as `server.bind`. A list is a leaf.
pub(super) fn leaves(tree: &Value) -> BTreeMap<String, Value> {
    let mut leaves = BTreeMap::new();
    collect(tree, "", &mut leaves);
    leaves
}

fn collect(tree: &Value, path: &str, leaves: &mut BTreeMap<String, Value>) {
    match tree {
        Value::Object(table) => {
            for (key, value) in table {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                collect(value, &path, leaves);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            leaves.insert(path.to_owned(), tree.clone());
        }
    }
}

/// Returns the tree with another value for an existing leaf.
pub(super) fn with(mut tree: Value, key: &str, value: Value) -> Value {
    if let Some(leaf) = tree.pointer_mut(&format!("/{}", key.replace('.', "/"))) {
        *leaf = value;
    }
    tree
}

/// Converts a value to the type of the key's default, because environment variables are texts.
///
/// # Errors
/// When the value cannot be converted.
pub(super) fn typed(
    config: &config::Config,
    key: &str,
    default: &Value,
) -> Result<Value, config::ConfigError> {
    fn get<T: DeserializeOwned + Into<Value>>(
        config: &config::Config,
        key: &str,
    ) -> Result<Value, config::ConfigError> {
        config.get::<T>(key).map(Into::into)
    }
    match default {
        Value::Bool(_) => get::<bool>(config, key),
        Value::Number(number) if number.is_f64() => get::<f64>(config, key),
        Value::Number(_) => get::<i64>(config, key),
        Value::String(_) => get::<String>(config, key),
        Value::Null | Value::Array(_) | Value::Object(_) => get::<Value>(config, key),
    }
}
