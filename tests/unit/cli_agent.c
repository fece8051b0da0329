/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/cli_agent.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/adminmessage.h"
#include "common/anchor.h"
#include "common/auditmessage.h"
#include "common/changemessage.h"
#include "common/duration.h"
#include "common/listmessage.h"
#include "common/verifymessage.h"

/* 2026-01-01T00:00:00Z: when everything here was made. */
#define CREATED_AT UINT64_C(1767225600)

struct exchange {
	struct cli_agent *agent;
	struct wirebuf request;
	struct wirebuf reply;
	bool hang_up;
};

const char *
cli_agent_token(void)
{
	static char text[TOKEN_TEXT_SIZE + 1];
	struct token token = { .kind = TOKEN_API,
		.id = AGENT_TOKEN_ID,
		.secret = "nobody guesses this" };

	tokentext_format(&token, text);
	return text;
}

static struct token_info
info_of(struct span name)
{
	bool hostile = span_is(name, "escape");
	static uint8_t packed[64];
	struct spanlist users = { 0 };
	struct token_info info = {
		.id = span_of(AGENT_TOKEN_ID),
		.state = STATE_ACTIVE,
		.created_at = CREATED_AT,
		.created_by = span_of("root"),
		.spec = {
			.kind = TOKEN_API,
			.type = TYPE_FULL_ACCESS,
			.name = hostile ? span_of("red\033[31m") : name,
			.owner = hostile ? span_of("\xe2\x80\xae""eve")
					 : span_of("alice"),
			.description = hostile ? span_of("\xff\n\xc2\x9b")
					       : span_of("for tests"),
			.uses = USES_UNLIMITED,
		},
	};

	(void)spanlist_add(&users, packed, sizeof packed, span_of("alice"));
	info.spec.users = users;
	return info;
}

static void
refuse(struct exchange *x, enum opcode opcode, enum status status,
    const char *message)
{
	const struct admin_reply reply = { status, span_of(message) };

	admin_reply_put(&x->reply, (uint8_t)opcode, &reply);
}

/* What creating and regenerating answer with. */
static void
secret_put(struct exchange *x, const struct token_info *info, bool existed,
    bool dry_run)
{
	struct spanlist texts = { 0 };
	uint8_t packed[64];

	token_info_put(&x->reply, info);
	wirebuf_put_u8(&x->reply, existed);
	if (!dry_run && !existed)
		(void)spanlist_add(
		    &texts, packed, sizeof packed, span_of(cli_agent_token()));
	wirebuf_put_list(&x->reply, &texts);
}

static void
create_answer(struct exchange *x)
{
	struct create_request request;
	struct token_info info;

	create_request_get(&x->request, &request);
	x->agent->changes += !request.dry_run;
	x->agent->expires_at = request.spec.expires_at;
	info = info_of(request.spec.name);
	info.spec.expires_at = request.spec.expires_at == EXPIRES_DEFAULT
				   ? CREATED_AT
				   : request.spec.expires_at;
	if (span_is(request.spec.name, "liar"))
		info.id = span_of("z1z2z3z4z5");
	x->hang_up = span_is(request.spec.name, "gone") && !request.dry_run;
	if (span_is(request.spec.name, "forbidden")) {
		refuse(x, OP_CREATE, STATUS_FORBIDDEN, "");
		return;
	}
	if (span_is(request.spec.name, "taken") && !request.if_absent) {
		refuse(x, OP_CREATE, STATUS_CONFLICT, "it is \033taken");
		return;
	}
	refuse(x, OP_CREATE, STATUS_OK, "");
	secret_put(
	    x, &info, span_is(request.spec.name, "taken"), request.dry_run);
}

static void
regenerate_answer(struct exchange *x)
{
	struct regenerate_request request;
	struct token_info info;

	regenerate_request_get(&x->request, &request);
	info = info_of(request.selector);
	x->agent->changes += !request.dry_run;
	x->agent->overlap = request.overlap;
	(void)span_text(
	    request.selector, x->agent->selector, sizeof x->agent->selector);
	if (span_is(request.selector, "liar") ||
	    span_is(request.selector, "z1z2z3z4z5"))
		info.id = span_of("z1z2z3z4z5");
	if (request.users.count > 0)
		info.spec.users = request.users;
	if (span_is(request.selector, "forbidden")) {
		refuse(x, OP_REGENERATE, STATUS_FORBIDDEN, "");
		return;
	}
	refuse(x, OP_REGENERATE, STATUS_OK, "");
	secret_put(x, &info, false, request.dry_run);
}

