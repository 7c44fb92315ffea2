//! Decoding of photos in processes of their own.
//!
//! The libraries that decode photos are written in C and C++. A photo that crashes one of them, or keeps it busy, must
//! not affect other requests (docs/adr/0035). A program that calls [`isolate`] decodes photos in child processes, which
//! run [`serve`]. Any other program decodes them in its own process.

mod child;
#[cfg(feature = "decoder-faults")]
mod faults;
mod limits;
mod process;
mod processes;
mod wire;

use std::process::Command;
use std::sync::OnceLock;

use injeung_domain::ports::VisionError;
use injeung_domain::{Fault, Photo};
use opencv::core::Mat;

use self::processes::Processes;
use crate::opencv::{Colour, Fit, decode_here};

pub use self::child::serve;
pub use self::limits::DecoderLimits;

/// How a photo is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) colour: Colour,
    pub(crate) fit: Fit,
    /// Whether the pixels are turned upright, resized and converted after decoding, or returned in the orientation of
    /// the file as decoding gave them.
    pub(crate) is_finished: bool,
}

static PROCESSES: OnceLock<Processes> = OnceLock::new();

/// Decodes photos in child processes from now on, as many as there are decodes at once. Starts the first one.
///
/// `command` starts a program that calls [`serve`] with its standard input, a socket. It should pass on no secrets in the
/// environment, because a photo could take over the decoder.
///
/// # Errors
/// If the first process cannot be started, or if this was called before.
pub fn isolate(
    command: impl Fn() -> Command + Send + Sync + 'static,
    limits: DecoderLimits,
) -> Result<(), Fault> {
    let processes = Processes::start(Box::new(command), limits)?;
    PROCESSES.set(processes).map_err(|_| Fault::permanent("isolate the decoder: it is isolated"))
}

/// Decodes a photo, in a child process if the decoder is isolated. Blocks.
///
/// # Errors
/// A [`PhotoError`](injeung_domain::PhotoError) if the photo cannot be decoded or crashes its decoder; otherwise a fault.
pub(crate) fn run(photo: &Photo, job: Job) -> Result<Mat, VisionError> {
    match PROCESSES.get() {
        Some(processes) => processes.decode(photo, job),
        None => decode_here(photo, job),
    }
}
