/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/server/duties.h"
#include "agent/server/firststart.h"
#include "tests/unit/agent_fixture.h"
#include "tests/unit/deaf_writer.h"

#define HOUR_MS UINT64_C(3600000)

static struct fixture fixture;
static struct duties *duties;

static void
setup(void)
{
	fixture_open(&fixture, "");
	/* Now, so that the clock is believed. */
	ck_assert_int_eq(firststart_apply(fixture.agent.store, span_of("root"),
			     (uint64_t)time(NULL)),
	    0);
	ck_assert_int_eq(duties_new(&fixture.agent, &duties), 0);
}

static void
teardown(void)
{
	duties_free(duties);
	fixture_close(&fixture);
}

/* What the log says by now; how often that is in it. */
static int
logged(const char *text)
{
	int before = dup(STDERR_FILENO);
	FILE *file = tmpfile();
	char line[1024];
	int found = 0;

	ck_assert_ptr_nonnull(file);
	dup2(fileno(file), STDERR_FILENO);
	log_write(fixture.agent.log);
	dup2(before, STDERR_FILENO);
	close(before);
	rewind(file);
	while (fgets(line, sizeof(line), file) != NULL)
		found += strstr(line, text) != NULL;
	fclose(file);
	return found;
}

START_TEST(the_anchor_is_told_each_hour)
{
	uint64_t now = 5000;

	ck_assert_int_gt(duties_run(duties, now), 0);
	ck_assert_int_eq(logged("audit anchor 2:"), 1);
	for (int i = 0; i < 10; i++) {
		ck_assert_int_gt(duties_run(duties, now + 1), 0);
		ck_assert_int_eq(logged("audit anchor"), 0);
		duties_run(duties, now + HOUR_MS - 1);
		ck_assert_int_eq(logged("audit anchor"), 0);
		now += HOUR_MS;
		duties_run(duties, now);
		ck_assert_int_eq(logged("audit anchor 2:"), 1);
	}
}
END_TEST

/* Whoever waits so long as it says comes in time, and is not kept busy. */
START_TEST(the_wait_is_to_the_next)
{
	uint64_t now = 0;
	int rounds = 0;

	while (now < 10 * HOUR_MS) {
		int wait = duties_run(duties, now);

		ck_assert_int_gt(wait, 0);
		now += (uint64_t)wait;
		rounds++;
	}
	ck_assert_int_eq(logged("audit anchor"), 10);
	ck_assert_int_lt(rounds, 1000);
}
END_TEST

/* Whose pid the kernel knows; 0 if this one does not tell. */
static pid_t
only_child(void)
{
	char path[64];
	FILE *file;
	long pid = 0;

	snprintf(
	    path, sizeof(path), "/proc/self/task/%ld/children", (long)getpid());
	file = fopen(path, "r");
	if (file != NULL && fscanf(file, "%ld", &pid) != 1)
		pid = 0;
	if (file != NULL)
		fclose(file);
	return (pid_t)pid;
}

/* Its end is told once, and not each minute. */
START_TEST(a_loss_of_names_is_told)
{
	struct names *names = NULL;
	uint64_t now = 1;
	pid_t keeper;

	ck_assert_int_eq(names_start(&names), 0);
	keeper = only_child();
	if (keeper == 0)
		return;
	fixture.agent.names = names;
	duties_run(duties, now);
	ck_assert_int_eq(logged("login names"), 0);
	ck_assert_int_eq(kill(keeper, SIGKILL), 0);
	for (int i = 0; i < 5; i++) {
		const struct timespec moment = { .tv_nsec = 50000000 };

		nanosleep(&moment, NULL);
		now += 60000;
		duties_run(duties, now);
	}
	ck_assert_int_eq(logged("looks up login names is gone"), 1);
	names_stop(names);
	fixture.agent.names = NULL;
}
END_TEST

static uint64_t
count_tokens(void)
{
	uint64_t count;

	ck_assert_int_eq(store_read_begin(fixture.reader), 0);
	count = store_count(fixture.reader, DB_TOKENS);
	store_read_end(fixture.reader);
	return count;
}

static void
start_writer(struct writer **writer)
{
	const struct writer_options options = deaf_writer(fixture.agent.store);

	ck_assert_int_eq(writer_start(&options, writer), 0);
}

#define EXPIRED 1000

/* Slice after slice, by what duties_run() says, until all are gone. */
START_TEST(what_ended_is_purged_soon)
{
	uint64_t now = 1;

	for (int i = 0; i < EXPIRED; i++) {
		struct record record;
		struct token token;

		good_token(&record, &token);
		record.spec.name = span_of(token.id);
		record.spec.expires_at = 1000 + (uint64_t)i;
		fixture_add(&fixture, &token, &record);
	}
	start_writer(&fixture.agent.writer);
	for (int i = 0; i < 1000 && count_tokens() > 2; i++) {
		int wait = duties_run(duties, now);

		ck_assert_int_le(wait, 100);
		now += (uint64_t)wait;
		usleep(10000);
	}
	ck_assert_uint_eq(count_tokens(), 2);
	duties_run(duties, now + 100);
	ck_assert_int_gt(duties_run(duties, now + 200), 1000);
	writer_stop(fixture.agent.writer);
	fixture.agent.writer = NULL;
}
END_TEST

START_TEST(a_sealed_agent_has_none_to_tell)
{
	struct store *store = fixture.agent.store;

	fixture.agent.store = NULL;
	ck_assert_int_gt(duties_run(duties, 1), 0);
	ck_assert_int_eq(logged("audit"), 0);
	fixture.agent.store = store;
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("duties");

	if (crypto_init() < 0)
		return EXIT_FAILURE;
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_anchor_is_told_each_hour);
	tcase_add_test(tcase, the_wait_is_to_the_next);
	tcase_add_test(tcase, what_ended_is_purged_soon);
	tcase_add_test(tcase, a_loss_of_names_is_told);
	tcase_add_test(tcase, a_sealed_agent_has_none_to_tell);
	return run_cases("duties", &tcase, 1);
}
