use std::io;
use std::os::unix::net::UnixStream;

use injeung_domain::ports::VisionError;
use injeung_domain::{Photo, PhotoError, PhotoLimits};
use opencv::core::Mat;
use opencv::imgcodecs::{IMREAD_COLOR, imdecode};

use super::{Job, wire};
use crate::opencv::{decode_here, use_one_thread};

/// Decodes photos for another process until it closes the socket: the whole work of a decoder.
///
/// First limits the current process as the other requires. It cannot open files or sockets afterwards. A photo that crashes
/// the decoder ends the process.
///
/// # Errors
/// If a limit cannot be set, or the connection fails.
pub fn serve(mut service: UnixStream) -> io::Result<()> {
    let limits = wire::read_limits(&mut service)?;
    open_libraries();
    limits.restrict()?;
    wire::write_ready(&mut service)?;
    let mut photo = Err(PhotoError::Empty);
    while let Some((job, file)) = wire::read_job(&mut service)? {
        limits.admit()?;
        if let Some(file) = file {
            photo = Photo::parse(file.into(), &PhotoLimits::NONE);
        }
        wire::write_reply(&mut service, decode(&photo, job))?;
    }
    Ok(())
}

/// Loads what OpenCV reads from files at its first call.
fn open_libraries() {
    use_one_thread();
    // No picture, so it fails.
    let _ = Mat::from_slice(b"x").and_then(|file| imdecode(&file, IMREAD_COLOR));
}

fn decode(photo: &Result<Photo, PhotoError>, job: Job) -> Result<Mat, VisionError> {
    let photo = photo.as_ref().map_err(Clone::clone)?;
    #[cfg(feature = "decoder-faults")]
    super::faults::play(photo);
    decode_here(photo, job)
}
