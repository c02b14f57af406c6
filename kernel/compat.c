// SPDX-License-Identifier: GPL-2.0-only
/*
 * Batches of 32-bit tasks, whose system calls have numbers and arguments of their
 * own: the ioctl, and the way into the kernel's dispatcher for them.
 *
 * A task is a 32-bit one for as long as the call it is in, however the call was
 * made: by INT 0x80, which a 64-bit program may use, too, by SYSENTER or by SYSCALL
 * (arch/x86/entry/entry_64_compat.S). Whichever it was, the arguments are in the
 * same registers of the task, and it is restarted by INT 0x80 from there.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/compat.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ptrace.h>
#include <linux/sched/task_stack.h>
#include <linux/static_call.h>
#include <linux/syscalls.h>

#include "compat.h"
#include "dispatch.h"
#include "observe.h"
#include "shim.h"

#ifdef CONFIG_IA32_EMULATION

DEFINE_STATIC_CALL(sysbatch_compat_dispatcher, sysbatch_no_dispatcher);

/* Whether there is one, and it is what it is taken for. */
static bool has_dispatcher __ro_after_init;

void __init sysbatch_compat_init(void)
{
	/* arch/x86/entry/syscall_32.c. */
	void *dispatcher = sysbatch_look_for_function("ia32_sys_call");

	if (dispatcher) {
		static_call_update(sysbatch_compat_dispatcher,
				   (typeof(&sysbatch_no_dispatcher))dispatcher);
		has_dispatcher = sysbatch_compat_self_test();
	}
	if (!has_dispatcher)
		pr_warn("32-bit programs cannot use the device: this kernel does not make their system calls as is known\n");
}

const u32 SYSBATCH_COMPAT_NR_SYSCALLS = IA32_NR_syscalls;

static __always_inline void set_arguments(struct pt_regs *regs, const u64 *args)
{
	/*
	 * 32 bits, as the program has. The calls themselves look at no more, but
	 * filters would.
	 */
	regs->bx = (u32)args[0];
	regs->cx = (u32)args[1];
	regs->dx = (u32)args[2];
	regs->si = (u32)args[3];
	regs->di = (u32)args[4];
	regs->bp = (u32)args[5];
}

struct sysbatch_judged sysbatch_compat_call(struct pt_regs *regs, u32 number,
					    const u64 *args,
					    struct sysbatch_guard *guard)
{
	struct sysbatch_judged judged = { -ENOSYS, SYSBATCH_JUDGED_RETURNED };

	set_arguments(regs, args);
	if (guard) {
		judged = sysbatch_compat_judge(regs, number, guard);
	} else if (number < IA32_NR_syscalls) {
		regs->orig_ax = number;
		forget_branch_history();
		judged.result = compat_dispatch(regs, number);
	}
	/* The way out takes 32 bits of it (syscall_get_error()). */
	judged.result = (s32)judged.result;
	return judged;
}

static long run(unsigned int request, unsigned long address)
{
	struct pt_regs *regs = current_pt_regs();
	const struct sysbatch_compat_registers saved = save_compat_registers(regs);
	long result;

	result = sysbatch_host_compat_ioctl(request, address, regs, NULL);
	restore_compat_registers(regs, &saved);
	return result;
}

long sysbatch_compat_ioctl(struct file *file, unsigned int request,
			   unsigned long address)
{
	long result;

	/* An x32 call comes here, too, and is none of a 32-bit task. */
	if (!in_ia32_syscall() || !has_dispatcher)
		return -ENOTTY;
	address = (u32)address;
	if (is_observed() && sysbatch_can_be_observed())
		return sysbatch_observed_compat_ioctl(file, request, address);
	/* As in plain_ioctl(). */
	get_file(file);
	result = run(request, address);
	fput(file);
	return result;
}

#else

const u32 SYSBATCH_COMPAT_NR_SYSCALLS;

void __init sysbatch_compat_init(void)
{
	pr_info("32-bit programs cannot use the device: this kernel runs none\n");
}

long sysbatch_compat_ioctl(struct file *file, unsigned int request,
			   unsigned long address)
{
	return -ENOTTY;
}

struct sysbatch_judged sysbatch_compat_call(struct pt_regs *regs, u32 number,
					    const u64 *args,
					    struct sysbatch_guard *guard)
{
	return (struct sysbatch_judged){ -ENOSYS, SYSBATCH_JUDGED_RETURNED };
}

#endif
