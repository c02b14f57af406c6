/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the C shim and the Rust half of the module say to each other.
 *
 * The Rust side of these declarations is in host/src/shim and
 * host/src/entry.rs.
 */
#ifndef SYSBATCH_SHIM_H
#define SYSBATCH_SHIM_H

#include <linux/errno.h>
#include <linux/types.h>

#include <asm/ibt.h>

/*
 * On the functions that every sub-call goes through: they are called directly,
 * never by pointer, so they need no landing pad.
 */
#ifndef __noendbr
#define __noendbr
#endif

struct pt_regs;
struct sysbatch_guard;

/* Called by C, written in Rust. */

/* Size of struct Info in crates/abi/src/device.rs, asserted there. */
#define SYSBATCH_INFO_SIZE 24
extern const u8 SYSBATCH_HOST_INFO[SYSBATCH_INFO_SIZE];

/*
 * Runs a batch: 0, a negated errno, or a restart code with a signal pending.
 * The registers are the task's own; sub-calls overwrite them.
 */
s64 __noendbr sysbatch_host_ioctl(u32 request, u64 address,
				  struct pt_regs *regs);

/* registers.S: the same, with what they overwrite put back. */
s64 __noendbr sysbatch_run_saved(u32 request, u64 address,
				 struct pt_regs *regs);

/*
 * The same for a task that is observed, which has a guard (seccomp.c). The result
 * may be the number of a sub-call, too: of one that was trapped.
 */
s64 __noendbr sysbatch_host_observed_ioctl(u32 request, u64 address,
					   struct pt_regs *regs,
					   struct sysbatch_guard *guard);

/* The same for a 32-bit task, which has a guard if it is observed. */
s64 sysbatch_host_compat_ioctl(u32 request, u64 address, struct pt_regs *regs,
			       struct sysbatch_guard *guard);

/*
 * A series of kernels that the module was reviewed for, its two numbers in a word, by
 * its index in the table; 0 after the last.
 */
u32 sysbatch_host_series(u32 index);

/* Has every sub-call looked at twice, to be found handed back, or no longer. */
void sysbatch_host_switch(bool off);

/* Called by Rust, written in C. */

/* memory.c: the task's memory. 0, or -EFAULT; a word with it, zero-extended. */
struct sysbatch_word {
	u64 value;
	s64 fault;
};
struct sysbatch_word __noendbr sysbatch_load1(u64 address);
struct sysbatch_word __noendbr sysbatch_load2(u64 address);
struct sysbatch_word __noendbr sysbatch_load4(u64 address);
struct sysbatch_word __noendbr sysbatch_load8(u64 address);
int __noendbr sysbatch_store1(u64 address, u64 value);
int __noendbr sysbatch_store2(u64 address, u64 value);
int __noendbr sysbatch_store4(u64 address, u64 value);
int __noendbr sysbatch_store8(u64 address, u64 value);
int __noendbr sysbatch_load_three(u64 address, u64 *words);
int sysbatch_load_words(u64 address, u64 *words, u32 count);

/*
 * entry.c: entries and headers. The words of an entry before its arguments; or
 * a first word that no entry has, see struct Head in crates/engine/src/turn.rs.
 */
struct sysbatch_head {
	u64 first, second;
};
#define HEAD_STORED ((struct sysbatch_head){ (u64)-EFAULT, 0 })
#define HEAD_NOT_STORED ((struct sysbatch_head){ ~0ULL, ~0ULL })
struct sysbatch_head __noendbr sysbatch_first1(u64 entry,
					       struct pt_regs *regs);
struct sysbatch_head __noendbr sysbatch_first2(u64 entry,
					       struct pt_regs *regs);
struct sysbatch_head __noendbr sysbatch_turn1(u64 slot, u64 result, u64 entry,
					      struct pt_regs *regs);
struct sysbatch_head __noendbr sysbatch_turn2(u64 slot, u64 result, u64 entry,
					      struct pt_regs *regs);
