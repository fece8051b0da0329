/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/server/spending.h"
#include "common/error.h"
#include "tests/unit/deaf_writer.h"
#include "tests/unit/store_fixture.h"

#define WAIT_MS 10000

static struct fixture f;
static struct writer *writer;
static struct spending *spending;

static void
setup(void)
{
	struct writer_options options;
	struct record record;
	struct token token;

	fixture_init(&f);
	good_token(&record, &token);
	record.spec.uses = 3;
	ck_assert_int_eq(fixture_create(&f, fixture_id(1), &record), 0);
	options = deaf_writer(f.store);
	ck_assert_int_eq(writer_start(&options, &writer), 0);
	ck_assert_int_eq(spending_new(&spending), 0);
}

static void
teardown(void)
{
	if (writer != NULL)
		writer_stop(writer);
	spending_free(spending);
	fixture_fini(&f);
}

/* One use less of the token; what the store says now is what it is from. */
static struct changeset *
use(void)
{
	struct changeset *set = changeset_new();
	struct record before, after;
	uint32_t version;

	ck_assert_int_eq(fixture_load(&f, fixture_id(1), &before, &version), 0);
	after = before;
	after.spec.uses--;
	changeset_token(set, fixture_id(1), &before, version, &after);
	return set;
}

static uint32_t
uses_left(void)
{
	struct record record;
	uint32_t version;

	ck_assert_int_eq(fixture_load(&f, fixture_id(1), &record, &version), 0);
	return record.spec.uses;
}

/* A place with a connection of its own; its other end is *end. */
static struct spender *
take_place(int *end)
{
	struct spender *spender = spending_place(spending);
	int fds[2];

	ck_assert_ptr_nonnull(spender);
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	spender->fd = fds[1];
	*end = fds[0];
	return spender;
}

/* Whether nobody holds the other end any more. */
static bool
has_ended(int end)
{
	char byte;

	return read(end, &byte, 1) == 0;
}

static bool
is_readable(int timeout_ms)
{
	struct pollfd poll_fd = { .fd = spending_fd(spending),
		.events = POLLIN };

	return poll(&poll_fd, 1, timeout_ms) == 1;
}

/* The next one that is decided, waited for. */
static struct spender *
next_decided(void)
{
	struct spender *spender = spending_take(spending);

	while (spender == NULL) {
		ck_assert_msg(is_readable(WAIT_MS), "nothing was committed");
		spender = spending_take(spending);
	}
	return spender;
}

START_TEST(a_use_is_durable_when_it_is_taken)
{
	int end;
	struct spender *spender = take_place(&end);

	ck_assert(spending_is_empty(spending));
	spending_submit(spender, writer, use());
	ck_assert(!spending_is_empty(spending));
	ck_assert_uint_eq(spender->tries, 1);
	ck_assert_ptr_eq(next_decided(), spender);
	ck_assert_int_eq(spender->result, 0);
	ck_assert_uint_eq(uses_left(), 2);
	ck_assert(!has_ended(end));
	/* Until it was answered it is there. */
	ck_assert(!spending_is_empty(spending));
	spending_done(spender);
	ck_assert(has_ended(end));
	ck_assert(spending_is_empty(spending));
	ck_assert_ptr_null(spending_take(spending));
	ck_assert(!is_readable(0));
	close(end);
}
END_TEST

/* All from one version: one gets it, and the others are told so. */
START_TEST(a_use_is_one_of_many_askers)
{
	enum {
		ASKERS = 40
	};
	struct changeset *sets[ASKERS];
	int ends[ASKERS];
	int good = 0;

	for (int i = 0; i < ASKERS; i++)
		sets[i] = use();
	for (int i = 0; i < ASKERS; i++)
		spending_submit(take_place(&ends[i]), writer, sets[i]);
	for (int i = 0; i < ASKERS; i++) {
		struct spender *spender = next_decided();

		ck_assert(
		    spender->result == 0 || spender->result == ERROR_STALE);
		good += spender->result == 0;
		spending_done(spender);
	}
	ck_assert_int_eq(good, 1);
	ck_assert_uint_eq(uses_left(), 2);
	ck_assert(spending_is_empty(spending));
	for (int i = 0; i < ASKERS; i++) {
		ck_assert(has_ended(ends[i]));
		close(ends[i]);
	}
}
END_TEST

