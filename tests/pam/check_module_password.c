/* SPDX-License-Identifier: BSD-3-Clause */

/* Which passwords become questions, and what becomes of the others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/pam/scene.h"

static const size_t sizes[] = { 0, 1, 47, 48, 49, 127, 128, 511, 512, 1024,
	1 << 20 };

/* Of any length, beginning as the token does where there is room. */
START_TEST(sizes_of_nontokens)
{
	struct listener listener;
	char *password = malloc(sizes[_i] + 1);

	ck_assert_ptr_nonnull(password);
	memset(password, 'x', sizes[_i]);
	memcpy(password, good_token, sizes[_i] < 47 ? sizes[_i] : 47);
	password[sizes[_i]] = '\0';
	scene_service("");
	scene_status(&listener, GOOD);
	ck_assert_int_eq(login_try("svc", "alice", password), PAM_AUTH_ERR);
	ck_assert(scene_logged("authentication failure; "));
	ck_assert(!scene_leaked());
	ck_assert_uint_eq(listener.seen->connections, 0);
	scene_service("nontoken=ignore");
	journal_clear();
	login_service("ign",
	    "auth [default=ignore auth_err=die ignore=1] %s "
	    "nontoken=ignore\nauth requisite pam_deny.so\n"
	    "auth required pam_permit.so\n",
	    MODULE);
	ck_assert_int_eq(login_try("ign", "alice", password),
	    sizes[_i] == 0 ? PAM_AUTH_ERR : PAM_SUCCESS);
	ck_assert_uint_eq(listener.seen->connections, 0);
	listener_stop(&listener);
	free(password);
}
END_TEST

static const char *const nontokens[] = { "hunter2", " ", "\b\n\r\177INCORRECT",
	"atk_", "atk_\n", "\x01\x1f\x7f", "\xff\xfe", "%s%n%m",
	"secret-token:" };

START_TEST(nontokens_stay)
{
	struct listener listener;

	scene_service("");
	scene_status(&listener, GOOD);
	ck_assert_int_eq(
	    login_try("svc", "alice", nontokens[_i]), PAM_AUTH_ERR);
	ck_assert_ptr_null(strpbrk(journal_text(), "\b\r\x01\x1f\x7f\xff"));
	ck_assert(!scene_logged(nontokens[_i]) || _i == 1);
	ck_assert_uint_eq(listener.seen->connections, 0);
	listener_stop(&listener);
}
END_TEST

/* How a token is mistaken: none of it is a token. */
START_TEST(near_tokens_stay)
{
	struct listener listener;
	char password[128];

	scene_service("");
	scene_status(&listener, GOOD);
	for (size_t i = 0; i < TOKEN_TEXT_SIZE; i++) {
		strcpy(password, good_token);
		password[i] = password[i] == 'x' ? 'y' : 'x';
		ck_assert_int_eq(
		    login_try("svc", "alice", password), PAM_AUTH_ERR);
	}
	snprintf(password, sizeof(password), "%s\n", good_token);
	ck_assert_int_eq(login_try("svc", "alice", password), PAM_AUTH_ERR);
	snprintf(password, sizeof(password), " %s", good_token);
	ck_assert_int_eq(login_try("svc", "alice", password), PAM_AUTH_ERR);
	ck_assert_uint_eq(listener.seen->connections, 0);
	ck_assert(!scene_leaked());
	listener_stop(&listener);
}
END_TEST

/* Only passwords are asked about, in their canonical text. */
START_TEST(kinds)
{
	static const struct {
		enum token_kind kind;
		int code;
	} rows[] = {
		{ TOKEN_API, PAM_SUCCESS },
		{ TOKEN_ACCESS, PAM_SUCCESS },
		{ TOKEN_REFRESH, PAM_AUTH_ERR },
		{ TOKEN_MANAGEMENT, PAM_AUTH_ERR },
	};
	struct listener listener;
	char text[TOKEN_TEXT_SIZE + 1], uri[128];

	scene_token(rows[_i].kind, text);
	snprintf(uri, sizeof(uri), "secret-token:%s", text);
	scene_service("nontoken=ignore");
	scene_status(&listener, GOOD);
	ck_assert_int_eq(login_try("svc", "alice", text), rows[_i].code);
	ck_assert_int_eq(login_try("svc", "alice", uri), rows[_i].code);
	ck_assert_uint_eq(
	    listener.seen->packets, rows[_i].code == PAM_SUCCESS ? 2 : 0);
	if (rows[_i].code == PAM_SUCCESS)
		ck_assert_mem_eq(listener.seen->packet + 4, text, 48);
	listener_stop(&listener);
}
END_TEST

/* nontoken=ignore leaves what is no token to others, and nothing else. */
START_TEST(nontoken_ignore)
{
	struct listener listener;
	struct login login;
	char bad_check[TOKEN_TEXT_SIZE + 1];

	strcpy(bad_check, good_token);
	bad_check[47] = bad_check[47] == '0' ? '1' : '0';
	scene_service("nontoken=ignore");
	scene_status(&listener, NO "\x22");
	login_begin(&login, "svc", "alice");
	/* Ignored by the only module: nobody said yes. */
	ck_assert_int_eq(
	    login_authenticate(&login, "hunter2"), PAM_PERM_DENIED);
	ck_assert_int_eq(
	    login_authenticate(&login, bad_check), PAM_PERM_DENIED);
	ck_assert_str_eq(journal_text(), "");
	ck_assert_uint_eq(login.delay_us, 0);
	ck_assert_int_eq(login_authenticate(&login, ""), PAM_AUTH_ERR);
	ck_assert_uint_eq(listener.seen->connections, 0);
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_AUTH_ERR);
	ck_assert_int_eq(
	    login_authenticate(&login, good_token), PAM_AUTHINFO_UNAVAIL);
	login_end(&login);
	listener_stop(&listener);
	ck_assert_int_eq(
	    login_try("svc", "alice", good_token), PAM_AUTHINFO_UNAVAIL);
}
END_TEST

