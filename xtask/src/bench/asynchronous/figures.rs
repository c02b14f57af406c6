//! What the programs print, and figures of it.

use serde::{Deserialize, Serialize};

use crate::bench::figures::Known;

/// What was measured in a machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::bench) struct Asynchronous {
    pub(in crate::bench) files: Vec<Files>,
    pub(in crate::bench) trivial: Vec<Trivial>,
    pub(in crate::bench) outstanding: Vec<Outstanding>,
}

/// What `sysbatch-bench files` prints: times for each file, in the clock's
/// nanoseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::bench) struct Files {
    pub(super) way: String,
    pub(super) backend: String,
    pub(super) filesystem: String,
    pub(super) files: usize,
    pub(super) uncached: bool,
    pub(super) plain: f64,
    pub(super) took: f64,
    pub(super) least: f64,
    pub(super) most: f64,
    pub(super) elsewhere: Option<usize>,
}

/// What `sysbatch-bench trivial` prints, in the clock's nanoseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::bench) struct Trivial {
    pub(super) way: String,
    pub(super) backend: String,
    pub(super) plain: f64,
    pub(super) one: f64,
    pub(super) each_of_many: f64,
}

/// What `sysbatch-bench outstanding` prints: bytes for each batch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::bench) struct Outstanding {
    pub(super) backend: String,
    pub(super) batches: usize,
    pub(super) threads: usize,
    pub(super) resident: f64,
    pub(super) kernel: f64,
    pub(super) unsubmitted: f64,
    pub(super) cancelled: usize,
    pub(super) completed: usize,
}

/// How many files are read at once from a slow disk, each at the end of a path of
/// its own.
pub(super) const APART: usize = 64;

