/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/pamline.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

#define X8(s)  s s s s s s s s
#define X64(s) X8(s) X8(s) X8(s) X8(s) X8(s) X8(s) X8(s) X8(s)

static FILE *
file_of(const char *text, size_t size)
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, size, file), size);
	rewind(file);
	return file;
}

/* The only line of a text; false if there is none. */
static bool
read_one(const char *text, struct pamline *line)
{
	struct pamreader reader = { .file = file_of(text, strlen(text)) };
	bool any = pamline_read(&reader, line);
	struct pamline more;

	ck_assert(!any || !pamline_read(&reader, &more));
	(void)fclose(reader.file);
	return any;
}

static const struct {
	const char *text;
	enum pamform form;
	enum pamkind kind;
	const char *module;
	const char *arguments;
} good[] = {
	{ "auth required pam_unix.so\n", PAMLINE_MODULE, PAMKIND_AUTH,
	    "pam_unix.so", "" },
	{ "  AUTH\tRequired \t pam_unix.so  nullok   x=y # why\n",
	    PAMLINE_MODULE, PAMKIND_AUTH, "pam_unix.so", "nullok x=y" },
	{ "-session optional pam_systemd.so", PAMLINE_MODULE, PAMKIND_SESSION,
	    "pam_systemd.so", "" },
	{ "account [success=1 new_authtok_reqd=done default=ignore]\t"
	  "/a/pam_x.so [a b] c",
	    PAMLINE_MODULE, PAMKIND_ACCOUNT, "/a/pam_x.so", "[a b] c" },
	{ "auth [ success = done  default = die ] pam_x.so", PAMLINE_MODULE,
	    PAMKIND_AUTH, "pam_x.so", "" },
	{ "@include common-auth\n", PAMLINE_ALL, PAMKIND_AUTH, "common-auth",
	    "" },
	{ "password include system-auth", PAMLINE_INCLUDE, PAMKIND_PASSWORD,
	    "system-auth", "" },
	{ "auth SUBSTACK system-auth", PAMLINE_SUBSTACK, PAMKIND_AUTH,
	    "system-auth", "" },
	{ "auth \\\n  required \\\n# a comment\n\n\tpam_x.so\n", PAMLINE_MODULE,
	    PAMKIND_AUTH, "pam_x.so", "" },
	{ "auth required pam_x.so \\ # no end of it", PAMLINE_MODULE,
	    PAMKIND_AUTH, "pam_x.so", "\\" },
};

START_TEST(what_libpam_reads)
{
	struct pamline line;

	ck_assert(read_one(good[_i].text, &line));
	ck_assert_msg(line.wrong == NULL, "%s", line.wrong);
	ck_assert_int_eq(line.form, good[_i].form);
	ck_assert_int_eq(line.kind, good[_i].kind);
	ck_assert_str_eq(pamline_module(&line), good[_i].module);
	ck_assert_str_eq(pamline_arguments(&line), good[_i].arguments);
	ck_assert_uint_eq(line.number, 1);
}
END_TEST

static const struct {
	const char *text;
	const char *why;
} bad[] = {
	{ "auth", "the control" },
	{ "auth required", "no module" },
	{ "auth required # pam_x.so", "no module" },
	{ "auth requierd pam_x.so", "the control" },
	{ "auth [success=done pam_x.so", "the control" },
	{ "auth [success=don] pam_x.so", "the control" },
	{ "auth [succes=done] pam_x.so", "the control" },
	{ "auth [success] pam_x.so", "the control" },
	{ "auth [success=99999999999999999999] pam_x.so", "the control" },
	{ "auth [success=-1] pam_x.so", "the control" },
	{ "auth [success=done]x pam_x.so", "the control" },
	{ "authentication required pam_x.so", "begins with none" },
	{ "--auth required pam_x.so", "begins with none" },
	{ "include common-auth", "begins with none" },
	{ "\x7f"
	  "ELF\x02\x01\x01",
	    "begins with none" },
	{ "@include", "no module or file" },
	{ "auth include", "no module or file" },
	{ "auth required pam_x.so\r\n", "carriage return" },
	{ "auth required pam_x.so \\\n", "nothing follows" },
	{ "auth required pam_x.so " X64("0123456789abcdef "), "1023 bytes" },
};

