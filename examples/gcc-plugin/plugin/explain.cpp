/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "explain.h"

#include "options.h"

namespace combine {

void explain_call(gcall *call, const std::string &reason)
{
	if (options.explain)
		inform(gimple_location(call), "%qs is not combined: %s",
		       called_name(call).c_str(), reason.c_str());
}

void explain_batch(const Batch &batch, gimple *at, const std::string &reason)
{
	if (!options.explain || batch.steps.empty())
		return;
	gcall *first = batch.steps.front().call;
	if (batch.steps.size() == 1) {
		const std::string why = "no call can be combined with it: " + reason;
		explain_call(first, why);
		return;
	}
	std::string names;
	for (const Step &step : batch.steps) {
		if (!names.empty())
			names += ", ";
		names += called_name(step.call);
	}
	inform(gimple_location(first), "%d calls are combined: %s",
	       int(batch.steps.size()), names.c_str());
	location_t where = at ? gimple_location(at) : UNKNOWN_LOCATION;
	if (where == UNKNOWN_LOCATION)
		where = gimple_location(batch.steps.back().call);
	inform(where, "the batch ends here: %s", reason.c_str());
}

} // namespace combine
