/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Syslets: on the caller's thread, elsewhere, in loops, and wrong. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "atoms.h"

static void fails(struct syslet_uatom *first, struct async_head_user *with,
		  int error)
{
	errno = 0;
	CHECK(async_exec(first, with) == FAILED);
	CHECK_EQUAL(errno, error);
}

/* Calls that do not wait run here: the thread is the caller's. */
static void on_this_thread(void)
{
	struct syslet_uatom atoms[2];
	long pid = 0, tid = 0;

	atom(&atoms[0], __NR_getpid, NULL, NULL, NULL, &pid, 0, &atoms[1]);
	atom(&atoms[1], __NR_gettid, NULL, NULL, NULL, &tid, 0, NULL);
	errno = 77;
	CHECK(async_exec(&atoms[0], &head) == &atoms[1]);
	CHECK_EQUAL(errno, 77);
	CHECK_EQUAL(pid, getpid());
	CHECK_EQUAL(tid, syscall(__NR_gettid));
	CHECK(ring[0] == NULL && head.kernel_ring_idx == 0);
}

/* One that waits goes elsewhere; the caller keeps its thread. */
static void elsewhere(void)
{
	struct syslet_uatom atoms[2];
	unsigned long from, size = 1;
	char buffer[1], *target = buffer;
	long got = 0, tid = 0, mine = syscall(__NR_gettid);
	int ends[2], fd = async_head_fd(&head);
	struct pollfd poll_ = { fd, POLLIN, 0 };
	uint64_t word;

	CHECK(fd >= 0);
	CHECK(pipe(ends) == 0);
	from = (unsigned long)ends[0];
	atom(&atoms[0], __NR_read, &from, &target, &size, &got, 0, &atoms[1]);
	atom(&atoms[1], __NR_gettid, NULL, NULL, NULL, &tid, 0, NULL);
	CHECK(async_exec(&atoms[0], &head) == NULL);
	CHECK_EQUAL(syscall(__NR_gettid), mine);
	CHECK_EQUAL(poll(&poll_, 1, 0), 0);
	CHECK_EQUAL(write(ends[1], "x", 1), 1);
	CHECK_EQUAL(poll(&poll_, 1, -1), 1);
	CHECK_EQUAL(read(fd, &word, sizeof(word)), sizeof(word));
	CHECK(reap() == &atoms[1]);
	CHECK_EQUAL(got, 1);
	CHECK(tid > 0 && tid != mine);
	close(ends[0]);
	close(ends[1]);
}

/* ASYNC, NO_COMPLETE and SYNC, with two atoms at an address. */
static void ways_of(struct syslet_uatom *atoms)
{
	unsigned long from, size = 1;
	char buffer[1], *target = buffer;
	long tid = 0, mine = syscall(__NR_gettid), got = 0;
	int ends[2];

	atom(&atoms[0], __NR_gettid, NULL, NULL, NULL, &tid, SYSLET_ASYNC, NULL);
	CHECK(async_exec(&atoms[0], &head) == NULL);
	CHECK(reap() == &atoms[0]);
	CHECK(tid > 0 && tid != mine);

	/* Nothing is posted: only the result tells. */
	CHECK(pipe(ends) == 0);
	atoms[0].flags |= SYSLET_NO_COMPLETE;
	CHECK(async_exec(&atoms[0], &head) == NULL);
	atom(&atoms[1], __NR_getppid, NULL, NULL, NULL, &got, SYSLET_ASYNC,
	     NULL);
	CHECK(async_exec(&atoms[1], &head) == NULL);
	CHECK(reap() == &atoms[1]);
	while (async_wait(1, head.user_ring_idx, &head) == 0)
		CHECK(0);
	CHECK_EQUAL(errno, ECHILD);

	/* What would wait stays here. */
	CHECK_EQUAL(write(ends[1], "xy", 2), 2);
	from = (unsigned long)ends[0];
	atom(&atoms[0], __NR_read, &from, &target, &size, &got, SYSLET_SYNC,
	     &atoms[1]);
	atom(&atoms[1], __NR_gettid, NULL, NULL, NULL, &tid, 0, NULL);
	CHECK(async_exec(&atoms[0], &head) == &atoms[1]);
	CHECK(got == 1 && tid == mine);
	/* The same for an atom that is not the first. */
	atom(&atoms[0], __NR_gettid, NULL, NULL, NULL, &tid, 0, &atoms[1]);
	atom(&atoms[1], __NR_readahead, &from, &size, &size, &got, SYSLET_SYNC,
	     NULL);
	CHECK(async_exec(&atoms[0], &head) == &atoms[1]);
	CHECK(got < 0 && tid == mine);
	close(ends[0]);
	close(ends[1]);
}

/* On the stack, which is always there, and in memory that may go at any time. */
static void ways(void)
{
	struct syslet_uatom atoms[2], *mapped;
	size_t size = 4096;

	ways_of(atoms);
	mapped = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(mapped != MAP_FAILED);
	ways_of(mapped);
	CHECK_EQUAL(mprotect(mapped, size, PROT_NONE), 0);
	fails(mapped, &head, EFAULT);
	CHECK_EQUAL(munmap(mapped, size), 0);
}

