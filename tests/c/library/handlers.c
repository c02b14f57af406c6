/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Syslets and asys in signals' handlers, whatever these interrupt. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <asys.h>
#include <syslet.h>

#include "apart.h"

enum { SLOTS = 256, ATOMS = 64, ALARMS = 500, ROUNDS = 500 };
enum { OF_MAIN = 1, OF_HANDLER = 2 };

#define FAILED ((struct syslet_uatom *)-1)

static struct syslet_uatom *ring[SLOTS];
static struct async_head_user head;

/* Syslets that go elsewhere, and whether they are out. */
static struct syslet_uatom atoms[ATOMS];
static volatile char out[ATOMS];
static long pids[ATOMS];

/* Each read finds a byte, but later. */
static int ends[2];
static char byte;
static unsigned long read_args[3];

static volatile unsigned long alarms;
static volatile unsigned long submitted[3], completed[3];

static void one_atom(struct syslet_uatom *atom, unsigned long nr, long *result,
		     unsigned long flags)
{
	memset(atom, 0, sizeof(*atom));
	atom->flags = flags;
	atom->nr = nr;
	atom->ret_ptr = result;
}

static void prepare(void)
{
	memset(&head, 0, sizeof(head));
	head.completion_ring = ring;
	head.ring_size_bytes = sizeof(ring);
	CHECK(pipe(ends) == 0);
	read_args[0] = (unsigned long)ends[0];
	read_args[1] = (unsigned long)&byte;
	read_args[2] = 1;
}

static void call(int nr, unsigned long cookie)
{
	struct asys_input input = { nr, cookie, 0, NULL };

	if (nr == __NR_read) {
		input.nr_args = 3;
		input.args = read_args;
	}
	if (asys_submit(&input, 1) == 1) {
		submitted[cookie]++;
		if (nr == __NR_read)
			CHECK_EQUAL(write(ends[1], "x", 1), 1);
	} else {
		/* Too many are out, or there is no thread yet. */
		CHECK_EQUAL(errno, EAGAIN);
	}
}

/* One here, and one elsewhere, if any of these atoms is free. */
static void syslets(int first, int last)
{
	struct syslet_uatom here, *done;
	long pid = 0;
	int k;

	one_atom(&here, __NR_getpid, &pid, 0);
	done = async_exec(&here, &head);
	if (done != FAILED)
		CHECK(done == &here && pid == getpid());
	else
		CHECK_EQUAL(errno, EAGAIN);
	for (k = first; k < last && out[k]; k++)
		;
	if (k == last)
		return;
	pids[k] = 0;
	one_atom(&atoms[k], __NR_getpid, &pids[k], SYSLET_ASYNC);
	out[k] = 1;
	done = async_exec(&atoms[k], &head);
	if (done != NULL) {
		CHECK(done == FAILED);
		CHECK_EQUAL(errno, EAGAIN);
		out[k] = 0;
	}
}

