/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Who is this process? Six calls that only return a number.
 *
 *	cc batch-ids.c $(pkg-config --cflags --libs sysbatch)
 */
#include <stdio.h>

#include "linux/batch.h"

int main(void)
{
	long ret[6];
	syscall_t calls[6] = {
		scall0(getpid, -1, 0, 0),  scall0(getppid, -1, 0, 0),
		scall0(getuid, -1, 0, 0),  scall0(geteuid, -1, 0, 0),
		scall0(getgid, -1, 0, 0),  scall0(getegid, -1, 0, 0),
	};

	if (batch(ret, calls, 6, 0, 0) != 5) {
		perror("batch");
		return 1;
	}
	printf("pid %ld, parent %ld, uid %ld (%ld), gid %ld (%ld)\n", ret[0],
	       ret[1], ret[2], ret[3], ret[4], ret[5]);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("standard output");
		return 1;
	}
	return 0;
}
