//! Connecting: URL, TLS, and the limits of each connection.

use std::str::FromStr;
use std::time::Duration;

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use injeung_adapter::with_causes;
use injeung_domain::Fault;
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Config, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::db::PostgresSettings;

/// Time without traffic after which a waiting connection is probed. After three unanswered probes,
/// each a third of this time apart, the connection is closed.
const KEEPALIVE: Duration = Duration::from_secs(15);

pub(super) struct Connector {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    timeout: Duration,
}

impl Connector {
    /// # Errors
    /// When the URL is invalid, or requires TLS and the machine has no trusted certificates.
    pub(super) fn new(url: &str, settings: &PostgresSettings) -> Result<Self, Fault> {
        // The parser's error may quote a part of the password.
        let mut config = Config::from_str(url).map_err(|_secret| {
            Fault::permanent(
                "parse the database's URL: it is not a postgres:// URL, or has an unknown key",
            )
        })?;
        // The last value of an option counts, so the URL can add options but not override these
        // limits.
        let options = format!(
            "{} -c statement_timeout={} -c lock_timeout={} \
             -c idle_in_transaction_session_timeout={} \
             -c default_transaction_isolation=read\\ committed",
            config.get_options().unwrap_or_default(),
            milliseconds(settings.statement_timeout),
            milliseconds(settings.lock_timeout),
            milliseconds(settings.idle_in_transaction_timeout),
        );
        config
            .options(options)
            .keepalives_idle(KEEPALIVE)
            .keepalives_interval(KEEPALIVE / 3)
            .keepalives_retries(3);
        if config.get_application_name().is_none() {
            config.application_name("injeung");
        }
        let tls = matches!(config.get_ssl_mode(), SslMode::Require).then(trusting_this_machine);
        Ok(Self { config, tls: tls.transpose()?, timeout: settings.connect_timeout })
    }

    /// # Errors
    /// [`ConnectionError::BadConnection`] when a retry can help.
    pub(super) async fn connect(&self) -> ConnectionResult<AsyncPgConnection> {
        let connecting = async {
            match &self.tls {
                Some(tls) => connect(&self.config, tls.clone()).await,
                None => connect(&self.config, NoTls).await,
            }
        };
        tokio::time::timeout(self.timeout, connecting).await.unwrap_or_else(|_elapsed| {
            let waited = self.timeout;
            Err(ConnectionError::BadConnection(format!("connect within {waited:?}")))
        })
    }
}

async fn connect<T>(config: &Config, tls: T) -> ConnectionResult<AsyncPgConnection>
where
    T: MakeTlsConnect<Socket>,
    T::TlsConnect: Send,
    T::Stream: Send + 'static,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    let (client, connection) = config.connect(tls).await.map_err(refused)?;
    let encoding = connection.parameter("server_encoding").unwrap_or_default();
    if encoding != "UTF8" {
        return Err(ConnectionError::InvalidConnectionUrl(format!(
            "use a database with the encoding {encoding:?}: it must be UTF8"
        )));
    }
    AsyncPgConnection::try_from_client_and_connection(client, connection).await
}

/// Errors for which a retry cannot help: wrong user or password (class 28), a database that does
/// not exist (3D), a missing permission (42).
fn refused(error: tokio_postgres::Error) -> ConnectionError {
    let for_good = error.code().is_some_and(|state| {
        ["28", "3D", "42"].iter().any(|class| state.code().starts_with(class))
    });
    let text = with_causes(&error);
    if for_good {
        ConnectionError::InvalidConnectionUrl(text)
    } else {
        ConnectionError::BadConnection(text)
    }
}

fn trusting_this_machine() -> Result<MakeRustlsConnect, Fault> {
    match MakeRustlsConnect::with_native_certs() {
        Ok((tls, unread)) => {
            for error in unread {
                tracing::warn!(%error, "skipped an unreadable certificate of this machine");
            }
            Ok(tls)
        }
        Err(unread) => {
            let reasons: Vec<_> = unread.iter().map(ToString::to_string).collect();
            let reasons = reasons.join(", ");
            Err(Fault::permanent(format!("find a certificate that this machine trusts: {reasons}")))
        }
    }
}

/// Milliseconds for a PostgreSQL option, at least 1: 0 would mean no limit.
fn milliseconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX).max(1)
}
