/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/fields.h"

#include "cli/fieldkind.h"
#include "cli/fieldset.h"
#include "common/error.h"

#define AT(member) offsetof(struct token_info, member)

static const struct field fields[] = {
	{ "id", "ID", "-", AT(id), &fieldkind_text },
	{ "name", "NAME", "-", AT(spec.name), &fieldkind_text },
	{ "description", NULL, "-", AT(spec.description), &fieldkind_text },
	{ "kind", NULL, "-", AT(spec.kind), &fieldkind_kind },
	{ "owner", "OWNER", "-", AT(spec.owner), &fieldkind_text },
	{ "users", NULL, "-", AT(spec.users), &fieldkind_list },
	{ "type", "TYPE", "-", AT(spec.type), &fieldkind_type },
	{ "allow", NULL, "-", AT(spec.allow), &fieldkind_list },
	{ "projects", "PROJECT", "(organization)", AT(spec),
	    &fieldkind_projects },
	{ "roles", NULL, "-", AT(spec.roles), &fieldkind_list },
	{ "environment", NULL, "-", AT(spec.environment), &fieldkind_text },
	{ "state", "STATE", "-", AT(state), &fieldkind_state },
	{ "created_at", "CREATED", "-", AT(created_at), &fieldkind_time },
	{ "created_by", NULL, "-", AT(created_by), &fieldkind_text },
	{ "expires_at", "EXPIRES", "never", AT(spec.expires_at),
	    &fieldkind_time },
	{ "not_before", NULL, "-", AT(spec.not_before), &fieldkind_time },
	{ "from", NULL, "anywhere", AT(spec.from), &fieldkind_list },
	{ "uses_left", NULL, "unlimited", AT(spec.uses), &fieldkind_uses },
	{ "last_used_at", "LAST-USED", "never", AT(last_used_at),
	    &fieldkind_time },
	{ "last_used_service", NULL, "-", AT(last_used_service),
	    &fieldkind_text },
	{ "last_used_from", NULL, "-", AT(last_used_from), &fieldkind_text },
	{ "use_count", NULL, "-", AT(use_count), &fieldkind_count },
	{ "secrets", NULL, "-", 0, &fieldkind_secrets },
	{ "changed_at", NULL, "-", AT(changed_at), &fieldkind_time },
	{ "changed_by", NULL, "-", AT(changed_by), &fieldkind_text },
	{ "reason", NULL, "-", AT(reason), &fieldkind_text },
};

static const struct fieldset token_fields = { fields,
	sizeof fields / sizeof fields[0] };

struct json_t *
fields_json(const struct token_info *info)
{
	return fieldset_json(&token_fields, info);
}

void
fields_show(FILE *stream, const struct token_info *info)
{
	fieldset_show(stream, &token_fields, info);
}

int
fields_begin(struct output *o, FILE *stream, enum output_format format)
{
	return fieldset_begin(o, stream, format, &token_fields);
}

int
fields_put(struct output *o, const struct token_info *info)
{
	return fieldset_put(o, &token_fields, info);
}

int
fields_put_one(
    FILE *stream, enum output_format format, const struct token_info *info)
{
	return fieldset_put_one(stream, format, &token_fields, info);
}
