/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * What the stacks that people use grant: every code that a module can return,
 * and no module at all, in each stack that our manuals have or that is found
 * elsewhere, in each phase.  libpam says what the table says, and what
 * cli/pamplay.c says.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/pamplay.h"
#include "tests/pam/login.h"
#include "tests/pam/pamdebug.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define SKIPPED	     77 /* Automake's word for what could not be tried */
#define MISSING	     "missing"

/* pam_debug's words. */
static const char *const codes[] = { "success", "ignore", "auth_err",
	"authinfo_unavail", "acct_expired", "module_unknown", MISSING,
	"open_err", "symbol_err", "service_err", "system_err", "buf_err",
	"perm_denied", "cred_insufficient", "user_unknown", "maxtries",
	"new_authtok_reqd", "session_err", "cred_unavail", "cred_expired",
	"cred_err", "no_module_data", "conv_err", "authtok_err",
	"authtok_recover_err", "authtok_lock_busy", "authtok_disable_aging",
	"try_again", "abort", "authtok_expired", "bad_item", "conv_again",
	"incomplete" };

/* Of the password's module those that stacks tell apart. */
static const char *const password_codes[] = { "success", "ignore", "auth_err",
	"authinfo_unavail", "new_authtok_reqd", MISSING };

/* When a stack is to grant. */
enum rule {
	TOKEN_ALONE,	      /* ours says yes */
	TOKEN_OR_IGNORED,     /* or it ignores, and the password is right */
	BOTH,		      /* ours does not say no, and the other says yes */
	UNLESS_TOKEN_SAYS_NO, /* and a missing module is no no */
	EITHER,
};

#define OURS "[success=done ignore=ignore default=die] @T\n"
#define PASSWORD                                                               \
	"auth [success=1 default=ignore] @P\n"                                 \
	"auth requisite pam_deny.so\nauth required pam_permit.so\n"
#define ACCOUNT                                                                \
	"account [success=1 new_authtok_reqd=done default=ignore] @P\n"        \
	"account requisite pam_deny.so\naccount required pam_permit.so\n"
#define SESSION                                                                \
	"session [default=1] pam_permit.so\nsession requisite pam_deny.so\n"   \
	"session required pam_permit.so\nsession required @P\n"

/* @T is our module, @P the password's, @I the file of the second column. */
static const struct shape {
	const char *name, *inner, *text;
	enum pamkind kind;
	enum rule rule;
} shapes[] = {
	{ "token", "", "auth " OURS "auth requisite pam_deny.so\n",
	    PAMKIND_AUTH, TOKEN_ALONE },
	{ "token or password", PASSWORD, "auth " OURS "@include @I\n",
	    PAMKIND_AUTH, TOKEN_OR_IGNORED },
	{ "token or password, include", PASSWORD,
	    "auth " OURS "auth include @I\n", PAMKIND_AUTH, TOKEN_OR_IGNORED },
	{ "token or password, substack", PASSWORD,
	    "auth " OURS "auth substack @I\n", PAMKIND_AUTH, TOKEN_OR_IGNORED },
	{ "vsftpd, token", "",
	    "auth required pam_permit.so\nauth required pam_permit.so\n"
	    "auth " OURS "auth requisite pam_deny.so\n",
	    PAMKIND_AUTH, TOKEN_ALONE },
	{ "vsftpd, token or password", PASSWORD,
	    "auth required pam_permit.so\n"
	    "auth " OURS "@include @I\nauth required pam_permit.so\n",
	    PAMKIND_AUTH, TOKEN_OR_IGNORED },
	{ "pam-auth-update", "",
	    "auth [success=2 ignore=ignore default=die] @T\n" PASSWORD,
	    PAMKIND_AUTH, TOKEN_OR_IGNORED },
	{ "pam-auth-update, included",
	    "auth [success=2 ignore=ignore default=die] @T\n" PASSWORD,
	    "auth required pam_permit.so\n@include @I\n"
	    "auth optional pam_permit.so\n",
	    PAMKIND_AUTH, TOKEN_OR_IGNORED },
	{ "ours in an include", "auth " OURS,
	    "auth include @I\nauth requisite pam_deny.so\n", PAMKIND_AUTH,
	    TOKEN_ALONE },
	{ "ours in a substack", "auth " OURS "auth requisite pam_deny.so\n",
	    "auth substack @I\n", PAMKIND_AUTH, TOKEN_ALONE },
	{ "sufficient and deny", "",
	    "auth sufficient @T\nauth required pam_deny.so\n", PAMKIND_AUTH,
	    TOKEN_ALONE },
	{ "sufficient and password", PASSWORD,
	    "auth sufficient @T\n@include @I\n", PAMKIND_AUTH, EITHER },
	{ "token and password", PASSWORD, "auth required @T\n@include @I\n",
	    PAMKIND_AUTH, BOTH },
	{ "token and password, requisite", PASSWORD,
	    "auth requisite @T\n@include @I\n", PAMKIND_AUTH, BOTH },
	{ "account", ACCOUNT, "account required @T\n@include @I\n",
	    PAMKIND_ACCOUNT, BOTH },
	{ "account, pam-auth-update", "", ACCOUNT "account required @T\n",
	    PAMKIND_ACCOUNT, BOTH },
	{ "session", SESSION, "session required @T\n@include @I\n",
	    PAMKIND_SESSION, BOTH },
	{ "session, pam-auth-update", "",
	    SESSION "session [success=ok ignore=ignore "
		    "module_unknown=ignore default=bad] @T\n",
	    PAMKIND_SESSION, UNLESS_TOKEN_SAYS_NO },
};

