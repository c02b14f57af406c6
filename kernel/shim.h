/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the C shim and the Rust half of the module say to each other.
 *
 * The Rust side of these declarations is in host/src/shim.rs and
 * host/src/entry.rs.
 */
#ifndef SYSBATCH_SHIM_H
#define SYSBATCH_SHIM_H

#include <linux/types.h>

/* Called by C, written in Rust. */

/* Size of struct Info in crates/abi/src/device.rs, asserted there. */
#define SYSBATCH_INFO_SIZE 24
extern const u8 SYSBATCH_HOST_INFO[SYSBATCH_INFO_SIZE];

/* Runs a batch: 0, a negated errno, or a restart code with a signal pending. */
s64 sysbatch_host_ioctl(u32 request, u64 address);

/* Called by Rust, written in C. */

/* memory.c: the task's memory. 0, or -EFAULT. */
int sysbatch_load1(u64 address, u64 *word);
int sysbatch_load2(u64 address, u64 *word);
int sysbatch_load4(u64 address, u64 *word);
int sysbatch_load8(u64 address, u64 *word);
int sysbatch_store1(u64 address, u64 value);
int sysbatch_store2(u64 address, u64 value);
int sysbatch_store4(u64 address, u64 value);
int sysbatch_store8(u64 address, u64 value);
int sysbatch_load_entry(u64 address, u64 *words);
int sysbatch_load_words(u64 address, u64 *words, u32 count);

/* dispatch.c: system calls. */
int sysbatch_dispatch_init(void);
u32 sysbatch_call(u32 number, const u64 *args, s64 *result);
void sysbatch_run_task_work(void);

/* task.c: the state of the calling task. */
#define SYSBATCH_PENDING_RESCHEDULE	1
#define SYSBATCH_PENDING_TASK_WORK	2
#define SYSBATCH_PENDING_SIGNAL		4
#define SYSBATCH_PENDING_EXIT_WORK	8
/* Not pending work: the task is watched, and the call was not made. */
#define SYSBATCH_WATCHED		16
/* Nor this: a signal came first, and the call was not made. */
#define SYSBATCH_SIGNALLED		32
u32 sysbatch_pending_work(void);
int sysbatch_is_watched(void);
void sysbatch_reschedule(void);
void sysbatch_force_signal_check(void);

#endif
