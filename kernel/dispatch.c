// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls, by the kernel's own dispatcher.
 *
 * The functions called here are not exported. They are found through a kprobe
 * (which tells the address of a symbol) and called through a static call,
 * which is a direct call instruction patched in place. An indirect call would
 * not do: kernels with IBT overwrite the ENDBR of functions whose address they
 * never take (arch/x86/kernel/alternative.c, apply_seal_endbr()), and these
 * are among them. There is no pointer to them for anyone to overwrite, either.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/static_call.h>
#include <linux/stringify.h>
#include <linux/syscalls.h>

#include <asm/ibt.h>

#include "audit.h"
#include "dispatch.h"
#include "seccomp.h"
#include "shim.h"

long sysbatch_no_dispatcher(const struct pt_regs *regs, unsigned int number)
{
	return -ENOSYS;
}

static void no_task_work(void)
{
}

DEFINE_STATIC_CALL(sysbatch_dispatcher, sysbatch_no_dispatcher);
DEFINE_STATIC_CALL(sysbatch_task_work, no_task_work);

#ifdef CONFIG_RSEQ
/*
 * The area of rseq(2) has a flag of its own in later kernels, and what is done for it
 * on the way to user space is inline; so it is done as there if that fails.
 */
#ifdef TIF_RSEQ
#define UPDATE_RSEQ __rseq_handle_slowpath
static void no_rseq(struct pt_regs *regs)
{
}
#else
#define UPDATE_RSEQ __rseq_handle_notify_resume
static void no_rseq(struct ksignal *signal, struct pt_regs *regs)
{
}
#endif

DEFINE_STATIC_CALL(sysbatch_rseq, no_rseq);
#endif

/* Whether there is an ENDBR, or what the kernel has written over one. */
static bool __init is_landing_mark(const void *address)
{
#ifdef CONFIG_X86_KERNEL_IBT
	const u32 word = *(const u32 *)address;

	return word == gen_endbr() || word == gen_endbr_poison();
#else
	return false;
#endif
}

/* Where a function begins, or NULL; *error says whether it may be probed. */
static void * __init locate(const char *name, int *error)
{
	static struct kprobe probe;

	memset(&probe, 0, sizeof(probe));
	probe.symbol_name = name;
	/*
	 * Only the address is wanted: armed, the probe would put a breakpoint
	 * into a function that other processors are in all the time.
	 */
	probe.flags = KPROBE_FLAG_DISABLED;
	*error = register_kprobe(&probe);
	if (!*error)
		unregister_kprobe(&probe);
	if (!probe.addr)
		return NULL;
	/*
	 * The probe is behind the ENDBR. A direct call may land on it, sealed or
	 * not, and call depth tracking looks for what lies before it.
	 */
	if (is_landing_mark((u8 *)probe.addr - 4))
		return (u8 *)probe.addr - 4;
	return probe.addr;
}

/* What went wrong, if anything did, says *error. */
static void * __init look_for(const char *name, int *error)
{
	void *function = locate(name, error);

	return *error ? NULL : function;
}

void * __init sysbatch_look_for_function(const char *name)
{
	int error;

	return look_for(name, &error);
}

void * __init sysbatch_find_function(const char *name)
{
	int error;
	void *function = look_for(name, &error);

	if (!function)
		pr_err("cannot find the kernel function %s (error %d): this kernel is not supported\n",
		       name, error);
	return function;
}

void sysbatch_no_branch_history(void)
{
}

DEFINE_STATIC_CALL(sysbatch_branch_history, sysbatch_no_branch_history);

/* Asked for only where the processor needs it: others never call it. */
static int __init find_branch_history(void)
{
	void *function;
	int error;

	if (!cpu_feature_enabled(X86_FEATURE_CLEAR_BHB_LOOP))
		return 0;
	/*
	 * arch/x86/entry/entry_64.S. Code of the entry is not probed, and the
	 * probe is refused; by then its address is known.
	 */
	function = locate("clear_bhb_loop", &error);
	if (!function) {
		pr_err("cannot find the kernel function clear_bhb_loop, which this processor needs (error %d): this kernel is not supported\n",
		       error);
		return -ENOENT;
	}
	static_call_update(sysbatch_branch_history,
			   (typeof(&sysbatch_no_branch_history))function);
	return 0;
}

static int __init find_rseq(void)
{
#ifdef CONFIG_RSEQ
	/* kernel/rseq.c. */
	void *rseq = sysbatch_find_function(__stringify(UPDATE_RSEQ));

	if (!rseq)
		return -ENOENT;
	static_call_update(sysbatch_rseq, (typeof(&no_rseq))rseq);
#endif
	return 0;
}

int __init sysbatch_dispatch_init(void)
{
	/* arch/x86/entry/syscall_64.c and kernel/task_work.c. */
	void *dispatcher = sysbatch_find_function("x64_sys_call");
	void *task_work = sysbatch_find_function("task_work_run");
	int error;

	if (!dispatcher || !task_work)
		return -ENOENT;
	static_call_update(sysbatch_dispatcher,
			   (typeof(&sysbatch_no_dispatcher))dispatcher);
	static_call_update(sysbatch_task_work, (typeof(&no_task_work))task_work);
	error = find_branch_history();
	if (!error)
		error = find_rseq();
	if (!error)
		error = sysbatch_seccomp_init();
	return error ? error : sysbatch_audit_init();
}

bool SYSBATCH_MADE_AT_ONCE[SYSBATCH_NUMBER_COUNT] __read_mostly;
const u32 SYSBATCH_NR_SYSCALLS = NR_syscalls;
static_assert(NR_syscalls <= SYSBATCH_NUMBER_COUNT,
	      "this kernel has more system calls than the module can tell apart");

/*
 * The number is below NR_syscalls, as shim::Implemented in host/src/shim/calls.rs
 * makes sure.
 */
s64 __noendbr sysbatch_dispatch(struct pt_regs *regs, u32 number)
{
	regs->orig_ax = number;
	forget_branch_history();
	return dispatch(regs, number);
}

void sysbatch_do_task_work(void)
{
	static_call(sysbatch_task_work)();
}

/* As rseq_handle_notify_resume() or rseq_exit_to_user_mode_restart(), inline both. */
void sysbatch_update_rseq(void)
{
#ifdef CONFIG_RSEQ
#ifdef TIF_RSEQ
	/* First: a task that is scheduled in between has it set again. */
	clear_thread_flag(TIF_RSEQ);
	if (current->rseq.event.sched_switch)
		static_call(sysbatch_rseq)(current_pt_regs());
#else
	if (current->rseq)
		static_call(sysbatch_rseq)(NULL, current_pt_regs());
#endif
#endif
}
