/* SPDX-License-Identifier: BSD-3-Clause */

/* Arguments, names and the log: what the host and its admin say. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/pam/scene.h"

static const char *const bad_arguments[] = { "tiemout=1", "timeout=0",
	"socket=run", "agent_uid=root", "nontoken=success", "quiet=1",
	"service=", "prompt", "nullok", "Debug" };

START_TEST(bad_argument)
{
	struct listener listener;
	struct login login;
	char name[32] = { 0 };

	scene_service("");
	scene_status(&listener, GOOD);
	login_begin(&login, "svc", "alice");
	login_end(&login);
	scene_service(bad_arguments[_i]);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(
	    login_authenticate(&login, good_token), PAM_SERVICE_ERR);
	ck_assert_uint_eq(login.prompts, 0);
	ck_assert_int_eq(login_account(&login), PAM_SERVICE_ERR);
	snprintf(name, sizeof(name), "\"%.*s\" refused; right is: ",
	    (int)strcspn(bad_arguments[_i], "="), bad_arguments[_i]);
	ck_assert_msg(scene_logged(name), "%s", journal_text());
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

START_TEST(service_and_prompt)
{
	struct listener listener;
	struct login login;

	scene_service("service=other [prompt=Your token: ] debug");
	scene_status(&listener, GOOD);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	ck_assert_str_eq(login.prompt, "Your token: ");
	ck_assert_str_eq(listener_field(&listener, SERVICE), "other");
	ck_assert(scene_logged("says 0x5a"));
	ck_assert(!scene_leaked());
	ck_assert_int_eq(login_account(&login), PAM_SUCCESS);
	ck_assert_str_eq(listener_field(&listener, SERVICE), "other");
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

static const struct name {
	size_t login, service;
	bool asked;
} names[] = {
	{ 1, 1, true },
	{ 255, 64, true },
	{ 256, 1, false },
	{ 1, 65, false },
	{ 4096, 1, false },
};

/* Longer than any there can be: denied, and nobody is asked. */
START_TEST(long_names)
{
	const struct name *n = &names[_i];
	struct listener listener;
	struct login login;
	char user[4097] = { 0 }, name[66] = { 0 };

	scene_service("");
	scene_status(&listener, GOOD);
	memset(user, 'u', n->login);
	memset(name, 's', n->service);
	login_begin(&login, "svc", user);
	login_end(&login);
	ck_assert_int_eq(rename(login_path("svc"), login_path(name)), 0);
	login_begin(&login, name, user);
	ck_assert_int_eq(login_authenticate(&login, good_token),
	    n->asked ? PAM_SUCCESS : PAM_AUTH_ERR);
	ck_assert_uint_eq(listener.seen->packets, n->asked);
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

/* What is for the log only does not stand in anybody's way. */
START_TEST(long_remarks)
{
	struct listener listener;
	struct login login;
	char fits[256] = { 0 }, over[257] = { 0 };

	memset(fits, 'f', 255);
	memset(over, 'o', 256);
	scene_service("");
	scene_status(&listener, GOOD);
	login_begin(&login, "svc", "alice");
	pam_set_item(login.pamh, PAM_RHOST, over);
	pam_set_item(login.pamh, PAM_TTY, over);
	pam_set_item(login.pamh, PAM_RUSER, fits);
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	ck_assert_str_eq(listener_field(&listener, RHOST), "");
	ck_assert_str_eq(listener_field(&listener, TTY), "");
	ck_assert_str_eq(listener_field(&listener, RUSER), fits);
	pam_set_item(login.pamh, PAM_RHOST, NULL);
	ck_assert_int_eq(login_account(&login), PAM_SUCCESS);
	ck_assert_str_eq(listener_field(&listener, RHOST), "");
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

/* What a client chose must not write the log, nor pose as another field. */
START_TEST(log_is_clean)
{
	struct listener listener;
	struct login login;

	scene_service("");
	scene_status(&listener, NO);
	login_begin(&login, "svc", "eve\nroot \x1b[2J\x7f\xc2\x9b");
	pam_set_item(login.pamh, PAM_RUSER, "x rhost=198.51.100.9");
	pam_set_item(login.pamh, PAM_TTY, "\t");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_AUTH_ERR);
	ck_assert(
	    scene_logged(" tty=? ruser=x?rhost=198.51.100.9 rhost=192.0.2.1  "
			 "user=eve?root??[2J???\n"));
	login_end(&login);
	/* Without a name the line ends as pam_unix's does. */
	journal_clear();
	login_begin(&login, "svc", "");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_AUTH_ERR);
	ck_assert_msg(
	    scene_logged(" rhost=192.0.2.1 \n"), "%s", journal_text());
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

/* How a token looks that stands elsewhere: behind what, how much of it. */
static const struct misplaced {
	const char *before;
	size_t size;
	bool is_token;
} misplaceds[] = {
	{ "", 48, true },
	{ "secret-token:", 48, true },
	{ "alice:", 48, true },
	{ "atat", 48, true },
	{ "", 47, true },
	{ "", 32, true }, /* where some FTP servers cut */
	{ "", 15, true },
	{ "", 14, false }, /* the id is no secret */
	{ "", 4, false },
	{ "b", 1, false },
	{ "atx_0123456789_", 0, false },
	{ "atk-0123456789_", 0, false },
	{ "atk_012345678-_", 0, false },
	{ "atk_0123456789-", 0, false },
};

/* curl -u TOKEN: puts it where the name goes; FTP servers repeat that. */
START_TEST(token_as_login)
{
	const struct misplaced *m = &misplaceds[_i];
	struct listener listener;
	struct login login;
	char name[128];

	scene_service("debug");
	scene_status(&listener, NO GOOD);
	snprintf(
	    name, sizeof(name), "%s%.*s", m->before, (int)m->size, good_token);
	login_begin(&login, "svc", name);
	pam_set_item(login.pamh, PAM_RUSER, name);
	ck_assert_int_eq(login_authenticate(&login, ""), PAM_AUTH_ERR);
	ck_assert_int_eq(scene_logged("ruser=[token] rhost=192.0.2.1  "
				      "user=[token]\n"),
	    m->is_token);
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_AUTH_ERR);
	ck_assert_uint_eq(listener.seen->packets, !m->is_token);
	pam_set_item(login.pamh, PAM_USER, "alice");
	login_authenticate(&login, good_token);
	ck_assert_str_eq(
	    listener_field(&listener, RUSER), m->is_token ? "" : name);
	ck_assert(!scene_leaked());
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

typedef int entry(pam_handle_t *, int, int, const char **);

static entry *
entry_of(void *module, const char *name)
{
	union {
		void *object;
		entry *function;
	} symbol = { dlsym(module, name) };

	ck_assert_msg(symbol.object != NULL, "%s", dlerror());
	return symbol.function;
}

/* sshd takes anything but success for a refusal, whatever came before. */
START_TEST(setcred)
{
	static const int flags[] = { 0, PAM_ESTABLISH_CRED, PAM_DELETE_CRED,
		PAM_REINITIALIZE_CRED, PAM_REFRESH_CRED, PAM_SILENT, -1 };
	const char *argv[] = { "nonsense", "timeout=0", NULL };
	void *module = dlopen(MODULE, RTLD_NOW | RTLD_LOCAL);
	struct login login;

	ck_assert_msg(module != NULL, "%s", dlerror());
	login_service("svc", "auth required pam_permit.so\n");
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(
	    entry_of(module, "pam_sm_setcred")(login.pamh, flags[_i], 2, argv),
	    PAM_SUCCESS);
	login_end(&login);
	ck_assert_ptr_null(dlsym(module, "pam_sm_chauthtok"));
	dlclose(module);
}
END_TEST

static void
add_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, bad_argument, 0, COUNT(bad_arguments));
	tcase_add_test(tcase, service_and_prompt);
	tcase_add_loop_test(tcase, long_names, 0, COUNT(names));
	tcase_add_test(tcase, long_remarks);
	tcase_add_test(tcase, log_is_clean);
	tcase_add_loop_test(tcase, token_as_login, 0, COUNT(misplaceds));
	tcase_add_loop_test(tcase, setcred, 0, 7);
}

int
main(void)
{
	return scene_run("module: host", add_tests);
}
