//! Fuzz target of the configuration. `fuzz/` runs it on inputs that it invents, `cargo test` on the stored ones.

#[cfg(test)]
#[path = "../../../../fuzz/corpus.rs"]
mod corpus;

use std::collections::HashMap;

use config::Environment;

use super::{Config, syntax_error};

/// A TOML file; after a NUL, lines of `KEY=VALUE` as the environment.
pub(crate) fn configuration(input: &[u8]) {
    let Ok(input) = str::from_utf8(input) else { return };
    let (file, environment) = input.split_once('\0').unwrap_or((input, ""));
    let variables = environment.lines().filter_map(|line| line.split_once('='));
    let variables: HashMap<_, _> =
        variables.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    if syntax_error(file).is_some() {
        return;
    }
    let environment = Environment::default().source(Some(variables));
    if let Ok(config) = Config::from_texts(Some(file), environment) {
        let _ = (config.check_exposure(), config.check_photo_urls());
    }
}

#[cfg(test)]
mod tests {
    use super::corpus;

    #[test]
    fn stored_inputs() {
        corpus::replay("configuration", super::configuration);
    }
}
