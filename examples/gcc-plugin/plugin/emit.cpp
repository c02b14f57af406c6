/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "emit.h"

#include "options.h"
#include "table.h"

namespace combine {

namespace {

tree function_of_runtime(const char *name, tree type)
{
	tree decl = build_fn_decl(name, type);
	TREE_NOTHROW(decl) = 1;
	return decl;
}

tree run_function()
{
	tree type = build_varargs_function_type_list(
		integer_type_node, const_ptr_type_node, ptr_type_node, NULL_TREE);
	return function_of_runtime("sysbatch_combine_run", type);
}

tree result_function()
{
	tree type = build_function_type_list(long_integer_type_node,
					     const_ptr_type_node, NULL_TREE);
	return function_of_runtime("sysbatch_combine_result", type);
}

/* The result slots, in the frame of the function. */
tree make_slots(size_t count)
{
	tree type = build_array_type_nelts(long_integer_type_node, count);
	tree slots = create_tmp_var(type, "combined");
	TREE_ADDRESSABLE(slots) = 1;
	return slots;
}

tree slot(tree slots, size_t entry)
{
	return build4(ARRAY_REF, long_integer_type_node, slots,
		      build_int_cst(integer_type_node, entry), NULL_TREE,
		      NULL_TREE);
}

/* Moves what the batch takes to before it. */
void hoist(Batch &batch, gimple_stmt_iterator *before)
{
	for (size_t k = 0; k < batch.hoisted.size(); k++) {
		gimple *statement = batch.hoisted[k];
		const auto end = batch.hoisted.begin() + k;
		if (std::find(batch.hoisted.begin(), end, statement) != end)
			continue;
		gimple_stmt_iterator from = gsi_for_stmt(statement);
		gsi_move_before(&from, before);
		/* What is known of it was known behind the calls. */
		reset_flow_sensitive_info(gimple_assign_lhs(statement));
	}
}

/* The batch is run; whether it was. */
tree emit_run(Batch &batch, tree slots, gimple_stmt_iterator *before)
{
	const location_t location = gimple_location(batch.steps.front().call);
	vec<tree> arguments = vNULL;
	arguments.safe_push(build_fold_addr_expr(make_table(batch)));
	arguments.safe_push(build_fold_addr_expr(slots));
	gimple_seq conversions = nullptr;
	for (const Entry &entry : batch.entries)
		for (const Operand &operand : entry.operands)
			if (operand.kind == Operand::Kind::value)
				arguments.safe_push(gimple_convert(
					&conversions, long_unsigned_type_node,
					operand.value));
	gsi_insert_seq_before(before, conversions, GSI_SAME_STMT);
	gcall *run = gimple_build_call_vec(run_function(), arguments);
	arguments.release();
	tree was_run = make_ssa_name(integer_type_node);
	gimple_call_set_lhs(run, was_run);
	gimple_set_location(run, location);
	gsi_insert_before(before, run, GSI_SAME_STMT);
	return was_run;
}

/* The result from its slot, in the type of the call's; nothing if nobody wants it. */
tree emit_result(const Step &step, tree slots, basic_block block)
{
	gimple_stmt_iterator at = gsi_last_bb(block);
	gcall *call = step.call;
	tree result = make_ssa_name(long_integer_type_node);
	gimple *take;
	if (step.function->gives == Gives::identity) {
		take = gimple_build_assign(result, slot(slots, step.entry));
	} else {
		gcall *made = gimple_build_call(
			result_function(), 1,
			build_fold_addr_expr(slot(slots, step.entry)));
		gimple_call_set_lhs(made, result);
		take = made;
	}
	gimple_set_location(take, gimple_location(call));
	gsi_insert_after(&at, take, GSI_NEW_STMT);
	if (!gimple_call_lhs(call))
		return NULL_TREE;
	tree value = make_ssa_name(TREE_TYPE(gimple_call_lhs(call)));
	gsi_insert_after(&at, gimple_build_assign(value, NOP_EXPR, result),
			 GSI_NEW_STMT);
	return value;
}

/* Has a call made only if the batch was not run. */
void make_conditional(const Step &step, tree was_run, tree slots)
{
	gcall *call = step.call;
	gimple_stmt_iterator at = gsi_for_stmt(call);
	gsi_prev(&at);
	basic_block before = gimple_bb(call);
	edge to_call = gsi_end_p(at) ? split_block_after_labels(before)
				     : split_block(before, gsi_stmt(at));
	basic_block calls = to_call->dest;
	edge from_call = split_block(calls, call);
	basic_block after = from_call->dest;
	basic_block takes = create_empty_bb(before);
	if (current_loops)
		add_bb_to_loop(takes, before->loop_father);

	gimple_stmt_iterator end = gsi_last_bb(before);
	gsi_insert_after(&end,
			 gimple_build_cond(NE_EXPR, was_run, integer_zero_node,
					   NULL_TREE, NULL_TREE),
			 GSI_NEW_STMT);
	edge to_takes = make_edge(before, takes, EDGE_TRUE_VALUE);
	to_takes->probability = profile_probability::likely();
	to_call->flags = (to_call->flags & ~EDGE_FALLTHRU) | EDGE_FALSE_VALUE;
	to_call->probability = to_takes->probability.invert();
	takes->count = to_takes->count();
	calls->count = to_call->count();
	edge from_takes = make_single_succ_edge(takes, after, EDGE_FALLTHRU);

	tree result = gimple_call_lhs(call);
	tree value = emit_result(step, slots, takes);
	if (!result)
		return;
	/* Before the call gets another result, for this one is to have one definition. */
	tree called = make_ssa_name(TREE_TYPE(result));
	gimple_call_set_lhs(call, called);
	SSA_NAME_DEF_STMT(called) = call;
	gphi *joined = create_phi_node(result, after);
	add_phi_arg(joined, called, from_call, gimple_location(call));
	add_phi_arg(joined, value, from_takes, gimple_location(call));
	update_stmt(call);
}

} // namespace

void emit_batch(Batch &batch)
{
	gimple_stmt_iterator before = gsi_for_stmt(batch.steps.front().call);
	hoist(batch, &before);
	tree slots = make_slots(batch.entries.size());
	tree was_run = emit_run(batch, slots, &before);
	for (const Step &step : batch.steps)
		make_conditional(step, was_run, slots);
}

} // namespace combine
