/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Opens, reads and closes a file in one crossing, and prints what it read: up
 * to 64 KiB.
 *
 *	cc read-file.c $(pkg-config --cflags --libs sysbatch)
 */
/* What C99 alone does not have. */
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <sysbatch.h>

static char buffer[65536];

/* Returns how many bytes were read, or a negated errno, and tells of it. */
static int64_t read_file(struct sysbatch *sysbatch, const char *path)
{
	struct sysbatch_entry entries[3];
	int64_t results[3];
	struct sysbatch_run run;
	char text[256];
	int error, k;

	sysbatch_call(&entries[0], __NR_openat, 4, sysbatch_value(AT_FDCWD),
		      sysbatch_pointer(path), sysbatch_value(O_RDONLY),
		      sysbatch_value(0));
	/* Without a file there is nothing to read or close. */
	sysbatch_branch(&entries[0], SYSBATCH_JUMP_EXIT, 0, 0);
	sysbatch_call(&entries[1], __NR_read, 3, sysbatch_result(0),
		      sysbatch_pointer(buffer), sysbatch_value(sizeof(buffer)));
	sysbatch_call(&entries[2], __NR_close, 1, sysbatch_result(0));

	sysbatch_run_init(&run, entries, 3, results, 3);
	error = sysbatch_run_batch(sysbatch, &run);
	if (error < 0) {
		sysbatch_explain(&run, error, text, sizeof(text));
		fprintf(stderr, "%s\n", text);
		return error;
	}
	/* What follows the first that failed may not have run. */
	for (k = 0; k < 3; k++) {
		if (results[k] < 0) {
			sysbatch_error_text((int)results[k], text,
					    sizeof(text));
			fprintf(stderr, "%s: %s\n", path, text);
			return results[k];
		}
	}
	return results[1];
}

int main(int argc, char **argv)
{
	struct sysbatch *sysbatch;
	char text[256];
	int64_t length;

	if (argc != 2) {
		fprintf(stderr, "usage: %s FILE\n", argv[0]);
		return 2;
	}
	if (sysbatch_open(&sysbatch, SYSBATCH_SELECT, text, sizeof(text)) < 0) {
		fprintf(stderr, "%s: %s\n", argv[0], text);
		return 1;
	}
	length = read_file(sysbatch, argv[1]);
	sysbatch_close(sysbatch);
	if (length < 0)
		return 1;
	if (fwrite(buffer, 1, (size_t)length, stdout) != (size_t)length ||
	    fflush(stdout) != 0) {
		perror("standard output");
		return 1;
	}
	return 0;
}