/* A loop with a counter in memory, left by a stop condition. */
static void loop(void)
{
	struct syslet_uatom atoms[3];
	unsigned long counter = (unsigned long)-5000, one = 1;
	unsigned long *place = &counter;
	long result = 0, pid = 0;

	/* While the sum is negative on to getppid, which leads back here. */
	atom(&atoms[0], __NR_getppid, NULL, NULL, NULL, &pid, 0, &atoms[1]);
	atom(&atoms[1], __NR_umem_add, &place, &one, NULL, &result,
	     SYSLET_STOP_ON_ZERO | SYSLET_SKIP_TO_NEXT_ON_STOP, &atoms[0]);
	atom(&atoms[2], __NR_getpid, NULL, NULL, NULL, &pid, 0, NULL);
	CHECK(async_exec(&atoms[0], &head) == &atoms[2]);
	CHECK_EQUAL(counter, 0);
	CHECK_EQUAL(result, 0);
	CHECK_EQUAL(pid, getpid());
	CHECK_EQUAL(umem_add(&counter, 7), 7);
	CHECK_EQUAL(counter, 7);
	errno = 0;
	CHECK_EQUAL(umem_add((unsigned long *)8, 7), -1);
	CHECK_EQUAL(errno, EFAULT);
}

/* A cycle without an end: bounded by a budget, or killed. */
static void cycle(void)
{
	struct syslet_uatom one;
	long result = 0;
	int status;
	pid_t child;

	atom(&one, __NR_getppid, NULL, NULL, NULL, &result, 0, &one);
	CHECK_EQUAL(async_head_budget(&head, 3000), 0);
	fails(&one, &head, ELOOP);
	CHECK_EQUAL(result, getppid());
	one.flags = SYSLET_SYNC;
	fails(&one, &head, ELOOP);
	one.flags = SYSLET_ASYNC;
	CHECK(async_exec(&one, &head) == NULL);
	CHECK(reap() == &one);
	CHECK_EQUAL(result, -ELOOP);
	CHECK_EQUAL(async_head_budget(&head, 0), 0);

	child = fork();
	if (child == 0) {
		new_head();
		async_exec(&one, &head);
		one.flags = 0;
		async_exec(&one, &head);
		_exit(1);
	}
	usleep(50000);
	CHECK_EQUAL(waitpid(child, &status, WNOHANG), 0);
	CHECK_EQUAL(kill(child, SIGKILL), 0);
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void mistakes(void)
{
	struct syslet_uatom one, *page_atom;
	struct async_head_user bad = head;
	unsigned long *nowhere = (unsigned long *)8;
	char *page = page_before_a_hole();
	long result = 0;

	atom(&one, __NR_getppid, NULL, NULL, NULL, &result, 0, NULL);
	fails(NULL, &head, EFAULT);
	fails(&one, NULL, EFAULT);
	fails(&one, (struct async_head_user *)8, EFAULT);
	fails((struct syslet_uatom *)8, &head, EFAULT);
	bad.ring_size_bytes = 0;
	fails(&one, &bad, EINVAL);
	bad.ring_size_bytes = 12;
	fails(&one, &bad, EINVAL);
	bad = head;
	bad.completion_ring = (struct syslet_uatom **)((char *)ring + 4);
	fails(&one, &bad, EINVAL);
	one.flags = 0x100;
	fails(&one, &head, EINVAL);
	one.flags = 0;
	one.ret_ptr = (long *)8;
	fails(&one, &head, EFAULT);
	one.ret_ptr = &result;
	one.next = (struct syslet_uatom *)8;
	fails(&one, &head, EFAULT);
	CHECK_EQUAL(result, getppid());
	one.next = NULL;
	one.arg_ptr[0] = nowhere;
	fails(&one, &head, EFAULT);
	/* An atom that is partly there. */
	page_atom = (struct syslet_uatom *)(void *)(page + 4096 - 40);
	memcpy(page_atom, &one, 40);
	fails(page_atom, &head, EFAULT);
	/* Elsewhere the atom tells. */
	one.flags = SYSLET_ASYNC;
	CHECK(async_exec(&one, &head) == NULL);
	CHECK(reap() == &one);
	CHECK_EQUAL(result, -EFAULT);
	one.arg_ptr[0] = NULL;
	one.nr = __NR_fork;
	CHECK(async_exec(&one, &head) == NULL);
	CHECK(reap() == &one);
	CHECK_EQUAL(result, -ENOSYS);
	one.nr = (unsigned long)-3;
	one.flags = 0;
	CHECK(async_exec(&one, &head) == &one);
	CHECK_EQUAL(result, -ENOSYS);

	errno = 0;
	CHECK_EQUAL(async_wait(SLOTS + 1, 0, &head), -1);
	CHECK_EQUAL(errno, EINVAL);
	errno = 0;
	CHECK_EQUAL(async_wait(1, SLOTS, &head), -1);
	CHECK_EQUAL(errno, EINVAL);
	errno = 0;
	CHECK_EQUAL(async_wait(1, head.user_ring_idx, NULL), -1);
	CHECK_EQUAL(errno, EFAULT);
	/* Twice with nothing out. */
	CHECK_EQUAL(async_wait(1, head.user_ring_idx, &head), -1);
	CHECK_EQUAL(errno, ECHILD);
	CHECK_EQUAL(async_wait(0, head.user_ring_idx, &head), 0);
}

/* More completions than places: none is lost. */
static void ring_full(void)
{
	enum { COUNT = 3 * SLOTS };
	static struct syslet_uatom atoms[COUNT];
	static long results[COUNT];
	unsigned long from, size = 1;
	char buffer[1], *target = buffer;
	int ends[2], k, count;
	struct syslet_uatom *done;

	CHECK(pipe(ends) == 0);
	from = (unsigned long)ends[0];
	for (k = 0; k < COUNT; k++) {
		atom(&atoms[k], __NR_read, &from, &target, &size, &results[k],
		     SYSLET_ASYNC, NULL);
		CHECK(async_exec(&atoms[k], &head) == NULL);
	}
	for (k = 0; k < COUNT; k++)
		CHECK_EQUAL(write(ends[1], "x", 1), 1);
	CHECK_EQUAL(async_wait(SLOTS, head.user_ring_idx, &head), 0);
	/* While some have found no place nothing new is taken. */
	for (k = 0;; k++) {
		done = async_exec(&atoms[0], &head);
		if (done == FAILED)
			break;
		CHECK(done == NULL);
		CHECK_EQUAL(write(ends[1], "x", 1), 1);
		usleep(1000);
	}
	CHECK(done == FAILED && errno == EAGAIN);
	for (count = 0; count < COUNT + k; count++)
		CHECK(reap()->nr == __NR_read);
	CHECK_EQUAL(async_wait(1, head.user_ring_idx, &head), -1);
	CHECK_EQUAL(errno, ECHILD);
	for (k = 0; k < COUNT; k++)
		CHECK_EQUAL(results[k], 1);
	close(ends[0]);
	close(ends[1]);
}

static void on_alarm(int signal)
{
	(void)signal;
}

/* A signal interrupts the wait, not the syslet. */
static void signals(void)
{
	struct syslet_uatom one;
	struct sigaction action;
	struct itimerval timer;
	unsigned long from, size = 1;
	char buffer[1], *target = buffer;
	long got = 0;
	int ends[2];

	CHECK(pipe(ends) == 0);
	from = (unsigned long)ends[0];
	atom(&one, __NR_read, &from, &target, &size, &got, 0, NULL);
	CHECK(async_exec(&one, &head) == NULL);
	memset(&action, 0, sizeof(action));
	action.sa_handler = on_alarm;
	CHECK(sigaction(SIGALRM, &action, NULL) == 0);
	memset(&timer, 0, sizeof(timer));
	timer.it_value.tv_usec = 1000;
	timer.it_interval.tv_usec = 10000;
	CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
	errno = 0;
	CHECK_EQUAL(async_wait(1, head.user_ring_idx, &head), -1);
	CHECK_EQUAL(errno, EINTR);
	memset(&timer, 0, sizeof(timer));
	CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
	CHECK_EQUAL(async_head_release(&head), -1);
	CHECK_EQUAL(errno, EBUSY);
	CHECK_EQUAL(write(ends[1], "x", 1), 1);
	CHECK(reap() == &one);
	CHECK_EQUAL(got, 1);
}

/* fork next to a running syslet: it stays the parent's alone. */
static void after_fork(void)
{
	struct syslet_uatom one, other;
	unsigned long from, size = 1;
	char buffer[1], *target = buffer;
	long got = 0, pid = 0;
	int ends[2], status;
	pid_t child;

	CHECK(pipe(ends) == 0);
	from = (unsigned long)ends[0];
	atom(&one, __NR_read, &from, &target, &size, &got, 0, NULL);
	CHECK(async_exec(&one, &head) == NULL);
	child = fork();
	if (child == 0) {
		/* Nothing is out here, and new ones run. */
		CHECK_EQUAL(async_wait(1, head.user_ring_idx, &head), -1);
		CHECK_EQUAL(errno, ECHILD);
		atom(&other, __NR_getpid, NULL, NULL, NULL, &pid, SYSLET_ASYNC,
		     NULL);
		CHECK(async_exec(&other, &head) == NULL);
		CHECK(reap() == &other);
		_exit(pid == getpid() ? 0 : 1);
	}
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK_EQUAL(status, 0);
	CHECK_EQUAL(write(ends[1], "x", 1), 1);
	CHECK(reap() == &one);
	CHECK_EQUAL(got, 1);
}

int main(void)
{
	new_head();
	RUN(on_this_thread());
	RUN(elsewhere());
	RUN(ways());
	RUN(loop());
	RUN(cycle());
	RUN(mistakes());
	RUN(ring_full());
	RUN(signals());
	RUN(after_fork());
	CHECK_EQUAL(async_head_release(&head), 0);
	return report();
}
