//! What was found, in words that a person can act on.

use std::fmt;

use serde::Serialize;
use sysbatch_abi::{KERNEL_SERIES, KernelSeries};

use super::Diagnosis;
use super::cost::BATCH;
use super::watched::Probe;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    /// As it should be, or simply a fact.
    Ok,
    /// Something to know.
    Note,
    /// Keeps batches out of the kernel.
    Problem,
}

/// Something that was found.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    /// What it is about.
    pub(super) topic: &'static str,
    /// How much it matters.
    pub(super) level: Level,
    /// What was found.
    pub(super) found: String,
    /// What it means, and what can be done.
    pub(super) advice: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.level {
            Level::Ok => "ok",
            Level::Note => "note",
            Level::Problem => "PROBLEM",
        };
        writeln!(f, "{:<12} {:<8} {}", self.topic, mark, self.found)?;
        if let Some(advice) = &self.advice {
            writeln!(f, "{:<21} {advice}", "")?;
        }
        Ok(())
    }
}

fn finding(
    topic: &'static str,
    level: Level,
    found: impl Into<String>,
    advice: impl Into<Option<&'static str>>,
) -> Finding {
    Finding {
        topic,
        level,
        found: found.into(),
        advice: advice.into().map(str::to_owned),
    }
}

/// Everything that is to be said.
pub(super) fn findings(diagnosis: &Diagnosis) -> Vec<Finding> {
    let mut all = vec![kernel(diagnosis), backend(diagnosis), module(diagnosis)];
    all.extend(permissions(diagnosis));
    all.extend(signatures(diagnosis));
    all.push(watched(diagnosis));
    all.extend(seccomp(diagnosis));
    all.extend(tracer(diagnosis));
    all.push(cost(diagnosis));
    all.extend(ways(diagnosis));
    all.push(mitigations(diagnosis));
    all
}

fn kernel(diagnosis: &Diagnosis) -> Finding {
    let system = &diagnosis.system;
    let found = format!("Linux {} on {}", system.release, system.machine);
    if system.is_of_module() && KernelSeries::of(&system.release).is_some() {
        return finding("kernel", Level::Ok, found, None);
    }
    let mut told = finding("kernel", Level::Note, found, None);
    told.advice = Some(format!(
        "The module is made for and tested on Linux {} for x86_64, and loads into no other; user \
         space works on any.",
        KERNEL_SERIES.map(|series| series.name).join(", ")
    ));
    told
}

fn backend(diagnosis: &Diagnosis) -> Finding {
    let choice = &diagnosis.backend;
    match choice.kind {
        Some("kernel") => finding(
            "backend",
            Level::Ok,
            format!("kernel: {}", choice.reason),
            None,
        ),
        Some(kind) => finding(
            "backend",
            Level::Problem,
            format!("{kind} space: {}", choice.reason),
            "Batches work, with the same results, but each call in them is a crossing of its own.",
        ),
        None => finding(
            "backend",
            Level::Problem,
            choice.reason.clone(),
            "Programs that use the library fail to start a batch until the environment is changed.",
        ),
    }
}

fn module(diagnosis: &Diagnosis) -> Finding {
    let Diagnosis { device, system, .. } = diagnosis;
    let version = match &device.module_version {
        Some(version) => format!("loaded, version {version}"),
        None => "loaded".to_owned(),
    };
    match (device.abi_version, &device.error) {
        (Some(abi), None) => finding(
            "module",
            Level::Ok,
            format!("{version}, ABI version {abi}"),
            None,
        ),
        (Some(abi), Some(_)) => finding(
            "module",
            Level::Problem,
            format!(
                "{version}, ABI version {abi}, and this program has {}",
                device.abi_version_needed
            ),
            "Install the module and the library of the same release.",
        ),
        (None, Some(error)) if device.module_loaded => finding(
            "module",
            Level::Problem,
            format!("{version}, but: {error}"),
            "If the device is missing in a container, hand /dev/sysbatch in.",
        ),
        _ if !system.is_of_module() => finding(
            "module",
            Level::Note,
            format!("there is none for {}", system.machine),
            "Nothing is missing: batches run in user space there, with the same results.",
        ),
        _ => finding(
            "module",
            Level::Problem,
            "not loaded",
            "Load it with: modprobe sysbatch. If there is none for this kernel, build it: cargo \
             xtask kmod, or install it with dkms.",
        ),
    }
}

fn permissions(diagnosis: &Diagnosis) -> Option<Finding> {
    let device = &diagnosis.device;
    let permissions = device.permissions.as_ref()?;
    let found = format!(
        "{} has mode {:04o}, user {}, group {}",
        device.path, permissions.mode, permissions.user, permissions.group
    );
    Some(if permissions.allowed {
        finding("permissions", Level::Ok, found, None)
    } else {
        finding(
            "permissions",
            Level::Problem,
            format!("{found}: this process may not read and write it"),
            "Have the group of the device given to the user, or its mode changed by a udev rule.",
        )
    })
}

