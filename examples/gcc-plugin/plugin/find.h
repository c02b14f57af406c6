/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Finds the batches of a function, and changes nothing. */
#ifndef COMBINE_FIND_H
#define COMBINE_FIND_H

#include <list>

#include "batch.h"

namespace combine {

/* Those of two calls or more, in no order. */
std::list<Batch> find_batches(function *body);

} // namespace combine

#endif
