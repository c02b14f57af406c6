/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Conditions on results, which become branches of the batch. */
#ifndef COMBINE_CONDITION_H
#define COMBINE_CONDITION_H

#include "batch.h"

namespace combine {

/* Where the batch goes on behind a condition. */
struct Onward {
	/* Null if it does not. */
	edge way;
	/* Then, why. */
	std::string reason;
};

/*
 * Makes a condition part of the batch: on one side of it, that without an error,
 * the batch goes on, on the other it ends.
 */
Onward add_condition(Batch &batch, gcond *condition);

} // namespace combine

#endif
