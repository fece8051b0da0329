/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "agent/model/amend.h"
#include "agent/server/children.h"
#include "agent/server/op_find.h"
#include "agent/server/op_project.h"
#include "agent/server/ops.h"
#include "common/changemessage.h"
#include "common/duration.h"
#include "common/error.h"
#include "common/secret.h"

/* The change set of one token: its row, its entries, its audit. */
static int
replace_record(struct operation *op, const struct found_token *found,
    const struct record *after, const char *action, const char *detail)
{
	op->set = changeset_new();
	if (op->set == NULL)
		return ERROR_MEMORY;
	changeset_token(
	    op->set, span_of(found->id), &found->record, found->version, after);
	changeset_audit(op->set, &(struct audit_entry) {
				     .at = op->now,
				     .actor = span_of(op->caller->login),
				     .action = span_of(action),
				     .subject = span_of(found->id),
				     .detail = span_of(detail),
				 });
	return op_expect_projects(op, &after->spec);
}

/* Another token of that owner with the name that it shall have. */
static int
check_name(struct operation *op, const struct found_token *found,
    const struct record *after)
{
	struct found_token other;
	int rv = op_find_name(op, after->spec.owner, after->spec.name, &other);

	if (rv == 0 && strcmp(other.id, found->id) != 0) {
		bool seen = caller_covers(
		    op->caller, TOKEN_READ, &other.record.spec);

		return refuse(&op->refusal, STATUS_CONFLICT,
		    "%.*s has a token of that name already%s%s",
		    (int)after->spec.owner.size,
		    (const char *)after->spec.owner.data, seen ? ": " : "",
		    seen ? other.id : "");
	}
	return rv == ERROR_NOT_FOUND ? 0 : rv;
}

static void
put_info(struct operation *op, const struct found_token *found,
    const struct record *after, struct token_info *info)
{
	struct found_token then = *found;

	then.record = *after;
	op_info(op, &then, info);
	info->id = span_of(found->id);
}

int
op_edit(struct operation *op)
{
	char detail[AUDIT_DETAIL_MAX];
	struct edit_request request;
	struct issue_storage storage;
	struct issue_input input;
	struct found_token found;
	struct token_info info;
	struct record after;
	int rv;

	edit_request_get(op->in, &request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	rv = op_find(op, request.selector, TOKEN_UPDATE, &found);
	if (rv == 0)
		rv = children_refuse(op, &found);
	if (rv < 0)
		return rv;
	input = op_issue_input(op, &request.spec);
	rv = op_is_locked(op, &found.record.spec, &input.locked);
	if (rv < 0)
		return rv;
	rv = amend_fields(&input, &found.record, request.fields, &storage,
	    &after, &op->refusal);
	if (rv == 0)
		rv = check_name(op, &found, &after);
	if (rv < 0)
		return rv;
	put_info(op, &found, &after, &info);
	token_info_put(op->body, &info);
	if (request.dry_run)
		return 0;
	detail[0] = '\0';
	op_describe_edit(&found.record.spec, &after.spec, request.fields,
	    detail, sizeof(detail));
	return replace_record(op, &found, &after, "token.update", detail);
}

/* Secrets that the record had and has no more. */
static void
bury_secrets(struct operation *op, const struct found_token *found,
    const struct record *after)
{
	struct record gone = found->record;

	gone.secret_count = 0;
	for (size_t i = 0; i < found->record.secret_count; i++) {
		const struct record_secret *secret = &found->record.secrets[i];
		bool kept = false;

		for (size_t j = 0; j < after->secret_count; j++)
			kept = kept ||
			       after->secrets[j].number == secret->number;
		if (!kept)
			gone.secrets[gone.secret_count++] = *secret;
	}
	if (gone.secret_count == 0)
		return;
	changeset_tombstones(op->set, span_of(found->id), &gone, op->now,
	    span_of(op->caller->login), span_of("regenerated"));
}

/* The new secret: into the record its verifier, into the reply its text. */
static void
make_secret(struct operation *op, const struct found_token *found,
    struct record *after, bool dry_run)
{
	char text[TOKEN_TEXT_SIZE + 1] = "";
	struct token token = { 0 };
	struct token_info info;

	crypto_new_token(after->spec.kind, &token);
	memcpy(token.id, found->id, sizeof(token.id));
	crypto_verifier(&token, after->secrets[0].verifier);
	tokentext_format(&token, text);
	put_info(op, found, after, &info);
	op_put_secret(op, &info, false, dry_run ? NULL : text);
	token_wipe(&token);
	wipe(text, sizeof(text));
	crypto_wipe_stack();
}

int
op_regenerate(struct operation *op)
{
	struct regenerate_request request;
	struct token_spec spec = { 0 };
	struct issue_storage storage;
	struct issue_input input;
	struct found_token found;
	struct record after;
	char detail[AUDIT_DETAIL_MAX];
	int rv;

	regenerate_request_get(op->in, &request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	rv = op_find(op, request.selector, TOKEN_REGENERATE, &found);
	if (rv == 0)
		rv = children_refuse(op, &found);
	if (rv < 0)
		return rv;
	spec.users = request.users;
	input = op_issue_input(op, &spec);
	rv = op_is_locked(op, &found.record.spec, &input.locked);
	if (rv < 0)
		return rv;
	rv = amend_secret(&input, &found.record, request.overlap, &storage,
	    &after, &op->refusal);
	if (rv < 0)
		return rv;
	make_secret(op, &found, &after, request.dry_run);
	if (request.dry_run)
		return 0;
	detail[0] = '\0';
	op_describe(&after.spec, detail, sizeof(detail));
	snprintf(detail + strlen(detail), sizeof(detail) - strlen(detail),
	    " secret=%u overlap=%llus", after.secrets[0].number,
	    (unsigned long long)request.overlap);
	rv = replace_record(op, &found, &after, "token.regenerate", detail);
	if (rv == 0)
		bury_secrets(op, &found, &after);
	return rv;
}
