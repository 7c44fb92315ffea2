use std::io;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use injeung_domain::ports::VisionError;
use injeung_domain::{Fault, Photo};
use opencv::core::Mat;
use tracing::warn;

use super::process::Process;
use super::{DecoderLimits, Job};

/// Child processes that decode photos. One is started when all are busy, so there are as many as decodes at once.
pub(super) struct Processes {
    command: Box<dyn Fn() -> Command + Send + Sync>,
    limits: DecoderLimits,
    idle: Mutex<Vec<Process>>,
}

impl Processes {
    /// Starts the first process.
    ///
    /// # Errors
    /// If it cannot be started.
    pub(super) fn start(
        command: Box<dyn Fn() -> Command + Send + Sync>,
        limits: DecoderLimits,
    ) -> Result<Self, Fault> {
        let processes = Self { command, limits, idle: Mutex::default() };
        let first = processes.started().map_err(start_fault)?;
        processes.put_back(first);
        Ok(processes)
    }

    /// Decodes a photo in an idle process, or in a new one.
    pub(super) fn decode(&self, photo: &Photo, job: Job) -> Result<Mat, VisionError> {
        let process = match self.take(photo) {
            Some(process) => process,
            None => self.started().map_err(start_fault)?,
        };
        let (decoded, process) = process.decode(photo, job, &self.limits);
        if let Some(process) = process {
            self.put_back(process);
        }
        decoded
    }

    /// The process that has the photo already, or else the one that was used last, whose memory is warm.
    fn take(&self, photo: &Photo) -> Option<Process> {
        loop {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            let mut process = match idle.iter().position(|process| process.has(photo)) {
                Some(place) => idle.remove(place),
                None => idle.pop()?,
            };
            drop(idle);
            if process.is_running() {
                return Some(process);
            }
            warn!("an idle decoder has ended");
        }
    }

    fn put_back(&self, process: Process) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(process);
    }

    fn started(&self) -> io::Result<Process> {
        Process::start((self.command)(), &self.limits)
    }
}

fn start_fault(error: io::Error) -> Fault {
    Fault::transient(format!("start a decoder: {error}"))
}
