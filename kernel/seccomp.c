// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls of a task with seccomp filters: the kernel's own code asks them
 * about each sub-call, as it does about a call that is made alone.
 *
 * It takes what it shows them from the registers of the task: the number and
 * the arguments of the sub-call, and as the instruction pointer that of the
 * ioctl, which is where the sub-call is made from.
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

static int no_secure_computing(const struct seccomp_data *data)
{
	return -1;
}

DEFINE_STATIC_CALL(sysbatch_secure_computing, no_secure_computing);

int __init sysbatch_seccomp_init(void)
{
	/* kernel/seccomp.c; it is asked with the flag of the task set. */
	void *function = sysbatch_find_function("__secure_computing");

	if (!function)
		return -ENOENT;
	static_call_update(sysbatch_secure_computing,
			   (typeof(&no_secure_computing))function);
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

static noinline __cold bool arm(struct sysbatch_guard *guard)
{
	if (!guard->is_shared)
		return false;
	init_task_work(&guard->work, let_go);
	if (task_work_add(current, &guard->work, TWA_NONE))
		return false;
	guard->is_armed = true;
	return true;
}

/*
 * Whether the thread may be ended now. A filter ends it there and then if the
 * process has others; else it sends a signal, as it does to end the process.
 */
static __always_inline bool may_be_ended(struct sysbatch_guard *guard)
{
	return likely(atomic_read(&current->signal->live) == 1) ||
	       guard->is_armed || arm(guard);
}

/*
 * The call is not to be made, and the registers have its result. Or else they
 * are as they were and a signal waits, SECCOMP_RET_TRAP or a filter that ends
 * the process: the batch is left with the registers of the sub-call, for the
 * handler or the core dump. That an unrelated signal waits and the number is the
 * result by chance need not be told from this. The handler of that signal, too,
 * has to see the registers of the call that returned just before, and what it
 * leaves in them is the result.
 */
static noinline __cold struct sysbatch_judged
refused(struct pt_regs *regs, u32 number, struct sysbatch_guard *guard)
{
	if (regs->ax == number && signal_pending(current)) {
		guard->is_trapped = true;
		guard->is_over = true;
		return (struct sysbatch_judged){ 0, SYSBATCH_JUDGED_TRAPPED };
	}
	return (struct sysbatch_judged){ regs->ax, SYSBATCH_JUDGED_RETURNED };
}

/*
 * Asks the filters, and makes the call if they let it pass: as do_syscall_64()
 * and syscall_trace_enter() do (arch/x86/entry/common.c, kernel/entry/common.c).
 *
 * A number with the top bit set is left to the caller, for it could not be
 * returned by an ioctl, which has an int.
 */
struct sysbatch_judged __noendbr
sysbatch_judge(struct pt_regs *regs, u32 number, struct sysbatch_guard *guard)
{
	if (unlikely((s32)number < 0 || !may_be_ended(guard)))
		goto not_made;
	regs->orig_ax = number;
	regs->ax = -ENOSYS;
	forget_branch_history();
	if (unlikely(static_call(sysbatch_secure_computing)(NULL)))
		return refused(regs, number, guard);
	/*
	 * A tracer that came in this moment has another call in mind
	 * (SECCOMP_RET_TRACE). Handed back, the filters are asked again and it
	 * has its way.
	 */
	if (unlikely(regs->orig_ax != number))
		goto not_made;
	if (unlikely(number >= NR_syscalls))
		return (struct sysbatch_judged){ -ENOSYS,
						 SYSBATCH_JUDGED_RETURNED };
	return (struct sysbatch_judged){ dispatch(regs, number),
					 SYSBATCH_JUDGED_RETURNED };
not_made:
	return (struct sysbatch_judged){ 0, SYSBATCH_JUDGED_NOT_MADE };
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

struct sysbatch_judged __noendbr
sysbatch_judge(struct pt_regs *regs, u32 number, struct sysbatch_guard *guard)
{
	return (struct sysbatch_judged){ 0, SYSBATCH_JUDGED_NOT_MADE };
}

#endif