/* A question is counted once, however often its set was stale. */
START_TEST(another_try_is_the_same_question)
{
	int end;
	struct spender *spender = take_place(&end);
	struct changeset *late = use();

	ck_assert_int_eq(fixture_set_state(&f, fixture_id(1), STATE_ACTIVE), 0);
	spending_submit(spender, writer, late);
	ck_assert_ptr_eq(next_decided(), spender);
	ck_assert_int_eq(spender->result, ERROR_STALE);
	ck_assert_uint_eq(uses_left(), 3);
	spending_submit(spender, writer, use());
	ck_assert_uint_eq(spender->tries, 2);
	ck_assert_ptr_eq(next_decided(), spender);
	ck_assert_int_eq(spender->result, 0);
	ck_assert_uint_eq(uses_left(), 2);
	spending_done(spender);
	ck_assert(spending_is_empty(spending));
	close(end);
}
END_TEST

START_TEST(places_are_so_many)
{
	int ends[SPENDING_MAX];
	struct spender *last = NULL;

	for (size_t i = 0; i < SPENDING_MAX; i++)
		last = take_place(&ends[i]);
	ck_assert_ptr_null(spending_place(spending));
	/* Not yet submitted, so that nothing else was counted. */
	spending_submit(last, writer, use());
	ck_assert_ptr_eq(next_decided(), last);
	spending_done(last);
	ck_assert_ptr_eq(spending_place(spending), last);
	for (size_t i = 0; i < SPENDING_MAX; i++)
		close(ends[i]);
}
END_TEST

START_TEST(nothing_is_left_in_a_place)
{
	int end;
	struct spender *spender = take_place(&end);

	memset(spender->packet, 0x5a, sizeof(spender->packet));
	memset(spender->reply, 0x5a, sizeof(spender->reply));
	memset(&spender->attempt, 0x5a, sizeof(spender->attempt));
	spending_submit(spender, writer, use());
	ck_assert_ptr_eq(next_decided(), spender);
	spending_done(spender);
	for (size_t i = 0; i < sizeof(spender->packet); i++)
		ck_assert_uint_eq(spender->packet[i], 0);
	for (size_t i = 0; i < sizeof(spender->reply); i++)
		ck_assert_uint_eq(spender->reply[i], 0);
	ck_assert_uint_eq(spender->attempt.at, 0);
	ck_assert_uint_eq(spender->tries, 0);
	ck_assert_int_eq(spender->fd, -1);
	close(end);
}
END_TEST

/* What the writer ends with is decided, and the rest closes what it holds. */
START_TEST(the_end_closes_who_waits)
{
	int ends[2];
	struct spender *submitted = take_place(&ends[0]);

	spending_submit(submitted, writer, use());
	take_place(&ends[1]);
	writer_stop(writer);
	writer = NULL;
	ck_assert_uint_eq(uses_left(), 2);
	spending_free(spending);
	spending = NULL;
	for (size_t i = 0; i < COUNT(ends); i++) {
		ck_assert(has_ended(ends[i]));
		close(ends[i]);
	}
}
END_TEST

/* Connections whose client would wait for ever end; the writer's word is still
 * waited for. */
START_TEST(a_connection_ends_at_its_time)
{
	struct spender *spender = spending_place(spending);
	struct spender *module;
	int ends[2], patient;
	char byte;

	ck_assert_ptr_nonnull(spender);
	ck_assert_int_eq(
	    socketpair(
		AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends),
	    0);
	spender->fd = ends[0];
	spender->until = 1000;
	spending_submit(spender, writer, use());
	module = take_place(&patient);
	spending_submit(module, writer, use());
	spending_hang_up(spending, 999);
	ck_assert_int_lt(read(ends[1], &byte, 1), 0);
	spending_hang_up(spending, 1000);
	ck_assert_int_eq(read(ends[1], &byte, 1), 0);
	ck_assert_int_lt(send(spender->fd, "x", 1, MSG_NOSIGNAL), 0);
	/* Its place is taken until the commit is decided. */
	ck_assert_int_ge(spender->fd, 0);
	ck_assert(!has_ended(patient));
	spending_hang_up(spending, UINT64_MAX);
	for (int i = 0; i < 2; i++)
		spending_done(next_decided());
	ck_assert(spending_is_empty(spending));
	close(ends[1]);
	close(patient);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("spending");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_use_is_durable_when_it_is_taken);
	tcase_add_test(tcase, a_use_is_one_of_many_askers);
	tcase_add_test(tcase, another_try_is_the_same_question);
	tcase_add_test(tcase, places_are_so_many);
	tcase_add_test(tcase, nothing_is_left_in_a_place);
	tcase_add_test(tcase, the_end_closes_who_waits);
	tcase_add_test(tcase, a_connection_ends_at_its_time);
	return run_cases("spending", &tcase, 1);
}
