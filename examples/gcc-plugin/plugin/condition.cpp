/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "condition.h"

#include "operands.h"

namespace combine {

namespace {

/* For which results a condition holds. */
struct Signs {
	bool negative;
	bool zero;
	bool positive;
};

Onward ends(const char *reason)
{
	return { nullptr, reason };
}

/* The side of a condition that is taken if it holds, or the other. */
edge side(gcond *condition, bool holds)
{
	edge yes, no;
	extract_true_false_edges_from_block(gimple_bb(condition), &yes, &no);
	return holds ? yes : no;
}

/* What a comparison with zero or -1 says of the sign, if that is all. */
std::optional<Signs> signs(tree_code code, tree constant)
{
	const bool with_zero = integer_zerop(constant);
	if (!with_zero && !integer_minus_onep(constant))
		return std::nullopt;
	/* No result but an error is -1. */
	switch (code) {
	case LT_EXPR:
		if (!with_zero)
			return std::nullopt;
		return Signs{ true, false, false };
	case LE_EXPR:
		return Signs{ true, with_zero, false };
	case GT_EXPR:
		return Signs{ false, !with_zero, true };
	case GE_EXPR:
		if (!with_zero)
			return std::nullopt;
		return Signs{ false, true, true };
	case EQ_EXPR:
		return with_zero ? Signs{ false, true, false }
				 : Signs{ true, false, false };
	case NE_EXPR:
		return with_zero ? Signs{ true, false, true }
				 : Signs{ false, true, true };
	default:
		return std::nullopt;
	}
}

int16_t branch(bool goes_on)
{
	return goes_on ? 0 : SYSBATCH_JUMP_EXIT;
}

Onward add_sign(Batch &batch, gcond *condition, Step &step, const Signs &signs)
{
	/* The side that errors are not on, and who else is. */
	const bool side_taken = !signs.negative;
	const bool zero = signs.zero == side_taken;
	const bool positive = signs.positive == side_taken;
	if (!positive && step.function->gives != Gives::status)
		return ends("a branch that is for a result of zero");
	/*
	 * Of an offset that looks negative the call's own branch knows whether it
	 * is an error, and a built-in whether it is negative.
	 */
	const bool is_last = step.entry + 1 == batch.entries.size();
	const tree_code code = gimple_cond_code(condition);
	const bool asks_for_error =
		integer_minus_onep(gimple_cond_rhs(condition)) &&
		(code == EQ_EXPR || code == NE_EXPR);
	const bool is_offset = step.function->gives == Gives::offset;
	if (is_offset && asks_for_error && !is_last)
		return ends("an offset that is looked at after another call");
	if (!is_last || (is_offset && !asks_for_error)) {
		Operand result;
		result.kind = Operand::Kind::result;
		result.entry = step.entry;
		Entry look;
		look.number = SYSBATCH_BUILT_IN_SET;
		look.operands = { result };
		batch.entries.push_back(look);
	}
	Entry &entry = batch.entries.back();
	entry.on_negative = SYSBATCH_JUMP_EXIT;
	if (!zero)
		entry.on_zero = branch(false);
	if (!positive)
		entry.on_positive = branch(false);
	step.is_good = true;
	return { side(condition, side_taken), "" };
}

/* A comparison for equality with what is known, and is not -1. */
Onward add_equality(Batch &batch, gcond *condition, tree result, tree other)
{
	std::vector<gimple *> hoisted;
	const size_t entry_count = batch.entries.size();
	const Found left = find_operand(batch, result, hoisted, true);
	if (!left.operand || left.operand->kind != Operand::Kind::result)
		return ends("a branch on something else than a result");
	const Found right = find_operand(batch, other, hoisted);
	if (!right.operand)
		return ends("a comparison with what is not known before");
	Operand known = *right.operand;
	const unsigned bits = TYPE_PRECISION(TREE_TYPE(result));
	if (known.kind == Operand::Kind::constant &&
	    (known.constant == 0 || known.constant > INT32_MAX))
		return ends("a comparison with a number that an error might have");
	if (known.kind == Operand::Kind::value) {
		if (bits != 64)
			return ends("a comparison of 32 bits with a variable");
		known.refuse_negative = true;
	}
	Step *step = nullptr;
	for (Step &each : batch.steps)
		if (each.entry == left.operand->entry)
			step = &each;
	if (!step || step->function->gives == Gives::identity ||
	    step->function->gives == Gives::offset ||
	    entry_count == most_entries)
		return ends("a branch on a result that has no errors");
	Entry compare;
	compare.number = SYSBATCH_BUILT_IN_SUB;
	compare.operands = { *left.operand, known };
	compare.on_negative = SYSBATCH_JUMP_EXIT;
	compare.on_positive = SYSBATCH_JUMP_EXIT;
	batch.entries.push_back(compare);
	batch.hoisted.insert(batch.hoisted.end(), hoisted.begin(), hoisted.end());
	step->is_good = true;
	return { side(condition, gimple_cond_code(condition) == EQ_EXPR), "" };
}

} // namespace

Onward add_condition(Batch &batch, gcond *condition)
{
	tree left = gimple_cond_lhs(condition);
	tree right = gimple_cond_rhs(condition);
	const tree_code code = gimple_cond_code(condition);
	if (batch.entries.size() >= most_entries)
		return ends("the batch is full");
	Step *step = batch.step_of(left);
	if (step && step->function->gives == Gives::identity)
		return ends("a branch on a result that has no errors");
	if (step && !TYPE_UNSIGNED(TREE_TYPE(left)) &&
	    TREE_CODE(right) == INTEGER_CST) {
		if (const auto found = signs(code, right))
			return add_sign(batch, condition, *step, *found);
	}
	if (code != EQ_EXPR && code != NE_EXPR)
		return ends("a branch on something else than an error");
	const Onward onward = add_equality(batch, condition, left, right);
	return onward.way ? onward : add_equality(batch, condition, right, left);
}

} // namespace combine
