/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the documents that this project started from can do with tokens, row
 * by row and each test named after its row: asked of the real program and the
 * real agent.
 */

#include "tests/cli/row.h"

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
	TCase *cases[COUNT(products)];

	for (int i = 0; i < COUNT(products); i++) {
		cases[i] = tcase_create(products[i].name);
		tcase_set_timeout(cases[i], 60);
		tcase_add_checked_fixture(
		    cases[i], products[i].start, typing_stop);
		products[i].add(cases[i]);
	}
	return cli_cases("documents", cases, COUNT(products));
}
