//! A new database for a test, on the server that `scripts/postgres.sh` starts.

use postgres::{Client, NoTls};

/// Dropped with this value.
pub(crate) struct PostgresDatabase {
    server: String,
    name: String,
}

impl PostgresDatabase {
    /// Creates an empty database.
    pub(crate) fn create() -> Self {
        let server = std::env::var("INJEUNG_TEST_POSTGRES_URL")
            .expect("run this by scripts/postgres.sh, which starts a server");
        let name = format!("app_{:032x}", fastrand::u128(..));
        connect(&server).batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        Self { server, name }
    }

    /// URL of the database.
    pub(crate) fn url(&self) -> String {
        let (server, _database) = self.server.rsplit_once('/').unwrap();
        format!("{server}/{}", self.name)
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        if let Ok(mut server) = Client::connect(&self.server, NoTls) {
            let _ = server.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
        }
    }
}

/// Connects as another program.
pub(crate) fn connect(url: &str) -> Client {
    Client::connect(url, NoTls).unwrap()
}
