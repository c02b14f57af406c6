//! Whether `docs/advise.md` has the names that programs read.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use sysbatch_advise::report::Conditions;
use sysbatch_advise::sequence::{Cut, Evidence, Found, Length, Row};
use sysbatch_advise::{Costs, Frame, Object, Place, Report, Symbols};

/// Knows no names.
struct Nothing;

impl Symbols for Nothing {
    fn object(&self, _: Object) -> &str {
        "program"
    }

    fn places(&mut self, _: Frame) -> Vec<Place> {
        Vec::new()
    }
}

/// A report in which each kind of evidence and of end is once.
fn report() -> Value {
    let length = Length {
        sequences: 100,
        directories: 0,
    };
    let row = Row {
        frames: Vec::new(),
        is_system: false,
        calls: [(3, sysbatch_advise::sequence::Calls::default())].into(),
        lengths: [(100, length)].into(),
        repeated: 0,
        listed: 0,
        evidence: [1; Evidence::ALL.len()],
        cuts: [1; Cut::ALL.len()],
    };
    let found = Found {
        calls: 10_000,
        alone: 0,
        rows: vec![row],
    };
    let costs = Costs {
        crossing: 200.0,
        batch: 800.0,
        step: 20.0,
        measured: true,
    };
    let conditions = Conditions {
        command: Vec::new(),
        costs,
        ran: Duration::from_millis(1),
        foreign: 0,
    };
    let report = Report::new(&found, conditions, &mut Nothing);
    serde_json::to_value(report).expect("JSON")
}

/// Every name of an object and of those in it, and the kinds of evidence and ends.
fn names(value: &Value, all: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                all.insert(name.clone());
                if let ("kind" | "verdict" | "form" | "confidence", Value::String(kind)) =
                    (name.as_str(), value)
                {
                    all.insert(kind.clone());
                }
                names(value, all);
            }
        }
        Value::Array(array) => array.iter().for_each(|value| names(value, all)),
        _ => {}
    }
}

#[test]
fn the_names_in_json_are_documented() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/advise.md");
    let document = fs::read_to_string(document).expect("docs/advise.md");
    let mut all = BTreeSet::new();
    names(&report(), &mut all);
    assert!(all.len() > 50, "{all:?}");
    let missing: Vec<_> = all
        .iter()
        .filter(|name| !document.contains(&format!("`{name}`")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
