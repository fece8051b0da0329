/* SPDX-License-Identifier: BSD-3-Clause */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "agent/store/env.h"
#include "agent/store/usage.h"
#include "agent/store/writer.h"
#include "common/clock.h"
#include "common/error.h"
#include "tests/unit/store_fixture.h"

#define THREADS 64

struct job {
	struct submission submission;
	unsigned number;
	_Atomic int told; /* times */
	int result;
};

static struct fixture f;
static struct writer *writer;
static struct job jobs[1000];
static _Atomic unsigned attempts;
static _Atomic unsigned long lost;
static _Atomic unsigned rounds;
static _Atomic int usage_error;
static pthread_barrier_t gate;

static void
on_attempt(void *arg, const struct attempt *attempt)
{
	(void)attempt;
	ck_assert_ptr_eq(arg, &f);
	atomic_fetch_add(&attempts, 1);
}

static void
on_lost(void *arg, unsigned long count)
{
	(void)arg;
	atomic_fetch_add(&lost, count);
}

static void
on_usage_error(void *arg, int error)
{
	(void)arg;
	atomic_store(&usage_error, error);
}

/* The first round waits until a test lets it go on. */
static void
on_round(void *arg)
{
	(void)arg;
	if (atomic_fetch_add(&rounds, 1) == 0) {
		pthread_barrier_wait(&gate);
		pthread_barrier_wait(&gate);
	}
}

static void
start(bool sealed)
{
	const struct writer_options options = {
		.store = sealed ? NULL : f.store,
		.on_attempt = on_attempt,
		.on_lost = on_lost,
		.on_usage_error = on_usage_error,
		.on_round = on_round,
		.arg = &f,
	};

	ck_assert_int_eq(writer_start(&options, &writer), 0);
	writer_wake(writer);
	pthread_barrier_wait(&gate);
}

/* Until this the writer does nothing, however much it is given. */
static void
let_go(void)
{
	pthread_barrier_wait(&gate);
}

static void
set_up(void)
{
	fixture_init(&f);
	memset(jobs, 0, sizeof(jobs));
	atomic_store(&rounds, 0);
	atomic_store(&attempts, 0);
	atomic_store(&lost, 0);
	ck_assert_int_eq(pthread_barrier_init(&gate, NULL, 2), 0);
}

static void
tear_down(void)
{
	fixture_fini(&f);
}

static void
on_done(void *arg, int result)
{
	struct job *job = arg;

	job->result = result;
	atomic_fetch_add(&job->told, 1);
}

static void
submit_by(unsigned number,
    void (*by)(struct writer *writer, struct submission *submission))
{
	struct job *job = &jobs[number];

	job->number = number;
	job->submission = (struct submission) {
		.set = changeset_new(),
		.done = on_done,
		.arg = job,
	};
	changeset_put(job->submission.set, DB_USAGE, fixture_id(number % 50),
	    VERSION_ANY, span_of("x"));
	by(writer, &job->submission);
}

static void
submit(unsigned number)
{
	submit_by(number, writer_submit);
}

static void
wait_for(unsigned number)
{
	while (atomic_load(&jobs[number].told) == 0)
		poll(NULL, 0, 1);
}

static void *
submit_one(void *arg)
{
	struct job *job = arg;

	job->submission.done = on_done;
	job->submission.arg = job;
	writer_submit(writer, &job->submission);
	return NULL;
}

