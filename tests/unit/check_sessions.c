/* SPDX-License-Identifier: BSD-3-Clause */
/* The registry of sessions, with a store, its writer and real processes. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "agent/model/ticket.h"
#include "agent/server/opening.h"
#include "agent/server/ops.h"
#include "agent/server/registry.h"
#include "agent/server/sessions.h"
#include "common/clock.h"
#include "common/duration.h"
#include "common/error.h"
#include "tests/unit/agent_fixture.h"
#include "tests/unit/deaf_writer.h"
#include "tests/unit/family.h"

#define PATIENCE_MS 60000

static struct fixture fixture;
static struct family family;
static struct sessions *sessions;
static struct record record;
static struct token token;
static const uint8_t key[SESSION_KEY_SIZE] = "a session's key";

static void
open_sessions(void)
{
	ck_assert_int_eq(sessions_new(&fixture.agent, &sessions), 0);
	fixture.agent.sessions = sessions;
}

static void
setup(void)
{
	struct writer_options options;

	ck_assert_int_eq(crypto_init(), 0);
	fixture_open(&fixture, "[service db]\nsessions = auth-peer\n");
	options = deaf_writer(fixture.agent.store);
	good_token(&record, &token);
	fixture_add(&fixture, &token, &record);
	ck_assert_int_eq(writer_start(&options, &fixture.agent.writer), 0);
	open_sessions();
	family_begin(&family, FAMILY_POLITE);
}

static void
teardown(void)
{
	writer_stop(fixture.agent.writer);
	sessions_free(sessions);
	fixture_close(&fixture);
	family_end(&family);
}

static size_t
encode(uint8_t flags, uint8_t *body)
{
	struct session session = { .flags = flags,
		.secret_number = record.secrets[0].number,
		.token = span_of(token.id),
		.owner = span_of("alice"),
		.login = span_of("alice"),
		.user = span_of("alice"),
		.service = span_of("sshd"),
		.opened_at = NOW,
		.pid = (uint32_t)family.kin[KIN_LEADER].pid,
		.started = family.kin[KIN_LEADER].started,
		.outer_audit = family.kin[KIN_LEADER].audit };
	size_t size;

	process_boot(session.boot);
	size = session_encode(&session, body, SESSION_SIZE_MAX);
	ck_assert_uint_gt(size, 0);
	return size;
}

/* Writes the session's row as the serve thread and administrators do. */
static void
put_row(uint8_t flags)
{
	uint8_t body[SESSION_SIZE_MAX];
	struct changeset *set = changeset_new();

	changeset_put(set, DB_SESSIONS, span_bytes(key, sizeof(key)),
	    VERSION_ANY, span_bytes(body, encode(flags, body)));
	ck_assert_int_eq(writer_commit(fixture.agent.writer, set), 0);
}

static bool
has_row(void)
{
	struct row row;
	int rv;

	ck_assert_int_eq(store_read_begin(fixture.reader), 0);
	rv = store_get(
	    fixture.reader, DB_SESSIONS, span_bytes(key, sizeof(key)), &row);
	store_read_end(fixture.reader);
	return rv == 0;
}

static void
tell(bool is_durable)
{
	uint8_t body[SESSION_SIZE_MAX];
	size_t size = encode(0, body);
	struct session_news *news = session_news_new(size);

	if (is_durable)
		put_row(0);
	memcpy(news->body, body, size);
	memcpy(news->key, key, sizeof(key));
	news->pid = family.kin[KIN_LEADER].pid;
	news->is_durable = is_durable;
	ck_assert_int_eq(
	    process_open(&family.kin[KIN_LEADER], &news->pidfd), 0);
	sessions_tell(sessions, news);
	sessions_run(sessions, clock_ms());
	ck_assert_uint_eq(sessions_count(sessions), 1);
}

static void
tell_over(pid_t pid)
{
	struct session_news *news = session_news_new(0);

	news->is_over = true;
	news->pid = pid;
	memcpy(news->key, key, sizeof(key));
	sessions_tell(sessions, news);
	sessions_run(sessions, clock_ms());
}

