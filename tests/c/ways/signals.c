/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Signals: what a handler finds, and how the ioctl is restarted.
 */
#include "ways.h"

static struct batch batch;
static int pipe_ends[2];
/* What the handler found. */
static int handled;
static struct sigcontext found;
static struct sysbatch_run found_run;

static void note(int signal, void *info, struct context *context)
{
	(void)signal;
	(void)info;
	handled++;
	found = context->registers;
	found_run = batch.run;
}

/* The registers are those of the ioctl, and it is at an INT 0x80. */
static void check_found(u32 eax)
{
	CHECK_EQUAL(handled, 1);
	CHECK_EQUAL(found.eax, eax);
	CHECK_EQUAL(found.ebx, device);
	CHECK_EQUAL(found.ecx, SYSBATCH_RUN_REQUEST);
	CHECK_EQUAL(found.edx, (u32)&batch.run);
	CHECK_EQUAL(found.esi, IN_ESI);
	CHECK_EQUAL(found.edi, IN_EDI);
	CHECK_EQUAL(found.ebp, IN_EBP);
	CHECK_EQUAL(found.eflags & FLAGS, flags_after);
	CHECK_EQUAL(found_run.status, SYSBATCH_STATUS_INTERRUPTED);
}

static int is_int80(u32 address)
{
	const unsigned char *code = (const unsigned char *)address;

	return code[0] == 0xcd && code[1] == 0x80;
}

/* A batch that reads from a pipe, and gets a signal before there is anything. */
static void interrupted_read(u32 flags, long expected)
{
	static char byte;
	long parent = call0(__NR_getpid), child;

	CHECK_EQUAL(call1(__NR_pipe, pipe_ends), 0);
	handle(SIGUSR1_, note, flags);
	empty(&batch);
	add(&batch, __NR_getpid, 0, 0, 0, 0, 0, 0);
	add(&batch, __NR_read, pipe_ends[0], ADDRESS(&byte), 1, 0, 0, 0);
	add(&batch, __NR_getpid, 0, 0, 0, 0, 0, 0);
	child = fork_();
	if (!child) {
		until_state(parent, 'S');
		call2(__NR_kill, parent, SIGUSR1_);
		/* Restarted, or at the waitpid() below. */
		sleep_ms(20);
		until_state(parent, 'S');
		call3(__NR_write, pipe_ends[1], "x", 1);
		end(0);
	}
	CHECK_EQUAL(enter(&batch), expected);
	CHECK_EQUAL(batch.results[0], parent);
	wait_for(child);
}

static void read_is_restarted(void)
{
	interrupted_read(SA_RESTART_, 0);
	check_found(__NR_ioctl);
	CHECK(is_int80(found.eip));
	CHECK_EQUAL(found_run.pc, 1);
	CHECK_EQUAL(batch.run.status, SYSBATCH_STATUS_DONE);
	CHECK_EQUAL(batch.results[1], 1);
	CHECK_EQUAL(batch.results[2], batch.results[0]);
	CHECK_EQUAL(batch.run.steps, 3);
}

static void read_fails_without_restart(void)
{
	interrupted_read(0, -4);
	check_found((u32)-4);
	CHECK(is_int80(found.eip - 2));
	CHECK_EQUAL(batch.run.status, SYSBATCH_STATUS_INTERRUPTED);
	CHECK_EQUAL(batch.run.pc, 1);
	CHECK_EQUAL(batch.results[1], UNWRITTEN);
	/* The result is that of the read; the batch goes on. */
	batch.results[1] = -4;
	batch.run.pc++;
	CHECK_EQUAL(enter(&batch), 0);
	CHECK_EQUAL(batch.run.status, SYSBATCH_STATUS_DONE);
	CHECK_EQUAL(batch.results[2], batch.results[0]);
}

static void handler_runs_between_two_calls(void)
{
	long pid = call0(__NR_getpid);

	handle(SIGUSR1_, note, 0);
	empty(&batch);
	add(&batch, __NR_kill, pid, SIGUSR1_, 0, 0, 0, 0);
	/* Six arguments, so that every register is another's. */
	add(&batch, __NR_mmap2, 1, 2, 3, 4, 5, 6);
	CHECK_EQUAL(enter(&batch), 0);
	check_found(__NR_ioctl);
	CHECK(is_int80(found.eip));
	CHECK_EQUAL(found_run.pc, 1);
	CHECK_EQUAL(batch.run.status, SYSBATCH_STATUS_DONE);
	CHECK_EQUAL(batch.results[0], 0);
	CHECK_EQUAL(batch.results[1], -9);
	CHECK_EQUAL(batch.run.steps, 2);
}