struct sysbatch_head __noendbr
sysbatch_first1_beside_observers(u64 entry, struct pt_regs *regs);
struct sysbatch_head __noendbr
sysbatch_first2_beside_observers(u64 entry, struct pt_regs *regs);
struct sysbatch_head __noendbr
sysbatch_turn1_beside_observers(u64 slot, u64 result, u64 entry,
				struct pt_regs *regs);
struct sysbatch_head __noendbr
sysbatch_turn2_beside_observers(u64 slot, u64 result, u64 entry,
				struct pt_regs *regs);
struct sysbatch_head __noendbr sysbatch_read_entry1(u64 entry,
						    struct pt_regs *regs);
struct sysbatch_head __noendbr sysbatch_read_entry2(u64 entry,
						    struct pt_regs *regs);
/* Two words to the first two arguments: 0, or -EFAULT. */
int __noendbr sysbatch_load_operands(u64 first, u64 second,
				     struct pt_regs *regs);
/*
 * A word, and the arguments through the pointers behind it, up to six or to a
 * null one; the rest is zero.
 */
struct sysbatch_word __noendbr sysbatch_gather(u64 address,
					       struct pt_regs *regs);
/*
 * The number of a call; a fault means that there is more to do, and that the
 * result is stored or not.
 */
#define WORD_NOT_STORED ((struct sysbatch_word){ 0, 1 })
struct sysbatch_word __noendbr sysbatch_turn_to_pointer(u64 slot, u64 result,
							u64 entry,
							struct pt_regs *regs);
/*
 * The number and the flags of an atom, what else it says through the pointer;
 * or flags that no atom has.
 */
#define ATOM_STORED ((struct sysbatch_head){ 0, (u64)-EFAULT })
#define ATOM_NOT_STORED ((struct sysbatch_head){ ~0ULL, ~0ULL })
struct sysbatch_head __noendbr sysbatch_turn_to_atom(u64 slot, u64 result,
						     u64 entry,
						     struct pt_regs *regs,
						     u64 *result_and_next);
struct sysbatch_word __noendbr
sysbatch_turn_to_pointer_beside_observers(u64 slot, u64 result, u64 entry,
					  struct pt_regs *regs);
struct sysbatch_head __noendbr
sysbatch_turn_to_atom_beside_observers(u64 slot, u64 result, u64 entry,
				       struct pt_regs *regs, u64 *result_and_next);
/* Size of struct Run in crates/abi/src/run.rs, asserted there. */
#define SYSBATCH_RUN_SIZE 96
int __noendbr sysbatch_load_header(u64 address, u64 *words);
int __noendbr sysbatch_store_header(u64 address, u64 pc, u64 fuel, u64 steps,
				    s64 value, u64 resume_and_reason, u32 status);

/* dispatch.c: system calls. */
/* NUMBER_COUNT in crates/abi/src/handed_back.rs, asserted in host/src/shim. */
#define SYSBATCH_NUMBER_COUNT 1024
/* Which calls are made without a second look. sysbatch_host_switch() writes it. */
extern bool SYSBATCH_MADE_AT_ONCE[SYSBATCH_NUMBER_COUNT];
int sysbatch_dispatch_init(void);
extern const u32 SYSBATCH_NR_SYSCALLS;
s64 __noendbr sysbatch_dispatch(struct pt_regs *regs, u32 number);
void sysbatch_do_task_work(void);
void sysbatch_update_rseq(void);

/* series.c: 0, or a negated errno if the module was not reviewed for this kernel. */
int sysbatch_series_init(void);

/* self_test.c: 0, or a negated errno if the kernel is not as it should be. */
int sysbatch_self_test(void);

/*
 * observe.c: system calls of a task that is observed. What became of one, and
 * its result.
 */
#define SYSBATCH_JUDGED_RETURNED	0
#define SYSBATCH_JUDGED_TRAPPED		1
#define SYSBATCH_JUDGED_NOT_MADE	2
struct sysbatch_judged {
	s64 result;
	u64 outcome;
};
struct sysbatch_judged __noendbr
sysbatch_judge(struct pt_regs *regs, u32 number, struct sysbatch_guard *guard);

