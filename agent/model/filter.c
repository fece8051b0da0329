/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/filter.h"

#include "common/duration.h"

int
filter_init(struct filter *filter, const struct token_filter *asked,
    const struct service *service, uint64_t now)
{
	*filter = (struct filter) {
		.asked = asked,
		.service = service,
		.now = now,
	};
	if (span_empty(asked->from_address))
		return 0;
	return network_parse(asked->from_address, &filter->from_address);
}

bool
filter_has_usage(const struct filter *filter)
{
	return filter->asked->unused_for > 0 ||
	       !span_empty(filter->asked->from_address);
}

static bool
opens(const struct record *record, const struct service *service)
{
	const struct token_spec *spec = &record->spec;

	return scope_project(spec, service) &&
	       scope_environment(spec, service) && scope_role(spec, service) &&
	       scope_service(spec, service) &&
	       (record->elevated || !service->elevated);
}

/* Active, and it ends in that time. */
static bool
ends_within(const struct record *record, uint64_t seconds, uint64_t now)
{
	return record_state(record, now) == STATE_ACTIVE &&
	       record->spec.expires_at != TIME_NEVER &&
	       record->spec.expires_at - now <= seconds;
}

bool
filter_matches(const struct filter *filter, const struct record *record)
{
	const struct token_filter *asked = filter->asked;
	const struct token_spec *spec = &record->spec;
	unsigned state = 1U << record_state(record, filter->now);

	return (span_empty(asked->owner) ||
		   span_equal(asked->owner, spec->owner)) &&
	       (span_empty(asked->project) ||
		   spanlist_has(&spec->projects, asked->project)) &&
	       (filter->service == NULL || opens(record, filter->service)) &&
	       (asked->type == 0 || asked->type == spec->type) &&
	       (asked->kind == 0 || asked->kind == spec->kind) &&
	       (asked->states == 0 || (asked->states & state) != 0) &&
	       (asked->expiring == 0 ||
		   ends_within(record, asked->expiring, filter->now));
}

/* Never used counts from creation; a time to come is no time without use. */
static bool
is_unused(const struct token_info *info, uint64_t seconds, uint64_t now)
{
	uint64_t since = info->last_used_at > 0 ? info->last_used_at
						: info->created_at;

	return info->state == STATE_ACTIVE && since <= now &&
	       now - since >= seconds;
}

bool
filter_matches_usage(const struct filter *filter, const struct token_info *info)
{
	const struct token_filter *asked = filter->asked;

	return (asked->unused_for == 0 ||
		   is_unused(info, asked->unused_for, filter->now)) &&
	       (span_empty(asked->from_address) ||
		   network_has(&filter->from_address, info->last_used_from));
}
