/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The combined calls of sysbatch_combined.h, against what they stand for. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sysbatch_combined.h>

#include "check.h"

static struct sysbatch *sysbatch;
static int directory;

static void make(const char *name, const char *text, size_t length)
{
	int file = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CHECK(file >= 0);
	CHECK_EQUAL(write(file, text, length), length);
	close(file);
}

static void read_file(void)
{
	static char text[100000], found[100001];
	size_t k;

	for (k = 0; k < sizeof(text); k++)
		text[k] = (char)(k * 7 + k / 256);
	make("file", text, sizeof(text));
	CHECK_EQUAL(sysbatch_read_file(sysbatch, directory, "file", found,
				       sizeof(found)), sizeof(text));
	CHECK(memcmp(text, found, sizeof(text)) == 0);
	CHECK_EQUAL(sysbatch_read_file(sysbatch, directory, "file", found, 10),
		    10);
	CHECK_EQUAL(sysbatch_read_file(sysbatch, directory, "file", found, 0),
		    0);
	/* A file that does not say how long it is. */
	CHECK(sysbatch_read_file(sysbatch, AT_FDCWD, "/proc/self/maps", found,
				 sizeof(found)) > 100);
	CHECK_EQUAL(sysbatch_read_file(sysbatch, directory, "none", found, 9),
		    -ENOENT);
	CHECK_EQUAL(sysbatch_read_file(sysbatch, directory, ".", found, 9),
		    -EISDIR);
}

