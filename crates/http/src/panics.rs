use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

/// A panic contained in one request.
#[derive(Debug, thiserror::Error)]
#[error("finish without a panic: {0}")]
pub(crate) struct Panic(String);

/// Runs a future to its end or to its panic.
///
/// A panic must leave no shared state half-changed. The ports are `Sync` and own their locks; everything else belongs
/// to one request.
pub(crate) async fn caught<T>(future: impl Future<Output = T>) -> Result<T, Panic> {
    AssertUnwindSafe(future).catch_unwind().await.map_err(|payload| Panic(text(&*payload)))
}

fn text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a value that is not text".to_owned())
}
