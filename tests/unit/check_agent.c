/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "agent/server/agent.h"
#include "tests/unit/agent_fixture.h"

static struct agent agent;

/* Without a file: all defaults, told apart by the user. */
static struct config *
new_config(const char *user)
{
	struct config *config = NULL;
	char why[256];

	ck_assert_int_eq(config_load("/nonexistent/apitokend.conf", false,
			     &some_names, &config, why, sizeof(why)),
	    0);
	strcpy(config->user, user);
	return config;
}

static void
setup(void)
{
	memset(&agent, 0, sizeof(agent));
	pthread_mutex_init(&agent.config.lock, NULL);
	agent.config.current = new_config("first");
}

static void
teardown(void)
{
	config_free(agent.config.current);
	pthread_mutex_destroy(&agent.config.lock);
}

START_TEST(a_configuration_is_counted)
{
	const struct config *one = agent_config(&agent);
	const struct config *two = agent_config(&agent);

	ck_assert_ptr_eq(one, two);
	ck_assert_uint_eq(one->references, 3);
	agent_config_release(&agent, one);
	ck_assert_uint_eq(two->references, 2);
	agent_config_release(&agent, two);
	ck_assert_uint_eq(agent.config.current->references, 1);
}
END_TEST

START_TEST(the_one_before_lives_until_it_is_released)
{
	const struct config *before = agent_config(&agent);
	const struct config *after;

	agent_config_replace(&agent, new_config("second"));
	after = agent_config(&agent);
	ck_assert_str_eq(before->user, "first");
	ck_assert_uint_eq(before->references, 1);
	ck_assert_str_eq(after->user, "second");
	ck_assert_uint_eq(after->references, 2);
	agent_config_release(&agent, before);
	agent_config_release(&agent, after);
	agent_config_replace(&agent, new_config("third"));
	ck_assert_str_eq(agent.config.current->user, "third");
	ck_assert_uint_eq(agent.config.current->references, 1);
}
END_TEST

static atomic_bool stop;

static void *
read_often(void *arg)
{
	unsigned long *wrong = arg;

	while (!atomic_load(&stop)) {
		const struct config *config = agent_config(&agent);

		*wrong += strncmp(config->user, "user", 4) != 0 ||
			  config->references == 0;
		agent_config_release(&agent, config);
	}
	return NULL;
}

/* What sanitizers have something to say about, and a crash would tell. */
START_TEST(threads_may_read_while_it_is_replaced)
{
	unsigned long wrong[2] = { 0 };
	pthread_t threads[2];

	agent_config_replace(&agent, new_config("user"));
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, read_often, &wrong[i]),
		    0);
	for (int i = 0; i < 2000; i++)
		agent_config_replace(&agent, new_config("user2"));
	atomic_store(&stop, true);
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_uint_eq(wrong[i], 0);
	}
	ck_assert_uint_eq(agent.config.current->references, 1);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("agent");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_configuration_is_counted);
	tcase_add_test(tcase, the_one_before_lives_until_it_is_released);
	tcase_add_test(tcase, threads_may_read_while_it_is_replaced);
	return run_cases("agent", &tcase, 1);
}
