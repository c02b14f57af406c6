/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * sysbatch: many system calls in one crossing to the kernel.
 *
 * The structures are those of sysbatch_abi.h, entries are filled in with the
 * functions of sysbatch_entry.h, and run here. The pages sysbatch(3) and
 * sysbatch(7) say more.
 *
 * Functions return a negated errno and leave errno alone. They may be called
 * from any number of threads at once, as long as each batch is run by one.
 *
 * Generated from crates/capi by `cargo xtask header`; do not edit.
 */
#ifndef SYSBATCH_H
#define SYSBATCH_H

#include <stddef.h>
#include <stdint.h>

#include <sysbatch_abi.h>
#include <sysbatch_entry.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What runs batches; see sysbatch_open. */
struct sysbatch;

/* Flags of sysbatch_open: where batches run. */
#define SYSBATCH_SELECT 0U
#define SYSBATCH_KERNEL 1U
#define SYSBATCH_USER 2U

/* Flag of sysbatch_open: look at addresses before they are used. */
#define SYSBATCH_CHECKED 0x100U

/* Runs batches asynchronously; see sysbatch_ring_open. */
struct sysbatch_ring;

/* Flag of sysbatch_ring_submit: wait for room instead of failing. */
#define SYSBATCH_RING_WAIT 1U

/* Flag of sysbatch_ring_submit: run none of it on the submitting thread. */
#define SYSBATCH_RING_WORKER 2U

/* A batch that has completed. */
struct sysbatch_completion {
	/* The value it was submitted with. */
	uint64_t user;
	/* Its run header, as it was left. */
	struct sysbatch_run run;
	/*
	 * 0, or what sysbatch_run_batch would have returned, or -ECANCELED if
	 * it was cancelled and none of it has happened.
	 */
	int error;
	/* Zero. */
	int reserved;
};

/*
 * Opens what runs batches and puts it into *sysbatch.
 *
 * flags is SYSBATCH_SELECT for the kernel where its module is loaded and fits,
 * else this process, unless SYSBATCH_BACKEND=kernel, =user or BATCH_EMUL=1 in
 * the environment decide it; or SYSBATCH_KERNEL or SYSBATCH_USER. With
 * SYSBATCH_CHECKED a bad address in a batch is -EFAULT in this process, too, at
 * the price of a system call for each page that is not the program's own data,
 * heap or stack and has not been found good in this batch; without it it is
 * SIGSEGV there.
 *
 * What it came to, or what to do about the error, is written to why, at most
 * size bytes with the zero at the end; why may be null if size is zero.
 *
 * Returns 0; -EINVAL for unknown flags or an environment that contradicts
 * itself, -EFAULT if sysbatch is null, else why the device cannot be used.
 */
int sysbatch_open(struct sysbatch **sysbatch, unsigned int flags, char *why,
		  size_t size);

/*
 * Closes what sysbatch_open opened. Null is closed already. Rings that were
 * made with it work on.
 */
void sysbatch_close(struct sysbatch *sysbatch);

/* Where batches run: SYSBATCH_KERNEL or SYSBATCH_USER; -EFAULT for null. */
int sysbatch_kind(const struct sysbatch *sysbatch);

/*
 * The open descriptor of the device, which stays the library's; -ENODEV if
 * batches run in this process, -EFAULT for null.
 */
int sysbatch_device_fd(const struct sysbatch *sysbatch);

/*
 * How many crossings to the kernel batches have made through sysbatch: entries
 * of the device, and system calls made in this process for a batch. Zero for
 * null.
 */
uint64_t sysbatch_crossings(const struct sysbatch *sysbatch);

/*
 * Makes a ring that runs batches asynchronously and puts it into *ring.
 *
 * At most capacity batches may be out: waiting, running, or completed and not
 * taken. They run on at most workers threads of this process, which are made
 * when they are needed and end when they are not.
 *
 * Returns 0; -EINVAL if capacity or workers is 0, -EFAULT for null, -ENOMEM,
 * -EMFILE or -ENFILE.
 */