static void copy(void)
{
	char found[64] = "";
	int from, to;

	make("from", "some bytes to copy", 18);
	from = openat(directory, "from", O_RDONLY);
	to = openat(directory, "to", O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK_EQUAL(sysbatch_copy_file_range(sysbatch, from, to, 10), 10);
	CHECK_EQUAL(sysbatch_copy_file_range(sysbatch, from, to, 1000), 8);
	CHECK_EQUAL(sysbatch_copy_file_range(sysbatch, from, to, 1000), 0);
	CHECK_EQUAL(sysbatch_copy_file_range(sysbatch, from, to, 0), 0);
	CHECK_EQUAL(pread(to, found, sizeof(found), 0), 18);
	CHECK(strcmp(found, "some bytes to copy") == 0);
	CHECK_EQUAL(sysbatch_copy_file_range(sysbatch, -1, to, 10), -EBADF);
	close(from);
	close(to);
}

static void open_first(void)
{
	enum { COUNT = 150 };
	const char *paths[COUNT];
	size_t k, which = 999;
	int64_t file;

	for (k = 0; k < COUNT; k++)
		paths[k] = "none";
	make("here", "", 0);
	CHECK_EQUAL(sysbatch_open_first(sysbatch, directory, paths, COUNT,
					O_RDONLY, 0, &which), -ENOENT);
	CHECK_EQUAL(which, 999);
	paths[130] = "here";
	file = sysbatch_open_first(sysbatch, directory, paths, COUNT, O_RDONLY,
				   0, &which);
	CHECK(file >= 0);
	CHECK_EQUAL(which, 130);
	close((int)file);
	paths[3] = "here";
	file = sysbatch_open_first(sysbatch, directory, paths, COUNT, O_RDONLY,
				   0, &which);
	CHECK(file >= 0);
	CHECK_EQUAL(which, 3);
	close((int)file);
	CHECK_EQUAL(sysbatch_open_first(sysbatch, directory, paths, 0, O_RDONLY,
					0, NULL), -ENOENT);
}

static void many(void)
{
	enum { COUNT = 200 };
	int descriptors[COUNT], k;
	int64_t results[COUNT];
	const char *paths[COUNT];
	static struct statx answers[COUNT];

	for (k = 0; k < COUNT; k++)
		descriptors[k] = dup(directory);
	descriptors[70] = -1;
	CHECK_EQUAL(sysbatch_close_many(sysbatch, descriptors, COUNT, results),
		    COUNT);
	for (k = 0; k < COUNT; k++)
		CHECK_EQUAL(results[k], k == 70 ? -EBADF : 0);

	make("here", "four", 4);
	for (k = 0; k < COUNT; k++)
		paths[k] = k % 3 ? "here" : "none";
	CHECK_EQUAL(sysbatch_stat_many(sysbatch, directory, paths, COUNT, 0,
				       STATX_SIZE, answers, results), COUNT);
	for (k = 0; k < COUNT; k++) {
		CHECK_EQUAL(results[k], k % 3 ? 0 : -ENOENT);
		if (k % 3)
			CHECK_EQUAL(answers[k].stx_size, 4);
	}
}

static void messages(void)
{
	static const char *const words[] = { "a", "few", "messages" };
	struct mmsghdr out[3], in[5];
	struct iovec from[3], to[5];
	char buffers[5][16];
	int ends[2], k;

	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
	memset(out, 0, sizeof(out));
	memset(in, 0, sizeof(in));
	for (k = 0; k < 3; k++) {
		from[k].iov_base = (void *)(uintptr_t)words[k];
		from[k].iov_len = strlen(words[k]);
		out[k].msg_hdr.msg_iov = &from[k];
		out[k].msg_hdr.msg_iovlen = 1;
	}
	for (k = 0; k < 5; k++) {
		to[k].iov_base = buffers[k];
		to[k].iov_len = sizeof(buffers[k]);
		in[k].msg_hdr.msg_iov = &to[k];
		in[k].msg_hdr.msg_iovlen = 1;
	}
	CHECK_EQUAL(sysbatch_sendmmsg(sysbatch, ends[0], out, 3, 0), 3);
	CHECK_EQUAL(sysbatch_recvmmsg(sysbatch, ends[1], in, 5, MSG_WAITFORONE),
		    3);
	for (k = 0; k < 3; k++) {
		CHECK_EQUAL(out[k].msg_len, strlen(words[k]));
		CHECK_EQUAL(in[k].msg_len, strlen(words[k]));
		CHECK(memcmp(buffers[k], words[k], strlen(words[k])) == 0);
	}
	CHECK_EQUAL(sysbatch_recvmmsg(sysbatch, ends[1], in, 5, MSG_DONTWAIT),
		    -EAGAIN);
	CHECK_EQUAL(sysbatch_sendmmsg(sysbatch, -1, out, 3, 0), -EBADF);
	CHECK_EQUAL(sysbatch_sendmmsg(sysbatch, ends[0], out, 0, 0), 0);
	close(ends[0]);
	close(ends[1]);
}

static void at_variants(void)
{
	struct statfs found, expected;
	struct stat st;

	make("file", "0123456789", 10);
	CHECK_EQUAL(sysbatch_truncateat(sysbatch, directory, "file", 4), 0);
	CHECK(fstatat(directory, "file", &st, 0) == 0 && st.st_size == 4);
	CHECK_EQUAL(sysbatch_truncateat(sysbatch, directory, "none", 4),
		    -ENOENT);
	CHECK_EQUAL(sysbatch_truncateat(sysbatch, directory, "file", -1),
		    -EINVAL);
	CHECK(fstatfs(directory, &expected) == 0);
	CHECK_EQUAL(sysbatch_statfsat(sysbatch, directory, "file", &found), 0);
	CHECK_EQUAL(found.f_type, expected.f_type);
	CHECK_EQUAL(sysbatch_statfsat(sysbatch, directory, "none", &found),
		    -ENOENT);
}

static volatile sig_atomic_t caught;

static void on_signal(int signal)
{
	(void)signal;
	caught++;
}

static void signal_actions(void)
{
	static const int signals[] = { SIGUSR1, SIGUSR2, SIGHUP, SIGTERM };
	static const int bad[] = { SIGUSR1, SIGKILL };
	struct sigaction action, found;
	unsigned int k;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_signal;
	action.sa_flags = SA_RESTART;
	sigaddset(&action.sa_mask, SIGINT);
	CHECK_EQUAL(sysbatch_sigaction_many(sysbatch, signals, 4, &action), 0);
	for (k = 0; k < 4; k++) {
		CHECK(sigaction(signals[k], NULL, &found) == 0);
		CHECK(found.sa_handler == on_signal);
		CHECK(found.sa_flags & SA_RESTART);
		CHECK_EQUAL(sigismember(&found.sa_mask, SIGINT), 1);
		CHECK_EQUAL(raise(signals[k]), 0);
		CHECK_EQUAL(caught, k + 1);
	}
	CHECK_EQUAL(sysbatch_sigaction_many(sysbatch, bad, 2, &action),
		    -EINVAL);
	CHECK_EQUAL(sysbatch_sigaction_many(sysbatch, bad + 1, 1, &action),
		    -EINVAL);
	CHECK_EQUAL(sysbatch_sigaction_many(sysbatch, bad, 0, &action), 0);
}

int main(void)
{
	char path[] = "/tmp/sysbatch-XXXXXX";
	static const char *const names[] = { "file", "from", "to", "here" };
	unsigned int k;

	CHECK(mkdtemp(path) != NULL);
	directory = open(path, O_RDONLY | O_DIRECTORY);
	CHECK(directory >= 0);
	CHECK_EQUAL(sysbatch_open(&sysbatch, SYSBATCH_SELECT, NULL, 0), 0);
	RUN(read_file());
	RUN(copy());
	RUN(open_first());
	RUN(many());
	RUN(messages());
	RUN(at_variants());
	RUN(signal_actions());
	sysbatch_close(sysbatch);
	for (k = 0; k < 4; k++)
		unlinkat(directory, names[k], 0);
	rmdir(path);
	return report();
}
