/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way into the kernel's own dispatcher of system calls.
 */
#ifndef SYSBATCH_DISPATCH_H
#define SYSBATCH_DISPATCH_H

#include <linux/nospec.h>
#include <linux/static_call.h>
#include <linux/types.h>

#include <asm/asm.h>
#include <asm/cpufeature.h>
#include <asm/nospec-branch.h>
#include <asm/unistd.h>

struct pt_regs;

/* The address at which a function can be entered by a direct call, or NULL. */
void *sysbatch_look_for_function(const char *name);
/* The same, for a function without which there is no device. */
void *sysbatch_find_function(const char *name);

long sysbatch_no_dispatcher(const struct pt_regs *regs, unsigned int number);
DECLARE_STATIC_CALL(sysbatch_dispatcher, sysbatch_no_dispatcher);

void sysbatch_no_branch_history(void);
DECLARE_STATIC_CALL(sysbatch_branch_history, sysbatch_no_branch_history);

/*
 * The entry from user space forgets the branch history before a call, so that
 * its caller's branches cannot steer what is speculated in it. Here the
 * branches of the interpreter, in the kernel's own mode, follow the caller's
 * program: the case of classic BPF (arch/x86/net/bpf_jit_comp.c,
 * emit_spectre_bhb_barrier()), and the same two means. The first, clear_bhb_loop(),
 * is exported to kvm's modules only in later kernels, so it is found by its name. It
 * overwrites two registers and no more, which a call in C would not know.
 */
static __always_inline void forget_branch_history(void)
{
	if (cpu_feature_enabled(X86_FEATURE_CLEAR_BHB_LOOP)) {
		__STATIC_CALL_ADDRESSABLE(sysbatch_branch_history);
		asm volatile("call " STATIC_CALL_TRAMP_STR(sysbatch_branch_history)
			     : ASM_CALL_CONSTRAINT : : "rax", "rcx", "memory");
	}
	/* IBHF, where history is restricted in hardware, between modes only. */
	if (cpu_feature_enabled(X86_FEATURE_CLEAR_BHB_HW) ||
	    (cpu_feature_enabled(X86_FEATURE_CLEAR_BHB_LOOP) &&
	     cpu_feature_enabled(X86_FEATURE_HYPERVISOR)))
		asm volatile(".byte 0xf3, 0x48, 0x0f, 0x1e, 0xf8" : : : "memory");
}

/*
 * Makes a system call the way do_syscall_64() does (arch/x86/entry/common.c):
 * the arguments are in the registers of the task, and the number is where
 * everything that looks at the task's call looks for it. What is overwritten
 * was saved (registers.S, seccomp.c). The number is below NR_syscalls; the mask holds
 * for speculation, too.
 */
static __always_inline long dispatch(struct pt_regs *regs, u32 number)
{
	number = array_index_nospec(number, NR_syscalls);
	return static_call(sysbatch_dispatcher)(regs, number);
}

#endif
