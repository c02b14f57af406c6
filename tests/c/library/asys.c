/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* asys: submission, completion in order, interruption, bad input. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asys.h>

#include "check.h"

static long submit(int nr, unsigned long cookie, unsigned long count,
		   unsigned long *args)
{
	struct asys_input input = { nr, cookie, count, args };

	return asys_submit(&input, 1);
}

static struct asys_completion await(void)
{
	struct asys_completion completion = { 0, 0 };

	CHECK_EQUAL(asys_await_completion(&completion), 1);
	return completion;
}

static void many(void)
{
	enum { COUNT = 200 };
	static struct asys_input inputs[COUNT];
	static unsigned long args[COUNT][1];
	static char seen[COUNT];
	unsigned long k;

	for (k = 0; k < COUNT; k++) {
		args[k][0] = (unsigned long)dup(0);
		inputs[k].syscall_nr = __NR_close;
		inputs[k].cookie = k;
		inputs[k].nr_args = 1;
		inputs[k].args = args[k];
	}
	errno = 77;
	CHECK_EQUAL(asys_submit(inputs, COUNT), COUNT);
	CHECK_EQUAL(errno, 77);
	for (k = 0; k < COUNT; k++) {
		struct asys_completion completion = await();

		CHECK_EQUAL(completion.return_code, 0);
		CHECK(completion.cookie < COUNT && !seen[completion.cookie]);
		seen[completion.cookie] = 1;
	}
}

/* What is submitted first but waits completes last. */
static void order(void)
{
	char buffer[1];
	int ends[2];
	unsigned long args[3];
	struct asys_completion completion;

	CHECK(pipe(ends) == 0);
	args[0] = (unsigned long)ends[0];
	args[1] = (unsigned long)buffer;
	args[2] = 1;
	CHECK_EQUAL(submit(__NR_read, 1, 3, args), 1);
	CHECK_EQUAL(submit(__NR_getppid, 2, 0, NULL), 1);
	completion = await();
	CHECK_EQUAL(completion.cookie, 2);
	CHECK_EQUAL(completion.return_code, getppid());
	CHECK_EQUAL(write(ends[1], "x", 1), 1);
	completion = await();
	CHECK_EQUAL(completion.cookie, 1);
	CHECK_EQUAL(completion.return_code, 1);
	CHECK_EQUAL(submit(__NR_close, 3, 1, (unsigned long[]){ 12345 }), 1);
	CHECK_EQUAL(await().return_code, -EBADF);
	close(ends[0]);
	close(ends[1]);
}

static void on_alarm(int signal)
{
	(void)signal;
}

static void interruption(void)
{
	struct sigaction action;
	struct itimerval timer;
	struct asys_completion completion;
	char buffer[1];
	int ends[2];
	unsigned long args[3];

	CHECK(pipe(ends) == 0);
	args[0] = (unsigned long)ends[0];
	args[1] = (unsigned long)buffer;
	args[2] = 1;
	CHECK_EQUAL(submit(__NR_read, 1, 3, args), 1);
	memset(&action, 0, sizeof(action));
	action.sa_handler = on_alarm;
	CHECK(sigaction(SIGALRM, &action, NULL) == 0);
	/* Again and again, for it may come before the wait has begun. */
	memset(&timer, 0, sizeof(timer));
	timer.it_value.tv_usec = 1000;
	timer.it_interval.tv_usec = 10000;
	CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
	errno = 0;
	CHECK_EQUAL(asys_await_completion(&completion), -1);
	CHECK_EQUAL(errno, EINTR);
	memset(&timer, 0, sizeof(timer));
	CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
	/* The call itself was not interrupted. */
	CHECK_EQUAL(write(ends[1], "x", 1), 1);
	CHECK_EQUAL(await().return_code, 1);
}

static void mistakes(void)
{
	struct asys_completion completion;
	struct asys_input inputs[2];
	char *page = page_before_a_hole();
	struct asys_input *last = (struct asys_input *)(void *)(page + 4096) - 1;

	/* Nothing is out: nothing to wait for, twice. */
	errno = 0;
	CHECK_EQUAL(asys_await_completion(&completion), -1);
	CHECK_EQUAL(errno, ECHILD);
	CHECK_EQUAL(asys_await_completion(NULL), -1);

	CHECK_EQUAL(asys_submit(NULL, 0), 0);
	errno = 0;
	CHECK_EQUAL(asys_submit(NULL, 1), -1);
	CHECK_EQUAL(errno, EFAULT);
	errno = 0;
	CHECK_EQUAL(submit(__NR_getpid, 1, 7, NULL), -1);
	CHECK_EQUAL(errno, EINVAL);
	errno = 0;
	CHECK_EQUAL(submit(__NR_close, 1, 1, NULL), -1);
	CHECK_EQUAL(errno, EFAULT);

	/* The first is taken, the second cannot be read. */
	memset(inputs, 0, sizeof(inputs));
	*last = inputs[0];
	last->syscall_nr = __NR_getppid;
	last->cookie = 9;
	CHECK_EQUAL(asys_submit(last, 2), 1);
	/* A completion that cannot be told stays. */
	errno = 0;
	CHECK_EQUAL(asys_await_completion(NULL), -1);
	CHECK_EQUAL(errno, EFAULT);
	completion = await();
	CHECK_EQUAL(completion.cookie, 9);
	CHECK_EQUAL(completion.return_code, getppid());

	/* Calls on their caller's frame, and numbers that are none. */
	CHECK_EQUAL(submit(__NR_fork, 1, 0, NULL), 1);
	CHECK_EQUAL(await().return_code, -ENOSYS);
	CHECK_EQUAL(submit(__NR_exit_group, 1, 0, NULL), 1);
	CHECK_EQUAL(await().return_code, -ENOSYS);
	CHECK_EQUAL(submit(-5, 1, 0, NULL), 1);
	CHECK_EQUAL(await().return_code, -ENOSYS);
}

static void *other_thread(void *argument)
{
	struct asys_completion completion;

	(void)argument;
	/* What another thread has submitted is not this one's. */
	errno = 0;
	CHECK_EQUAL(asys_await_completion(&completion), -1);
	CHECK_EQUAL(errno, ECHILD);
	CHECK_EQUAL(submit(__NR_getppid, 5, 0, NULL), 1);
	CHECK_EQUAL(await().cookie, 5);
	return NULL;
}

static void threads(void)
{
	pthread_t thread;

	CHECK_EQUAL(submit(__NR_getppid, 4, 0, NULL), 1);
	CHECK_EQUAL(pthread_create(&thread, NULL, other_thread, NULL), 0);
	CHECK_EQUAL(pthread_join(thread, NULL), 0);
	CHECK_EQUAL(await().cookie, 4);
}

/* A child has nothing out, and may submit. */
static void after_fork(void)
{
	int status;
	pid_t child;

	CHECK_EQUAL(submit(__NR_getppid, 6, 0, NULL), 1);
	child = fork();
	if (child == 0) {
		other_thread(NULL);
		_exit(0);
	}
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK_EQUAL(status, 0);
	CHECK_EQUAL(await().cookie, 6);
}

int main(void)
{
	RUN(many());
	RUN(order());
	RUN(interruption());
	RUN(mistakes());
	RUN(threads());
	RUN(after_fork());
	return report();
}
