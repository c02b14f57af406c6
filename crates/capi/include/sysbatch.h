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

/*
 * Opens what runs batches and puts it into *sysbatch.
 *
 * flags is SYSBATCH_SELECT for the kernel where its module is loaded and fits,
 * else this process, unless SYSBATCH_BACKEND=kernel, =user or BATCH_EMUL=1 in
 * the environment decide it; or SYSBATCH_KERNEL or SYSBATCH_USER. With
 * SYSBATCH_CHECKED a bad address in a batch is -EFAULT in this process, too, at
 * the price of a probe for each page that is read and a checked copy for each
 * word that is written; without it it is SIGSEGV there.
 *
 * What it came to, or what to do about the error, is written to why, at most
 * size bytes with the zero at the end; why may be null if size is zero.
 *
 * Returns 0; -EINVAL for unknown flags or an environment that contradicts
 * itself, -EFAULT if sysbatch is null, else why the device cannot be used.
 */
int sysbatch_open(struct sysbatch **sysbatch, unsigned int flags, char *why,
		  size_t size);

/* Closes what sysbatch_open opened. Null is closed already. */
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
