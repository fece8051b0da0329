/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/answer.h"

#include <string.h>

#include "agent/model/ticket.h"
#include "agent/model/verify.h"
#include "agent/server/access.h"
#include "agent/server/decoy.h"
#include "agent/server/opening.h"
#include "common/error.h"
#include "common/secret.h"

/* As much of it as fits; for the log only, and so without a secret, wherever
 * somebody put it. */
static void
copy_text(char *text, size_t size, struct span s)
{
	size_t length;

	if (tokentext_holds((const char *)s.data, s.size))
		s = span_of("[token]");
	length = s.size < size ? s.size : size - 1;
	if (length > 0)
		memcpy(text, s.data, length);
	text[length] = '\0';
}

static void
describe(struct attempt *attempt, const struct question *question)
{
	attempt->opcode = (uint8_t)question->opcode;
	copy_text(attempt->login, sizeof(attempt->login), question->login);
	copy_text(
	    attempt->service, sizeof(attempt->service), question->service);
	copy_text(attempt->rhost, sizeof(attempt->rhost), question->rhost);
	copy_text(attempt->tty, sizeof(attempt->tty), question->tty);
	copy_text(attempt->ruser, sizeof(attempt->ruser), question->ruser);
}

/* The record under an id, or the null record; the same work for both. */
struct found {
	struct record record;
	uint32_t version;
	bool exists;
	bool authentic;
	bool lapsed; /* by the store's word, not by this thread's memory */
};

/* An error is the store's, not the token's: there is no verdict then. */
static int
find_record(const struct asker *asker, struct span id, struct found *found)
{
	struct row row = {
		.key_number = keyring_current(asker->agent->keyring)->number
	};
	int rv;

	decoy_row(&row);
	rv = store_get(asker->reader, DB_TOKENS, id, &row);
	if (rv < 0 && rv != ERROR_NOT_FOUND && rv != ERROR_CORRUPT)
		return rv;
	found->exists = rv == 0;
	found->version = row.version;
	found->authentic = store_is_authentic(
	    asker->reader, DB_TOKENS, id, &row);
	if (record_decode(row.body, &found->record) < 0)
		found->authentic = false;
	if (found->exists && !found->authentic)
		found->record = *verify_null_record();
	found->lapsed = found->record.lapsed;
	if (asker->agent->lapsed != NULL &&
	    lapsed_has(asker->agent->lapsed, id, found->record.spec.expires_at))
		found->record.lapsed = true;
	return 0;
}

/*
 * What an access token came from.  The same work is done where there is none,
 * so that the time does not tell an id that there is from another.
 */
static int
find_parent(
    const struct asker *asker, const struct found *found, struct found *parent)
{
	struct span id = found->record.lineage.parent;

	return find_record(
	    asker, span_empty(id) ? span_of("0000000000") : id, parent);
}

/* An agent that runs unprivileged serves its own user. */
static bool
is_admitted(const struct asker *asker)
{
	return asker->admitted || asker->peer.uid == 0 ||
	       asker->peer.uid == asker->agent->uid;
}

static void
set_input(struct verify_input *input, const struct asker *asker,
    const struct question *question, const struct service *service,
    const struct found *found, const struct found *parent)
{
	*input = (struct verify_input) {
		.record = &found->record,
		.found = found->exists,
		.authentic = found->authentic,
		.parent = parent->exists ? &parent->record : NULL,
		.parent_authentic = parent->authentic,
		.service = service,
		.login = question->login,
		.rhost = question->rhost,
		.caller = is_admitted(asker) ? 0 : asker->peer.uid,
		.owner_may_use = true,
		.now = asker->now,
	};
}

static void
note_lapse(const struct asker *asker, struct span id, const struct found *found,
    bool proved)
{
	uint32_t reasons = verify_state(&found->record, asker->now);

	if (proved && asker->agent->lapsed != NULL && found->exists &&
	    !found->lapsed && (reasons & REASON_EXPIRED) != 0)
		lapsed_note(asker->agent->lapsed, id, &found->record,
		    found->version, asker->now);
}

/* Whoever proved the secret and came too late does so from now on, as does
 * what else came of the API token that was too late.  Who did not waits as
 * long for the answer. */
