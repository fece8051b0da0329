/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The agent as its administrator starts it: its options, what it refuses to
 * start on, what it becomes when root starts it, and what it does with a
 * configuration that is read again.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/duration.h"
#include "tests/faults/asking.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"
#include "tests/unit/cli_run.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

#define NOBODY	  65534
#define BY_ROOT	  "[agent]\nuser = nobody\n"
#define WORDS_MAX 8

static char said[65536]; /* by the last agent that ended at once */
static char config[PATH_MAX];
static pid_t agent;

/* What is in the configuration; NULL: what realagent.c has there. */
struct conf {
	const char *auth, *user_socket, *admin, *more_sockets;
	const char *store, *key, *more_store;
	const char *agent, *more;
};

static void
put(FILE *file, const char *name, const char *value, const char *usual)
{
	ck_assert_int_gt(fprintf(file, "%s = %s\n", name,
			     value != NULL ? value : login_path(usual)),
	    0);
}

static void
configure(const struct conf *conf)
{
	FILE *file = fopen(config, "w");

	ck_assert_ptr_nonnull(file);
	fputs("[sockets]\n", file);
	put(file, "auth", conf->auth, "auth.sock");
	put(file, "user", conf->user_socket, "user.sock");
	put(file, "admin", conf->admin, "admin.sock");
	fputs(conf->more_sockets != NULL ? conf->more_sockets : "", file);
	fputs("[store]\n", file);
	put(file, "directory", conf->store, "store");
	put(file, "key", conf->key, "master.key");
	fputs(conf->more_store != NULL ? conf->more_store : "", file);
	fprintf(file, "[agent]\n%s",
	    conf->agent != NULL ? conf->agent : "user = nobody\n");
	fputs(conf->more != NULL ? conf->more : "", file);
	ck_assert_int_eq(fchmod(fileno(file), 0644), 0);
	ck_assert_int_eq(fclose(file), 0);
}

/* Runs it with words split at blanks, CONFIG for that file; its status. */
static int
ends(const char *line)
{
	static char program[] = "apitokend";
	char copy[256], *argv[WORDS_MAX] = { program }, *save = NULL;
	FILE *output = tmpfile();
	int count = 1, status;
	size_t size;
	pid_t pid;

	ck_assert_ptr_nonnull(output);
	(void)snprintf(copy, sizeof(copy), "%s", line);
	for (char *word = strtok_r(copy, " ", &save);
	     word != NULL && count < WORDS_MAX - 1;
	     word = strtok_r(NULL, " ", &save))
		argv[count++] = strcmp(word, "CONFIG") == 0 ? config : word;
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)dup2(fileno(output), STDOUT_FILENO);
		(void)dup2(fileno(output), STDERR_FILENO);
		execv(BUILD_FOLDER "/apitokend", argv);
		_exit(127);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	rewind(output);
	size = fread(said, 1, sizeof(said) - 1, output);
	said[size] = '\0';
	(void)fclose(output);
	ck_assert_msg(WIFEXITED(status), "%s: status %d", line, status);
	return WEXITSTATUS(status);
}

static void
ends_with(const char *line, int status, const char *word)
{
	int got = ends(line);

	ck_assert_msg(got == status, "%s: %d: %s", line, got, said);
	ck_assert_msg(strstr(said, word) != NULL, "%s says: %s", line, said);
}

static void
setup(void)
{
	asking_init();
	strcpy(config, login_path("apitokend.conf"));
	(void)setenv("APITOKEN_SOCKET", login_path("admin.sock"), 1);
	realagent_by_root = true;
	agent = realagent_start(BY_ROOT);
}

static void
teardown(void)
{
	if (agent > 0)
		realagent_stop(agent);
	agent = -1;
}