int sysbatch_ring_open(struct sysbatch_ring **ring, struct sysbatch *sysbatch,
		       unsigned int capacity, unsigned int workers);

/*
 * Submits a batch, which completes exactly once, with user in its completion:
 * it has run, or was cancelled before any of it happened.
 *
 * The run header is copied. The program, the results and whatever its calls use
 * must stay until it has completed. A batch must not end the thread that it
 * runs on.
 *
 * What is known not to wait is run on this thread first, with
 * SYSBATCH_RING_WORKER in flags nothing is. If the ring is full it fails with
 * -EAGAIN, or waits with SYSBATCH_RING_WAIT.
 *
 * Returns the number of the submission, to cancel it by; -EINVAL for unknown
 * flags or a misaligned header, -EFAULT for null, -ESHUTDOWN after
 * sysbatch_ring_shut_down, -ESTALE in a child of fork, or why no thread can be
 * made.
 */
int64_t sysbatch_ring_submit(struct sysbatch_ring *ring,
			     const struct sysbatch_run *run, uint64_t user,
			     unsigned int flags);

/*
 * Cancels a submission that has not started, which then completes with
 * -ECANCELED. Returns 1 if that is so, 0 if it has run, runs, will, or never
 * was; -EFAULT for null.
 */
int sysbatch_ring_cancel(struct sysbatch_ring *ring, int64_t submission);

/*
 * Waits until at least min batches have completed, or all that are out, and
 * writes up to max of them to completions, oldest first. With a min of 0 it
 * does not wait. milliseconds bounds the wait; if negative nothing does.
 *
 * Returns how many there are; -ETIMEDOUT if the time was up and none was taken,
 * -ECHILD if nothing is out that could complete and min is not 0, -EINVAL if
 * min is more than max, -EFAULT for null, -ESTALE in a child of fork.
 */
int sysbatch_ring_wait(struct sysbatch_ring *ring,
		       struct sysbatch_completion *completions,
		       unsigned int max, unsigned int min, int milliseconds);

/*
 * A descriptor that is readable while completions wait, for poll and the like.
 * It is made when it is first asked for, with a high number, and stays the
 * ring's: it is not to be read, written or closed. -EFAULT for null, -ESTALE in
 * a child of fork, or why none can be made.
 */
int sysbatch_ring_fd(struct sysbatch_ring *ring);

/*
 * Takes no more batches and waits until all that are out have completed; if
 * cancel is not 0, those that have not started complete with -ECANCELED.
 * Completions can still be taken. Returns 0, or -EFAULT for null.
 */
int sysbatch_ring_shut_down(struct sysbatch_ring *ring, int cancel);

/*
 * Shuts the ring down, waits for all that is out, and frees it with the
 * completions that were not taken. In a child of fork it only closes the
 * child's copy. Null is closed already.
 */
void sysbatch_ring_close(struct sysbatch_ring *ring);

/*
 * Runs a batch until it is over: done, left by a jump, out of fuel, or wrong.
 *
 * What the kernel hands back is done in this process and the batch goes on; the
 * result of a call that a signal interrupted is -EINTR. run is left as
 * docs/abi.md says: entering again goes on. It and the program can be used any
 * number of times: set pc to 0 and fuel to what it may take, as
 * sysbatch_run_init does.
 *
 * Returns 0, with the reason in status; -EFAULT, -EINVAL or -E2BIG if the batch
 * itself is wrong, at the entry pc; else what the device answered.
 */
int sysbatch_run_batch(struct sysbatch *sysbatch, struct sysbatch_run *run);

/*
 * Writes what a function's negative result means to buffer, at most size bytes
 * with the zero at the end, and returns how long all of it is, as snprintf
 * does.
 */
size_t sysbatch_error_text(int error, char *buffer, size_t size);

/*
 * Writes what became of a batch to buffer: how and where it stopped and what
 * can be done. error is what sysbatch_run_batch returned for it. Otherwise like
 * sysbatch_error_text.
 */
size_t sysbatch_explain(const struct sysbatch_run *run, int error, char *buffer,
			size_t size);

#ifdef __cplusplus
}
#endif

#endif /* SYSBATCH_H */
