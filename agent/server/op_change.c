/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/server/children.h"
#include "agent/server/op_change.h"
#include "agent/server/op_find.h"
#include "agent/server/op_session.h"
#include "agent/server/ops.h"
#include "common/error.h"

static void
audit_change(struct operation *op, const struct change_kind_row *kind,
    const struct change_request *request, const struct found_token *found)
{
	char detail[AUDIT_DETAIL_MAX] = "";

	op_describe(&found->record.spec, detail, sizeof(detail));
	if (request->keep_sessions)
		snprintf(detail + strlen(detail),
		    sizeof(detail) - strlen(detail), " sessions=kept");
	if (!span_empty(request->reason))
		op_describe_text(
		    detail, sizeof(detail), "reason", request->reason);
	changeset_audit(op->set, &(struct audit_entry) {
				     .at = op->now,
				     .actor = span_of(op->caller->login),
				     .action = span_of(kind->action),
				     .subject = span_of(found->id),
				     .detail = span_of(detail),
				 });
}

static int
set_state(struct operation *op, struct found_token *found,
    enum token_state state, struct span reason)
{
	int rv = children_set_state(op, found, state, reason);

	return rv < 0 ? rv : 1;
}

static int
apply_revoke(struct operation *op, const struct change_request *request,
    struct found_token *found)
{
	int rv = 0;

	if (found->record.state == STATE_REVOKED)
		return 0;
	if (request->keep_sessions)
		rv = op_session_keep(op, found);
	if (rv < 0)
		return rv;
	return set_state(op, found, STATE_REVOKED, request->reason);
}

static int
refuse_revoked(struct operation *op, const struct found_token *found)
{
	return refuse(&op->refusal, STATUS_CONFLICT,
	    "token %s is revoked, which is for good: create another one",
	    found->id);
}

static int
apply_disable(struct operation *op, const struct change_request *request,
    struct found_token *found)
{
	bool reaches_others = caller_reach_over(op->caller, TOKEN_DISABLE,
				  &found->record.spec) > REACH_OWN;

	if (found->record.state == STATE_REVOKED)
		return refuse_revoked(op, found);
	/* Who has more rights takes it over: its owner then cannot enable it. */
	if (found->record.state == STATE_DISABLED &&
	    (!reaches_others ||
		span_is(found->record.changed_by, op->caller->login)))
		return 0;
	return set_state(op, found, STATE_DISABLED, request->reason);
}

/* Whoever was stopped by somebody with more rights does not start again. */
static int
apply_enable(struct operation *op, const struct change_request *request,
    struct found_token *found)
{
	const struct record *record = &found->record;

	if (record->state == STATE_REVOKED)
		return refuse_revoked(op, found);
	if (record->state != STATE_DISABLED)
		return 0;
	if (caller_reach_over(op->caller, TOKEN_DISABLE, &record->spec) <=
		REACH_OWN &&
	    !span_is(record->changed_by, op->caller->login))
		return refuse(&op->refusal, STATUS_FORBIDDEN,
		    "token %s was disabled by %.*s: it takes %s beyond one's "
		    "own to enable it",
		    found->id, (int)record->changed_by.size,
		    (const char *)record->changed_by.data,
		    permission_word(TOKEN_DISABLE));
	return set_state(op, found,
	    record->secret_count > 0 ? STATE_ACTIVE : STATE_PENDING,
	    request->reason);
}

static int
apply_delete(struct operation *op, const struct change_request *request,
    struct found_token *found)
{
	int rv;

	(void)request;
	changeset_tombstones(op->set, span_of(found->id), &found->record,
	    op->now, span_of(op->caller->login), span_of("deleted"));
	changeset_delete(op->set, DB_USAGE, span_of(found->id), VERSION_ANY);
	changeset_token(
	    op->set, span_of(found->id), &found->record, found->version, NULL);
	rv = children_forget(op, found);
	return rv < 0 ? rv : 1;
}

const struct change_kind_row op_change_revoke = { TOKEN_REVOKE, "token.revoke",
	apply_revoke };
static const struct change_kind_row disable_row = { TOKEN_DISABLE,
	"token.disable", apply_disable };
