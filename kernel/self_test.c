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

#include "shim.h"

/* A number in a gap of the table, which is a call that does nothing. */
#define NR_GAP 400

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

/*
 * Calls without an effect, also if they are given other arguments than these. What
 * each returns depends on the argument that the comment names.
 */
static bool __init dispatches(void)
{
	const u64 pid = task_tgid_vnr(current);
	const u64 size = sizeof(sigset_t);
	const struct {
		u32 number;
		u64 args[6];
		long expected;
	} calls[] = {
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
	size_t i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		const long result = call(calls[i].number, calls[i].args);

		if (result == calls[i].expected)
			continue;
		pr_err("self-test: system call %u returned %ld instead of %ld: this kernel is not supported\n",
		       calls[i].number, result, calls[i].expected);
		return false;
	}
	return true;
}

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