static const struct {
	const char *line;
	int status;
	const char *says;
} options[] = {
	{ "--help", 0, "usage: apitokend" },
	{ "-h", 0, "usage: apitokend" },
	{ "--version", 0, "apitokend 0." },
	{ "--bogus", 2, "see apitokend --help" },
	{ "extra", 2, "unexpected argument 'extra'" },
	{ "--ready-fd x", 2, "number of an open descriptor" },
	{ "--ready-fd -1", 2, "number of an open descriptor" },
	{ "--ready-fd 99999", 2, "number of an open descriptor" },
	{ "--ready-fd 999", 2, "number of an open descriptor" },
	{ "--config /nonexistent --check-config", 1, "/nonexistent" },
	{ "--config CONFIG --check-config", 0, "" },
	{ "--config CONFIG --make-key", 1, "is there already" },
};

START_TEST(options_are_read)
{
	ends_with(options[_i].line, options[_i].status, options[_i].says);
}
END_TEST

/* Longer than a socket's may be. */
#define LONG_PATH                                                              \
	"/run/apitoken-of-a-name-that-is-much-longer-than-it-needs-to-"        \
	"be/and-in-a-folder-of-such-a-name-as-well/admin.sock"

/* What is in the way, and what is said of it. */
static const struct {
	struct conf conf;
	const char *says;
} refusals[] = {
	{ { .agent = "user = no-such-one\n" }, "there is no user no-such-one" },
	{ { .auth = "/dev/null/auth.sock" }, "/dev/null" },
	{ { .store = "/dev/null" }, "/dev/null" },
	{ { .key = "/nonexistent/key" }, "/nonexistent/key" },
	{ { .admin = LONG_PATH }, "at most 107 bytes" },
	{ { .more = "[nothing]\n" }, "nothing" },
};

START_TEST(what_is_in_the_way_is_said)
{
	teardown();
	configure(&refusals[_i].conf);
	ends_with("--config CONFIG", 1, refusals[_i].says);
}
END_TEST

START_TEST(one_agent_is_enough)
{
	configure(&(struct conf) { 0 });
	ends_with("--config CONFIG", 1, "somebody listens on");
	configure(&(struct conf) { .auth = login_path("auth2"),
	    .user_socket = login_path("user2"),
	    .admin = login_path("admin2") });
	ends_with("--config CONFIG", 1, "another apitokend uses the store");
}
END_TEST

/* A new key would call every record a forgery. */
START_TEST(a_store_without_its_key_is_not_started_on)
{
	teardown();
	configure(&(struct conf) { 0 });
	ck_assert_int_eq(unlink(login_path("master.key")), 0);
	ends_with("--config CONFIG", 1, "put the key back");
	ck_assert_int_ne(access(login_path("master.key"), F_OK), 0);
	ends_with("--config CONFIG --make-key", 0, "");
	ends_with("--config CONFIG --make-key", 1, "left alone");
	ck_assert_int_eq(unlink(login_path("master.key")), 0);
}
END_TEST

/* systemd hands a copy of the key over in a folder of its own. */
static void
start_with_credentials(void)
{
	(void)setenv("CREDENTIALS_DIRECTORY", login_path("credentials"), 1);
	agent = realagent_start(BY_ROOT);
	(void)unsetenv("CREDENTIALS_DIRECTORY");
}

START_TEST(a_key_comes_as_a_credential)
{
	char from[PATH_MAX], to[PATH_MAX];
	struct asking_token token;

	ck_assert_int_eq(
	    asking_create("t", USES_UNLIMITED, EXPIRES_DEFAULT, &token),
	    STATUS_OK);
	teardown();
	strcpy(from, login_path("master.key"));
	strcpy(to, login_path("credentials/master.key"));
	ck_assert_int_eq(mkdir(login_path("credentials"), 0755), 0);
	ck_assert_int_eq(link(from, to), 0);
	start_with_credentials();
	ck_assert_int_eq(asking_login(&token, NULL), STATUS_OK);
	ck_assert_int_eq(cli_run("key status --json", ""), 0);
	cli_holds(cli_out, "\"credential\": true");
	teardown();
	/* It looks for its own where there is none among them. */
	ck_assert_int_eq(unlink(to), 0);
	start_with_credentials();
	ck_assert_int_eq(asking_login(&token, NULL), STATUS_OK);
	ck_assert_int_eq(cli_run("key status --json", ""), 0);
	cli_holds(cli_out, "\"credential\": false");
	teardown();
	/* One that is no key is not passed over. */
	ck_assert_int_eq(mkdir(to, 0755), 0);
	configure(&(struct conf) { 0 });
	(void)setenv("CREDENTIALS_DIRECTORY", login_path("credentials"), 1);
	ends_with("--config CONFIG", 1, to);
}
END_TEST

