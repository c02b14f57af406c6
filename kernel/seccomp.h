/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an ioctl of a task that is observed keeps, for it may never return.
 */
#ifndef SYSBATCH_SECCOMP_H
#define SYSBATCH_SECCOMP_H

#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/static_call.h>
#include <linux/thread_info.h>
#include <linux/types.h>
#include <linux/version.h>

struct file;

/*
 * A filter may end the thread where it is asked, by do_exit() in the function that
 * asks it. The frames above then stay as they are, the one of the
 * ioctl with its reference on the device's file included. A guard is work of
 * the task's, to be done when the task ends, that gives these references back.
 */
struct sysbatch_guard {
	struct callback_head work;
	/* One reference on it is the module's own. */
	struct file *file;
	/* ioctl(2) has another one (fdget()). */
	bool is_shared;
	/* The work waits. */
	bool is_armed;
	/* The ioctl gives its references back itself. */
	bool is_over;
	/* A sub-call was trapped. */
	bool is_trapped;
	/* What sub-calls overwrite in the registers, as in registers.S. */
	unsigned long di, si, dx, r10, r8, r9, orig_ax;
};

/* Whether seccomp has a say in the task's calls. */
static __always_inline bool is_under_seccomp(void)
{
	return READ_ONCE(current_thread_info()->syscall_work) &
	       SYSCALL_WORK_SECCOMP;
}

/* Whether filters have, as opposed to strict mode, for a task under seccomp. */
static __always_inline bool has_filters(void)
{
#ifdef CONFIG_SECCOMP_FILTER
	/* The mode is there before the flag is (kernel/seccomp.c). */
	smp_rmb();
	return READ_ONCE(current->seccomp.mode) == SECCOMP_MODE_FILTER;
#else
	return false;
#endif
}

/*
 * The function that asks the filters, and whether they let the call pass. In later
 * kernels it has another name and answers the other way round.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 3, 0)
#define SYSBATCH_ASKS_FILTERS "__secure_computing"
int sysbatch_no_secure_computing(const struct seccomp_data *data);
DECLARE_STATIC_CALL(sysbatch_secure_computing, sysbatch_no_secure_computing);
#define filters_permit() (!static_call(sysbatch_secure_computing)(NULL))
#else
#define SYSBATCH_ASKS_FILTERS "__seccomp_permit_syscall"
bool sysbatch_no_secure_computing(void);
DECLARE_STATIC_CALL(sysbatch_secure_computing, sysbatch_no_secure_computing);
#define filters_permit() static_call(sysbatch_secure_computing)()
#endif

int sysbatch_seccomp_init(void);
void sysbatch_guard_begin(struct sysbatch_guard *guard, struct file *file);
void sysbatch_guard_end(struct sysbatch_guard *guard, long result);
/* Has the references given back when the thread ends, if that can be done. */
bool sysbatch_guard_arm(struct sysbatch_guard *guard);

#endif
