/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Calls that change the thread that makes them: no other batch meets it. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asys.h>
#include <generic_batch.h>

#define SLOTS 64
#include "atoms.h"

static long call(int nr, unsigned long count, unsigned long *args)
{
	struct asys_input input = { nr, 1, count, args };
	struct asys_completion completion;

	CHECK_EQUAL(asys_submit(&input, 1), 1);
	CHECK_EQUAL(asys_await_completion(&completion), 1);
	return completion.return_code;
}

/*
 * Asks so many threads elsewhere, all at the same time, of which none may have
 * that name, or a folder of its own.
 */
static void nobody_is(const char *name)
{
	enum { COUNT = 20 };
	static struct syslet_uatom atoms[COUNT][4];
	static char names[COUNT][16], folders[COUNT][64];
	static long ignored[COUNT][4];
	char buffer[COUNT], *target = buffer, here[64];
	unsigned long get = PR_GET_NAME, one = 1, from, length = 64;
	char *places[COUNT], *folder_places[COUNT];
	int ends[2], k;

	CHECK(pipe(ends) == 0);
	CHECK(getcwd(here, sizeof(here)) != NULL);
	from = (unsigned long)ends[0];
	for (k = 0; k < COUNT; k++) {
		places[k] = names[k];
		folder_places[k] = folders[k];
		atom(&atoms[k][0], __NR_read, &from, &target, &one,
		     &ignored[k][0], SYSLET_ASYNC, &atoms[k][1]);
		atom(&atoms[k][1], __NR_prctl, &get, &places[k], NULL,
		     &ignored[k][1], 0, &atoms[k][2]);
		atom(&atoms[k][2], __NR_getcwd, &folder_places[k], &length,
		     NULL, &ignored[k][2], 0, NULL);
		CHECK(async_exec(&atoms[k][0], &head) == NULL);
	}
	CHECK_EQUAL(write(ends[1], buffer, COUNT), COUNT);
	for (k = 0; k < COUNT; k++)
		reap();
	for (k = 0; k < COUNT; k++) {
		CHECK(strcmp(names[k], name) != 0);
		CHECK(strcmp(folders[k], here) == 0);
	}
	close(ends[0]);
	close(ends[1]);
}

/* A call by itself changes the thread that submits it, as it did. */
static void by_asys(void)
{
	char name[] = "by-asys", found[16], old[16];
	unsigned long args[2] = { PR_SET_NAME, (unsigned long)name };
	cpu_set_t all, first;
	unsigned long affinity[3] = { 0, sizeof(first), (unsigned long)&first };
	int k;

	CHECK_EQUAL(prctl(PR_GET_NAME, old), 0);
	for (k = 0; k < 20; k++) {
		CHECK_EQUAL(prctl(PR_SET_NAME, "before"), 0);
		CHECK_EQUAL(call(__NR_prctl, 2, args), 0);
		CHECK_EQUAL(prctl(PR_GET_NAME, found), 0);
		CHECK(strcmp(found, name) == 0);
	}
	CHECK_EQUAL(prctl(PR_SET_NAME, old), 0);
	nobody_is(name);

	CHECK_EQUAL(sched_getaffinity(0, sizeof(all), &all), 0);
	CPU_ZERO(&first);
	for (k = 0; !CPU_ISSET(k, &all); k++)
		;
	CPU_SET(k, &first);
	CHECK_EQUAL(call(__NR_sched_setaffinity, 3, affinity), 0);
	CHECK_EQUAL(sched_getaffinity(0, sizeof(first), &first), 0);
	CHECK_EQUAL(CPU_COUNT(&first), 1);
	CHECK_EQUAL(sched_setaffinity(0, sizeof(all), &all), 0);
}

/* An atom as long as the syslet is here changes the caller's. */
static void by_a_syslet_here(void)
{
	struct syslet_uatom atoms[2];
	char name[] = "by-a-syslet", *place = name, found[16], old[16];
	unsigned long set = PR_SET_NAME;
	long pid = 0, result = -1;

	CHECK_EQUAL(prctl(PR_GET_NAME, old), 0);
	atom(&atoms[0], __NR_prctl, &set, &place, NULL, &result, 0, &atoms[1]);
	atom(&atoms[1], __NR_getpid, NULL, NULL, NULL, &pid, 0, NULL);
	CHECK(async_exec(&atoms[0], &head) == &atoms[1]);
	CHECK_EQUAL(result, 0);
	CHECK_EQUAL(pid, getpid());
	CHECK_EQUAL(prctl(PR_GET_NAME, found), 0);
	CHECK(strcmp(found, name) == 0);
	CHECK_EQUAL(prctl(PR_SET_NAME, old), 0);
}

