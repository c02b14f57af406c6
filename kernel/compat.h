/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Batches of 32-bit tasks.
 */
#ifndef SYSBATCH_COMPAT_H
#define SYSBATCH_COMPAT_H

#include <linux/nospec.h>
#include <linux/ptrace.h>
#include <linux/static_call.h>
#include <linux/types.h>

#include <asm/unistd.h>

#include "dispatch.h"

struct file;

/* Finds the kernel's function for their calls, or has the device refuse them. */
void sysbatch_compat_init(void);

/* The ioctl of a 32-bit task. */
long sysbatch_compat_ioctl(struct file *file, unsigned int request,
			   unsigned long address);

#ifdef CONFIG_IA32_EMULATION

/* self_test.c: whether the function is the one that it is taken for. */
bool sysbatch_compat_self_test(void);

DECLARE_STATIC_CALL(sysbatch_compat_dispatcher, sysbatch_no_dispatcher);

/* Makes a call the way do_syscall_32_irqs_on() does. The number is that of a call. */
static __always_inline long compat_dispatch(struct pt_regs *regs, u32 number)
{
	number = array_index_nospec(number, IA32_NR_syscalls);
	return static_call(sysbatch_compat_dispatcher)(regs, number);
}

#else

static __always_inline long compat_dispatch(struct pt_regs *regs, u32 number)
{
	return -ENOSYS;
}

#endif

/* What sub-calls of a 32-bit task overwrite in its registers, as in registers.S. */
struct sysbatch_compat_registers {
	unsigned long bx, cx, dx, si, di, bp, orig_ax;
};

static __always_inline struct sysbatch_compat_registers
save_compat_registers(const struct pt_regs *regs)
{
	return (struct sysbatch_compat_registers){
		.bx = regs->bx,
		.cx = regs->cx,
		.dx = regs->dx,
		.si = regs->si,
		.di = regs->di,
		.bp = regs->bp,
		.orig_ax = regs->orig_ax,
	};
}

static __always_inline void
restore_compat_registers(struct pt_regs *regs,
			 const struct sysbatch_compat_registers *saved)
{
	regs->bx = saved->bx;
	regs->cx = saved->cx;
	regs->dx = saved->dx;
	regs->si = saved->si;
	regs->di = saved->di;
	regs->bp = saved->bp;
	regs->orig_ax = saved->orig_ax;
}

#endif
