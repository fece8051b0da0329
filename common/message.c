/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/message.h"

#include <string.h>

#include "common/error.h"

static void
header_put(struct wirebuf *w, unsigned opcode, unsigned status)
{
	wirebuf_put_u8(w, PROTO_VERSION);
	wirebuf_put_u8(w, (uint8_t)opcode);
	wirebuf_put_u8(w, (uint8_t)status);
	wirebuf_put_u8(w, 0);
}

void
request_begin(struct wirebuf *w, enum opcode opcode)
{
	header_put(w, opcode, 0);
}

void
reply_begin(struct wirebuf *w, uint8_t opcode, enum status status)
{
	header_put(w, opcode | PROTO_REPLY, status);
}

void
message_header_get(struct wirebuf *w, struct message_header *header)
{
	header->version = wirebuf_get_u8(w);
	header->opcode = wirebuf_get_u8(w);
	header->status = wirebuf_get_u8(w);
	wirebuf_get_range(w, 0, 0);
}

/* The questions, and what each has besides login, service and rhost. */
static const struct question_form {
	enum opcode opcode;
	bool has_token; /* instead of a ticket */
	bool has_tty;
	bool has_ruser;
	bool has_user;
} forms[] = {
	{ OP_AUTHENTICATE, true, true, true, false },
	{ OP_ACCOUNT, false, false, false, false },
	{ OP_SESSION_OPEN, false, true, false, true },
	{ OP_SESSION_CLOSE, false, false, false, false },
};

/* A copy: compilers make a table of addresses of what else were pointers,
 * and the module is to have no data that a loader writes to. */
static bool
find_form(unsigned opcode, struct question_form *form)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		*form = forms[i];
		if (form->opcode == (enum opcode)opcode)
			return true;
	}
	return false;
}

void
question_put(struct wirebuf *w, const struct question *question)
{
	struct question_form form;

	if (!find_form(question->opcode, &form)) {
		wirebuf_fail(w);
		return;
	}
	request_begin(w, question->opcode);
	if (form.has_token)
		wirebuf_put_fixed(w, question->token, TOKEN_TEXT_SIZE);
	else
		wirebuf_put_fixed(w, question->ticket, PROTO_TICKET_SIZE);
	wirebuf_put_str8(w, question->login);
	wirebuf_put_str8(w, question->service);
	wirebuf_put_str8(w, question->rhost);
	if (form.has_tty)
		wirebuf_put_str8(w, question->tty);
	if (form.has_ruser)
		wirebuf_put_str8(w, question->ruser);
	if (form.has_user)
		wirebuf_put_str8(w, question->user);
}

int
question_get(struct wirebuf *w, struct question *question)
{
	struct question_form form;
	struct message_header header;
	struct question q = { 0 };

	message_header_get(w, &header);
	if (w->failed)
		return ERROR_MALFORMED;
	if (header.version != PROTO_VERSION)
		return ERROR_VERSION;
	if (header.status != 0 || !find_form(header.opcode, &form))
		return ERROR_MALFORMED;
	if (form.has_token)
		q.token = wirebuf_get_fixed_text(w, TOKEN_TEXT_SIZE);
	else
		q.ticket = wirebuf_get_bytes(w, PROTO_TICKET_SIZE);
	q.opcode = (enum opcode)header.opcode;
	q.login = wirebuf_get_text8(w, LOGIN_MAX);
	q.service = wirebuf_get_text8(w, SERVICE_MAX);
	q.rhost = wirebuf_get_text8(w, RHOST_MAX);
	if (form.has_tty)
		q.tty = wirebuf_get_text8(w, UINT8_MAX);
	if (form.has_ruser)
		q.ruser = wirebuf_get_text8(w, UINT8_MAX);
	if (form.has_user)
		q.user = wirebuf_get_text8(w, LOGIN_MAX);
	if (wirebuf_done(w) != 0)
		return ERROR_MALFORMED;
	*question = q;
	return 0;
}

bool
answer_has_status(uint8_t status)
{
	static const uint8_t statuses[] = { STATUS_OK, STATUS_DENIED,
		STATUS_UNAVAILABLE, STATUS_REFUSED, STATUS_MALFORMED,
		STATUS_VERSION };

	return memchr(statuses, status, sizeof(statuses)) != NULL;
}

static bool
has_ticket(enum opcode opcode, enum status status)
{
	return opcode == OP_AUTHENTICATE && status == STATUS_OK;
}

void
answer_put(struct wirebuf *w, enum opcode opcode, const struct answer *answer)
{
	static const uint8_t none[PROTO_TICKET_SIZE];

	reply_begin(w, (uint8_t)opcode, answer->status);
	wirebuf_put_bytes(w,
	    has_ticket(opcode, answer->status) ? answer->ticket : none,
	    PROTO_TICKET_SIZE);
}

int
answer_get(struct wirebuf *w, enum opcode opcode, struct answer *answer)
{
	struct message_header header;
	struct span ticket;
	uint8_t bits = 0;

	message_header_get(w, &header);
	ticket = wirebuf_get_bytes(w, PROTO_TICKET_SIZE);
	if (wirebuf_done(w) != 0 || header.version != PROTO_VERSION ||
	    header.opcode != ((unsigned)opcode | PROTO_REPLY) ||
	    !answer_has_status(header.status))
		return ERROR_MALFORMED;
	for (size_t i = 0; i < ticket.size; i++)
		bits |= ticket.data[i];
	if (bits != 0 && !has_ticket(opcode, (enum status)header.status))
		return ERROR_MALFORMED;
	answer->status = (enum status)header.status;
	memcpy(answer->ticket, ticket.data, PROTO_TICKET_SIZE);
	return 0;
}