static void
change_token(enum token_state state)
{
	struct record after = record;
	struct changeset *set = changeset_new();

	after.state = state;
	changeset_token(set, span_of(token.id), &record, VERSION_ANY, &after);
	ck_assert_int_eq(writer_commit(fixture.agent.writer, set), 0);
	record = after;
}

static void
delete_token(void)
{
	struct changeset *set = changeset_new();

	changeset_token(set, span_of(token.id), &record, VERSION_ANY, NULL);
	ck_assert_int_eq(writer_commit(fixture.agent.writer, set), 0);
}

static bool
comes_to(uint64_t count)
{
	uint64_t until = clock_ms() + PATIENCE_MS;

	do
		sessions_run(sessions, clock_ms());
	while (sessions_count(sessions) != count && family_waits(until));
	return sessions_count(sessions) == count;
}

static bool
row_goes(void)
{
	uint64_t until = clock_ms() + PATIENCE_MS;

	while (has_row() && family_waits(until))
		continue;
	return !has_row();
}

static enum session_state
state_now(void)
{
	const struct session_place *place = sessions_next(sessions, 0);

	ck_assert_ptr_nonnull(place);
	return place->state;
}

START_TEST(it_ends_with_its_token)
{
	tell(_i == 0);
	sessions_run(sessions, clock_ms());
	ck_assert_int_eq(state_now(), SESSION_LIVES);
	ck_assert(family_lives(&family, KIN_LEADER));
	change_token(STATE_REVOKED);
	ck_assert(comes_to(0));
	for (enum kin kin = KIN_LEADER; kin <= KIN_ORPHAN; kin++)
		ck_assert(!family_lives(&family, kin));
	ck_assert(family_lives(&family, KIN_STRANGER));
	ck_assert(row_goes());
}
END_TEST

/* Its token was gone before it was noted. */
START_TEST(it_is_looked_at_at_once)
{
	change_token(STATE_DISABLED);
	tell(true);
	ck_assert(comes_to(0));
	ck_assert(!family_lives(&family, KIN_SETSID));
}
END_TEST

START_TEST(it_ends_when_time_comes)
{
	struct record after = record;
	struct changeset *set = changeset_new();

	tell(true);
	after.spec.expires_at = (uint64_t)time(NULL) + 2;
	changeset_token(set, span_of(token.id), &record, VERSION_ANY, &after);
	ck_assert_int_eq(writer_commit(fixture.agent.writer, set), 0);
	sessions_run(sessions, clock_ms());
	ck_assert(comes_to(0));
	ck_assert_int_ge(time(NULL), (time_t)after.spec.expires_at);
	ck_assert(!family_lives(&family, KIN_LEADER));
}
END_TEST

START_TEST(what_is_kept_stays)
{
	tell(true);
	put_row(SESSION_KEPT);
	change_token(STATE_REVOKED);
	for (int i = 0; i < 5; i++)
		sessions_run(sessions, clock_ms());
	ck_assert_int_eq(state_now(), SESSION_IS_KEPT);
	/* By the next run of the agent too, with nothing in its memory. */
	sessions_free(sessions);
	open_sessions();
	ck_assert_uint_eq(sessions_count(sessions), 1);
	for (int i = 0; i < 5; i++)
		sessions_run(sessions, clock_ms());
	ck_assert_int_eq(state_now(), SESSION_IS_KEPT);
	ck_assert(family_lives(&family, KIN_LEADER));
	put_row(SESSION_KEPT | SESSION_ENDED);
	ck_assert(comes_to(0));
	ck_assert(!family_lives(&family, KIN_LEADER));
}
END_TEST

START_TEST(it_is_found_again_and_ended)
{
	tell(true);
	sessions_free(sessions);
	open_sessions();
	ck_assert_uint_eq(sessions_count(sessions), 1);
	change_token(STATE_REVOKED);
	ck_assert(comes_to(0));
	ck_assert(!family_lives(&family, KIN_CHILD));
}
END_TEST

