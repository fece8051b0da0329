/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Each allocation, each system call and each call into LMDB of an agent fails
 * in turn, once or from then on, while it starts and while it is asked for
 * something.  Nobody is let in who should not be, what was acknowledged is
 * there, what was refused by mistake is not said to be wrong, the agent answers
 * again at once, and it never dies of a signal.  Calls fail with the errors
 * that they may have, by turn, or move half of the bytes.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/duration.h"
#include "common/error.h"
#include "tests/faults/asking.h"
#include "tests/faults/faulty.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"

#define CONFIG "[service svc]\nsessions = process\n"
#define SKIP   9    /* the short form takes one of so many places */
#define PLACES 5000 /* there are never so many */
#define LASTS  50   /* places that a store lasts: each leaves rows there */
#define TURNS  5    /* errors that a call may have, at the most */

#define PATIENCE_MS 3000 /* for an agent that nothing works for */

/* How long an answer is waited for. */
#define WAIT_MS	     1500
#define WAIT_GOOD_MS 300 /* where it may be that none can be sent */

/* One way in which things fail. */
struct way {
	const char *name;
	unsigned kinds;
	int error;
	bool for_good;
};

/* An EINTR that never ends is none. */
static const struct way ways[] = {
	{ "memory, once", FAULT_MEMORY, ENOMEM, false },
	{ "memory, for good", FAULT_MEMORY, ENOMEM, true },
	{ "calls, once", FAULT_CALLS | FAULT_WAITS, FAULT_VARIED, false },
	{ "calls, for good", FAULT_CALLS, EIO, true },
	{ "the store, once", FAULT_STORE, FAULT_VARIED, false },
	{ "the store, for good", FAULT_STORE, EIO, true },
	{ "writes and syncs, for good", FAULT_WRITES | FAULT_SYNCS, ENOSPC,
	    true },
};

#define WAYS ((int)(sizeof(ways) / sizeof(*ways)))

static const char *only; /* operation to try, or "start"; NULL: all */
static pid_t agent;
static struct asking_token good, gone; /* that are so all the time */
static struct asking_token token;      /* of the operation */
static uint8_t ticket[PROTO_TICKET_SIZE];
static unsigned long tried, ended, silent, mute, names;
static unsigned long hits; /* calls that failed where one was to */
static char backup_path[PATH_MAX];

/* An operation: what it needs, what is asked, and what must hold after it. */
struct operation {
	const char *name;
	void (*prepare)(void);
	int (*ask)(void);
	void (*look)(int said);
	int says; /* where nothing fails */
};

static const char *
new_name(void)
{
	static char name[32];

	snprintf(name, sizeof(name), "token %lu", names++);
	return name;
}

static void
make(uint32_t uses)
{
	ck_assert_int_eq(
	    asking_create(new_name(), uses, EXPIRES_DEFAULT, &token),
	    STATUS_OK);
}

static void
prepare_none(void)
{
}

static void
prepare_token(void)
{
	make(USES_UNLIMITED);
}

static void
prepare_once(void)
{
	make(1);
}

static void
prepare_ticket(void)
{
	ck_assert_int_eq(asking_login(&good, ticket), STATUS_OK);
}

static int
ask_create(void)
{
	return asking_create(
	    new_name(), USES_UNLIMITED, EXPIRES_DEFAULT, &token);
}

static int
ask_revoke(void)
{
	return asking_revoke(token.id);
}

static int
ask_login(void)
{
	return asking_login(&good, NULL);
}

static int
ask_gone(void)
{
	return asking_login(&gone, NULL);
}

static int
ask_once(void)
{
	return asking_login(&token, NULL);
}

static int
ask_session(void)
{
	return asking_follow(OP_SESSION_OPEN, ticket);
}

static int
ask_list(void)
{
	uint16_t count;

	return asking_list(&count);
}

static int
ask_import(void)
{
	return asking_import(new_name());
}

