/* SPDX-License-Identifier: BSD-3-Clause */
/* How many messages of an import are under way at the real agent. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/importbatch.h"
#include "tests/faults/heap.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"
#include "tests/unit/cli_run.h"

#define MANY 100000 /* records: more messages than may be under way */

static pid_t agent;
static struct globals globals;
static struct ask ask;
static struct importbatch batch;
static uint64_t heard; /* the line of the last result */
static unsigned most;  /* that were under way */

/* What is not there is as good as deleted: nothing is written. */
static enum outcome
on_result(void *arg, const struct importbatch_item *item,
    const struct import_result *result)
{
	(void)arg;
	ck_assert_uint_eq(result->outcome, IMPORT_UNCHANGED);
	ck_assert_uint_eq(item->line, heard + 1);
	heard = item->line;
	return OUTCOME_DONE;
}

static void
start(void)
{
	agent = realagent_start("");
	globals.socket = login_path("admin.sock");
	ck_assert_int_eq(ask_init(&ask, &globals), OUTCOME_DONE);
	batch = (struct importbatch) { .like = &ask,
		.request = { .whole = true },
		.on_result = on_result };
	heard = 0;
}

static void
stop(void)
{
	importbatch_fini(&batch);
	ask_fini(&ask);
	realagent_stop(agent);
}

static enum outcome
add(uint64_t line)
{
	uint8_t bytes[1 + TOKEN_ID_SIZE];
	struct importbatch_item item = { .line = line,
		.record = { .kind = TRANSFER_DELETION } };
	char id[TOKEN_ID_SIZE + 1];
	enum outcome outcome;
	struct wirebuf w;

	(void)snprintf(id, sizeof id, "%010llu", (unsigned long long)line);
	wirebuf_write(&w, bytes, sizeof bytes);
	transfer_deletion_put(&w, span_of(id));
	item.record.body = span_bytes(bytes, wirebuf_size(&w));
	outcome = importbatch_add(&batch, &item);
	if (batch.count > most)
		most = batch.count;
	return outcome;
}

/* Those from a line on, and all of them are answered. */
static void
send_all(uint64_t first, uint64_t count)
{
	most = 0;
	for (uint64_t i = 0; i < count; i++)
		ck_assert_int_eq(add(first + i), OUTCOME_DONE);
	ck_assert_int_eq(importbatch_send(&batch), OUTCOME_DONE);
	ck_assert_uint_eq(heard, first + count - 1);
	ck_assert_uint_eq(batch.count, 0);
}

START_TEST(one_is_under_way_unless_more_may_be)
{
	send_all(1, MANY);
	ck_assert_uint_eq(most, 1);
	batch.most = IMPORTBATCH_OUT;
	send_all(MANY + 1, MANY);
	ck_assert_uint_gt(most, 1);
	ck_assert_uint_le(most, IMPORTBATCH_OUT);
	/* However fast the agent was meanwhile. */
	batch.most = 1;
	send_all(2 * MANY + 1, MANY);
	ck_assert_uint_eq(most, 1);
}
END_TEST

/* Those behind the one that failed are waited for, and nothing is sent any
 * more. */
START_TEST(nothing_goes_on_behind_a_failure)
{
	enum outcome outcome = OUTCOME_DONE;
	uint64_t line = 0;

	batch.most = IMPORTBATCH_OUT;
	send_all(1, MANY);
	realagent_kill(agent);
	line = heard;
	while (outcome == OUTCOME_DONE && line < 2 * (uint64_t)MANY)
		outcome = add(++line);
	ck_assert_int_eq(outcome, OUTCOME_UNREACHABLE);
	ck_assert_uint_eq(batch.count, 0);
	ck_assert_uint_eq(heard, MANY);
	agent = realagent_start("");
}
END_TEST

/* Where no thread is to be had whoever fills sheets sends them. */
START_TEST(it_goes_on_without_threads)
{
	pthread_attr_t attr;

	ck_assert_int_eq(pthread_attr_init(&attr), 0);
	/* No stack is as large. */
	ck_assert_int_eq(pthread_attr_setstacksize(&attr, SIZE_MAX / 4), 0);
	ck_assert_int_eq(pthread_setattr_default_np(&attr), 0);
	batch.most = IMPORTBATCH_OUT;
	for (uint64_t line = 1; line <= MANY; line++) {
		ck_assert_int_eq(add(line), OUTCOME_DONE);
		for (int i = 0; i < IMPORTBATCH_OUT + 1; i++)
			ck_assert(batch.sheets[i] == NULL ||
				  !batch.sheets[i]->has_thread);
	}
	ck_assert_int_eq(importbatch_send(&batch), OUTCOME_DONE);
	ck_assert_uint_eq(heard, MANY);
}
END_TEST

/* What was sent before a sheet that there is no memory for has its results. */
START_TEST(what_was_sent_counts_without_memory)
{
	uint64_t line = 1;
	enum outcome outcome = add(line);

	batch.most = IMPORTBATCH_OUT;
	while (outcome == OUTCOME_DONE && line < MANY) {
		heap_begin(1, true);
		outcome = add(++line);
		(void)heap_end();
	}
	ck_assert_int_eq(outcome, OUTCOME_FAILED);
	ck_assert_uint_eq(batch.count, 1);
	ck_assert_uint_eq(heard, 0);
	ck_assert_int_eq(importbatch_wait(&batch), OUTCOME_DONE);
	ck_assert_uint_eq(batch.count, 0);
	/* All but what could not be put onto a sheet. */
	ck_assert_uint_eq(heard, line - 1);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("importbatch");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_test(tcase, one_is_under_way_unless_more_may_be);
	tcase_add_test(tcase, nothing_goes_on_behind_a_failure);
	tcase_add_test(tcase, it_goes_on_without_threads);
	/* Sanitizers end the process where they get no memory themselves. */
	if (heap_is_ours())
		tcase_add_test(tcase, what_was_sent_counts_without_memory);
	return cli_cases("messages of an import", &tcase, 1);
}
