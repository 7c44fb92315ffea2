//! Records of verifications for the people who check verdicts.
//!
//! A record is written after its response, by a task of its own. It never delays or fails a request: if too many records
//! wait, the next one is dropped and counted.

mod evidence;
mod record;
mod settings;

pub(crate) use evidence::EvidenceJson;
pub(crate) use record::{Recorder, Verification, record};
pub use settings::AuditSettings;
