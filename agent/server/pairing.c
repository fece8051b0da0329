/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/pairing.h"

#include <stdio.h>
#include <string.h>

#include "agent/model/verify.h"
#include "agent/server/access.h"
#include "agent/server/op_change.h"
#include "agent/store/usage.h"
#include "common/duration.h"
#include "common/error.h"
#include "common/exchangemessage.h"
#include "common/secret.h"

int
pairing_parse(struct operation *op, struct span text, enum token_kind kind,
    struct token *token)
{
	int rv = tokentext_parse((const char *)text.data, text.size, token);

	if (rv < 0)
		return refuse(&op->refusal, STATUS_DENIED,
		    "what was given is not a token");
	if (token->kind == kind)
		return 0;
	return refuse(&op->refusal, STATUS_DENIED,
	    "it takes %s (%s_...), and this is another kind of token",
	    kind == TOKEN_API ? "an API token" : "a refresh token",
	    tokentext_prefix(kind));
}

int
pairing_deny(struct operation *op, const char *what, const char *id)
{
	op_log_tried(op, what, id, false);
	return refuse(&op->refusal, STATUS_DENIED, "the token is refused");
}

/* Nothing comes of a token that its owner may not use. */
static int
check_owner(struct operation *op, const struct found_token *parent)
{
	const struct token_spec *spec = &parent->record.spec;
	bool may;
	int rv = access_owner_may_use(op->reader, spec, &may);

	if (rv < 0 || may)
		return rv;
	return refuse(&op->refusal, STATUS_DENIED,
	    "its owner %.*s may not use tokens: that takes %s",
	    (int)spec->owner.size, (const char *)spec->owner.data,
	    permission_word(TOKEN_USE));
}

int
pairing_check_parent(
    struct operation *op, const struct found_token *parent, uint8_t number)
{
	uint32_t reasons = verify_state(&parent->record, op->now);
	int rv = 0;

	if ((reasons & REASON_EXPIRED) != 0)
		rv = op_lapse(op, parent);
	if (rv == 0)
		rv = lineage_check_parent(&parent->record, span_of(parent->id),
		    number, op->now, &op->refusal);
	return rv < 0 ? rv : check_owner(op, parent);
}

static uint64_t
seconds_left(const struct operation *op, const struct record *record)
{
	uint64_t end = record->spec.expires_at;

	return end > op->now ? end - op->now : 0;
}

void
pairing_reply(struct operation *op, const struct pairing *p)
{
	char access[TOKEN_TEXT_SIZE + 1], refresh[TOKEN_TEXT_SIZE + 1];

	tokentext_format(&p->pair.access, access);
	tokentext_format(&p->pair.refresh, refresh);
	pair_reply_put(op->body,
	    &(struct pair_reply) { .access = span_of(access),
		.refresh = span_of(refresh),
		.expires_in = seconds_left(op, &p->new_access),
		.refresh_expires_in = seconds_left(op, &p->new_refresh) });
	wipe(access, sizeof(access));
	wipe(refresh, sizeof(refresh));
}

/*
 * Who looks for API tokens that nobody uses must not find those that are used
 * by what comes of them.  The version makes two pairs at a time two, so that
 * their number is right.
 */
static void
note_use(struct operation *op, const struct pairing *p, const char *what)
{
	struct span id = span_of(p->parent.id);
	uint8_t body[USAGE_SIZE_MAX];
	struct usage usage = { 0 };
	struct row row = { .version = VERSION_ABSENT };

	if (store_get_authentic(op->reader, DB_USAGE, id, &row) == 0)
		(void)usage_decode(row.body, &usage);
	usage.last_used_at = op->now;
	usage.count++;
	usage_note_secret(
	    usage.secrets, p->new_access.lineage.parent_number, op->now);
	usage.service = span_of(what);
	usage.from = span_of("");
	changeset_put(op->set, DB_USAGE, id, row.version,
	    span_bytes(body, usage_encode(&usage, body, sizeof(body))));
}

void
pairing_audit(struct operation *op, const struct pairing *p, const char *action,
    const char *word, const char *text)
{
	char detail[AUDIT_DETAIL_MAX] = "";

	op_describe(&p->new_refresh.spec, detail, sizeof(detail));
	op_describe_text(
	    detail, sizeof(detail), "access", span_of(p->pair.access.id));
	op_describe_text(
	    detail, sizeof(detail), "refresh", span_of(p->pair.refresh.id));
	op_describe_text(detail, sizeof(detail), word, span_of(text));
	changeset_audit(op->set, &(struct audit_entry) {
				     .at = op->now,
				     .actor = span_of(op->caller->login),
				     .action = span_of(action),
				     .subject = p->new_refresh.lineage.parent,
				     .detail = span_of(detail),
				 });
}

/* A half of the pair over what was there, or new. */
static void
put_half(struct operation *op, const struct found_token *before, const char *id,
    const struct record *after)
{
	bool is_new = before->id[0] == '\0';

	changeset_token(op->set, span_of(id), is_new ? NULL : &before->record,
	    is_new ? VERSION_ABSENT : before->version, after);
}

int
pairing_commit(struct operation *op, const struct pairing *p, const char *what)
{
	char until[TIME_TEXT_SIZE], action[32];

	put_half(op, &p->access, p->pair.access.id, &p->new_access);
	put_half(op, &p->refresh, p->pair.refresh.id, &p->new_refresh);
	changeset_expect(
	    op->set, DB_TOKENS, span_of(p->parent.id), p->parent.version);
	note_use(op, p, what);
	time_format(p->new_access.spec.expires_at, until);
	snprintf(action, sizeof(action), "token.%s", what);
	pairing_audit(op, p, action, "until", until);
	pairing_reply(op, p);
	return 0;
}
