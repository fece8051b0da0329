/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/acting.h"

#include <stdlib.h>
#include <string.h>

#include "agent/model/verify.h"
#include "agent/server/access.h"
#include "agent/server/identity.h"
#include "agent/server/op_change.h"
#include "agent/server/op_find.h"
#include "agent/server/quote.h"
#include "agent/store/usage.h"
#include "common/error.h"

/* Log lines a second that people can cause by trying tokens out. */
#define TRIED_LINES 5

static int
refuse_token(struct operation *op, const char *id)
{
	char by[128] = "";

	quote_append(by, sizeof(by), op->caller->login);
	if (bucket_take(&op->agent->tried, op->now, TRIED_LINES))
		log_post(op->agent->log, LOG_NOTICE,
		    "management token=\"%s\" refused by=%s uid=%u", id, by,
		    op->caller->uid);
	return refuse(&op->refusal, STATUS_DENIED,
	    "the management token is not good: it is unknown, expired, "
	    "disabled or revoked, or no management token (atm_) at all");
}

/* The record of a token whose secret was shown, and which is good. */
static int
find_good(struct operation *op, struct span text, struct found_token *found,
    uint8_t *number)
{
	struct verify_input input = { .now = op->now };
	struct token token = { 0 };
	uint32_t reasons = REASON_SECRET;
	int rv = tokentext_parse((const char *)text.data, text.size, &token);

	if (rv < 0)
		return refuse_token(op, "");
	rv = op_load(op, span_of(token.id), found);
	input.found = rv != ERROR_NOT_FOUND;
	input.authentic = rv == 0;
	input.record = rv == 0 ? &found->record : verify_null_record();
	if (rv == 0 || rv == ERROR_NOT_FOUND || rv == ERROR_CORRUPT) {
		reasons = verify_management(&input, &token, number);
		rv = 0;
		if ((reasons & REASONS_PROOF) == 0 &&
		    (reasons & REASON_EXPIRED) != 0)
			rv = op_lapse(op, found);
		if (rv == 0 && reasons != 0)
			rv = refuse_token(op, token.id);
	}
	token_wipe(&token);
	crypto_wipe_stack();
	return rv;
}

static int
add_grant(struct operation *op, const struct token_spec *spec, struct span role,
    struct span project)
{
	struct grants *grants = &op->grants[GRANTS_TOKEN];
	struct grant grant = { .principal = spec->owner,
		.role = role,
		.project = project,
		.login_as = spec->users };
	int rv = access_role(op->reader, role, &grant.permissions);

	/* A role that is no more permits nothing. */
	if (rv == 0 && grants->count < GRANTS_MAX)
		grants->items[grants->count++] = grant;
	return rv == ERROR_NOT_FOUND ? 0 : rv;
}

/* Its roles, in each of its projects. */
static int
collect_grants(struct operation *op, const struct token_spec *spec)
{
	const struct span organization = { 0 };
	struct span role, project;
	size_t at = 0;
	int rv = 0;

	op->grants[GRANTS_TOKEN].count = 0;
	while (rv == 0 && spanlist_next(&spec->roles, &at, &role)) {
		size_t at_project = 0;

		if (spec->organization)
			rv = add_grant(op, spec, role, organization);
		while (rv == 0 &&
		       spanlist_next(&spec->projects, &at_project, &project))
			rv = add_grant(op, spec, role, project);
	}
	return rv;
}

static int
become_owner(struct operation *op, const struct found_token *found)
{
	struct identity owner;
	uid_t peer = op->caller->uid;
	int rv = identity_of_login(op->agent, found->record.spec.owner, &owner);

	if (rv < 0)
		return refuse(&op->refusal, STATUS_UNAVAILABLE,
		    "who owns the management token cannot be found out just "
		    "now: try again");
	rv = identity_caller(&owner, op->config, op->reader,
	    &op->grants[GRANTS_OWN], &op->acting);
	if (rv == 0)
		rv = collect_grants(op, &found->record.spec);
	op->acting.uid = peer;
	op->acting.token = &op->grants[GRANTS_TOKEN];
	memcpy(op->acting.token_id, found->id, sizeof(found->id));
	op->caller = &op->acting;
	return rv;
}

/* A write that nobody waits for; on the writer thread. */
static void
on_noted(void *arg, int result)
{
	(void)result;
	free(arg);
}

/*
 * Notes the use, at most one a token a minute, as for logins: who looks for
 * tokens that nobody uses must not find this one.
 */
static void
note_use(struct operation *op, const struct found_token *found, uint8_t number)
{
	struct submission *submission = calloc(1, sizeof(*submission));
	struct changeset *set = changeset_new();
	struct row row = { .version = VERSION_ABSENT };
	struct usage usage = { 0 };
	uint8_t body[USAGE_SIZE_MAX];
	struct span id = span_of(found->id);

	if (store_get_authentic(op->reader, DB_USAGE, id, &row) == 0)
		(void)usage_decode(row.body, &usage);
	if (submission == NULL || set == NULL || op->agent->writer == NULL ||
	    op->now < usage.last_used_at + USAGE_INTERVAL) {
		changeset_free(set);
		free(submission);
		return;
	}
	usage.last_used_at = op->now;
	usage.count++;
	usage_note_secret(usage.secrets, number, op->now);
	usage.service = span_of("admin");
	usage.from = span_of("");
	changeset_put(set, DB_USAGE, id, row.version,
	    span_bytes(body, usage_encode(&usage, body, sizeof(body))));
	*submission = (struct submission) {
		.set = set, .done = on_noted, .arg = submission
	};
	writer_submit(op->agent->writer, submission);
}

int
acting_begin(struct operation *op, uint8_t *opcode)
{
	struct span text = wirebuf_get_fixed_text(op->in, TOKEN_TEXT_SIZE);
	struct found_token found;
	uint8_t number;
	int rv;

	*opcode = wirebuf_get_u8(op->in);
	if (op->in->failed)
		return op_malformed(op);
	if (op->reader == NULL)
		return refuse(&op->refusal, STATUS_UNAVAILABLE,
		    "the store is sealed: %.400s", op->agent->sealed);
	rv = find_good(op, text, &found, &number);
	if (rv < 0)
		return rv;
	note_use(op, &found, number);
	return become_owner(op, &found);
}
