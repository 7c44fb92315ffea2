use std::time::Duration;
use std::{fs, io};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// Limits of a process that decodes photos, one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecoderLimits {
    /// Maximum address space in bytes, beyond that of the idle process.
    pub memory: u64,
    /// Maximum CPU time of a photo in seconds, at least 1. By the clock it may take twice as long and 30 seconds.
    pub cpu_s: u32,
}

impl DecoderLimits {
    /// Maximum duration of a decode by the clock, for a decoder that waits instead of computing.
    pub(super) fn deadline(&self) -> Duration {
        Duration::from_secs(u64::from(self.cpu_s) * 2 + 30)
    }

    /// Limits the current process: its memory, and no further files, sockets, processes and core dumps.
    pub(super) fn restrict(&self) -> io::Result<()> {
        limit(Resource::As, address_space()?.saturating_add(self.memory))?;
        limit(Resource::Core, 0)?;
        limit(Resource::Nproc, 0)?;
        limit(Resource::Nofile, 0)
    }

    /// Limits the CPU time of the current process until the next call. The kernel ends it with SIGXCPU, also if the
    /// process that waits for it has died.
    pub(super) fn admit(&self) -> io::Result<()> {
        let used = clock_gettime(ClockId::ProcessCPUTime).tv_sec.unsigned_abs();
        let maximum = getrlimit(Resource::Cpu).maximum;
        // The second that has begun is not counted.
        let current = used + u64::from(self.cpu_s) + 1;
        let current = Some(maximum.map_or(current, |maximum| current.min(maximum)));
        Ok(setrlimit(Resource::Cpu, Rlimit { current, maximum })?)
    }
}

/// Sets a limit that the process cannot raise again.
fn limit(resource: Resource, value: u64) -> io::Result<()> {
    let value = getrlimit(resource).maximum.map_or(value, |maximum| value.min(maximum));
    Ok(setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) })?)
}

/// Size of the current process in bytes.
fn address_space() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:"));
    let size = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    Ok(size.ok_or(io::ErrorKind::InvalidData)? * 1024)
}