static void
note_lapses(const struct asker *asker, struct span id,
    const struct found *found, const struct found *parent, uint32_t reasons)
{
	bool proved = (reasons & REASONS_PROOF) == 0;

	note_lapse(asker, id, found, proved);
	note_lapse(asker, found->record.lineage.parent, parent, proved);
}

static enum status
status_of(uint32_t reasons)
{
	return reasons == 0 ? STATUS_OK : STATUS_DENIED;
}

/* The token with one use less; NULL without memory. */
static struct changeset *
spend_use(const struct token *token, const struct found *found)
{
	struct changeset *set = changeset_new();
	struct record after = found->record;

	if (set == NULL)
		return NULL;
	after.spec.uses--;
	changeset_token(
	    set, span_of(token->id), &found->record, found->version, &after);
	return set;
}

static void
give_ticket(const struct asker *asker, const struct question *question,
    const struct attempt *attempt, struct answer *answer)
{
	const struct keyring_key *key = keyring_current(asker->agent->keyring);
	struct ticket ticket = { .key_number = key->number,
		.secret_number = attempt->secret_number,
		.issued_at = asker->now,
		.nonce = asker->nonce };

	memcpy(ticket.id, attempt->id, sizeof(ticket.id));
	ticket_make(&ticket, question->login, question->service, key->tickets,
	    answer->ticket);
}

/* What grants say of it is asked for nobody who lacks the secret: how long
 * that takes would tell which ids there are. */
static int
ask_access(const struct asker *asker, struct verify_input *input,
    struct attempt *attempt)
{
	int rv = access_fill(asker->reader, asker->config, input);

	if (rv == 0)
		attempt->reasons |= verify_policy(input);
	return rv;
}

static void
verify_token(const struct asker *asker, const struct question *question,
    const struct token *token, const struct service *service,
    struct answer *answer, struct attempt *attempt, struct changeset **set)
{
	struct found found = { 0 }, parent = { 0 };
	struct verify_input input;

	if (find_record(asker, span_of(token->id), &found) < 0)
		return;
	if (token->kind == TOKEN_ACCESS &&
	    find_parent(asker, &found, &parent) < 0)
		return;
	set_input(&input, asker, question, service, &found, &parent);
	attempt->reasons = verify(&input, token, &attempt->secret_number);
	attempt->proved = (attempt->reasons & REASONS_PROOF) == 0;
	/* What is refused already is so in the same time, whatever for. */
	if (attempt->reasons == 0 && ask_access(asker, &input, attempt) < 0)
		return;
	copy_text(
	    attempt->owner, sizeof(attempt->owner), found.record.spec.owner);
	note_lapses(
	    asker, span_of(token->id), &found, &parent, attempt->reasons);
	answer->status = status_of(attempt->reasons);
	if (answer->status != STATUS_OK)
		return;
	give_ticket(asker, question, attempt, answer);
	if (found.record.spec.uses != USES_UNLIMITED) {
		*set = spend_use(token, &found);
		if (*set == NULL)
			answer->status = STATUS_UNAVAILABLE;
	}
	if (answer->status == STATUS_OK)
		opening_peer(asker, question, service, answer->ticket, set);
}

static void
authenticate(const struct asker *asker, const struct question *question,
    const struct service *service, struct answer *answer,
    struct attempt *attempt, struct changeset **set)
{
	struct token token;
	int rv = tokentext_parse(
	    (const char *)question->token.data, question->token.size, &token);

	if (rv < 0) {
		answer->status = STATUS_MALFORMED;
		return;
	}
	memcpy(attempt->id, token.id, sizeof(attempt->id));
	verify_token(asker, question, &token, service, answer, attempt, set);
	token_wipe(&token);
	crypto_wipe_stack();
}

/* Is the token of this ticket still good?  The secret was proved before. */
static void
account(const struct asker *asker, const struct question *question,
    const struct service *service, struct answer *answer,
    struct attempt *attempt)
{
	struct found found = { 0 }, parent = { 0 };
	struct verify_input input;
	struct ticket ticket;

