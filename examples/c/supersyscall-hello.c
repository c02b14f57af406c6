/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Says hello on two descriptors with one system call.
 *
 *	cc supersyscall-hello.c $(pkg-config --cflags --libs sysbatch)
 */
#include <stdio.h>
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
	long tried = supersyscall(rets, args, 2,
				  SUPERSYSCALL__continue_on_failure);

	printf("%ld calls tried: %ld and %ld\n", tried, rets[0], rets[1]);
	return tried == 2 ? 0 : 1;
}