/* It reads that; the log says what becomes of it. */
static void
reload(const struct conf *conf, const char *says)
{
	int before = realagent_logged(says, 0);

	configure(conf);
	ck_assert_int_eq(kill(agent, SIGHUP), 0);
	ck_assert_int_eq(realagent_logged(says, before + 1), before + 1);
}

#define NEXT_START "change with the next start only"
#define READ_AGAIN "configuration read again"

/* Of a running agent these stay. */
static const struct conf changes[] = {
	{ .auth = "/run/other.sock" },
	{ .user_socket = "/run/other.sock" },
	{ .admin = "/run/other.sock" },
	{ .more_sockets = "saslauthd = /run/other.sock\n" },
	{ .more_sockets = "saslauthd_group = daemon\n" },
	{ .store = "/run/other" },
	{ .key = "/run/other" },
	{ .more_store = "map_size = 2G\n" },
	{ .agent = "user = daemon\n" },
	{ .agent = "user = nobody\nlog = syslog\n" },
};

START_TEST(a_configuration_is_read_again)
{
	struct asking_token token;
	int now;

	now = realagent_logged(READ_AGAIN, 0);
	reload(&(struct conf) { .more = "[service x]\n" }, READ_AGAIN);
	ck_assert_int_eq(realagent_logged(NEXT_START, 0), 0);
	reload(&changes[_i], NEXT_START);
	ck_assert_int_eq(realagent_logged(READ_AGAIN, now + 2), now + 2);
	reload(&(struct conf) { .more = "[nothing]\n" },
	    "the configuration was not changed");
	ck_assert_int_eq(realagent_logged(READ_AGAIN, 0), now + 2);
	/* It goes on where it was. */
	ck_assert_int_eq(
	    asking_create("t", USES_UNLIMITED, EXPIRES_DEFAULT, &token),
	    STATUS_OK);
	ck_assert_int_eq(asking_login(&token, NULL), STATUS_OK);
}
END_TEST

/* Of the agent's own user too: it is who started it that is asked for. */
static const uid_t strangers[] = { 1, 65534 };

START_TEST(a_strangers_configuration_is_not_read_again)
{
	struct asking_token token;
	char says[64];

	snprintf(says, sizeof(says), "belongs to uid %u", strangers[_i]);
	ck_assert_int_eq(chown(config, strangers[_i], (gid_t)-1), 0);
	ck_assert_int_eq(kill(agent, SIGHUP), 0);
	ck_assert_int_eq(realagent_logged(says, 1), 1);
	ck_assert_int_eq(realagent_logged(READ_AGAIN, 0), 0);
	ck_assert_int_eq(
	    asking_create("t", USES_UNLIMITED, EXPIRES_DEFAULT, &token),
	    STATUS_OK);
	ck_assert_int_eq(asking_login(&token, NULL), STATUS_OK);
}
END_TEST

static bool
status_is(pid_t pid, const char *name, const char *value)
{
	char path[64], line[256];
	bool is = false;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, name, strlen(name)) == 0) {
			line[strcspn(line, "\n")] = '\0';
			is = strcmp(line + strlen(name), value) == 0;
		}
	(void)fclose(file);
	return is;
}

/* Root starts it, and it is nobody with nothing but CAP_KILL; so is what it
 * made. */
