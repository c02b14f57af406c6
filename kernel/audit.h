/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Audit of a task's system calls while there are no rules, so that nothing is
 * recorded of them: the task's audit context is a dummy. Audit is told of the
 * beginning and the end of each sub-call by the functions that the system call
 * entry and exit use (kernel/entry/common.c). They look for rules each time. So
 * a rule that is added while a batch runs holds from the next sub-call on.
 *
 * A context is in one call at a time. It leaves the ioctl for as long as the
 * batch runs: of a dummy nothing is lost by that.
 */
#ifndef SYSBATCH_AUDIT_H
#define SYSBATCH_AUDIT_H

#include <linux/audit.h>
#include <linux/ptrace.h>
#include <linux/static_call.h>
#include <linux/thread_info.h>
#include <linux/types.h>

#include <asm/syscall.h>

int sysbatch_audit_init(void);

#ifdef CONFIG_AUDITSYSCALL

#define AUDIT_WORK SYSCALL_WORK_SYSCALL_AUDIT

void sysbatch_no_audit_entry(int number, unsigned long a1, unsigned long a2,
			     unsigned long a3, unsigned long a4);
void sysbatch_no_audit_exit(int success, long result);
DECLARE_STATIC_CALL(sysbatch_audit_entry, sysbatch_no_audit_entry);
DECLARE_STATIC_CALL(sysbatch_audit_exit, sysbatch_no_audit_exit);

/* Whether something may have to be recorded of the task's calls. */
static __always_inline bool has_audit_rules(void)
{
	return !audit_dummy_context();
}

/* The arguments are in the registers, in others if it is a 32-bit task's call. */
static __always_inline void tell_audit_of_entry(const struct pt_regs *regs,
						u32 number, bool is_compat)
{
	if (!audit_context())
		return;
	if (is_compat)
		static_call(sysbatch_audit_entry)(number, regs->bx, regs->cx,
						  regs->dx, regs->si);
	else
		static_call(sysbatch_audit_entry)(number, regs->di, regs->si,
						  regs->dx, regs->r10);
}

static __always_inline void tell_audit_of_exit(long result)
{
	if (audit_context())
		static_call(sysbatch_audit_exit)(!IS_ERR_VALUE(result), result);
}

#else

#define AUDIT_WORK 0

static __always_inline bool has_audit_rules(void)
{
	return false;
}

static __always_inline void tell_audit_of_entry(const struct pt_regs *regs,
						u32 number, bool is_compat)
{
}

static __always_inline void tell_audit_of_exit(long result)
{
}

#endif

#endif
