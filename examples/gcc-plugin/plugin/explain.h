/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Notes at the source lines: what was combined, what was not, and why. */
#ifndef COMBINE_EXPLAIN_H
#define COMBINE_EXPLAIN_H

#include "batch.h"

namespace combine {

/* That a call is in no batch. */
void explain_call(gcall *call, const std::string &reason);

/* That a batch, or what has not become one, ends at a statement. */
void explain_batch(const Batch &batch, gimple *at, const std::string &reason);

} // namespace combine

#endif
