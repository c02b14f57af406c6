/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Opens, reads and closes a file in one crossing, and prints what it read.
 *
 *	cc read-file.c $(pkg-config --cflags --libs sysbatch)
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <sysbatch.h>

int main(int argc, char **argv)
{
	struct sysbatch *sysbatch;
	struct sysbatch_entry entries[3];
	int64_t results[3];
	struct sysbatch_run run;
	static char buffer[65536], text[256];
	int error;

	if (argc != 2) {
		fprintf(stderr, "usage: %s FILE\n", argv[0]);
		return 2;
	}
	error = sysbatch_open(&sysbatch, SYSBATCH_SELECT, text, sizeof(text));
	if (error < 0) {
		fprintf(stderr, "%s: %s\n", argv[0], text);
		return 1;
	}
	sysbatch_call(&entries[0], __NR_openat, 4, sysbatch_value(AT_FDCWD),
		      sysbatch_pointer(argv[1]), sysbatch_value(O_RDONLY),
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
		fprintf(stderr, "%s: %s\n", argv[0], text);
		return 1;
	}
	if (results[0] < 0 || results[1] < 0) {
		int failed = results[0] < 0 ? (int)results[0] : (int)results[1];

		sysbatch_error_text(failed, text, sizeof(text));
		fprintf(stderr, "%s: %s: %s\n", argv[0], argv[1], text);
		return 1;
	}
	fwrite(buffer, 1, (size_t)results[1], stdout);
	sysbatch_close(sysbatch);
	return 0;
}
