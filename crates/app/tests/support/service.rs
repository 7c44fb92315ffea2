//! The running service as a child process.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::process::{Pid, Signal, kill_process};

use super::client::Client;

/// A listening process, killed on drop.
pub(crate) struct Service {
    child: Child,
    stdout: BufReader<ChildStdout>,
    log: PathBuf,
    pub(crate) address: SocketAddr,
}

impl Service {
    /// Starts the program with a log file of its own in `directory`.
    #[track_caller]
    pub(crate) fn start(mut command: Command, directory: &Path) -> Self {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let log = directory.join(format!("log-{}", STARTED.fetch_add(1, Ordering::Relaxed)));
        command.stdout(Stdio::piped()).stderr(File::create_new(&log).unwrap());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let Some(address) = line.trim_end().strip_prefix("listening on http://") else {
            let _ = child.kill();
            let _ = child.wait();
            panic!("it said {line:?}; its log: {}", fs::read_to_string(&log).unwrap());
        };
        let address = address.parse().unwrap();
        Self { child, stdout, log, address }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// Log lines so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Peak resident memory in bytes.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().trim().parse::<u64>().unwrap() * 1024
    }

    /// Process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends SIGTERM, as a supervisor does.
    pub(crate) fn terminate(&self) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
    }

    /// Sends SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for the end of the process; returns its status and the rest of its standard output.
    pub(crate) fn wait(&mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap(), rest)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            // The log's directory may be deleted already.
            eprintln!("the service's log:\n{}", fs::read_to_string(&self.log).unwrap_or_default());
        }
    }
}
