/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Adds up the bytes of files. Each is opened, measured, mapped and closed in
 * one crossing: word copies carry the descriptor and the size to the calls
 * that need them.
 *
 *	cc batch-total.c $(pkg-config --cflags --libs sysbatch)
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "linux/batch.h"

static const unsigned char *map(const char *path, long *size, long *error)
{
	struct stat st;
	long ret[8], last;
	syscall_t c[8] = {
		scall3(open, -1, 0, 0, path, O_RDONLY, 0),
		scall2(wdcpy, -1, 0, 0, &c[2].arg[0], &ret[0]),
		/* A failure leads over the next three, to the closing. */
		scall2(fstat, 3, 0, 0, 0, &st),
		scall2(wdcpy, -1, 0, 0, &c[5].arg[1], &st.st_size),
		scall2(wdcpy, -1, 0, 0, &c[5].arg[4], &ret[0]),
		scall6(mmap, 0, 0, 0, 0, 0, PROT_READ, MAP_PRIVATE, 0, 0),
		scall2(wdcpy, -1, 0, 0, &c[7].arg[0], &ret[0]),
		scall1(close, -1, 0, 0, 0),
	};

	last = batch(ret, c, 8, 0, 0);
	if (last < 0) {
		*error = -errno;
		return NULL;
	}
	/* The first failure is the one to tell of. */
	*error = last < 7 ? ret[last] : ret[2] < 0 ? ret[2] : ret[5];
	if (*error < 0 && *error >= -4095)
		return NULL;
	*size = st.st_size;
	return (const unsigned char *)ret[5];
}

int main(int argc, char **argv)
{
	unsigned long total = 0;
	int k, failed = 0;

	for (k = 1; k < argc; k++) {
		long size = 0, error = 0, i;
		const unsigned char *bytes = map(argv[k], &size, &error);

		if (!bytes) {
			fprintf(stderr, "%s: %s\n", argv[k], strerror(-error));
			failed = 1;
			continue;
		}
		for (i = 0; i < size; i++)
			total += bytes[i];
		if (munmap((void *)bytes, size) != 0) {
			perror("munmap");
			failed = 1;
		}
	}
	printf("total: %lu\n", total);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("standard output");
		return 1;
	}
	return failed;
}
