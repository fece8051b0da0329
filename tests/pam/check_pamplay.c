/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cli/pamplay.c against libpam itself: thousands of stacks that nobody would
 * write, with modules that answer what they are told to (pam_debug(8)), say
 * the same to both.
 */
#include <check.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/pamplay.h"
#include "tests/pam/login.h"
#include "tests/pam/pamdebug.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define ROUNDS	     400
#define SEEDS	     6

/* Automake's word for what could not be tried. */
#define SKIPPED 77

static unsigned long long random_state;

static unsigned
pick(unsigned below)
{
	random_state = random_state * 6364136223846793005ULL +
		       1442695040888963407ULL;
	return (unsigned)(random_state >> 33) % below;
}

#define PICK(table) ((table)[pick(COUNT(table))])

static const struct {
	const char *word; /* of pam_debug's arguments */
	enum pamresult result;
} answers[] = {
	{ "success", RESULT_SUCCESS },
	{ "ignore", RESULT_IGNORE },
	{ "auth_err", RESULT_AUTH_ERR },
	{ "authinfo_unavail", RESULT_AUTHINFO_UNAVAIL },
	{ "module_unknown", RESULT_MODULE_UNKNOWN },
};

static const char *const words[] = { "required", "requisite", "sufficient",
	"optional", "REQUIRED" };
static const char *const actions[] = { "ignore", "ok", "done", "bad", "die",
	"reset", "1", "2", "1" };

static void
put_control(FILE *file)
{
	if (pick(3) == 0) {
		fputs(PICK(words), file);
		return;
	}
	fputc('[', file);
	for (size_t i = 0; i < COUNT(answers); i++)
		if (pick(2) == 0) {
			/* In an order that no compiler chooses. */
			const char *equals = pick(4) == 0 ? " = " : "=";

			fprintf(file, " %s%s%s", answers[i].word, equals,
			    PICK(actions));
		}
	if (pick(4) != 0)
		fprintf(file, " default=%s", PICK(actions));
	fputc(']', file);
}

/* What pam_apitoken.so and pam_unix.so are in the folder: pam_debug.so. */
static void
put_line(FILE *file, size_t token, size_t password)
{
	fputs("auth\t", file);
	put_control(file);
	switch (pick(6)) {
	case 0:
		fputs(" pam_permit.so", file);
		break;
	case 1:
		fputs(" pam_deny.so", file);
		break;
	case 2:
	case 3:
		fprintf(file, " %s auth=%s", login_path("pam_unix.so"),
		    answers[password].word);
		break;
	default:
		fprintf(file, " %s auth=%s", login_path(PAMPLAY_MODULE),
		    answers[token].word);
	}
	fputs(pick(8) == 0 ? " \\\n # more\n\n" : "  # end\n", file);
}

static void
write_stack(const char *name, unsigned most, size_t token, size_t password)
{
	FILE *file = fopen(login_path(name), "w");

	ck_assert_ptr_nonnull(file);
	for (unsigned n = 1 + pick(most); n > 0; n--)
		if (strcmp(name, "svc") == 0 && pick(4) == 0)
			fprintf(file, "auth %s %s\n",
			    pick(3) == 0 ? "include" : "substack",
			    login_path("inner"));
		else
			put_line(file, token, password);
	/* What goes on at the end of a file, libpam does not read. */
	fputs("account required pam_permit.so\n", file);
	ck_assert_int_eq(fclose(file), 0);
}

static void
show_stack(void)
{
	static const char *const names[] = { "svc", "inner" };

	for (size_t i = 0; i < COUNT(names); i++) {
		FILE *file = fopen(login_path(names[i]), "r");
		int c;

		fprintf(stderr, "-- %s\n", names[i]);
		while (file != NULL && (c = fgetc(file)) != EOF)
			fputc(c, stderr);
		if (file != NULL)
			(void)fclose(file);
	}
}

START_TEST(the_same_is_said)
{
	unsigned admitted = 0;
	char root[PAMDEBUG_PATH];

	random_state = (unsigned long long)_i * 7919 + 1;
	pamdebug_prepare(PAMPLAY_MODULE, root);
	for (int round = 0; round < ROUNDS; round++) {
		size_t token = pick(COUNT(answers));
		size_t password = pick(COUNT(answers));
		const struct pamcast cast = { answers[token].result,
			answers[password].result, RESULT_IGNORE, false };
		struct pamverdict verdict;
		struct pamstack stack;
		bool real;

		write_stack("inner", 4, token, password);
		write_stack("svc", 6, token, password);
		real = pamdebug_ask(pam_authenticate) == PAM_SUCCESS;
		ck_assert_int_eq(pamstack_read(root, "svc", &stack), 0);
		ck_assert_uint_eq(stack.fault_count, 0);
		pamplay(&stack, PAMKIND_AUTH, &cast, &verdict);
		pamstack_free(&stack);
		if (verdict.admits != real)
			show_stack();
		ck_assert_msg(verdict.admits == real,
		    "round %d: libpam says %s", round, real ? "yes" : "no");
		admitted += real;
	}
	/* Both answers were there to be compared. */
	ck_assert_uint_gt(admitted, ROUNDS / 20);
	ck_assert_uint_lt(admitted, ROUNDS - ROUNDS / 20);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pamplay");
	TCase *tcase = tcase_create("libpam");
	SRunner *runner = srunner_create(suite);
	int failed;

	if (!pamdebug_find())
		return SKIPPED;
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, the_same_is_said, 0, SEEDS);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
