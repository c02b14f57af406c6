/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * batch: an array of system calls with forward jumps.
 * See batch(3).
 */
#ifndef LINUX_BATCH_H
#define LINUX_BATCH_H

/* Programs of this interface take these from here. */
#include <asm/unistd.h>
#include <errno.h>
#include <unistd.h>

/* The slot the author's module took; no batch runs in a batch: -ENOSYS. */
#ifndef __NR_batch
#define __NR_batch __NR_afs_syscall
#endif

/* Copies the word at arg[1] to arg[0]; its result is 0 or -EFAULT. */
#define __NR_wdcpy -2

/* One call. */
typedef struct syscall {
	short nr, jumpFail, jump0, jumpPos;
	char argc;
	long arg[6];
} syscall_t;

/*
 * A call by its bare name, where to go after a failure, zero and more (entries
 * to skip; a negative one ends the batch), and its arguments.
 */
#define scall0(name, fail, zero, positive) \
	((syscall_t){ __NR_##name, fail, zero, positive, 0, { 0 } })
#define scall1(name, fail, zero, positive, a) \
	((syscall_t){ __NR_##name, fail, zero, positive, 1, { (long)(a) } })
#define scall2(name, fail, zero, positive, a, b)             \
	((syscall_t){ __NR_##name, fail, zero, positive, 2, \
		      { (long)(a), (long)(b) } })
#define scall3(name, fail, zero, positive, a, b, c)          \
	((syscall_t){ __NR_##name, fail, zero, positive, 3, \
		      { (long)(a), (long)(b), (long)(c) } })
#define scall4(name, fail, zero, positive, a, b, c, d)       \
	((syscall_t){ __NR_##name, fail, zero, positive, 4, \
		      { (long)(a), (long)(b), (long)(c), (long)(d) } })
#define scall5(name, fail, zero, positive, a, b, c, d, e)            \
	((syscall_t){ __NR_##name, fail, zero, positive, 5,         \
		      { (long)(a), (long)(b), (long)(c), (long)(d), \
			(long)(e) } })
#define scall6(name, fail, zero, positive, a, b, c, d, e, f)         \
	((syscall_t){ __NR_##name, fail, zero, positive, 6,         \
		      { (long)(a), (long)(b), (long)(c), (long)(d), \
			(long)(e), (long)(f) } })

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Runs `ncall` calls and returns the index of the one that ended the batch by
 * a negative jump, else `ncall` - 1, also after a jump past the end; 0 if
 * there are none; -1 with errno if the program is wrong. `flags` and `size`
 * mean nothing.
 */
long batch(long rets[], struct syscall calls[], unsigned long ncall, long flags,
	   long size) __asm__("sysbatch_compat_batch");

#ifdef __cplusplus
}
#endif

#endif /* LINUX_BATCH_H */
