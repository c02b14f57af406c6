/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "between.h"

#include "calls.h"

namespace combine {

std::string obstacle(gimple *statement)
{
	if (is_gimple_debug(statement))
		return "";
	switch (gimple_code(statement)) {
	case GIMPLE_NOP:
	case GIMPLE_PREDICT:
		return "";
	case GIMPLE_LABEL: {
		tree label = gimple_label_label(as_a<glabel *>(statement));
		return FORCED_LABEL(label) || DECL_NONLOCAL(label)
			       ? "a label whose address is taken"
			       : "";
	}
	case GIMPLE_ASSIGN:
		if (gimple_has_volatile_ops(statement))
			return "a volatile access";
		if (gimple_could_trap_p(statement) ||
		    stmt_could_throw_p(cfun, statement))
			return "something that may trap";
		return "";
	case GIMPLE_CALL:
		return "a call of " + called_name(as_a<gcall *>(statement));
	case GIMPLE_ASM:
		return "assembly";
	case GIMPLE_RETURN:
		return "the function returns";
	default:
		return "a statement that is not understood";
	}
}

bool commutes(gimple *statement, gcall *call)
{
	if (!gimple_vuse(statement))
		return true;
	tree target = gimple_assign_lhs(statement);
	if (gimple_vdef(statement) &&
	    (stmt_may_clobber_ref_p(call, target) ||
	     ref_maybe_used_by_stmt_p(call, target)))
		return false;
	tree source = gimple_assign_rhs1(statement);
	const bool loads = gimple_assign_single_p(statement) &&
			   !is_gimple_val(source) &&
			   TREE_CODE(source) != CONSTRUCTOR;
	return !loads || !stmt_may_clobber_ref_p(call, source);
}

} // namespace combine
