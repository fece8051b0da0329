/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/faults/asking.h"

#include <limits.h>
#include <string.h>

#include "common/adminmessage.h"
#include "common/changemessage.h"
#include "common/client.h"
#include "common/duration.h"
#include "common/error.h"
#include "common/listmessage.h"
#include "common/transfermessage.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"

#define RHOST "192.0.2.1"

unsigned asking_timeout = 5000;

static char auth_socket[PATH_MAX], admin_socket[PATH_MAX];

void
asking_init(void)
{
	strcpy(auth_socket, login_path("auth.sock"));
	strcpy(admin_socket, login_path("admin.sock"));
}

/* fd: a descriptor that goes along, or -1. */
static int
ask(const char *socket, const struct wirebuf *w, int fd, uint8_t *reply,
    size_t size, size_t *got)
{
	const struct client client = { .path = socket,
		.listener_uid = realagent_uid(),
		.timeout_ms = asking_timeout };
	const struct span request = span_bytes(w->out, wirebuf_size(w));

	return fd < 0 ? client_ask(&client, request, reply, size, got)
		      : client_ask_file(&client, request, fd, reply, size, got);
}

/* The body of a good reply is in static storage. */
static int
ask_admin(struct wirebuf *w, enum opcode opcode, int fd, struct wirebuf *body)
{
	static uint8_t reply[PROTO_MESSAGE_MAX];
	struct admin_reply header;
	size_t got = 0;
	int rv = ask(admin_socket, w, fd, reply, sizeof(reply), &got);

	if (rv < 0)
		return rv;
	wirebuf_read(body, reply, got);
	rv = admin_reply_get(body, opcode, &header);
	return rv < 0 ? rv : (int)header.status;
}

/* What all tokens of these tests are. */
struct common_spec {
	struct token_spec spec;
	uint8_t users[16], allow[16], from[32];
};

static void
common_spec_init(struct common_spec *c, const char *name)
{
	c->spec = (struct token_spec) { .kind = TOKEN_API,
		.type = TYPE_CUSTOM,
		.name = span_of(name),
		.expires_at = EXPIRES_DEFAULT,
		.uses = USES_UNLIMITED };
	spanlist_add(
	    &c->spec.users, c->users, sizeof(c->users), span_of("alice"));
	spanlist_add(
	    &c->spec.allow, c->allow, sizeof(c->allow), span_of("svc"));
	spanlist_add(
	    &c->spec.from, c->from, sizeof(c->from), span_of("192.0.2.0/24"));
}

static int
get_made(struct wirebuf *body, struct asking_token *token)
{
	struct token_info info;
	struct spanlist texts;
	struct span only;
	size_t at = 0;

	token_info_get(body, &info);
	wirebuf_get_bool(body);
	texts = wirebuf_get_list(body);
	if (wirebuf_done(body) < 0 || !spanlist_next(&texts, &at, &only) ||
	    span_text(only, token->text, sizeof(token->text)) < 0)
		return ERROR_MALFORMED;
	return span_text(info.id, token->id, sizeof(token->id));
}

int
asking_create(const char *name, uint32_t uses, uint64_t expires_at,
    struct asking_token *token)
{
	struct create_request request = { 0 };
	struct common_spec common;
	struct wirebuf w, body;
	uint8_t packet[1024];
	int rv;

	common_spec_init(&common, name);
	request.spec = common.spec;
	request.spec.uses = uses;
	request.spec.expires_at = expires_at;
	wirebuf_write(&w, packet, sizeof(packet));
	request_begin(&w, OP_CREATE);
	create_request_put(&w, &request);
	rv = ask_admin(&w, OP_CREATE, -1, &body);
	if (rv == STATUS_OK && get_made(&body, token) < 0)
		rv = ERROR_MALFORMED;
	return rv;
}

static int
change(enum opcode opcode, const char *id)
{
	struct change_request request = { 0 };
	struct wirebuf w, body;
	uint8_t packet[256], selector[32];

	spanlist_add(
	    &request.selectors, selector, sizeof(selector), span_of(id));
	wirebuf_write(&w, packet, sizeof(packet));
	request_begin(&w, opcode);
	if (opcode == OP_REVOKE)
		revoke_request_put(&w, &request);
	else
		delete_request_put(&w, &request);
	return ask_admin(&w, opcode, -1, &body);
}

int
asking_revoke(const char *id)
{
	return change(OP_REVOKE, id);
}

int
asking_delete(const char *id)
{
	return change(OP_DELETE, id);
}

int
asking_set_expiry(const char *id, uint64_t expires_at)
{
	struct edit_request request = { .selector = span_of(id),
		.fields = FIELD_EXPIRES };
	struct common_spec common;
	struct wirebuf w, body;
	uint8_t packet[1024];

	common_spec_init(&common, "");
	request.spec = common.spec;
	request.spec.expires_at = expires_at;
	wirebuf_write(&w, packet, sizeof(packet));
	request_begin(&w, OP_EDIT);
	edit_request_put(&w, &request);
	return ask_admin(&w, OP_EDIT, -1, &body);
}