static void
edit_answer(struct exchange *x)
{
	struct edit_request request;
	struct token_info info;

	edit_request_get(&x->request, &request);
	info = info_of(request.selector);
	x->agent->changes += !request.dry_run;
	x->agent->fields = request.fields;
	x->agent->expires_at = request.spec.expires_at;
	if (wirebuf_done(&x->request) != 0) {
		refuse(x, OP_EDIT, STATUS_MALFORMED, "");
		return;
	}
	if (span_is(request.selector, "missing")) {
		refuse(x, OP_EDIT, STATUS_NOT_FOUND, "");
		return;
	}
	info.spec.allow = request.spec.allow;
	info.spec.from = request.spec.from;
	info.spec.expires_at = request.spec.expires_at;
	info.spec.description = request.spec.description;
	refuse(x, OP_EDIT, STATUS_OK, "");
	token_info_put(&x->reply, &info);
}

/* Entries are numbers from 1 on; one may be broken, and one not there. */
static void
audit_answer(struct exchange *x)
{
	struct audit_request request;
	struct cli_agent *agent = x->agent;
	unsigned first, last;

	audit_request_get(&x->request, &request);
	(void)span_text(request.token, agent->selector, sizeof agent->selector);
	agent->since = request.since;
	first = (unsigned)request.after + 1;
	last = (unsigned)request.after + agent->page;
	if (last > agent->tokens)
		last = agent->tokens;
	refuse(x, OP_AUDIT, STATUS_OK, "");
	wirebuf_put_u16(
	    &x->reply, (uint16_t)(last + 1 - first -
				  (agent->gap >= first && agent->gap <= last)));
	for (unsigned i = first; i <= last; i++)
		if (i != agent->gap)
			audit_row_put(
			    &x->reply, &(struct audit_row) {
					   .number = i,
					   .at = CREATED_AT,
					   .is_sound = i != agent->broken,
					   .actor = span_of("alice"),
					   .action = span_of("token.create"),
					   .subject = span_of(AGENT_TOKEN_ID),
					   .detail = span_of("name=\033[2J"),
				       });
	wirebuf_put_u64(&x->reply, last < agent->tokens ? last : 0);
}

/* An entry's MAC is its number's last byte. */
static void
anchor_answer(struct exchange *x)
{
	struct anchor anchor = { .number = wirebuf_get_u64(&x->request) };

	if (anchor.number == 0)
		anchor.number = x->agent->tokens;
	memset(anchor.mac, (uint8_t)anchor.number, sizeof anchor.mac);
	refuse(x, OP_ANCHOR, STATUS_OK, "");
	anchor_put(&x->reply, &anchor);
}

static void
show_answer(struct exchange *x)
{
	struct span name = wirebuf_get_str8(&x->request);
	struct token_info info = info_of(name);

	if (span_is(name, "missing") || span_is(name, "0000000000")) {
		refuse(x, OP_SHOW, STATUS_NOT_FOUND, "");
		return;
	}
	refuse(x, OP_SHOW, STATUS_OK, "");
	token_info_put(&x->reply, &info);
	if (span_is(name, "garbage"))
		wirebuf_put_u8(&x->reply, 0);
}

/* Ids are numbers from 1 on. */
static void
list_answer(struct exchange *x)
{
	struct list_request request;
	char after[16], id[16] = "";
	unsigned first, count;

	list_request_get(&x->request, &request);
	(void)span_text(request.after, after, sizeof after);
	first = (unsigned)strtoul(after, NULL, 10) + 1;
	count = x->agent->tokens + 1 - first;
	if (count > request.limit)
		count = request.limit;
	if (count > x->agent->page)
		count = x->agent->page;
	refuse(x, OP_LIST, STATUS_OK, "");
	wirebuf_put_u16(&x->reply, (uint16_t)count);
	for (unsigned i = first; i < first + count; i++) {
		struct token_info info = info_of(span_of("some"));

		(void)snprintf(id, sizeof id, "%010u", i);
		info.id = span_of(id);
		token_info_put(&x->reply, &info);
	}
	wirebuf_put_str8(
	    &x->reply, span_of(first + count <= x->agent->tokens ? id : ""));
}

