/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Descriptors that a program did not ask for: there are none among its own, and
 * what it puts where the library had one is left alone.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <generic_batch.h>
#include <syslet.h>

#include "check.h"

#define SLOTS 4
#define NUMBERS 300

static struct syslet_uatom *ring[SLOTS];
static struct async_head_user head;

static void run_elsewhere(void)
{
	struct syslet_uatom atom;
	long pid = 0;

	memset(&atom, 0, sizeof(atom));
	atom.flags = SYSLET_ASYNC;
	atom.nr = __NR_getpid;
	atom.ret_ptr = &pid;
	CHECK(async_exec(&atom, &head) == NULL);
	CHECK_EQUAL(async_wait(1, head.user_ring_idx, &head), 0);
	CHECK(ring[head.user_ring_idx] == &atom);
	ring[head.user_ring_idx] = NULL;
	head.user_ring_idx = (head.user_ring_idx + 1) % SLOTS;
	CHECK_EQUAL(pid, getpid());
}

static void new_head(void)
{
	memset(ring, 0, sizeof(ring));
	memset(&head, 0, sizeof(head));
	head.completion_ring = ring;
	head.ring_size_bytes = sizeof(ring);
}

/* How many of the numbers that programs count on are in use. */
static int low_numbers(void)
{
	int number, used = 0;

	for (number = 0; number < 200; number++)
		used += fcntl(number, F_GETFD) >= 0;
	return used;
}

/* A syslet opens nothing, wherever it runs. */
static void none_for_a_syslet(void)
{
	int before = low_numbers();

	new_head();
	run_elsewhere();
	CHECK_EQUAL(low_numbers(), before);
	CHECK_EQUAL(async_head_release(&head), 0);
	CHECK_EQUAL(low_numbers(), before);
}

/* Puts an empty file at every number, and returns one of its own. */
static int cover(void)
{
	char name[] = "/tmp/sysbatch-descriptors-XXXXXX";
	int number, file = mkstemp(name);

	CHECK(file >= 0);
	CHECK_EQUAL(unlink(name), 0);
	CHECK_EQUAL(dup2(file, NUMBERS), NUMBERS);
	for (number = 3; number < NUMBERS; number++)
		CHECK_EQUAL(dup2(NUMBERS, number), number);
	return NUMBERS;
}

static void assert_untouched(int file)
{
	struct stat status;
	int number;

	CHECK_EQUAL(fstat(file, &status), 0);
	CHECK_EQUAL(status.st_size, 0);
	for (number = 3; number < NUMBERS; number++)
		CHECK(fcntl(number, F_GETFD) >= 0);
}

/* Runs it in a child, for afterwards no number is what it was. */
static void in_child(void (*body)(void))
{
	pid_t child = fork();
	int status;

	CHECK(child >= 0);
	if (child == 0) {
		body();
		_exit(0);
	}
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK_EQUAL(status, 0);
}

static void head_after_its_numbers_are_taken(void)
{
	int file;

	new_head();
	run_elsewhere();
	file = cover();
	run_elsewhere();
	CHECK_EQUAL(async_head_release(&head), 0);
	assert_untouched(file);
}

/* One that was asked for, too. */
static void descriptor_after_its_number_is_taken(void)
{
	struct pollfd wanted = { 0, POLLIN, 0 };
	uint64_t count;
	int file;

	new_head();
	run_elsewhere();
	wanted.fd = async_head_fd(&head);
	CHECK(wanted.fd >= 0);
	/* There has been a completion before. */
	CHECK_EQUAL(poll(&wanted, 1, 0), 1);
	CHECK_EQUAL(read(wanted.fd, &count, sizeof(count)), sizeof(count));
	CHECK_EQUAL(poll(&wanted, 1, 0), 0);
	run_elsewhere();
	CHECK_EQUAL(poll(&wanted, 1, -1), 1);
	file = cover();
	run_elsewhere();
	CHECK_EQUAL(async_head_release(&head), 0);
	assert_untouched(file);
}

/* The library's own number of an asynchronous batch's descriptor. */
static void batch_after_its_number_is_taken(void)
{
	int ends[2], file, wanted;
	char byte;
	long returns[1] = { 0 };
	char *buffer = &byte;
	long number, size = 1, read_ = __NR_read;
	void *call[] = { (void *)read_, &number, &buffer, &size, NULL };
	void *calls[] = { call };

	CHECK_EQUAL(pipe(ends), 0);
	number = fcntl(ends[0], F_DUPFD, NUMBERS + 1);
	ends[1] = fcntl(ends[1], F_DUPFD, NUMBERS + 1);
	CHECK(number > NUMBERS && ends[1] > NUMBERS);
	wanted = (int)batch(returns, calls, 1, BATCH_ASYNC);
	CHECK(wanted >= 0);
	file = cover();
	CHECK_EQUAL(write(ends[1], "x", 1), 1);
	while (*(volatile long *)returns != 1)
		usleep(1000);
	/* What is done after the last call. */
	usleep(50000);
	assert_untouched(file);
}

int main(void)
{
	RUN(none_for_a_syslet());
	RUN(in_child(head_after_its_numbers_are_taken));
	RUN(in_child(descriptor_after_its_number_is_taken));
	RUN(in_child(batch_after_its_number_is_taken));
	return report();
}
