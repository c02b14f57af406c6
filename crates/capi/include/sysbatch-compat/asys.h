/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * asys: single system calls that run asynchronously, as fibrils did.
 * See asys(3).
 */
#ifndef SYSBATCH_COMPAT_ASYS_H
#define SYSBATCH_COMPAT_ASYS_H

#ifdef __cplusplus
extern "C" {
#endif

/* A call to be made; the cookie comes back with its completion. */
struct asys_input {
	int syscall_nr;
	unsigned long cookie;
	unsigned long nr_args;
	unsigned long *args;
};

/* A call that has returned. */
struct asys_completion {
	long return_code;
	unsigned long cookie;
};

/* Submits `n` calls: how many were taken, or -1 with errno. */
long asys_submit(struct asys_input *in, unsigned long n)
	__asm__("sysbatch_compat_asys_submit");

/* Waits for the next completion: 1, or -1 with errno. */
long asys_await_completion(struct asys_completion *out)
	__asm__("sysbatch_compat_asys_await_completion");

#ifdef __cplusplus
}
#endif

#endif /* SYSBATCH_COMPAT_ASYS_H */