static void next_alarm(void)
{
	struct itimerval timer;

	memset(&timer, 0, sizeof(timer));
	timer.it_value.tv_usec = 10 + (long)(alarms * 7919 % 200);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void on_alarm(int signal)
{
	int saved = errno;

	(void)signal;
	alarms++;
	call(__NR_getppid, OF_HANDLER);
	if (alarms % 4 == 0)
		call(__NR_read, OF_HANDLER);
	syslets(0, ATOMS / 2);
	if (alarms < ALARMS)
		next_alarm();
	errno = saved;
}

/* Takes what has completed; whether there was anything. */
static int take(void)
{
	struct asys_completion completion;
	struct syslet_uatom *done;
	int any = 0;

	if (asys_await_completion(&completion) == 1) {
		CHECK(completion.cookie == OF_MAIN ||
		      completion.cookie == OF_HANDLER);
		CHECK(completion.return_code == getppid() ||
		      completion.return_code == 1);
		completed[completion.cookie]++;
		any = 1;
	} else {
		CHECK(errno == ECHILD || errno == EINTR);
		any = errno == EINTR;
	}
	while ((done = ring[head.user_ring_idx]) != NULL) {
		ring[head.user_ring_idx] = NULL;
		head.user_ring_idx = (head.user_ring_idx + 1) % SLOTS;
		CHECK_EQUAL(pids[done - atoms], getpid());
		out[done - atoms] = 0;
		any = 1;
	}
	return any;
}

/* The same is done here, with memory taken and given back, as in the handler. */
static void storm(int flags)
{
	struct sigaction action;
	void *memory[16] = { NULL };
	unsigned long round;

	prepare();
	memset(&action, 0, sizeof(action));
	action.sa_handler = on_alarm;
	action.sa_flags = flags;
	CHECK(sigaction(SIGALRM, &action, NULL) == 0);
	next_alarm();
	for (round = 0; round < ROUNDS || alarms < ALARMS; round++) {
		unsigned long place = round % 16;

		free(memory[place]);
		memory[place] = malloc(1 + round * 7919 % 40000);
		CHECK(memory[place] != NULL);
		call(__NR_getppid, OF_MAIN);
		if (round % 8 == 0)
			call(__NR_read, OF_MAIN);
		syslets(ATOMS / 2, ATOMS);
		take();
		take();
	}
	while (take())
		;
	while (async_wait(1, head.user_ring_idx, &head) == 0)
		CHECK(take());
	CHECK_EQUAL(errno, ECHILD);
	CHECK(completed[OF_MAIN] == submitted[OF_MAIN]);
	CHECK(completed[OF_HANDLER] == submitted[OF_HANDLER]);
	CHECK(completed[OF_HANDLER] > ALARMS / 2);
	CHECK_EQUAL(async_head_release(&head), 0);
}

static void storm_with_restart(void)
{
	storm(SA_RESTART);
}

static void storm_without_restart(void)
{
	storm(0);
}

static void storm_within_handlers(void)
{
	storm(SA_NODEFER);
}

static void storm_on_another_stack(void)
{
	static char stack[64 << 10];
	stack_t other;

	memset(&other, 0, sizeof(other));
	other.ss_sp = stack;
	other.ss_size = sizeof(stack);
	CHECK(sigaltstack(&other, NULL) == 0);
	storm(SA_ONSTACK);
}

static struct syslet_uatom begun[2];
static long results[2];
static volatile int round_of_first;

static void on_first(int signal)
{
	unsigned long none = 0;
	struct asys_input waits = { __NR_read, OF_HANDLER, 3, read_args };
	struct asys_input hot = { __NR_getppid, OF_HANDLER, none, NULL };
	struct syslet_uatom elsewhere;
	long ignored;

	(void)signal;
	if (round_of_first == 1) {
		/* Now there is a thread. */
		CHECK_EQUAL(asys_submit(&waits, 1), 1);
		return;
	}
	CHECK_EQUAL(asys_submit(&hot, 1), 1);
	/* A thread cannot be made here. */
	CHECK_EQUAL(asys_submit(&waits, 1), -1);
	CHECK_EQUAL(errno, EAGAIN);
	one_atom(&elsewhere, __NR_getpid, &ignored, SYSLET_ASYNC);
	CHECK(async_exec(&elsewhere, &head) == FAILED);
	CHECK_EQUAL(errno, EAGAIN);
	/* What has begun is not given up, and does not wait here. */
	CHECK(async_exec(&begun[0], &head) == NULL);
}

/* A handler is the first in the process to use them. */
static void first_in_a_handler(void)
{
	static unsigned long *args[3] = { &read_args[0], &read_args[1],
					  &read_args[2] };
	struct asys_completion completion;

	prepare();
	CHECK(signal(SIGUSR1, on_first) != SIG_ERR);
	one_atom(&begun[0], __NR_getpid, &results[0], 0);
	begun[0].next = &begun[1];
	one_atom(&begun[1], __NR_read, &results[1], 0);
	memcpy(begun[1].arg_ptr, args, sizeof(args));
	CHECK(raise(SIGUSR1) == 0);
	CHECK_EQUAL(asys_await_completion(&completion), 1);
	CHECK_EQUAL(completion.return_code, getppid());
	CHECK_EQUAL(asys_await_completion(&completion), -1);
	CHECK_EQUAL(errno, ECHILD);
	CHECK_EQUAL(write(ends[1], "x", 1), 1);
	CHECK_EQUAL(async_wait(1, 0, &head), 0);
	CHECK(ring[0] == &begun[1]);
	CHECK(results[0] == getpid() && results[1] == 1);
	round_of_first = 1;
	CHECK(raise(SIGUSR1) == 0);
	CHECK_EQUAL(write(ends[1], "x", 1), 1);
	CHECK_EQUAL(asys_await_completion(&completion), 1);
	CHECK_EQUAL(completion.return_code, 1);
}

/* Signals that are blocked, and have handlers, make none of this. */
static void blocked_and_no_handler(void)
{
	struct asys_input waits = { __NR_read, OF_MAIN, 3, read_args };
	struct asys_completion completion;
	sigset_t all;

	prepare();
	CHECK(signal(SIGUSR1, on_first) != SIG_ERR);
	sigfillset(&all);
	CHECK(sigprocmask(SIG_SETMASK, &all, NULL) == 0);
	CHECK_EQUAL(asys_submit(&waits, 1), 1);
	CHECK_EQUAL(write(ends[1], "x", 1), 1);
	CHECK_EQUAL(asys_await_completion(&completion), 1);
	CHECK_EQUAL(completion.return_code, 1);
}

int main(void)
{
	RUN(apart(first_in_a_handler));
	RUN(apart(blocked_and_no_handler));
	RUN(apart(storm_with_restart));
	RUN(apart(storm_without_restart));
	RUN(apart(storm_within_handlers));
	RUN(apart(storm_on_another_stack));
	return report();
}
