//! Which targets hold.

use serde::Serialize;

use super::asynchronous::figures::{Asynchronous, cached};
use super::figures::{Filtered, Guest, Host, Known, Measured, took};
use super::targets::{BYTES, ENTRIES, INSTRUCTIONS, Limit, OLDER_KERNEL, RATIO, Source, Target};
use super::{asynchronous, targets};

/// A target with what was measured.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Judged {
    pub(super) id: String,
    pub(super) what: String,
    pub(super) measured: Option<f64>,
    pub(super) unit: String,
    /// None if it depends on what was not measured.
    pub(super) target: Option<f64>,
    /// Whether the target is what is to be reached at least, and not at most.
    pub(super) at_least: bool,
    pub(super) holds: Option<bool>,
    /// Why it was not measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) why: Option<String>,
}

/// Judges everything. Targets of a guest are there for each that was run.
pub(super) fn judge(measured: &Measured) -> Vec<Judged> {
    let each = targets::all().flat_map(|target| {
        if target.source.is_of_guests() {
            let guests = measured.guests.iter();
            guests
                .map(|guest| target.judge(measured, Some(guest)))
                .collect()
        } else {
            vec![target.judge(measured, None)]
        }
    });
    each.collect()
}

/// Judges what is asynchronous of a kernel.
pub(super) fn asynchronous(series: &str, measured: &Asynchronous) -> Vec<Judged> {
    let each = asynchronous::targets::TARGETS.iter().filter_map(|target| {
        let Source::Asynchronous(figure) = target.source else {
            return None;
        };
        let found = measured.figure(figure);
        let alone = || Err("there are no calls".to_owned());
        Some(target.judged(Some(series), found, alone))
    });
    each.collect()
}

impl Target {
    fn judge(&self, measured: &Measured, guest: Option<&Guest>) -> Judged {
        let found = self.source.find(measured, guest);
        let series = guest.map(|guest| &*guest.series);
        self.judged(series, found, || self.source.alone(guest))
    }

    /// Judges what was found; `alone` is what the calls cost alone.
    fn judged(
        &self,
        series: Option<&str>,
        found: Known<f64>,
        alone: impl FnOnce() -> Known<f64>,
    ) -> Judged {
        let found = found.map(|value| {
            // A fit's slope is off by a fraction of an instruction, of which there
            // are only whole ones.
            if self.unit == INSTRUCTIONS {
                value.round()
            } else {
                value
            }
        });
        let is_older = series == Some("6.1");
        let (limit, at_least) = match self.limit {
            Limit::AtMost(limit) if is_older && ![ENTRIES, RATIO, BYTES].contains(&self.unit) => {
                (Ok((limit * OLDER_KERNEL).round()), false)
            }
            Limit::AtMost(limit) => (Ok(limit), false),
            Limit::AtLeast(limit) => (Ok(limit), true),
            Limit::Alone { less } => {
                let alone = alone().map(|alone| (alone - less).round());
                (alone, false)
            }
        };
        let holds = match (&found, &limit) {
            (Ok(found), Ok(limit)) if at_least => Some(found >= limit),
            (Ok(found), Ok(limit)) => Some(found <= limit),
            _ => None,
        };
        Judged {
            id: match series {
                Some(series) => format!("{}.{series}", self.id),
                None => self.id.to_owned(),
            },
            what: self.what.to_owned(),
            measured: found.as_ref().ok().copied(),
            unit: self.unit.to_owned(),
            target: limit.ok(),
            at_least,
            holds,
            why: found.err(),
        }
    }
}

impl Source {
    /// What the calls of a workload cost alone.
    fn alone(self, guest: Option<&Guest>) -> Known<f64> {
        match (self, guest) {
            (Self::Slope(workload, _), Some(guest)) => guest.bench.alone(workload),
            _ => Err("there are no calls".to_owned()),
        }
    }

    fn find(self, measured: &Measured, guest: Option<&Guest>) -> Known<f64> {
        match guest {
            Some(guest) => self.find_in_guest(guest),
            None => self.find_on_host(measured),
        }
    }

    fn find_in_guest(self, guest: &Guest) -> Known<f64> {
        let slope = |workload, format| {
            let batches = guest.bench.batches(workload, "kernel", format)?;
            Ok(batches.b)
        };
        match self {
            Self::Slope(workload, format) => slope(workload, format),
            Self::Jump => Ok(slope("jump", "native")? - slope("getppid", "native")?),
            Self::Fixed => {
                let line = guest.calls.device.ok_or("there is no device")?;
                Ok(line.a)
            }
            Self::Entries(interface, in_kernel) => {
                let mut entries = guest.entries.iter();
                let found = entries.find(|entries| {
                    (&*entries.interface, entries.in_kernel) == (interface, in_kernel)
                });
                let found = found.ok_or_else(|| format!("{interface} did not run there"))?;
                Ok(found.entries)
            }
            Self::FilterAdds => most(guest, Filtered::added),
            Self::FilteredCrossings => most(guest, |filtered| filtered.crossings),
            Self::HandedBack => most(guest, |filtered| filtered.handed_back),
            Self::Tree(name) => Ok(took(&guest.trees, name)?.median / 1e6),
            Self::Asynchronous(figure) => {
                let measured = guest.asynchronous.as_ref();
                measured.ok_or("it was not measured")?.figure(figure)
            }
            _ => Err("it is not measured in a guest".to_owned()),
        }
    }

