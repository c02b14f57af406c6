// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of the calling task: what a system call made alone would meet on
 * its way in (is it watched?) and on its way out (is something pending?).
 */
#include <linux/panic.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/task_work.h>
#include <linux/thread_info.h>
#include <linux/version.h>

#include "shim.h"
#include "task.h"

#ifdef CONFIG_KASAN_GENERIC
/*
 * Elsewhere it does not exist, so that a module in which a panic is reachable does
 * not link. With KASAN's checks between them, the compiler does not see that none is.
 */
void __noreturn sysbatch_a_panic_is_reachable(void);
void __noreturn sysbatch_a_panic_is_reachable(void)
{
	panic("sysbatch: the Rust half has panicked\n");
}
#endif

int sysbatch_is_off(void)
{
	return READ_ONCE(sysbatch_off);
}

int sysbatch_is_watched(void)
{
	return watched() != 0 || READ_ONCE(sysbatch_off);
}

int sysbatch_is_watched_beside_observers(void)
{
	return watched_beside_observers() != 0 || READ_ONCE(sysbatch_off);
}

int __noendbr sysbatch_is_clear(void)
{
	return is_clear();
}

int __noendbr sysbatch_is_clear_beside_observers(void)
{
	return is_clear_beside_observers();
}

/*
 * Whether only the way to user space does what has to be done next. What
 * resume_user_mode_work() (linux/resume_user_mode.h) does on the supported kernels
 * is compared with what was read when the module is tested
 * (xtask/src/review/exit_work.rs).
 */
static bool has_exit_work(void)
{
	/* A temporary signal mask (ppoll() and others) is put back there. */
	if (test_restore_sigmask())
		return true;
#ifdef CONFIG_KEYS_REQUEST_CACHE
	/* A key that was asked for is kept until then. */
	if (current->cached_requested_key)
		return true;
#endif
#ifdef CONFIG_MEMCG
	/* A task over its memory.high is slowed down there. */
	if (current->memcg_nr_pages_over_high)
		return true;
#endif
#ifdef CONFIG_BLK_CGROUP
	/* So is one that has to wait for its block cgroup. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	if (current->throttle_queue)
		return true;
#else
	if (current->throttle_disk)
		return true;
#endif
#endif
	return false;
}

u32 sysbatch_pending_work(void)
{
	unsigned long flags = read_thread_flags() & WORK_FLAGS;
	u32 work = 0;

	if (likely(!flags && !holds_up_rcu_tasks()))
		return 0;
	if ((flags & RESCHEDULE_FLAGS) || holds_up_rcu_tasks())
		work |= SYSBATCH_PENDING_RESCHEDULE;
	if ((flags & RESUME_FLAGS) || task_work_pending(current))
		work |= SYSBATCH_PENDING_TASK_WORK;
	if (signal_pending(current))
		work |= SYSBATCH_PENDING_SIGNAL;
	if (has_exit_work())
		work |= SYSBATCH_PENDING_EXIT_WORK;
	return work;
}

/*
 * Does what TIF_NOTIFY_RESUME stands for and can be done here, flag first, as
 * resume_user_mode_work() does: left set, it would send every entry after this one
 * the long way. For the rest the batch is left, see has_exit_work(); and
 * sysbatch_announce_work() has the way to user space look at all of it.
 */
void sysbatch_run_task_work(void)
{
	clear_thread_flag(TIF_NOTIFY_RESUME);
	/* Who adds work sets the flag after that. */
	smp_mb__after_atomic();
	if (task_work_pending(current))
		sysbatch_do_task_work();
	sysbatch_update_rseq();
}

/* Has the way to user space look for what may have waited under the flag. */
void sysbatch_announce_work(void)
{
	set_thread_flag(TIF_NOTIFY_RESUME);
}

void sysbatch_reschedule(void)
{
#ifdef _TIF_NEED_RESCHED_LAZY
	/* As the way to user space does it: cond_resched() may do nothing there. */
	if (read_thread_flags() & RESCHEDULE_FLAGS)
		schedule();
#endif
	cond_resched_tasks_rcu_qs();
}

void sysbatch_force_signal_check(void)
{
	set_thread_flag(TIF_SIGPENDING);
}
