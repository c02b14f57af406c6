/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Filling in the entries of a batch.
 *
 * A batch is the caller's own array of entries and of result slots; what is
 * here writes to them and nothing else, so a batch is built once and run as
 * often as is wanted. sysbatch_abi.h says what the fields mean.
 *
 *	struct sysbatch_entry e[3];
 *	int64_t r[3];
 *	struct sysbatch_run run;
 *
 *	sysbatch_call(&e[0], __NR_openat, 4, sysbatch_value(AT_FDCWD),
 *		      sysbatch_pointer(path), sysbatch_value(O_RDONLY),
 *		      sysbatch_value(0));
 *	sysbatch_branch(&e[0], SYSBATCH_JUMP_EXIT, 0, 0);
 *	sysbatch_call(&e[1], __NR_read, 3, sysbatch_result(0),
 *		      sysbatch_pointer(buffer), sysbatch_value(sizeof(buffer)));
 *	sysbatch_call(&e[2], __NR_close, 1, sysbatch_result(0));
 *	sysbatch_run_init(&run, e, 3, r, 3);
 *	error = sysbatch_run_batch(sysbatch, &run);
 *
 * It compiles as C99, C11 and C++11.
 */
#ifndef SYSBATCH_ENTRY_H
#define SYSBATCH_ENTRY_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <sysbatch_abi.h>

/* An argument with its mode. */
struct sysbatch_operand {
	uint64_t value;
	unsigned int mode;
};

/* A number: itself, sign-extended. */
static inline struct sysbatch_operand sysbatch_value(int64_t value)
{
	struct sysbatch_operand operand = { (uint64_t)value,
					    SYSBATCH_MODE_IMMEDIATE };
	return operand;
}

/* An address: itself. */
static inline struct sysbatch_operand sysbatch_pointer(const void *pointer)
{
	struct sysbatch_operand operand = { (uint64_t)(uintptr_t)pointer,
					    SYSBATCH_MODE_IMMEDIATE };
	return operand;
}

/* What is in the result slot `slot` when the entry is reached. */
static inline struct sysbatch_operand sysbatch_result(uint64_t slot)
{
	struct sysbatch_operand operand = { slot, SYSBATCH_MODE_RESULT };
	return operand;
}

/* The 64-bit word at `address` when the entry is reached. */
static inline struct sysbatch_operand sysbatch_memory(const void *address)
{
	struct sysbatch_operand operand = { (uint64_t)(uintptr_t)address,
					    SYSBATCH_MODE_MEMORY };
	return operand;
}

/* Sets argument `k`, from 0 to 5; another `k` changes nothing. */
static inline void sysbatch_argument(struct sysbatch_entry *entry,
				     unsigned int k,
				     struct sysbatch_operand operand)
{
	if (k >= SYSBATCH_ARGUMENT_COUNT)
		return;
	entry->modes = (__u16)((entry->modes & ~SYSBATCH_MODE_BITS(k, 3U)) |
			       SYSBATCH_MODE_BITS(k, operand.mode));
	entry->args[k] = operand.value;
}

/*
 * Makes an entry of a system call (a number __NR_...) or a built-in
 * (SYSBATCH_BUILT_IN_...) with `count` operands, which are struct
 * sysbatch_operand each; those that are missing are zero. Its result goes to
 * the slot with its own index and the next entry follows.
 */
static inline void sysbatch_call(struct sysbatch_entry *entry, int32_t nr,
				 unsigned int count, ...)
{
	va_list operands;
	unsigned int k;

	memset(entry, 0, sizeof(*entry));
	entry->nr = nr;
	entry->dst = SYSBATCH_DST_OWN_INDEX;
	va_start(operands, count);
	for (k = 0; k < count; k++)
		sysbatch_argument(entry, k,
				  va_arg(operands, struct sysbatch_operand));
	va_end(operands);
}

/* Sends the result to another slot. */
static inline void sysbatch_destination(struct sysbatch_entry *entry,
					uint16_t slot)
{
	entry->dst = slot;
}

/*
 * Says where to go after a negative, a zero and a positive result: 0 is the
 * next entry, 1 the one after it, -1 this one again, SYSBATCH_JUMP_EXIT ends
 * the batch.
 */
static inline void sysbatch_branch(struct sysbatch_entry *entry,
				   int16_t on_neg, int16_t on_zero,
				   int16_t on_pos)
{
	entry->on_neg = on_neg;
	entry->on_zero = on_zero;
	entry->on_pos = on_pos;
}

/*
 * Makes a run header for `len` entries and `results_len` result slots, with
 * fuel to go through the program once. A program that jumps back needs more:
 * set `fuel`.
 */
static inline void sysbatch_run_init(struct sysbatch_run *run,
				     const struct sysbatch_entry *entries,
				     size_t len, int64_t *results,
				     size_t results_len)
{
	memset(run, 0, sizeof(*run));
	run->size = sizeof(*run);
	run->format = SYSBATCH_FORMAT_NATIVE;
	run->program = (uint64_t)(uintptr_t)entries;
	run->len = len;
	run->results = (uint64_t)(uintptr_t)results;
	run->results_len = results_len;
	run->fuel = len;
}

#endif /* SYSBATCH_ENTRY_H */