/// A figure of these.
#[derive(Clone, Copy, Debug)]
pub(in crate::bench) enum Figure {
    /// 1,000 cached files: a way on a backend, by plain calls on the same file
    /// system.
    Cached(&'static str, &'static str, &'static str),
    /// `asys_submit` and the wait for it with the module, by the plain call.
    AsysCall,
    /// 64 uncached files one after another, by a way on a backend.
    Sooner(&'static str, &'static str),
    /// The least of these of both backends, in any round.
    LeastSooner,
    /// A trivial batch by something else, one at a time.
    OneBy(&'static str),
    /// The same, many at a time.
    ManyBy(&'static str),
    /// Bytes that a batch which is out takes beside itself, in the process and in the
    /// kernel.
    Outstanding,
}

impl Asynchronous {
    /// A figure, if it was measured.
    pub(in crate::bench) fn figure(&self, figure: Figure) -> Known<f64> {
        match figure {
            Figure::Cached(way, backend, filesystem) => cached(&self.files, way, backend, |run| {
                run.filesystem == filesystem
            }),
            Figure::AsysCall => {
                let asys = self.trivial("asys", "kernel")?;
                Ok(asys.one / asys.plain)
            }
            Figure::Sooner(way, backend) => {
                let run = self.apart(way, backend)?;
                Ok(run.plain / run.took)
            }
            Figure::LeastSooner => {
                let mut least = f64::INFINITY;
                for way in ["syslets", "ring"] {
                    for backend in ["kernel", "user"] {
                        let run = self.apart(way, backend)?;
                        least = least.min(run.plain / run.most);
                    }
                }
                Ok(least)
            }
            Figure::OneBy(other) => {
                Ok(self.trivial("ring", "kernel")?.one / self.trivial(other, "kernel")?.one)
            }
            Figure::ManyBy(other) => {
                let each = |way| Ok::<_, String>(self.trivial(way, "kernel")?.each_of_many);
                Ok(each("ring")? / each(other)?)
            }
            Figure::Outstanding => {
                let seen = self.outstanding.first().ok_or("it was not measured")?;
                Ok(seen.resident - seen.unsubmitted + seen.kernel)
            }
        }
    }

    fn trivial(&self, way: &str, backend: &str) -> Known<&Trivial> {
        let mut all = self.trivial.iter();
        let found = all.find(|run| (&*run.way, &*run.backend) == (way, backend));
        found.ok_or_else(|| format!("{way} was not measured"))
    }

    /// The files of which each is at the end of a path of its own.
    fn apart(&self, way: &str, backend: &str) -> Known<&Files> {
        let mut all = self.files.iter().filter(|run| run.is_of_apart());
        let found = all.find(|run| (&*run.way, &*run.backend) == (way, backend));
        found.ok_or_else(|| format!("{way} was not measured on a slow disk"))
    }
}

impl Files {
    pub(in crate::bench) fn filesystem(&self) -> &str {
        &self.filesystem
    }

    pub(super) const fn is_of_apart(&self) -> bool {
        self.uncached && self.files == APART
    }
}

/// What a way takes by plain calls, where files are cached.
pub(in crate::bench) fn cached(
    runs: &[Files],
    way: &str,
    backend: &str,
    is_there: impl Fn(&Files) -> bool,
) -> Known<f64> {
    let mut runs = runs.iter().filter(|run| !run.uncached && is_there(run));
    let found = runs.find(|run| (&*run.way, &*run.backend) == (way, backend));
    let found = found.ok_or_else(|| format!("{way} was not measured there"))?;
    Ok(found.took / found.plain)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Asynchronous, Figure};

    fn measured() -> Asynchronous {
        let files = |way: &str, backend: &str, files: usize, plain: f64, took: f64, most: f64| {
            json!({ "way": way, "backend": backend, "filesystem": "ext4", "files": files,
                "uncached": files == 64, "plain": plain, "took": took, "least": took,
                "most": most, "elsewhere": null })
        };
        let mut all = vec![files("syslets", "kernel", 1000, 8000.0, 10000.0, 11000.0)];
        for (way, backend, took, most) in [
            ("syslets", "kernel", 10.0, 12.0),
            ("syslets", "user", 10.0, 10.0),
            ("ring", "kernel", 10.0, 30.0),
            ("ring", "user", 10.0, 10.0),
        ] {
            all.push(files(way, backend, 64, 300.0, took, most));
        }
        let trivial = |way: &str, one: f64, many: f64| {
            json!({ "way": way, "backend": "kernel", "plain": 300.0, "one": one,
                "each_of_many": many })
        };
        let measured = json!({ "files": all,
            "trivial": [trivial("asys", 900.0, 600.0), trivial("ring", 1000.0, 800.0),
                trivial("rayon", 2000.0, 1000.0)],
            "outstanding": [{ "backend": "kernel", "batches": 10000, "threads": 32,
                "resident": 7000.0, "unsubmitted": 5000.0, "kernel": 100.0, "cancelled": 9968,
                "completed": 32 }] });
        serde_json::from_value(measured).expect("it has all members")
    }

    #[test]
    fn figures_are_ratios_of_one_run() {
        let measured = measured();
        for (figure, value) in [
            (Figure::Cached("syslets", "kernel", "ext4"), 1.25),
            (Figure::AsysCall, 3.0),
            (Figure::Sooner("ring", "user"), 30.0),
            // 300 by the longest of all.
            (Figure::LeastSooner, 10.0),
            (Figure::OneBy("rayon"), 0.5),
            (Figure::ManyBy("rayon"), 0.8),
            (Figure::Outstanding, 2100.0),
        ] {
            assert_eq!(measured.figure(figure), Ok(value), "{figure:?}");
        }
    }

    #[test]
    fn what_was_left_out_is_no_figure() {
        let measured = measured();
        for figure in [
            Figure::Cached("syslets", "kernel", "tmpfs"),
            Figure::Cached("syslets", "user", "ext4"),
            Figure::OneBy("io-uring-async"),
        ] {
            assert!(measured.figure(figure).is_err(), "{figure:?}");
        }
    }
}