/* Here everything is active, but what is to be enabled. */
static enum token_state
state_after(enum opcode opcode, bool dry_run)
{
	if (opcode == OP_ENABLE && dry_run)
		return STATE_DISABLED;
	if (opcode == OP_REVOKE && !dry_run)
		return STATE_REVOKED;
	return opcode == OP_DISABLE && !dry_run ? STATE_DISABLED : STATE_ACTIVE;
}

/* A page of it; ids are in order, each once. */
static void
batch_answer(struct exchange *x, enum opcode opcode,
    const struct change_request *request)
{
	uint16_t seen = request->selectors.count;

	if (seen > x->agent->page)
		seen = (uint16_t)x->agent->page;
	refuse(x, opcode, STATUS_OK, "");
	batch_reply_put(&x->reply,
	    &(struct batch_reply) {
		.seen = seen, .changed = seen, .status = STATUS_OK });
	x->hang_up = x->agent->changes == x->agent->breaks;
}

static void
change_answer(struct exchange *x, enum opcode opcode)
{
	struct change_request request;
	struct span selector = { 0 };
	unsigned stubborn = 0;
	size_t at = 0;

	if (opcode == OP_REVOKE)
		revoke_request_get(&x->request, &request);
	else
		delete_request_get(&x->request, &request);
	x->agent->changes += !request.dry_run;
	if (request.brief) {
		batch_answer(x, opcode, &request);
		return;
	}
	if (spanlist_has(&request.selectors, span_of("missing"))) {
		refuse(x, opcode, STATUS_NOT_FOUND, "there is no missing");
		return;
	}
	if (spanlist_has(&request.selectors, span_of("stubborn00")))
		stubborn = 1;
	refuse(x, opcode, STATUS_OK, "");
	wirebuf_put_u16(&x->reply,
	    request.dry_run ? 0
			    : (uint16_t)(request.selectors.count - stubborn));
	wirebuf_put_u16(&x->reply, request.selectors.count);
	while (spanlist_next(&request.selectors, &at, &selector)) {
		struct token_info info = info_of(selector);
		char id[TOKEN_ID_SIZE + 1] = "0000000000";

		(void)span_text(
		    selector, x->agent->selector, sizeof x->agent->selector);
		memcpy(id, selector.data,
		    selector.size < TOKEN_ID_SIZE ? selector.size
						  : TOKEN_ID_SIZE);
		info.id = span_of(id);
		info.state = state_after(opcode, request.dry_run);
		x->hang_up = span_is(selector, "gone000000") &&
			     !request.dry_run;
		token_info_put(&x->reply, &info);
	}
}

static void
verify_answer(struct exchange *x)
{
	struct verify_request request;
	struct spanlist reasons = { 0 };
	uint8_t packed[64];
	bool good;

	verify_request_get(&x->request, &request);
	good = span_is(request.token, cli_agent_token()) &&
	       span_is(request.login, "alice");
	refuse(x, OP_VERIFY, good ? STATUS_OK : STATUS_DENIED, "");
	if (!good && span_is(request.token, cli_agent_token())) {
		(void)spanlist_add(
		    &reasons, packed, sizeof packed, span_of("login"));
		(void)spanlist_add(
		    &reasons, packed, sizeof packed, span_of("service"));
	}
	wirebuf_put_list(&x->reply, &reasons);
}

static void
explain_answer(struct exchange *x)
{
	struct explain_request request;
	struct condition conditions[] = {
		{ span_of("state"), true, span_of("active") },
		{ span_of("login"), false, span_of("") },
	};

	explain_request_get(&x->request, &request);
	conditions[1].holds = span_is(request.login, "alice");
	refuse(x, OP_EXPLAIN, STATUS_OK, "");
	wirebuf_put_u8(&x->reply, 2);
	condition_put(&x->reply, &conditions[0]);
	condition_put(&x->reply, &conditions[1]);
}

