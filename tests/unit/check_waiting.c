/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "agent/server/waiting.h"
#include "tests/unit/model_fixture.h"

static struct waiting_pool pool;
static const struct ucred peer = { .pid = 7, .uid = 1000, .gid = 100 };

static void
setup(void)
{
	waiting_init(&pool);
}

static void
teardown(void)
{
	waiting_fini(&pool);
}

static int
some_fd(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static struct waiting *
add(uint64_t now_ms)
{
	return waiting_add(&pool, some_fd(), &peer, now_ms);
}

START_TEST(who_waits_is_kept_as_they_are)
{
	int fd = some_fd();
	struct waiting *waiting = waiting_add(&pool, fd, &peer, 500);

	ck_assert_int_eq(waiting->fd, fd);
	ck_assert_uint_eq(waiting->peer.uid, peer.uid);
	ck_assert_int_eq(waiting->peer.pid, peer.pid);
	ck_assert_uint_eq(waiting->deadline, 500 + WAITING_MS);
	ck_assert_uint_eq(pool.count, 1);
	ck_assert(is_open(fd));
}
END_TEST

START_TEST(nobody_waits_at_first)
{
	ck_assert_ptr_null(waiting_oldest(&pool));
	waiting_drop_late(&pool, UINT64_MAX);
	ck_assert_uint_eq(pool.count, 0);
	/* Descriptor 0 is somebody else's. */
	ck_assert(is_open(0));
}
END_TEST

START_TEST(the_oldest_is_who_came_first)
{
	struct waiting *second = add(20);
	struct waiting *first = add(10);
	struct waiting *third = add(30);

	ck_assert_ptr_eq(waiting_oldest(&pool), first);
	waiting_drop(&pool, first);
	ck_assert_ptr_eq(waiting_oldest(&pool), second);
	waiting_drop(&pool, second);
	ck_assert_ptr_eq(waiting_oldest(&pool), third);
	waiting_drop(&pool, third);
	ck_assert_ptr_null(waiting_oldest(&pool));
}
END_TEST

START_TEST(a_drop_closes_and_a_release_does_not)
{
	struct waiting *dropped = add(1);
	struct waiting *released = add(2);
	int closed = dropped->fd, kept = released->fd;

	waiting_drop(&pool, dropped);
	ck_assert(!is_open(closed));
	ck_assert_int_eq(dropped->fd, -1);
	ck_assert_uint_eq(pool.count, 1);
	waiting_release(&pool, released);
	ck_assert(is_open(kept));
	ck_assert_int_eq(released->fd, -1);
	ck_assert_uint_eq(pool.count, 0);
	waiting_drop_late(&pool, UINT64_MAX);
	ck_assert(is_open(kept));
	close(kept);
}
END_TEST

/* Fills the pool; the one at `oldest` came before all others. */
static struct waiting *
fill(size_t oldest)
{
	struct waiting *found = NULL;

	for (size_t i = 0; i < WAITING_POOL; i++) {
		struct waiting *waiting = add(i == oldest ? 10 : 100 + i);

		if (i == oldest)
			found = waiting;
	}
	ck_assert_uint_eq(pool.count, WAITING_POOL);
	return found;
}

static const size_t places[] = { 0, 1, WAITING_POOL / 2, WAITING_POOL - 1 };

START_TEST(a_full_pool_loses_its_oldest)
{
	struct waiting *oldest = fill(places[_i]);
	int lost = oldest->fd;
	int fd = some_fd();

	ck_assert_ptr_eq(waiting_add(&pool, fd, &peer, 1000), oldest);
	ck_assert(!is_open(lost));
	ck_assert_int_eq(oldest->fd, fd);
	ck_assert_uint_eq(pool.count, WAITING_POOL);
	for (size_t i = 0; i < WAITING_POOL; i++)
		ck_assert(is_open(pool.slots[i].fd));
}
END_TEST

START_TEST(a_free_place_is_found_wherever_it_is)
{
	struct waiting *place;

	fill(0);
	place = &pool.slots[places[_i]];
	waiting_drop(&pool, place);
	ck_assert_ptr_eq(add(5000), place);
	ck_assert_uint_eq(pool.count, WAITING_POOL);
}
END_TEST

/* Came at 1000, looked at so many ms after. */
static const struct {
	uint64_t after;
	bool is_late;
} deadlines[] = {
	{ 0, false },
	{ WAITING_MS - 1, false },
	{ WAITING_MS, true },
	{ WAITING_MS + 1, true },
	{ UINT64_MAX - 1000, true },
};

START_TEST(the_late_are_dropped_at_their_deadline)
{
	struct waiting *waiting = add(1000);
	int fd = waiting->fd;

	waiting_drop_late(&pool, 1000 + deadlines[_i].after);
	ck_assert_int_eq(is_open(fd), !deadlines[_i].is_late);
	ck_assert_int_eq(waiting->fd, deadlines[_i].is_late ? -1 : fd);
	ck_assert_uint_eq(pool.count, deadlines[_i].is_late ? 0U : 1U);
}
END_TEST

START_TEST(all_the_late_are_dropped)
{
	fill(WAITING_POOL / 2);
	waiting_drop_late(&pool, 100 + WAITING_POOL / 2 - 1 + WAITING_MS);
	ck_assert_uint_eq(pool.count, WAITING_POOL / 2 - 1);
	waiting_drop_late(&pool, 100 + WAITING_POOL + WAITING_MS);
	ck_assert_uint_eq(pool.count, 0);
}
END_TEST

START_TEST(the_end_closes_all)
{
	int fds[WAITING_POOL];

	fill(3);
	for (size_t i = 0; i < WAITING_POOL; i++)
		fds[i] = pool.slots[i].fd;
	waiting_fini(&pool);
	for (size_t i = 0; i < WAITING_POOL; i++)
		ck_assert(!is_open(fds[i]));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("waiting");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, who_waits_is_kept_as_they_are);
	tcase_add_test(tcase, nobody_waits_at_first);
	tcase_add_test(tcase, the_oldest_is_who_came_first);
	tcase_add_test(tcase, a_drop_closes_and_a_release_does_not);
	tcase_add_loop_test(
	    tcase, a_full_pool_loses_its_oldest, 0, COUNT(places));
	tcase_add_loop_test(
	    tcase, a_free_place_is_found_wherever_it_is, 0, COUNT(places));
	tcase_add_loop_test(
	    tcase, the_late_are_dropped_at_their_deadline, 0, COUNT(deadlines));
	tcase_add_test(tcase, all_the_late_are_dropped);
	tcase_add_test(tcase, the_end_closes_all);
	return run_cases("waiting", &tcase, 1);
}
