use std::io;
use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use injeung_domain::{Policy, Ports};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tracing::info;

use crate::metrics::Metrics;
use crate::observe::observe;
use crate::server::Server;
use crate::{Settings, routes, unread};

/// How long an idle connection is kept: longer than the 60 seconds of usual load balancers, so that
/// they close first and never send a request into a connection that is being closed.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// How long the rest of a refused body is swallowed, so that its sender gets to read the refusal.
const LINGER: Duration = Duration::from_secs(5);

/// Serves requests until `stop` is ready, then finishes those it accepted.
///
/// After `stop`, no connection is accepted, `/readyz` fails and calls on open connections get 503;
/// what was accepted before is finished, even where its client is gone. No signal is handled here:
/// `stop` is the caller's, [`termination`](crate::termination) for example.
///
/// Has to be called within a Tokio runtime, which is where the use cases then run.
///
/// # Errors
/// When there is no runtime, when the listener cannot be used, or, with
/// [`io::ErrorKind::TimedOut`], when what was accepted was not finished within
/// [`ServerSettings::shutdown_timeout`](crate::ServerSettings::shutdown_timeout).
pub async fn serve(
    listener: TcpListener,
    ports: Ports,
    policy: Policy,
    settings: Settings,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let Settings { http: settings, server, photo_limits, serve_objects } = settings;
    let (workers, timeout) = (server.workers.get(), server.shutdown_timeout);
    let permits = settings.max_in_flight.get().min(Semaphore::MAX_PERMITS);
    let server = web::Data::new(Server {
        ports: Arc::new(ports),
        policy,
        settings,
        photo_limits,
        metrics: Metrics::new().map_err(io::Error::other)?,
        in_flight: Arc::new(Semaphore::new(permits)),
        tasks: TaskTracker::new(),
        runtime: Handle::try_current().map_err(io::Error::other)?,
    });
    let shared = server.clone();
    let app = move || {
        App::new()
            .app_data(shared.clone())
            .wrap(from_fn(unread::hold))
            .wrap(from_fn(observe))
            .configure(|config| routes::configure(config, serve_objects))
    };
    let http = HttpServer::new(app)
        .workers(workers)
        .keep_alive(KEEP_ALIVE)
        .client_disconnect_timeout(LINGER)
        .shutdown_timeout(whole_seconds(timeout))
        .disable_signals()
        .listen(listener)?
        .run();
    let connections = http.handle();
    let mut http = pin!(http);
    info!(%address, "serving");
    tokio::select! {
        ended = &mut http => return ended,
        () = stop => {}
    }

    info!(unfinished = server.tasks.len(), "stopping");
    let deadline = Instant::now() + timeout;
    server.in_flight.close();
    let ((), ended) = tokio::join!(connections.stop(true), http);
    server.tasks.close();
    let finished = tokio::time::timeout_at(deadline, server.tasks.wait()).await;
    finished.map_err(|_| {
        let unfinished = server.tasks.len();
        io::Error::new(io::ErrorKind::TimedOut, format!("{unfinished} requests are unfinished"))
    })?;
    ended
}

/// Rounded up, so that connections get at least as long as the work behind them.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::num::NonZeroUsize;

    use actix_web::http::StatusCode;
    use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
    use injeung_domain::memory::{
        FixedConcepts, JpegOnly, ManualClock, MemoryDatabase, MemoryObjectStore, SamePicture,
    };
    use injeung_domain::{PhotoLimits, Rules};
    use serde_json::{Value, json};
    use time::OffsetDateTime;

    use super::*;
    use crate::HttpSettings;

    fn server() -> Server {
        let ports = Ports {
            clock: Arc::new(ManualClock::new(OffsetDateTime::UNIX_EPOCH)),
            extractor: Arc::new(SamePicture),
            classifier: Arc::new(FixedConcepts::default()),
            jpeg_encoder: Arc::new(JpegOnly),
            objects: Arc::new(MemoryObjectStore::default()),
            repository: Arc::new(MemoryDatabase::default()),
        };
        let policy = Policy { rules: Rules::default(), time_zone: "Asia/Seoul".parse().unwrap() };
        let settings = HttpSettings {
            max_body_bytes: 1000,
            max_in_flight: NonZeroUsize::MIN,
            ..HttpSettings::default()
        };
        Server {
            ports: Arc::new(ports),
            policy,
            settings,
            photo_limits: PhotoLimits::default(),
            metrics: Metrics::new().unwrap(),
            in_flight: Arc::new(Semaphore::new(1)),
            tasks: TaskTracker::new(),
            runtime: Handle::current(),
        }
    }

    /// Connections close as soon as they are idle after a stop, so this is for the requests that
    /// were on their way at that moment.
    #[actix_web::test]
    async fn a_service_that_stops_is_not_ready_and_takes_on_nothing() {
        let server = web::Data::new(server());
        let app = App::new().app_data(server.clone()).configure(|config| {
            routes::configure(config, true);
        });
        let app = init_service(app).await;
        let ready = || TestRequest::get().uri("/readyz").to_request();
        let post = || TestRequest::post().uri("/std_img").set_json(json!({})).to_request();
        assert_eq!(call_service(&app, ready()).await.status(), StatusCode::OK);
        assert_eq!(call_service(&app, post()).await.status(), StatusCode::BAD_REQUEST);

        server.in_flight.close();
        let reply = call_service(&app, ready()).await;
        assert_eq!(reply.status(), StatusCode::SERVICE_UNAVAILABLE);
        let body: Value = read_body_json(reply).await;
        assert_eq!(body["data"]["checks"]["accepting"], "failed");
        let body: Value = read_body_json(call_service(&app, post()).await).await;
        assert_eq!((&body["status"], &body["data"]["errcode"]), (&json!(503), &json!(110)));
        let alive = TestRequest::get().uri("/healthz").to_request();
        assert_eq!(call_service(&app, alive).await.status(), StatusCode::OK);
    }
}
