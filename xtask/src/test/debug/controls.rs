//! Whether mistakes of the module's are found: each kind that the kernel looks for
//! is made once, on purpose, in a copy of the module.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};
use sysbatch_guest::{DETECTORS, Outcome, Suite};

use crate::guest;
use crate::kernel::Kernel;
use crate::test::repeat::{self, Attempt};
use crate::test::spoilt;
use crate::test::tally::Tally;
use crate::vm::{self, GuestFile, SuiteResult, Verdict, VmSpec};

/// A mistake, and who has to find it.
struct Mistake {
    what: &'static str,
    /// Its number in `planted.c`.
    number: u32,
    /// What is done before and after the batch.
    around: [&'static str; 2],
    /// What the log has to say.
    says: &'static str,
}

const MISTAKE: Mistake = Mistake {
    what: "",
    number: 0,
    around: ["", ""],
    says: "",
};

/// Those of one machine, in this order: after a report on locks, and after one of
/// KASAN's, lockdep is off.
const MISTAKES: &[Mistake] = &[
    Mistake {
        what: "a shift by more than there are bits (UBSAN)",
        number: 1,
        says: "UBSAN: shift-out-of-bounds",
        ..MISTAKE
    },
    Mistake {
        what: "an index behind an array (UBSAN)",
        number: 2,
        says: "UBSAN: array-index-out-of-bounds",
        ..MISTAKE
    },
    Mistake {
        what: "a task that is blocked for long",
        number: 4,
        // It is to be told, and not to end the machine.
        around: [
            "cd /proc/sys/kernel && echo 0 > hung_task_panic && echo 5 > hung_task_timeout_secs",
            "cd /proc/sys/kernel && echo 120 > hung_task_timeout_secs && echo 1 > hung_task_panic",
        ],
        says: "blocked for more than",
    },
    Mistake {
        what: "a pointer of RCU's outside of a reader (PROVE_RCU)",
        number: 3,
        says: "suspicious RCU usage",
        ..MISTAKE
    },
    Mistake {
        what: "two locks in either order (lockdep)",
        number: 9,
        says: "possible circular locking dependency",
        ..MISTAKE
    },
    Mistake {
        what: "a sub-call that sleeps with a spinlock held (DEBUG_ATOMIC_SLEEP)",
        number: 5,
        says: "sleeping function called from invalid context",
        ..MISTAKE
    },
    Mistake {
        what: "a write behind memory of the heap (KASAN)",
        number: 6,
        says: "BUG: KASAN: slab-out-of-bounds",
        ..MISTAKE
    },
    Mistake {
        what: "a write behind an array on the stack of the Rust half (KASAN)",
        number: 7,
        says: "BUG: KASAN: stack-out-of-bounds",
        ..MISTAKE
    },
    Mistake {
        what: "memory that nobody refers to (kmemleak)",
        number: 8,
        ..MISTAKE
    },
];

/// That of another: whoever looks for it is off in the first.
const LEFT: Mistake = Mistake {
    what: "a lock that is held on the way to user space (lockdep)",
    number: 10,
    says: "lock held when returning to user space",
    ..MISTAKE
};

/// What the last look has to tell of the first machine.
const LAST: &[(&str, &str)] = &[
    ("memory that nobody refers to (kmemleak)", "[sysbatch]"),
    ("lockdep that is off", "lockdep has switched itself off"),
];

/// A batch with sub-calls that may sleep.
const BATCH: &str = "        put = openat(AT_FDCWD, \"/proc/self/status\", O_RDONLY)\n        \
                     close(put)\n        exit\n";

const LIMIT: Duration = Duration::from_secs(300);

/// Makes the mistakes.
///
/// # Errors
/// When the copy of the module can't be built, or a machine not be made.
pub(super) fn run(kernel: &Kernel) -> Result<Tally> {
    let module = spoilt::build("planted", kernel, &plant)?;
    let mut tally = machine(
        kernel,
        &module,
        "planted mistakes are found",
        MISTAKES,
        LAST,
    )?;
    tally.add(machine(
        kernel,
        &module,
        "a lock that is left held is found",
        &[LEFT],
        &[],
    )?);
    Ok(tally)
}

/// Makes a file of the module's what it is in the copy.
fn plant(name: &str, text: String) -> Result<String> {
    let replace = |text: &str, old: &str, new: &str| {
        ensure!(text.matches(old).count() == 1, "{name} has not one `{old}`");
        Ok(text.replace(old, new))
    };
    match name {
        "device.c" => {
            let include = "#include \"shim.h\"\n";
            let planted = format!("{include}\n{}", include_str!("planted.c"));
            // First, for what is put in makes the same call.
            let text = replace(
                &text,
                "sysbatch_run_saved(request, address, current_pt_regs());",
                "planted_run(request, address);",
            )?;
            replace(&text, include, &planted)
        }
        "entry.rs" => {
            let call = "    let stop = enter_inline(";
            // One for each kind of program.
            ensure!(text.contains(call), "{name} has no `{call}`");
            let text = text.replace(call, &format!("    plant();\n{call}"));
            Ok(text + include_str!("planted.rs"))
        }
        _ => Ok(text),
    }
}

/// A machine in which these mistakes are made one after the other.
fn machine(
    kernel: &Kernel,
    module: &Path,
    title: &str,
    mistakes: &[Mistake],
    last: &[(&str, &str)],
) -> Result<Tally> {
    let accel = vm::choose(kernel)?;
    let sysbatch = guest::build("sysbatch-cli", "sysbatch")?;
    repeat::once(title, &title.replace(' ', "-"), |name| {
        let spec = VmSpec {
            files: vec![
                GuestFile::host("/bin/sysbatch", &sysbatch),
                GuestFile::bytes("/batch.sb", BATCH.as_bytes().to_vec()),
            ],
            suites: mistakes.iter().map(Mistake::suite).collect(),
            ..VmSpec::new(name, kernel, accel, Some(PathBuf::from(module)))
        };
        judge(&vm::run(&spec)?, mistakes, last)
    })
}

fn judge(verdict: &Verdict, mistakes: &[Mistake], last: &[(&str, &str)]) -> Result<Attempt> {
    let mut attempt = Attempt {
        tally: Tally::default(),
        slow: verdict.failure.is_none() || verdict.machine_slow,
        scale: verdict.scale,
    };
    if let Some(failure) = &verdict.failure {
        attempt.tally.add(Tally::failure(failure.clone()));
    }
    let result = |name: &str| verdict.suites.iter().find(|suite| suite.name == name);
    for mistake in mistakes.iter().filter(|mistake| !mistake.says.is_empty()) {
        let result = result(mistake.what);
        let found = result.is_some_and(|result| {
            let mut lines = result.kernel_log.iter();
            lines.any(|line| line.contains(mistake.says))
        });
        attempt.add(mistake.what, found, result);
    }
    let detectors = result(DETECTORS);
    for (what, word) in last {
        let found = detectors.is_some_and(|result| {
            matches!(&result.outcome, Some(Outcome::Failed { status }) if status.contains(word))
        });
        attempt.add(what, found, detectors);
    }
    Ok(attempt)
}

impl Attempt {
    fn add(&mut self, what: &str, found: bool, result: Option<&SuiteResult>) {
        self.tally.add(if found {
            Tally::passed(1)
        } else {
            self.slow &= result.is_none_or(SuiteResult::is_slowness);
            Tally::failure(format!("{what} was not found: {result:#?}"))
        });
    }
}

impl Mistake {
    fn suite(&self) -> Suite {
        let [before, after] = self.around;
        // What the batch comes to does not matter.
        let script = format!(
            "{before}\necho {} > /sys/module/sysbatch/parameters/planted || exit 1\n\
             sysbatch run --backend kernel /batch.sb\n{after}\ntrue",
            self.number
        );
        Suite {
            name: self.what.to_owned(),
            command: ["sh", "-c", &script].map(str::to_owned).into(),
            limit_seconds: LIMIT.as_secs(),
            ..Suite::default()
        }
    }
}
