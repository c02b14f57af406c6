/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* supersyscall, with good and with bad arguments. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <supersyscall.h>

#include "check.h"

#define UNWRITTEN 0x5EED

static struct supersyscall_args call(unsigned nr, long a, long b, long c)
{
	struct supersyscall_args args = { nr, { a, b, c, 0, 0, 0 } };

	return args;
}

/* The announcement's own: hello to two descriptors. */
static void hello(void)
{
	static char first[] = "hello", second[] = "world!";
	struct supersyscall_args args[2];
	long rets[2] = { UNWRITTEN, UNWRITTEN };
	char found[16];
	int a[2], b[2];

	CHECK(pipe(a) == 0 && pipe(b) == 0);
	args[0] = call(__NR_write, a[1], (long)first, 5);
	args[1] = call(__NR_write, b[1], (long)second, 6);
	errno = 77;
	CHECK_EQUAL(supersyscall(rets, args, 2, SUPERSYSCALL__abort_on_failure),
		    2);
	CHECK_EQUAL(errno, 77);
	CHECK_EQUAL(rets[0], 5);
	CHECK_EQUAL(rets[1], 6);
	CHECK(read(a[0], found, sizeof(found)) == 5 &&
	      memcmp(found, "hello", 5) == 0);
	CHECK(read(b[0], found, sizeof(found)) == 6 &&
	      memcmp(found, "world!", 6) == 0);
}

/* A failing call's result is stored; it is the last one, or not. */
static void failures(void)
{
	struct supersyscall_args args[3];
	long rets[3] = { UNWRITTEN, UNWRITTEN, UNWRITTEN };

	args[0] = call(__NR_getpid, 0, 0, 0);
	args[1] = call(__NR_close, -1, 0, 0);
	args[2] = call(__NR_getuid, 0, 0, 0);
	CHECK_EQUAL(supersyscall(rets, args, 3, SUPERSYSCALL__abort_on_failure),
		    2);
	CHECK_EQUAL(rets[0], getpid());
	CHECK_EQUAL(rets[1], -EBADF);
	CHECK_EQUAL(rets[2], UNWRITTEN);
	CHECK_EQUAL(supersyscall(rets, args, 3,
				 SUPERSYSCALL__continue_on_failure), 3);
	CHECK_EQUAL(rets[1], -EBADF);
	CHECK_EQUAL(rets[2], getuid());
}

/* Calls that work on their caller's frame, and numbers that are none. */
static void refused(void)
{
	static const unsigned numbers[] = { __NR_fork, __NR_execve, __NR_exit,
					    __NR_rt_sigreturn, 100000,
					    0xffffffff };
	unsigned k;

	for (k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++) {
		struct supersyscall_args args = call(numbers[k], 0, 0, 0);
		long ret = UNWRITTEN;

		CHECK_EQUAL(supersyscall(&ret, &args, 1, 0), 1);
		CHECK_EQUAL(ret, -ENOSYS);
	}
}

static void nothing_to_do(void)
{
	struct supersyscall_args args = call(__NR_getpid, 0, 0, 0);
	long ret = UNWRITTEN;

	CHECK_EQUAL(supersyscall(NULL, NULL, 0, 0), 0);
	/* As the patch had it. */
	CHECK_EQUAL(supersyscall(&ret, &args, -1, 0), 0);
	CHECK_EQUAL(ret, UNWRITTEN);
	CHECK_EQUAL(supersyscall(&ret, &args, 1, 2), 1);
	CHECK_EQUAL(ret, getpid());
}

/* Bad addresses are SIGSEGV there; what came before them has happened. */
static void faults(void)
{
	char *page = page_before_a_hole();
	struct supersyscall_args *last =
		(struct supersyscall_args *)(page + 4096) - 1;
	struct supersyscall_args good[2];
	long *slot = (long *)(page + 4096) - 1;
	long rets[2] = { UNWRITTEN, UNWRITTEN };

	good[0] = good[1] = *last = call(__NR_getppid, 0, 0, 0);
	CHECK(FAULTS(supersyscall(rets, last, 2, 0)));
	CHECK(fault_address == page + 4096);
	CHECK_EQUAL(rets[0], getppid());
	CHECK_EQUAL(rets[1], UNWRITTEN);

	/* Partly there. */
	CHECK(FAULTS(supersyscall(rets,
				  (struct supersyscall_args *)((char *)last + 16),
				  1, 0)));
	CHECK(fault_address == page + 4096);

	CHECK(FAULTS(supersyscall(slot, good, 2, 0)));
	CHECK(fault_address == page + 4096);
	CHECK_EQUAL(*slot, getppid());

	CHECK(FAULTS(supersyscall(NULL, good, 1, 0)));
	CHECK(fault_address == NULL);
	CHECK(FAULTS(supersyscall(rets, NULL, 1, 0)));
	CHECK(fault_address == NULL);
	CHECK(FAULTS(supersyscall((long *)16, good, 1, 0)));
	CHECK(fault_address == (void *)16);

	/* Memory for reading only cannot take results. */
	*slot = UNWRITTEN;
	CHECK(mprotect(page, 4096, PROT_READ) == 0);
	CHECK(FAULTS(supersyscall(slot, good, 1, 0)));
	CHECK(fault_address == slot);
	CHECK_EQUAL(*slot, UNWRITTEN);
}

static char *mended;

static void mend(int signal)
{
	(void)signal;
	if (mprotect(mended, 8192, PROT_READ | PROT_WRITE) != 0)
		_exit(1);
}

/* A handler may mend what was wrong; the batch goes on, each call made once. */
static void mending(void)
{
	struct supersyscall_args args[3];
	int ends[2];
	char found[8];
	long *slot;

	mended = page_before_a_hole();
	slot = (long *)(mended + 4096) - 1;
	CHECK(pipe(ends) == 0);
	args[0] = args[1] = args[2] =
		call(__NR_write, ends[1], (long)"x", 1);
	CHECK(signal(SIGSEGV, mend) != SIG_ERR);
	CHECK_EQUAL(supersyscall(slot, args, 3, 0), 3);
	CHECK(slot[0] == 1 && slot[1] == 1 && slot[2] == 1);
	CHECK_EQUAL(read(ends[0], found, sizeof(found)), 3);
}

/* Arguments at any address. */
static void misaligned(void)
{
	char memory[80];
	struct supersyscall_args args = call(__NR_getpid, 0, 0, 0);
	long ret;

	memcpy(memory + 3, &args, sizeof(args));
	CHECK_EQUAL(supersyscall((long *)(void *)(memory + 63 + 4),
				 (struct supersyscall_args *)(void *)(memory + 3),
				 1, 0), 1);
	memcpy(&ret, memory + 67, sizeof(ret));
	CHECK_EQUAL(ret, getpid());
}

int main(void)
{
	RUN(hello());
	RUN(failures());
	RUN(refused());
	RUN(nothing_to_do());
	RUN(misaligned());
	catch_faults();
	RUN(faults());
	RUN(mending());
	return report();
}
