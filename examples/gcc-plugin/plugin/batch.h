/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A batch as it is put together: entries, and the calls that they stand for. */
#ifndef COMBINE_BATCH_H
#define COMBINE_BATCH_H

#include <cstdint>

#include <sysbatch_combine.h>

#include "calls.h"

namespace combine {

/* How many entries a batch may have: the runtime has room for as many. */
constexpr size_t most_entries = SYSBATCH_COMBINE_MOST_ENTRIES;

/* What an argument of an entry is. */
struct Operand {
	enum class Kind { constant, value, result } kind = Kind::constant;
	/* Of a constant. */
	uint64_t constant = 0;
	/* Computed before the batch. */
	tree value = NULL_TREE;
	/* The batch is not run if that value is negative. */
	bool refuse_negative = false;
	/* The entry whose result it is. */
	size_t entry = 0;
};

struct Entry {
	/* A system call or a built-in. */
	int32_t number = 0;
	std::vector<Operand> operands;
	int16_t on_negative = 0;
	int16_t on_zero = 0;
	int16_t on_positive = 0;
};

/* A call of the program and its entry. */
struct Step {
	gcall *call;
	const Function *function;
	size_t entry;
	/*
	 * Where the code has come to now, its result is no error: what the
	 * program has is what the result slot has.
	 */
	bool is_good = false;
};

struct Batch {
	std::vector<Entry> entries;
	std::vector<Step> steps;
	/* What is to be computed before the batch and is computed within it. */
	std::vector<gimple *> hoisted;
	/* All statements since the first call, but the calls. */
	std::set<gimple *> inside;
	/* Those of them that read or write memory. */
	std::vector<gimple *> memory;

	/* The step whose call gives `result`. */
	Step *step_of(tree result)
	{
		if (TREE_CODE(result) != SSA_NAME)
			return nullptr;
		for (Step &step : steps)
			if (gimple_call_lhs(step.call) == result)
				return &step;
		return nullptr;
	}
};

inline Operand constant_operand(uint64_t constant)
{
	Operand operand;
	operand.constant = constant;
	return operand;
}

} // namespace combine

#endif
