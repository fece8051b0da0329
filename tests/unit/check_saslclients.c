/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/model/verify.h"
#include "agent/server/saslclients.h"
#include "common/error.h"
#include "tests/unit/agent_fixture.h"
#include "tests/unit/deaf_writer.h"

#define BEGUN	1000 /* ms: when clients come, if a test says nothing else */
#define FIRST	7000 /* what an event of the first place says */
#define WAIT_MS 30000

static struct fixture fixture;
static struct questions questions;
static struct saslclients *clients;
static int epoll;

/* Alice's tokens, by how often they may be used. */
static char always[TOKEN_TEXT_SIZE + 1];
static char once[TOKEN_TEXT_SIZE + 1];
static char often[TOKEN_TEXT_SIZE + 1];

static const struct ucred peer = { .pid = 77, .uid = 1234, .gid = GID_SASL };

/* The writer stands still as long as it is told to, as if the disk did. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_told, is_standing;

static struct attempt last; /* to be read once the writer has ended */
static unsigned attempts;

static void
on_attempt(void *arg, const struct attempt *attempt)
{
	(void)arg;
	last = *attempt;
	attempts++;
}

static void
on_round(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&lock);
	while (is_told) {
		is_standing = true;
		pthread_cond_broadcast(&changed);
		pthread_cond_wait(&changed, &lock);
	}
	is_standing = false;
	pthread_mutex_unlock(&lock);
}

