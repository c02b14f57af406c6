//! Refusals and errors of the batch itself: each gives the documented error,
//! nothing is lost, nothing warns or hangs.

mod addresses;
mod device;
mod entries;
mod formats;
mod header;
mod midway;

use rustix::io::Errno;
use sysbatch::abi::Status;

use crate::harness::Case;
use crate::lab::{Batch, Lab};

pub(crate) fn cases() -> Vec<Case> {
    let cases = [
        header::cases(),
        entries::cases(),
        addresses::cases(),
        formats::cases(),
        midway::cases(),
        device::cases(),
    ];
    cases.concat()
}

/// Addresses that nobody can use: null and near it, the holes of the address
/// space with 48 bits and with 57, the kernel's half, and the ends of all of these.
pub(crate) const NOWHERE: [u64; 21] = [
    0,
    8,
    0x0FF8,
    0x7FFF_FFFF_F000,
    0x7FFF_FFFF_FFF8,
    0x8000_0000_0000,
    0xFFFF_FFFF_FFF8,
    0x0001_0000_0000_0000,
    0x00FF_FFFF_FFFF_F000,
    0x00FF_FFFF_FFFF_FFF8,
    0x0100_0000_0000_0000,
    0x0123_4567_89AB_CDE8,
    0x7FFF_FFFF_FFFF_FFF8,
    0x8000_0000_0000_0000,
    0xFEFF_FFFF_FFFF_FFF8,
    0xFF00_0000_0000_0000,
    0xFFFF_7FFF_FFFF_FFF8,
    0xFFFF_8880_0000_0000,
    0xFFFF_FFFF_8100_0000,
    0xFFFF_FFFF_FFFF_F000,
    0xFFFF_FFFF_FFFF_FFF8,
];

/// Runs a batch that is stopped with this error and status, at this entry.
#[track_caller]
fn assert_stopped(lab: &mut Lab, batch: &mut Batch, error: Errno, status: Status, pc: u64) {
    let fuel = batch.run.fuel;
    assert_eq!(lab.run(batch), Err(error), "{batch:?}");
    assert_eq!(batch.status(), Some(status), "{batch:?}");
    assert_eq!(batch.run.pc, pc, "{batch:?}");
    assert_eq!(batch.run.steps + batch.run.fuel, fuel, "{batch:?}");
    assert_eq!(batch.run.reason, 0, "{batch:?}");
}

/// Runs a batch whose entry 1 is refused; entry 0 must have run, and entry 2
/// must not.
#[track_caller]
fn assert_refused(lab: &mut Lab, mut batch: Batch, error: Errno) {
    assert_stopped(lab, &mut batch, error, Status::Refused, 1);
    assert_eq!(batch.run.steps, 1);
    assert_eq!(batch.results[0], 42, "earlier results are in place");
    assert!(
        batch.results[1..]
            .iter()
            .all(|&slot| slot == crate::lab::UNWRITTEN)
    );
}
