// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of the calling task: what a system call made alone would meet on
 * its way in (is it watched?) and on its way out (is something pending?).
 */
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/task_work.h>
#include <linux/thread_info.h>

#include "shim.h"

/*
 * Any SYSCALL_WORK flag (include/linux/thread_info.h) means that something
 * outside the call itself is done at its entry or exit: seccomp, ptrace,
 * audit, tracepoints, user dispatch.
 */
int sysbatch_is_watched(void)
{
	return READ_ONCE(current_thread_info()->syscall_work) ||
	       READ_ONCE(current->ptrace);
}

static bool must_leave(void)
{
	if (signal_pending(current))
		return true;
	/* A temporary mask (ppoll() and others) is put back on the way out. */
	if (test_restore_sigmask())
		return true;
#ifdef CONFIG_MEMCG
	/* A task over its memory.high is slowed down on the way out. */
	if (current->memcg_nr_pages_over_high)
		return true;
#endif
	return false;
}

u32 sysbatch_pending_work(void)
{
	u32 work = 0;

	if (need_resched())
		work |= SYSBATCH_PENDING_RESCHEDULE;
	if (task_work_pending(current))
		work |= SYSBATCH_PENDING_TASK_WORK;
	if (must_leave())
		work |= SYSBATCH_PENDING_LEAVE;
	return work;
}

void sysbatch_reschedule(void)
{
	/* A batch may run for long: RCU-tasks waits for such a point, too. */
	cond_resched_tasks_rcu_qs();
}

void sysbatch_force_signal_check(void)
{
	set_thread_flag(TIF_SIGPENDING);
}
