/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Where the arguments of a call come from. */
#ifndef COMBINE_OPERANDS_H
#define COMBINE_OPERANDS_H

#include "batch.h"

namespace combine {

/* What is to be said about an operand. */
struct Found {
	/* Nothing if it cannot be had before the call. */
	std::optional<Operand> operand;
	/* Then, why. */
	std::string reason;
};

/*
 * `value` as an operand of the next entry. Computations that it takes to be
 * made before the batch are added to `hoisted`.
 *
 * A result that may be an error is an operand only if `or_error`: the slot has
 * the negated errno where the program has -1.
 */
Found find_operand(Batch &batch, tree value, std::vector<gimple *> &hoisted,
		   bool or_error = false);

} // namespace combine

#endif
