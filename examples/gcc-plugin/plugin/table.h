/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The table of a batch: what of it is known to the compiler, as the runtime reads it. */
#ifndef COMBINE_TABLE_H
#define COMBINE_TABLE_H

#include "batch.h"

namespace combine {

/* A static constant of `struct sysbatch_combine_table`. */
tree make_table(const Batch &batch);

} // namespace combine

#endif
