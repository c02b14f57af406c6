/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "table.h"

#include <sysbatch_combine.h>

#include "options.h"

namespace combine {

namespace {

/* The words of an entry, with zero for what is computed. */
sysbatch_entry image(const Entry &entry)
{
	sysbatch_entry image = {};
	image.nr = entry.number;
	image.dst = SYSBATCH_DST_OWN_INDEX;
	image.on_neg = entry.on_negative;
	image.on_zero = entry.on_zero;
	image.on_pos = entry.on_positive;
	for (size_t k = 0; k < entry.operands.size(); k++) {
		const Operand &operand = entry.operands[k];
		if (operand.kind == Operand::Kind::constant) {
			image.args[k] = operand.constant;
		} else if (operand.kind == Operand::Kind::result) {
			image.args[k] = operand.entry;
			image.modes |= SYSBATCH_MODE_BITS(k, SYSBATCH_MODE_RESULT);
		}
	}
	return image;
}

uint64_t place(size_t entry, size_t argument, const Operand &operand)
{
	const uint64_t flag =
		operand.refuse_negative ? SYSBATCH_COMBINE_NOT_NEGATIVE : 0;
	return flag | (entry * SYSBATCH_ARGUMENT_COUNT + argument);
}

std::vector<uint64_t> words(const Batch &batch)
{
	std::vector<uint64_t> places, words;
	for (size_t k = 0; k < batch.entries.size(); k++) {
		const auto &operands = batch.entries[k].operands;
		for (size_t n = 0; n < operands.size(); n++)
			if (operands[n].kind == Operand::Kind::value)
				places.push_back(place(k, n, operands[n]));
	}
	const uint64_t flags =
		options.no_cancellation ? SYSBATCH_COMBINE_NO_CANCELLATION : 0;
	words = { batch.entries.size(), places.size(), flags };
	for (const Entry &entry : batch.entries) {
		const sysbatch_entry made = image(entry);
		uint64_t part[sizeof(made) / sizeof(uint64_t)];
		memcpy(part, &made, sizeof(made));
		words.insert(words.end(), std::begin(part), std::end(part));
	}
	words.insert(words.end(), places.begin(), places.end());
	return words;
}

} // namespace

tree make_table(const Batch &batch)
{
	const std::vector<uint64_t> content = words(batch);
	tree word = build_qualified_type(long_unsigned_type_node, TYPE_QUAL_CONST);
	tree type = build_array_type_nelts(word, content.size());
	vec<constructor_elt, va_gc> *elements = nullptr;
	for (const uint64_t each : content)
		CONSTRUCTOR_APPEND_ELT(elements, NULL_TREE,
				       build_int_cstu(long_unsigned_type_node, each));
	tree initial = build_constructor(type, elements);
	TREE_CONSTANT(initial) = 1;
	TREE_STATIC(initial) = 1;
	tree table = build_decl(UNKNOWN_LOCATION, VAR_DECL,
				create_tmp_var_name("combined_calls"), type);
	TREE_STATIC(table) = 1;
	TREE_READONLY(table) = 1;
	TREE_ADDRESSABLE(table) = 1;
	TREE_USED(table) = 1;
	DECL_ARTIFICIAL(table) = 1;
	DECL_IGNORED_P(table) = 1;
	DECL_INITIAL(table) = initial;
	varpool_node::finalize_decl(table);
	return table;
}

} // namespace combine