/*
 * compat.c: system calls of 32-bit tasks, of which only the lower half of each
 * argument counts. The guard is that of an observed task, or NULL.
 */
extern const u32 SYSBATCH_COMPAT_NR_SYSCALLS;
struct sysbatch_judged sysbatch_compat_call(struct pt_regs *regs, u32 number,
					    const u64 *args,
					    struct sysbatch_guard *guard);
/* seccomp.c: the same as sysbatch_judge(), for them. */
struct sysbatch_judged sysbatch_compat_judge(struct pt_regs *regs, u32 number,
					     struct sysbatch_guard *guard);

/*
 * look.c: what a call is about to wait for. The magic number of the file system (of
 * the one below, for a file of an overlay), and facts: the upper four bits of the
 * mode; the flags below; of a socket its family, type and protocol from bits 16, 24
 * and 32 on; of an anonymous file its kind from bit 32 on, of a character device its
 * number. Without SYSBATCH_FILE_FOUND the magic number is the error, for a path.
 * host/src/first_try/files.rs has the same.
 */
#define SYSBATCH_FILE_FOUND		(1u << 4)
#define SYSBATCH_FILE_READABLE		(1u << 5)
#define SYSBATCH_FILE_WRITABLE		(1u << 6)
#define SYSBATCH_FILE_NEVER_BLOCKS	(1u << 7)
#define SYSBATCH_FILE_DIRECT		(1u << 8)
/* Closing it ends it. */
#define SYSBATCH_FILE_LAST		(1u << 9)
#define SYSBATCH_FILE_LINKED		(1u << 10)
#define SYSBATCH_FILE_FLUSHES		(1u << 11)
/* What was asked for is in the page cache; for a path: so is what a link says. */
#define SYSBATCH_FILE_CACHED		(1u << 12)
#define SYSBATCH_FILE_LINGERS		(1u << 13)
#define SYSBATCH_FILE_RECEIVES_ANYTHING	(1u << 14)
#define SYSBATCH_FILE_HAS_OWNER		(1u << 15)
/* Of other files than sockets: the facts are those of the file below. */
#define SYSBATCH_FILE_OVERLAID		(1u << 16)
struct sysbatch_file {
	u64 magic;
	u64 facts;
};
#define SYSBATCH_LOOK_AT_FILE		0
#define SYSBATCH_LOOK_AT_OFFSET		1
#define SYSBATCH_LOOK_AT_POSITION	2
struct sysbatch_file sysbatch_look_at_file(u32 fd, u32 what, s64 offset,
					   u64 count);
#define SYSBATCH_LOOK_FOLLOWS		1
#define SYSBATCH_LOOK_TAKES_EMPTY	2
struct sysbatch_file sysbatch_look_at_path(s32 directory, u64 name, u32 how);
/*
 * A call that does not wait where a signal would wake it: its result, -EINTR or a
 * restart code where it would have waited.
 */
s64 sysbatch_dispatch_unless_waiting(struct pt_regs *regs, u32 number);
/* openat(2) as openat2(2) that looks for names in the cache alone, or -EAGAIN. */
s64 sysbatch_open_cached(struct pt_regs *regs, s32 directory, u64 path,
			 u32 flags, u64 scratch);

/* device.c: whether every sub-call is handed back. */
extern bool sysbatch_off;

/* task.c: the state of the calling task. */
#define SYSBATCH_PENDING_RESCHEDULE	1
#define SYSBATCH_PENDING_TASK_WORK	2
#define SYSBATCH_PENDING_SIGNAL		4
#define SYSBATCH_PENDING_EXIT_WORK	8
u32 sysbatch_pending_work(void);
int sysbatch_is_off(void);
int sysbatch_is_watched(void);
int sysbatch_is_watched_beside_observers(void);
int __noendbr sysbatch_is_clear(void);
int __noendbr sysbatch_is_clear_beside_observers(void);
void sysbatch_reschedule(void);
void sysbatch_run_task_work(void);
void sysbatch_announce_work(void);
void sysbatch_force_signal_check(void);

#endif
