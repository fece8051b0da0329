/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_FIELDKIND_H
#define APITOKEN_CLI_FIELDKIND_H

#include <stdbool.h>
#include <stdio.h>

struct json_t;

/*
 * How members of one type are written.  member points to what is written,
 * for `projects` to the whole struct token_spec, for `secrets` to the whole
 * struct token_info.
 */
struct fieldkind {
	/* The caller's; null where it is absent, NULL without memory. */
	struct json_t *(*json)(const void *member);
	/* For people, escaped; false where it is absent. */
	bool (*print)(FILE *stream, const void *member);
};

extern const struct fieldkind fieldkind_text;
extern const struct fieldkind fieldkind_time;
extern const struct fieldkind fieldkind_list;
extern const struct fieldkind fieldkind_projects;
extern const struct fieldkind fieldkind_uses;
extern const struct fieldkind fieldkind_count;
extern const struct fieldkind fieldkind_bool;
extern const struct fieldkind fieldkind_type;
extern const struct fieldkind fieldkind_state;
extern const struct fieldkind fieldkind_kind;
extern const struct fieldkind fieldkind_secrets;

#endif