/* Returns when it does. */
static void
stand_still(void)
{
	pthread_mutex_lock(&lock);
	is_told = true;
	pthread_mutex_unlock(&lock);
	writer_wake(fixture.agent.writer);
	pthread_mutex_lock(&lock);
	while (!is_standing)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

static void
go_on(void)
{
	pthread_mutex_lock(&lock);
	is_told = false;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void
add_token(char text[TOKEN_TEXT_SIZE + 1], const char *name, uint32_t uses)
{
	struct record record;
	struct token token;

	good_token(&record, &token);
	record.spec.name = span_of(name);
	record.spec.uses = uses;
	crypto_new_token(TOKEN_API, &token);
	set_secret(&record, 0, &token);
	fixture_add(&fixture, &token, &record);
	tokentext_format(&token, text);
}

static void
setup(void)
{
	struct writer_options options;

	fixture_open(&fixture, "[agent]\nlocal_realms = local.example\n");
	add_token(always, "always", USES_UNLIMITED);
	add_token(once, "once", 1);
	add_token(often, "often", 1000);
	options = deaf_writer(fixture.agent.store);
	options.on_attempt = on_attempt;
	options.on_round = on_round;
	ck_assert_int_eq(writer_start(&options, &fixture.agent.writer), 0);
	ck_assert_int_eq(questions_init(&questions, &fixture.agent), 0);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	ck_assert_int_ge(epoll, 0);
	clients = calloc(1, sizeof(*clients));
	ck_assert_ptr_nonnull(clients);
	saslclients_init(clients, epoll, FIRST);
	attempts = 0;
}

/* What was to be noted is noted then. */
static void
end_writer(void)
{
	if (fixture.agent.writer != NULL)
		writer_stop(fixture.agent.writer);
	fixture.agent.writer = NULL;
}

static void
teardown(void)
{
	saslclients_fini(clients);
	free(clients);
	end_writer();
	questions_fini(&questions);
	close(epoll);
	fixture_close(&fixture);
}

/* A client's end; the other one is the agent's. */
static int
come_at(const void *bytes, size_t size, uint64_t now_ms)
{
	int ends[2];

	ck_assert_int_eq(
	    socketpair(
		AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends),
	    0);
	ck_assert_int_eq(send(ends[1], bytes, size, 0), (ssize_t)size);
	saslclients_add(
	    clients, &questions, fixture.config, ends[0], &peer, now_ms);
	return ends[1];
}

static size_t
request(uint8_t *bytes, const char *login, const char *text)
{
	const char *const fields[] = { login, text, "smtp", "" };
	size_t size = 0;

	for (size_t i = 0; i < COUNT(fields); i++) {
		size_t length = strlen(fields[i]);

		bytes[size++] = 0;
		bytes[size++] = (uint8_t)length;
		memcpy(bytes + size, fields[i], length);
		size += length;
	}
	return size;
}

static void
expect_answer(int client, const char *answer)
{
	char got[8];

	ck_assert_int_eq(recv(client, got, sizeof(got), 0), 4);
	ck_assert_int_eq(memcmp(got, "\0\2", 2), 0);
	ck_assert_int_eq(memcmp(got + 2, answer, 2), 0);
	ck_assert_int_eq(recv(client, got, sizeof(got), 0), 0);
	close(client);
}

static bool
is_waiting(int client)
{
	char byte;

	return recv(client, &byte, 1, MSG_PEEK) < 0;
}

static bool
has_ended(int client)
{
	char byte;

	return recv(client, &byte, 1, MSG_PEEK) == 0;
}

/* Nothing of a password stays in a place that is free. */
static void
expect_wiped(void)
{
	const size_t size = sizeof(clients->requests[0]);
	uint8_t bits = 0;

	for (size_t i = 0; i < WAITING_POOL; i++) {
		const uint8_t *bytes = (const uint8_t *)&clients->requests[i];

		if (clients->waiting.slots[i].fd < 0)
			for (size_t j = 0; j < size; j++)
				bits |= bytes[j];
	}
	ck_assert_uint_eq(bits, 0);
}

/* The place that the next event is about. */
static size_t
next_place(void)
{
	struct epoll_event event;

	ck_assert_int_eq(epoll_wait(epoll, &event, 1, WAIT_MS), 1);
	ck_assert_uint_ge(event.data.u64, FIRST);
	ck_assert_uint_lt(event.data.u64, FIRST + WAITING_POOL);
	return (size_t)event.data.u64 - FIRST;
}

static void
hear(uint64_t now_ms)
{
	saslclients_hear(
	    clients, &questions, fixture.config, next_place(), now_ms);
}

START_TEST(a_whole_request_is_answered_at_once)
{
	uint8_t bytes[512];
	size_t size = request(bytes, "alice", always);

	expect_answer(come_at(bytes, size, BEGUN), "OK");
	ck_assert_uint_eq(clients->waiting.count, 0);
	expect_wiped();
	size = request(bytes, "bob", always);
	expect_answer(come_at(bytes, size, BEGUN), "NO");
	expect_wiped();
	end_writer();
	ck_assert_uint_eq(attempts, 2);
	ck_assert_uint_eq(last.reasons, REASON_LOGIN);
	ck_assert_uint_eq(last.caller, 1234);
	ck_assert_int_eq(last.caller_pid, 77);
	ck_assert_str_eq(last.login, "bob");
	ck_assert_str_eq(last.service, "smtp");
	ck_assert_str_eq(last.tty, "saslauthd");
}
END_TEST

/* Who typed it into the wrong field: with any password, or with none. */
START_TEST(a_token_as_user_name_is_not_logged)
{
	const char *const passwords[] = { "x", always, "" };
	uint8_t bytes[512];
	size_t size = request(bytes, always, passwords[_i]);

	expect_answer(come_at(bytes, size, BEGUN), "NO");
	end_writer();
	ck_assert_uint_eq(attempts, 1);
	ck_assert_str_eq(last.login, "[token]");
}
END_TEST

START_TEST(the_rest_may_come_later)
{
	uint8_t bytes[512];
	size_t size = request(bytes, "alice", always);

	for (size_t i = 0; i < size; i++) {
		int client = come_at(bytes, i, BEGUN);

		ck_assert_uint_eq(clients->waiting.count, 1);
		ck_assert(is_waiting(client));
		ck_assert_int_eq(
		    send(client, bytes + i, size - i, 0), (ssize_t)(size - i));
		hear(BEGUN + 1);
		expect_answer(client, "OK");
		ck_assert_uint_eq(clients->waiting.count, 0);
		expect_wiped();
	}
}
END_TEST

START_TEST(who_went_away_is_forgotten)
{
	uint8_t bytes[512];
	size_t size = request(bytes, "alice", always);

	close(come_at(bytes, size - 1, BEGUN));
	ck_assert_uint_eq(clients->waiting.count, 1);
	hear(BEGUN);
	ck_assert_uint_eq(clients->waiting.count, 0);
	expect_wiped();
	/* An event may be of a place that was left in the same round. */
	for (size_t i = 0; i < WAITING_POOL; i++)
		saslclients_hear(clients, &questions, fixture.config, i, BEGUN);
}
END_TEST

START_TEST(who_is_late_is_cut_off)
{
	uint8_t bytes[512];
	size_t size = request(bytes, "alice", always);
	int first = come_at(bytes, size - 2, BEGUN);
	int second = come_at(bytes, size - 1, BEGUN + 1);

	/* Another byte buys no time. */
	ck_assert_int_eq(send(first, bytes + size - 2, 1, 0), 1);
	hear(BEGUN + WAITING_MS - 1);
	saslclients_drop_late(clients, BEGUN + WAITING_MS - 1);
	ck_assert(is_waiting(first));
	saslclients_drop_late(clients, BEGUN + WAITING_MS);
	ck_assert(has_ended(first));
	ck_assert(is_waiting(second));
	expect_wiped();
	ck_assert(saslclients_make_room(clients));
	ck_assert(has_ended(second));
	ck_assert(!saslclients_make_room(clients));
	expect_wiped();
	close(first);
	close(second);
}
END_TEST

START_TEST(a_full_pool_loses_who_waited_longest)
{
	uint8_t bytes[512];
	size_t size = request(bytes, "alice", always);
	int waiting[WAITING_POOL + 1];

	for (size_t i = 0; i < COUNT(waiting); i++)
		waiting[i] = come_at(bytes, size - 1, BEGUN + i);
	ck_assert_uint_eq(clients->waiting.count, WAITING_POOL);
	ck_assert(has_ended(waiting[0]));
	for (size_t i = 1; i < COUNT(waiting); i++)
		ck_assert(is_waiting(waiting[i]));
	/* Whoever has its place now has nothing else from it. */
	ck_assert_int_eq(
	    send(waiting[WAITING_POOL], bytes + size - 1, 1, 0), 1);
	hear(BEGUN + WAITING_POOL);
	expect_answer(waiting[WAITING_POOL], "OK");
	saslclients_fini(clients);
	expect_wiped();
	for (size_t i = 0; i < WAITING_POOL; i++) {
		ck_assert(has_ended(waiting[i]));
		close(waiting[i]);
	}
}
END_TEST

static void
await_commit(void)
{
	struct pollfd in = { .fd = spending_fd(questions.spending),
		.events = POLLIN };

	ck_assert_int_eq(poll(&in, 1, WAIT_MS), 1);
	questions_answer_spent(&questions, fixture.config);
}

START_TEST(a_use_is_durable_before_the_answer)
{
	uint8_t bytes[512];
	size_t size = request(bytes, "alice", once);
	int client;

	stand_still();
	client = come_at(bytes, size, BEGUN);
	ck_assert(is_waiting(client));
	ck_assert_uint_eq(clients->waiting.count, 0);
	expect_wiped();
	go_on();
	await_commit();
	expect_answer(client, "OK");
	expect_answer(come_at(bytes, size, BEGUN), "NO");
	ck_assert_uint_eq(questions.sasl_spending, 0);
}
END_TEST

/* The client would wait for ever. */
START_TEST(a_use_that_takes_too_long_lets_nobody_in)
{
	uint8_t bytes[512];
	size_t size = request(bytes, "alice", once);
	uint64_t end = BEGUN + SASLCLIENTS_SPENDING_MS;
	int client;

	stand_still();
	client = come_at(bytes, size, BEGUN);
	spending_hang_up(questions.spending, end - 1);
	ck_assert(is_waiting(client));
	spending_hang_up(questions.spending, end);
	ck_assert(has_ended(client));
	go_on();
	await_commit();
	ck_assert(has_ended(client));
	ck_assert(spending_is_empty(questions.spending));
	end_writer();
	ck_assert(last.given_up);
	close(client);
}
END_TEST

/* However many there are, they leave places for root. */
START_TEST(uses_leave_room_for_root)
{
	uint8_t bytes[512];
	size_t size = request(bytes, "alice", often);
	int waiting[SPENDING_MAX];
	size_t kept = 0;

	stand_still();
	for (size_t i = 0; i < COUNT(waiting); i++)
		waiting[i] = come_at(bytes, size, BEGUN);
	for (size_t i = 0; i < COUNT(waiting); i++)
		kept += is_waiting(waiting[i]);
	ck_assert_uint_eq(kept, SPENDING_MAX / 4);
	ck_assert_ptr_nonnull(spending_place(questions.spending));
	/* Who has none is not refused: it may try again. */
	ck_assert(has_ended(waiting[COUNT(waiting) - 1]));
	go_on();
	while (!spending_is_empty(questions.spending))
		await_commit();
	ck_assert_uint_eq(questions.sasl_spending, 0);
	for (size_t i = 0; i < kept; i++)
		expect_answer(waiting[i], "OK");
	for (size_t i = kept; i < COUNT(waiting); i++)
		close(waiting[i]);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("saslclients");

	if (crypto_init() < 0)
		return EXIT_FAILURE;
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 4 * WAIT_MS / 1000);
	tcase_add_test(tcase, a_whole_request_is_answered_at_once);
	tcase_add_loop_test(tcase, a_token_as_user_name_is_not_logged, 0, 3);
	tcase_add_test(tcase, the_rest_may_come_later);
	tcase_add_test(tcase, who_went_away_is_forgotten);
	tcase_add_test(tcase, who_is_late_is_cut_off);
	tcase_add_test(tcase, a_full_pool_loses_who_waited_longest);
	tcase_add_test(tcase, a_use_is_durable_before_the_answer);
	tcase_add_test(tcase, a_use_that_takes_too_long_lets_nobody_in);
	tcase_add_test(tcase, uses_leave_room_for_root);
	return run_cases("saslclients", &tcase, 1);
}
