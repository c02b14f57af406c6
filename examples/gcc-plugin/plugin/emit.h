/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Puts a batch into the code. */
#ifndef COMBINE_EMIT_H
#define COMBINE_EMIT_H

#include "batch.h"

namespace combine {

/*
 * Runs the batch before its first call, and where a call of it is takes the
 * result from its slot if the batch has been run, or makes the call if not:
 *
 *	was_run = sysbatch_combine_run(table, slots, values...);
 *	...
 *	if (was_run)
 *		result = sysbatch_combine_result(&slots[k]);
 *	else
 *		result = read(file, buffer, size);
 */
void emit_batch(Batch &batch);

} // namespace combine

#endif
