/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the code that the plugin makes and the runtime have in common.
 *
 * A program needs nothing of it, unless it wants to know what was run.
 */
#ifndef SYSBATCH_COMBINE_H
#define SYSBATCH_COMBINE_H

#include <stdint.h>

#include <sysbatch_abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many entries a table has at most. */
#define SYSBATCH_COMBINE_MOST_ENTRIES 32

/*
 * Flag of a table: it is run whatever other threads there are, for none of them
 * is ever cancelled.
 */
#define SYSBATCH_COMBINE_NO_CANCELLATION 1U

/* Flag of a place: the batch is not to be run if the value is negative. */
#define SYSBATCH_COMBINE_NOT_NEGATIVE (1ULL << 63)

/*
 * A batch as the compiler knows it. Behind the entries there is, for each of
 * the values that are computed, a word with its place: six times the entry plus
 * the argument, and the flag.
 */
struct sysbatch_combine_table {
	uint64_t entry_count;
	uint64_t value_count;
	uint64_t flags;
	struct sysbatch_entry entries[];
};

/*
 * Runs the batch of a table with these values, a 64-bit word each, and returns 1;
 * or returns 0 and has done nothing. `slots` has room for the result of each
 * entry. It leaves errno alone.
 */
int sysbatch_combine_run(const void *table, void *slots, ...);

/*
 * What the function of the C library would have returned for a result: itself,
 * or -1 with errno set.
 */
long sysbatch_combine_result(const void *slot);

/* What was run so far. */
struct sysbatch_combine_count {
	/* Batches. */
	uint64_t batches;
	/* Crossings that they took. */
	uint64_t crossings;
};

struct sysbatch_combine_count sysbatch_combine_counted(void);

#ifdef __cplusplus
}
#endif

#endif
