/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Batches that run asynchronously, by sysbatch.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sysbatch.h>

#include "check.h"

/* A batch that reads a byte from a pipe. */
struct reader {
	struct sysbatch_entry entry;
	int64_t result;
	struct sysbatch_run run;
	char byte;
};

static struct sysbatch *sysbatch;

static struct sysbatch_ring *new_ring(unsigned int capacity,
				      unsigned int workers)
{
	struct sysbatch_ring *ring = NULL;

	CHECK_EQUAL(sysbatch_ring_open(&ring, sysbatch, capacity, workers), 0);
	CHECK(ring != NULL);
	return ring;
}

static const struct sysbatch_run *reader(struct reader *reader, int from)
{
	sysbatch_call(&reader->entry, __NR_read, 3, sysbatch_value(from),
		      sysbatch_pointer(&reader->byte), sysbatch_value(1));
	sysbatch_run_init(&reader->run, &reader->entry, 1, &reader->result, 1);
	reader->result = 0;
	return &reader->run;
}

static const struct sysbatch_run *getppid_run(struct reader *reader)
{
	sysbatch_call(&reader->entry, __NR_getppid, 0);
	sysbatch_run_init(&reader->run, &reader->entry, 1, &reader->result, 1);
	reader->result = 0;
	return &reader->run;
}

/* Submit, poll, take. */
static void simple(void)
{
	struct sysbatch_ring *ring = new_ring(4, 2);
	struct sysbatch_completion done[4];
	struct reader batch;
	struct pollfd poll_ = { sysbatch_ring_fd(ring), POLLIN, 0 };
	int ends[2];

	CHECK(pipe(ends) == 0);
	errno = 77;
	CHECK(sysbatch_ring_submit(ring, reader(&batch, ends[0]), 42, 0) >= 0);
	CHECK_EQUAL(poll(&poll_, 1, 0), 0);
	CHECK_EQUAL(sysbatch_ring_wait(ring, done, 4, 0, 0), 0);
	CHECK_EQUAL(sysbatch_ring_wait(ring, done, 4, 1, 1), -ETIMEDOUT);
	CHECK_EQUAL(write(ends[1], "x", 1), 1);
	CHECK_EQUAL(poll(&poll_, 1, -1), 1);
	CHECK_EQUAL(sysbatch_ring_wait(ring, done, 4, 1, -1), 1);
	CHECK_EQUAL(errno, 77);
	CHECK_EQUAL(done[0].user, 42);
	CHECK_EQUAL(done[0].error, 0);
	CHECK_EQUAL(done[0].run.status, SYSBATCH_STATUS_DONE);
	CHECK_EQUAL(batch.result, 1);
	CHECK_EQUAL(batch.byte, 'x');
	CHECK_EQUAL(poll(&poll_, 1, 0), 0);
	CHECK_EQUAL(sysbatch_ring_wait(ring, done, 4, 1, -1), -ECHILD);
	sysbatch_ring_close(ring);
	close(ends[0]);
	close(ends[1]);
}

/* One worker: what waits behind it can be cancelled; a full ring says so. */
static void cancellation(void)
{
	struct sysbatch_ring *ring = new_ring(3, 1);
	struct sysbatch_completion done[3];
	struct reader batches[3];
	int64_t numbers[3];
	int ends[2], k, cancelled = 0;

	CHECK(pipe(ends) == 0);
	for (k = 0; k < 3; k++) {
		numbers[k] = sysbatch_ring_submit(
			ring, reader(&batches[k], ends[0]), (uint64_t)k, 0);
		CHECK(numbers[k] >= 0);
	}
	CHECK_EQUAL(sysbatch_ring_submit(ring, getppid_run(&batches[2]), 9, 0),
		    -EAGAIN);
	reader(&batches[2], ends[0]);
	CHECK_EQUAL(sysbatch_ring_cancel(ring, numbers[2]), 1);
	CHECK_EQUAL(sysbatch_ring_cancel(ring, numbers[2]), 0);
	CHECK_EQUAL(sysbatch_ring_cancel(ring, 12345), 0);
	CHECK_EQUAL(sysbatch_ring_cancel(ring, -1), 0);
	CHECK_EQUAL(write(ends[1], "xy", 2), 2);
	CHECK_EQUAL(sysbatch_ring_wait(ring, done, 3, 3, -1), 3);
	for (k = 0; k < 3; k++) {
		if (done[k].error == -ECANCELED) {
			CHECK_EQUAL(done[k].user, 2);
			cancelled++;
		} else {
			CHECK_EQUAL(batches[done[k].user].result, 1);
		}
	}
	CHECK_EQUAL(cancelled, 1);
	CHECK_EQUAL(batches[2].result, 0);
	sysbatch_ring_close(ring);
	close(ends[0]);
	close(ends[1]);
}

/* Many, through a small ring, each exactly once. */
static void many(void)
{
	enum { COUNT = 2000, CAPACITY = 16 };
	struct sysbatch_ring *ring = new_ring(CAPACITY, 4);
	static struct reader batches[COUNT];
	struct sysbatch_completion done[CAPACITY];
	int submitted = 0, completed = 0, k;

	while (completed < COUNT) {
		int count;

		while (submitted < COUNT &&
		       sysbatch_ring_submit(ring,
					    getppid_run(&batches[submitted]),
					    (uint64_t)submitted,
					    submitted % 2 ? SYSBATCH_RING_WORKER
							  : 0) >= 0)
			submitted++;
		count = sysbatch_ring_wait(ring, done, CAPACITY, 1, -1);
		CHECK(count > 0);
		for (k = 0; k < count; k++) {
			CHECK_EQUAL(done[k].error, 0);
			CHECK_EQUAL(batches[done[k].user].result, getppid());
			batches[done[k].user].result = -1;
		}
		completed += count;
	}
	CHECK_EQUAL(completed, COUNT);
	sysbatch_ring_close(ring);
}

