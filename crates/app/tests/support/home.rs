//! A directory with the rows and photos of one test, and the program run on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::bucket::{Bucket, REGION};
use super::postgres::PostgresDatabase;
use super::rows::Rows;
use super::service::Service;
use super::times;

/// A database, objects and settings of their own.
pub(crate) struct Home {
    directory: TempDir,
    settings: Vec<(String, String)>,
    servers: Option<Servers>,
}

/// Where a home keeps things that are not in its directory.
pub(crate) struct Servers {
    pub(crate) database: PostgresDatabase,
    pub(crate) bucket: Bucket,
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Home {
    /// Classifies with a Clarifai that is down and compares without the neural tier, so that no
    /// network has to be loaded.
    pub(crate) fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let database = format!("sqlite://{}", directory.path().join("injeung.db").display());
        let objects = directory.path().join("objects").display().to_string();
        Self { directory, settings: Vec::new(), servers: None }
            .with("SERVER__BIND", "127.0.0.1:0")
            .with("DATABASE__URL", &database)
            .with("OBJECTS__DIR", &objects)
            .with("VISION__NEURAL__ENABLED", "false")
            .with("CLASSIFIER__CLARIFAI__KEY", "a-key")
            .with("CLASSIFIER__CLARIFAI__BASE_URL", "http://127.0.0.1:1")
            .with("CLASSIFIER__CLARIFAI__MAX_ATTEMPTS", "1")
    }

    /// Keeps rows in Postgres and photos in S3.
    pub(crate) fn on_servers() -> Self {
        let servers = Servers { database: PostgresDatabase::create(), bucket: Bucket::create() };
        let mut home = Self::new()
            .with("DATABASE__URL", &servers.database.url())
            .with("OBJECTS__KIND", "s3")
            .with("OBJECTS__PUBLIC_BASE", &servers.bucket.url(""))
            .with("OBJECTS__S3__BUCKET", &servers.bucket.name)
            .with("OBJECTS__S3__REGION", REGION)
            .with("OBJECTS__S3__ENDPOINT", &servers.bucket.endpoint)
            .with("OBJECTS__S3__VIRTUAL_HOSTED", "false")
            .with("OBJECTS__S3__ACCESS_KEY_ID", "AKID")
            .with("OBJECTS__S3__SECRET_ACCESS_KEY", "s3cret");
        home.servers = Some(servers);
        home
    }

    /// Classifies with the local network.
    pub(crate) fn with_local_classifier() -> Self {
        Self::new().classifying()
    }

    /// Classifies with the local network.
    pub(crate) fn classifying(self) -> Self {
        let model = project_file("var/models/classifier.onnx", "scripts/setup.sh");
        let concepts = project_file("var/models/concepts.tsv", "scripts/setup.sh");
        self.with("CLASSIFIER__KIND", "local")
            .with("CLASSIFIER__LOCAL__MODEL", model.to_str().unwrap())
            .with("CLASSIFIER__LOCAL__CONCEPTS", concepts.to_str().unwrap())
    }

    /// Compares with the neural tier, too.
    pub(crate) fn with_neural_tier(self) -> Self {
        let xfeat = project_file("var/models/xfeat.safetensors", "scripts/setup.sh");
        let lighterglue = project_file("var/models/lighterglue.safetensors", "scripts/setup.sh");
        self.with("VISION__NEURAL__ENABLED", "true")
            .with("VISION__NEURAL__XFEAT", xfeat.to_str().unwrap())
            .with("VISION__NEURAL__LIGHTERGLUE", lighterglue.to_str().unwrap())
    }

    /// Sets a key: `SECTION__KEY`.
    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.settings.push((format!("INJEUNG__{key}"), value.to_owned()));
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The directory of the stored photos.
    pub(crate) fn objects_directory(&self) -> PathBuf {
        self.path().join("objects")
    }

    /// The Postgres database and the bucket.
    pub(crate) fn servers(&self) -> &Servers {
        self.servers.as_ref().expect("a home on servers")
    }

    /// The names of the stored photos, sorted; nothing where there is no such directory yet.
    pub(crate) fn objects(&self) -> Vec<String> {
        if let Some(servers) = &self.servers {
            return servers.bucket.keys();
        }
        let Ok(entries) = fs::read_dir(self.objects_directory()) else { return Vec::new() };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    /// A stored photo, where there is one of this name.
    pub(crate) fn object(&self, name: &str) -> Option<Vec<u8>> {
        match &self.servers {
            Some(servers) => servers.bucket.read(name),
            None => fs::read(self.objects_directory().join(name)).ok(),
        }
    }

    /// The database, as another program sees it.
    pub(crate) fn rows(&self) -> Rows {
        match &self.servers {
            Some(servers) => Rows::Postgres(servers.database.url()),
            None => Rows::Sqlite(self.path().join("injeung.db")),
        }
    }

    /// Checks that neither a row nor an object, not even a reservation, is there.
    #[track_caller]
    pub(crate) fn assert_nothing_stored(&self) {
        assert_eq!(self.objects(), [""; 0]);
        assert_eq!(self.rows().references(), []);
        assert_eq!(self.rows().feeds(), []);
        assert_eq!(self.rows().reservations(), [""; 0]);
    }

    /// The program with these arguments and this home's settings, and no others.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_injeung"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("INJEUNG") {
                command.env_remove(name);
            }
        }
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null());
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        let output = self.command(arguments).output().unwrap();
        Finished {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs a command that has to succeed.
    #[track_caller]
    pub(crate) fn succeed(&self, arguments: &[&str]) -> Finished {
        let finished = self.run(arguments);
        assert_eq!(finished.code, Some(0), "{arguments:?}: {finished:?}");
        finished
    }

    /// Puts a participation and a group of the same id that is open at any time these days.
    #[track_caller]
    pub(crate) fn put_open(&self, id: i64) {
        self.put(id, (-2, 2), ("00:00", "23:59:59"), Some("UTC"));
    }

    /// Puts a participation and a group of the same id, whose days are counted from today.
    #[track_caller]
    pub(crate) fn put(&self, id: i64, days: (i64, i64), window: (&str, &str), zone: Option<&str>) {
        let id = id.to_string();
        let [first, last] = [days.0, days.1].map(|days| times::date_of(times::day(zone, days)));
        let mut group = vec!["group", "put", &id, "--start-date", &first, "--end-date", &last];
        group.extend(["--start-time", window.0, "--end-time", window.1]);
        if let Some(zone) = zone {
            group.extend(["--time-zone", zone]);
        }
        self.succeed(&group);
        self.succeed(&["participation", "put", &id, "--group", &id]);
    }

    /// Starts the service and waits until it listens.
    #[track_caller]
    pub(crate) fn serve(&self) -> Service {
        Service::start(self.command(&["serve"]), self.path())
    }

    /// Starts the service with participation 1, whose group is open.
    #[track_caller]
    pub(crate) fn serve_open(&self) -> Service {
        self.put_open(1);
        self.serve()
    }
}

/// A file of the project that is made by one of its scripts.
pub(crate) fn project_file(path: &str, script: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    assert!(file.is_file(), "{} is missing: run {script}", file.display());
    file
}

/// One of the photos that come with OpenCV's documentation.
pub(crate) fn demo_photo(name: &str) -> Vec<u8> {
    fs::read(demo_photo_path(name)).unwrap()
}

/// Where that photo is.
pub(crate) fn demo_photo_path(name: &str) -> PathBuf {
    project_file(&format!("var/demo-photos/{name}"), "scripts/demo-photos.sh")
}
