/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * The host's process is not ours: what it is made of is the same before and
 * after logins of every outcome; the module comes and goes without a trace;
 * and hosts fork, jump out of the conversation and have thousands of
 * descriptors.  `check_module_process long` does it more often.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/pam/processstate.h"
#include "tests/pam/scene.h"

#define ROUNDS	    100 /* of five scenarios each */
#define DESCRIPTORS 5000

static bool is_long;

static void
write_service(const char *service, const char *socket, const char *arguments)
{
	char all[512];

	snprintf(all, sizeof(all), "socket=%s agent_uid=%u %s",
	    login_path(socket), (unsigned)geteuid(), arguments);
	login_service(service,
	    "auth required %s %s\naccount required %s %s\n"
	    "session required %s %s\n",
	    MODULE, all, MODULE, all, MODULE, all);
}

/* All that a login can come to, one after the other. */
static void
try_outcomes(const char *nontoken)
{
	static const uint8_t session[] = { STATUS_OK, STATUS_OK, STATUS_OK,
		STATUS_OK };
	struct listener listener;
	struct login login;

	scene_listen(&listener, LISTENER_STATUS, session, sizeof(session));
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	ck_assert_int_eq(login_account(&login), PAM_SUCCESS);
	ck_assert_int_eq(pam_open_session(login.pamh, 0), PAM_SUCCESS);
	ck_assert_int_eq(pam_close_session(login.pamh, 0), PAM_SUCCESS);
	login_end(&login);
	listener_stop(&listener);
	scene_status(&listener, NO);
	ck_assert_int_eq(login_try("svc", "alice", good_token), PAM_AUTH_ERR);
	listener_stop(&listener);
	ck_assert_int_eq(
	    login_try("svc", "alice", good_token), PAM_AUTHINFO_UNAVAIL);
	ck_assert_int_eq(login_try("svc", "alice", nontoken), PAM_AUTH_ERR);
	ck_assert_int_eq(
	    login_try("bad", "alice", good_token), PAM_SERVICE_ERR);
	journal_clear();
}

START_TEST(a_process_stays_as_it_was)
{
	static struct processstate first, before, after;
	const int rounds = is_long ? 10 * ROUNDS : ROUNDS;

	write_service("svc", "socket", "");
	write_service("bad", "socket", "no_such_argument");
	processstate_read(&first);
	for (int i = 0; i < 3; i++)
		try_outcomes("a password");
	processstate_read(&before);
	processstate_use_memory(&first, &before);
	for (int i = 0; i < rounds; i++)
		try_outcomes("a password");
	processstate_read(&after);
	ck_assert_msg(processstate_same(&first, &after), "%s",
	    processstate_difference(&first, &after));
	printf("process: the same after %d scenarios\n", 5 * rounds);
}
END_TEST

/* Whether dlclose(3) left it there: linked with -z nodelete, it stays. */
static bool
is_loaded(void)
{
	void *module = dlopen(MODULE, RTLD_NOW | RTLD_NOLOAD);

	if (module != NULL)
		dlclose(module);
	return module != NULL;
}

/* libpam loads it for each login, and unloads it. */
START_TEST(it_comes_and_goes)
{
	static struct processstate before, after;
	const int cycles = is_long ? 100000 : 2000;
	struct listener listener;
	bool stays;

	write_service("svc", "socket", "");
	scene_status(&listener, GOOD);
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(
		    login_try("svc", "alice", good_token), PAM_SUCCESS);
	stays = is_loaded();
	processstate_read(&before);
	for (int i = 0; i < cycles; i++) {
		ck_assert_int_eq(
		    login_try("svc", "alice", good_token), PAM_SUCCESS);
		ck_assert_int_eq(is_loaded(), stays);
		journal_clear();
	}
	processstate_read(&after);
	ck_assert_msg(processstate_same(&before, &after), "%s",
	    processstate_difference(&before, &after));
	ck_assert_uint_eq(listener.seen->packets, (unsigned)cycles + 50);
	listener_stop(&listener);
	printf("process: no growth in %d logins, and the module %s\n", cycles,
	    stays ? "stays (nodelete)" : "is unloaded after each");
}
END_TEST

/* Conversations that do what conversations do not. */
struct escape {
	const char *answer;
	sigjmp_buf out;
	bool jumps;
	pid_t child;
};

static int
converse(int count, const struct pam_message **messages,
    struct pam_response **responses, void *data)
{
	struct escape *escape = data;

