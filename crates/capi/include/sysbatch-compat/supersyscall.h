/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * supersyscall: an array of system calls and an array of results.
 * See supersyscall(3).
 */
#ifndef SYSBATCH_COMPAT_SUPERSYSCALL_H
#define SYSBATCH_COMPAT_SUPERSYSCALL_H

#ifdef __cplusplus
extern "C" {
#endif

/* One call. */
struct supersyscall_args {
	unsigned call_nr;
	long args[6];
};

/* Flags: whether the first call that fails is the last. */
#define SUPERSYSCALL__abort_on_failure 0
#define SUPERSYSCALL__continue_on_failure 1

/*
 * Makes `nargs` calls, stores each result (failed ones as a negated errno) and
 * returns how many were tried. Arguments that cannot be read and results that
 * cannot be written raise SIGSEGV.
 */
long supersyscall(long *rets, struct supersyscall_args *args, int nargs,
		  int flags) __asm__("sysbatch_compat_supersyscall");

#ifdef __cplusplus
}
#endif

#endif /* SYSBATCH_COMPAT_SUPERSYSCALL_H */