fn signatures(diagnosis: &Diagnosis) -> Option<Finding> {
    let system = &diagnosis.system;
    let locked = system.lockdown.as_deref().filter(|&mode| mode != "none");
    if !system.is_of_module() {
        return None;
    }
    if diagnosis.device.module_loaded || (locked.is_none() && system.modules_signed != Some(true)) {
        return None;
    }
    let found = match locked {
        Some(mode) => format!("the kernel is locked down ({mode})"),
        None => "the kernel takes only signed modules".to_owned(),
    };
    Some(finding(
        "signatures",
        Level::Problem,
        found,
        "The module has to be signed with a key that the kernel trusts: a machine-owner key, \
         enrolled with mokutil.",
    ))
}

fn watched(diagnosis: &Diagnosis) -> Finding {
    const TOPIC: &str = "calls";
    match diagnosis.watched.probe {
        Probe::NoDevice => finding(
            TOPIC,
            Level::Note,
            "without the device it cannot be tried whether calls of this task are made inside",
            None,
        ),
        Probe::Inline => finding(
            TOPIC,
            Level::Ok,
            "a call of this task, tried in a batch, was made in the kernel",
            None,
        ),
        Probe::HandedBack => finding(
            TOPIC,
            Level::Problem,
            "a call of this task, tried in a batch, was handed back to user space",
            "The calls of this task are watched, and the kernel half leaves such calls to the \
             ordinary way, so that whoever watches sees them. It can be a tracer, rules of \
             audit (auditctl -l), a system call tracepoint that is on, or syscall user dispatch. Or \
             the module is switched off: /sys/module/sysbatch/parameters/off then says Y.",
        ),
        Probe::Refused(errno) => finding(
            TOPIC,
            Level::Problem,
            format!(
                "the device does not take a batch: {}",
                std::io::Error::from_raw_os_error(errno)
            ),
            "A sandbox may forbid the ioctl on the device; run this outside of it to see.",
        ),
    }
}

fn seccomp(diagnosis: &Diagnosis) -> Option<Finding> {
    let watched = &diagnosis.watched;
    let Some(mode) = watched.seccomp else {
        return Some(finding(
            "seccomp",
            Level::Note,
            "/proc/self/status does not tell whether there is a filter",
            None,
        ));
    };
    if !watched.is_filtered() {
        return Some(finding("seccomp", Level::Ok, "no filter", None));
    }
    let found = match (mode, watched.seccomp_filters) {
        (2, Some(1)) => "this task is under a seccomp filter".to_owned(),
        (2, Some(filters)) => format!("this task is under {filters} seccomp filters"),
        (2, None) => "this task is under seccomp filters".to_owned(),
        _ => "this task is in strict seccomp mode".to_owned(),
    };
    Some(finding(
        "seccomp",
        Level::Note,
        found,
        "Containers and services put filters on. They are asked about each call of a batch, which \
         costs what it costs a call made alone.",
    ))
}

fn tracer(diagnosis: &Diagnosis) -> Option<Finding> {
    let process = diagnosis.watched.tracer()?;
    Some(finding(
        "tracer",
        Level::Problem,
        format!("process {process} traces this one"),
        "A debugger or strace sees each call, and so each is made in user space; what a child of \
         a shell shows may differ from what the traced program gets.",
    ))
}

fn cost(diagnosis: &Diagnosis) -> Finding {
    let cost = &diagnosis.cost;
    let mut found = format!("a trivial call alone takes {:.0} ns", cost.null_call);
    if let (Some(empty), Some(inside)) = (cost.empty_batch, cost.call_in_batch) {
        found += &format!(
            ", an empty batch {empty:.0} ns, such a call in a batch of {BATCH} {inside:.0} ns"
        );
    }
    finding(
        "crossing",
        Level::Ok,
        found,
        "sysbatch bench measures this closely, and for calls that do something.",
    )
}

fn ways(diagnosis: &Diagnosis) -> Option<Finding> {
    let ways = &diagnosis.ways;
    let syscall = ways.syscall?;
    let mut found = format!("a trivial call by SYSCALL takes {syscall:.0} ns");
    found += &match ways.int80 {
        Some(int80) => format!(", by INT 0x80 {int80:.0} ns"),
        None => ", and INT 0x80 cannot be used".to_owned(),
    };
    let advice = match ways.int80 {
        Some(_) => {
            "INT 0x80 is a way of 32-bit programs, and the one by which their calls are \
             restarted. What they mostly use, SYSENTER or SYSCALL in their vDSO, only a 32-bit \
             program can measure."
        }
        None => {
            "This kernel runs no 32-bit programs (ia32_emulation=0), or a filter forbids their \
             calls."
        }
    };
    Some(finding("ways in", Level::Ok, found, advice))
}

fn mitigations(diagnosis: &Diagnosis) -> Finding {
    const TOPIC: &str = "mitigations";
    let system = &diagnosis.system;
    if system.mitigations.is_empty() {
        return finding(TOPIC, Level::Note, "the kernel does not tell", None);
    }
    let affected: Vec<_> = system
        .mitigations
        .iter()
        .filter(|(_, text)| *text != "Not affected")
        .map(|(name, text)| format!("{name}: {text}"))
        .collect();
    if affected.is_empty() {
        return finding(TOPIC, Level::Ok, "none needed on this processor", None);
    }
    let advice = if system.has_page_table_isolation() {
        "With page table isolation (PTI) each crossing changes the page tables: this is where \
         batches save most."
    } else {
        "Several of these make a crossing dearer; a batch pays for it once. Leave them on."
    };
    finding(TOPIC, Level::Ok, affected.join("; "), advice)
}