	(void)messages;
	if (escape->jumps)
		siglongjmp(escape->out, 1);
	escape->child = fork();
	*responses = calloc((size_t)count, sizeof(**responses));
	ck_assert_ptr_nonnull(*responses);
	(*responses)->resp = strdup(escape->answer);
	return PAM_SUCCESS;
}

static pam_handle_t *
begin_escape(struct escape *escape)
{
	const struct pam_conv conv = { converse, escape };
	pam_handle_t *pamh = NULL;

	ck_assert_int_eq(
	    pam_start_confdir("svc", "alice", &conv, login_folder(), &pamh),
	    PAM_SUCCESS);
	return pamh;
}

/* Both of them go on, and both are answered. */
START_TEST(a_conversation_forks)
{
	struct escape escape = { .answer = good_token };
	struct listener listener;
	pam_handle_t *pamh;
	int code, status;

	write_service("svc", "socket", "");
	scene_status(&listener, GOOD);
	pamh = begin_escape(&escape);
	code = pam_authenticate(pamh, 0);
	if (escape.child == 0)
		_exit(code == PAM_SUCCESS && pam_acct_mgmt(pamh, 0) == 0 &&
			      pam_end(pamh, 0) == 0
			  ? 0
			  : 1);
	ck_assert_int_eq(code, PAM_SUCCESS);
	ck_assert_int_gt(escape.child, 0);
	ck_assert_int_eq(waitpid(escape.child, &status, 0), escape.child);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	pam_end(pamh, PAM_SUCCESS);
	listener_stop(&listener);
}
END_TEST

/* PostgreSQL and others leave by a jump; what is asked next is answered, and
 * no descriptor is left. */
START_TEST(a_conversation_jumps_out)
{
	struct escape escape = { .answer = good_token, .jumps = true };
	struct listener listener;
	volatile int jumped = 0;
	int before = dup(0), after;

	close(before);
	write_service("svc", "socket", "");
	for (int i = 0; i < 100; i++) {
		pam_handle_t *volatile pamh = begin_escape(&escape);

		if (sigsetjmp(escape.out, 1) == 0)
			(void)pam_authenticate(pamh, 0);
		else
			jumped++;
		pam_end(pamh, PAM_ABORT);
	}
	ck_assert_int_eq(jumped, 100);
	scene_status(&listener, GOOD);
	ck_assert_int_eq(login_try("svc", "alice", good_token), PAM_SUCCESS);
	listener_stop(&listener);
	after = dup(0);
	close(after);
	ck_assert_int_eq(after, before);
}
END_TEST

/* Above what select(2) can bear. */
START_TEST(thousands_of_descriptors)
{
	struct rlimit limit;
	struct listener listener;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_max < DESCRIPTORS + 100)
		return;
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	write_service("svc", "socket", "");
	scene_status(&listener, GOOD);
	for (int fd = 0; fd < DESCRIPTORS;)
		ck_assert_int_ge(fd = open("/dev/null", O_RDONLY), 0);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(
		    login_try("svc", "alice", good_token), PAM_SUCCESS);
	listener_stop(&listener);
}
END_TEST

/* And none at all: no question without a descriptor. */
START_TEST(no_descriptor)
{
	struct rlimit limit = { 0 };
	struct listener listener;
	struct login login;
	int code;

	write_service("svc", "socket", "");
	scene_status(&listener, GOOD);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	/* libpam makes another error of any, for its audit has none either. */
	code = login_authenticate(&login, good_token);
	ck_assert(code == PAM_AUTHINFO_UNAVAIL || code == PAM_SYSTEM_ERR);
	ck_assert(scene_logged("cannot ask the agent"));
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

static void
add_tests(TCase *tcase)
{
	tcase_set_timeout(tcase, is_long ? 3600 : 120);
	tcase_add_test(tcase, a_process_stays_as_it_was);
	tcase_add_test(tcase, it_comes_and_goes);
	tcase_add_test(tcase, a_conversation_forks);
	tcase_add_test(tcase, a_conversation_jumps_out);
	tcase_add_test(tcase, thousands_of_descriptors);
	tcase_add_test(tcase, no_descriptor);
}

int
main(int argc, char **argv)
{
	is_long = argc > 1 && strcmp(argv[1], "long") == 0;
	return scene_run("module: the host's process", add_tests);
}
