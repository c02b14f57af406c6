/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Copies standard input to standard output, 32 pieces in one crossing: a word
 * copy puts the length of each read into the write that follows it.
 *
 *	cc batch-copy.c $(pkg-config --cflags --libs sysbatch)
 */
#include <stdio.h>
#include <string.h>

#include "linux/batch.h"

#define PIECES 32

int main(void)
{
	static char buffer[65536];
	static syscall_t c[3 * PIECES];
	static long ret[3 * PIECES];
	long last;
	int k;

	for (k = 0; k < 3 * PIECES; k += 3) {
		c[k] = scall3(read, -1, -1, 0, 0, buffer, sizeof(buffer));
		c[k + 1] = scall2(wdcpy, -1, 0, 0, &c[k + 2].arg[2], &ret[k]);
		c[k + 2] = scall3(write, -1, -1, 0, 1, buffer, 0);
	}
	do {
		last = batch(ret, c, 3 * PIECES, 0, 0);
		if (last < 0) {
			perror("batch");
			return 1;
		}
		for (k = 2; k <= last; k += 3) {
			if (ret[k] >= 0 && ret[k] < ret[k - 2]) {
				fprintf(stderr, "%ld of %ld bytes written\n",
					ret[k], ret[k - 2]);
				return 1;
			}
		}
	} while (last == 3 * PIECES - 1);
	if (ret[last] < 0) {
		fprintf(stderr, "%s: %s\n", last % 3 ? "write" : "read",
			strerror(-ret[last]));
		return 1;
	}
	return 0;
}
