/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "find.h"

#include "between.h"
#include "condition.h"
#include "explain.h"
#include "operands.h"

namespace combine {

namespace {

class Finder {
public:
	explicit Finder(function *body)
		: body(body), visited(last_basic_block_for_fn(body), false)
	{
	}

	std::list<Batch> all();

private:
	void follow(basic_block block);
	void statements(basic_block block);
	edge way_on(basic_block block);
	void add(gcall *call, const Function &function);
	std::string try_add(gcall *call, const Function &function);
	void end(gimple *at, const std::string &reason);

	function *body;
	std::vector<bool> visited;
	Batch batch;
	std::list<Batch> found;
};

std::list<Batch> Finder::all()
{
	/* So that a path is entered where it begins. */
	std::vector<int> order(n_basic_blocks_for_fn(body));
	const int count =
		pre_and_rev_post_order_compute(nullptr, order.data(), false);
	for (int k = 0; k < count; k++) {
		basic_block block = BASIC_BLOCK_FOR_FN(body, order[k]);
		if (!visited[block->index])
			follow(block);
	}
	return std::move(found);
}

/* Whether a block is entered by one edge only and chooses no values there. */
bool continues_one(basic_block block)
{
	if (!single_pred_p(block))
		return false;
	for (gphi_iterator at = gsi_start_phis(block); !gsi_end_p(at);
	     gsi_next(&at))
		if (!virtual_operand_p(gimple_phi_result(at.phi())))
			return false;
	return true;
}

/* Goes along the blocks that a path of the code without errors takes. */
void Finder::follow(basic_block block)
{
	for (;;) {
		visited[block->index] = true;
		statements(block);
		edge way = way_on(block);
		if (!way)
			return;
		block = way->dest;
	}
}

void Finder::statements(basic_block block)
{
	for (gimple_stmt_iterator at = gsi_start_bb(block); !gsi_end_p(at);
	     gsi_next(&at)) {
		gimple *statement = gsi_stmt(at);
		if (is_gimple_debug(statement) || is_a<gcond *>(statement))
			continue;
		if (gcall *call = dyn_cast<gcall *>(statement)) {
			if (const Function *function = called_function(call)) {
				add(call, *function);
				continue;
			}
		}
		if (batch.steps.empty())
			continue;
		const std::string reason = obstacle(statement);
		if (!reason.empty()) {
			end(statement, reason);
			continue;
		}
		batch.inside.insert(statement);
		if (gimple_vuse(statement))
			batch.memory.push_back(statement);
	}
}

/* Where the batch goes on behind a block; null where it has ended. */
edge Finder::way_on(basic_block block)
{
	if (batch.steps.empty())
		return nullptr;
	edge way = nullptr;
	gimple_stmt_iterator end_of_block = gsi_last_nondebug_bb(block);
	gimple *last =
		gsi_end_p(end_of_block) ? nullptr : gsi_stmt(end_of_block);
	if (gcond *condition = last ? dyn_cast<gcond *>(last) : nullptr) {
		const Onward onward = add_condition(batch, condition);
		way = onward.way;
		if (!way) {
			end(condition, onward.reason);
			return nullptr;
		}
	} else if (single_succ_p(block)) {
		way = single_succ_edge(block);
	}
	const bool goes_on = way && !(way->flags & EDGE_COMPLEX) &&
			     continues_one(way->dest) &&
			     !visited[way->dest->index];
	if (goes_on)
		return way;
	end(last, "another path of the code joins here, or a loop begins");
	return nullptr;
}

void Finder::add(gcall *call, const Function &function)
{
	std::string reason = try_add(call, function);
	if (reason.empty())
		return;
	if (batch.steps.empty()) {
		explain_call(call, reason);
		return;
	}
	/* It may be the first of another. */
	end(call, reason);
	reason = try_add(call, function);
	if (!reason.empty())
		explain_call(call, reason);
}

/* Adds a call to the batch and returns nothing, or why that cannot be. */
std::string Finder::try_add(gcall *call, const Function &function)
{
	if (stmt_can_throw_internal(body, call) || gimple_call_must_tail_p(call))
		return "the call may leave the function";
	tree result = gimple_call_lhs(call);
	if (result && TREE_CODE(result) != SSA_NAME)
		return "its result goes to memory";
	if (batch.entries.size() >= most_entries)
		return "the batch is full";
	for (gimple *statement : batch.memory)
		if (!commutes(statement, call))
			return "memory that the call might use is used before it";
	Entry entry;
	entry.number = function.number;
	std::vector<gimple *> hoisted;
	for (const char *letter = function.arguments; *letter; letter++) {
		if (*letter == 'C') {
			entry.operands.push_back(
				constant_operand(uint64_t(int64_t(AT_FDCWD))));
			continue;
		}
		if (*letter == 'N') {
			entry.operands.push_back(
				constant_operand(AT_SYMLINK_NOFOLLOW));
			continue;
		}
		tree argument;
		if (*letter == 'M') {
			const auto mode = mode_argument(call, letter[-1] - '0');
			if (!mode)
				return "its flags are not known to the compiler";
			argument = *mode;
		} else {
			argument = gimple_call_arg(call, *letter - '0');
		}
		Found found = find_operand(batch, argument, hoisted);
		if (!found.operand)
			return found.reason;
		entry.operands.push_back(*found.operand);
	}
	if (function.refuses_negative) {
		Operand &descriptor = entry.operands.front();
		if (descriptor.kind == Operand::Kind::constant &&
		    int64_t(descriptor.constant) < 0)
			return "the descriptor is negative";
		descriptor.refuse_negative =
			descriptor.kind == Operand::Kind::value;
	}
	batch.steps.push_back({ call, &function, batch.entries.size() });
	batch.entries.push_back(entry);
	batch.hoisted.insert(batch.hoisted.end(), hoisted.begin(), hoisted.end());
	return "";
}

/* Ends the batch before a statement, and keeps it if it is one. */
void Finder::end(gimple *at, const std::string &reason)
{
	explain_batch(batch, at, reason);
	if (batch.steps.size() > 1) {
		/* What is behind its last call decides nothing. */
		const size_t last = batch.steps.back().entry;
		batch.entries.resize(last + 1);
		Entry &entry = batch.entries[last];
		entry.on_negative = entry.on_zero = entry.on_positive = 0;
		found.push_back(std::move(batch));
	}
	batch = Batch();
}

} // namespace

std::list<Batch> find_batches(function *body)
{
	return Finder(body).all();
}

} // namespace combine
