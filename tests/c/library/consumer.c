/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The library as a program of C or C++ uses it: batches are built once and run
 * often, errors are told by negated errnos, and errno is left alone.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sysbatch.h>
/*
 * Every header has to compile beside the others, twice; generic_batch.h, whose
 * function has the name of another, has a test of its own.
 */
#include <asys.h>
#include <linux/asys.h>
#include <sysbatch_combined.h>
#include <sysbatch_combined.h>
#include <linux/batch.h>
#include <linux/batch.h>
#include <supersyscall.h>
#include <linux/supersyscall.h>
#include <syslet.h>
#include <linux/syslet.h>
#include <sysbatch.h>

#include "check.h"

static struct sysbatch *open_library(unsigned int flags)
{
	struct sysbatch *sysbatch = NULL;
	char why[200];

	memset(why, 'x', sizeof(why));
	CHECK_EQUAL(sysbatch_open(&sysbatch, flags, why, sizeof(why)), 0);
	CHECK(sysbatch != NULL && strlen(why) > 0 && strlen(why) < sizeof(why));
	return sysbatch;
}

/* open, read, close: built once, run a hundred times. */
static void run_often(struct sysbatch *sysbatch)
{
	static const char path[] = "/proc/version";
	struct sysbatch_entry entries[3];
	int64_t results[3];
	struct sysbatch_run run;
	char buffer[64];
	int k;

	sysbatch_call(&entries[0], __NR_openat, 4, sysbatch_value(AT_FDCWD),
		      sysbatch_pointer(path), sysbatch_value(O_RDONLY),
		      sysbatch_value(0));
	sysbatch_branch(&entries[0], SYSBATCH_JUMP_EXIT, 0, 0);
	sysbatch_call(&entries[1], __NR_read, 3, sysbatch_result(0),
		      sysbatch_pointer(buffer), sysbatch_value(sizeof(buffer)));
	sysbatch_call(&entries[2], __NR_close, 1, sysbatch_result(0));
	for (k = 0; k < 100; k++) {
		memset(buffer, 0, sizeof(buffer));
		sysbatch_run_init(&run, entries, 3, results, 3);
		errno = 77;
		CHECK_EQUAL(sysbatch_run_batch(sysbatch, &run), 0);
		CHECK_EQUAL(errno, 77);
		CHECK_EQUAL(run.status, SYSBATCH_STATUS_DONE);
		CHECK_EQUAL(run.steps, 3);
		CHECK(results[0] >= 0);
		CHECK_EQUAL(results[1], sizeof(buffer));
		CHECK_EQUAL(results[2], 0);
		CHECK(memcmp(buffer, "Linux version", 13) == 0);
	}
}

/* A call that fails, a branch, a built-in, an operand in memory. */
static void branches(struct sysbatch *sysbatch)
{
	struct sysbatch_entry entries[3];
	int64_t results[3] = { 1, 1, 1 };
	uint64_t word = 40;
	struct sysbatch_run run;

	sysbatch_call(&entries[0], __NR_close, 1, sysbatch_value(-1));
	sysbatch_branch(&entries[0], 1, 0, 0);
	sysbatch_call(&entries[1], __NR_getpid, 0);
	sysbatch_call(&entries[2], SYSBATCH_BUILT_IN_ADD, 2,
		      sysbatch_memory(&word), sysbatch_value(2));
	sysbatch_destination(&entries[2], 1);
	sysbatch_run_init(&run, entries, 3, results, 3);
	CHECK_EQUAL(sysbatch_run_batch(sysbatch, &run), 0);
	CHECK_EQUAL(results[0], -EBADF);
	CHECK_EQUAL(results[1], 42);
	CHECK_EQUAL(results[2], 1);
}

/* What the kernel hands back is made all the same. */
static void handed_back(struct sysbatch *sysbatch)
{
	struct sysbatch_entry entries[2];
	int64_t results[2];
	struct sysbatch_run run;
	int status;

	sysbatch_call(&entries[0], __NR_fork, 0);
	sysbatch_call(&entries[1], __NR_getpid, 0);
	sysbatch_run_init(&run, entries, 2, results, 2);
	CHECK_EQUAL(sysbatch_run_batch(sysbatch, &run), 0);
	if (results[0] == 0)
		_exit(results[1] == getpid() ? 9 : 1);
	CHECK(results[0] > 0);
	CHECK_EQUAL(results[1], getpid());
	CHECK_EQUAL(waitpid((pid_t)results[0], &status, 0), results[0]);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 9);
}

