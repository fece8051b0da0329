/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/store/recheck.h"
#include "common/error.h"
#include "tests/unit/store_fixture.h"

#define PATIENCE_MS 60000
#define TOKENS	    60
#define CHANGES	    12 /* as many as the fixture's map has room for */

static struct fixture f;
static struct recheck *recheck;

static void
set_up(void)
{
	struct record record;
	struct token token;

	fixture_init(&f);
	good_token(&record, &token);
	for (unsigned i = 1; i <= TOKENS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "token %u", i);
		record.spec.name = span_of(name);
		ck_assert_int_eq(fixture_create(&f, fixture_id(i), &record), 0);
	}
	fixture_close(&f);
	ck_assert_int_eq(fixture_open(&f), 0);
	recheck = NULL;
}

static void
tear_down(void)
{
	recheck_free(recheck);
	fixture_fini(&f);
}

static void
start(bool walk)
{
	ck_assert_int_eq(
	    recheck_start(&f.options, f.keyring, f.store, walk, &recheck), 0);
}

/* More changes than the map has room for, were old pages still kept. */
static void
expect_pages_are_used_again(void)
{
	for (unsigned i = 0; i < 4 * TOKENS; i++)
		ck_assert_int_eq(
		    fixture_set_state(&f, fixture_id(i % TOKENS + 1),
			i / TOKENS % 2 == 0 ? STATE_DISABLED : STATE_ACTIVE),
		    0);
}

/* What comes of it in the end. */
static int
wait_for_word(void)
{
	int rv = ERROR_TIMEOUT;

	for (int i = 0; i < PATIENCE_MS && rv == ERROR_TIMEOUT; i++) {
		rv = recheck_look(recheck, f.why, sizeof(f.why));
		poll(NULL, 0, 1);
	}
	return rv;
}

START_TEST(a_sound_store_is_sound)
{
	start(_i != 0);
	ck_assert_int_eq(wait_for_word(), 0);
	/* It is said again to whoever asks again. */
	ck_assert_int_eq(recheck_look(recheck, f.why, sizeof(f.why)), 0);
	expect_pages_are_used_again();
}
END_TEST

/* Its pages stay as they were, however often they are written anew. */
START_TEST(what_is_written_meanwhile_is_no_damage)
{
	start(true);
	for (unsigned i = 1; i <= CHANGES; i++)
		ck_assert_int_eq(
		    fixture_set_state(&f, fixture_id(i), STATE_DISABLED), 0);
	ck_assert_int_eq(wait_for_word(), 0);
}
END_TEST

/* Each page but the meta pages, one at a time, until one of the trees is hit:
 * its number is what its head begins with. */
START_TEST(damage_is_named)
{
	const long page = sysconf(_SC_PAGESIZE);
	unsigned damaged = 0;
	uint8_t *image;
	size_t size;

	fixture_close(&f);
	image = fixture_read(f.data, &size);
	for (size_t at = 2 * (size_t)page; at < size; at += (size_t)page) {
		const uint64_t other = 2 + at / (size_t)page;
		int fd = open(f.data, O_WRONLY | O_CLOEXEC);
		int rv;

		ck_assert_int_eq(
		    pwrite(fd, &other, sizeof(other), (off_t)at), 8);
		close(fd);
		if (fixture_open(&f) < 0)
			goto next;
		start(false);
		rv = wait_for_word();
		ck_assert(rv == 0 || rv == ERROR_CORRUPT);
		if (rv == ERROR_CORRUPT) {
			ck_assert_str_ne(f.why, "");
			damaged++;
		}
		recheck_free(recheck);
		recheck = NULL;
		fixture_close(&f);
	next:
		fixture_write(f.data, image, size);
	}
	free(image);
	ck_assert_uint_gt(damaged, 5);
}
END_TEST

/* The only child that this process has. */
static pid_t
child_of_this(void)
{
	char path[64];
	FILE *file;
	int pid = 0;

	snprintf(
	    path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	file = fopen(path, "re");
	if (file == NULL || fscanf(file, "%d", &pid) != 1)
		pid = 0;
	if (file != NULL)
		fclose(file);
	return pid;
}

START_TEST(a_child_that_was_killed_said_nothing)
{
	pid_t child;
	int rv;

	start(true);
	child = child_of_this();
	if (child > 0)
		kill(child, SIGKILL);
	rv = wait_for_word();
	/* It may have been faster. */
	ck_assert(rv == ERROR_CLOSED || rv == 0);
	expect_pages_are_used_again();
	recheck_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("recheck");
	TCase *tcase = tcase_create("recheck");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, a_sound_store_is_sound, 0, 2);
	tcase_add_test(tcase, what_is_written_meanwhile_is_no_damage);
	tcase_add_test(tcase, damage_is_named);
	tcase_add_test(tcase, a_child_that_was_killed_said_nothing);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