int
asking_show(const char *id, uint8_t *state, uint32_t *uses)
{
	struct wirebuf w, body;
	struct token_info info;
	uint8_t packet[64];
	int rv;

	wirebuf_write(&w, packet, sizeof(packet));
	request_begin(&w, OP_SHOW);
	wirebuf_put_str8(&w, span_of(id));
	rv = ask_admin(&w, OP_SHOW, -1, &body);
	if (rv != STATUS_OK)
		return rv;
	token_info_get(&body, &info);
	if (wirebuf_done(&body) < 0)
		return ERROR_MALFORMED;
	if (state != NULL)
		*state = (uint8_t)info.state;
	if (uses != NULL)
		*uses = info.spec.uses;
	return rv;
}

int
asking_list(uint16_t *count)
{
	const struct list_request request = { .limit = PAGE_MAX };
	struct wirebuf w, body;
	uint8_t packet[128];
	int rv;

	wirebuf_write(&w, packet, sizeof(packet));
	request_begin(&w, OP_LIST);
	list_request_put(&w, &request);
	rv = ask_admin(&w, OP_LIST, -1, &body);
	if (rv == STATUS_OK)
		*count = wirebuf_get_u16(&body);
	return rv;
}

/* A request without a body. */
static int
ask_bare(enum opcode opcode, int fd)
{
	struct wirebuf w, body;
	uint8_t packet[16];

	wirebuf_write(&w, packet, sizeof(packet));
	request_begin(&w, opcode);
	if (opcode == OP_RESTORE)
		wirebuf_put_u8(&w, 0);
	return ask_admin(&w, opcode, fd, &body);
}

int
asking_backup(int fd)
{
	return ask_bare(OP_BACKUP, fd);
}

int
asking_restore(int fd)
{
	return ask_bare(OP_RESTORE, fd);
}

int
asking_state(void)
{
	return ask_bare(OP_STATUS, -1);
}

int
asking_import(const char *name)
{
	const struct import_request request = { .count = 1 };
	struct transfer_token token = { 0 };
	struct transfer_record record = { .kind = TRANSFER_TOKEN };
	uint8_t packet[2048], body_bytes[1024], project[16];
	struct common_spec common;
	struct import_result result;
	struct wirebuf w, body;
	int rv;

	common_spec_init(&common, name);
	token.info.spec = common.spec;
	token.info.spec.owner = span_of("alice");
	token.info.spec.expires_at = TIME_NEVER;
	spanlist_add(&token.info.spec.projects, project, sizeof(project),
	    span_of("default"));
	wirebuf_write(&body, body_bytes, sizeof(body_bytes));
	transfer_token_put(&body, &token);
	record.body = span_bytes(body_bytes, wirebuf_size(&body));
	wirebuf_write(&w, packet, sizeof(packet));
	request_begin(&w, OP_IMPORT);
	import_request_put(&w, &request);
	transfer_record_put(&w, &record);
	rv = ask_admin(&w, OP_IMPORT, -1, &body);
	if (rv != STATUS_OK || wirebuf_get_u16(&body) != 1)
		return rv == STATUS_OK ? ERROR_MALFORMED : rv;
	import_result_get(&body, &result);
	if (wirebuf_done(&body) < 0)
		return ERROR_MALFORMED;
	return result.outcome == IMPORT_REFUSED ? STATUS_FAILED : STATUS_OK;
}

static int
question_ask(const struct question *question, uint8_t *ticket)
{
	uint8_t packet[PROTO_QUESTION_MAX], reply[PROTO_ANSWER_SIZE];
	struct answer answer;
	struct wirebuf w;
	size_t got = 0;
	int rv;

	wirebuf_write(&w, packet, sizeof(packet));
	question_put(&w, question);
	rv = ask(auth_socket, &w, -1, reply, sizeof(reply), &got);
	if (rv < 0)
		return rv;
	wirebuf_read(&w, reply, got);
	rv = answer_get(&w, question->opcode, &answer);
	if (rv < 0)
		return rv;
	if (ticket != NULL)
		memcpy(ticket, answer.ticket, PROTO_TICKET_SIZE);
	return (int)answer.status;
}

int
asking_login(
    const struct asking_token *token, uint8_t ticket[PROTO_TICKET_SIZE])
{
	const struct question question = { .opcode = OP_AUTHENTICATE,
		.token = span_of(token->text),
		.login = span_of("alice"),
		.service = span_of("svc"),
		.rhost = span_of(RHOST) };

	return question_ask(&question, ticket);
}

int
asking_follow(enum opcode opcode, const uint8_t ticket[PROTO_TICKET_SIZE])
{
	const struct question question = { .opcode = opcode,
		.ticket = span_bytes(ticket, PROTO_TICKET_SIZE),
		.login = span_of("alice"),
		.service = span_of("svc"),
		.rhost = span_of(RHOST),
		.user = span_of("alice") };

	return question_ask(&question, NULL);
}
