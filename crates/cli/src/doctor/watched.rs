//! Who looks at the system calls of this task.

use std::fs;

use rustix::io::Errno;
use serde::Serialize;
use sysbatch::Backend;
use sysbatch::abi::{Format, Status};

use crate::bench::batch::Batch;
use crate::bench::workload::Workload;

/// What can be known of it.
#[derive(Debug, Serialize)]
pub(super) struct Watched {
    /// `Seccomp` of `/proc/self/status`: 0 none, 1 strict, 2 a filter.
    pub(super) seccomp: Option<u32>,
    /// How many seccomp filters there are.
    pub(super) seccomp_filters: Option<u32>,
    /// The process that traces this one, 0 if none.
    pub(super) tracer: Option<u32>,
    /// What became of a batch of one trivial call, handed to the device. This
    /// tells for sure, and also of what cannot be read anywhere: rules
    /// of audit, tracepoints, syscall user dispatch.
    pub(super) probe: Probe,
}

/// What became of the probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Probe {
    /// There is no device to hand it to.
    NoDevice,
    /// The call was made in the kernel.
    Inline,
    /// The call was handed back.
    HandedBack,
    /// The device did not take it: this errno.
    Refused(i32),
}

impl Watched {
    /// Looks.
    pub(super) fn look(kernel: Option<&Backend>) -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        Self {
            seccomp: field(&status, "Seccomp"),
            seccomp_filters: field(&status, "Seccomp_filters"),
            tracer: field(&status, "TracerPid"),
            probe: kernel.map_or(Probe::NoDevice, probe),
        }
    }

    /// Whether there is a seccomp filter.
    pub(super) fn is_filtered(&self) -> bool {
        self.seccomp.is_some_and(|mode| mode > 0)
    }

    /// The process that traces this one.
    pub(super) fn tracer(&self) -> Option<u32> {
        self.tracer.filter(|&process| process > 0)
    }
}

/// A field of `/proc/self/status` that is a number.
fn field(status: &str, name: &str) -> Option<u32> {
    let mut fields = status.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = fields.find(|(field, _)| *field == name)?;
    value.trim().parse().ok()
}

/// Hands a trivial call to the device.
fn probe(kernel: &Backend) -> Probe {
    let mut workload = Workload::null();
    let calls = workload.calls();
    let mut batch = Batch::new(&calls, Format::Native, 1);
    loop {
        return match batch.enter(kernel) {
            Ok(Status::Punt) => Probe::HandedBack,
            // A signal came first.
            Ok(Status::Interrupted) | Err(Errno::INTR) => continue,
            Ok(_) => Probe::Inline,
            Err(errno) => Probe::Refused(errno.raw_os_error()),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn fields() {
        let status = "Name:\tx\nTracerPid:\t12\nSeccomp:\t2\nSeccomp_filters:\t3\n";
        assert_eq!(field(status, "TracerPid"), Some(12));
        assert_eq!(field(status, "Seccomp"), Some(2));
        assert_eq!(field(status, "Seccomp_filters"), Some(3));
        assert_eq!(field(status, "Name"), None);
        assert_eq!(field(status, "Umask"), None);
    }
}
