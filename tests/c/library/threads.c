/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Syslets and asys beside what else happens to threads and processes: threads
 * that are cancelled, fork in handlers, exec, and a change of user.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <asys.h>
#include <generic_batch.h>
#include <syslet.h>

#include "apart.h"

#define NOBODY 65534

static int ends[2];
static char byte;
static unsigned long read_args[3];

static void prepare(void)
{
	CHECK(pipe(ends) == 0);
	read_args[0] = (unsigned long)ends[0];
	read_args[1] = (unsigned long)&byte;
	read_args[2] = 1;
}

static long submit_read(void)
{
	struct asys_input input = { __NR_read, 1, 3, read_args };

	return asys_submit(&input, 1);
}

/* Everything works here still. */
static void works(void)
{
	struct asys_input hot = { __NR_getppid, 2, 0, NULL };
	struct asys_completion completion;

	CHECK_EQUAL(asys_submit(&hot, 1), 1);
	CHECK_EQUAL(asys_await_completion(&completion), 1);
	CHECK_EQUAL(completion.cookie, 2);
	CHECK_EQUAL(submit_read(), 1);
	/* write(2) of the C library would be a point of cancellation. */
	CHECK_EQUAL(syscall(__NR_write, ends[1], "x", 1), 1);
	CHECK_EQUAL(asys_await_completion(&completion), 1);
	CHECK_EQUAL(completion.return_code, 1);
}

static volatile int is_waiting;

static void *waiter(void *unused)
{
	struct asys_completion completion;

	(void)unused;
	CHECK_EQUAL(submit_read(), 1);
	is_waiting = 1;
	/* It is no point of cancellation. */
	while (asys_await_completion(&completion) != 1)
		CHECK_EQUAL(errno, EINTR);
	CHECK_EQUAL(completion.return_code, 1);
	pthread_testcancel();
	return NULL;
}

static void cancelled_while_it_waits(void)
{
	pthread_t thread;
	void *result;

	prepare();
	CHECK_EQUAL(pthread_create(&thread, NULL, waiter, NULL), 0);
	while (!is_waiting)
		usleep(100);
	usleep(10000);
	CHECK_EQUAL(pthread_cancel(thread), 0);
	usleep(10000);
	CHECK_EQUAL(write(ends[1], "x", 1), 1);
	CHECK_EQUAL(pthread_join(thread, &result), 0);
	CHECK(result == PTHREAD_CANCELED);
	works();
}

static void *submitter(void *type)
{
	struct asys_input hot = { __NR_getppid, 2, 0, NULL };
	struct asys_completion completion;
	int old;

	pthread_setcanceltype(*(int *)type, &old);
	is_waiting = 1;
	for (;;) {
		asys_submit(&hot, 1);
		asys_await_completion(&completion);
		/* It completes some time, or not before the end. */
		if (submit_read() == 1)
			syscall(__NR_write, ends[1], "x", 1);
		pthread_testcancel();
		asys_await_completion(&completion);
	}
	return NULL;
}

static void cancelled(int type)
{
	int k;

	prepare();
	for (k = 0; k < 200; k++) {
		pthread_t thread;
		void *result;

		is_waiting = 0;
		CHECK_EQUAL(pthread_create(&thread, NULL, submitter, &type), 0);
		while (!is_waiting)
			sched_yield();
		usleep((unsigned int)(k * 37 % 300));
		CHECK_EQUAL(pthread_cancel(thread), 0);
		/* It may wait for a read that has lost its byte to another. */
		while (pthread_tryjoin_np(thread, &result) == EBUSY) {
			CHECK_EQUAL(write(ends[1], "x", 1), 1);
			usleep(100);
		}
		CHECK(result == PTHREAD_CANCELED);
	}
	/* What the threads have left undone. */
	close(ends[1]);
	usleep(10000);
	prepare();
	works();
}

static void cancelled_between_calls(void)
{
	cancelled(PTHREAD_CANCEL_DEFERRED);
}

static void cancelled_at_any_moment(void)
{
	cancelled(PTHREAD_CANCEL_ASYNCHRONOUS);
}

