//! Bodies of the fuzz targets of this crate. `fuzz/` runs them on inputs that it invents, `cargo test` on the stored ones.

#[cfg(test)]
#[path = "../../../fuzz/corpus.rs"]
mod corpus;

pub use crate::auth::fuzzing::{key_set, token};
pub use crate::upload::fuzzing::{base64, form, json};

#[test]
fn stored_inputs() {
    corpus::replay("json", json);
    corpus::replay("form", form);
    corpus::replay("base64", base64);
    corpus::replay("token", token);
    corpus::replay("key_set", key_set);
}
