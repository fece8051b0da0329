/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/filter.h"

#include <string.h>

#include "cli/dates.h"

bool
filter_is_given(const struct filter_options *options)
{
	const struct filter_options none = { 0 };

	return memcmp(options, &none, sizeof none) != 0;
}

static enum token_kind
kind_of(const char *word)
{
	for (int kind = TOKEN_API; kind <= TOKEN_MANAGEMENT; kind++)
		if (strcmp(token_kind_word((enum token_kind)kind), word) == 0)
			return (enum token_kind)kind;
	return (enum token_kind)0;
}

bool
filter_fill(struct token_filter *filter, const struct filter_options *options)
{
	filter->owner = span_of(options->owner);
	filter->project = span_of(options->project);
	filter->service = span_of(options->service);
	filter->from_address = span_of(options->from_address);
	if (options->type != NULL)
		filter->type = (uint8_t)token_type_of(span_of(options->type));
	if (options->kind != NULL)
		filter->kind = (uint8_t)kind_of(options->kind);
	if (options->state != NULL && strcmp(options->state, "all") != 0)
		filter->states = (uint8_t)(1U << token_state_of(
					       span_of(options->state)));
	return dates_duration(
		   "unused-for", options->unused_for, &filter->unused_for) &&
	       dates_duration("expiring", options->expiring, &filter->expiring);
}
