/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/filter.h"

static bool
opens(const struct record *record, const struct service *service)
{
	const struct token_spec *spec = &record->spec;

	return scope_project(spec, service) &&
	       scope_environment(spec, service) && scope_role(spec, service) &&
	       scope_service(spec, service) &&
	       (record->elevated || !service->elevated);
}

bool
filter_matches(const struct token_filter *filter, const struct service *service,
    const struct record *record, uint64_t now)
{
	const struct token_spec *spec = &record->spec;
	unsigned state = 1U << record_state(record, now);

	return (span_empty(filter->owner) ||
		   span_equal(filter->owner, spec->owner)) &&
	       (span_empty(filter->project) ||
		   spanlist_has(&spec->projects, filter->project)) &&
	       (service == NULL || opens(record, service)) &&
	       (filter->type == 0 || filter->type == spec->type) &&
	       (filter->states == 0 || (filter->states & state) != 0);
}
