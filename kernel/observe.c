// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls of a task that is observed: it has seccomp filters, or an audit
 * context and there are no rules of audit. The kernel's own code is asked, and
 * told, about each sub-call, as about a call that is made alone.
 *
 * That code takes the number and the arguments of the sub-call from the registers
 * of the task, and as the instruction pointer that of the ioctl, which is where
 * the sub-call is made from.
 */
#include <linux/file.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/static_call.h>

#include "audit.h"
#include "compat.h"
#include "dispatch.h"
#include "observe.h"
#include "seccomp.h"
#include "shim.h"

#ifdef CONFIG_SECCOMP_FILTER

/*
 * Whether the thread may be ended now. A filter ends it there and then if the
 * process has others; else it sends a signal, as it does to end the process.
 */
static __always_inline bool may_be_ended(struct sysbatch_guard *guard)
{
	return likely(atomic_read(&current->signal->live) == 1) ||
	       guard->is_armed || sysbatch_guard_arm(guard);
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
 * Makes a call as do_syscall_64() does, or do_syscall_32_irqs_on() that of a 32-bit
 * task, with what syscall_trace_enter() and syscall_exit_work() do before and after,
 * in their order (arch/x86/entry/common.c, kernel/entry/common.c).
 *
 * A number with the top bit set is left to the caller, for it could not be
 * returned by an ioctl, which has an int.
 */
static __always_inline struct sysbatch_judged
judge(struct pt_regs *regs, u32 number, struct sysbatch_guard *guard,
      bool is_compat)
{
	const u32 count = is_compat ? IA32_NR_syscalls : NR_syscalls;
	long result = -ENOSYS;

	if (unlikely((s32)number < 0))
		goto not_made;
	regs->orig_ax = number;
	regs->ax = -ENOSYS;
	forget_branch_history();
	if (is_under_seccomp()) {
		if (unlikely(!may_be_ended(guard)))
			goto not_made;
		if (unlikely(!filters_permit()))
			return refused(regs, number, guard);
		/*
		 * A tracer that came in this moment has another call in mind
		 * (SECCOMP_RET_TRACE). Handed back, the filters are asked again
		 * and it has its way.
		 */
		if (unlikely(regs->orig_ax != number))
			goto not_made;
	}
	tell_audit_of_entry(regs, number, is_compat);
	if (likely(number < count))
		result = is_compat ? compat_dispatch(regs, number) :
				     dispatch(regs, number);
	tell_audit_of_exit(result);
	return (struct sysbatch_judged){ result, SYSBATCH_JUDGED_RETURNED };
not_made:
	return (struct sysbatch_judged){ 0, SYSBATCH_JUDGED_NOT_MADE };
}

struct sysbatch_judged __noendbr
sysbatch_judge(struct pt_regs *regs, u32 number, struct sysbatch_guard *guard)
{
	return judge(regs, number, guard, false);
}

struct sysbatch_judged sysbatch_compat_judge(struct pt_regs *regs, u32 number,
					     struct sysbatch_guard *guard)
{
	return judge(regs, number, guard, true);
}

bool sysbatch_can_be_observed(void)
{
	return !has_audit_rules() && (!is_under_seccomp() || has_filters());
}

static __always_inline long observed_ioctl(struct file *file,
					   unsigned int request,
					   unsigned long address, bool is_compat)
{
	struct pt_regs *regs = current_pt_regs();
	struct sysbatch_compat_registers saved;
	struct sysbatch_guard guard;
	long result;

	get_file(file);
	sysbatch_guard_begin(&guard, file);
	if (is_compat)
		saved = save_compat_registers(regs);
	/* The result is not looked at: nothing is recorded. */
	tell_audit_of_exit(0);
	result = is_compat ?
		sysbatch_host_compat_ioctl(request, address, regs, &guard) :
		sysbatch_host_observed_ioctl(request, address, regs, &guard);
	sysbatch_guard_end(&guard, result);
	if (is_compat && (!guard.is_trapped || result < 0))
		restore_compat_registers(regs, &saved);
	/*
	 * Of the ioctl, whose end the way to user space tells of. What is trapped
	 * has no beginning, and the registers are those of the sub-call.
	 */
	if (likely(!guard.is_trapped))
		tell_audit_of_entry(regs, regs->orig_ax, is_compat);
	fput(file);
	return result;
}

long sysbatch_observed_ioctl(struct file *file, unsigned int request,
			     unsigned long address)
{
	return observed_ioctl(file, request, address, false);
}

long sysbatch_observed_compat_ioctl(struct file *file, unsigned int request,
				    unsigned long address)
{
	return observed_ioctl(file, request, address, true);
}

#else

struct sysbatch_judged __noendbr
sysbatch_judge(struct pt_regs *regs, u32 number, struct sysbatch_guard *guard)
{
	return (struct sysbatch_judged){ 0, SYSBATCH_JUDGED_NOT_MADE };
}

struct sysbatch_judged sysbatch_compat_judge(struct pt_regs *regs, u32 number,
					     struct sysbatch_guard *guard)
{
	return (struct sysbatch_judged){ 0, SYSBATCH_JUDGED_NOT_MADE };
}

bool sysbatch_can_be_observed(void)
{
	return false;
}

long sysbatch_observed_ioctl(struct file *file, unsigned int request,
			     unsigned long address)
{
	return -ENOTTY;
}

long sysbatch_observed_compat_ioctl(struct file *file, unsigned int request,
				    unsigned long address)
{
	return -ENOTTY;
}

#endif
