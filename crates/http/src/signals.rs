use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// Handles SIGTERM and SIGINT, and returns a future that is ready at the first of them: the usual `stop` of
/// [`serve`](crate::serve()).
///
/// # Errors
/// If the handlers cannot be installed.
pub fn termination() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
