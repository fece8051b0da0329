/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/firststart.h"

#include "agent/model/scope.h"
#include "agent/server/ops.h"
#include "common/duration.h"
#include "common/error.h"

static const enum token_type types[] = { TYPE_FULL_ACCESS, TYPE_READ_ONLY };

/* Not elevated: who vouches for that is whoever gives it a secret. */
static void
add_token(struct changeset *set, struct span owner, enum token_type type,
    uint64_t now)
{
	uint8_t projects[1 + SPANLIST_ELEMENT_MAX];
	char detail[AUDIT_DETAIL_MAX] = "";
	struct record record = {
		.spec = { .kind = TOKEN_API,
		    .type = type,
		    .name = span_of(token_type_word(type)),
		    .owner = owner,
		    .expires_at = TIME_NEVER,
		    .uses = USES_UNLIMITED },
		.state = STATE_PENDING,
		.created_at = now,
		.created_by = span_of(ACTOR_AGENT),
	};
	struct token token = { 0 };
	struct span id;

	crypto_new_token(TOKEN_API, &token);
	id = span_of(token.id);
	spanlist_add(&record.spec.projects, projects, sizeof(projects),
	    span_of(PROJECT_DEFAULT));
	changeset_token(set, id, NULL, VERSION_ABSENT, &record);
	op_describe(&record.spec, detail, sizeof(detail));
	op_describe_text(detail, sizeof(detail), "type", record.spec.name);
	changeset_audit(set, &(struct audit_entry) {
				 .at = now,
				 .actor = span_of(ACTOR_AGENT),
				 .action = span_of("token.create"),
				 .subject = id,
				 .detail = span_of(detail),
			     });
	token_wipe(&token);
}

int
firststart_apply(struct store *store, struct span owner, uint64_t now)
{
	struct changeset *set;
	int result;
	int rv;

	if (store_audit_sequence(store) > 0)
		return 0;
	set = changeset_new();
	if (set == NULL)
		return ERROR_MEMORY;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		add_token(set, owner, types[i], now);
	rv = store_apply(store, &set, 1, &result);
	changeset_free(set);
	return rv < 0 ? rv : result;
}
