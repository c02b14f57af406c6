/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A plugin of GCC that combines consecutive calls of the C library into batches:
 * the pass, and what starts it.
 */
#include "emit.h"
#include "find.h"
#include "options.h"

/* GCC asks for it; MIT and Apache-2.0 are compatible with GPL-3.0. */
int plugin_is_GPL_compatible;

namespace combine {

Options options;

namespace {

/* The last of those that clean up after inlining; jumps are threaded behind it. */
const char *const pass_before = "sra";
const int pass_before_instance = 1;

const pass_data data = {
	GIMPLE_PASS,
	"combine_syscalls",
	OPTGROUP_NONE,
	TV_NONE,
	PROP_cfg | PROP_ssa,
	0,
	0,
	0,
	0,
};

/* Whether control may come back to the middle of a function. */
bool jumps_from_outside(function *body)
{
	if (body->calls_setjmp || body->has_nonlocal_label)
		return true;
	basic_block block;
	edge way;
	edge_iterator at;
	FOR_EACH_BB_FN(block, body)
		FOR_EACH_EDGE(way, at, block->succs)
			if (way->flags & EDGE_ABNORMAL)
				return true;
	return false;
}

class Pass : public gimple_opt_pass {
public:
	explicit Pass(gcc::context *context) : gimple_opt_pass(data, context) {}

	bool gate(function *) final override
	{
		/* The entries have numbers of x86-64, and words of 64 bits. */
		return POINTER_SIZE == 64 && LONG_TYPE_SIZE == 64;
	}

	unsigned int execute(function *body) final override
	{
		if (jumps_from_outside(body)) {
			if (options.explain)
				inform(DECL_SOURCE_LOCATION(body->decl),
				       "nothing is combined in %qD: control may "
				       "come back to its middle",
				       body->decl);
			return 0;
		}
		std::list<Batch> batches = find_batches(body);
		if (batches.empty())
			return 0;
		for (Batch &batch : batches)
			emit_batch(batch);
		free_dominance_info(CDI_DOMINATORS);
		free_dominance_info(CDI_POST_DOMINATORS);
		return TODO_update_ssa_only_virtuals | TODO_cleanup_cfg;
	}
};

bool read_options(const plugin_name_args *info)
{
	for (int k = 0; k < info->argc; k++) {
		const std::string key = info->argv[k].key;
		if (key == "explain") {
			options.explain = true;
		} else if (key == "no-cancellation") {
			options.no_cancellation = true;
		} else {
			error("%s has no option %qs; there are %qs and %qs",
			      info->base_name, key.c_str(), "explain",
			      "no-cancellation");
			return false;
		}
	}
	return true;
}

} // namespace

} // namespace combine

int plugin_init(plugin_name_args *info, plugin_gcc_version *version)
{
	if (!plugin_default_version_check(version, &gcc_version)) {
		error("%s was built for GCC %s, and this is %s: build it anew",
		      info->base_name, gcc_version.basever, version->basever);
		return 1;
	}
	if (!combine::read_options(info))
		return 1;
	register_pass_info pass = {
		new combine::Pass(g),
		combine::pass_before,
		combine::pass_before_instance,
		PASS_POS_INSERT_AFTER,
	};
	static plugin_info described = {
		"1",
		"combines consecutive calls of the C library into batches",
	};
	register_callback(info->base_name, PLUGIN_INFO, nullptr, &described);
	register_callback(info->base_name, PLUGIN_PASS_MANAGER_SETUP, nullptr,
			  &pass);
	return 0;
}