/* A row that is not of a process that lives goes. */
START_TEST(what_has_ended_is_not_found)
{
	uint8_t body[SESSION_SIZE_MAX];
	struct changeset *set = changeset_new();
	size_t size = encode(0, body);
	struct session session;
	uint8_t other[SESSION_SIZE_MAX];

	ck_assert_int_eq(session_decode(span_bytes(body, size), &session), 0);
	if (_i == 0)
		session.started++;
	else if (_i == 1)
		session.boot[0] ^= 1;
	else if (_i == 2)
		session.started = 0;
	else
		session.pid = INT32_MAX;
	changeset_put(set, DB_SESSIONS, span_bytes(key, sizeof(key)),
	    VERSION_ABSENT,
	    span_bytes(other, session_encode(&session, other, sizeof(other))));
	ck_assert_int_eq(writer_commit(fixture.agent.writer, set), 0);
	sessions_free(sessions);
	open_sessions();
	ck_assert_uint_eq(sessions_count(sessions), 0);
	ck_assert(row_goes());
	ck_assert(family_lives(&family, KIN_LEADER));
}
END_TEST

START_TEST(a_row_that_is_none_goes)
{
	struct changeset *set = changeset_new();

	changeset_put(set, DB_SESSIONS, span_bytes(key, sizeof(key)),
	    VERSION_ABSENT, span_of("nonsense"));
	ck_assert_int_eq(writer_commit(fixture.agent.writer, set), 0);
	sessions_free(sessions);
	open_sessions();
	ck_assert_uint_eq(sessions_count(sessions), 0);
	ck_assert(row_goes());
}
END_TEST

START_TEST(a_process_that_ends_is_forgotten)
{
	tell(true);
	ck_assert_int_eq(process_signal(family.pidfd, SIGKILL), 0);
	ck_assert(comes_to(0));
	ck_assert(row_goes());
	/* A logout like any other: what runs on was not to be ended. */
	ck_assert(family_lives(&family, KIN_SETSID));
}
END_TEST

START_TEST(a_session_that_is_over_is_forgotten)
{
	tell(true);
	tell_over(family.kin[KIN_LEADER].pid + 1);
	ck_assert_uint_eq(sessions_count(sessions), 1);
	tell_over(family.kin[KIN_LEADER].pid);
	ck_assert_uint_eq(sessions_count(sessions), 0);
	ck_assert(row_goes());
	change_token(STATE_REVOKED);
	sessions_run(sessions, clock_ms());
	ck_assert(family_lives(&family, KIN_LEADER));
}
END_TEST

/* What is asked on admin.sock. */
static uint8_t request_bytes[256], body_bytes[PROTO_MESSAGE_MAX];
static struct wirebuf request_read, body_put;

static struct caller
somebody(const char *login, enum role role)
{
	struct caller caller = { .uid = UID_ALICE, .role = role };

	strcpy(caller.login, login);
	return caller;
}

/* The operation, in a view of the store; its number of sessions, or error. */
static int
operate(operation_handler *handle, const struct caller *caller,
    struct operation *op)
{
	struct wirebuf count;
	int rv;

	*op = (struct operation) { .agent = &fixture.agent,
		.config = fixture.config,
		.reader = fixture.reader,
		.caller = caller,
		.now = NOW,
		.in = &request_read,
		.body = &body_put };
	wirebuf_write(&body_put, body_bytes, sizeof(body_bytes));
	ck_assert_int_eq(store_read_begin(fixture.reader), 0);
	rv = handle(op);
	store_read_end(fixture.reader);
	wirebuf_read(&count, body_bytes, sizeof(uint16_t));
	return rv < 0 ? rv : wirebuf_get_u16(&count);
}

static int
list_for(const struct caller *caller, const char *id)
{
	const struct session_list_request list = { .token = span_of(id),
		.limit = 10 };
	struct operation op;
	struct wirebuf w;

	wirebuf_write(&w, request_bytes, sizeof(request_bytes));
	session_list_request_put(&w, &list);
	wirebuf_read(&request_read, request_bytes, wirebuf_size(&w));
	return operate(op_session_list, caller, &op);
}

