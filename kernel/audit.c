// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's functions that audit the entry and the exit of a system call.
 */
#include "audit.h"
#include "dispatch.h"

#ifdef CONFIG_AUDITSYSCALL

void sysbatch_no_audit_entry(int number, unsigned long a1, unsigned long a2,
			     unsigned long a3, unsigned long a4)
{
}

void sysbatch_no_audit_exit(int success, long result)
{
}

DEFINE_STATIC_CALL(sysbatch_audit_entry, sysbatch_no_audit_entry);
DEFINE_STATIC_CALL(sysbatch_audit_exit, sysbatch_no_audit_exit);

int __init sysbatch_audit_init(void)
{
	/* kernel/auditsc.c. */
	void *entry = sysbatch_find_function("__audit_syscall_entry");
	void *exit = sysbatch_find_function("__audit_syscall_exit");

	if (!entry || !exit)
		return -ENOENT;
	static_call_update(sysbatch_audit_entry,
			   (typeof(&sysbatch_no_audit_entry))entry);
	static_call_update(sysbatch_audit_exit,
			   (typeof(&sysbatch_no_audit_exit))exit);
	return 0;
}

#else

int __init sysbatch_audit_init(void)
{
	return 0;
}

#endif