START_TEST(many_threads_share_a_transaction)
{
	uint64_t generation = f.store->generation;
	pthread_t threads[THREADS];

	start(false);
	for (unsigned i = 0; i < THREADS; i++) {
		jobs[i].submission.set = changeset_new();
		changeset_put(jobs[i].submission.set, DB_USAGE, fixture_id(i),
		    VERSION_ABSENT, span_of("x"));
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, submit_one, &jobs[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	let_go();
	writer_stop(writer);
	for (unsigned i = 0; i < THREADS; i++) {
		ck_assert_int_eq(jobs[i].told, 1);
		ck_assert_int_eq(jobs[i].result, 0);
	}
	ck_assert_uint_eq(store_count(fixture_view(&f), DB_USAGE), THREADS);
	ck_assert_uint_eq(f.store->generation, generation + 1);
}
END_TEST

/* More than one group, in the order they came, all of them at the stop. */
START_TEST(stop_commits_all_there_is)
{
	uint64_t generation = f.store->generation;

	start(false);
	for (unsigned i = 0; i < COUNT(jobs); i++)
		submit(i);
	let_go();
	writer_stop(writer);
	for (unsigned i = 0; i < COUNT(jobs); i++) {
		ck_assert_int_eq(jobs[i].told, 1);
		ck_assert_int_eq(jobs[i].result, 0);
	}
	ck_assert_uint_gt(f.store->generation, generation + 1);
	ck_assert_uint_le(f.store->generation, generation + 8);
}
END_TEST

/* A group is no larger than what one set more makes of it. */
START_TEST(rows_of_a_group_are_bounded)
{
	uint64_t generation = f.store->generation;

	start(false);
	for (unsigned i = 0; i < 5; i++) {
		submit(i);
		for (unsigned row = 0; row < 3999; row++)
			changeset_expect(jobs[i].submission.set, DB_ROLES,
			    span_of("none"), VERSION_ABSENT);
	}
	let_go();
	writer_stop(writer);
	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(jobs[i].result, 0);
	ck_assert_uint_eq(f.store->generation, generation + 2);
}
END_TEST

/* It shares the transaction of the next one that is waited for. */
START_TEST(later_goes_along)
{
	uint64_t generation = f.store->generation;

	start(false);
	submit_by(1, writer_submit_later);
	submit(2);
	let_go();
	wait_for(1);
	writer_stop(writer);
	ck_assert_int_eq(jobs[1].result, 0);
	ck_assert_int_eq(jobs[2].told, 1);
	ck_assert_uint_eq(f.store->generation, generation + 1);
	ck_assert_uint_eq(store_count(fixture_view(&f), DB_USAGE), 2);
}
END_TEST

/* Not at once, whatever wakes the writer, but by itself. */
START_TEST(later_goes_alone)
{
	uint64_t began;

	start(false);
	let_go();
	began = clock_ms();
	submit_by(1, writer_submit_later);
	submit_by(2, writer_submit_later);
	writer_wake(writer);
	wait_for(1);
	ck_assert_uint_ge(clock_ms() - began, INBOX_LATER_MS);
	wait_for(2);
	submit_by(3, writer_submit_later);
	wait_for(3);
	writer_stop(writer);
	for (unsigned i = 1; i <= 3; i++) {
		ck_assert_int_eq(jobs[i].told, 1);
		ck_assert_int_eq(jobs[i].result, 0);
	}
}
END_TEST

START_TEST(stop_commits_what_is_for_later)
{
	start(false);
	let_go();
	submit_by(1, writer_submit_later);
	writer_stop(writer);
	ck_assert_int_eq(jobs[1].told, 1);
	ck_assert_int_eq(jobs[1].result, 0);
	ck_assert_uint_eq(store_count(fixture_view(&f), DB_USAGE), 1);
}
END_TEST

START_TEST(stale_one_is_told_alone)
{
	start(false);
	for (unsigned i = 0; i < 3; i++) {
		jobs[i].submission = (struct submission) {
			.set = changeset_new(), .done = on_done, .arg = &jobs[i]
		};
		changeset_put(jobs[i].submission.set, DB_USAGE,
		    fixture_id(i / 2), VERSION_ABSENT, span_of("x"));
		writer_submit(writer, &jobs[i].submission);
	}
	let_go();
	writer_stop(writer);
	ck_assert_int_eq(jobs[0].result, 0);
	ck_assert_int_eq(jobs[1].result, ERROR_STALE);
	ck_assert_int_eq(jobs[2].result, 0);
	ck_assert_int_eq(jobs[1].told, 1);
}
END_TEST

START_TEST(everybody_is_told_of_a_failure)
{
	static uint8_t big[2 << 20];
	uint64_t generation = f.store->generation;

	start(false);
	for (unsigned i = 0; i < 3; i++) {
		jobs[i].submission = (struct submission) {
			.set = changeset_new(), .done = on_done, .arg = &jobs[i]
		};
		changeset_put(jobs[i].submission.set, DB_USAGE, fixture_id(i),
		    VERSION_ABSENT,
		    i == 1 ? span_bytes(big, sizeof(big)) : span_of("x"));
		writer_submit(writer, &jobs[i].submission);
	}
	let_go();
	writer_stop(writer);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_int_eq(jobs[i].result, ERROR_FULL);
		ck_assert_int_eq(jobs[i].told, 1);
	}
	ck_assert_uint_eq(f.store->generation, generation);
	ck_assert_uint_eq(store_count(fixture_view(&f), DB_USAGE), 0);
}
END_TEST

static void
note(unsigned token, uint8_t opcode, uint8_t status)
{
	struct attempt attempt = {
		.at = NOW, .opcode = opcode, .status = status, .service = "sshd"
	};

	memcpy(attempt.id, fixture_id(token).data, sizeof(attempt.id));
	writer_note(writer, &attempt);
}

/* Only a login that was granted is a use; all attempts are told. */
START_TEST(granted_logins_are_written_as_uses)
{
	struct token_info info = { 0 };
	struct record record;
	struct token token;

	good_token(&record, &token);
	ck_assert_int_eq(fixture_create(&f, fixture_id(1), &record), 0);
	start(false);
	note(1, OP_AUTHENTICATE, STATUS_OK);
	note(1, OP_AUTHENTICATE, STATUS_OK);
	note(1, OP_AUTHENTICATE, STATUS_DENIED);
	note(1, OP_ACCOUNT, STATUS_OK);
	note(2, OP_AUTHENTICATE, STATUS_OK); /* deleted meanwhile */
	let_go();
	writer_stop(writer);
	ck_assert_uint_eq(atomic_load(&attempts), 5);
	usage_info(fixture_view(&f), fixture_id(1), &info);
	ck_assert_uint_eq(info.use_count, 2);
	ck_assert_uint_eq(store_count(f.reader, DB_USAGE), 1);
	ck_assert_int_eq(atomic_load(&usage_error), 0);
}
END_TEST

START_TEST(noting_never_waits_and_losses_are_told)
{
	start(false);
	for (unsigned i = 0; i < 10000; i++)
		note(1, OP_AUTHENTICATE, STATUS_DENIED);
	let_go();
	writer_stop(writer);
	ck_assert_uint_gt(atomic_load(&lost), 0);
	ck_assert_uint_eq(atomic_load(&attempts) + atomic_load(&lost), 10000);
}
END_TEST

START_TEST(sealed_writer_still_tells_attempts)
{
	start(true);
	note(1, OP_AUTHENTICATE, STATUS_UNAVAILABLE);
	let_go();
	writer_stop(writer);
	ck_assert_uint_eq(atomic_load(&attempts), 1);
}
END_TEST

START_TEST(nothing_to_stop)
{
	writer_stop(NULL);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("writer");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, many_threads_share_a_transaction);
	tcase_add_test(tcase, stop_commits_all_there_is);
	tcase_add_test(tcase, rows_of_a_group_are_bounded);
	tcase_add_test(tcase, later_goes_along);
	tcase_add_test(tcase, later_goes_alone);
	tcase_add_test(tcase, stop_commits_what_is_for_later);
	tcase_add_test(tcase, stale_one_is_told_alone);
	tcase_add_test(tcase, everybody_is_told_of_a_failure);
	tcase_add_test(tcase, granted_logins_are_written_as_uses);
	tcase_add_test(tcase, noting_never_waits_and_losses_are_told);
	tcase_add_test(tcase, sealed_writer_still_tells_attempts);
	tcase_add_test(tcase, nothing_to_stop);
	return run_cases("writer", &tcase, 1);
}
