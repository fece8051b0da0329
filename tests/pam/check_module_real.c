/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * The module, the agent and the CLI as they were built: a token from
 * `apitoken create` through the real libpam, and what becomes of it.
 */
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/pam/realagent.h"
#include "tests/pam/scene.h"

/* Where the module asks, and whom; root's own socket or everybody's. */
static pid_t agent;

static void
write_service(const char *service, const char *arguments)
{
	char all[512];

	snprintf(all, sizeof(all), "socket=%s agent_uid=%u %s", login_folder(),
	    (unsigned)realagent_uid(), arguments);
	login_service(service, "auth required %s %s\naccount required %s %s\n",
	    MODULE, all, MODULE, all);
}

/* Who is not root gets answers only where `callers` names them. */
static void
start(void)
{
	const struct passwd *me = getpwuid(geteuid());
	char config[512];
	const char *name = me != NULL ? me->pw_name : "nobody";

	snprintf(config, sizeof(config),
	    "[service svc]\ncallers = %s\n[service other]\ncallers = %s\n"
	    "[service sudo]\ncallers = %s\n",
	    name, name, name);
	agent = realagent_start(config);
	write_service("svc", "");
	write_service("other", "");
	write_service("sudo", "");
}

static void
stop(void)
{
	if (agent > 0)
		realagent_stop(agent);
	agent = -1;
}

/* A token for alice; more arguments of `create` end with NULL. */
static void
create(const char *name, const char *option, const char *value)
{
	const char *const arguments[] = { "create", name, "--user", "alice",
		"--quiet", option, value, NULL };
	char text[256];

	ck_assert_int_eq(realagent_command(text, sizeof(text), arguments), 0);
	ck_assert_uint_eq(strlen(text), TOKEN_TEXT_SIZE);
	strcpy(good_token, text);
	journal_clear();
}

static void
revoke_token(const char *name)
{
	const char *const arguments[] = { "revoke", name, "--yes", NULL };
	char line[256];

	ck_assert_int_eq(realagent_command(line, sizeof(line), arguments), 0);
}

/* A denial tells nobody why: one code, one line, whatever the reason. */
static void
is_denied(const char *service, const char *user, const char *password)
{
	char line[256];

	journal_clear();
	ck_assert_int_eq(login_try(service, user, password), PAM_AUTH_ERR);
	snprintf(line, sizeof(line),
	    "pam_apitoken(%s:auth): authentication failure; logname= uid=%u "
	    "euid=%u tty=test ruser= rhost=192.0.2.1  user=%s\n",
	    service, (unsigned)getuid(), (unsigned)geteuid(), user);
	ck_assert_str_eq(journal_text(), line);
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

START_TEST(good)
{
	struct login login;

	create("laptop", NULL, NULL);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	ck_assert_int_eq(pam_setcred(login.pamh, PAM_ESTABLISH_CRED), 0);
	ck_assert_int_eq(login_account(&login), PAM_SUCCESS);
	ck_assert_int_eq(login_account(&login), PAM_SUCCESS);
	ck_assert_str_eq(journal_text(), "");
	login_end(&login);
	ck_assert_int_eq(login_try("other", "alice", good_token), PAM_SUCCESS);
}
END_TEST

START_TEST(wrong_secret)
{
	struct token token = { 0 };
	char text[TOKEN_TEXT_SIZE + 1];

	create("laptop", NULL, NULL);
	for (size_t i = 0; i < TOKEN_SECRET_SIZE; i++) {
		ck_assert_int_eq(
		    tokentext_parse(good_token, TOKEN_TEXT_SIZE, &token), 0);
		token.secret[i] ^= 1;
		tokentext_format(&token, text);
		is_denied("svc", "alice", text);
	}
	/* A wrong secret does not count against the token. */
	ck_assert_int_eq(login_try("svc", "alice", good_token), PAM_SUCCESS);
}
END_TEST

START_TEST(unknown_id)
{
	struct token token = { 0 };
	char text[TOKEN_TEXT_SIZE + 1];

	create("laptop", NULL, NULL);
	ck_assert_int_eq(
	    tokentext_parse(good_token, TOKEN_TEXT_SIZE, &token), 0);
	token.id[0] = token.id[0] == 'a' ? 'b' : 'a';
	tokentext_format(&token, text);
	is_denied("svc", "alice", text);
	/* The secret of one kind is not that of another. */
	ck_assert_int_eq(
	    tokentext_parse(good_token, TOKEN_TEXT_SIZE, &token), 0);
	token.kind = TOKEN_ACCESS;
	tokentext_format(&token, text);
	is_denied("svc", "alice", text);
}
END_TEST

START_TEST(wrong_user)
{
	static const char *const users[] = { "bob", "root", "Alice", "alic",
		"alicee", "alice " };

	create("laptop", NULL, NULL);
	for (int i = 0; i < COUNT(users); i++) {
		journal_clear();
		ck_assert_int_eq(
		    login_try("svc", users[i], good_token), PAM_AUTH_ERR);
		ck_assert(scene_logged("authentication failure; "));
	}
}
END_TEST

START_TEST(wrong_service)
{
	create("only-other", "--allow", "other");
	is_denied("svc", "alice", good_token);
	ck_assert_int_eq(login_try("other", "alice", good_token), PAM_SUCCESS);
}
END_TEST

/* Whatever its type, it does not open sudo unless it names it. */
START_TEST(elevated_service)
{
	create("laptop", "--type", "full-access");
	is_denied("sudo", "alice", good_token);
	ck_assert_int_eq(login_try("svc", "alice", good_token), PAM_SUCCESS);
}
END_TEST

START_TEST(wrong_address)
{
	create("elsewhere", "--from", "198.51.100.0/24");
	is_denied("svc", "alice", good_token);
	create("here", "--from", "192.0.2.0/24");
	ck_assert_int_eq(login_try("svc", "alice", good_token), PAM_SUCCESS);
}
END_TEST

/* Tried until it is refused; it was good before, and stays refused. */
START_TEST(expired)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	struct login login;
	double end = now() + 6;
	int code;

	create("short", "--expires", "2s");
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	do {
		nanosleep(&pause, NULL);
		code = login_try("svc", "alice", good_token);
	} while (code == PAM_SUCCESS && now() < end);
	ck_assert_int_eq(code, PAM_AUTH_ERR);
	is_denied("svc", "alice", good_token);
	ck_assert_int_eq(login_account(&login), PAM_ACCT_EXPIRED);
	login_end(&login);
}
END_TEST