START_TEST(root_starts_it)
{
	struct asking_token token;
	struct stat status;

	teardown();
	ck_assert_int_eq(rename(login_path("store"), login_path("before")), 0);
	ck_assert_int_eq(unlink(login_path("master.key")), 0);
	agent = realagent_start(BY_ROOT);
	ck_assert(status_is(agent, "Uid:\t", "65534\t65534\t65534\t65534"));
	ck_assert(status_is(agent, "Gid:\t", "65534\t65534\t65534\t65534"));
	ck_assert(status_is(agent, "Groups:\t", " "));
	ck_assert(status_is(agent, "CapPrm:\t", "0000000000000020"));
	ck_assert(status_is(agent, "CapEff:\t", "0000000000000020"));
	ck_assert(status_is(agent, "CapInh:\t", "0000000000000000"));
	ck_assert(status_is(agent, "CapAmb:\t", "0000000000000000"));
	ck_assert(status_is(agent, "NoNewPrivs:\t", "1"));
	ck_assert_int_eq(stat(login_path("store"), &status), 0);
	ck_assert_uint_eq(status.st_uid, NOBODY);
	ck_assert_uint_eq(status.st_mode & 07777, 0700);
	ck_assert_int_eq(stat(login_path("master.key"), &status), 0);
	ck_assert_uint_eq(status.st_uid, 0);
	ck_assert_uint_eq(status.st_mode & 0377, 0);
	ck_assert_int_eq(
	    asking_create("t", USES_UNLIMITED, EXPIRES_DEFAULT, &token),
	    STATUS_OK);
	ck_assert_int_eq(asking_login(&token, NULL), STATUS_OK);
	/* The folder that is there is taken as it is. */
	realagent_stop(agent);
	agent = realagent_start(BY_ROOT);
	ck_assert_int_eq(asking_login(&token, NULL), STATUS_OK);
}
END_TEST

/* Where that is what its configuration says. */
START_TEST(root_stays_root)
{
	struct asking_token token;

	teardown();
	ck_assert_int_eq(rename(login_path("store"), login_path("before")), 0);
	agent = realagent_start("[agent]\nuser = root\n");
	ck_assert(status_is(agent, "Uid:\t", "0\t0\t0\t0"));
	ck_assert(status_is(agent, "NoNewPrivs:\t", "1"));
	ck_assert_int_eq(
	    asking_create("t", USES_UNLIMITED, EXPIRES_DEFAULT, &token),
	    STATUS_OK);
	ck_assert_int_eq(asking_login(&token, NULL), STATUS_OK);
}
END_TEST

/* What it opens must not become what is written for people. */
START_TEST(it_starts_without_standard_descriptors)
{
	static char program[] = "apitokend", option[] = "--config";
	char *const argv[] = { program, option, config, NULL };
	struct asking_token token;
	char path[64], target[64];
	pid_t pid;

	teardown();
	configure(&(struct conf) { 0 });
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		close_range(0, ~0U, 0);
		execv(BUILD_FOLDER "/apitokend", argv);
		_exit(127);
	}
	agent = pid;
	for (int i = 0; i < 1000 && asking_state() != STATUS_OK; i++)
		usleep(10000);
	ck_assert_int_eq(
	    asking_create("t", USES_UNLIMITED, EXPIRES_DEFAULT, &token),
	    STATUS_OK);
	ck_assert_int_eq(asking_login(&token, NULL), STATUS_OK);
	for (int fd = 0; fd <= 2; fd++) {
		ssize_t size;

		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
		size = readlink(path, target, sizeof(target) - 1);
		ck_assert_int_gt(size, 0);
		target[size] = '\0';
		ck_assert_str_eq(target, "/dev/null");
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("start");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, options_are_read, 0, COUNT(options));
	tcase_add_test(tcase, one_agent_is_enough);
	tcase_add_loop_test(
	    tcase, what_is_in_the_way_is_said, 0, COUNT(refusals));
	tcase_add_test(tcase, a_store_without_its_key_is_not_started_on);
	tcase_add_test(tcase, a_key_comes_as_a_credential);
	tcase_add_loop_test(
	    tcase, a_configuration_is_read_again, 0, COUNT(changes));
	tcase_add_loop_test(tcase, a_strangers_configuration_is_not_read_again,
	    0, COUNT(strangers));
	tcase_add_test(tcase, root_starts_it);
	tcase_add_test(tcase, root_stays_root);
	tcase_add_test(tcase, it_starts_without_standard_descriptors);
	return cli_cases("the agent's start", &tcase, 1);
}