static const struct conversation {
	int code;
	int expected;
} conversations[] = {
	{ PAM_CONV_ERR, PAM_CONV_ERR },
	{ PAM_BUF_ERR, PAM_BUF_ERR },
	{ PAM_SYSTEM_ERR, PAM_CONV_ERR },
	{ PAM_SUCCESS, PAM_CONV_ERR }, /* with no answer */
	{ PAM_IGNORE, PAM_CONV_ERR },
	{ PAM_CONV_AGAIN, PAM_INCOMPLETE },
	{ 12345, PAM_CONV_ERR },
};

START_TEST(conversation_fails)
{
	struct listener listener;
	struct login login;

	scene_service("nontoken=ignore");
	scene_status(&listener, GOOD);
	login_begin(&login, "svc", "alice");
	login.conversation = conversations[_i].code;
	ck_assert_int_eq(
	    login_authenticate(&login, NULL), conversations[_i].expected);
	ck_assert_uint_eq(login.prompts, 1);
	ck_assert_uint_eq(login.delay_us, 0);
	ck_assert_uint_eq(listener.seen->connections, 0);
	login.conversation = PAM_SUCCESS;
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

/* A host that did not ask for the name yet leaves that to us. */
START_TEST(user_is_asked_for)
{
	struct listener listener;
	struct login login;

	scene_service("");
	scene_status(&listener, GOOD);
	login_begin(&login, "svc", NULL);
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_CONV_ERR);
	ck_assert_uint_eq(login.prompts, 1);
	ck_assert_uint_eq(listener.seen->connections, 0);
	login_end(&login);
	/* A new one: libpam does not ask again once that failed. */
	login_begin(&login, "svc", NULL);
	login.user = "carol";
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	ck_assert_str_eq(listener_field(&listener, LOGIN), "carol");
	ck_assert_uint_eq(login.prompts, 2);
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

/* Never asked for; what a module before us asked for is taken. */
START_TEST(use_first_pass)
{
	struct listener listener;
	struct login login;
	const char *at = login_path("socket");
	unsigned uid = (unsigned)geteuid();

	scene_status(&listener, GOOD);
	login_service("svc", "auth required %s socket=%s agent_uid=%u %s",
	    MODULE, at, uid, "use_first_pass");
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_AUTH_ERR);
	ck_assert_uint_eq(login.prompts, 0);
	login_end(&login);
	login_service("two",
	    "auth required %s socket=%s agent_uid=%u forward_pass\n"
	    "auth required %s socket=%s agent_uid=%u %s\n",
	    MODULE, at, uid, MODULE, at, uid,
	    _i == 0 ? "use_first_pass" : "try_first_pass");
	login_begin(&login, "two", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	ck_assert_uint_eq(login.prompts, 1);
	ck_assert_uint_eq(listener.seen->packets, 2);
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

/* An accepted token is gone for the next module, unless forward_pass. */
START_TEST(authtok_is_removed)
{
	struct listener listener;
	const char *at = login_path("socket");
	unsigned uid = (unsigned)geteuid();

	scene_status(&listener, GOOD);
	login_service("two",
	    "auth required %s socket=%s agent_uid=%u\n"
	    "auth required %s socket=%s agent_uid=%u use_first_pass\n",
	    MODULE, at, uid, MODULE, at, uid);
	ck_assert_int_eq(login_try("two", "alice", good_token), PAM_AUTH_ERR);
	ck_assert_uint_eq(listener.seen->packets, 1);
	listener_stop(&listener);
}
END_TEST

/* A token that was refused stays, as any password does. */
START_TEST(authtok_is_kept_when_refused)
{
	struct listener listener;
	struct login login;
	const char *at = login_path("socket");
	unsigned uid = (unsigned)geteuid();

	scene_status(&listener, NO GOOD);
	login_service("two",
	    "auth optional %s socket=%s agent_uid=%u\n"
	    "auth required %s socket=%s agent_uid=%u use_first_pass\n",
	    MODULE, at, uid, MODULE, at, uid);
	login_begin(&login, "two", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	ck_assert_uint_eq(login.prompts, 1);
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

static void
add_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, sizes_of_nontokens, 0, COUNT(sizes));
	tcase_add_loop_test(tcase, nontokens_stay, 0, COUNT(nontokens));
	tcase_add_test(tcase, near_tokens_stay);
	tcase_add_loop_test(tcase, kinds, 0, 4);
	tcase_add_test(tcase, nontoken_ignore);
	tcase_add_loop_test(tcase, conversation_fails, 0, COUNT(conversations));
	tcase_add_test(tcase, user_is_asked_for);
	tcase_add_loop_test(tcase, use_first_pass, 0, 2);
	tcase_add_test(tcase, authtok_is_removed);
	tcase_add_test(tcase, authtok_is_kept_when_refused);
}

int
main(void)
{
	return scene_run("module: password", add_tests);
}