static void mistakes(struct sysbatch *sysbatch)
{
	struct sysbatch_entry entry;
	int64_t result = 5;
	struct sysbatch_run run;
	char text[200];
	size_t length;

	sysbatch_call(&entry, __NR_getpid, 0);
	sysbatch_run_init(&run, &entry, 1, &result, 1);
	run.program = 8;
	errno = 77;
	CHECK_EQUAL(sysbatch_run_batch(sysbatch, &run), -EFAULT);
	CHECK_EQUAL(errno, 77);
	CHECK_EQUAL(run.status, SYSBATCH_STATUS_REFUSED);
	length = sysbatch_explain(&run, -EFAULT, text, sizeof(text));
	CHECK(length == strlen(text) && strstr(text, "entry 0 was refused"));

	sysbatch_run_init(&run, &entry, 1, (int64_t *)(uintptr_t)16, 1);
	CHECK_EQUAL(sysbatch_run_batch(sysbatch, &run), -EFAULT);
	CHECK_EQUAL(run.status, SYSBATCH_STATUS_UNSTORED);
	CHECK_EQUAL(run.value, getpid());

	sysbatch_run_init(&run, &entry, 1, &result, 1);
	entry.flags = 1;
	CHECK_EQUAL(sysbatch_run_batch(sysbatch, &run), -EINVAL);
	run.fuel = 0;
	CHECK_EQUAL(sysbatch_run_batch(sysbatch, &run), 0);
	CHECK_EQUAL(run.status, SYSBATCH_STATUS_OUT_OF_FUEL);
	run.format = 99;
	CHECK_EQUAL(sysbatch_run_batch(sysbatch, &run), -EINVAL);
	CHECK_EQUAL(run.status, SYSBATCH_STATUS_NONE);
	CHECK_EQUAL(result, 5);

	CHECK_EQUAL(sysbatch_run_batch(sysbatch, NULL), -EFAULT);
	CHECK_EQUAL(sysbatch_run_batch(NULL, &run), -EFAULT);
	CHECK_EQUAL(sysbatch_run_batch(
			    sysbatch,
			    (struct sysbatch_run *)((char *)&run + 4)),
		    -EINVAL);
	CHECK_EQUAL(sysbatch_kind(NULL), -EFAULT);
	CHECK_EQUAL(sysbatch_device_fd(NULL), -EFAULT);
	CHECK_EQUAL(sysbatch_crossings(NULL), 0);
	sysbatch_close(NULL);
}

static void texts(void)
{
	struct sysbatch *sysbatch = NULL;
	char text[16];

	CHECK(sysbatch_error_text(-ENOENT, NULL, 0) > 15);
	CHECK(sysbatch_error_text(-ENOENT, text, sizeof(text)) > 15);
	CHECK_EQUAL(strlen(text), 15);
	CHECK(strcmp(text, "No such file or") == 0);
	CHECK_EQUAL(sysbatch_open(&sysbatch, 0x40, text, sizeof(text)), -EINVAL);
	CHECK(sysbatch == NULL);
	CHECK_EQUAL(sysbatch_open(NULL, SYSBATCH_USER, NULL, 0), -EFAULT);
}

int main(void)
{
	static const unsigned int flags[] = { SYSBATCH_SELECT,
					      SYSBATCH_SELECT | SYSBATCH_CHECKED,
					      SYSBATCH_USER };
	unsigned int k;

	for (k = 0; k < sizeof(flags) / sizeof(flags[0]); k++) {
		struct sysbatch *sysbatch = open_library(flags[k]);
		uint64_t before = sysbatch_crossings(sysbatch);
		int kind = sysbatch_kind(sysbatch);

		CHECK(kind == SYSBATCH_KERNEL || kind == SYSBATCH_USER);
		CHECK((kind == SYSBATCH_KERNEL) ==
		      (sysbatch_device_fd(sysbatch) >= 0));
		RUN(run_often(sysbatch));
		RUN(branches(sysbatch));
		CHECK(sysbatch_crossings(sysbatch) >=
		      before + (kind == SYSBATCH_KERNEL ? 101 : 301));
		RUN(handed_back(sysbatch));
		if (flags[k] & SYSBATCH_CHECKED)
			RUN(mistakes(sysbatch));
		sysbatch_close(sysbatch);
	}
	RUN(texts());
	return report();
}