/* Elsewhere it changes a thread that is then no other's. */
static void by_a_syslet_elsewhere(void)
{
	struct syslet_uatom atoms[4];
	char name[] = "elsewhere", *place = name, root[] = "/proc";
	char *folder = root, found[16], old[16];
	unsigned long set = PR_SET_NAME, files = CLONE_FS;
	long result = -1, unshared = -1, moved = -1;
	int k;

	CHECK_EQUAL(prctl(PR_GET_NAME, old), 0);
	for (k = 0; k < 4; k++) {
		atom(&atoms[0], __NR_prctl, &set, &place, NULL, &result,
		     SYSLET_ASYNC, &atoms[1]);
		atom(&atoms[1], __NR_unshare, &files, NULL, NULL, &unshared, 0,
		     &atoms[2]);
		atom(&atoms[2], __NR_chdir, &folder, NULL, NULL, &moved, 0,
		     NULL);
		CHECK(async_exec(&atoms[0], &head) == NULL);
		reap();
		CHECK(result == 0 && unshared == 0 && moved == 0);
		CHECK_EQUAL(prctl(PR_GET_NAME, found), 0);
		CHECK(strcmp(found, old) == 0);
		nobody_is(name);
	}
}

/* An atom that becomes such a call while its syslet runs. */
static void by_an_atom_that_changes(void)
{
	struct syslet_uatom atoms[2];
	char name[] = "became", *place = name;
	unsigned long set = PR_SET_NAME, one = 8, from;
	unsigned long *target = &atoms[1].nr;
	unsigned long number = __NR_prctl;
	long result = -1, got = 0;
	int ends[2];

	CHECK(pipe(ends) == 0);
	from = (unsigned long)ends[0];
	/* What is read from the pipe is the number of the next call. */
	atom(&atoms[0], __NR_read, &from, &target, &one, &got, 0, &atoms[1]);
	atom(&atoms[1], __NR_getppid, &set, &place, NULL, &result, 0, NULL);
	CHECK(async_exec(&atoms[0], &head) == NULL);
	CHECK_EQUAL(write(ends[1], &number, 8), 8);
	reap();
	CHECK(got == 8 && result == 0);
	nobody_is(name);
	close(ends[0]);
	close(ends[1]);
}

/* The generic batch that runs elsewhere. */
static void by_a_batch(void)
{
	char name[] = "by-a-batch", *place = name;
	unsigned long set = PR_SET_NAME, number = __NR_prctl;
	void *entry[] = { (void *)number, &set, &place, NULL };
	void *entries[] = { entry };
	long result = -1;
	uint64_t word;
	int fd = (int)batch(&result, entries, 1, BATCH_ASYNC);

	CHECK(fd >= 0);
	CHECK_EQUAL(read(fd, &word, sizeof(word)), sizeof(word));
	CHECK_EQUAL(result, 0);
	close(fd);
	nobody_is(name);
}

/* A user that one syslet has given up is still there for the others. */
static void by_setresuid(void)
{
	struct syslet_uatom give_up, ask[20];
	unsigned long nobody = 65534, none = (unsigned long)-1;
	long result = -1, users[20];
	pid_t child = fork();
	int k, status;

	if (child == 0) {
		/* The head is the parent's. */
		memset(ring, 0, sizeof(ring));
		memset(&head, 0, sizeof(head));
		head.completion_ring = ring;
		head.ring_size_bytes = sizeof(ring);
		atom(&give_up, __NR_setresuid, &none, &nobody, &none, &result,
		     SYSLET_ASYNC, NULL);
		CHECK(async_exec(&give_up, &head) == NULL);
		reap();
		CHECK(result == (geteuid() == 0 ? 0 : -EPERM));
		for (k = 0; k < 20; k++) {
			atom(&ask[k], __NR_geteuid, NULL, NULL, NULL, &users[k],
			     SYSLET_ASYNC, NULL);
			CHECK(async_exec(&ask[k], &head) == NULL);
		}
		for (k = 0; k < 20; k++)
			reap();
		for (k = 0; k < 20; k++)
			CHECK_EQUAL(users[k], geteuid());
		_exit(0);
	}
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK_EQUAL(status, 0);
}

int main(void)
{
	head.completion_ring = ring;
	head.ring_size_bytes = sizeof(ring);
	RUN(by_asys());
	RUN(by_a_syslet_here());
	RUN(by_a_syslet_elsewhere());
	RUN(by_an_atom_that_changes());
	RUN(by_a_batch());
	RUN(by_setresuid());
	return report();
}
