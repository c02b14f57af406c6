/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a call costs in a batch: closes a descriptor that is not open, N times
 * in a batch and N times one by one.
 *
 *	cc batch-closes.c $(pkg-config --cflags --libs sysbatch)
 */
/* What C99 alone does not have. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "linux/batch.h"

#define MANY 1024

static double now(void)
{
	struct timespec time;

	if (clock_gettime(CLOCK_MONOTONIC, &time) != 0) {
		perror("clock_gettime");
		exit(1);
	}
	return time.tv_sec * 1e9 + time.tv_nsec;
}

int main(void)
{
	static syscall_t calls[MANY];
	static long rets[MANY];
	int n, k, round, wrong;

	for (k = 0; k < MANY; k++)
		calls[k] = scall1(close, 0, 0, 0, -1);
	printf("%6s %14s %14s\n", "N", "batch ns/call", "alone ns/call");
	for (n = 1; n <= MANY; n *= 4) {
		double best = 1e30, alone = 1e30;

		for (round = 0; round < 20; round++) {
			double start = now(), time;

			if (batch(rets, calls, n, 0, 0) != n - 1) {
				perror("batch");
				return 1;
			}
			time = now() - start;
			best = time < best ? time : best;
			wrong = 0;
			start = now();
			for (k = 0; k < n; k++)
				wrong += syscall(__NR_close, -1) != -1;
			time = now() - start;
			alone = time < alone ? time : alone;
			for (k = 0; k < n; k++)
				wrong += rets[k] != -EBADF;
			if (wrong) {
				fprintf(stderr, "%d closes succeeded\n", wrong);
				return 1;
			}
		}
		printf("%6d %14.1f %14.1f\n", n, best / n, alone / n);
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("standard output");
		return 1;
	}
	return 0;
}
