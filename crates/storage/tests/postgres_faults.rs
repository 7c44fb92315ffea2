//! Behaviour of the PostgreSQL repository when the server or the network fails.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::time::Duration;

use common::postgres::{database, execute, new_database, open, other_program, texts};
use common::{key, participation, participation_id, reservation, reserve};
use diesel_async::SimpleAsyncConnection;
use injeung_adapter::Secret;
use injeung_domain::FaultKind;
use injeung_domain::ports::Repository;
use injeung_storage::{DatabaseSettings, PostgresDatabase, PostgresSettings, open_database};

#[tokio::test]
async fn connections_that_broke_are_replaced() {
    let (database, address) = database().await;
    participation(&database).await;
    let terminate = "SELECT pg_terminate_backend(pid, 60000)::text AS text FROM pg_stat_activity
                     WHERE datname = current_database() AND pid <> pg_backend_pid()";
    for round in 0..5 {
        assert!(!texts(&address, terminate).await.is_empty());
        // The first call may still use the old connection and may fail with a transient fault.
        if let Err(fault) = database.check().await {
            assert_eq!(fault.kind, FaultKind::Transient, "{fault}");
        }
        reserve(&database, &format!("{round}.jpg")).await;
    }
}

#[tokio::test]
async fn a_server_that_takes_no_writes_any_more_is_left_for_another() {
    let (_, address) = database().await;
    let name = address.rsplit_once('/').unwrap().1;
    let read_only = |on| format!("ALTER DATABASE {name} SET default_transaction_read_only = {on}");
    execute(&address, &read_only("on")).await;
    let settings = DatabaseSettings { max_connections: 1, ..DatabaseSettings::default() };
    let database = PostgresDatabase::open(&address, &settings).await.unwrap();
    // New connections reach the new primary.
    let server = std::env::var("INJEUNG_TEST_POSTGRES_URL").unwrap();
    execute(&server, &read_only("off")).await;
    let fault = database.reserve(&reservation("a.jpg")).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Transient, "{fault}");
    reserve(&database, "a.jpg").await;
}

#[tokio::test]
async fn a_terminated_statement_is_a_transient_fault() {
    let (database, address) = database().await;
    let mut other = other_program(&address).await;
    other.batch_execute("BEGIN; LOCK TABLE object_reservation").await.unwrap();
    let reserving = reservation("a.jpg");
    let waiting = database.reserve(&reserving);
    let terminating = async {
        let terminate = "SELECT pg_terminate_backend(pid)::text AS text FROM pg_stat_activity
                         WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while texts(&address, terminate).await.is_empty() {}
    };
    let (reserved, ()) = tokio::join!(waiting, terminating);
    let fault = reserved.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Transient, "{fault}");
    other.batch_execute("ROLLBACK").await.unwrap();
    reserve(&database, "a.jpg").await;
}

#[tokio::test]
async fn every_wait_ends() {
    let (_, address) = database().await;
    let (short, long) = (Duration::from_millis(500), Duration::from_secs(600));
    let mut patient = DatabaseSettings {
        max_connections: 1,
        answer_timeout: long,
        ..DatabaseSettings::default()
    };
    patient.postgres.statement_timeout = long;
    patient.postgres.lock_timeout = long;
    let with = |postgres| DatabaseSettings { postgres, ..patient.clone() };
    let postgres = patient.postgres;
    for (settings, told) in [
        (with(PostgresSettings { lock_timeout: short, ..postgres }), "lock timeout"),
        (with(PostgresSettings { statement_timeout: short, ..postgres }), "statement timeout"),
        (DatabaseSettings { answer_timeout: short, ..patient.clone() }, "within 500ms"),
    ] {
        let database = PostgresDatabase::open(&address, &settings).await.unwrap();
        let mut other = other_program(&address).await;
        other.batch_execute("BEGIN; LOCK TABLE object_reservation").await.unwrap();
        let fault = database.reserve(&reservation("a.jpg")).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Transient, "{fault}");
        assert!(fault.to_string().contains(told), "{fault}");
        other.batch_execute("ROLLBACK").await.unwrap();

        let patient = PostgresDatabase::open(&address, &patient).await.unwrap();
        reserve(&patient, "a.jpg").await;
        patient.release(&key("a.jpg")).await.unwrap();
    }
}

