/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/fuzz/begin.h"

#include <stdlib.h>

#include "tests/unit/model_fixture.h"

void
fuzz_begin(const char *name, const TTest *test)
{
	TCase *tcase = tcase_create("begin");

	tcase_add_test(tcase, test);
	setenv("CK_FORK", "no", 1);
	if (run_cases(name, &tcase, 1) != 0)
		abort();
}
