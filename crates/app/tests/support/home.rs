//! A directory with the rows and photos of one test, and the program that uses it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::bucket::{Bucket, REGION};
use super::postgres::PostgresDatabase;
use super::rows::Rows;
use super::service::Service;
use super::times;

/// Database, objects and settings of one test.
pub(crate) struct Home {
    directory: TempDir,
    settings: Vec<(String, String)>,
    servers: Option<Servers>,
}

/// Storage of a home outside its directory.
pub(crate) struct Servers {
    pub(crate) database: PostgresDatabase,
    pub(crate) bucket: Bucket,
}

/// Exit code and output of a command.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Home {
    /// Uses a Clarifai that is down and no neural tier, so that no network is loaded. Keeps no rejected photos, so that the
    /// objects are those of rows. Photos wait long for a worker, because a machine that runs tests is busy.
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
            .with("AUDIT__KEEP_REJECTED_DAYS", "0")
            .with("VISION__QUEUE_TIMEOUT_MS", "120000")
    }

    /// Stores rows in PostgreSQL and photos in S3.
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

    /// Creates a home that classifies with the local network.
    pub(crate) fn with_local_classifier() -> Self {
        Self::new().classifying()
    }

    /// Switches to the local network for classification.
    pub(crate) fn classifying(self) -> Self {
        let model = project_file("var/models/classifier.onnx", "scripts/setup.sh");
        let detector = project_file("var/models/detector.onnx", "scripts/setup.sh");
        let concepts = project_file("var/models/concepts.tsv", "scripts/setup.sh");
        self.with("CLASSIFIER__KIND", "local")
            .with("CLASSIFIER__LOCAL__MODEL", model.to_str().unwrap())
            .with("CLASSIFIER__LOCAL__DETECTOR", detector.to_str().unwrap())
            .with("CLASSIFIER__LOCAL__CONCEPTS", concepts.to_str().unwrap())
    }

    /// Enables the neural tier.
    pub(crate) fn with_neural_tier(self) -> Self {
        let xfeat = project_file("var/models/xfeat.safetensors", "scripts/setup.sh");
        let lighterglue = project_file("var/models/lighterglue.safetensors", "scripts/setup.sh");
        self.with("VISION__NEURAL__ENABLED", "true")
            .with("VISION__NEURAL__XFEAT", xfeat.to_str().unwrap())
            .with("VISION__NEURAL__LIGHTERGLUE", lighterglue.to_str().unwrap())
    }

    /// Sets a configuration key: `SECTION__KEY`.
    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.settings.push((format!("INJEUNG__{key}"), value.to_owned()));
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Directory of the stored photos.
    pub(crate) fn objects_directory(&self) -> PathBuf {
        self.path().join("objects")
    }

    /// PostgreSQL database and bucket; panics without them.
    pub(crate) fn servers(&self) -> &Servers {
        self.servers.as_ref().expect("a home on servers")
    }

    /// Names of the stored photos, sorted; empty without the directory.
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

    /// Content of a stored photo, if it exists.
    pub(crate) fn object(&self, name: &str) -> Option<Vec<u8>> {
        match &self.servers {
            Some(servers) => servers.bucket.read(name),
            None => fs::read(self.objects_directory().join(name)).ok(),
        }
    }

    /// Access to the database as another program.
    pub(crate) fn rows(&self) -> Rows {
        match &self.servers {
            Some(servers) => Rows::Postgres(servers.database.url()),
            None => Rows::Sqlite(self.path().join("injeung.db")),
        }
    }

    /// Checks that there is no row, object or reservation.
    #[track_caller]
    pub(crate) fn assert_nothing_stored(&self) {
        assert_eq!(self.objects(), [""; 0]);
        assert_eq!(self.rows().references(), []);
        assert_eq!(self.rows().feeds(), []);
        assert_eq!(self.rows().reservations(), [""; 0]);
    }

    /// The program with these arguments and only this home's settings.
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

    /// Runs a command and waits for its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        let output = self.command(arguments).output().unwrap();
        Finished {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs a command that must succeed.
    #[track_caller]
    pub(crate) fn succeed(&self, arguments: &[&str]) -> Finished {
        let finished = self.run(arguments);
        assert_eq!(finished.code, Some(0), "{arguments:?}: {finished:?}");
        finished
    }

    /// Creates a participation in a group of the same id that is open at all times around today.
    #[track_caller]
    pub(crate) fn put_open(&self, id: i64) {
        self.put(id, (-2, 2), ("00:00", "23:59:59"), Some("UTC"));
    }

    /// Creates a participation in a group of the same id, with days relative to today.
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

    /// Starts the service with participation 1 in an open group.
    #[track_caller]
    pub(crate) fn serve_open(&self) -> Service {
        self.put_open(1);
        self.serve()
    }
}

/// Path of a project file that the script creates.
pub(crate) fn project_file(path: &str, script: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    assert!(file.is_file(), "{} is missing: run {script}", file.display());
    file
}

/// Content of a demo photo of OpenCV.
pub(crate) fn demo_photo(name: &str) -> Vec<u8> {
    fs::read(demo_photo_path(name)).unwrap()
}

/// Path of a demo photo of OpenCV.
pub(crate) fn demo_photo_path(name: &str) -> PathBuf {
    project_file(&format!("var/demo-photos/{name}"), "scripts/demo-photos.sh")
}
