/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "agent/server/steady.h"
#include "tests/unit/model_fixture.h"

#define YEARS (UINT64_C(20) * 365 * 86400)
#define BOOT  UINT64_C(100) /* on the clock that nobody sets */

/* A look at some time of a clock, so much of which has passed by then. */
struct look {
	uint64_t passed;
	int64_t step; /* of the real time, against the beginning */
	bool is_steady;
};

/* One after the other. */
static const struct look looks[] = {
	{ 0, 0, true },
	{ 600, 0, true },
	{ 1200, STEADY_STEP, true }, /* as a slow clock is */
	{ 1800, (int64_t)YEARS, false },
	{ 1800 + STEADY_HOLD - 1, (int64_t)YEARS, false },
	{ 1800 + STEADY_HOLD, (int64_t)YEARS, true },
	{ 1900 + STEADY_HOLD, 0, false }, /* set right: that is a step, too */
	{ 1900 + 2 * STEADY_HOLD, 0, true },
	{ 2000 + 2 * STEADY_HOLD, -(int64_t)YEARS, false },
	{ 2000 + 3 * STEADY_HOLD, -(int64_t)YEARS, true },
};

START_TEST(a_step_takes_time_to_be_believed)
{
	struct steady steady;

	steady_begin(&steady, NOW, NOW, BOOT);
	for (size_t i = 0; i < COUNT(looks); i++)
		ck_assert_msg(
		    steady_look(&steady,
			NOW + looks[i].passed + (uint64_t)looks[i].step,
			BOOT + looks[i].passed) == looks[i].is_steady,
		    "look %zu", i);
}
END_TEST

static const struct {
	uint64_t known, real;
	bool is_steady;
} starts[] = {
	{ 0, NOW, true },
	{ NOW, NOW, true },
	{ NOW, NOW + STEADY_GAP, true },
	{ NOW, NOW + STEADY_GAP + 1, false },
	{ NOW, NOW + YEARS, false },
	{ NOW, NOW - YEARS, false },
};

START_TEST(a_start_long_after_all_does_too)
{
	struct steady steady;

	steady_begin(&steady, starts[_i].known, starts[_i].real, BOOT);
	ck_assert(steady_look(&steady, starts[_i].real, BOOT) ==
		  starts[_i].is_steady);
	ck_assert(steady_look(
	    &steady, starts[_i].real + STEADY_HOLD, BOOT + STEADY_HOLD));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("steady");

	tcase_add_test(tcase, a_step_takes_time_to_be_believed);
	tcase_add_loop_test(
	    tcase, a_start_long_after_all_does_too, 0, COUNT(starts));
	return run_cases("steady", &tcase, 1);
}
