/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/spec.h"

#include "cli/dates.h"

bool
spec_fill(struct token_spec *spec, const struct spec_options *options)
{
	spec->kind = TOKEN_API;
	spec->type = TYPE_FULL_ACCESS;
	if (options->allow.list.count > 0)
		spec->type = TYPE_CUSTOM;
	if (options->type != NULL)
		spec->type = token_type_of(span_of(options->type));
	spec->environment = span_of(options->environment);
	spec->description = span_of(options->description);
	spec->users = options->users.list;
	spec->allow = options->allow.list;
	spec->from = options->from.list;
	spec->uses = USES_UNLIMITED;
	return dates_fill(spec, options->expires, options->not_before);
}
