// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether the functions that were found by name are the ones they are taken for:
 * a few harmless system calls, compared with what they must return, and a piece
 * of task work. Done once, before there is a device.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <linux/syscalls.h>
#include <linux/task_work.h>

#include <uapi/linux/futex.h>

#include "compat.h"
#include "shim.h"

/* Numbers in gaps of the tables, which are calls that do nothing. */
#define NR_GAP 400
#define COMPAT_NR_GAP 390

/* A call, and what it must return. */
struct trial {
	u32 number;
	u64 args[6];
	long expected;
};

/* Makes a call with these arguments. The registers are not the task's own. */
static long __init call(u32 number, const u64 args[6])
{
	struct pt_regs regs = {
		.di = args[0],
		.si = args[1],
		.dx = args[2],
		.r10 = args[3],
		.r8 = args[4],
		.r9 = args[5],
	};

	return sysbatch_dispatch(&regs, number);
}

/* The first that returns something else, or NULL. */
static const struct trial * __init
first_wrong(const struct trial *trials, size_t count,
	    long (*call)(u32 number, const u64 args[6]), long *result)
{
	const struct trial *trial;

	for (trial = trials; trial < trials + count; trial++) {
		*result = call(trial->number, trial->args);
		if (*result != trial->expected)
			return trial;
	}
	return NULL;
}

/*
 * Calls without an effect, also if they are given other arguments than these. What
 * each returns depends on the argument that the comment names.
 */
static bool __init dispatches(void)
{
	const u64 pid = task_tgid_vnr(current);
	const u64 size = sizeof(sigset_t);
	const struct trial calls[] = {
		{ __NR_getpid, {}, pid },
		{ __NR_gettid, {}, task_pid_vnr(current) },
		/* The first. */
		{ __NR_getpgid, { pid }, task_pgrp_vnr(current) },
		{ __NR_getpgid, { -1 }, -ESRCH },
		/* The second. */
		{ __NR_getpriority, { PRIO_PROCESS, pid }, 20 - task_nice(current) },
		{ __NR_getpriority, { PRIO_PROCESS, -1 }, -ESRCH },
		/* The third. */
		{ __NR_dup3, { ~0U, 0, 1 }, -EINVAL },
		{ __NR_dup3, { ~0U, 0, 0 }, -EBADF },
		/* The fourth. */
		{ __NR_rt_sigprocmask, { SIG_BLOCK, 0, 0, size }, 0 },
		{ __NR_rt_sigprocmask, { SIG_BLOCK, 0, 0, size - 1 }, -EINVAL },
		/* The fifth. */
		{ __NR_prctl, { PR_GET_NO_NEW_PRIVS }, task_no_new_privs(current) },
		{ __NR_prctl, { PR_GET_NO_NEW_PRIVS, 0, 0, 0, 1 }, -EINVAL },
		/* The sixth. */
		{ __NR_mmap, { 0, 0, PROT_NONE, MAP_PRIVATE, ~0U, 1 }, -EINVAL },
		{ __NR_mmap, { 0, 0, PROT_NONE, MAP_PRIVATE, ~0U, 0 }, -EBADF },
		{ NR_GAP, {}, -ENOSYS },
	};
	const struct trial *wrong;
	long result;

	wrong = first_wrong(calls, ARRAY_SIZE(calls), call, &result);
	if (wrong)
		pr_err("self-test: system call %u returned %ld instead of %ld: this kernel is not supported\n",
		       wrong->number, result, wrong->expected);
	return !wrong;
}

#ifdef CONFIG_IA32_EMULATION

static long __init compat_call(u32 number, const u64 args[6])
{
	struct pt_regs regs = { .ax = 0 };

	return sysbatch_compat_call(&regs, number, args, NULL).result;
}

/* The same for the calls of 32-bit tasks, by their numbers (syscall_32.tbl). */
bool __init sysbatch_compat_self_test(void)
{
	const u64 pid = task_tgid_vnr(current);
	const u64 size = sizeof(sigset_t);
	const u64 wake = FUTEX_WAKE_BITSET | FUTEX_PRIVATE_FLAG;
	const struct trial calls[] = {
		{ __NR_ia32_getpid, {}, pid },
		{ __NR_ia32_gettid, {}, task_pid_vnr(current) },
		{ __NR_ia32_getpgid, { pid }, task_pgrp_vnr(current) },
		{ __NR_ia32_getpgid, { -1 }, -ESRCH },
		/* The upper half of an argument does not count. */
		{ __NR_ia32_getpgid, { pid | 1ULL << 32 }, task_pgrp_vnr(current) },
		{ __NR_ia32_getpriority, { PRIO_PROCESS, pid }, 20 - task_nice(current) },
		{ __NR_ia32_getpriority, { PRIO_PROCESS, -1 }, -ESRCH },
		{ __NR_ia32_dup3, { ~0U, 0, 1 }, -EINVAL },
		{ __NR_ia32_dup3, { ~0U, 0, 0 }, -EBADF },
		{ __NR_ia32_rt_sigprocmask, { SIG_BLOCK, 0, 0, size }, 0 },
		{ __NR_ia32_rt_sigprocmask, { SIG_BLOCK, 0, 0, size - 1 }, -EINVAL },
		{ __NR_ia32_prctl, { PR_GET_NO_NEW_PRIVS }, task_no_new_privs(current) },
		{ __NR_ia32_prctl, { PR_GET_NO_NEW_PRIVS, 0, 0, 0, 1 }, -EINVAL },
		/* Nobody waits at address 0, and for no bit nobody can. */
		{ __NR_ia32_futex_time64, { 0, wake, 0, 0, 0, 1 }, 0 },
		{ __NR_ia32_futex_time64, { 0, wake, 0, 0, 0, 0 }, -EINVAL },
		{ COMPAT_NR_GAP, {}, -ENOSYS },
	};
	const struct trial *wrong;
	long result;

	wrong = first_wrong(calls, ARRAY_SIZE(calls), compat_call, &result);
	if (wrong)
		pr_warn("self-test: 32-bit system call %u returned %ld instead of %ld\n",
			wrong->number, result, wrong->expected);
	return !wrong;
}

#endif

static bool has_run __initdata;

static void __init note(struct callback_head *work)
{
	has_run = true;
}

/* Takes back work of the current task that has not been done. */
static void __init take_back(struct callback_head *work)
{
	struct callback_head **place = &current->task_works;
	struct callback_head *found;
	unsigned long flags;

	/* Others add to the front only, and only the task itself removes. */
	raw_spin_lock_irqsave(&current->pi_lock, flags);
	while ((found = READ_ONCE(*place))) {
		if (found != work)
			place = &found->next;
		else if (cmpxchg(place, work, work->next) == work)
			break;
	}
	raw_spin_unlock_irqrestore(&current->pi_lock, flags);
}

static bool __init runs_task_work(void)
{
	static struct callback_head work __initdata;

	init_task_work(&work, note);
	if (task_work_add(current, &work, TWA_NONE)) {
		pr_err("self-test: cannot add task work\n");
		return false;
	}
	sysbatch_do_task_work();
	if (has_run)
		return true;
	take_back(&work);
	pr_err("self-test: task work was not done: this kernel is not supported\n");
	return false;
}

int __init sysbatch_self_test(void)
{
	return dispatches() && runs_task_work() ? 0 : -ENODEV;
}