static int
end_for(const struct caller *caller, bool dry_run, struct changeset **set)
{
	const struct session_end_request ending = { .token = span_of(token.id),
		.dry_run = dry_run };
	struct operation op;
	struct wirebuf w;
	int rv;

	wirebuf_write(&w, request_bytes, sizeof(request_bytes));
	session_end_request_put(&w, &ending);
	wirebuf_read(&request_read, request_bytes, wirebuf_size(&w));
	rv = operate(op_session_end, caller, &op);
	*set = op.set;
	return rv;
}

START_TEST(people_see_their_own)
{
	struct caller alice = somebody("alice", ROLE_MEMBER);
	struct caller bob = somebody("bob", ROLE_MEMBER);
	struct caller root = somebody("root", ROLE_OWNER);

	tell(true);
	ck_assert_int_eq(list_for(&alice, ""), 1);
	ck_assert_int_eq(list_for(&alice, token.id), 1);
	ck_assert_int_eq(list_for(&alice, "0123456789"), 0);
	ck_assert_int_eq(list_for(&bob, ""), 0);
	ck_assert_int_eq(list_for(&root, ""), 1);
	/* When the token is gone, whose it was is still known. */
	delete_token();
	ck_assert_int_eq(list_for(&alice, ""), 1);
	ck_assert_int_eq(list_for(&bob, ""), 0);
	ck_assert_int_eq(list_for(&root, ""), 1);
}
END_TEST

START_TEST(people_end_their_own)
{
	struct caller alice = somebody("alice", ROLE_MEMBER);
	struct caller bob = somebody("bob", ROLE_MEMBER);
	struct changeset *set;

	tell(_i == 0);
	ck_assert_int_eq(end_for(&bob, false, &set), 0);
	ck_assert_ptr_null(set);
	ck_assert_int_eq(end_for(&alice, true, &set), 1);
	ck_assert_ptr_null(set);
	ck_assert_int_eq(end_for(&alice, false, &set), 1);
	ck_assert_uint_eq(set->audit_count, 1);
	ck_assert(span_is(set->audits[0].action, "session.end"));
	ck_assert_int_eq(writer_commit(fixture.agent.writer, set), 0);
	ck_assert(comes_to(0));
	ck_assert(!family_lives(&family, KIN_LEADER));
	ck_assert(row_goes());
}
END_TEST

/* What is asked of the serve thread. */
static struct asker asker;
static struct opening opening;
static uint8_t ticket[PROTO_TICKET_SIZE];
static int ends[2];
static const struct question asked = { .opcode = OP_SESSION_OPEN,
	.ticket = { ticket, sizeof(ticket) },
	.login = { (const uint8_t *)"alice", 5 },
	.service = { (const uint8_t *)"sshd", 4 },
	.user = { (const uint8_t *)"root", 4 } };

static void
setup_opening(void)
{
	const struct keyring_key *current;
	struct ticket made = { .secret_number = 1, .issued_at = NOW };

	setup();
	current = keyring_current(fixture.agent.keyring);
	made.key_number = current->number;
	strcpy(made.id, token.id);
	ticket_make(
	    &made, asked.login, asked.service, current->tickets, ticket);
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	opening = (struct opening) { .handles = handles_new() };
	asker = (struct asker) { .agent = &fixture.agent,
		.config = fixture.config,
		.reader = fixture.reader,
		.peer = { .pid = getpid(), .uid = 0 },
		.now = NOW,
		.fd = ends[0],
		.opening = &opening };
}

static void
teardown_opening(void)
{
	session_news_free(opening.news);
	free(opening.handles);
	close(ends[0]);
	close(ends[1]);
	teardown();
}

static enum status
open_with(const struct question *question, struct changeset **set)
{
	struct service unlisted;
	const struct service *service = config_service(
	    fixture.config, question->service, &unlisted);
	enum status status;

	session_news_free(opening.news);
	opening.news = NULL;
	*set = NULL;
	ck_assert_int_eq(store_read_begin(fixture.reader), 0);
	status = opening_open(&asker, question, service, set);
	store_read_end(fixture.reader);
	return status;
}

/* The status, where no session is to come of it. */
static enum status
opens_none(const struct question *question)
{
	struct changeset *set;
	enum status status = open_with(question, &set);

	ck_assert_ptr_null(set);
	ck_assert_ptr_null(opening.news);
	return status;
}

