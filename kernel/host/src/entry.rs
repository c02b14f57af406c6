// SPDX-License-Identifier: GPL-2.0-only
//! What the C shim calls.
#![expect(
    unsafe_code,
    reason = "symbols that C names are exported, and the panic handler names one that C lacks"
)]

use core::ffi::c_void;
use core::mem::offset_of;
use core::ptr::NonNull;

use sysbatch_abi::{
    ABI_VERSION, FLAG_FIRST_TRY, FORMATS, Info, KERNEL_SERIES, RUN_REQUEST, RUN_SIZE, Run, Status,
    Width,
};
use sysbatch_engine::{Error, Stop, enter_inline};

use crate::compat::CompatHost;
use crate::departure::Departure;
use crate::first_try::FirstTry;
use crate::host::KernelHost;
use crate::list;
use crate::registers::{PtRegs, Registers};
use crate::shim::{self, Guard};
use crate::switch;
use crate::watch::{Observed, Unobserved, Watch};

/// What reading the device tells.
// SAFETY: no other symbol of the kernel or of this module has this name; the
// module loader refuses a module that redefines an exported one.
#[unsafe(no_mangle)]
pub static SYSBATCH_HOST_INFO: Info = {
    assert!(RUN_SIZE == 96 && size_of::<Info>() == 24);
    Info {
        size: 24,
        abi_version: ABI_VERSION,
        run_size: 96,
        reserved: 0,
        formats: FORMATS,
    }
};

/// Serves an ioctl on the device: runs the batch whose header is at `address`, or the
/// list of them.
///
/// Returns zero, a negated errno, or a restart code for the kernel's signal
/// code to act on, in which case a signal is pending.
///
/// # Safety
/// Called by `sysbatch_run_saved()` in `registers.S` only, in the context of the
/// task that made the ioctl. `registers` are those of the task, which it has saved;
/// nobody else uses them until this returns.
// SAFETY: as for SYSBATCH_HOST_INFO.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sysbatch_host_ioctl(
    request: u32,
    address: u64,
    registers: NonNull<PtRegs>,
) -> i64 {
    // SAFETY: the caller vouches for the registers.
    let registers = unsafe { Registers::new(registers) };
    if request != RUN_REQUEST {
        return list::serve(request, address, registers);
    }
    let host = KernelHost::new(registers, Unobserved);
    serve(address, host, || first_try(address, registers, Unobserved))
}

/// Where in a header its flags are, in bytes.
const FLAGS_OFFSET: u64 = 8;
const _: () = assert!(
    offset_of!(Run, flags) == 8,
    "the offset is that of this field"
);

/// Runs a batch of a list, as its own ioctl does.
pub(crate) fn run_one(address: u64, registers: Registers) -> i64 {
    if says_first_try(address) {
        return first_try(address, registers, Unobserved);
    }
    // SAFETY: they are those of the task, by the contract of `Registers::new`, and the
    // list does nothing with them until this returns.
    unsafe { sysbatch_host_ioctl(RUN_REQUEST, address, registers.as_non_null()) }
}

/// Whether the header at an address seems to be that of a first try: whoever runs it
/// reads it, and refuses one that says something else then.
#[inline(always)]
fn says_first_try(address: u64) -> bool {
    let flags = shim::load(address.wrapping_add(FLAGS_OFFSET), Width::Four);
    flags.is_ok_and(|flags| flags & u64::from(FLAG_FIRST_TRY) != 0)
}

/// The same for a task that is observed.
///
/// May also return the number of a call: of the one that a filter trapped.
///
/// # Safety
/// As for [`sysbatch_host_ioctl`], by `sysbatch_observed_ioctl()` in `observe.c`. The guard is that of
/// this ioctl.
// SAFETY: as for SYSBATCH_HOST_INFO.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sysbatch_host_observed_ioctl(
    request: u32,
    address: u64,
    registers: NonNull<PtRegs>,
    guard: NonNull<c_void>,
) -> i64 {
    // SAFETY: the caller vouches for the registers.
    let registers = unsafe { Registers::new(registers) };
    // SAFETY: the caller vouches for the guard.
    let guard = unsafe { Guard::new(guard) };
    if request != RUN_REQUEST {
        return list::refused(request);
    }
    let watch = Observed(guard);
    let host = KernelHost::new(registers, watch);
    serve(address, host, || first_try(address, registers, watch))
}

/// The same for a 32-bit task. It has a guard if it is observed.
///
/// # Safety
/// As for the others, by `sysbatch_compat_ioctl()` in `compat.c`.
// SAFETY: as for SYSBATCH_HOST_INFO.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sysbatch_host_compat_ioctl(
    request: u32,
    address: u64,
    registers: NonNull<PtRegs>,
    guard: Option<NonNull<c_void>>,
) -> i64 {
    // SAFETY: the caller vouches for the registers.
    let registers = unsafe { Registers::new(registers) };
    let guard = guard.map(|guard| {
        // SAFETY: the caller vouches for the guard.
        unsafe { Guard::new(guard) }
    });
    if request != RUN_REQUEST {
        return list::refused(request);
    }
    let mut host = CompatHost::new(registers, guard);
    let stop = enter_inline(&mut host, address);
    result(stop, host.departure(), || host.trapped())
}

/// Runs a batch of a task that is watched as the host says. What is refused may be a
/// first try, which another host makes.
#[inline(always)]
fn serve<W: Watch>(address: u64, mut host: KernelHost<W>, first_try: impl FnOnce() -> i64) -> i64 {
    let stop = enter_inline(&mut host, address);
    if let (Status::None, Some(Error::Invalid)) = stop {
        return first_try();
    }
    result(stop, host.departure(), || host.trapped())
}

/// Makes the first try whose header is at an address, or refuses it. Only this reading
/// of the header counts.
#[inline(never)]
fn first_try<W: Watch>(address: u64, registers: Registers, watch: W) -> i64 {
    let mut host = KernelHost::new(registers, FirstTry::new(watch));
    let stop = enter_inline(&mut host, address);
    result(stop, host.departure(), || host.trapped())
}

/// What the ioctl returns.
#[inline(always)]
fn result(stop: Stop, departure: &Departure, trapped: impl FnOnce() -> i64) -> i64 {
    departure.finish();
    match stop {
        (_, Some(error)) => i64::from(error.errno()).wrapping_neg(),
        (Status::Interrupted, None) => departure.leave(),
        (Status::Trapped, None) => trapped(),
        (_, None) => 0,
    }
}

/// Switches the module off, so that every sub-call is handed back, or on.
///
/// The shim's own word, which `sysbatch_is_watched()` reads, is changed before: what
/// is looked at is then found as it is to be.
// SAFETY: as for SYSBATCH_HOST_INFO.
#[unsafe(no_mangle)]
pub extern "C" fn sysbatch_host_switch(off: bool) {
    switch::look_at_all(off);
}

/// A series of kernels that the module was reviewed for, its two numbers in a word, by
/// its index in the table; 0 after the last.
// SAFETY: as for SYSBATCH_HOST_INFO.
#[unsafe(no_mangle)]
pub extern "C" fn sysbatch_host_series(index: u32) -> u32 {
    let series = usize::try_from(index)
        .ok()
        .and_then(|index| KERNEL_SERIES.get(index));
    series.map_or(0, |series| {
        u32::from(series.major) << 16 | u32::from(series.minor)
    })
}

#[cfg(target_os = "none")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        fn sysbatch_a_panic_is_reachable() -> !;
    }
    // SAFETY: never executed: the function does not exist, so this code can
    // only be linked if nothing leads here.
    unsafe { sysbatch_a_panic_is_reachable() }
}
