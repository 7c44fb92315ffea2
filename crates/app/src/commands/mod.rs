//! The commands of the command line, one in each file.

#[cfg(feature = "eval")]
pub(crate) mod chains;
pub(crate) mod clean_up;
pub(crate) mod compare;
pub(crate) mod decoder;
#[cfg(feature = "eval")]
pub(crate) mod eval;
pub(crate) mod group;
pub(crate) mod inspect;
pub(crate) mod key;
pub(crate) mod keyword;
pub(crate) mod migrate;
pub(crate) mod participation;
pub(crate) mod reextract;
pub(crate) mod serve;
pub(crate) mod url;

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use injeung_domain::{Photo, PhotoLimits};

/// Writes a line to the standard output. A closed output is not an error.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Writes a line to the standard error. A closed output is not an error.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn read_photo(path: &Path, limits: &PhotoLimits) -> anyhow::Result<Photo> {
    let file = std::fs::read(path).with_context(|| format!("read {}", path.display()))?;
    Photo::parse(file.into(), limits).with_context(|| format!("read {}", path.display()))
}
