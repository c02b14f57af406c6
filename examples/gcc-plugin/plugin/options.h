/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What -fplugin-arg-combine_syscalls-... has asked for. */
#ifndef COMBINE_OPTIONS_H
#define COMBINE_OPTIONS_H

namespace combine {

struct Options {
	/* Note at the source lines what was combined and what was not. */
	bool explain = false;
	/* No thread of the program is ever cancelled. */
	bool no_cancellation = false;
};

extern Options options;

} // namespace combine

#endif
