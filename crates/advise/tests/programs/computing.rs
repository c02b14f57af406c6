//! A program that only computes.

use std::hint::black_box;
use std::time::Duration;

use sysbatch_advise::report::Verdict;

use crate::{Work, judge_body};

#[test]
fn it_is_not_worth_it() {
    let work = Work {
        each: Duration::from_nanos(1500),
        whole: Duration::from_secs(1),
    };
    let report = judge_body("computing::it_is_not_worth_it", work, || {
        let mut number = black_box(1_u64);
        for _ in 0..1000 {
            number = number.wrapping_mul(3).wrapping_add(1);
        }
        black_box(number);
    });
    let Some(report) = report else { return };
    assert_eq!(report.verdict, Verdict::NotWorthIt, "{report:#?}");
    assert!(report.summary.starts_with("not worth it"), "{report:#?}");
}