/* Uses everything for the first time with a cancellation that waits to act. */
static void *cancelled_already(void *type)
{
	static struct syslet_uatom one, *ring[4];
	struct async_head_user head;
	void *call[] = { (void *)(long)__NR_getppid, NULL };
	void *calls[] = { call };
	uint64_t ended;
	long result = 0;
	int old, descriptor;

	pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &old);
	CHECK_EQUAL(pthread_cancel(pthread_self()), 0);
	works();
	memset(&head, 0, sizeof(head));
	head.completion_ring = ring;
	head.ring_size_bytes = sizeof(ring);
	CHECK(async_head_fd(&head) >= 0);
	one.flags = SYSLET_ASYNC;
	one.nr = __NR_getppid;
	one.ret_ptr = &result;
	CHECK(async_exec(&one, &head) == NULL);
	CHECK_EQUAL(async_wait(1, 0, &head), 0);
	CHECK_EQUAL(result, getppid());
	CHECK_EQUAL(async_head_release(&head), 0);
	result = 0;
	descriptor = (int)batch(&result, calls, 1, BATCH_ASYNC);
	CHECK(descriptor >= 0);
	CHECK_EQUAL(syscall(__NR_read, descriptor, &ended, sizeof(ended)), 8);
	CHECK_EQUAL(result, getppid());
	*(int *)type = 1;
	pthread_testcancel();
	return NULL;
}

static void cancelled_before_the_first_call(void)
{
	pthread_t thread;
	void *result;
	int is_through = 0;

	prepare();
	CHECK_EQUAL(pthread_create(&thread, NULL, cancelled_already,
				   &is_through), 0);
	CHECK_EQUAL(pthread_join(thread, &result), 0);
	CHECK(result == PTHREAD_CANCELED);
	CHECK(is_through);
	works();
}

static volatile unsigned long alarms, children;

static void next_alarm(void)
{
	struct itimerval timer;

	memset(&timer, 0, sizeof(timer));
	timer.it_value.tv_usec = 500 + (long)(alarms * 7919 % 1000);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void on_alarm(int signal)
{
	struct asys_input hot = { __NR_getppid, 2, 0, NULL };
	struct asys_completion completion;
	struct itimerval none;
	int saved = errno;
	pid_t child;

	(void)signal;
	alarms++;
	child = (pid_t)syscall(__NR_fork);
	if (child == 0) {
		memset(&none, 0, sizeof(none));
		setitimer(ITIMER_REAL, &none, NULL);
		/* Nothing is out here, and calls can be made. */
		if (asys_await_completion(&completion) != -1 || errno != ECHILD)
			_exit(1);
		if (asys_submit(&hot, 1) != 1)
			_exit(2);
		if (asys_await_completion(&completion) != 1 ||
		    completion.return_code != getppid())
			_exit(3);
		/* There is no thread, and none can be made in a handler. */
		if (pipe(ends) != 0)
			_exit(5);
		read_args[0] = (unsigned long)ends[0];
		if (submit_read() != -1 || errno != EAGAIN)
			_exit(4);
		_exit(0);
	}
	children += child > 0;
	if (alarms < 100)
		next_alarm();
	errno = saved;
}

static void fork_in_a_handler(void)
{
	struct sigaction action;
	unsigned long ended = 0;
	int status;

	prepare();
	memset(&action, 0, sizeof(action));
	action.sa_handler = on_alarm;
	action.sa_flags = SA_RESTART;
	CHECK(sigaction(SIGALRM, &action, NULL) == 0);
	next_alarm();
	while (alarms < 100 || ended < children) {
		works();
		while (waitpid(-1, &status, WNOHANG) > 0) {
			CHECK_EQUAL(status, 0);
			ended++;
		}
	}
	works();
}

static void *submits(void *unused)
{
	for (;;)
		works();
	return unused;
}

/* The threads end with all others, and the program is another one. */
static void exec_during_submission(void)
{
	pthread_t thread;
	char self[] = "/proc/self/exe", word[] = "exec";
	char *arguments[] = { self, word, NULL };
	int k;

	prepare();
	works();
	for (k = 0; k < 3; k++)
		CHECK_EQUAL(pthread_create(&thread, NULL, submits, NULL), 0);
	usleep(20000);
	execv(self, arguments);
	CHECK(!"it has become another program");
}

/* Each thread of the process has this effective user; how many there are. */
static int all_are(uid_t user)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *task;
	int count = 0;

	CHECK(tasks != NULL);
	while ((task = readdir(tasks)) != NULL) {
		char path[300], text[4096], *line;
		unsigned int real, effective;
		ssize_t length;
		int file;

		if (task->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/self/task/%s/status",
			 task->d_name);
		file = open(path, O_RDONLY);
		if (file < 0)
			continue;
		length = read(file, text, sizeof(text) - 1);
		close(file);
		if (length <= 0)
			continue;
		text[length] = 0;
		line = strstr(text, "\nUid:");
		CHECK(line != NULL &&
		      sscanf(line, "\nUid: %u %u", &real, &effective) == 2);
		CHECK_EQUAL(effective, user);
		count++;
	}
	closedir(tasks);
	return count;
}