START_TEST(a_handle_opens_one_session)
{
	struct session session;
	struct changeset *set;

	ck_assert_int_eq(open_with(&asked, &set), STATUS_OK);
	ck_assert_ptr_nonnull(set);
	ck_assert_uint_eq(set->count, 1);
	ck_assert(opening.is_all);
	ck_assert_int_eq(
	    session_decode(
		span_bytes(opening.news->body, opening.news->size), &session),
	    0);
	ck_assert_uint_eq(session.pid, (uint32_t)getpid());
	ck_assert(span_is(session.token, token.id));
	ck_assert(span_is(session.login, "alice"));
	ck_assert(span_is(session.user, "root"));
	ck_assert(span_is(session.owner, "alice"));
	ck_assert_uint_eq(session.flags, 0);
	ck_assert_int_ge(opening.news->pidfd, 0);
	changeset_free(set);
	ck_assert_int_eq(opens_none(&asked), STATUS_DENIED);
}
END_TEST

static const struct {
	uint64_t age;
	enum status status;
} ages[] = {
	{ 0, STATUS_OK },
	{ PROTO_HANDLE_LIFETIME, STATUS_OK },
	{ PROTO_HANDLE_LIFETIME + 1, STATUS_DENIED },
	{ TICKET_LIFETIME + 1, STATUS_DENIED },
};

START_TEST(a_handle_is_good_for_a_while)
{
	struct changeset *set;

	asker.now = NOW + ages[_i].age;
	ck_assert_int_eq(open_with(&asked, &set), ages[_i].status);
	ck_assert_int_eq(set != NULL, ages[_i].status == STATUS_OK);
	changeset_free(set);
}
END_TEST

START_TEST(a_handle_is_of_its_service_and_login)
{
	struct question other = asked;
	uint8_t forged[PROTO_TICKET_SIZE];

	other.service = span_of("sudo");
	ck_assert_int_eq(opens_none(&other), STATUS_DENIED);
	other.service = asked.service;
	other.login = span_of("bob");
	ck_assert_int_eq(opens_none(&other), STATUS_DENIED);
	other.login = asked.login;
	memcpy(forged, ticket, sizeof(forged));
	forged[5] ^= 1;
	other.ticket = span_bytes(forged, sizeof(forged));
	ck_assert_int_eq(opens_none(&other), STATUS_DENIED);
}
END_TEST

/* Whoever finds it in their environment is not root. */
START_TEST(a_handle_is_roots)
{
	struct changeset *set;

	asker.peer.uid = UID_ALICE;
	ck_assert_int_eq(opens_none(&asked), STATUS_REFUSED);
	asker.peer.uid = fixture.agent.uid;
	ck_assert_int_eq(open_with(&asked, &set), STATUS_OK);
	ck_assert_ptr_nonnull(set);
	changeset_free(set);
}
END_TEST

START_TEST(a_process_that_is_not_seen_is_let_in)
{
	asker.peer.pid = 0;
	ck_assert_int_eq(opens_none(&asked), STATUS_OK);
}
END_TEST

/* Of services that are not known to be safe none is noted. */
START_TEST(other_services_have_none)
{
	const struct keyring_key *current = keyring_current(
	    fixture.agent.keyring);
	struct ticket made = { .key_number = current->number,
		.secret_number = 1,
		.issued_at = NOW };
	struct question other = asked;

	strcpy(made.id, token.id);
	other.service = span_of(_i == 0 ? "dovecot" : "db");
	ticket_make(
	    &made, other.login, other.service, current->tickets, ticket);
	ck_assert_int_eq(opens_none(&other), STATUS_OK);
}
END_TEST