    fn find_on_host(self, measured: &Measured) -> Known<f64> {
        let host = &measured.host;
        let step = |name: &str| {
            let found = host.counted.steps.iter().find(|step| step.name == name);
            found.ok_or_else(|| format!("{name} was not counted"))
        };
        let walks = &host.walks;
        let walk = || took(&walks.trees, "sysbatch du, user");
        match self {
            Self::UserRatio(workload) => {
                host.needs_idle(1.0)?;
                let batches = host.bench.batches(workload, "user", "native")?;
                Ok(batches.b / host.bench.alone(workload)?)
            }
            Self::InterfaceRatio(name) => {
                host.needs_idle(1.0)?;
                let mut lines = host.calls.interfaces.iter();
                let found = lines.find(|line| line.interface == name);
                let found = found.ok_or_else(|| format!("{name} was not measured"))?;
                Ok(found.line.b / found.alone)
            }
            Self::Step(name) => Ok(step(name)?.many),
            Self::StepGrowth(name) => {
                let step = step(name)?;
                // To hundredths: one more instruction in a million is no growth.
                Ok((100.0 * step.many / step.few).round() / 100.0)
            }
            Self::Allocations => {
                let each = host.counted.steps.iter().map(|step| step.allocations);
                Ok(each.sum::<u64>() as f64)
            }
            Self::WalkUserPart => Ok(host.counted.walk as f64 / 1e6),
            Self::WalkProcessor => {
                host.walks_need_idle(1.0)?;
                Ok(walk()?.processor / took(&walks.trees, "GNU du")?.processor)
            }
            Self::WalkAgainst(name, idle) => {
                let other = took(&walks.trees, name)?;
                host.walks_need_idle(idle)?;
                let ours = took(&walks.trees, "sysbatch du, 4 threads")?;
                Ok(other.median / ours.median)
            }
            Self::WalkMemory => {
                let threads = took(&walks.trees, "sysbatch du, 4 threads")?;
                let most = walk()?.memory.max(threads.memory);
                Ok(most as f64 / f64::from(1 << 20))
            }
            Self::WalkMemoryGrowth => {
                let few = took(&walks.few_files, "sysbatch du, user")?;
                Ok(walk()?.memory as f64 / few.memory as f64)
            }
            Self::Demo(way) => {
                let demo = measured.demo.as_ref().map_err(Clone::clone)?;
                let seconds = if way == "kernel" {
                    demo.kernel
                } else {
                    demo.user
                };
                Ok(seconds / demo.coreutils)
            }
            Self::AsynchronousOnHost(way, on_tmpfs) => {
                host.needs_idle(1.0)?;
                cached(&host.asynchronous, way, "user", |run| {
                    (run.filesystem() == "tmpfs") == on_tmpfs
                })
            }
            _ => Err("it is measured in a guest only".to_owned()),
        }
    }
}

/// The most of a figure under each kind of filter.
fn most(guest: &Guest, figure: impl Fn(&Filtered) -> f64) -> Known<f64> {
    let figures = guest.filtered.iter().map(figure);
    figures
        .reduce(f64::max)
        .ok_or_else(|| "it was not measured under filters".to_owned())
}

impl Host {
    /// Whether so many processors had nothing to do.
    fn needs_idle(&self, wanted: f64) -> Known<()> {
        self.had_idle(self.idle, wanted)
    }

    /// The same before the walks.
    fn walks_need_idle(&self, wanted: f64) -> Known<()> {
        let idle = self.walks.idle_before_walks.unwrap_or(self.idle);
        self.had_idle(idle, wanted)
    }

