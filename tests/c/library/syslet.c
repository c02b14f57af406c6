/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Syslets: on the caller's thread, elsewhere, in loops, and wrong. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <syslet.h>

#include "check.h"

#define SLOTS 8
#define FAILED ((struct syslet_uatom *)-1)

static struct syslet_uatom *ring[SLOTS];
static struct async_head_user head;

static void new_head(void)
{
	memset(ring, 0, sizeof(ring));
	memset(&head, 0, sizeof(head));
	head.completion_ring = ring;
	head.ring_size_bytes = sizeof(ring);
}

static void atom(struct syslet_uatom *atom, unsigned long nr, void *a, void *b,
		 void *c, long *result, unsigned long flags,
		 struct syslet_uatom *next)
{
	memset(atom, 0, sizeof(*atom));
	atom->flags = flags;
	atom->nr = nr;
	atom->ret_ptr = result;
	atom->next = next;
	atom->arg_ptr[0] = (unsigned long *)a;
	atom->arg_ptr[1] = (unsigned long *)b;
	atom->arg_ptr[2] = (unsigned long *)c;
}

/* Takes the next completion off the ring, waiting for it. */
static struct syslet_uatom *reap(void)
{
	struct syslet_uatom *done;

	CHECK_EQUAL(async_wait(1, head.user_ring_idx, &head), 0);
	done = ring[head.user_ring_idx];
	CHECK(done != NULL);
	ring[head.user_ring_idx] = NULL;
	head.user_ring_idx = (head.user_ring_idx + 1) % SLOTS;
	return done;
}

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

/* accept, an option, and an echo loop: one syslet serves a real client. */
static void server(void)
{
	/* At the end of its data READ skips to what follows it in memory. */
	enum { ACCEPT, OPTION, READ, CLOSE, WRITE, COUNT };
	struct syslet_uatom atoms[COUNT];
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	unsigned long listening, none = 0, level = IPPROTO_TCP;
	unsigned long option = TCP_NODELAY, size = 64;
	int one = 1, *value = &one, client, k;
	unsigned long value_size = sizeof(one);
	char buffer[64], *target = buffer, answer[16];
	long connection = 0, ignored = 0, got = 0, sent = 0, closed = -1;

	listening = (unsigned long)socket(AF_INET, SOCK_STREAM, 0);
	memset(&address, 0, sizeof(address));
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(bind((int)listening, (struct sockaddr *)&address, length) == 0);
	CHECK(listen((int)listening, 1) == 0);
	CHECK(getsockname((int)listening, (struct sockaddr *)&address,
			  &length) == 0);

	atom(&atoms[ACCEPT], __NR_accept, &listening, &none, &none, &connection,
	     SYSLET_STOP_ON_NEGATIVE, &atoms[OPTION]);
	atom(&atoms[OPTION], __NR_setsockopt, &connection, &level, &option,
	     &ignored, SYSLET_STOP_ON_NEGATIVE, &atoms[READ]);
	atoms[OPTION].arg_ptr[3] = (unsigned long *)&value;
	atoms[OPTION].arg_ptr[4] = &value_size;
	atom(&atoms[READ], __NR_read, &connection, &target, &size, &got,
	     SYSLET_STOP_ON_NON_POSITIVE | SYSLET_SKIP_TO_NEXT_ON_STOP,
	     &atoms[WRITE]);
	atom(&atoms[CLOSE], __NR_close, &connection, NULL, NULL, &closed, 0,
	     NULL);
	atom(&atoms[WRITE], __NR_write, &connection, &target, &got, &sent,
	     SYSLET_STOP_ON_NON_POSITIVE, &atoms[READ]);

	CHECK(async_exec(&atoms[ACCEPT], &head) == NULL);
	client = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(connect(client, (struct sockaddr *)&address, length) == 0);
	for (k = 0; k < 20; k++) {
		CHECK_EQUAL(send(client, "ping", 4, 0), 4);
		CHECK_EQUAL(recv(client, answer, 4, MSG_WAITALL), 4);
		CHECK(memcmp(answer, "ping", 4) == 0);
	}
	close(client);
	CHECK(reap() == &atoms[CLOSE]);
	CHECK(connection >= 0 && got == 0);
	CHECK_EQUAL(ignored, 0);
	CHECK_EQUAL(closed, 0);
	close((int)listening);
}