/* Where whoever authenticates is the session, it is noted by that. */
START_TEST(a_peer_is_a_session)
{
	const struct keyring_key *current = keyring_current(
	    fixture.agent.keyring);
	struct ticket made = { .key_number = current->number,
		.secret_number = 1,
		.issued_at = NOW };
	struct question other = asked;
	struct service unlisted;
	struct changeset *set = NULL;
	struct session session;

	strcpy(made.id, token.id);
	other.opcode = OP_AUTHENTICATE;
	other.service = span_of("db");
	ticket_make(
	    &made, other.login, other.service, current->tickets, ticket);
	ck_assert_int_eq(store_read_begin(fixture.reader), 0);
	opening_peer(&asker, &other,
	    config_service(fixture.config, other.service, &unlisted), ticket,
	    &set);
	store_read_end(fixture.reader);
	ck_assert_ptr_nonnull(set);
	ck_assert_int_eq(
	    session_decode(
		span_bytes(opening.news->body, opening.news->size), &session),
	    0);
	ck_assert_uint_eq(session.flags, SESSION_PEER);
	changeset_free(set);
}
END_TEST

START_TEST(a_close_says_who_asks)
{
	struct question close_it = asked;
	struct service unlisted;
	const struct service *service = config_service(
	    fixture.config, asked.service, &unlisted);

	close_it.opcode = OP_SESSION_CLOSE;
	/* However long the session lasted. */
	asker.now = NOW + 1000000;
	ck_assert_int_eq(opening_close(&asker, &close_it, service), STATUS_OK);
	ck_assert_ptr_nonnull(opening.news);
	ck_assert(opening.news->is_over);
	ck_assert_int_eq(opening.news->pid, getpid());
	session_news_free(opening.news);
	opening.news = NULL;
	asker.peer.uid = UID_ALICE;
	ck_assert_int_eq(
	    opening_close(&asker, &close_it, service), STATUS_REFUSED);
	asker.peer.uid = 0;
	close_it.login = span_of("bob");
	ck_assert_int_eq(
	    opening_close(&asker, &close_it, service), STATUS_DENIED);
	ck_assert_ptr_null(opening.news);
}
END_TEST

START_TEST(each_handle_is_used_once)
{
	struct handles *handles = handles_new();
	uint8_t one[SESSION_KEY_SIZE] = { 0 };

	ck_assert_ptr_nonnull(handles);
	/* All in one row: only as many are remembered as it holds. */
	for (uint8_t i = 0; i < HANDLES_EACH; i++) {
		one[2] = i;
		ck_assert(handles_use(handles, one, NOW + i));
		ck_assert(!handles_use(handles, one, NOW + i));
	}
	one[2] = 0;
	ck_assert(!handles_use(handles, one, NOW + 20));
	one[2] = HANDLES_EACH;
	ck_assert(handles_use(handles, one, NOW + 20));
	one[2] = 1;
	ck_assert(!handles_use(handles, one, NOW + 21));
	one[2] = 0;
	ck_assert(handles_use(handles, one, NOW + 22));
	free(handles);
}
END_TEST

/* One that differs in one thing from what is there; 5: in nothing. */
static struct session
other_peer(const struct session *session, int what)
{
	struct session other = *session;

	if (what == 0)
		other.pid++;
	if (what == 1)
		other.started++;
	if (what == 2)
		other.secret_number++;
	if (what == 3)
		other.token = span_of("0000000000");
	return other;
}

/* A peer that asks again has one session; whatever else differs is another. */
START_TEST(a_peer_is_known_by_all_that_it_is)
{
	uint8_t body[SESSION_SIZE_MAX], other_key[SESSION_KEY_SIZE] = "other";
	struct session_place *place;
	struct session session;
	int pidfd = -1;

	ck_assert_int_eq(process_open(&family.kin[KIN_LEADER], &pidfd), 0);
	ck_assert_int_eq(
	    registry_add(sessions, key,
		span_bytes(body, encode(SESSION_PEER, body)), pidfd, false),
	    0);
	place = registry_find(sessions, key);
	ck_assert_ptr_nonnull(place);
	ck_assert_ptr_null(registry_find(sessions, other_key));
	for (int what = 0; what < 6; what++) {
		session = other_peer(&place->session, what);
		ck_assert(registry_has_peer(sessions, &session) == (what > 3));
	}
	/* One that is none is no peer of anybody. */
	place->session.flags = 0;
	session = place->session;
	ck_assert(!registry_has_peer(sessions, &session));
}
END_TEST