START_TEST(what_libpam_does_not_read)
{
	struct pamline line;

	ck_assert(read_one(bad[_i].text, &line));
	ck_assert_ptr_nonnull(line.wrong);
	ck_assert_ptr_nonnull(strstr(line.wrong, bad[_i].why));
	/* Not a module of ours, whatever stands there. */
	ck_assert(!pamline_is(&line, "pam_x.so"));
}
END_TEST

START_TEST(nothing_is_no_line)
{
	static const char *const texts[] = { "", "\n", "  \t \n\n", "# x",
		"# auth required pam_x.so \\\n" };
	struct pamline line;

	for (int i = 0; i < COUNT(texts); i++)
		ck_assert(!read_one(texts[i], &line));
}
END_TEST

START_TEST(numbers_are_of_the_first_line)
{
	static const char text[] = "# one\n\nauth required \\\n\tpam_x.so\n"
				   "@include y\n";
	struct pamreader reader = { .file = file_of(text, strlen(text)) };
	struct pamline line;

	ck_assert(pamline_read(&reader, &line));
	ck_assert_uint_eq(line.number, 3);
	ck_assert(pamline_read(&reader, &line));
	ck_assert_uint_eq(line.number, 5);
	ck_assert_str_eq(line.text, "@include y");
	ck_assert(!pamline_read(&reader, &line));
	(void)fclose(reader.file);
}
END_TEST

/* Whatever the bytes are, reading them ends and stays within its room. */
START_TEST(junk_ends)
{
	static char junk[20000];
	struct pamreader reader;
	struct pamline line;
	unsigned state = (unsigned)_i + 1;

	for (size_t i = 0; i < sizeof(junk); i++) {
		state = state * 1103515245U + 12345U;
		junk[i] = (char)(state >> 16);
	}
	reader = (struct pamreader) { .file = file_of(junk, sizeof(junk)) };
	while (pamline_read(&reader, &line))
		ck_assert_uint_lt(strlen(line.text), PAMLINE_MAX);
	ck_assert(feof(reader.file));
	(void)fclose(reader.file);
}
END_TEST

START_TEST(arguments_are_split)
{
	static const char *const words[] = { "a=b", "with ] in it", "c", "" };
	const char *arguments = "a=b [with \\] in it]  c []";
	char word[PAMLINE_MAX];

	for (int i = 0; i < COUNT(words); i++) {
		ck_assert(pamline_argument(&arguments, word));
		ck_assert_str_eq(word, words[i]);
	}
	ck_assert(!pamline_argument(&arguments, word));
	/* A bracket that never closes. */
	arguments = "[x";
	ck_assert(pamline_argument(&arguments, word));
	ck_assert_str_eq(word, "x");
	ck_assert(!pamline_argument(&arguments, word));
}
END_TEST

START_TEST(controls_are_what_they_mean)
{
	struct pamcontrol control;

	ck_assert(pamcontrol_parse("sufficient", &control));
	ck_assert_uint_eq(control.actions[RESULT_SUCCESS], ACTION_DONE);
	ck_assert_uint_eq(
	    control.actions[RESULT_MODULE_UNKNOWN], ACTION_IGNORE);
	/* What brackets do not name is bad. */
	ck_assert(pamcontrol_parse("[success=2 ignore=0]", &control));
	ck_assert_uint_eq(control.actions[RESULT_SUCCESS], ACTION_JUMP + 2);
	ck_assert_uint_eq(control.actions[RESULT_IGNORE], ACTION_IGNORE);
	ck_assert_uint_eq(control.actions[RESULT_AUTH_ERR], ACTION_BAD);
	/* The order is of no matter. */
	ck_assert(pamcontrol_parse("[default=die success=ok]", &control));
	ck_assert_uint_eq(control.actions[RESULT_SUCCESS], ACTION_OK);
	ck_assert_uint_eq(control.actions[RESULT_AUTH_ERR], ACTION_DIE);
	ck_assert(!pamcontrol_parse("[success=ok", &control));
	ck_assert_uint_eq(control.actions[RESULT_SUCCESS], ACTION_BAD);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pamline");
	TCase *tcase = tcase_create("pamline");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, what_libpam_reads, 0, COUNT(good));
	tcase_add_loop_test(tcase, what_libpam_does_not_read, 0, COUNT(bad));
	tcase_add_test(tcase, nothing_is_no_line);
	tcase_add_test(tcase, numbers_are_of_the_first_line);
	tcase_add_loop_test(tcase, junk_ends, 0, 8);
	tcase_add_test(tcase, arguments_are_split);
	tcase_add_test(tcase, controls_are_what_they_mean);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
