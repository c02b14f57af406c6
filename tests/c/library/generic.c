/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* batch() of the generic question: every argument is a pointer. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <generic_batch.h>

#include "check.h"

#define UNWRITTEN 0x5EED

/* open, read, close: the descriptor is where the first result goes. */
static void chain(void)
{
	static const char path[] = "/proc/version";
	const char *name = path;
	char buffer[13], *target = buffer;
	long flags = O_RDONLY, size = sizeof(buffer), returns[3];
	long open_ = __NR_open, read_ = __NR_read, close_ = __NR_close;
	void *first[] = { (void *)open_, &name, &flags, NULL };
	void *second[] = { (void *)read_, &returns[0], &target, &size, NULL };
	void *third[] = { (void *)close_, &returns[0], NULL };
	void *calls[] = { first, second, third };

	errno = 77;
	CHECK_EQUAL(batch(returns, calls, 3, 0), 3);
	CHECK_EQUAL(errno, 77);
	CHECK(returns[0] >= 0);
	CHECK_EQUAL(returns[1], 13);
	CHECK_EQUAL(returns[2], 0);
	CHECK(memcmp(buffer, "Linux version", 13) == 0);
}

static void failures(void)
{
	long minus = -1, returns[2] = { UNWRITTEN, UNWRITTEN };
	void *close_[] = { (void *)(long)__NR_close, &minus, NULL };
	void *fork_[] = { (void *)(long)__NR_fork, NULL };
	void *calls[] = { close_, fork_ };

	CHECK_EQUAL(batch(returns, calls, 2, 0), 2);
	CHECK_EQUAL(returns[0], -EBADF);
	CHECK_EQUAL(returns[1], -ENOSYS);
	returns[1] = UNWRITTEN;
	CHECK_EQUAL(batch(returns, calls, 2, BATCH_STOP_ON_FAILURE), 1);
	CHECK_EQUAL(returns[1], UNWRITTEN);
	CHECK_EQUAL(batch(NULL, NULL, 0, 0), 0);
}

static long fails(void *returns, void *calls, long count, long flags)
{
	errno = 0;
	CHECK_EQUAL(batch(returns, calls, count, flags), -1);
	return errno;
}

static void mistakes(void)
{
	long returns[1] = { UNWRITTEN };
	void *getpid_[] = { (void *)(long)__NR_getppid, NULL };
	void *bad_argument[] = { (void *)(long)__NR_close, (void *)8, NULL };
	void *good[] = { getpid_ }, *bad[] = { NULL };
	void *argument[] = { bad_argument };

	CHECK_EQUAL(fails(returns, good, -1, 0), EINVAL);
	CHECK_EQUAL(fails(returns, good, 1, 4), EINVAL);
	CHECK_EQUAL(fails(returns, NULL, 1, 0), EFAULT);
	CHECK_EQUAL(fails(returns, bad, 1, 0), EFAULT);
	CHECK_EQUAL(fails(returns, argument, 1, 0), EFAULT);
	CHECK_EQUAL(fails(NULL, good, 1, 0), EFAULT);
	CHECK_EQUAL(returns[0], UNWRITTEN);
}

static uint64_t await(long descriptor)
{
	struct pollfd poll_ = { (int)descriptor, POLLIN, 0 };
	uint64_t word = 0;

	CHECK_EQUAL(poll(&poll_, 1, -1), 1);
	CHECK_EQUAL(read((int)descriptor, &word, sizeof(word)), sizeof(word));
	CHECK_EQUAL(close((int)descriptor), 0);
	return word;
}

/* A batch that waits for a pipe: the descriptor comes at once. */
static void asynchronous(void)
{
	char buffer[4], *target = buffer;
	long size = sizeof(buffer), returns[2] = { UNWRITTEN, UNWRITTEN };
	long descriptor, from;
	int ends[2];
	void *read_[] = { (void *)(long)__NR_read, &from, &target, &size, NULL };
	void *getpid_[] = { (void *)(long)__NR_getpid, NULL };
	void *calls[] = { read_, getpid_ };
	void *bad[] = { NULL };
	struct pollfd poll_;
	uint64_t word;

	CHECK(pipe(ends) == 0);
	from = ends[0];
	descriptor = batch(returns, calls, 2, BATCH_ASYNC);
	CHECK(descriptor >= 0);
	poll_.fd = (int)descriptor;
	poll_.events = POLLIN;
	CHECK_EQUAL(poll(&poll_, 1, 0), 0);
	CHECK_EQUAL(write(ends[1], "data", 4), 4);
	word = await(descriptor);
	CHECK_EQUAL(BATCH_RESULT(word), 2);
	CHECK_EQUAL(returns[0], 4);
	CHECK_EQUAL(returns[1], getpid());
	CHECK(memcmp(buffer, "data", 4) == 0);

	word = await(batch(returns, bad, 1, BATCH_ASYNC));
	CHECK_EQUAL(BATCH_RESULT(word), -EFAULT);
	word = await(batch(NULL, NULL, 0, BATCH_ASYNC));
	CHECK_EQUAL(BATCH_RESULT(word), 0);

	/* A descriptor that is closed early, and its number used again. */
	returns[0] = UNWRITTEN;
	descriptor = batch(returns, calls, 1, BATCH_ASYNC);
	CHECK(descriptor >= 0);
	CHECK_EQUAL(dup2(ends[0], (int)descriptor), descriptor);
	CHECK_EQUAL(write(ends[1], "data", 4), 4);
	/* It has all of this function's to work on until it is over. */
	while (*(volatile long *)&returns[0] == UNWRITTEN)
		usleep(1000);
	CHECK_EQUAL(returns[0], 4);
	/* Nothing is written to what has the number now. */
	poll_.fd = (int)descriptor;
	CHECK_EQUAL(poll(&poll_, 1, 10), 0);
	CHECK_EQUAL(close((int)descriptor), 0);
	close(ends[0]);
	close(ends[1]);
}

/* In a child of fork it works again. */
static void after_fork(void)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		asynchronous();
		_exit(0);
	}
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK_EQUAL(status, 0);
	asynchronous();
}

int main(void)
{
	RUN(chain());
	RUN(failures());
	RUN(mistakes());
	RUN(asynchronous());
	RUN(after_fork());
	return report();
}