#[tokio::test]
async fn missing_tables_and_databases_are_permanent_faults() {
    let address = new_database().await;
    let database = open(&address).await;
    let fault = database.check().await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Permanent, "{fault}");
    database.migrate().await.unwrap();
    database.check().await.unwrap();
    execute(&address, "ALTER TABLE feed DROP COLUMN feed_content").await;
    let fault = database.latest_feed(participation_id(), 1).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Permanent, "{fault}");

    let elsewhere = format!("{address}_2");
    let fault =
        PostgresDatabase::open(&elsewhere, &DatabaseSettings::default()).await.err().unwrap();
    assert_eq!(fault.kind, FaultKind::Permanent, "{fault}");
    assert!(fault.to_string().contains("does not exist"), "{fault}");

    let latin = "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0";
    if texts(&address, "SELECT 'x' AS text FROM pg_database WHERE datname = 'latin'")
        .await
        .is_empty()
    {
        execute(&address, latin).await;
    }
    let latin = address.rsplit_once('/').unwrap().0.to_owned() + "/latin";
    let fault = PostgresDatabase::open(&latin, &DatabaseSettings::default()).await.err().unwrap();
    assert_eq!(fault.kind, FaultKind::Permanent, "{fault}");
    assert!(fault.to_string().contains("LATIN1"), "{fault}");
}

#[tokio::test]
async fn an_absent_server_is_a_transient_fault() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let address = format!("postgres://injeung:s3cret@127.0.0.1:{port}/injeung");
    let fault = PostgresDatabase::open(&address, &DatabaseSettings::default()).await.err().unwrap();
    assert_eq!(fault.kind, FaultKind::Transient, "{fault}");
    assert!(!format!("{fault:?}").contains("s3cret"), "{fault:?}");

    // A server that accepts connections and sends nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let address = format!("postgres://injeung:s3cret@127.0.0.1:{port}/injeung");
    let mut settings = DatabaseSettings::default();
    settings.postgres.connect_timeout = Duration::from_millis(50);
    let fault = PostgresDatabase::open(&address, &settings).await.err().unwrap();
    assert_eq!(fault.kind, FaultKind::Transient, "{fault}");
    assert!(fault.to_string().contains("within 50ms"), "{fault}");
}

#[tokio::test]
async fn an_error_never_contains_the_url() {
    for address in [
        "postgres://injeung:s3cret@localhost:s3cret/injeung",
        "postgres://injeung:s3cret@localhost/injeung?sslmode=s3cret",
        "mysql://injeung:s3cret@localhost/injeung",
        "sqlite://",
        "s3cret",
    ] {
        let url = Secret::new(address);
        let opened = open_database(&DatabaseSettings { url, ..DatabaseSettings::default() }).await;
        let fault = opened.err().unwrap();
        assert_eq!(fault.kind, FaultKind::Permanent, "{address}: {fault}");
        assert!(!format!("{fault:?}").contains("s3cret"), "{fault:?}");
    }
}

#[tokio::test]
async fn sslmode_require_connects_only_to_a_trusted_server() {
    let address = format!("{}?sslmode=require", new_database().await);
    let address = address.replace("127.0.0.1", "localhost");
    let fault = PostgresDatabase::open(&address, &DatabaseSettings::default()).await.err().unwrap();
    assert!(fault.to_string().contains("TLS"), "{fault}");
    assert!(fault.to_string().contains("certificate"), "{fault}");

    // The environment sets the trusted certificates, so the test needs another process.
    let certificate = std::env::var_os("INJEUNG_TEST_POSTGRES_CERTIFICATE").unwrap();
    let tried = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_connection_to_a_trusted_server_is_encrypted"])
        .env("SSL_CERT_FILE", certificate)
        .env("INJEUNG_TEST_TLS_ADDRESS", address)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&tried.stdout);
    assert!(tried.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test]
async fn a_connection_to_a_trusted_server_is_encrypted() {
    // The test above runs this one with its own environment; otherwise no certificate is trusted.
    let Ok(address) = std::env::var("INJEUNG_TEST_TLS_ADDRESS") else { return };
    let database = open(&address).await;
    database.migrate().await.unwrap();
    let plain = address.replace("?sslmode=require", "");
    let encrypted = "SELECT ssl::text AS text FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
                     WHERE datname = current_database() AND pid <> pg_backend_pid()";
    assert_eq!(texts(&plain, encrypted).await, ["true"]);
    database.check().await.unwrap();
}
