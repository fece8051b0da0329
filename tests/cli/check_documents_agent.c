/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the documents that this project started from can do with tokens, row
 * by row and each test named after its row: asked of the real program and the
 * real agent.
 */
#include <unistd.h>

#include "tests/cli/row.h"

/* To automake: it takes root to be somebody else. */
#define SKIPPED 77

static void
start(void)
{
	row_start(ROW_AGENT("member"));
}

static void
start_closed(void)
{
	row_start(ROW_AGENT("none"));
}

static const struct {
	const char *name;
	void (*add)(TCase *tcase);
	void (*start)(void);
} products[] = {
	{ "Streamkap", row_streamkap, start },
	{ "Unleash", row_unleash, start },
	{ "Screendesk", row_screendesk, start },
	{ "Strapi", row_strapi, start },
	{ "Royaltyport", row_royaltyport, start },
	{ "Royaltyport, by default no role", row_royaltyport_closed,
	    start_closed },
};

int
main(void)
{
	Suite *suite;
	SRunner *runner;
	int failed;

	if (geteuid() != 0)
		return SKIPPED;
	suite = suite_create("documents");
	for (int i = 0; i < COUNT(products); i++) {
		TCase *tcase = tcase_create(products[i].name);

		tcase_set_timeout(tcase, 60);
		tcase_add_checked_fixture(
		    tcase, products[i].start, typing_stop);
		products[i].add(tcase);
		suite_add_tcase(suite, tcase);
	}
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
