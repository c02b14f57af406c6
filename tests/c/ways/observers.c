/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Who watches: filters, which are asked inside the batch, and a tracer, to whom the
 * calls are shown.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>

#include "ways.h"

static struct batch batch;

/* A word of what a filter is shown. */
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, (action))
/* Goes on if the word is this, and else so far behind the next. */
#define IF_EQUAL(value, otherwise) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (otherwise))

/*
 * From now on this is done with a call by its number if its last argument, the one in
 * the register of the frame, is 6. If it is not, or the call is a 64-bit one, the
 * process is killed.
 */
static void filter(u32 number, u32 action)
{
	const u32 last = offsetof(struct seccomp_data, args[5]);
	const struct sock_filter filters[] = {
		LOAD(offsetof(struct seccomp_data, arch)),
		IF_EQUAL(AUDIT_ARCH_I386, 7),
		LOAD(offsetof(struct seccomp_data, nr)),
		IF_EQUAL(number, 6),
		LOAD(last),
		IF_EQUAL(6, 3),
		LOAD(last + 4),
		IF_EQUAL(0, 1),
		RETURN(action),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		RETURN(SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {
		sizeof(filters) / sizeof(*filters),
		(struct sock_filter *)filters,
	};

	/* PR_SET_NO_NEW_PRIVS */
	CHECK_EQUAL(call5(__NR_prctl, 38, 1, 0, 0, 0), 0);
	CHECK_EQUAL(call3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program), 0);
}

static void filter_is_asked_in_the_batch(void)
{
	filter(__NR_mmap2, SECCOMP_RET_ERRNO | 99);
	empty(&batch);
	add(&batch, __NR_getpid, 0, 0, 0, 0, 0, 0);
	add(&batch, __NR_mmap2, 1, 2, 3, 4, 5, WITH_RUBBISH(6));
	add(&batch, __NR_fork + 600, 0, 0, 0, 0, 0, 0);
	add(&batch, __NR_getpid, 0, 0, 0, 0, 0, 0);
	CHECK_EQUAL(enter(&batch), 0);
	CHECK_EQUAL(batch.run.status, SYSBATCH_STATUS_DONE);
	CHECK_EQUAL(batch.results[0], call0(__NR_getpid));
	CHECK_EQUAL(batch.results[1], -99);
	CHECK_EQUAL(batch.results[2], -38);
	CHECK_EQUAL(batch.results[3], call0(__NR_getpid));
}

/* What the handler of a trapped call found. */
static struct sigcontext trapped;
static u32 trapped_number, trapped_architecture;

#define THE_ANSWER 0xfffffff1U

static void answer(int signal, void *info, struct context *context)
{
	/* si_syscall and si_arch (sigaction(2)). */
	const u32 *words = info;

	(void)signal;
	trapped = context->registers;
	trapped_number = words[4];
	trapped_architecture = words[5];
	context->registers.eax = THE_ANSWER;
}

static void trap_handler_gets_the_call(void)
{
	struct registers before, after;

	handle(SIGSYS_, answer, 0);
	filter(__NR_mmap2, SECCOMP_RET_TRAP);
	empty(&batch);
	add(&batch, __NR_getpid, 0, 0, 0, 0, 0, 0);
	add(&batch, __NR_mmap2, WITH_RUBBISH(1), 2, 3, 4, 5, 6);
	CHECK_EQUAL(enter_freely(&batch, &before, &after), (int)THE_ANSWER);
	CHECK_EQUAL(batch.run.status, SYSBATCH_STATUS_TRAPPED);
	CHECK_EQUAL(batch.run.pc, 1);
	CHECK_EQUAL(batch.run.steps, 1);
	CHECK_EQUAL(batch.results[1], UNWRITTEN);
	CHECK_EQUAL(trapped_number, __NR_mmap2);
	CHECK_EQUAL(trapped_architecture, AUDIT_ARCH_I386);
	CHECK_EQUAL(trapped.eax, __NR_mmap2);
	CHECK_EQUAL(trapped.ebx, 1);
	CHECK_EQUAL(trapped.ecx, 2);
	CHECK_EQUAL(trapped.edx, 3);
	CHECK_EQUAL(trapped.esi, 4);
	CHECK_EQUAL(trapped.edi, 5);
	CHECK_EQUAL(trapped.ebp, 6);
	CHECK_EQUAL(after.flags, flags_after);
	CHECK_EQUAL(after.esp_moved, 0);
	/* Those of the arguments have changed, which the vDSO makes good in part. */
	CHECK_EQUAL(after.ebx, 1);
	CHECK_EQUAL(after.esi, 4);
	CHECK_EQUAL(after.edi, 5);
}

/* PTRACE_* and PTRACE_O_* that are the same everywhere (ptrace(2)). */
#define TRACEME 0
#define SYSCALL 24
#define SETOPTIONS 0x4200
#define O_TRACESYSGOOD 1
#define O_EXITKILL 0x100000

/* A stop for a system call that a tracee comes to, or its end. */
static int next_stop(long pid, struct ptrace_syscall_info *info)
{
	int status;

	for (;;) {
		CHECK_EQUAL(call4(__NR_ptrace, SYSCALL, pid, 0, 0), 0);
		CHECK_EQUAL(call3(__NR_waitpid, pid, &status, 0), pid);
		if ((status & 0xff) != 0x7f) {
			CHECK_EQUAL(status, 0);
			return 0;
		}
		if ((status >> 8 & 0xff) != (SIGTRAP_ | 0x80))
			continue;
		CHECK(call4(__NR_ptrace, PTRACE_GET_SYSCALL_INFO, pid, sizeof(*info),
			    info) > 0);
		return 1;
	}
}

static void tracer_sees_each_call(void)
{
	static const u32 expected[] = { __NR_ioctl, __NR_getpid, __NR_ioctl,
					__NR_mmap2, __NR_ioctl, __NR_exit_group };
	struct ptrace_syscall_info info;
	long pid = fork_();
	int status;
	u32 k;

	if (!pid) {
		empty(&batch);
		add(&batch, __NR_getpid, 0, 0, 0, 0, 0, 0);
		add(&batch, SYSBATCH_BUILT_IN_SET, 5, 0, 0, 0, 0, 0);
		add(&batch, __NR_mmap2, 1, 2, 3, 4, 5, 6);
		CHECK_EQUAL(call4(__NR_ptrace, TRACEME, 0, 0, 0), 0);
		call2(__NR_kill, call0(__NR_getpid), SIGSTOP_);
		run_all(&batch);
		if (batch.results[1] != 5 || batch.results[2] != -9)
			end(1);
		end(0);
	}
	CHECK_EQUAL(call3(__NR_waitpid, pid, &status, 0), pid);
	CHECK_EQUAL(status, SIGSTOP_ << 8 | 0x7f);
	CHECK_EQUAL(call4(__NR_ptrace, SETOPTIONS, pid, 0,
			  O_TRACESYSGOOD | O_EXITKILL), 0);
	/* The end of kill(). */
	CHECK(next_stop(pid, &info));
	for (k = 0; k < sizeof(expected) / sizeof(*expected); k++) {
		if (k == 0 && info.op == PTRACE_SYSCALL_INFO_EXIT)
			CHECK(next_stop(pid, &info));
		CHECK_EQUAL(info.op, PTRACE_SYSCALL_INFO_ENTRY);
		CHECK_EQUAL(info.arch, AUDIT_ARCH_I386);
		CHECK_EQUAL(info.entry.nr, expected[k]);
		if (expected[k] == __NR_mmap2) {
			CHECK_EQUAL(info.entry.args[0], 1);
			CHECK_EQUAL(info.entry.args[5], 6);
		}
		if (!next_stop(pid, &info))
			break;
		CHECK_EQUAL(info.op, PTRACE_SYSCALL_INFO_EXIT);
		if (expected[k] == __NR_mmap2)
			CHECK_EQUAL((int)info.exit.rval, -9);
		CHECK(next_stop(pid, &info));
	}
	CHECK_EQUAL(k, 5);
}

const struct test observer_tests[] = {
	{ "filter_is_asked_in_the_batch", filter_is_asked_in_the_batch },
	{ "trap_handler_gets_the_call", trap_handler_gets_the_call },
	{ "tracer_sees_each_call", tracer_sees_each_call },
	{ 0, 0 },
};