static int
ask_backup(void)
{
	int fd = open(
	    backup_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int rv;

	ck_assert_int_ge(fd, 0);
	rv = asking_backup(fd);
	close(fd);
	return rv;
}

static int
ask_restore(void)
{
	int fd = open(backup_path, O_RDONLY | O_CLOEXEC);
	int rv;

	ck_assert_int_ge(fd, 0);
	rv = asking_restore(fd);
	close(fd);
	return rv;
}

static void
prepare_backup(void)
{
	int said;

	/* The one before may still be under way. */
	do
		said = ask_backup();
	while (said == STATUS_CONFLICT);
	ck_assert_int_eq(said, STATUS_OK);
}

static void
look_nothing(int said)
{
	(void)said;
}

static void
look_created(int said)
{
	if (said == STATUS_OK)
		ck_assert_int_eq(asking_login(&token, NULL), STATUS_OK);
}

static void
look_revoked(int said)
{
	if (said == STATUS_OK)
		ck_assert_int_eq(asking_login(&token, NULL), STATUS_DENIED);
}

/* A failure is not a verdict. */
static void
look_login(int said)
{
	ck_assert_int_ne(said, STATUS_DENIED);
}

static void
look_gone(int said)
{
	ck_assert_int_ne(said, STATUS_OK);
}

static void
look_once(int said)
{
	int had = said == STATUS_OK;

	ck_assert_int_ne(said, STATUS_DENIED);
	for (int i = 0; i < 2; i++)
		had += asking_login(&token, NULL) == STATUS_OK;
	ck_assert_msg(had <= 1, "one use was had %d times", had);
}

static void
look_imported(int said)
{
	char name[32];

	snprintf(name, sizeof(name), "token %lu", names - 1);
	if (said == STATUS_OK)
		ck_assert_int_eq(asking_show(name, NULL, NULL), STATUS_OK);
}

static void
look_backup(int said)
{
	if (said == STATUS_OK)
		ck_assert_int_eq(ask_restore(), STATUS_OK);
}

static const struct operation operations[] = {
	{ "login", prepare_none, ask_login, look_login, STATUS_OK },
	{ "revoked login", prepare_none, ask_gone, look_gone, STATUS_DENIED },
	{ "one-time use", prepare_once, ask_once, look_once, STATUS_OK },
	{ "session", prepare_ticket, ask_session, look_nothing, STATUS_OK },
	{ "create", prepare_none, ask_create, look_created, STATUS_OK },
	{ "revoke", prepare_token, ask_revoke, look_revoked, STATUS_OK },
	{ "list", prepare_none, ask_list, look_nothing, STATUS_OK },
	{ "import", prepare_none, ask_import, look_imported, STATUS_OK },
	{ "backup", prepare_backup, ask_backup, look_backup, STATUS_OK },
	{ "restore", prepare_backup, ask_restore, look_nothing, STATUS_OK },
	{ "status", prepare_none, asking_state, look_nothing, STATUS_OK },
};

#define OPERATIONS ((int)(sizeof(operations) / sizeof(*operations)))

/* One that does not end by itself, be it that it could not say that it is
 * ready, is told to. */
static int
wait_for_end(void)
{
	uint64_t until = faulty_now_us() + PATIENCE_MS * 1000;
	int status;

	while (faulty_now_us() < until) {
		if (waitpid(agent, &status, WNOHANG) == agent)
			return status;
		usleep(1000);
	}
	mute++;
	ck_assert_int_eq(kill(agent, SIGTERM), 0);
	ck_assert_int_eq(waitpid(agent, &status, 0), agent);
	return status;
}

/* An agent may end itself where it cannot go on, and is started again; it
 * never dies of a signal. */
static void
revive(const char *doing, const struct way *way, unsigned long place)
{
	int status;

	if (asking_login(&good, NULL) == STATUS_OK)
		return;
	status = wait_for_end();
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) != 0,
	    "%s, %s, place %lu: status %d", doing, way->name, place, status);
	ck_assert_uint_eq(mute, 0);
	agent = faulty_start(CONFIG);
	ended++;
}

/* Whether there was a call to fail at that place. */
static bool
fail_at(const struct operation *operation, const struct way *way, unsigned turn,
    unsigned long place)
{
	const unsigned long revived = ended;
	uint64_t failed;
	int said;

	operation->prepare();
	faulty_arm(way->kinds, way->error, turn, place, way->for_good);
	asking_timeout = way->for_good ? WAIT_GOOD_MS : WAIT_MS;
	said = operation->ask();
	failed = faulty_control()->failed;
	faulty_disarm();
	asking_timeout = 5000;
	/* One that ends itself answers until it has. */
	if (way->kinds == FAULT_STORE && way->for_good)
		usleep(30000);
	revive(operation->name, way, place);
	if (failed == 0)
		ck_assert_int_eq(said, operation->says);
	if (failed > 0 && said == ERROR_TIMEOUT)
		silent++;
	/* Whatever the store says, there is an answer. */
	if (way->kinds == FAULT_STORE && ended == revived)
		ck_assert_int_ne(said, ERROR_TIMEOUT);
	ck_assert_msg(asking_login(&good, NULL) == STATUS_OK,
	    "%s, %s, place %lu, turn %u: nobody is let in any more",
	    operation->name, way->name, place, turn);
	ck_assert_int_eq(asking_login(&gone, NULL), STATUS_DENIED);
	operation->look(said);
	tried++;
	hits += failed > 0;
	return failed > 0;
}

