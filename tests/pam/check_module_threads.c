/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Threads of one host, each with transactions of its own, as Apache's are.
 * tests/faults/threads.sh runs it under ThreadSanitizer.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/pam/scene.h"

#define THREADS 8

static bool is_long;

static void *
log_in_often(void *data)
{
	const int times = is_long ? 2000 : 50;
	intptr_t *wrong = data;

	for (int i = 0; i < times; i++) {
		struct login login;

		login_begin(&login, "svc", "alice");
		if (login_authenticate(&login, good_token) != PAM_SUCCESS ||
		    login_account(&login) != PAM_SUCCESS)
			(*wrong)++;
		login_end(&login);
	}
	return NULL;
}

/* A transaction for each, as Apache's are. */
START_TEST(many_threads)
{
	pthread_t threads[THREADS];
	intptr_t wrong[THREADS] = { 0 };
	struct listener listener;

	scene_service("");
	scene_status(&listener, GOOD);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, log_in_often, &wrong[i]),
		    0);
	for (int i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
		ck_assert_int_eq((int)wrong[i], 0);
	}
	listener_stop(&listener);
}
END_TEST

static void
add_tests(TCase *tcase)
{
	tcase_set_timeout(tcase, is_long ? 3600 : 120);
	tcase_add_test(tcase, many_threads);
}

int
main(int argc, char **argv)
{
	is_long = argc > 1 && strcmp(argv[1], "long") == 0;
	return scene_run("module: threads", add_tests);
}
