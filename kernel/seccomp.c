// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's function that asks the seccomp filters of a task about a system
 * call, and what becomes of an ioctl whose thread they end.
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/static_call.h>
#include <linux/task_work.h>

#include "dispatch.h"
#include "seccomp.h"
#include "shim.h"

#ifdef CONFIG_SECCOMP_FILTER

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 3, 0)
int sysbatch_no_secure_computing(const struct seccomp_data *data)
{
	return -1;
}
#else
bool sysbatch_no_secure_computing(void)
{
	return false;
}
#endif

DEFINE_STATIC_CALL(sysbatch_secure_computing, sysbatch_no_secure_computing);

int __init sysbatch_seccomp_init(void)
{
	/* kernel/seccomp.c; it is asked with the flag of the task set. */
	void *function = sysbatch_find_function(SYSBATCH_ASKS_FILTERS);

	if (!function)
		return -ENOENT;
	static_call_update(sysbatch_secure_computing,
			   (typeof(&sysbatch_no_secure_computing))function);
	return 0;
}

/*
 * Whether the task is on its way out, never to return to the ioctl. Some of the
 * way is gone before PF_EXITING is set: by then a filter that ends the thread
 * has left a mode which no living task has (SECCOMP_MODE_DEAD).
 */
static bool has_ended(void)
{
	return (current->flags & PF_EXITING) ||
	       READ_ONCE(current->seccomp.mode) > SECCOMP_MODE_FILTER;
}

/*
 * Work of the task's, which is done when it ends, or before: by a sub-call that
 * does the task's work itself, or between two of them.
 */
static void let_go(struct callback_head *work)
{
	struct sysbatch_guard *guard =
		container_of(work, struct sysbatch_guard, work);
	struct file *file = guard->file;

	guard->is_armed = false;
	if (guard->is_over || !has_ended())
		return;
	/* What ioctl(2) has never given back, and then what the module has not. */
	fput(file);
	/* The last statement, so that it is a jump: the module may go with it. */
	fput(file);
}

void sysbatch_guard_begin(struct sysbatch_guard *guard, struct file *file)
{
	const struct pt_regs *regs = current_pt_regs();

	guard->di = regs->di;
	guard->si = regs->si;
	guard->dx = regs->dx;
	guard->r10 = regs->r10;
	guard->r8 = regs->r8;
	guard->r9 = regs->r9;
	guard->orig_ax = regs->orig_ax;
	guard->file = file;
	/*
	 * Whether ioctl(2) has a reference of its own: fdget() takes one if the
	 * table of files is shared. Since then others may have left the table,
	 * but nobody can have joined, for that is done by one who is in it
	 * already. So it has one if this is true.
	 */
	guard->is_shared = atomic_read(&current->files->count) > 1;
	guard->is_armed = false;
	guard->is_over = false;
	guard->is_trapped = false;
}

static void restore_registers(const struct sysbatch_guard *guard)
{
	struct pt_regs *regs = current_pt_regs();

	regs->di = guard->di;
	regs->si = guard->si;
	regs->dx = guard->dx;
	regs->r10 = guard->r10;
	regs->r8 = guard->r8;
	regs->r9 = guard->r9;
	regs->orig_ax = guard->orig_ax;
}

void sysbatch_guard_end(struct sysbatch_guard *guard, long result)
{
	/*
	 * After a trap they stay those of the sub-call, which a handler or a
	 * core dump has to see, unless the batch could not be left well.
	 */
	if (!guard->is_trapped || result < 0)
		restore_registers(guard);
	guard->is_over = true;
	if (guard->is_armed) {
		const bool announced = test_thread_flag(TIF_NOTIFY_RESUME);

		/* It is not to be found any more once this frame is gone. */
		sysbatch_run_task_work();
		if (announced)
			sysbatch_announce_work();
	}
}

noinline __cold bool sysbatch_guard_arm(struct sysbatch_guard *guard)
{
	if (!guard->is_shared)
		return false;
	init_task_work(&guard->work, let_go);
	if (task_work_add(current, &guard->work, TWA_NONE))
		return false;
	guard->is_armed = true;
	return true;
}

#else

int __init sysbatch_seccomp_init(void)
{
	return 0;
}

void sysbatch_guard_begin(struct sysbatch_guard *guard, struct file *file)
{
}

void sysbatch_guard_end(struct sysbatch_guard *guard, long result)
{
}

#endif
