/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What may stand between two calls of a batch: what nobody can tell from coming later. */
#ifndef COMBINE_BETWEEN_H
#define COMBINE_BETWEEN_H

#include "gcc.h"

namespace combine {

/*
 * Why a statement may not be between two calls, whichever they are; empty if it may.
 * What it does to memory is another question, see commutes().
 */
std::string obstacle(gimple *statement);

/*
 * Whether a statement may be made after a call instead of before it: the call
 * neither reads what it writes nor writes what it reads or writes. The call is
 * taken for one of a function that nothing is known of, so what a signal
 * handler might look at is safe, too.
 */
bool commutes(gimple *statement, gcall *call);

} // namespace combine

#endif
