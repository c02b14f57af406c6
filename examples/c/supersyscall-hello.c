/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Says hello on two descriptors with one system call.
 *
 *	cc supersyscall-hello.c $(pkg-config --cflags --libs sysbatch)
 */
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include <supersyscall.h>

int main(void)
{
	static char out[] = "hello, standard output\n";
	static char err[] = "hello, standard error\n";
	struct supersyscall_args args[] = {
		{ __NR_write, { 1, (long)out, sizeof(out) - 1 } },
		{ __NR_write, { 2, (long)err, sizeof(err) - 1 } },
	};
	long rets[2];
	int k, failed = 0;

	if (supersyscall(rets, args, 2, SUPERSYSCALL__continue_on_failure) !=
	    2) {
		perror("supersyscall");
		return 1;
	}
	for (k = 0; k < 2; k++) {
		if (rets[k] < 0) {
			fprintf(stderr, "write: %s\n", strerror(-rets[k]));
			failed = 1;
		} else if (rets[k] < args[k].args[2]) {
			fprintf(stderr, "%ld of %ld bytes written\n", rets[k],
				args[k].args[2]);
			failed = 1;
		}
	}
	return failed;
}
