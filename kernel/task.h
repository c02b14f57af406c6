/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One look at the calling task: is there anything but the next sub-call to be
 * done?
 */
#ifndef SYSBATCH_TASK_H
#define SYSBATCH_TASK_H

#include <linux/sched.h>
#include <linux/thread_info.h>

#include "observe.h"

/*
 * Any SYSCALL_WORK flag (include/linux/thread_info.h) means that something
 * outside the call itself is done at its entry or exit: seccomp, ptrace,
 * audit, tracepoints, user dispatch.
 */
static __always_inline unsigned long watched(void)
{
	return READ_ONCE(current_thread_info()->syscall_work) |
	       READ_ONCE(current->ptrace);
}

/* The same except for observers, of a task that was observed from the beginning. */
static __always_inline unsigned long watched_beside_observers(void)
{
	return (READ_ONCE(current_thread_info()->syscall_work) & ~OBSERVERS) |
	       READ_ONCE(current->ptrace);
}

static __always_inline u8 holds_up_rcu_tasks(void)
{
#ifdef CONFIG_TASKS_RCU
	/*
	 * A preemptible kernel reschedules by itself, but that is no quiescent
	 * state for RCU-tasks: a batch that runs for long would hold it up.
	 */
	return READ_ONCE(current->rcu_tasks_holdout);
#else
	return 0;
#endif
}

/*
 * Another task should run. In later kernels a task may be asked to make way when it
 * is about to return to user space, and not sooner.
 */
#ifdef _TIF_NEED_RESCHED_LAZY
#define RESCHEDULE_FLAGS (_TIF_NEED_RESCHED | _TIF_NEED_RESCHED_LAZY)
#else
#define RESCHEDULE_FLAGS _TIF_NEED_RESCHED
#endif

/* The area of rseq(2) is old: in earlier kernels _TIF_NOTIFY_RESUME says so. */
#ifdef TIF_RSEQ
#define RESUME_FLAGS (_TIF_NOTIFY_RESUME | _TIF_RSEQ)
#else
#define RESUME_FLAGS _TIF_NOTIFY_RESUME
#endif

/*
 * What comes with one of these flags: a signal, and with it a mask to be put
 * back; task work; what the memory and block cgroups ask for.
 */
#define WORK_FLAGS (RESCHEDULE_FLAGS | RESUME_FLAGS |			\
		    _TIF_SIGPENDING | _TIF_NOTIFY_SIGNAL)

/* Whether a sub-call may be made with nothing done before it. */
static __always_inline bool is_clear(void)
{
	return !((read_thread_flags() & WORK_FLAGS) | watched() |
		 holds_up_rcu_tasks());
}

/* Whether its observers may be told of it, with nothing done before that. */
static __always_inline bool is_clear_beside_observers(void)
{
	return !((read_thread_flags() & WORK_FLAGS) |
		 watched_beside_observers() | holds_up_rcu_tasks());
}

#endif
