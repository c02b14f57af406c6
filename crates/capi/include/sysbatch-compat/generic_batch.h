/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * batch() of the generic question: every argument is a pointer to its value.
 * See generic_batch(3). Not to be included beside linux/batch.h, whose
 * function has the same name.
 */
#ifndef SYSBATCH_COMPAT_GENERIC_BATCH_H
#define SYSBATCH_COMPAT_GENERIC_BATCH_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Flag: return at once, with a descriptor that is readable at the end. */
#define BATCH_ASYNC 1L

/* Flag: the first call that fails is the last. */
#define BATCH_STOP_ON_FAILURE 2L

/*
 * What the eight bytes read from that descriptor mean: how many calls were
 * tried, or a negated errno if the batch itself was wrong.
 */
#define BATCH_RESULT(word)                                          \
	((uint64_t)(word) >> 63 ? -(long)((uint64_t)(word) & 0xfff) \
				: (long)(word) - 1)

/*
 * Makes `ncalls` calls. `args` points to an array of pointers, each to an
 * array of words: a call's number, then pointers to its arguments, up to six
 * or a null one. `returns` points to an array of long for the results.
 * Returns how many were tried, or the descriptor; -1 with errno.
 */
long batch(void *returns, void *args, long ncalls,
	   long flags) __asm__("sysbatch_compat_generic_batch");

#ifdef __cplusplus
}
#endif

#endif /* SYSBATCH_COMPAT_GENERIC_BATCH_H */
