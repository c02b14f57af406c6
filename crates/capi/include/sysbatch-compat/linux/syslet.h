/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Syslets: graphs of system calls that run without waiting, or elsewhere.
 * See syslet(3).
 */
#ifndef _LINUX_SYSLET_H
#define _LINUX_SYSLET_H

#include <asm/unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One call. Arguments are read through arg_ptr, up to the first null one. */
struct syslet_uatom {
	unsigned long flags;
	unsigned long nr;
	long *ret_ptr;
	struct syslet_uatom *next;
	unsigned long *arg_ptr[6];
	/* The program's own. `private` is a word of C++. */
#ifdef __cplusplus
	void *private_;
#else
	void *private;
#endif
};

/* Run it elsewhere at once (first atom). */
#define SYSLET_ASYNC 0x00000001
/* Run it on this thread even if it waits. */
#define SYSLET_SYNC 0x00000002
/* Post no completion (last atom). */
#define SYSLET_NO_COMPLETE 0x00000004

/* Stop after such a result. */
#define SYSLET_STOP_ON_NONZERO 0x00000008
#define SYSLET_STOP_ON_ZERO 0x00000010
#define SYSLET_STOP_ON_NEGATIVE 0x00000020
#define SYSLET_STOP_ON_NON_POSITIVE 0x00000040
#define SYSLET_STOP_MASK                                    \
	(SYSLET_STOP_ON_NONZERO | SYSLET_STOP_ON_ZERO |     \
	 SYSLET_STOP_ON_NEGATIVE | SYSLET_STOP_ON_NON_POSITIVE)

/* Instead of stopping, go on with the atom that follows in memory. */
#define SYSLET_SKIP_TO_NEXT_ON_STOP 0x00000080

/* umem_add in an atom: adds its second argument to the word at its first. */
#define __NR_umem_add ((unsigned long)-19)

/* A completion ring. The threads' fields of old programs are not looked at. */
struct async_head_user {
	/* Where the next completion goes; the library's. */
	unsigned long kernel_ring_idx;
	/* The program's own. */
	unsigned long user_ring_idx;
	/* Last atoms of syslets that are over; null where it is free. */
	struct syslet_uatom **completion_ring;
	unsigned long ring_size_bytes;
	unsigned long head_stack;
	unsigned long head_eip;
	unsigned long new_thread_stack;
	unsigned long new_thread_eip;
};

/*
 * Runs a syslet: its last atom if it is over, null if it goes on elsewhere and
 * its last atom will be posted to the ring, (struct syslet_uatom *)-1 with
 * errno.
 */
struct syslet_uatom *async_exec(struct syslet_uatom *atom,
				struct async_head_user *head)
	__asm__("sysbatch_compat_async_exec");

/*
 * Waits until there are `min_wait_events` completions in the ring from
 * `user_ring_idx` on: 0, or -1 with errno.
 */
long async_wait(unsigned long min_wait_events, unsigned long user_ring_idx,
		struct async_head_user *head)
	__asm__("sysbatch_compat_async_wait");

/* Adds `inc` to the word at `uptr`: the new word, or -1 with errno. */
long umem_add(unsigned long *uptr, unsigned long inc)
	__asm__("sysbatch_compat_umem_add");

/* A descriptor to poll for completions. Additions of sysbatch from here on. */
int async_head_fd(struct async_head_user *head)
	__asm__("sysbatch_compat_async_head_fd");

/* Bounds how many atoms each later syslet may run; 0: not. */
int async_head_budget(struct async_head_user *head, unsigned long atoms)
	__asm__("sysbatch_compat_async_head_budget");

/* Forgets a head that is not used any more. */
int async_head_release(struct async_head_user *head)
	__asm__("sysbatch_compat_async_head_release");

#ifdef __cplusplus
}
#endif

#endif /* _LINUX_SYSLET_H */