    fn had_idle(&self, idle: f64, wanted: f64) -> Known<()> {
        // A tenth of one goes into looking at it, and into what every system does.
        if idle + 0.1 * wanted >= wanted {
            return Ok(());
        }
        Err(format!(
            "only {idle:.1} of {} processors were idle, and it takes {wanted}",
            self.processors
        ))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A run in which `getppid` costs 335 alone and 200.4 in a batch, `statx`
    /// 3849 and 3730.2, and nothing was measured of the rest.
    fn measured(series: &str, idle: f64) -> Measured {
        let workload = |name: &str, alone: f64, b: f64| {
            let batches = |backend: &str, b: f64| {
                json!({ "backend": backend, "format": "native", "a": 900.0, "b": b,
                    "a_error": null, "b_error": null, "sizes": [] })
            };
            json!({ "name": name, "alone": alone,
                "batches": [batches("kernel", b), batches("user", alone * 1.25)] })
        };
        let bench = json!({ "kernel_release": series, "unit": "instructions", "worth": null,
            "workloads": [workload("getppid", 335.0, 200.4), workload("statx", 3849.0, 3730.2)] });
        let calls = json!({ "interfaces": [], "io_uring": [],
            "io_uring_missing": "none", "device": null });
        let filtered = |adds: f64| {
            json!({ "rules": "number", "alone": 335.0, "in_batch": 192.0, "alone_filtered": 435.0,
                "in_batch_filtered": 292.0 + adds, "crossings": 1, "handed_back": 1.05 })
        };
        let guest = json!({ "series": series, "kernel_release": series, "accel": "tcg,icount",
            "bench": bench, "calls": calls, "entries": [], "trees": [],
            "filtered": [filtered(20.0), filtered(25.0)] });
        let host = json!({ "kernel_release": "1", "processors": 4, "idle": idle, "bench": bench,
            "calls": calls, "trees": [], "few_files": [],
            "counted": { "steps": [], "walk": 5_500_000, "walk_gnu": 1 } });
        let measured = json!({ "kernel_release": series, "accel": "tcg,icount", "commit": null,
            "quick": true, "guests": [guest], "clock": { "Err": "none" }, "host": host,
            "demo": { "Err": "left out" } });
        serde_json::from_value(measured).expect("it has all members")
    }

    fn judged(measured: &Measured, id: &str) -> Judged {
        let mut all = judge(measured).into_iter();
        all.find(|judged| judged.id == id).expect(id)
    }

    #[test]
    fn whole_instructions_are_judged() {
        let run = measured("6.12", 4.0);
        let getppid = judged(&run, "b.getppid.6.12");
        assert_eq!(
            (getppid.measured, getppid.target),
            (Some(200.0), Some(200.0))
        );
        assert_eq!(getppid.holds, Some(true));
        // 3730 is one more than 120 less than the call alone.
        let statx = judged(&run, "b.statx.6.12");
        assert_eq!((statx.measured, statx.target), (Some(3730.0), Some(3729.0)));
        assert_eq!(statx.holds, Some(false));
        assert_eq!(judged(&run, "tree.user-part").holds, Some(true));
    }

    #[test]
    fn the_filter_that_adds_more_counts() {
        let run = measured("6.12", 4.0);
        let added = judged(&run, "seccomp.added.6.12");
        assert_eq!((added.measured, added.target), (Some(25.0), Some(30.0)));
        assert_eq!(added.holds, Some(true));
        assert_eq!(judged(&run, "seccomp.crossings.6.12").holds, Some(true));
        assert_eq!(judged(&run, "watched.ratio.6.12").measured, Some(1.05));
    }

    #[test]
    fn the_older_kernel_may_take_more() {
        let run = measured("6.1", 4.0);
        assert_eq!(judged(&run, "b.getppid.6.1").target, Some(230.0));
        assert_eq!(judged(&run, "b.statx.6.1").target, Some(3729.0));
        assert_eq!(judged(&run, "entries.batch.module.6.1").target, Some(1.0));
    }

    #[test]
    fn what_was_not_measured_has_a_reason_and_no_verdict() {
        let run = measured("6.12", 4.0);
        for (id, why) in [
            ("b.getuid.6.12", "getuid was left out"),
            ("a.6.12", "no device"),
            ("tree.speed.dust", "dust is not installed"),
            ("demo.module.ratio", "left out"),
        ] {
            let judged = judged(&run, id);
            assert_eq!((judged.measured, judged.holds), (None, None), "{id}");
            let reason = judged.why.expect(id);
            assert!(reason.contains(why), "{reason}");
        }
    }

    #[test]
    fn clocks_are_read_on_idle_processors_only() {
        let ratio = judged(&measured("6.12", 1.0), "user.statx.ratio");
        assert_eq!((ratio.measured, ratio.holds), (Some(1.25), Some(false)));
        let ratio = judged(&measured("6.12", 0.4), "user.statx.ratio");
        assert_eq!((ratio.measured, ratio.holds), (None, None));
        let why = ratio.why.expect("there is a reason");
        assert!(why.contains("only 0.4 of 4 processors were idle"), "{why}");
    }

    #[test]
    fn ids_are_unique() {
        let mut ids: Vec<String> = judge(&measured("6.12", 4.0))
            .into_iter()
            .map(|judged| judged.id)
            .collect();
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