static const struct phase {
	enum pamkind kind;
	const char *argument; /* of pam_debug */
	int (*ask)(pam_handle_t *pamh, int flags);
} phases[] = {
	{ PAMKIND_AUTH, "auth", pam_authenticate },
	{ PAMKIND_ACCOUNT, "acct", pam_acct_mgmt },
	{ PAMKIND_SESSION, "open_session", pam_open_session },
	{ PAMKIND_SESSION, "close_session", pam_close_session },
};

static bool
is(const char *code, const char *word)
{
	return strcmp(code, word) == 0;
}

static bool
is_missing(const char *code)
{
	return is(code, MISSING) || is(code, "module_unknown");
}

static bool
is_to_grant(const struct shape *shape, const char *token, const char *password)
{
	/* In sessions it is one of many that are required. */
	const bool right = is(password, "success") ||
			   (shape->kind == PAMKIND_SESSION &&
			       is(password, "ignore"));
	const bool yes = is(token, "success"), ignores = is(token, "ignore");

	switch (shape->rule) {
	case TOKEN_ALONE:
		return yes;
	case TOKEN_OR_IGNORED:
		return yes || (ignores && right);
	case BOTH:
		return (yes || ignores) && right;
	case UNLESS_TOKEN_SAYS_NO:
		return (yes || ignores || is_missing(token)) && right;
	case EITHER:
		/* Also this one is what people write. */
		return yes || (right && !is(token, "new_authtok_reqd") &&
				  !is(token, "incomplete"));
	}
	return false;
}

static void
put_module(
    FILE *file, const struct phase *phase, const char *name, const char *code)
{
	if (is(code, MISSING))
		fprintf(file, "%s/gone/%s", login_folder(), name);
	else
		fprintf(
		    file, "%s %s=%s", login_path(name), phase->argument, code);
}

static void
write_file(const char *name, const char *text, const struct phase *phase,
    const char *token, const char *password)
{
	FILE *file = fopen(login_path(name), "w");

	ck_assert_ptr_nonnull(file);
	for (; *text != '\0'; text++) {
		if (strncmp(text, "@T", 2) == 0)
			put_module(file, phase, PAMPLAY_MODULE, token);
		else if (strncmp(text, "@P", 2) == 0)
			put_module(file, phase, "pam_unix.so", password);
		else if (strncmp(text, "@I", 2) == 0)
			fputs(login_path("inner"), file);
		else {
			fputc(*text, file);
			continue;
		}
		text++;
	}
	ck_assert_int_eq(fclose(file), 0);
}

/* What pamplay() knows it by: what it does not, stacks do not tell from a
 * denial. */
static enum pamresult
result_of(const char *code)
{
	static const struct {
		const char *code;
		enum pamresult result;
	} rows[] = {
		{ "success", RESULT_SUCCESS },
		{ "ignore", RESULT_IGNORE },
		{ "authinfo_unavail", RESULT_AUTHINFO_UNAVAIL },
		{ "acct_expired", RESULT_ACCT_EXPIRED },
		{ "module_unknown", RESULT_MODULE_UNKNOWN },
		{ MISSING, RESULT_MODULE_UNKNOWN },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (is(code, rows[i].code))
			return rows[i].result;
	return RESULT_AUTH_ERR;
}

/* These two libpam does something else with than with any denial, and never
 * grants. */
static bool
is_beyond_model(const char *code)
{
	return is(code, "new_authtok_reqd") || is(code, "incomplete");
}

static bool
model_grants(const char *root, enum pamkind kind, const char *token,
    const char *password)
{
	const struct pamcast cast = { result_of(token), result_of(password),
		RESULT_IGNORE, false };
	struct pamverdict verdict;
	struct pamstack stack;

	ck_assert_int_eq(pamstack_read(root, "svc", &stack), 0);
	ck_assert_uint_eq(stack.fault_count, 0);
	pamplay(&stack, kind, &cast, &verdict);
	pamstack_free(&stack);
	return verdict.admits;
}

static void
try_codes(const struct shape *shape, const struct phase *phase,
    const char *root, const char *token, const char *password)
{
	const bool right = is_to_grant(shape, token, password);
	bool grants;

	write_file("inner", shape->inner, phase, token, password);
	write_file("svc", shape->text, phase, token, password);
	grants = pamdebug_ask(phase->ask) == PAM_SUCCESS;
	ck_assert_msg(grants == right, "%s, %s: token %s, password %s: %s",
	    shape->name, phase->argument, token, password,
	    grants ? "granted" : "refused");
	if (is_beyond_model(token) || is_beyond_model(password))
		return;
	ck_assert_msg(
	    model_grants(root, shape->kind, token, password) == grants,
	    "%s, %s: token %s, password %s: pamplay() differs", shape->name,
	    phase->argument, token, password);
}

START_TEST(a_stack_grants_what_it_should)
{
	const struct shape *shape = &shapes[_i];
	char root[PAMDEBUG_PATH];
	unsigned tried = 0;

	pamdebug_prepare(PAMPLAY_MODULE, root);
	for (size_t p = 0; p < COUNT(phases); p++) {
		if (phases[p].kind != shape->kind)
			continue;
		for (size_t t = 0; t < COUNT(codes); t++)
			for (size_t w = 0; w < COUNT(password_codes); w++) {
				try_codes(shape, &phases[p], root, codes[t],
				    password_codes[w]);
				journal_clear();
				tried++;
			}
	}
	printf("%s: %u logins\n", shape->name, tried);
	ck_assert_uint_gt(tried, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("stacks");
	TCase *tcase = tcase_create("stacks");
	SRunner *runner = srunner_create(suite);
	int failed;

	if (!pamdebug_find())
		return SKIPPED;
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(
	    tcase, a_stack_grants_what_it_should, 0, COUNT(shapes));
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
