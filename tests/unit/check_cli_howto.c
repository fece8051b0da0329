/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/howto.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct token_info info;

static void
setup(void)
{
	info = (struct token_info) { .spec = { .kind = TOKEN_API,
					 .type = TYPE_FULL_ACCESS,
					 .owner = span_of("owner") } };
}

/* What howto_lines() says of a login name and a file, or howto_users(). */
static const char *
lines_of(const char *login, const char *file)
{
	static char text[8192];
	static uint8_t packed[300];
	FILE *stream = tmpfile();
	int saved = dup(STDERR_FILENO);
	size_t size;

	if (login != NULL)
		(void)spanlist_add(
		    &info.spec.users, packed, sizeof packed, span_of(login));
	(void)dup2(fileno(stream), STDERR_FILENO);
	if (file != NULL && file[0] == '\0')
		howto_users(&info.spec);
	else
		howto_lines(&info, file);
	(void)dup2(saved, STDERR_FILENO);
	(void)close(saved);
	rewind(stream);
	size = fread(text, 1, sizeof text - 1, stream);
	text[size] = '\0';
	(void)fclose(stream);
	return text;
}

static const struct {
	const char *login, *file, *line;
} rows[] = {
	{ "alice", NULL, "sshpass -f FILE ssh alice@HOST\n" },
	{ NULL, NULL, "sshpass -f FILE ssh owner@HOST\n" },
	{ "alice", "/tmp/t", "sshpass -f /tmp/t ssh alice@HOST\n" },
	{ "alice", "/tmp/t", "sshpass -f /tmp/t sftp alice@HOST\n" },
	{ "alice", "my file", "sshpass -f 'my file' ssh alice@HOST\n" },
	{ "alice", "it's", "sshpass -f 'it'\\''s' ssh alice@HOST\n" },
	{ "alice", "$(id)", "sshpass -f '$(id)' ssh alice@HOST\n" },
	{ "a;id", NULL, "ssh 'a;id'@HOST\n" },
	{ "CORP\\al", NULL, "ssh 'CORP\\al'@HOST\n" },
	{ "alice", "\033[2J", "-f '\\x1b[2J' ssh" },
};

START_TEST(lines_can_be_typed)
{
	const char *text = lines_of(rows[_i].login, rows[_i].file);

	ck_assert_msg(strstr(text, rows[_i].line) != NULL, "%s", text);
	ck_assert_ptr_nonnull(strstr(text, "SSH_ASKPASS="));
	ck_assert_ptr_nonnull(strstr(text, "curl --netrc-file NETRC"));
}
END_TEST

/* No service takes a management token as a password. */
START_TEST(a_management_token_is_for_this_program)
{
	const char *text;

	info.spec.kind = TOKEN_MANAGEMENT;
	text = lines_of("alice", "my file");
	ck_assert_ptr_nonnull(
	    strstr(text, "apitoken --token-file 'my file' whoami\n"));
	ck_assert_ptr_null(strstr(text, "ssh"));
}
END_TEST

static const struct {
	enum token_type type;
	const char *allow;    /* NULL: nothing */
	const char *projects; /* NULL: the organization */
	const char *has[3], *lacks[3];
} scopes[] = {
	{ TYPE_FULL_ACCESS, NULL, "default", { "ssh ", "curl" },
	    { "it opens" } },
	{ TYPE_FULL_ACCESS, NULL, NULL, { "ssh ", "curl" }, { "it opens" } },
	{ TYPE_CUSTOM, "sshd", "default", { "ssh ", "sftp " }, { "curl" } },
	{ TYPE_CUSTOM, "sshd:full", "default", { "ssh " }, { "curl" } },
	{ TYPE_CUSTOM, "vsftpd", "default", { "curl" }, { "ssh ", "sftp" } },
	{ TYPE_CUSTOM, "nginx:read", "default", { "" },
	    { "ssh ", "curl", "use it" } },
	{ TYPE_CUSTOM, "sshd-x", "default", { "" }, { "ssh ", "curl" } },
	{ TYPE_READ_ONLY, NULL, "default",
	    { "services whose configuration has access = read\n" },
	    { "ssh ", "curl", "project" } },
	{ TYPE_FULL_ACCESS, NULL, "web",
	    { "names project web ([service NAME] project = web)\n", "ssh " },
	    { "access = read" } },
	{ TYPE_READ_ONLY, NULL, "web", { "access = read", "project = web" },
	    { "ssh " } },
};

START_TEST(lines_can_be_true)
{
	uint8_t allow[64], projects[64];
	const char *text;

	info.spec.type = scopes[_i].type;
	info.spec.organization = scopes[_i].projects == NULL;
	if (scopes[_i].allow != NULL)
		(void)spanlist_add(&info.spec.allow, allow, sizeof allow,
		    span_of(scopes[_i].allow));
	if (scopes[_i].projects != NULL)
		(void)spanlist_add(&info.spec.projects, projects,
		    sizeof projects, span_of(scopes[_i].projects));
	text = lines_of("alice", NULL);
	for (int i = 0; i < 3; i++) {
		if (scopes[_i].has[i] != NULL)
			ck_assert_msg(strstr(text, scopes[_i].has[i]) != NULL,
			    "%s", text);
		if (scopes[_i].lacks[i] != NULL)
			ck_assert_msg(strstr(text, scopes[_i].lacks[i]) == NULL,
			    "%s", text);
	}
}
END_TEST

/* One of several is enough. */
START_TEST(projects_are_looked_through)
{
	uint8_t packed[64];

	(void)spanlist_add(
	    &info.spec.projects, packed, sizeof packed, span_of("web"));
	(void)spanlist_add(
	    &info.spec.projects, packed, sizeof packed, span_of("shop"));
	ck_assert_ptr_nonnull(strstr(
	    lines_of("alice", NULL), "names one of its projects, as web ("));
	(void)spanlist_add(
	    &info.spec.projects, packed, sizeof packed, span_of("default"));
	ck_assert_ptr_null(strstr(lines_of(NULL, NULL), "it opens"));
}
END_TEST

START_TEST(a_login_name_that_nobody_has_is_noted)
{
	ck_assert_str_eq(lines_of("root", ""), "");
	ck_assert_str_eq(lines_of("no\033body", ""),
	    "there is no user 'no\\x1bbody' here: sshd would refuse "
	    "the login\n");
	info.spec.type = TYPE_CUSTOM;
	ck_assert_str_eq(lines_of(NULL, ""), "");
	info.spec.type = TYPE_FULL_ACCESS;
	info.spec.kind = TOKEN_MANAGEMENT;
	ck_assert_str_eq(lines_of(NULL, ""), "");
}
END_TEST

START_TEST(a_path_too_long_is_left_out)
{
	char path[2000];

	memset(path, 'x', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	ck_assert_ptr_nonnull(
	    strstr(lines_of("alice", path), "sshpass -f FILE ssh"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("cli/howto");
	TCase *tcase = tcase_create("howto");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(
	    tcase, lines_can_be_typed, 0, (int)(sizeof rows / sizeof rows[0]));
	tcase_add_test(tcase, a_management_token_is_for_this_program);
	tcase_add_loop_test(tcase, lines_can_be_true, 0,
	    (int)(sizeof scopes / sizeof scopes[0]));
	tcase_add_test(tcase, projects_are_looked_through);
	tcase_add_test(tcase, a_login_name_that_nobody_has_is_noted);
	tcase_add_test(tcase, a_path_too_long_is_left_out);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