static void
whoami_answer(struct exchange *x)
{
	struct whoami_reply who = { .uid = 1000, .login = span_of("alice") };
	uint8_t packed[64];

	if (!x->agent->reads_own)
		(void)spanlist_add(&who.permissions, packed, sizeof packed,
		    span_of("audit.read=all"));
	(void)spanlist_add(&who.permissions, packed, sizeof packed,
	    span_of("token.create=own"));
	refuse(x, OP_WHOAMI, STATUS_OK, "");
	whoami_reply_put(&x->reply, &who);
}

static void
status_answer(struct exchange *x)
{
	const struct status_item items[] = {
		{ span_of("state"), false, 0,
		    span_of(x->agent->sealed ? "sealed" : "ready") },
		{ span_of("reason"), false, 0,
		    span_of(x->agent->sealed ? "no key" : "") },
		{ span_of("tokens"), true, 7, span_of("") },
		{ span_of("durable"), false, 0, span_of("yes") },
	};

	refuse(x, OP_STATUS, STATUS_OK, "");
	wirebuf_put_u8(&x->reply, 4);
	for (size_t i = 0; i < 4; i++)
		status_item_put(&x->reply, &items[i]);
}

static void
answer(struct exchange *x)
{
	struct message_header header;

	message_header_get(&x->request, &header);
	switch (header.opcode) {
	case OP_CREATE:
		create_answer(x);
		break;
	case OP_SHOW:
		show_answer(x);
		break;
	case OP_LIST:
		list_answer(x);
		break;
	case OP_EDIT:
		edit_answer(x);
		break;
	case OP_REGENERATE:
		regenerate_answer(x);
		break;
	case OP_AUDIT:
		audit_answer(x);
		break;
	case OP_ANCHOR:
		anchor_answer(x);
		break;
	case OP_REVOKE:
	case OP_DELETE:
	case OP_DISABLE:
	case OP_ENABLE:
		change_answer(x, (enum opcode)header.opcode);
		break;
	case OP_VERIFY:
		verify_answer(x);
		break;
	case OP_EXPLAIN:
		explain_answer(x);
		break;
	case OP_WHOAMI:
		whoami_answer(x);
		break;
	default:
		status_answer(x);
		break;
	}
}

static void *
serve(void *argument)
{
	static uint8_t in[PROTO_MESSAGE_MAX], out[PROTO_MESSAGE_MAX];
	struct exchange x = { .agent = argument };
	int fd;

	while ((fd = accept(x.agent->listener, NULL, NULL)) != -1) {
		ssize_t n = recv(fd, in, sizeof in, 0);

		if (n > 0) {
			x.agent->requests++;
			x.hang_up = false;
			wirebuf_read(&x.request, in, (size_t)n);
			wirebuf_write(&x.reply, out, sizeof out);
			answer(&x);
			if (!x.hang_up)
				(void)!send(fd, out, wirebuf_size(&x.reply),
				    MSG_NOSIGNAL);
		}
		(void)close(fd);
	}
	return NULL;
}

void
cli_agent_start(struct cli_agent *agent)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char directory[] = "/tmp/apitoken-cli-XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(directory));
	(void)snprintf(agent->path, sizeof agent->path, "%s/s", directory);
	memcpy(address.sun_path, agent->path, sizeof agent->path);
	agent->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	ck_assert_int_ne(agent->listener, -1);
	ck_assert_int_eq(
	    bind(agent->listener, (struct sockaddr *)&address, sizeof address),
	    0);
	ck_assert_int_eq(listen(agent->listener, 16), 0);
	ck_assert_int_eq(pthread_create(&agent->thread, NULL, serve, agent), 0);
}

void
cli_agent_stop(struct cli_agent *agent)
{
	char *end;

	(void)shutdown(agent->listener, SHUT_RDWR);
	(void)pthread_join(agent->thread, NULL);
	(void)close(agent->listener);
	(void)unlink(agent->path);
	end = strrchr(agent->path, '/');
	*end = '\0';
	(void)rmdir(agent->path);
	*end = '/';
}
