/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Three sleeps that are submitted together end in the order of their lengths.
 *
 *	cc asys.c $(pkg-config --cflags --libs sysbatch)
 */
/* What C99 alone does not have. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include <asys.h>

int main(void)
{
	static const struct timespec times[3] = {
		{ 0, 200000000 }, { 0, 1000000 }, { 0, 100000000 }
	};
	unsigned long args[3][2];
	struct asys_input in[3];
	int k;

	for (k = 0; k < 3; k++) {
		args[k][0] = (unsigned long)&times[k];
		args[k][1] = 0;
		in[k].syscall_nr = __NR_nanosleep;
		in[k].cookie = k;
		in[k].nr_args = 2;
		in[k].args = args[k];
	}
	if (asys_submit(in, 3) != 3) {
		perror("asys_submit");
		return 1;
	}
	for (k = 0; k < 3; k++) {
		struct asys_completion out;

		if (asys_await_completion(&out) != 1) {
			perror("asys_await_completion");
			return 1;
		}
		if (out.return_code < 0) {
			fprintf(stderr, "sleep %lu: %s\n", out.cookie,
				strerror(-out.return_code));
			return 1;
		}
		printf("sleep %lu returned %ld\n", out.cookie, out.return_code);
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("standard output");
		return 1;
	}
	return 0;
}