static void shutting_down(void)
{
	struct sysbatch_ring *ring = new_ring(8, 2);
	struct sysbatch_completion done[8];
	struct reader batches[8];
	int k;

	for (k = 0; k < 8; k++)
		CHECK(sysbatch_ring_submit(ring, getppid_run(&batches[k]), 0,
					   SYSBATCH_RING_WORKER) >= 0);
	CHECK_EQUAL(sysbatch_ring_shut_down(ring, 0), 0);
	CHECK_EQUAL(sysbatch_ring_submit(ring, &batches[0].run, 0, 0),
		    -ESHUTDOWN);
	CHECK_EQUAL(sysbatch_ring_wait(ring, done, 8, 8, -1), 8);
	for (k = 0; k < 8; k++)
		CHECK_EQUAL(batches[k].result, getppid());
	sysbatch_ring_close(ring);
}

static void after_fork(void)
{
	struct sysbatch_ring *ring = new_ring(2, 2);
	struct sysbatch_completion done[2];
	struct reader batch;
	int ends[2], status;
	pid_t child;

	CHECK(pipe(ends) == 0);
	CHECK(sysbatch_ring_submit(ring, reader(&batch, ends[0]), 1, 0) >= 0);
	child = fork();
	if (child == 0) {
		struct reader mine;

		CHECK_EQUAL(sysbatch_ring_submit(ring, getppid_run(&mine), 1, 0),
			    -ESTALE);
		CHECK_EQUAL(sysbatch_ring_wait(ring, done, 2, 1, -1), -ESTALE);
		sysbatch_ring_close(ring);
		ring = new_ring(1, 1);
		CHECK(sysbatch_ring_submit(ring, getppid_run(&mine), 1, 0) >= 0);
		CHECK_EQUAL(sysbatch_ring_wait(ring, done, 1, 1, -1), 1);
		_exit(mine.result == getppid() ? 0 : 1);
	}
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK_EQUAL(status, 0);
	CHECK_EQUAL(write(ends[1], "x", 1), 1);
	CHECK_EQUAL(sysbatch_ring_wait(ring, done, 2, 1, -1), 1);
	CHECK_EQUAL(batch.result, 1);
	sysbatch_ring_close(ring);
}

static void mistakes(void)
{
	struct sysbatch_ring *ring = NULL;
	struct sysbatch_completion done;
	struct reader batch;

	CHECK_EQUAL(sysbatch_ring_open(&ring, sysbatch, 0, 1), -EINVAL);
	CHECK_EQUAL(sysbatch_ring_open(&ring, sysbatch, 1, 0), -EINVAL);
	CHECK_EQUAL(sysbatch_ring_open(&ring, NULL, 1, 1), -EFAULT);
	CHECK_EQUAL(sysbatch_ring_open(NULL, sysbatch, 1, 1), -EFAULT);
	CHECK(ring == NULL);
	getppid_run(&batch);
	CHECK_EQUAL(sysbatch_ring_submit(NULL, &batch.run, 0, 0), -EFAULT);
	CHECK_EQUAL(sysbatch_ring_wait(NULL, &done, 1, 1, -1), -EFAULT);
	CHECK_EQUAL(sysbatch_ring_cancel(NULL, 1), -EFAULT);
	CHECK_EQUAL(sysbatch_ring_fd(NULL), -EFAULT);
	CHECK_EQUAL(sysbatch_ring_shut_down(NULL, 0), -EFAULT);
	sysbatch_ring_close(NULL);
	ring = new_ring(1, 1);
	CHECK_EQUAL(sysbatch_ring_submit(ring, NULL, 0, 0), -EFAULT);
	CHECK_EQUAL(sysbatch_ring_submit(ring, &batch.run, 0, 4), -EINVAL);
	CHECK_EQUAL(sysbatch_ring_wait(ring, NULL, 1, 1, -1), -EFAULT);
	CHECK_EQUAL(sysbatch_ring_wait(ring, &done, 1, 2, -1), -EINVAL);
	CHECK_EQUAL(sysbatch_ring_wait(ring, &done, 1, 1, -1), -ECHILD);
	/* A batch that is wrong completes with its error. */
	batch.run.program = 8;
	CHECK(sysbatch_ring_submit(ring, &batch.run, 7, 0) >= 0);
	CHECK_EQUAL(sysbatch_ring_wait(ring, &done, 1, 1, -1), 1);
	CHECK_EQUAL(done.error, -EFAULT);
	CHECK_EQUAL(done.run.status, SYSBATCH_STATUS_REFUSED);
	sysbatch_ring_close(ring);
}

int main(void)
{
	CHECK_EQUAL(sysbatch_open(&sysbatch, SYSBATCH_SELECT | SYSBATCH_CHECKED,
				  NULL, 0), 0);
	RUN(simple());
	RUN(cancellation());
	RUN(many());
	RUN(shutting_down());
	RUN(after_fork());
	RUN(mistakes());
	sysbatch_close(sysbatch);
	return report();
}
