/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Opens, reads and closes a file: each argument is a pointer, so the place of
 * a result can be one. Then the same asynchronously.
 *
 *	cc generic-batch.c $(pkg-config --cflags --libs sysbatch)
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <generic_batch.h>

/* Why a batch of so many tried calls has failed, if it has. */
static int failed(const char *path, const long *returns, long tried)
{
	long k;

	if (tried < 0) {
		fprintf(stderr, "batch: %s\n", strerror(-tried));
		return 1;
	}
	for (k = 0; k < tried; k++) {
		if (returns[k] < 0) {
			fprintf(stderr, "%s: %s\n", path,
				strerror(-returns[k]));
			return 1;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	static char buffer[4096];
	const char *path = argc > 1 ? argv[1] : "/proc/version";
	char *target = buffer;
	long flags = O_RDONLY, size = sizeof(buffer), returns[3], tried;
	void *open_[] = { (void *)__NR_open, &path, &flags, NULL };
	void *read_[] = { (void *)__NR_read, &returns[0], &target, &size, NULL };
	void *close_[] = { (void *)__NR_close, &returns[0], NULL };
	void *calls[] = { open_, read_, close_ };
	struct pollfd done;
	uint64_t word;

	tried = batch(returns, calls, 3, BATCH_STOP_ON_FAILURE);
	if (failed(path, returns, tried < 0 ? -errno : tried))
		return 1;
	printf("%ld bytes at once\n", returns[1]);

	done.fd = batch(returns, calls, 3, BATCH_STOP_ON_FAILURE | BATCH_ASYNC);
	done.events = POLLIN;
	if (done.fd < 0 || poll(&done, 1, -1) != 1 ||
	    read(done.fd, &word, sizeof(word)) != sizeof(word)) {
		perror("batch");
		return 1;
	}
	close(done.fd);
	if (failed(path, returns, BATCH_RESULT(word)))
		return 1;
	printf("%ld bytes asynchronously, %ld calls\n", returns[1],
	       BATCH_RESULT(word));
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("standard output");
		return 1;
	}
	return 0;
}
