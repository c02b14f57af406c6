/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Threads that are cancelled (pthread_cancel): no function of sysbatch.h is a point of that. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <sysbatch.h>

#include "apart.h"

/* What a thread does with a cancellation that waits to act, and how far it came. */
struct work {
	void (*function)(void);
	int is_through;
};

static void *cancelled_already(void *argument)
{
	struct work *work = argument;
	int old;

	CHECK_EQUAL(pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &old), 0);
	CHECK_EQUAL(pthread_cancel(pthread_self()), 0);
	work->function();
	work->is_through = 1;
	pthread_testcancel();
	return NULL;
}

static void check(void (*function)(void))
{
	struct work work = { function, 0 };
	pthread_t thread;
	void *result;

	CHECK_EQUAL(pthread_create(&thread, NULL, cancelled_already, &work), 0);
	CHECK_EQUAL(pthread_join(thread, &result), 0);
	CHECK(result == PTHREAD_CANCELED);
	CHECK(work.is_through);
}

static void run_a_batch(void)
{
	struct sysbatch *sysbatch;
	struct sysbatch_entry entry;
	struct sysbatch_run run;
	int64_t result = 0;

	CHECK_EQUAL(sysbatch_open(&sysbatch, 0, NULL, 0), 0);
	sysbatch_call(&entry, __NR_getppid, 0);
	sysbatch_run_init(&run, &entry, 1, &result, 1);
	CHECK_EQUAL(sysbatch_run_batch(sysbatch, &run), 0);
	CHECK_EQUAL(result, getppid());
	sysbatch_close(sysbatch);
}

static void use_a_ring(void)
{
	struct sysbatch *sysbatch;
	struct sysbatch_ring *ring;
	struct sysbatch_entry entry;
	struct sysbatch_completion done;
	struct sysbatch_run run;
	int64_t result = 0;

	CHECK_EQUAL(sysbatch_open(&sysbatch, 0, NULL, 0), 0);
	CHECK_EQUAL(sysbatch_ring_open(&ring, sysbatch, 4, 2), 0);
	CHECK(sysbatch_ring_fd(ring) >= 0);
	sysbatch_call(&entry, __NR_getppid, 0);
	sysbatch_run_init(&run, &entry, 1, &result, 1);
	CHECK(sysbatch_ring_submit(ring, &run, 7, SYSBATCH_RING_WORKER) >= 0);
	CHECK_EQUAL(sysbatch_ring_wait(ring, &done, 1, 1, -1), 1);
	CHECK_EQUAL(done.user, 7);
	CHECK_EQUAL(result, getppid());
	CHECK_EQUAL(sysbatch_ring_shut_down(ring, 0), 0);
	sysbatch_ring_close(ring);
	sysbatch_close(sysbatch);
}

static void batches(void)
{
	check(run_a_batch);
}

static void rings(void)
{
	check(use_a_ring);
}

int main(void)
{
	RUN(apart(batches));
	RUN(apart(rings));
	return report();
}
