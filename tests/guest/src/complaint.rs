//! Which lines of the kernel log a clean kernel does not write, and which of them
//! a slow machine is enough for.

/// `KERN_WARNING`: this and lower numbers are complaints.
const WARNING: u32 = 4;

/// Reports that time has passed. A machine whose processors were taken away for
/// long makes the kernel write them, and a kernel that hangs does.
const STALLS: &[&str] = &[
    "self-detected stall",
    "detected stalls",
    "detected expedited stalls",
    "kthread starved",
    "soft lockup",
    "workqueue lockup",
    "blocked for more than",
    "hogged CPU for",
    "RT throttling activated",
];

/// Complaints at any level that no time explains.
const FAULTS: &[&str] = &[
    "WARNING:",
    "BUG:",
    "Oops",
    "general protection fault",
    "refcount_t",
    "Missing ENDBR",
    "Unpatched return thunk",
    "objtool",
    "KASAN",
    "UBSAN",
    "lockdep",
    "possible circular locking dependency",
    "suspicious RCU usage",
    "kmemleak:",
    "ODEBUG",
    "scheduling while atomic",
    "sleeping function called",
    // Whatever the module itself says.
    "sysbatch:",
];

/// What comes with a complaint of either kind, part of it as mere information.
const TRACES: &[&str] = &["Call Trace", "rcu_sched", "rcu_preempt"];

/// Complaints that a clean module causes too, each with its reason.
const EXPECTED: &[&str] = &[
    // kernel/module/main.c says so of every module not built with the kernel.
    "loading out-of-tree module taints kernel",
    // kernel/module/signing.c: ours is unsigned unless its builder signs it.
    "module verification failed: signature and/or required key missing - tainting kernel",
    // kernel/time/hrtimer.c and tick-oneshot.c: the host has taken the processor
    // away in a timer's interrupt, and the kernel makes up for it.
    "hrtimer: interrupt took",
    "increased min_delta_ns to",
    // kernel/audit.c: without a daemon records are printed, and many at once not all.
    "kauditd_printk_skb:",
];

/// Whether a line of this level is a complaint.
#[must_use]
pub fn is_complaint(level: u32, text: &str) -> bool {
    !has(text, EXPECTED)
        && (level <= WARNING
            || [STALLS, FAULTS, TRACES]
                .iter()
                .any(|words| has(text, words)))
}

/// Whether slowness alone can be why the kernel complained so: the complaints
/// begin with the report of a stall, and nothing among them is a fault.
#[must_use]
pub fn are_of_slowness(complaints: &[impl AsRef<str>]) -> bool {
    let mut lines = complaints.iter().map(AsRef::as_ref);
    let begin = |line: &str| has(line, STALLS) || line.contains("rcu: INFO:");
    complaints.first().is_some_and(|line| begin(line.as_ref()))
        && lines.clone().any(|line| has(line, STALLS))
        && !lines.any(is_fault)
}

/// Whether the panic on this console is the one that the kernel was told to end
/// with when a task is blocked for long.
#[must_use]
pub fn is_panic_of_slowness(console: &str) -> bool {
    console.contains("Kernel panic - not syncing: hung_task") && !has_fault(console)
}

/// Whether a console shows what no time explains.
#[must_use]
pub fn has_fault(console: &str) -> bool {
    console.lines().any(is_fault)
}

/// A stall is reported as a `BUG:`, too.
fn is_fault(line: &str) -> bool {
    !has(line, STALLS) && !has(line, EXPECTED) && has(line, FAULTS)
}

fn has(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::{are_of_slowness, is_complaint, is_panic_of_slowness};

    const STALL: &[&str] = &[
        "3,1,2,-;rcu: INFO: rcu_sched self-detected stall on CPU",
        "3,2,2,-;rcu: \t0-....: (2100 ticks this GP)",
        "4,3,2,-;Call Trace:",
    ];

    #[test]
    fn what_a_clean_kernel_writes_is_no_complaint() {
        for (level, text) in [
            (6, "all is well"),
            (4, "hrtimer: interrupt took 9182173 ns"),
            (4, "kauditd_printk_skb: 20 callbacks suppressed"),
            (4, "sysbatch: loading out-of-tree module taints kernel."),
        ] {
            assert!(!is_complaint(level, text), "{text}");
        }
        for (level, text) in [(4, "careful"), (6, "Call Trace:"), (6, "WARNING: here")] {
            assert!(is_complaint(level, text), "{text}");
        }
    }

    #[test]
    fn stalls_are_told_from_faults() {
        assert!(are_of_slowness(STALL));
        assert!(are_of_slowness(&[
            "4,1,2,-;workqueue: f hogged CPU for >10000us 4 times"
        ]));
        assert!(are_of_slowness(&[
            "0,1,2,-;watchdog: BUG: soft lockup - CPU#1 stuck for 130s!"
        ]));
        for fault in [
            "4,4,2,-;WARNING: CPU: 0",
            "1,4,2,-;BUG: kernel NULL pointer",
        ] {
            assert!(!are_of_slowness(&[STALL, &[fault]].concat()), "{fault}");
            assert!(!are_of_slowness(&[fault]));
        }
        // What came before the stall may be why it came.
        assert!(!are_of_slowness(&[&["4,0,2,-;careful"], STALL].concat()));
        assert!(!are_of_slowness(&[""; 0]));
    }

    #[test]
    fn a_panic_for_a_blocked_task_is_told_from_others() {
        let blocked = "INFO: task sh:9 blocked for more than 120 seconds.\n\
                       Kernel panic - not syncing: hung_task: blocked tasks\n";
        assert!(is_panic_of_slowness(blocked));
        assert!(!is_panic_of_slowness(
            "Kernel panic - not syncing: Fatal exception\n"
        ));
        assert!(!is_panic_of_slowness(&format!(
            "BUG: unable to handle\n{blocked}"
        )));
    }
}