static unsigned
step(void)
{
	return faulty_is_long() ? 1 : 1 + faulty_random(SKIP);
}

/* As if nobody had started it there before. */
static void
forget_store(void)
{
	DIR *store = opendir(login_path("store"));
	struct dirent *entry;

	while (store != NULL && (entry = readdir(store)) != NULL)
		if (entry->d_name[0] != '.')
			ck_assert_int_eq(
			    unlinkat(dirfd(store), entry->d_name, 0), 0);
	if (store != NULL)
		closedir(store);
	ck_assert(rmdir(login_path("store")) == 0 || errno == ENOENT);
	ck_assert(unlink(login_path("master.key")) == 0 || errno == ENOENT);
}

static void
furnish(void)
{
	agent = faulty_start(CONFIG);
	ck_assert_int_eq(
	    asking_create("good", USES_UNLIMITED, EXPIRES_DEFAULT, &good),
	    STATUS_OK);
	ck_assert_int_eq(
	    asking_create("gone", USES_UNLIMITED, EXPIRES_DEFAULT, &gone),
	    STATUS_OK);
	ck_assert_int_eq(asking_revoke(gone.id), STATUS_OK);
}

static void
begin(void)
{
	asking_init();
	strcpy(backup_path, login_path("backup"));
	faulty_control();
	furnish();
}

/* With a store that has nothing of what was tried before. */
static void
begin_anew(void)
{
	realagent_stop(agent);
	forget_store();
	furnish();
}

/*
 * Calls that others of the agent's threads make at the time count too, so
 * that the number of places is not always the same.  A backup reads what the
 * ones before it left in the audit: of a store that lasted, each would have a
 * place more than the one before.
 */
static void
fail_everywhere(
    const struct operation *operation, const struct way *way, unsigned turn)
{
	unsigned long place = faulty_is_long() ? 0 : faulty_random(3);

	for (int lasts = LASTS; fail_at(operation, way, turn, place); lasts--) {
		place += step();
		ck_assert_msg(place < PLACES, "%s, %s, turn %u: no end",
		    operation->name, way->name, turn);
		if (lasts == 0) {
			begin_anew();
			lasts = LASTS;
		}
	}
}

START_TEST(asked_for_something)
{
	const struct operation *operation = &operations[_i];
	unsigned turns = faulty_is_long() ? TURNS : 2;

	if (only != NULL && strcmp(only, operation->name) != 0)
		return;
	begin();
	for (int i = 0; i < WAYS; i++)
		for (unsigned turn = 0; turn < turns; turn++) {
			fail_everywhere(operation, &ways[i],
			    faulty_is_long() ? turn : faulty_random(TURNS));
			if (ways[i].error != FAULT_VARIED)
				break;
		}
	printf("failing: %s: %lu places; the agent ended %lu times, was silent "
	       "%lu times\n",
	    operation->name, tried, ended, silent);
	ck_assert_uint_gt(hits, 0);
	realagent_stop(agent);
}
END_TEST

static unsigned long starts, sealed;

/* Started with what fails at that place: it is ready or it ends. */
static bool
start_at(const struct way *way, unsigned turn, unsigned long place)
{
	uint64_t failed;
	bool in_library;
	bool no_memory;
	bool ready;
	int number;
	int status;
	int said;

	faulty_arm(way->kinds, way->error, turn, place, way->for_good);
	/* It may be unable to say that it is ready. */
	no_memory = way->kinds == FAULT_MEMORY;
	realagent_patience = way->for_good || no_memory ? PATIENCE_MS : 60000;
	ready = faulty_try(CONFIG, &agent);
	failed = faulty_control()->failed;
	said = ready ? asking_login(&gone, NULL) : STATUS_DENIED;
	faulty_disarm();
	ck_assert_int_ne(said, STATUS_OK);
	if (ready && asking_login(&good, NULL) == STATUS_UNAVAILABLE)
		sealed++;
	if (ready)
		kill(agent, SIGTERM);
	status = wait_for_end();
	/* Without memory libseccomp 2.5.4 crashes or never ends, before anybody
	 * is served, or leaves a call out of the filter, which then ends the
	 * agent. */
	number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	in_library = no_memory &&
		     (number == SIGSYS || number == SIGKILL ||
			 (!ready && (number == SIGSEGV || number == SIGABRT)));
	ck_assert_msg(WIFEXITED(status) || in_library ||
			  (way->for_good && WTERMSIG(status) == SIGKILL),
	    "start, %s, place %lu, turn %u: signal %d", way->name, place, turn,
	    WTERMSIG(status));
	mute += WIFSIGNALED(status);
	starts++;
	hits += failed > 0;
	ended += !ready;
	return failed > 0;
}

