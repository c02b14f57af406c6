/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The functions of the C library that do nothing but make one system call. */
#ifndef COMBINE_CALLS_H
#define COMBINE_CALLS_H

#include <cstdint>

#include "gcc.h"

namespace combine {

/* What a result that is no error is. */
enum class Gives {
	/* Zero. */
	status,
	/* A number of bytes, or a descriptor: not negative. */
	number,
	/* Whatever the kernel returns; there are no errors. */
	identity,
	/* A place in a file, of which some devices have such as look negative. */
	offset,
};

/* A function of the C library. */
struct Function {
	/* What the assembler knows it as. */
	const char *name;
	/*
	 * The types of its result and its parameters: `i` and `u` for 32 bits with
	 * and without a sign, `l` and `L` for 64 bits, `p` for a pointer. With `.`
	 * at the end it takes any more.
	 */
	const char *prototype;
	/* Its system call... */
	int32_t number;
	/*
	 * ...and the arguments of that: a digit for a parameter, `C` for AT_FDCWD,
	 * `N` for AT_SYMLINK_NOFOLLOW, `M` for a mode that is there if the flags
	 * before it want one. Those that are missing are zero.
	 */
	const char *arguments;
	Gives gives;
	/* It refuses a negative descriptor without a system call. */
	bool refuses_negative = false;
};

/*
 * The function that a statement calls if it is one of these, as the C library
 * declares it: declared in a header of the system, not defined here, and with
 * the types that are expected.
 */
const Function *called_function(const gcall *call);

/* The name of what a statement calls, for people. */
std::string called_name(const gcall *call);

/*
 * The mode that open(2) gets: the argument, or zero where the flags want none.
 * Nothing if the flags are not known, or the mode is missing.
 */
std::optional<tree> mode_argument(const gcall *call, unsigned flags_at);

} // namespace combine

#endif
