/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An older store, an older key, both, or those of somebody else are put in
 * the place of an agent's.  It is sealed and says why; or, where all is
 * authentic and of one time, the anchor that was printed later names it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/duration.h"
#include "common/error.h"
#include "tests/faults/asking.h"
#include "tests/faults/faulty.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"

#define CONFIG ""

static pid_t agent;
static struct asking_token good, ended, later;
static char anchor[128]; /* of the last state */

static void
keep(const char *store, const char *key)
{
	faulty_copy("store/data.mdb", store);
	faulty_copy("master.key", key);
}

static int
run(char *line, const char *first, const char *second, const char *third,
    const char *fourth)
{
	const char *const arguments[] = { first, second, third, fourth, NULL };

	return realagent_command(line, 512, arguments);
}

static void
rotate(void)
{
	char line[512];

	ck_assert_int_eq(run(line, "key", "rotate", NULL, NULL), 0);
}

/* Two states: the first with a token that is ended in the second, where
 * rows are of another key; and the store of somebody else. */
static void
make_states(void)
{
	char line[512];

	asking_init();
	agent = realagent_start(CONFIG);
	ck_assert_int_eq(
	    asking_create("other", USES_UNLIMITED, TIME_NEVER, &good),
	    STATUS_OK);
	realagent_stop(agent);
	keep("other.mdb", "other.key");
	ck_assert_int_eq(unlink(login_path("store/data.mdb")), 0);
	ck_assert_int_eq(unlink(login_path("master.key")), 0);
	agent = realagent_start(CONFIG);
	ck_assert_int_eq(
	    asking_create("good", USES_UNLIMITED, TIME_NEVER, &good),
	    STATUS_OK);
	ck_assert_int_eq(
	    asking_create("ended", USES_UNLIMITED, TIME_NEVER, &ended),
	    STATUS_OK);
	realagent_stop(agent);
	keep("old.mdb", "old.key");
	agent = realagent_start(CONFIG);
	ck_assert_int_eq(asking_revoke(ended.id), STATUS_OK);
	rotate();
	ck_assert_int_eq(
	    asking_create("later", USES_UNLIMITED, TIME_NEVER, &later),
	    STATUS_OK);
	ck_assert_int_eq(run(line, "audit", "--anchor", NULL, NULL), 0);
	ck_assert_uint_lt(strlen(line), sizeof(anchor));
	strcpy(anchor, line);
	realagent_stop(agent);
	keep("new.mdb", "new.key");
}

static const struct {
	const char *what;
	const char *store, *key;
	bool is_sealed;
	const char *why; /* a word of the log's, or of what names it */
} puts_back[] = {
	{ "older key", "new.mdb", "old.key", true, "key 2" },
	{ "older store", "old.mdb", "new.key", false, "" },
	{ "both older", "old.mdb", "old.key", false, "" },
	{ "another's store", "other.mdb", "new.key", true, "not authentic" },
	{ "another's key", "new.mdb", "other.key", true, "key 2" },
	{ "another's old key", "old.mdb", "other.key", true, "not authentic" },
};

#define PUTS_BACK ((int)(sizeof(puts_back) / sizeof(*puts_back)))

/* Nobody is let in, and nothing is changed. */
static void
is_sealed(const char *why)
{
	struct asking_token made;

	ck_assert_int_eq(asking_login(&good, NULL), STATUS_UNAVAILABLE);
	ck_assert_int_eq(asking_login(&ended, NULL), STATUS_UNAVAILABLE);
	ck_assert_int_ne(
	    asking_create("new", USES_UNLIMITED, TIME_NEVER, &made), STATUS_OK);
	ck_assert_int_ne(asking_revoke(good.id), STATUS_OK);
	ck_assert_int_ge(realagent_logged("SEALED", 1), 1);
	ck_assert_msg(
	    realagent_logged(why, 1) > 0, "the log does not say: %s", why);
}

/* All of it is authentic: only who kept an anchor can tell, and can. */
static void
is_named(void)
{
	char line[512];

	ck_assert_int_eq(run(line, "audit", "--verify", NULL, NULL), 0);
	ck_assert_int_ne(run(line, "audit", "--verify", "--anchor", anchor), 0);
	/* What was made later is not there, and is not let in. */
	ck_assert_int_eq(asking_login(&later, NULL), STATUS_DENIED);
}

START_TEST(something_is_put_back)
{
	char line[512];

	make_states();
	faulty_copy(puts_back[_i].store, "store/data.mdb");
	faulty_copy(puts_back[_i].key, "master.key");
	agent = realagent_start(CONFIG);
	if (puts_back[_i].is_sealed)
		is_sealed(puts_back[_i].why);
	else
		is_named();
	realagent_stop(agent);
	/* With what is right all is as it was. */
	faulty_copy("new.mdb", "store/data.mdb");
	faulty_copy("new.key", "master.key");
	agent = realagent_start(CONFIG);
	ck_assert_int_eq(asking_login(&good, NULL), STATUS_OK);
	ck_assert_int_eq(asking_login(&ended, NULL), STATUS_DENIED);
	ck_assert_int_eq(run(line, "audit", "--verify", "--anchor", anchor), 0);
	realagent_stop(agent);
	printf("rollback: %s: %s\n", puts_back[_i].what,
	    puts_back[_i].is_sealed ? "sealed, and says why"
				    : "named by a later anchor");
}
END_TEST

/* Onto the newer state the older one's backup is restored. */
START_TEST(a_restore_revives_nothing)
{
	struct asking_token once, gone;
	int fd;

	asking_init();
	agent = realagent_start(CONFIG);
	ck_assert_int_eq(
	    asking_create("ended", USES_UNLIMITED, TIME_NEVER, &ended),
	    STATUS_OK);
	ck_assert_int_eq(
	    asking_create("gone", USES_UNLIMITED, TIME_NEVER, &gone),
	    STATUS_OK);
	ck_assert_int_eq(
	    asking_create("once", 1, TIME_NEVER, &once), STATUS_OK);
	fd = open(login_path("backup"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(asking_backup(fd), STATUS_OK);
	ck_assert_int_eq(asking_revoke(ended.id), STATUS_OK);
	ck_assert_int_eq(asking_delete(gone.id), STATUS_OK);
	ck_assert_int_eq(asking_login(&once, NULL), STATUS_OK);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(asking_restore(fd), STATUS_OK);
		ck_assert_int_eq(asking_login(&ended, NULL), STATUS_DENIED);
		ck_assert_int_eq(asking_login(&gone, NULL), STATUS_DENIED);
		ck_assert_int_eq(asking_login(&once, NULL), STATUS_DENIED);
		realagent_kill(agent);
		agent = realagent_start(CONFIG);
	}
	close(fd);
	printf("rollback: a restore: nothing revived\n");
	realagent_stop(agent);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("rollback");

	tcase_add_loop_test(tcase, something_is_put_back, 0, PUTS_BACK);
	tcase_add_test(tcase, a_restore_revives_nothing);
	return faulty_run("rollback", tcase);
}
