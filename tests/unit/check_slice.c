/* SPDX-License-Identifier: BSD-3-Clause */
/* How long this process may have a processor to itself, as the kernel has it. */
#include "common/slice.h"

#include <check.h>
#include <linux/sched/types.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define OTHER 0 /* SCHED_OTHER; sched.h and this header do not go together */
#define BATCH 3 /* SCHED_BATCH */

static struct sched_attr
attributes(void)
{
	struct sched_attr attr = { .size = sizeof(attr) };

	ck_assert_int_eq(
	    syscall(SYS_sched_getattr, 0, &attr, sizeof(attr), 0), 0);
	return attr;
}

/* Kernels before 6.12 take no slice. */
static bool
takes_slices(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	ck_assert_int_eq(uname(&name), 0);
	ck_assert_int_eq(sscanf(name.release, "%d.%d", &major, &minor), 2);
	return major > 6 || (major == 6 && minor >= 12);
}

/* With its niceness as it was. */
START_TEST(a_slice_is_short)
{
	const int niceness = attributes().sched_nice;
	struct sched_attr attr;

	slice_shorten();
	attr = attributes();
	ck_assert_uint_eq(attr.sched_policy, OTHER);
	ck_assert_int_eq(attr.sched_nice, niceness);
	ck_assert_uint_eq(attr.sched_runtime, takes_slices() ? 100000 : 0);
}
END_TEST

/* Whoever was given another policy has it for a reason. */
START_TEST(another_policy_stays)
{
	const int priority = 0;
	struct sched_attr before, after;

	ck_assert_int_eq(
	    syscall(SYS_sched_setscheduler, 0, BATCH, &priority), 0);
	before = attributes();
	slice_shorten();
	after = attributes();
	ck_assert_uint_eq(after.sched_policy, BATCH);
	ck_assert_uint_eq(after.sched_runtime, before.sched_runtime);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("slice");
	TCase *tcase = tcase_create("slice");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, a_slice_is_short);
	tcase_add_test(tcase, another_policy_stays);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
