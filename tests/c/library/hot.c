/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* asys: calls that do not wait are made at once, here, and in order. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <asys.h>

#include "check.h"

enum { COUNT = 500 };

static struct asys_input inputs[COUNT];

static struct asys_completion await(void)
{
	struct asys_completion completion = { 0, 0 };

	CHECK_EQUAL(asys_await_completion(&completion), 1);
	return completion;
}

/* How many threads the process has. */
static long threads(void)
{
	char text[4096], *line;
	int file = open("/proc/self/status", O_RDONLY);
	ssize_t length = read(file, text, sizeof(text) - 1);

	CHECK(length > 0);
	close(file);
	text[length] = 0;
	line = strstr(text, "\nThreads:");
	CHECK(line != NULL);
	return strtol(line + 9, NULL, 10);
}

/* All of them by the thread that submits, one after the other. */
static void in_order(void)
{
	long tid = syscall(__NR_gettid);
	unsigned long k;

	for (k = 0; k < COUNT; k++) {
		inputs[k].syscall_nr = __NR_gettid;
		inputs[k].cookie = k;
		inputs[k].nr_args = 0;
		inputs[k].args = NULL;
	}
	CHECK_EQUAL(asys_submit(inputs, COUNT), COUNT);
	for (k = 0; k < COUNT; k++) {
		struct asys_completion completion = await();

		CHECK_EQUAL(completion.cookie, k);
		CHECK_EQUAL(completion.return_code, tid);
	}
	for (k = 0; k < COUNT; k++) {
		CHECK_EQUAL(asys_submit(&inputs[k], 1), 1);
		CHECK_EQUAL(await().cookie, k);
	}
	/* Nobody has been needed for it. */
	CHECK_EQUAL(threads(), 1);
}

/* One that waits does not keep those after it, or change their order. */
static void past_one_that_waits(void)
{
	char buffer[1];
	int ends[2];
	unsigned long args[3], k, before = COUNT / 2;

	CHECK(pipe(ends) == 0);
	args[0] = (unsigned long)ends[0];
	args[1] = (unsigned long)buffer;
	args[2] = 1;
	inputs[before].syscall_nr = __NR_read;
	inputs[before].nr_args = 3;
	inputs[before].args = args;
	CHECK_EQUAL(asys_submit(inputs, COUNT), COUNT);
	for (k = 0; k < COUNT; k++) {
		if (k != before)
			CHECK_EQUAL(await().cookie, k);
	}
	CHECK_EQUAL(write(ends[1], "x", 1), 1);
	CHECK_EQUAL(await().cookie, before);
	close(ends[0]);
	close(ends[1]);
}

/* Later calls see what earlier ones have done. */
static void one_after_the_other(void)
{
	int ends[2];
	char buffer[2] = { 0, 0 };
	unsigned long write_args[3], read_args[3];
	struct asys_input pair[2] = {
		{ __NR_write, 1, 3, write_args },
		{ __NR_read, 2, 3, read_args },
	};

	CHECK(pipe(ends) == 0);
	write_args[0] = (unsigned long)ends[1];
	write_args[1] = (unsigned long)"ab";
	write_args[2] = 2;
	read_args[0] = (unsigned long)ends[0];
	read_args[1] = (unsigned long)buffer;
	read_args[2] = 2;
	CHECK_EQUAL(asys_submit(pair, 2), 2);
	CHECK_EQUAL(await().cookie, 1);
	CHECK_EQUAL(await().return_code, 2);
	CHECK(memcmp(buffer, "ab", 2) == 0);
	close(ends[0]);
	close(ends[1]);
}

/* As many as may be out, and not one more. */
static void limit(void)
{
	enum { LIMIT = 65536 };
	struct asys_completion completion;
	unsigned long out = 0, k;
	long taken;

	for (k = 0; k < COUNT; k++) {
		inputs[k].syscall_nr = __NR_getpid;
		inputs[k].nr_args = 0;
		inputs[k].cookie = 0;
	}
	while ((taken = asys_submit(inputs, COUNT)) > 0)
		out += (unsigned long)taken;
	CHECK_EQUAL(errno, EAGAIN);
	CHECK_EQUAL(out, LIMIT);
	for (k = 0; k < LIMIT; k++)
		CHECK_EQUAL(asys_await_completion(&completion), 1);
	CHECK_EQUAL(asys_await_completion(&completion), -1);
	CHECK_EQUAL(errno, ECHILD);
	CHECK_EQUAL(asys_submit(inputs, 1), 1);
	CHECK_EQUAL(await().return_code, getpid());
}

static void *one_call(void *unused)
{
	(void)unused;
	CHECK_EQUAL(asys_submit(inputs, 1), 1);
	await();
	return NULL;
}

/* The memory of this process, in pages. */
static long memory(void)
{
	char text[100];
	int file = open("/proc/self/statm", O_RDONLY);

	CHECK(read(file, text, sizeof(text)) > 0);
	close(file);
	return strtol(text, NULL, 10);
}

/* What a thread has is another's when it has ended. */
static void threads_that_end(void)
{
	long before = 0;
	int k;

	for (k = 0; k < 400; k++) {
		pthread_t thread;

		CHECK_EQUAL(pthread_create(&thread, NULL, one_call, NULL), 0);
		CHECK_EQUAL(pthread_join(thread, NULL), 0);
		if (k == 100)
			before = memory();
	}
	/*
	 * In pages: less than half of what 300 of them would take. On a busy
	 * machine many that have been joined have not quite ended.
	 */
	CHECK(memory() - before < 100000);
}

int main(void)
{
	RUN(in_order());
	RUN(past_one_that_waits());
	RUN(one_after_the_other());
	RUN(limit());
	RUN(threads_that_end());
	return report();
}
