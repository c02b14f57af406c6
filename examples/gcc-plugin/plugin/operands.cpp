/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "operands.h"

namespace combine {

namespace {

Found not_found(const char *reason)
{
	return { std::nullopt, reason };
}

Found constant(tree value)
{
	/* With the sign of its type, as the C library widens it. */
	const bool is_unsigned = TYPE_UNSIGNED(TREE_TYPE(value)) ||
				 POINTER_TYPE_P(TREE_TYPE(value));
	const auto wide = is_unsigned
				  ? wi::to_widest(value).to_uhwi()
				  : uint64_t(wi::to_widest(value).to_shwi());
	return { constant_operand(wide), "" };
}

Found computed(tree value)
{
	Operand operand;
	operand.kind = Operand::Kind::value;
	operand.value = value;
	return { operand, "" };
}

Found result(const Step &step, bool or_error)
{
	if (!step.is_good && !or_error)
		return not_found("an argument is a result that may be an error");
	Operand operand;
	operand.kind = Operand::Kind::result;
	operand.entry = step.entry;
	return { operand, "" };
}

bool is_number_or_pointer(const_tree type)
{
	return (INTEGRAL_TYPE_P(type) && TYPE_PRECISION(type) <= 64) ||
	       POINTER_TYPE_P(type);
}

/*
 * Whether a computation can be made where it would not have been: it must not
 * trap, nor have a result that is undefined.
 */
bool can_be_hoisted(gassign *assign)
{
	tree type = TREE_TYPE(gimple_assign_lhs(assign));
	if (gimple_vuse(assign) || gimple_could_trap_p(assign) ||
	    !is_number_or_pointer(type))
		return false;
	switch (gimple_assign_rhs_code(assign)) {
	CASE_CONVERT:
	case SSA_NAME:
	case POINTER_PLUS_EXPR:
	case BIT_AND_EXPR:
	case BIT_IOR_EXPR:
	case BIT_XOR_EXPR:
	case BIT_NOT_EXPR:
	case MIN_EXPR:
	case MAX_EXPR:
		return true;
	case PLUS_EXPR:
	case MINUS_EXPR:
	case MULT_EXPR:
		return TYPE_OVERFLOW_WRAPS(type);
	default:
		return false;
	}
}

/* The operand of a conversion that leaves a value that is not negative alone. */
tree widened(gassign *assign)
{
	if (!CONVERT_EXPR_CODE_P(gimple_assign_rhs_code(assign)))
		return NULL_TREE;
	tree from = gimple_assign_rhs1(assign);
	tree to_type = TREE_TYPE(gimple_assign_lhs(assign));
	tree from_type = TREE_TYPE(from);
	if (!INTEGRAL_TYPE_P(to_type) || !INTEGRAL_TYPE_P(from_type) ||
	    TYPE_PRECISION(to_type) < TYPE_PRECISION(from_type) ||
	    TYPE_PRECISION(to_type) > 64)
		return NULL_TREE;
	return from;
}

Found hoist(Batch &batch, gassign *assign, std::vector<gimple *> &hoisted)
{
	if (!can_be_hoisted(assign))
		return not_found(
			"an argument is computed between the calls, from memory "
			"or in a way that cannot be done before them");
	for (unsigned k = 1; k < gimple_num_ops(assign); k++) {
		const Found found =
			find_operand(batch, gimple_op(assign, k), hoisted);
		if (!found.operand)
			return found;
		if (found.operand->kind == Operand::Kind::result)
			return not_found("an argument is computed from a result");
	}
	if (std::find(hoisted.begin(), hoisted.end(), assign) == hoisted.end())
		hoisted.push_back(assign);
	return computed(gimple_assign_lhs(assign));
}

} // namespace

Found find_operand(Batch &batch, tree value, std::vector<gimple *> &hoisted,
		   bool or_error)
{
	if (!is_number_or_pointer(TREE_TYPE(value)))
		return not_found("an argument is neither a number nor a pointer");
	if (TREE_CODE(value) == INTEGER_CST)
		return constant(value);
	if (is_gimple_min_invariant(value))
		return computed(value);
	if (TREE_CODE(value) != SSA_NAME)
		return not_found("an argument is of an unknown kind");
	if (const Step *step = batch.step_of(value))
		return result(*step, or_error);
	gimple *definition = SSA_NAME_DEF_STMT(value);
	if (batch.inside.count(definition) == 0)
		return computed(value);
	gassign *assign = dyn_cast<gassign *>(definition);
	if (!assign)
		return not_found("an argument comes from a call between");
	if (tree from = widened(assign)) {
		const Found found = find_operand(batch, from, hoisted, or_error);
		if (!found.operand ||
		    found.operand->kind == Operand::Kind::result)
			return found;
	}
	return hoist(batch, assign, hoisted);
}

} // namespace combine
