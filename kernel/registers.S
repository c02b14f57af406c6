/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fields of the task's registers that a sub-call's arguments and number
 * overwrite, saved while a batch runs. Only these are put back: what else a
 * sub-call changes in them is its own business. The result is not among them:
 * ax is -ENOSYS from the entry of the ioctl on, as it is at the entry of any
 * call, until the ioctl returns.
 *
 * In assembly, for a push saves a field in one instruction and a pop restores
 * it.
 */
#include <linux/linkage.h>

#include <asm/ptrace-abi.h>

/* s64 sysbatch_run_saved(u32 request, u64 address, struct pt_regs *regs) */
SYM_FUNC_START(sysbatch_run_saved)
	pushq	ORIG_RAX(%rdx)
	pushq	RDI(%rdx)
	pushq	RSI(%rdx)
	pushq	RDX(%rdx)
	pushq	R10(%rdx)
	pushq	R8(%rdx)
	pushq	R9(%rdx)
	pushq	%rdx
	call	sysbatch_host_ioctl
	popq	%rdx
	popq	R9(%rdx)
	popq	R8(%rdx)
	popq	R10(%rdx)
	popq	RDX(%rdx)
	popq	RSI(%rdx)
	popq	RDI(%rdx)
	popq	ORIG_RAX(%rdx)
	RET
SYM_FUNC_END(sysbatch_run_saved)