static const struct change_kind_row enable_row = { TOKEN_DISABLE,
	"token.enable", apply_enable };
static const struct change_kind_row delete_row = { TOKEN_DELETE, "token.delete",
	apply_delete };

/* The tokens that the selectors name, each once; all of them or none. */
static int
find_all(struct operation *op, const struct change_request *request,
    enum permission permission, struct found_token *found, size_t *count)
{
	struct span selector;
	size_t at = 0;
	int rv = 0;

	*count = 0;
	while (rv == 0 && spanlist_next(&request->selectors, &at, &selector)) {
		bool again = false;

		rv = op_find(op, selector, permission, &found[*count]);
		for (size_t i = 0; i < *count && rv == 0; i++)
			again = again ||
				strcmp(found[i].id, found[*count].id) == 0;
		if (rv == 0 && !again)
			++*count;
	}
	return rv;
}

static int
reply_changed(struct operation *op, size_t changed,
    const struct found_token *found, size_t count)
{
	wirebuf_put_u16(op->body, (uint16_t)changed);
	wirebuf_put_u16(op->body, (uint16_t)count);
	for (size_t i = 0; i < count; i++) {
		struct token_info info;

		op_info(op, &found[i], &info);
		token_info_put(op->body, &info);
	}
	if (op->body->failed)
		return refuse(&op->refusal, STATUS_INVALID,
		    "they are more than one answer holds: name fewer tokens "
		    "at once");
	return 0;
}

bool
op_change_has_room(const struct operation *op)
{
	return op->set->count + op->set->audit_count + COMMIT_ROWS_OF_ANYONE <=
	       COMMIT_ROWS_MAX;
}

int
op_change_one(struct operation *op, const struct change_kind_row *kind,
    const struct change_request *request, struct found_token *found,
    size_t *changed)
{
	int rv = kind->apply(op, request, found);

	if (rv <= 0)
		return rv;
	audit_change(op, kind, request, found);
	++*changed;
	return 0;
}

static int
change_tokens(struct operation *op, const struct change_kind_row *kind,
    const struct change_request *request)
{
	struct found_token *found = NULL;
	size_t changed = 0;
	size_t count = 0;
	int rv;

	if (request->selectors.count == 0)
		return op_malformed(op);
	rv = syntax_check_text("a reason", request->reason, &op->refusal);
	if (rv < 0)
		return rv;
	if (request->brief)
		return op_batch(op, kind, request);
	found = calloc(request->selectors.count, sizeof(*found));
	op->set = changeset_new();
	rv = found == NULL || op->set == NULL ? ERROR_MEMORY : 0;
	if (rv < 0)
		goto out;
	rv = find_all(op, request, kind->permission, found, &count);
	if (rv < 0)
		goto out;
	for (size_t i = 0; i < count && !request->dry_run && rv == 0; i++)
		rv = op_change_one(op, kind, request, &found[i], &changed);
	if (rv < 0)
		goto out;
	rv = reply_changed(op, changed, found, count);
out:
	if (rv < 0 || changed == 0) {
		changeset_free(op->set);
		op->set = NULL;
	}
	free(found);
	return rv;
}

int
op_revoke(struct operation *op)
{
	struct change_request request;

	revoke_request_get(op->in, &request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	return change_tokens(op, &op_change_revoke, &request);
}

/* Those whose request is a list of selectors and no reason. */
static int
change_without_reason(struct operation *op, const struct change_kind_row *kind)
{
	struct change_request request = { 0 };

	delete_request_get(op->in, &request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	return change_tokens(op, kind, &request);
}

int
op_delete(struct operation *op)
{
	return change_without_reason(op, &delete_row);
}

int
op_disable(struct operation *op)
{
	return change_without_reason(op, &disable_row);
}

int
op_enable(struct operation *op)
{
	return change_without_reason(op, &enable_row);
}

int
op_lapse(struct operation *op, const struct found_token *found)
{
	struct record after = found->record;

	if (after.lapsed)
		return 0;
	op->set = changeset_new();
	if (op->set == NULL)
		return ERROR_MEMORY;
	after.lapsed = true;
	changeset_token(op->set, span_of(found->id), &found->record,
	    found->version, &after);
	op->stands = true;
	return 0;
}
