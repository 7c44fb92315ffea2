//! The decoder of photos, which the service runs as a child process.

use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, ExitCode};
use std::{env, io};

use anyhow::Context;
use injeung_vision::decoder::{self, DecoderLimits};
use tokio::signal::unix::{SignalKind, signal};

use crate::config::Config;

/// Decodes photos until the service closes the standard input, a socket.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    // A supervisor sends signals to all processes, but the service first finishes its requests. A signal with a handler
    // does not end the process.
    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        drop(signal(kind).context("listen for signals")?);
    }
    let socket = io::stdin().as_fd().try_clone_to_owned().context("open the socket")?;
    decoder::serve(UnixStream::from(socket)).context("decode photos")?;
    Ok(ExitCode::SUCCESS)
}

/// Decodes the service's photos in child processes, if the configuration wants it.
pub(crate) fn isolate(config: &Config) -> anyhow::Result<()> {
    if !config.vision.isolate_decoder {
        return Ok(());
    }
    let limits = DecoderLimits {
        memory: config.photos.decoder_memory(),
        cpu_s: config.vision.decoder_cpu_s,
    };
    decoder::isolate(command, limits).context("isolate the decoder")
}

/// This program as a decoder, without the secrets in its environment.
fn command() -> Command {
    // The program that is running, even if its file was replaced.
    let mut command = Command::new("/proc/self/exe");
    command.arg("decoder").env_clear();
    command.envs(env::var_os("LD_LIBRARY_PATH").map(|path| ("LD_LIBRARY_PATH", path)));
    command
}
