/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasks whose calls seccomp or audit sees, and the module goes on all the same.
 */
#ifndef SYSBATCH_OBSERVE_H
#define SYSBATCH_OBSERVE_H

#include <linux/sched.h>
#include <linux/thread_info.h>

#include "audit.h"

struct file;

#define OBSERVERS (SYSCALL_WORK_SECCOMP | AUDIT_WORK)

/* Whether one of them sees the calls of the task. */
static __always_inline bool is_observed(void)
{
	return READ_ONCE(current_thread_info()->syscall_work) & OBSERVERS;
}

/*
 * Whether the module may go on under the observers that a task has: not in strict
 * mode of seccomp, and not where something may have to be recorded.
 */
bool sysbatch_can_be_observed(void);
long sysbatch_observed_ioctl(struct file *file, unsigned int request,
			     unsigned long address);
/* The same for a 32-bit task. */
long sysbatch_observed_compat_ioctl(struct file *file, unsigned int request,
				    unsigned long address);

#endif