/* By the C library it changes for all threads, in a call or not. */
static void another_user(void)
{
	uid_t first = geteuid(), other = first == 0 ? NOBODY : first;
	struct asys_completion completion;
	int k;

	prepare();
	for (k = 0; k < 5; k++)
		CHECK_EQUAL(submit_read(), 1);
	/* Until each has a thread that waits. */
	while (all_are(first) <= 5)
		usleep(1000);
	CHECK_EQUAL(seteuid(other), 0);
	CHECK(all_are(other) > 5);
	CHECK_EQUAL(write(ends[1], "xxxxx", 5), 5);
	for (k = 0; k < 5; k++)
		CHECK_EQUAL(asys_await_completion(&completion), 1);
	CHECK_EQUAL(seteuid(first), 0);
	CHECK(all_are(first) > 0);
	works();
}

static void *changes_user(void *unused)
{
	uid_t first = geteuid(), other = first == 0 ? NOBODY : first;
	int k;

	for (k = 0; k < 300; k++) {
		CHECK_EQUAL(seteuid(other), 0);
		CHECK_EQUAL(seteuid(first), 0);
	}
	is_waiting = 0;
	return unused;
}

/* Again and again, while threads are made and end. */
static void another_user_during_submission(void)
{
	static struct syslet_uatom *ring[8];
	static char name[] = "changed", *place = name;
	struct async_head_user head;
	struct syslet_uatom one;
	unsigned long set = PR_SET_NAME, index = 0;
	pthread_t thread;
	long result;

	prepare();
	memset(&head, 0, sizeof(head));
	head.completion_ring = ring;
	head.ring_size_bytes = sizeof(ring);
	memset(&one, 0, sizeof(one));
	one.flags = SYSLET_ASYNC;
	one.nr = __NR_prctl;
	one.ret_ptr = &result;
	one.arg_ptr[0] = &set;
	one.arg_ptr[1] = (unsigned long *)(void *)&place;
	is_waiting = 1;
	CHECK_EQUAL(pthread_create(&thread, NULL, changes_user, NULL), 0);
	while (is_waiting) {
		/* Its thread ends, and another one takes its place. */
		CHECK(async_exec(&one, &head) == NULL);
		CHECK_EQUAL(async_wait(1, index, &head), 0);
		ring[index] = NULL;
		index = (index + 1) % 8;
		works();
	}
	CHECK_EQUAL(pthread_join(thread, NULL), 0);
}

int main(int count, char **arguments)
{
	if (count > 1 && strcmp(arguments[1], "exec") == 0)
		return 0;
	RUN(apart(cancelled_while_it_waits));
	RUN(apart(cancelled_between_calls));
	RUN(apart(cancelled_at_any_moment));
	RUN(apart(cancelled_before_the_first_call));
	RUN(apart(fork_in_a_handler));
	RUN(apart(exec_during_submission));
	RUN(apart(another_user));
	RUN(apart(another_user_during_submission));
	return report();
}