/* What has no place changes nothing, and its pidfd stays its owner's. */
START_TEST(there_is_no_place_for_everything)
{
	uint8_t body[SESSION_SIZE_MAX], other_key[SESSION_KEY_SIZE] = "other";
	size_t size = encode(0, body);
	int pidfd = -1;

	ck_assert_int_eq(process_open(&family.kin[KIN_LEADER], &pidfd), 0);
	ck_assert_int_eq(registry_add(sessions, key, span_bytes(body, size - 1),
			     pidfd, false),
	    ERROR_MALFORMED);
	ck_assert_int_eq(
	    registry_add(sessions, key, span_bytes(body, size), -1, false),
	    ERROR_SYSTEM);
	sessions->most = 1;
	ck_assert_int_eq(
	    registry_add(sessions, key, span_bytes(body, size), pidfd, false),
	    0);
	ck_assert_int_eq(registry_add(sessions, other_key,
			     span_bytes(body, size), pidfd, false),
	    ERROR_FULL);
	ck_assert_uint_eq(sessions_count(sessions), 1);
	ck_assert_ptr_null(registry_find(sessions, other_key));
}
END_TEST

/* More than there was room for to begin with, and out of their middle. */
START_TEST(there_are_many)
{
	uint8_t body[SESSION_SIZE_MAX], keys[130][SESSION_KEY_SIZE];
	size_t size = encode(0, body);

	for (size_t i = 0; i < COUNT(keys); i++) {
		int pidfd = -1;

		memset(keys[i], (int)i + 1, sizeof(keys[i]));
		ck_assert_int_eq(
		    process_open(&family.kin[KIN_LEADER], &pidfd), 0);
		ck_assert_int_eq(registry_add(sessions, keys[i],
				     span_bytes(body, size), pidfd, false),
		    0);
	}
	for (size_t i = 0; i < COUNT(keys); i += 2)
		registry_over(sessions, registry_find(sessions, keys[i]));
	ck_assert_uint_eq(sessions_count(sessions), COUNT(keys) / 2);
	for (size_t i = 0; i < COUNT(keys); i++)
		ck_assert(
		    (registry_find(sessions, keys[i]) != NULL) == (i % 2 == 1));
}
END_TEST

int
main(void)
{
	TCase *registry = tcase_create("registry");
	TCase *begins = tcase_create("openings"), *used = tcase_create("used");
	TCase *const cases[] = { registry, begins, used };

	tcase_set_timeout(registry, 120);
	tcase_set_timeout(begins, 120);
	tcase_add_checked_fixture(registry, setup, teardown);
	tcase_add_loop_test(registry, it_ends_with_its_token, 0, 2);
	tcase_add_test(registry, it_is_looked_at_at_once);
	tcase_add_test(registry, it_ends_when_time_comes);
	tcase_add_test(registry, what_is_kept_stays);
	tcase_add_test(registry, it_is_found_again_and_ended);
	tcase_add_loop_test(registry, what_has_ended_is_not_found, 0, 4);
	tcase_add_test(registry, a_row_that_is_none_goes);
	tcase_add_test(registry, a_process_that_ends_is_forgotten);
	tcase_add_test(registry, a_session_that_is_over_is_forgotten);
	tcase_add_test(registry, a_peer_is_known_by_all_that_it_is);
	tcase_add_test(registry, there_is_no_place_for_everything);
	tcase_add_test(registry, there_are_many);
	tcase_add_test(registry, people_see_their_own);
	tcase_add_loop_test(registry, people_end_their_own, 0, 2);
	tcase_add_checked_fixture(begins, setup_opening, teardown_opening);
	tcase_add_test(begins, a_handle_opens_one_session);
	tcase_add_loop_test(
	    begins, a_handle_is_good_for_a_while, 0, COUNT(ages));
	tcase_add_test(begins, a_handle_is_of_its_service_and_login);
	tcase_add_test(begins, a_handle_is_roots);
	tcase_add_test(begins, a_process_that_is_not_seen_is_let_in);
	tcase_add_loop_test(begins, other_services_have_none, 0, 2);
	tcase_add_test(begins, a_peer_is_a_session);
	tcase_add_test(begins, a_close_says_who_asks);
	tcase_add_test(used, each_handle_is_used_once);
	return run_cases("sessions", cases, COUNT(cases));
}
