use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::time::Duration;

use actix_http::HttpService;
use actix_http::error::DispatchError;
use actix_service::{ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::{AppConfig, Extensions};
use actix_web::middleware::from_fn;
use actix_web::rt::net::TcpStream;
use actix_web::{App, web};
use injeung_domain::{Policy, Ports};
use tokio::time::Instant;
use tracing::{debug, info};

use crate::connection::Connection;
use crate::observe::observe;
use crate::server::Server;
use crate::tls::Transport;
use crate::{Settings, rates, routes, unread};

/// Timeout of an idle connection. It exceeds the 60 seconds of common load balancers, so that they close first and
/// never send a request into a closing connection.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// Time for which the rest of a rejected body is discarded, so that its sender can read the response.
const LINGER: Duration = Duration::from_secs(5);

/// Serves requests until `stop` is ready, then finishes the accepted ones.
///
/// After `stop`, no connection is accepted, `/readyz` fails and calls on open connections get 503. Accepted requests
/// are finished, even if their clients are gone. This function handles no signals: the caller provides `stop`, for
/// example [`termination`](crate::termination).
///
/// Must be called within a Tokio runtime, which also runs the use cases.
///
/// # Errors
/// If there is no runtime, or the listener cannot be used. With [`io::ErrorKind::TimedOut`] if accepted requests were
/// not finished within [`ServerSettings::shutdown_timeout`](crate::ServerSettings::shutdown_timeout).
pub async fn serve(
    listener: TcpListener,
    ports: Ports,
    policy: Policy,
    settings: Settings,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let (workers, timeout) = (settings.server.workers.get(), settings.server.shutdown_timeout);
    let server = web::Data::new(Server::new(ports, policy, settings)?);
    // `HttpServer` cannot wrap connections in `Connection`, so this code assembles its parts.
    let http = actix_web::dev::Server::build()
        .workers(workers)
        .shutdown_timeout(whole_seconds(timeout))
        .disable_signals();
    let (stopping, shared) = (http.graceful_shutdown_signal(), server.clone());
    let http = http
        .listen("http", listener, move || {
            let (stopping, server) = (stopping.clone(), shared.clone());
            let accepted = shared.clone();
            let app = App::new()
                .app_data(server.clone())
                .wrap(from_fn(rates::limit_address))
                .wrap(from_fn(unread::hold))
                .wrap(from_fn(observe))
                .configure(|config| {
                    routes::configure(config, &server, address.ip());
                });
            let app = map_config(app, |()| AppConfig::default());
            let http = HttpService::build()
                .graceful_shutdown_signal(move || {
                    let stopping = stopping.clone();
                    async move { stopping.notified().await }
                })
                .keep_alive(KEEP_ALIVE)
                .client_request_timeout(server.settings.head_timeout)
                .client_disconnect_timeout(LINGER)
                .local_addr(address)
                .on_connect_ext(|connection: &Connection, data: &mut Extensions| {
                    data.insert(connection.stage());
                })
                .h1(app.map_err(|error: actix_web::Error| error.error_response()));
            fn_service(move |io| accept(io, accepted.clone())).and_then(http)
        })?
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
    server.tasks.close();
    let ((), ended) = tokio::join!(connections.stop(true), http);
    let finished = tokio::time::timeout_at(deadline, server.tasks.wait()).await;
    finished.map_err(|_| {
        let unfinished = server.tasks.len();
        io::Error::new(io::ErrorKind::TimedOut, format!("finish {unfinished} requests in time"))
    })?;
    ended
}

/// Accepts a connection unless its address is at its limit. Its place is taken before the handshake of TLS.
async fn accept(
    io: TcpStream,
    server: web::Data<Server>,
) -> Result<(Connection, Option<SocketAddr>), DispatchError> {
    let peer = io.peer_addr().map_err(DispatchError::Io)?;
    let Some(place) = server.addresses.admit(peer.ip()) else {
        server.metrics.refused_connection();
        debug!(address = %peer.ip(), "refused a connection: its address is at the limit");
        return Err(DispatchError::Io(io::ErrorKind::QuotaExceeded.into()));
    };
    let settings = &server.settings;
    let io = Transport::open(io, server.tls.as_ref(), settings.head_timeout).await;
    let io = io.inspect_err(|error| debug!(address = %peer.ip(), %error, "closed a connection"));
    Ok((Connection::new(io.map_err(DispatchError::Io)?, place, settings), Some(peer)))
}

/// Rounds up, so that connections get at least as long as the work behind them.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::Arc;

    use actix_web::http::StatusCode;
    use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
    use injeung_domain::PhotoLimits;
    use injeung_domain::memory::{
        FixedConcepts, JpegOnly, ManualClock, MemoryDatabase, MemoryObjectStore, SameEnding,
        SamePicture, policy,
    };
    use serde_json::{Value, json};
    use time::OffsetDateTime;

    use super::*;
    use crate::{
        AuditSettings, Authentication, BackgroundMetrics, HttpSettings, PagesSettings,
        ServerSettings,
    };

    fn server() -> Server {
        let ports = Ports {
            clock: Arc::new(ManualClock::new(OffsetDateTime::UNIX_EPOCH)),
            extractor: Arc::new(SamePicture),
            classifier: Arc::new(FixedConcepts::default()),
            jpeg_encoder: Arc::new(JpegOnly),
            replay_detector: Arc::new(SameEnding),
            objects: Arc::new(MemoryObjectStore::default()),
            repository: Arc::new(MemoryDatabase::default()),
        };
        let policy = policy("Asia/Seoul".parse().unwrap());
        let settings =
            HttpSettings { max_body_bytes: 1000, max_held_bytes: 1000, ..HttpSettings::default() };
        let settings = Settings {
            http: settings,
            server: ServerSettings::default(),
            photo_limits: PhotoLimits { min_side: 64, max_pixels: 50_000_000 },
            authentication: Authentication::off(),
            tls: None,
            objects_dir: None,
            audit: AuditSettings::default(),
            pages: PagesSettings::default(),
            pools: Vec::new(),
            background: BackgroundMetrics::new().unwrap(),
        };
        Server::new(ports, policy, settings).unwrap()
    }

    /// Idle connections close after a stop, so this covers requests in transit at that moment.
    #[actix_web::test]
    async fn a_service_that_stops_is_not_ready_and_accepts_nothing() {
        let server = web::Data::new(server());
        let app = App::new().app_data(server.clone()).configure(|config| {
            routes::configure(config, &server, Ipv4Addr::LOCALHOST.into());
        });
        let app = init_service(app).await;
        let ready = || TestRequest::get().uri("/readyz").to_request();
        let post = || TestRequest::post().uri("/std_img").set_json(json!({})).to_request();
        assert_eq!(call_service(&app, ready()).await.status(), StatusCode::OK);
        assert_eq!(call_service(&app, post()).await.status(), StatusCode::BAD_REQUEST);

        server.tasks.close();
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