/*
 * Most that fails for want of memory is looked at for seconds, where libseccomp
 * is at it for PATIENCE_MS: all such places of a start are tried in a build
 * without the sandbox, as tests/covered.sh makes one.
 */
static bool
is_every_place(const struct way *way, bool unclean)
{
	return faulty_is_long() &&
	       !(way->kinds == FAULT_MEMORY && (unclean || APITOKEN_CONFINES));
}

/* As a power cut or kill -9 leaves it. */
static void
leave_unclean(void)
{
	FILE *file = fopen(login_path("store/agent.lock"), "w");

	ck_assert_ptr_nonnull(file);
	fputs("running\n", file);
	ck_assert_int_eq(fclose(file), 0);
}

/* After a clean end, and after another one. */
START_TEST(started)
{
	const struct way *way = &ways[_i % WAYS];
	const bool unclean = _i >= WAYS;
	const bool is_every = is_every_place(way, unclean);
	unsigned turns = faulty_is_long() && way->error == FAULT_VARIED ? TURNS
									: 1;

	if (only != NULL && strcmp(only, "start") != 0)
		return;
	begin();
	realagent_stop(agent);
	for (unsigned turn = 0; turn < turns; turn++) {
		unsigned long place = faulty_is_long() ? 0 : faulty_random(3);

		for (;;) {
			if (unclean)
				leave_unclean();
			if (!start_at(way, turn, place))
				break;
			place += is_every ? 1 : 1 + faulty_random(40);
		}
	}
	agent = faulty_start(CONFIG);
	ck_assert_int_eq(asking_login(&good, NULL), STATUS_OK);
	ck_assert_int_eq(asking_login(&gone, NULL), STATUS_DENIED);
	printf("failing: %sstart, %s: %lu places; the agent ended %lu times, "
	       "was sealed %lu times, mute %lu times\n",
	    unclean ? "unclean " : "", way->name, starts, ended, sealed, mute);
	ck_assert_uint_gt(hits, 0);
	realagent_stop(agent);
}
END_TEST

/* On nothing at all.  Where half of a store's first pages were written the next
 * start is sealed and says so; else there is a good one. */
START_TEST(started_for_the_first_time)
{
	const struct way *way = &ways[_i];
	const bool is_every = is_every_place(way, false);
	unsigned long place = is_every ? 0 : faulty_random(10);
	unsigned long again = 0;
	struct asking_token made;
	int cut = 0;

	if (only != NULL && strcmp(only, "first start") != 0)
		return;
	begin();
	realagent_stop(agent);
	do {
		forget_store();
		/* Nobody's tokens are good there. */
		good = gone;
		if (!start_at(way, faulty_random(TURNS), place))
			break;
		place += is_every ? 1 : 1 + faulty_random(60);
		ck_assert_msg(faulty_try(CONFIG, &agent),
		    "%s, place %lu: the next start is not ready", way->name,
		    place);
		if (asking_create("new", USES_UNLIMITED, EXPIRES_DEFAULT,
			&made) == STATUS_OK)
			again++;
		else
			ck_assert_int_gt(
			    realagent_logged("damaged or cut short", ++cut),
			    cut - 1);
		realagent_stop(agent);
	} while (place < PLACES);
	printf("failing: first start, %s: %lu places; %lu times the next start "
	       "was one of a good store, %d times of one cut short\n",
	    way->name, starts, again, cut);
	ck_assert_uint_gt(hits, 0);
	forget_store();
	agent = faulty_start(CONFIG);
	ck_assert_int_eq(
	    asking_create("new", USES_UNLIMITED, EXPIRES_DEFAULT, &made),
	    STATUS_OK);
	ck_assert_int_eq(asking_login(&made, NULL), STATUS_OK);
	realagent_stop(agent);
}
END_TEST

static bool
is_known(const char *name)
{
	for (int i = 0; i < OPERATIONS; i++)
		if (strcmp(operations[i].name, name) == 0)
			return true;
	return strcmp(name, "start") == 0 || strcmp(name, "first start") == 0;
}

int
main(int argc, char **argv)
{
	TCase *tcase = tcase_create("failing");

	only = argc > 1 ? argv[1] : NULL;
	if (only != NULL && !is_known(only)) {
		fprintf(stderr, "failing: there is no \"%s\"\n", only);
		return EXIT_FAILURE;
	}
	tcase_add_loop_test(tcase, asked_for_something, 0, OPERATIONS);
	tcase_add_loop_test(tcase, started, 0, 2 * WAYS);
	tcase_add_loop_test(tcase, started_for_the_first_time, 0, WAYS);
	return faulty_run("failing", tcase);
}
