/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/howto.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum token_kind kind = TOKEN_API;

/* What howto_lines() says of a login name and a file. */
static const char *
lines_of(const char *login, const char *file)
{
	static char text[8192];
	struct token_info info = { .spec.owner = span_of("owner"),
		.spec.kind = kind };
	uint8_t packed[300];
	FILE *stream = tmpfile();
	int saved = dup(STDERR_FILENO);
	size_t size;

	if (login != NULL)
		(void)spanlist_add(
		    &info.spec.users, packed, sizeof packed, span_of(login));
	(void)dup2(fileno(stream), STDERR_FILENO);
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

	kind = TOKEN_MANAGEMENT;
	text = lines_of("alice", "my file");
	ck_assert_ptr_nonnull(
	    strstr(text, "apitoken --token-file 'my file' whoami\n"));
	ck_assert_ptr_null(strstr(text, "ssh"));
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

	tcase_add_loop_test(
	    tcase, lines_can_be_typed, 0, (int)(sizeof rows / sizeof rows[0]));
	tcase_add_test(tcase, a_management_token_is_for_this_program);
	tcase_add_test(tcase, a_path_too_long_is_left_out);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
