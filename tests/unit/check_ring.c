/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "agent/store/ring.h"
#include "tests/unit/model_fixture.h"

#define ITEMS 1000000

START_TEST(what_goes_in_comes_out_in_order)
{
	struct ring *ring = ring_new();
	struct attempt attempt = { 0 };

	ck_assert(!ring_take(ring, &attempt));
	for (uint64_t i = 1; i <= 10; i++)
		ck_assert(ring_put(ring, &(struct attempt) { .at = i }));
	for (uint64_t i = 1; i <= 10; i++) {
		ck_assert(ring_take(ring, &attempt));
		ck_assert_uint_eq(attempt.at, i);
	}
	ck_assert(!ring_take(ring, &attempt));
	ck_assert_uint_eq(ring_lost(ring), 0);
	ring_free(ring);
}
END_TEST

START_TEST(full_ring_keeps_the_first_and_counts_the_rest)
{
	struct ring *ring = ring_new();
	struct attempt attempt = { 0 };
	uint64_t room = 0;

	while (ring_put(ring, &attempt))
		attempt.at = ++room;
	ck_assert_uint_gt(room, 1000);
	ck_assert(!ring_put(ring, &attempt));
	ck_assert_uint_eq(ring_lost(ring), 2);
	ck_assert_uint_eq(ring_lost(ring), 0);
	for (uint64_t i = 0; i < room; i++) {
		ck_assert(ring_take(ring, &attempt));
		ck_assert_uint_eq(attempt.at, i);
	}
	ck_assert(!ring_take(ring, &attempt));
	ck_assert(ring_put(ring, &attempt));
	ring_free(ring);
}
END_TEST

struct producer {
	struct ring *ring;
	_Atomic bool done;
	uint64_t put;
};

static void *
produce(void *arg)
{
	struct producer *p = arg;

	for (uint64_t i = 1; i <= ITEMS; i++) {
		struct attempt attempt = { .at = i, .reasons = (uint32_t)~i };

		if (ring_put(p->ring, &attempt))
			p->put++;
		else
			sched_yield();
	}
	atomic_store(&p->done, true);
	return NULL;
}

/* In order, none twice, none torn; all that is missing was counted. */
START_TEST(two_threads_lose_nothing_uncounted)
{
	struct producer p = { .ring = ring_new() };
	struct attempt attempt = { 0 };
	uint64_t taken = 0;
	uint64_t last = 0;
	pthread_t thread;
	bool done;

	ck_assert_int_eq(pthread_create(&thread, NULL, produce, &p), 0);
	do {
		done = atomic_load(&p.done);
		while (ring_take(p.ring, &attempt)) {
			ck_assert_uint_gt(attempt.at, last);
			ck_assert_uint_eq(
			    attempt.reasons, (uint32_t)~attempt.at);
			last = attempt.at;
			taken++;
		}
	} while (!done);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_gt(taken, 0);
	ck_assert_uint_eq(taken, p.put);
	ck_assert_uint_eq(ring_lost(p.ring), ITEMS - taken);
	ring_free(p.ring);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("ring");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, what_goes_in_comes_out_in_order);
	tcase_add_test(tcase, full_ring_keeps_the_first_and_counts_the_rest);
	tcase_add_test(tcase, two_threads_lose_nothing_uncounted);
	return run_cases("ring", &tcase, 1);
}