/* One of many files, with its syslet. */
struct request {
	char name[40], *path, buffer[64], *target;
	unsigned long flags, size;
	long file, got, closed;
	struct syslet_uatom open, read, close;
};

/* Opens, reads and closes every file; returns how many went elsewhere. */
static unsigned long read_files(struct request *requests, int count,
				struct async_head_user *with,
				unsigned long flags)
{
	unsigned long elsewhere = 0, start = with->kernel_ring_idx;
	int k;

	for (k = 0; k < count; k++) {
		struct syslet_uatom *done;

		memset(requests[k].buffer, 0, sizeof(requests[k].buffer));
		requests[k].closed = -1;
		requests[k].open.flags = flags | SYSLET_STOP_ON_NEGATIVE;
		done = async_exec(&requests[k].open, with);
		CHECK(done == NULL || done == &requests[k].close);
		elsewhere += done == NULL;
	}
	CHECK_EQUAL(async_wait(elsewhere, start, with), 0);
	for (k = 0; k < (int)elsewhere; k++) {
		struct syslet_uatom **place =
			&with->completion_ring[(start + (unsigned long)k) %
					       (with->ring_size_bytes / 8)];

		CHECK(*place != NULL && (*place)->nr == __NR_close);
		*place = NULL;
	}
	for (k = 0; k < count; k++) {
		CHECK_EQUAL(requests[k].got, strlen(requests[k].name));
		CHECK_EQUAL(requests[k].closed, 0);
		CHECK(strcmp(requests[k].buffer, requests[k].name) == 0);
	}
	return elsewhere;
}

/* The announcement's own: 1,000 files in random order, each way. */
static void files(void)
{
	enum { COUNT = 1000 };
	static struct request requests[COUNT];
	static struct syslet_uatom *large[COUNT];
	struct async_head_user with;
	char folder[] = "/tmp/files-XXXXXX";
	int k, cached;

	CHECK(mkdtemp(folder) != NULL);
	memset(&with, 0, sizeof(with));
	with.completion_ring = large;
	with.ring_size_bytes = sizeof(large);
	for (k = 0; k < COUNT; k++) {
		struct request *r = &requests[k];
		int file;

		/* 7919 is prime: every number once, in an order of its own. */
		snprintf(r->name, sizeof(r->name), "%s/%d", folder,
			 k * 7919 % COUNT);
		file = open(r->name, O_WRONLY | O_CREAT, 0600);
		CHECK_EQUAL(write(file, r->name, strlen(r->name)),
			    strlen(r->name));
		/* What is not on the disk cannot be dropped from the cache. */
		if (k == COUNT - 1)
			CHECK_EQUAL(syncfs(file), 0);
		close(file);
		r->path = r->name;
		r->target = r->buffer;
		r->size = sizeof(r->buffer);
		atom(&r->open, __NR_open, &r->path, &r->flags, NULL, &r->file, 0,
		     &r->read);
		atom(&r->read, __NR_read, &r->file, &r->target, &r->size,
		     &r->got, 0, &r->close);
		atom(&r->close, __NR_close, &r->file, NULL, NULL, &r->closed, 0,
		     NULL);
	}
	for (cached = 0; cached < 2; cached++) {
		for (k = 0; !cached && k < COUNT; k++) {
			int file = open(requests[k].name, O_RDONLY);

			posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
			close(file);
		}
		read_files(requests, COUNT, &with, 0);
		CHECK_EQUAL(read_files(requests, COUNT, &with, SYSLET_SYNC), 0);
		CHECK_EQUAL(read_files(requests, COUNT, &with, SYSLET_ASYNC),
			    COUNT);
	}
	CHECK_EQUAL(async_head_release(&with), 0);
	for (k = 0; k < COUNT; k++)
		unlink(requests[k].name);
	CHECK(rmdir(folder) == 0);
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
	RUN(server());
	RUN(files());
	CHECK_EQUAL(async_head_release(&head), 0);
	return report();
}
