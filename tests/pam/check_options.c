/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "pam_apitoken/options.h"

#define X8(s)  s s s s s s s s
#define X64(s) X8(s) X8(s) X8(s) X8(s) X8(s) X8(s) X8(s) X8(s)

static int
parse(const char *argument, struct options *options)
{
	const char *argv[] = { argument, NULL };
	struct options_fault fault = { 0 };
	int error = options_parse(1, argv, options, &fault);

	if (error != 0) {
		ck_assert_ptr_eq(fault.argument, argument);
		ck_assert_ptr_nonnull(fault.right);
		ck_assert_uint_gt(strlen(fault.right), 0);
	}
	return error;
}

START_TEST(defaults)
{
	struct options options;

	memset(&options, 0xff, sizeof(options));
	ck_assert_int_eq(options_parse(0, NULL, &options, NULL), 0);
	ck_assert_ptr_null(options.socket);
	ck_assert_ptr_null(options.service);
	ck_assert_str_eq(options.prompt, "Token: ");
	ck_assert_uint_eq(options.timeout_ms, 2000);
	ck_assert_uint_eq(options.agent_uid, 0);
	ck_assert(!options.ignore_nontoken && !options.forward_pass);
	ck_assert(!options.nodelay && !options.quiet && !options.debug);
	ck_assert(!options.use_first_pass && !options.try_first_pass);
}
END_TEST

START_TEST(values)
{
	const char *argv[] = { "socket=/run/x", "timeout=1", "timeout=60000",
		"service=sshd", "prompt=", "agent_uid=4294967294",
		"nontoken=ignore", "forward_pass", "nodelay", "quiet", "debug",
		"use_first_pass", "try_first_pass" };
	struct options options;

	ck_assert_int_eq(options_parse(13, argv, &options, NULL), 0);
	ck_assert_str_eq(options.socket, "/run/x");
	ck_assert_uint_eq(options.timeout_ms, 60000);
	ck_assert_str_eq(options.service, "sshd");
	ck_assert_str_eq(options.prompt, "");
	ck_assert_uint_eq(options.agent_uid, 4294967294U);
	ck_assert(options.ignore_nontoken && options.forward_pass);
	ck_assert(options.nodelay && options.quiet && options.debug);
	ck_assert(options.use_first_pass && options.try_first_pass);
}
END_TEST

/* One flag sets one member: the rest stays as it is by default. */
START_TEST(flags_apart)
{
	static const char *const flags[] = { "nontoken=ignore", "forward_pass",
		"nodelay", "quiet", "debug", "use_first_pass",
		"try_first_pass" };
	struct options o = { 0 };

	ck_assert_int_eq(parse(flags[_i], &o), 0);
	const bool set[] = { o.ignore_nontoken, o.forward_pass, o.nodelay,
		o.quiet, o.debug, o.use_first_pass, o.try_first_pass };
	for (int i = 0; i < 7; i++)
		ck_assert_int_eq(set[i], i == _i);
}
END_TEST

static const struct row {
	const char *argument;
	bool good;
} rows[] = {
	{ "socket=/", true },
	{ "socket=", false },
	{ "socket", false },
	{ "socket=run/apitoken", false },
	{ "socket=/" X64("x") X8("x") X8("x") X8("x") X8("x"), true },
	{ "socket=/" X64("x") X8("x") X8("x") X8("x") X8("x") "x", false },
	{ "timeout=1", true },
	{ "timeout=0", false },
	{ "timeout=60000", true },
	{ "timeout=60001", false },
	{ "timeout=-1", false },
	{ "timeout=+1", false },
	{ "timeout= 1", false },
	{ "timeout=1 ", false },
	{ "timeout=1s", false },
	{ "timeout=0x10", false },
	{ "timeout=", false },
	{ "timeout", false },
	{ "timeout=18446744073709551617", false },
	{ "timeout=4294967297", false },
	{ "service=s", true },
	{ "service=", false },
	{ "service", false },
	{ "service=" X64("s"), true },
	{ "service=" X64("s") "s", false },
	{ "nontoken=ignore", true },
	{ "nontoken=", false },
	{ "nontoken", false },
	{ "nontoken=success", false },
	{ "nontoken=ignored", false },
	{ "nontoken=IGNORE", false },
	{ "prompt=a=b ", true },
	{ "prompt", false },
	{ "prompt=" X64("x") X64("x") X64("x") X64("x") X64("x") X64("x")
		X64("x") X8("x") X8("x") X8("x") X8("x") X8("x") X8("x")
		    X8("x") "1234567",
	    true },
	{ "prompt=" X64("x") X64("x") X64("x") X64("x") X64("x") X64("x")
		X64("x") X64("x"),
	    false },
	{ "agent_uid=0", true },
	{ "agent_uid=4294967294", true },
	{ "agent_uid=4294967295", false }, /* would be any uid */
	{ "agent_uid=4294967296", false }, /* would be root */
	{ "agent_uid=-1", false },
	{ "agent_uid=root", false },
	{ "agent_uid=", false },
	{ "forward_pass=", false },
	{ "nodelay=1", false },
	{ "quiet=ignore", false },
	{ "debug=no", false },
	{ "use_first_pass=1", false },
	{ "try_first_pass=1", false },
	{ "", false },
	{ "=", false },
	{ "=ignore", false },
	{ "nullok", false },
	{ "QUIET", false },
	{ "quie", false },
	{ "quiett", false },
	{ "ignore_nontoken", false },
	{ "\x01", false },
};

START_TEST(each_value)
{
	struct options options = { .timeout_ms = 77 };

	ck_assert_int_eq(parse(rows[_i].argument, &options),
	    rows[_i].good ? 0 : ERROR_INVALID);
	if (!rows[_i].good)
		ck_assert_uint_eq(options.timeout_ms, 77);
}
END_TEST

/* The bad one is named wherever it stands. */
START_TEST(fault_among_good)
{
	const char *argv[] = { "quiet", "timeout=0", "debug" };
	struct options options = { 0 };
	struct options_fault fault = { 0 };

	ck_assert_int_eq(
	    options_parse(3, argv, &options, &fault), ERROR_INVALID);
	ck_assert_str_eq(fault.argument, "timeout=0");
	ck_assert_str_eq(fault.right, "milliseconds, from 1 to 60000");
	ck_assert(!options.quiet);
}
END_TEST

/* What a refusal calls right is right, with a value where one is due. */
START_TEST(known_are_known)
{
	char known[] = OPTIONS_KNOWN;
	struct options options;
	unsigned count = 0;

	for (char *word = strtok(known, " "); word != NULL;
	     word = strtok(NULL, " ")) {
		char argument[64];
		size_t size = strlen(word);

		strcpy(argument, word);
		if (word[size - 1] == '=')
			strcat(argument,
			    strcmp(word, "socket=") == 0 ? "/s" : "1");
		ck_assert_msg(parse(argument, &options) == 0, "%s", argument);
		count++;
	}
	ck_assert_uint_eq(count, 12);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("options");
	TCase *tcase = tcase_create("options");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, defaults);
	tcase_add_test(tcase, values);
	tcase_add_loop_test(tcase, flags_apart, 0, 7);
	tcase_add_loop_test(
	    tcase, each_value, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tcase, fault_among_good);
	tcase_add_test(tcase, known_are_known);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
