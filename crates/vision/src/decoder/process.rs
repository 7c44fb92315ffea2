use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use injeung_domain::ports::VisionError;
use injeung_domain::{Fault, Photo, PhotoError};
use opencv::core::Mat;
use rustix::process::Signal;
use tracing::error;

use super::{DecoderLimits, Job, wire};

/// Maximum duration of a start. The linker needs a tenth of a second on an idle machine.
const START: Duration = Duration::from_secs(30);

/// A child process that decodes photos, one at a time. Killed on drop.
pub(super) struct Process {
    child: Child,
    socket: UnixStream,
    /// File of the last job, which the process still has.
    file: Bytes,
}

impl Process {
    /// Starts a decoder and waits until it is limited.
    pub(super) fn start(mut command: Command, limits: &DecoderLimits) -> io::Result<Self> {
        let (socket, theirs) = UnixStream::pair()?;
        // A terminal sends its signals to the group of the service, which finishes requests before it stops.
        command.stdin(OwnedFd::from(theirs)).stdout(Stdio::null()).process_group(0);
        let child = command.spawn()?;
        // It holds the decoder's end of the socket, which would stay open after the end of the decoder.
        drop(command);
        let process = Self { child, socket, file: Bytes::new() };
        let mut socket = process.until(START);
        wire::write_limits(&mut socket, limits)?;
        wire::read_ready(&mut socket)?;
        Ok(process)
    }

    /// Whether the process has not ended since its last job.
    pub(super) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Whether the process has the file of a photo from its last job. A photo is decoded several times.
    pub(super) fn has(&self, photo: &Photo) -> bool {
        // A buffer that is kept is not used for another file.
        self.file.as_ptr_range() == photo.bytes().as_ptr_range()
    }

    /// Decodes a photo. Returns the process with the result, unless it failed and was killed.
    ///
    /// # Errors
    /// A [`PhotoError`] if the photo is to blame for the end of the process, otherwise a transient fault.
    pub(super) fn decode(
        mut self,
        photo: &Photo,
        job: Job,
        limits: &DecoderLimits,
    ) -> (Result<Mat, VisionError>, Option<Self>) {
        let mut socket = self.until(limits.deadline());
        let file = (!self.has(photo)).then(|| photo.bytes().as_ref());
        let reply = wire::write_job(&mut socket, job, file)
            .and_then(|()| wire::read_reply(&mut socket, photo));
        match reply {
            Ok(decoded) => {
                self.file = photo.bytes().clone();
                (decoded, Some(self))
            }
            Err(failure) => {
                let failure = match self.end() {
                    Ok(status) => blame(&failure, status, photo, limits),
                    Err(error) => Fault::transient(error).into(),
                };
                (Err(failure), None)
            }
        }
    }

    fn until(&self, limit: Duration) -> Timed<'_> {
        Timed { socket: &self.socket, end: Instant::now() + limit }
    }

    /// Kills the process if it is running. Returns the status with which it ended.
    fn end(&mut self) -> io::Result<ExitStatus> {
        let _ = self.child.kill();
        self.child.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

/// What ended a decoder: the photo, unless the process waited too long or was killed from outside, as by a kernel without
/// memory. `failure` is that of the socket.
fn blame(
    failure: &io::Error,
    status: ExitStatus,
    photo: &Photo,
    limits: &DecoderLimits,
) -> VisionError {
    if matches!(failure.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) {
        return Fault::transient(format!("decode a photo within {:?}", limits.deadline())).into();
    }
    let is_nonsense = failure.kind() == ErrorKind::InvalidData;
    let signal = status.signal().and_then(Signal::from_named_raw);
    if matches!(signal, Some(Signal::KILL | Signal::TERM | Signal::INT)) && !is_nonsense {
        return Fault::transient(format!("decode a photo: its decoder was ended by {status}"))
            .into();
    }
    let reason = if is_nonsense {
        "its decoder sent no pixels of it".to_owned()
    } else if signal == Some(Signal::XCPU) {
        format!("it takes more than {} s of CPU time", limits.cpu_s)
    } else {
        format!("its decoder ended with {status}")
    };
    error!(reason, bytes = photo.bytes().len(), "a photo ended its decoder");
    PhotoError::Undecodable(reason).into()
}

/// A socket that is used until an instant.
struct Timed<'a> {
    socket: &'a UnixStream,
    end: Instant,
}

impl Timed<'_> {
    /// # Errors
    /// If no time is left.
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(self.left()?)?;
        self.socket.read(buffer)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(self.left()?)?;
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