/* Nanoseconds of CLOCK_MONOTONIC. */
static __s64 now(void)
{
	__s64 time[2];

	CHECK_EQUAL(call2(__NR_clock_gettime64, 1, time), 0);
	return time[0] * 1000000000 + time[1];
}

static void sleep_lasts_over_a_stop(void)
{
	static const u32 time[2] = { 0, 300000000 };
	long parent = call0(__NR_getpid), child;
	__s64 began = now();

	empty(&batch);
	add(&batch, __NR_nanosleep, ADDRESS(time), 0, 0, 0, 0, 0);
	add(&batch, __NR_getpid, 0, 0, 0, 0, 0, 0);
	child = fork_();
	if (!child) {
		until_state(parent, 'S');
		call2(__NR_kill, parent, SIGSTOP_);
		until_state(parent, 'T');
		call2(__NR_kill, parent, SIGCONT_);
		end(0);
	}
	CHECK_EQUAL(enter(&batch), 0);
	CHECK_EQUAL(batch.run.status, SYSBATCH_STATUS_DONE);
	CHECK_EQUAL(batch.results[0], 0);
	CHECK_EQUAL(batch.results[1], parent);
	CHECK(now() - began >= 300000000);
	wait_for(child);
}

static void sleep_ends_with_a_handler(void)
{
	static const u32 time[2] = { 1000, 0 };
	long parent = call0(__NR_getpid), child;

	handle(SIGUSR1_, note, SA_RESTART_);
	empty(&batch);
	add(&batch, __NR_nanosleep, ADDRESS(time), 0, 0, 0, 0, 0);
	child = fork_();
	if (!child) {
		until_state(parent, 'S');
		call2(__NR_kill, parent, SIGUSR1_);
		end(0);
	}
	CHECK_EQUAL(enter(&batch), -4);
	check_found((u32)-4);
	CHECK_EQUAL(batch.run.status, SYSBATCH_STATUS_INTERRUPTED);
	wait_for(child);
}

/* How often a step of the program was trapped. */
static int steps;

static void count_step(int signal, void *info, struct context *context)
{
	(void)signal;
	(void)info;
	(void)context;
	steps++;
}

#define TRAP_FLAG 0x100

/* The traps while a call is made with the trap flag on, and the flags after it. */
static int steps_of(u32 number, u32 argument, u32 *flags)
{
	const struct registers before = { number, (u32)device, SYSBATCH_RUN_REQUEST,
					  argument, IN_ESI, IN_EDI, IN_EBP,
					  FLAGS | TRAP_FLAG, 0 };
	struct registers after;

	steps = 0;
	gate(way, &before, &after);
	CHECK_EQUAL(after.ebp, before.ebp);
	*flags = after.flags;
	return steps;
}

static void single_steps_are_those_of_a_call(void)
{
	u32 flags, batched_flags;
	int alone, batched;

	handle(SIGTRAP_, count_step, 0);
	empty(&batch);
	add(&batch, __NR_getpid, 0, 0, 0, 0, 0, 0);
	add(&batch, __NR_mmap2, 1, 2, 3, 4, 5, 6);
	alone = steps_of(__NR_getpid, 0, &flags);
	batched = steps_of(__NR_ioctl, (u32)&batch.run, &batched_flags);
	CHECK(alone > 4);
	CHECK_EQUAL(batched, alone);
	CHECK_EQUAL(batched_flags, flags);
	CHECK_EQUAL(batch.run.status, SYSBATCH_STATUS_DONE);
	CHECK_EQUAL(batch.results[1], -9);
}

const struct test signal_tests[] = {
	{ "read_is_restarted", read_is_restarted },
	{ "read_fails_without_restart", read_fails_without_restart },
	{ "handler_runs_between_two_calls", handler_runs_between_two_calls },
	{ "sleep_lasts_over_a_stop", sleep_lasts_over_a_stop },
	{ "sleep_ends_with_a_handler", sleep_ends_with_a_handler },
	{ "single_steps_are_those_of_a_call", single_steps_are_those_of_a_call },
	{ 0, 0 },
};