	if (asker_open_ticket(asker, question, &ticket) < 0) {
		attempt->reasons = REASON_SECRET;
		answer->status = STATUS_DENIED;
		return;
	}
	memcpy(attempt->id, ticket.id, sizeof(attempt->id));
	if (find_record(asker, span_of(ticket.id), &found) < 0)
		return;
	if (found.record.spec.kind == TOKEN_ACCESS &&
	    find_parent(asker, &found, &parent) < 0)
		return;
	set_input(&input, asker, question, service, &found, &parent);
	copy_text(
	    attempt->owner, sizeof(attempt->owner), found.record.spec.owner);
	attempt->reasons = verify_policy(&input);
	if (ask_access(asker, &input, attempt) < 0)
		return;
	if (!found.exists)
		attempt->reasons |= REASON_UNKNOWN;
	if (!found.authentic)
		attempt->reasons |= REASON_DAMAGED;
	if (!verify_secret_number(
		&found.record, ticket.secret_number, asker->now))
		attempt->reasons |= REASON_SECRET;
	/* The use that was left was spent on the authentication. */
	attempt->reasons &= ~(uint32_t)REASON_USES;
	note_lapses(
	    asker, span_of(ticket.id), &found, &parent, attempt->reasons);
	answer->status = status_of(attempt->reasons);
}

static void
decide(const struct asker *asker, const struct question *question,
    struct answer *answer, struct attempt *attempt, struct changeset **set)
{
	struct service unlisted;
	const struct service *service = config_service(
	    asker->config, question->service, &unlisted);

	if (service == NULL) {
		answer->status = STATUS_MALFORMED;
		return;
	}
	if (!is_admitted(asker) &&
	    !service_has_caller(service, asker->peer.uid)) {
		answer->status = STATUS_REFUSED;
		return;
	}
	if (asker->agent->lapsed != NULL)
		lapsed_settle(asker->agent->lapsed);
	if (asker->reader == NULL || store_read_begin(asker->reader) < 0)
		return;
	if (question->opcode == OP_AUTHENTICATE)
		authenticate(asker, question, service, answer, attempt, set);
	else if (question->opcode == OP_ACCOUNT)
		account(asker, question, service, answer, attempt);
	else if (question->opcode == OP_SESSION_OPEN)
		answer->status = opening_open(asker, question, service, set);
	else
		answer->status = opening_close(asker, question, service);
	store_read_end(asker->reader);
}

static void
write_answer(uint8_t reply[PROTO_ANSWER_SIZE], enum opcode opcode,
    const struct answer *answer)
{
	struct wirebuf w;

	memset(reply, 0, PROTO_ANSWER_SIZE);
	wirebuf_write(&w, reply, PROTO_ANSWER_SIZE);
	answer_put(&w, opcode, answer);
}

void
answer_unavailable(uint8_t reply[PROTO_ANSWER_SIZE], struct attempt *attempt)
{
	const struct answer answer = { .status = STATUS_UNAVAILABLE };

	attempt->status = STATUS_UNAVAILABLE;
	write_answer(reply,
	    attempt->opcode != 0 ? (enum opcode)attempt->opcode
				 : OP_AUTHENTICATE,
	    &answer);
}

static void
attempt_begin(const struct asker *asker, struct attempt *attempt)
{
	*attempt = (struct attempt) {
		.at = asker->now,
		.caller = asker->peer.uid,
		.caller_pid = asker->peer.pid,
	};
}

void
answer_unasked(const struct asker *asker, const struct question *question,
    enum status status, struct attempt *attempt)
{
	attempt_begin(asker, attempt);
	describe(attempt, question);
	attempt->status = (uint8_t)status;
}

struct changeset *
answer_question(const struct asker *asker, struct span packet,
    uint8_t reply[PROTO_ANSWER_SIZE], struct attempt *attempt)
{
	struct changeset *set = NULL;
	struct answer answer = { .status = STATUS_UNAVAILABLE };
	struct question question;
	struct wirebuf w;
	int rv;

	attempt_begin(asker, attempt);
	wirebuf_read(&w, packet.data, packet.size);
	rv = question_get(&w, &question);
	if (rv == ERROR_VERSION)
		answer.status = STATUS_VERSION;
	else if (rv < 0)
		answer.status = STATUS_MALFORMED;
	else {
		describe(attempt, &question);
		decide(asker, &question, &answer, attempt, &set);
	}
	attempt->status = (uint8_t)answer.status;
	write_answer(
	    reply, rv < 0 ? OP_AUTHENTICATE : question.opcode, &answer);
	wipe(&answer, sizeof(answer));
	return set;
}