START_TEST(revoked)
{
	struct login login;

	create("laptop", NULL, NULL);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	revoke_token("laptop");
	ck_assert_int_eq(login_account(&login), PAM_ACCT_EXPIRED);
	login_end(&login);
	is_denied("svc", "alice", good_token);
}
END_TEST

/* The ticket speaks for that login and that service, and for no other. */
START_TEST(account_of_another)
{
	struct login login;

	create("laptop", NULL, NULL);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	pam_set_item(login.pamh, PAM_USER, "root");
	ck_assert_int_eq(login_account(&login), PAM_ACCT_EXPIRED);
	pam_set_item(login.pamh, PAM_USER, "alice");
	pam_set_item(login.pamh, PAM_SERVICE, "other");
	ck_assert_int_eq(login_account(&login), PAM_ACCT_EXPIRED);
	pam_set_item(login.pamh, PAM_SERVICE, "svc");
	ck_assert_int_eq(login_account(&login), PAM_SUCCESS);
	login_end(&login);
}
END_TEST

/* A frozen agent costs the two seconds, and answers again once awake. */
START_TEST(stopped)
{
	double begun;
	int status;

	create("laptop", NULL, NULL);
	ck_assert_int_eq(kill(agent, SIGSTOP), 0);
	ck_assert_int_eq(waitpid(agent, &status, WUNTRACED), agent);
	begun = now();
	ck_assert_int_eq(
	    login_try("svc", "alice", good_token), PAM_AUTHINFO_UNAVAIL);
	ck_assert(now() - begun >= 1.9 && now() - begun < 2.2);
	ck_assert(scene_logged("no answer in time"));
	ck_assert(!scene_leaked());
	ck_assert_int_eq(kill(agent, SIGCONT), 0);
	ck_assert_int_eq(login_try("svc", "alice", good_token), PAM_SUCCESS);
}
END_TEST

/* What was said to be done is done, whatever happens the moment after. */
START_TEST(killed)
{
	struct login login;
	char kept[TOKEN_TEXT_SIZE + 1];
	double begun;

	create("kept", NULL, NULL);
	strcpy(kept, good_token);
	create("revoked", NULL, NULL);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, kept), PAM_SUCCESS);
	revoke_token("revoked");
	realagent_kill(agent);
	begun = now();
	ck_assert_int_eq(login_try("svc", "alice", kept), PAM_AUTHINFO_UNAVAIL);
	ck_assert_int_eq(login_account(&login), PAM_AUTHINFO_UNAVAIL);
	ck_assert(now() - begun < 1.0);
	ck_assert(scene_logged("nobody listens there"));
	login_end(&login);
	start();
	ck_assert_int_eq(login_try("svc", "alice", kept), PAM_SUCCESS);
	is_denied("svc", "alice", good_token);
}
END_TEST

/* The agent is there, but it is not who the module trusts. */
START_TEST(untrusted)
{
	create("laptop", NULL, NULL);
	login_service("svc", "auth required %s socket=%s agent_uid=%u\n",
	    MODULE, login_folder(), (unsigned)realagent_uid() + 1);
	ck_assert_int_eq(
	    login_try("svc", "alice", good_token), PAM_AUTHINFO_UNAVAIL);
	ck_assert(scene_logged("not the one to trust"));
}
END_TEST

static void
add_tests(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_test(tcase, good);
	tcase_add_test(tcase, wrong_secret);
	tcase_add_test(tcase, unknown_id);
	tcase_add_test(tcase, wrong_user);
	tcase_add_test(tcase, wrong_service);
	tcase_add_test(tcase, elevated_service);
	tcase_add_test(tcase, wrong_address);
	tcase_add_test(tcase, expired);
	tcase_add_test(tcase, revoked);
	tcase_add_test(tcase, account_of_another);
	tcase_add_test(tcase, stopped);
	tcase_add_test(tcase, killed);
	tcase_add_test(tcase, untrusted);
}

int
main(void)
{
	return scene_run("module and agent", add_tests);
}
