/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What combined code does, and in how many crossings, where its batches run in
 * the kernel and where they run in this process.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sysbatch_combine.h>

#include "check.h"

/* The code that is combined; none of it is to be seen by those that call it. */
#define COMBINED static __attribute__((noipa))

COMBINED int write_file(const char *path, const char *text, size_t length)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (file < 0)
		return -1;
	if (write(file, text, length) != (ssize_t)length)
		return -2;
	if (fsync(file) < 0)
		return -3;
	return close(file);
}

COMBINED ssize_t read_file(const char *path, char *buffer, size_t size,
			   struct stat *st)
{
	ssize_t length;
	int file = openat(AT_FDCWD, path, O_RDONLY);

	if (file == -1)
		return -1;
	if (fstat(file, st) != 0)
		return -2;
	length = read(file, buffer, size);
	if (length < 0)
		return -3;
	if (close(file) < 0)
		return -4;
	return length;
}

COMBINED int copy(int source, int target, char *buffer, size_t size)
{
	ssize_t length;

	while ((length = read(source, buffer, size)) > 0)
		if (write(target, buffer, (size_t)length) != length)
			return -2;
	return (int)length;
}

COMBINED int remove_both(const char *file, const char *folder)
{
	int first = unlink(file);
	int second = rmdir(folder);

	return first * 10 + second;
}

/* What was run since it was called the last time. */
static struct sysbatch_combine_count since(void)
{
	static struct sysbatch_combine_count before;
	const struct sysbatch_combine_count now = sysbatch_combine_counted();
	struct sysbatch_combine_count difference = now;

	difference.batches -= before.batches;
	difference.crossings -= before.crossings;
	before = now;
	return difference;
}

/* That so many batches were run, of so many calls. */
static void ran(uint64_t batches, uint64_t calls)
{
	const char *backend = getenv("SYSBATCH_BACKEND");
	const struct sysbatch_combine_count count = since();
	const int in_kernel = backend && strcmp(backend, "kernel") == 0;

	CHECK_EQUAL(count.batches, batches);
	CHECK_EQUAL(count.crossings, in_kernel ? batches : calls);
}

static void files(void)
{
	char buffer[32] = "";
	struct stat st;

	(void)since();
	CHECK_EQUAL(write_file("file", "0123456789", 10), 0);
	ran(1, 4);
	CHECK_EQUAL(read_file("file", buffer, sizeof(buffer), &st), 10);
	ran(1, 4);
	CHECK_EQUAL(st.st_size, 10);
	CHECK(memcmp(buffer, "0123456789", 11) == 0);
}

static void errors(void)
{
	char buffer[32];
	struct stat st;

	errno = 0;
	CHECK_EQUAL(read_file("none", buffer, sizeof(buffer), &st), -1);
	CHECK_EQUAL(errno, ENOENT);
	ran(1, 1);
	CHECK_EQUAL(read_file("folder", buffer, sizeof(buffer), &st), -3);
	CHECK_EQUAL(errno, EISDIR);
	ran(1, 3);
	CHECK_EQUAL(read_file("file", (char *)8, sizeof(buffer), &st), -3);
	CHECK_EQUAL(errno, EFAULT);
	ran(1, 3);
	CHECK_EQUAL(write_file("none/file", "", 0), -1);
	CHECK_EQUAL(errno, ENOENT);
	ran(1, 1);
	if (access("/dev/full", W_OK) == 0) {
		CHECK_EQUAL(write_file("/dev/full", "1", 1), -2);
		CHECK_EQUAL(errno, ENOSPC);
		ran(1, 2);
	}
}

static void loop(void)
{
	int ends[2], target = open("copy", O_RDWR | O_CREAT, 0600);
	char buffer[4], found[16];

	CHECK(target >= 0);
	CHECK(pipe(ends) == 0);
	CHECK_EQUAL(write(ends[1], "0123456789", 10), 10);
	close(ends[1]);
	(void)since();
	CHECK_EQUAL(copy(ends[0], target, buffer, sizeof(buffer)), 0);
	/* Three pieces, and the end. */
	ran(4, 7);
	CHECK_EQUAL(pread(target, found, sizeof(found), 0), 10);
	CHECK(memcmp(found, "0123456789", 10) == 0);
	close(ends[0]);
	close(target);
	CHECK_EQUAL(copy(-1, target, buffer, sizeof(buffer)), -1);
	CHECK_EQUAL(errno, EBADF);
}

static void negative(void)
{
	(void)since();
	/*
	 * The write fails, and -1 is the length that is wanted: not an error for
	 * this code, which is why the batch is not run.
	 */
	CHECK_EQUAL(write_file("file", "", SIZE_MAX), 0);
	ran(0, 0);
	CHECK_EQUAL(remove_both("none", "none"), -11);
	ran(1, 2);
	CHECK_EQUAL(errno, ENOENT);
}

int main(void)
{
	char path[] = "/tmp/sysbatch-XXXXXX";

	CHECK(mkdtemp(path) != NULL);
	CHECK(chdir(path) == 0);
	CHECK(mkdir("folder", 0700) == 0);
	RUN(files());
	RUN(errors());
	RUN(loop());
	RUN(negative());
	CHECK_EQUAL(remove_both("file", "folder"), 0);
	CHECK_EQUAL(remove_both("copy", path), 0);
	return report();
}
