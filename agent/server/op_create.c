/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "agent/model/issue.h"
#include "agent/server/op_find.h"
#include "agent/server/op_import.h"
#include "agent/server/op_project.h"
#include "agent/server/ops.h"
#include "common/changemessage.h"
#include "common/error.h"
#include "common/secret.h"

/* Two ids that are the same come up once in 10^9 at a million tokens. */
#define ID_TRIES 8

/* The id that a token which is not made would have. */
#define NO_ID "0000000000"

/* ERROR_NOT_FOUND: neither is there such a token nor was there one. */
static int
find_id(struct operation *op, struct span id)
{
	struct row row;
	uint64_t at;
	int rv = store_get(op->reader, DB_TOKENS, id, &row);

	return rv == ERROR_NOT_FOUND ? buried_at(op, id, &at) : rv;
}

int
op_new_token(struct operation *op, enum token_kind kind, struct token *token)
{
	for (int i = 0; i < ID_TRIES; i++) {
		int rv;

		crypto_new_token(kind, token);
		rv = find_id(op, span_of(token->id));
		if (rv == ERROR_NOT_FOUND)
			return 0;
		if (rv < 0 && rv != ERROR_CORRUPT)
			return rv;
	}
	return ERROR_SYSTEM;
}

static int
refuse_existing(struct operation *op, const struct create_request *request,
    const struct found_token *found)
{
	struct token_info info;

	/* A name is taken, more is not for everybody to know. */
	if (!caller_covers(op->caller, TOKEN_READ, &found->record.spec))
		return refuse(&op->refusal, STATUS_CONFLICT,
		    "%.*s has a token of that name already: choose another",
		    (int)found->record.spec.owner.size,
		    (const char *)found->record.spec.owner.data);
	if (!request->if_absent)
		return refuse(&op->refusal, STATUS_CONFLICT,
		    "%.*s has a token of that name already: %s; choose another "
		    "name, or delete it first",
		    (int)found->record.spec.owner.size,
		    (const char *)found->record.spec.owner.data, found->id);
	op_info(op, found, &info);
	op_put_secret(op, &info, true, NULL);
	return 0;
}

static void
describe_list(
    char *detail, size_t size, const char *word, const struct spanlist *list)
{
	struct span element;
	size_t at = 0;

	while (spanlist_next(list, &at, &element))
		op_describe_text(detail, size, word, element);
}

static void
audit_create(struct operation *op, const struct record *record, struct span id)
{
	char detail[AUDIT_DETAIL_MAX] = "";

	op_describe(&record->spec, detail, sizeof(detail));
	op_describe_text(detail, sizeof(detail), "kind",
	    span_of(token_kind_word(record->spec.kind)));
	op_describe_text(detail, sizeof(detail), "type",
	    span_of(token_type_word(record->spec.type)));
	describe_list(detail, sizeof(detail), "user", &record->spec.users);
	describe_list(
	    detail, sizeof(detail), "project", &record->spec.projects);
	describe_list(detail, sizeof(detail), "role", &record->spec.roles);
	describe_list(detail, sizeof(detail), "allow", &record->spec.allow);
	changeset_audit(op->set, &(struct audit_entry) {
				     .at = op->now,
				     .actor = span_of(op->caller->login),
				     .action = span_of("token.create"),
				     .subject = id,
				     .detail = span_of(detail),
				 });
}

/* Makes secret, row and reply. */
static int
make_token(struct operation *op, struct record *record, bool dry_run)
{
	char text[TOKEN_TEXT_SIZE + 1] = "";
	struct token token = { 0 };
	struct token_info info;
	int rv = op_new_token(op, record->spec.kind, &token);

	if (rv < 0)
		goto out;
	record->secret_count = 1;
	record->secrets[0].number = 1;
	crypto_verifier(&token, record->secrets[0].verifier);
	record_info(record, span_of(token.id), op->now, &info);
	if (dry_run) {
		info.id = span_of(NO_ID);
		op_put_secret(op, &info, false, NULL);
		goto out;
	}
	tokentext_format(&token, text);
	op_put_secret(op, &info, false, text);
	op->set = changeset_new();
	rv = op->set == NULL ? ERROR_MEMORY : 0;
	if (rv < 0)
		goto out;
	changeset_token(
	    op->set, span_of(token.id), NULL, VERSION_ABSENT, record);
	rv = op_expect_projects(op, &record->spec);
	audit_create(op, record, span_of(token.id));
out:
	token_wipe(&token);
	wipe(text, sizeof(text));
	crypto_wipe_stack();
	return rv;
}

/*
 * How many tokens an owner may have, of any state, unless who makes them may
 * make any.  What others are about to commit at the same moment is not counted:
 * as many as one uid has connections may be above it.
 */
static int
check_quota(struct operation *op, struct span owner)
{
	uint32_t most = op->config->tokens_per_owner;
	const struct span organization = { NULL, 0 };
	uint64_t count = 0;
	int rv;

	if (most == 0 ||
	    caller_reach(op->caller, TOKEN_CREATE, organization) == REACH_ALL)
		return 0;
	rv = store_count_under(op->reader, DB_TOKENS_BY_OWNER, owner, &count);
	if (rv == 0 && count >= most)
		return refuse(&op->refusal, STATUS_FORBIDDEN,
		    "%.*s has %llu tokens, and %u is as many as there may be "
		    "([limits] tokens_per_owner): delete some first",
		    (int)owner.size, (const char *)owner.data,
		    (unsigned long long)count, most);
	return rv;
}

int
op_create(struct operation *op)
{
	struct create_request request;
	struct issue_input input;
	struct issue_storage storage;
	struct found_token existing;
	struct record record;
	int rv;

	create_request_get(op->in, &request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	input = op_issue_input(op, &request.spec);
	rv = issue_record(&input, &storage, &record, &op->refusal);
	if (rv < 0)
		return rv;
	rv = op_find_name(op, record.spec.owner, record.spec.name, &existing);
	if (rv == 0)
		return refuse_existing(op, &request, &existing);
	if (rv == ERROR_NOT_FOUND)
		rv = op_check_projects(op, &record.spec);
	if (rv == 0)
		rv = check_quota(op, record.spec.owner);
	if (rv < 0)
		return rv;
	return make_token(op, &record, request.dry_run);
}
