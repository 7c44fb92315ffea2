use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// Takes over SIGTERM and SIGINT and gives what becomes ready at the first of them: the usual
/// `stop` of [`serve`](crate::serve()).
///
/// # Errors
/// When the handlers could not be installed.
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
