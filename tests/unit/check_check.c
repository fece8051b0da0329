/* SPDX-License-Identifier: BSD-3-Clause */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/store/check.h"
#include "agent/store/env.h"
#include "common/error.h"
#include "tests/unit/store_fixture.h"

#define META_BYTES 152 /* page header and struct of a meta page */

static struct fixture f;
static uint8_t *image;
static size_t image_size;

/*
 * A good token and one that the last transaction revoked.  more transactions
 * before that: every value of the low bits of the number is its own case.
 */
static void
make_store(unsigned more)
{
	struct record record;
	struct token token;

	fixture_init(&f);
	good_token(&record, &token);
	ck_assert_int_eq(fixture_create(&f, fixture_id(1), &record), 0);
	record.spec.name = span_of("phone");
	ck_assert_int_eq(fixture_create(&f, fixture_id(2), &record), 0);
	for (unsigned i = 0; i < more; i++)
		ck_assert_int_eq(
		    fixture_set_state(&f, fixture_id(1), STATE_ACTIVE), 0);
	ck_assert_int_eq(
	    fixture_set_state(&f, fixture_id(2), STATE_REVOKED), 0);
	fixture_close(&f);
	image = fixture_read(f.data, &image_size);
}

static void
free_store(void)
{
	free(image);
	fixture_fini(&f);
}

static void
set_up(void)
{
	make_store(0);
}

static int
check(bool walk)
{
	bool whole = false;
	int rv = store_check(
	    &f.options, f.keyring, walk, &whole, f.why, sizeof(f.why));

	ck_assert(whole);
	if (rv < 0)
		ck_assert_str_ne(f.why, "");
	return rv;
}

/* Whether the store that passed the checks is of its last state. */
static void
assert_latest(void)
{
	struct record record;
	uint32_t version;

	ck_assert_int_eq(fixture_open(&f), 0);
	ck_assert_int_eq(fixture_load(&f, fixture_id(2), &record, &version), 0);
	ck_assert_int_eq(record.state, STATE_REVOKED);
	ck_assert_int_eq(fixture_load(&f, fixture_id(1), &record, &version), 0);
	ck_assert_int_eq(record.state, STATE_ACTIVE);
	fixture_close(&f);
}

static void
put_byte(size_t at, uint8_t byte)
{
	int fd = open(f.data, O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, &byte, 1, (off_t)at), 1);
	close(fd);
}

START_TEST(sound_store_passes)
{
	ck_assert_int_eq(check(false), 0);
	ck_assert_int_eq(check(true), 0);
	ck_assert(!store_is_new(f.store_directory));
	assert_latest();
}
END_TEST

START_TEST(nothing_there_is_new_and_passes)
{
	ck_assert_int_eq(unlink(f.data), 0);
	ck_assert(store_is_new(f.store_directory));
	ck_assert_int_eq(check(true), 0);
	fixture_write(f.data, "", 0);
	ck_assert(store_is_new(f.store_directory));
	ck_assert_int_eq(check(true), 0);
}
END_TEST

/* Each bit of both meta pages: refused, or harmless.  The last transaction is
 * 6 or 7: one flipped bit makes 4 or 5 of it. */
START_TEST(flipped_bit_of_a_meta_page)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned refused = 0;

	make_store((unsigned)_i);
	for (size_t bit = 0; bit < 2 * META_BYTES * 8; bit++) {
		size_t at = bit / 8 % META_BYTES +
			    page * (bit / 8 / META_BYTES);

		put_byte(at, image[at] ^ (uint8_t)(1U << bit % 8));
		if (check(false) < 0)
			refused++;
		else
			assert_latest();
		put_byte(at, image[at]);
	}
	ck_assert_uint_gt(refused, 300);
	assert_latest();
	free_store();
}
END_TEST

/* n becomes n - 2, so that two in a row are left, and n - 1 is the newer. */
START_TEST(older_state_does_not_come_back)
{
	struct {
		uint64_t number;
	} raw;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t at = 16 + 128;
	uint64_t other;

	make_store((unsigned)_i);
	memcpy(&raw.number, image + at, sizeof(raw.number));
	memcpy(&other, image + page + at, sizeof(other));
	if (other > raw.number) {
		raw.number = other;
		at += page;
	}
	raw.number -= 2;
	memcpy(image + at, &raw.number, sizeof(raw.number));
	fixture_write(f.data, image, image_size);
	ck_assert_int_eq(check(false), ERROR_CORRUPT);
	ck_assert_ptr_nonnull(strstr(f.why, "transaction"));
	free_store();
}
END_TEST

START_TEST(cut_file_is_refused_or_whole)
{
	unsigned refused = 0;

	for (size_t size = image_size - 64; size > 0; size -= 64) {
		ck_assert_int_eq(truncate(f.data, (off_t)size), 0);
		if (check(false) < 0)
			refused++;
		else
			assert_latest();
		fixture_write(f.data, image, image_size);
	}
	ck_assert_uint_gt(refused, 4);
}
END_TEST

START_TEST(file_of_something_else_is_refused)
{
	memset(image, 'x', image_size);
	fixture_write(f.data, image, image_size);
	ck_assert_int_eq(check(false), ERROR_CORRUPT);
	ck_assert(!store_is_new(f.store_directory));
	memset(image, 0, image_size);
	fixture_write(f.data, image, image_size);
	ck_assert_int_eq(check(false), ERROR_CORRUPT);
	ck_assert_int_eq(unlink(f.data), 0);
	ck_assert_int_eq(mkfifo(f.data, 0600), 0);
	ck_assert_int_eq(check(false), ERROR_CORRUPT);
}
END_TEST

START_TEST(another_key_file_is_named)
{
	keyring_free(f.keyring);
	f.keyring = NULL;
	ck_assert_int_eq(unlink(f.key), 0);
	ck_assert_int_eq(keyring_make(f.key), 0);
	ck_assert_int_eq(
	    keyring_load(f.key, &f.keyring, f.why, sizeof(f.why)), 0);
	ck_assert_int_eq(check(false), ERROR_CORRUPT);
	ck_assert_ptr_nonnull(strstr(f.why, "key"));
}
END_TEST

#define NODES 16 /* of a page, at the most */

/* The nodes of each page are made to lie 64 KiB behind it, some of them past
 * the end of the file: SIGBUS for whoever reads them, the child alone. */
START_TEST(crash_of_the_child_is_a_finding)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned crashed = 0;

	for (size_t at = 2 * page; at < image_size; at += page) {
		for (size_t node = 0; node < NODES; node++) {
			put_byte(at + 16 + 2 * node, 0xf0);
			put_byte(at + 17 + 2 * node, 0xff);
		}
		if (check(true) == 0)
			assert_latest();
		else if (strstr(f.why, "crashed") != NULL)
			crashed++;
		fixture_write(f.data, image, image_size);
	}
	ck_assert_uint_gt(crashed, 0);
}
END_TEST

START_TEST(lock_keeps_others_out_and_tells_an_unclean_end)
{
	struct store_lock *lock = NULL;
	struct store_lock *second = NULL;
	bool unclean = true;

	ck_assert_int_eq(store_lock(f.store_directory, &lock, &unclean, f.why,
			     sizeof(f.why)),
	    0);
	ck_assert(!unclean);
	ck_assert_int_eq(store_lock(f.store_directory, &second, &unclean, f.why,
			     sizeof(f.why)),
	    ERROR_INVALID);
	ck_assert_ptr_null(second);
	ck_assert_ptr_nonnull(strstr(f.why, "another apitokend"));
	store_unlock(lock, false);
	ck_assert_int_eq(store_lock(f.store_directory, &lock, &unclean, f.why,
			     sizeof(f.why)),
	    0);
	ck_assert(unclean);
	store_unlock(lock, true);
	ck_assert_int_eq(store_lock(f.store_directory, &lock, &unclean, f.why,
			     sizeof(f.why)),
	    0);
	ck_assert(!unclean);
	store_unlock(lock, true);
}
END_TEST

START_TEST(killed_holder_leaves_an_unclean_end)
{
	struct store_lock *lock = NULL;
	bool unclean = false;
	int wait_status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(store_lock(f.store_directory, &lock, &unclean, f.why,
			  sizeof(f.why)) == 0
			  ? 0
			  : 1);
	ck_assert_int_eq(waitpid(pid, &wait_status, 0), pid);
	ck_assert_int_eq(wait_status, 0);
	ck_assert_int_eq(store_lock(f.store_directory, &lock, &unclean, f.why,
			     sizeof(f.why)),
	    0);
	ck_assert(unclean);
	store_unlock(lock, true);
}
END_TEST

static const struct {
	mode_t mode;
	uid_t owner; /* only root can give it away */
	const char *right;
} directories[] = {
	{ 0755, 0, "chmod 0700" },
	{ 0770, 0, "chmod 0700" },
	{ 0701, 0, "chmod 0700" },
	{ 0700, 1234, "must belong to the agent's user" },
};

START_TEST(directory_must_be_the_agent_s_alone)
{
	struct store_lock *lock = NULL;
	bool unclean;

	if (directories[_i].owner != 0 &&
	    chown(f.store_directory, directories[_i].owner, 0) < 0)
		return;
	ck_assert_int_eq(chmod(f.store_directory, directories[_i].mode), 0);
	ck_assert_int_eq(store_lock(f.store_directory, &lock, &unclean, f.why,
			     sizeof(f.why)),
	    ERROR_INVALID);
	ck_assert_ptr_nonnull(strstr(f.why, directories[_i].right));
	ck_assert_ptr_nonnull(strstr(f.why, f.store_directory));
	ck_assert_ptr_null(lock);
}
END_TEST

START_TEST(directory_is_made)
{
	struct store_lock *lock = NULL;
	bool unclean = true;
	char path[96];
	struct stat st;

	umask(0);
	strcpy(path, f.directory);
	strcat(path, "/new");
	ck_assert_int_eq(
	    store_lock(path, &lock, &unclean, f.why, sizeof(f.why)), 0);
	ck_assert(!unclean);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777U, 0700);
	store_unlock(lock, true);
	ck_assert_int_eq(store_lock("/nonexistent/store", &lock, &unclean,
			     f.why, sizeof(f.why)),
	    ERROR_SYSTEM);
	strcat(path, "/agent.lock");
	ck_assert_int_eq(unlink(path), 0);
	*strrchr(path, '/') = '\0';
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

int
main(void)
{
	TCase *cases[] = { tcase_create("check"), tcase_create("bits") };

	tcase_add_checked_fixture(cases[0], set_up, free_store);
	tcase_set_timeout(cases[0], 60);
	tcase_add_test(cases[0], sound_store_passes);
	tcase_add_test(cases[0], nothing_there_is_new_and_passes);
	tcase_add_test(cases[0], cut_file_is_refused_or_whole);
	tcase_add_test(cases[0], file_of_something_else_is_refused);
	tcase_add_test(cases[0], another_key_file_is_named);
	tcase_add_test(cases[0], crash_of_the_child_is_a_finding);
	tcase_add_test(
	    cases[0], lock_keeps_others_out_and_tells_an_unclean_end);
	tcase_add_test(cases[0], killed_holder_leaves_an_unclean_end);
	tcase_add_loop_test(cases[0], directory_must_be_the_agent_s_alone, 0,
	    (int)COUNT(directories));
	tcase_add_test(cases[0], directory_is_made);
	tcase_set_timeout(cases[1], 120);
	tcase_add_loop_test(cases[1], flipped_bit_of_a_meta_page, 2, 4);
	tcase_add_loop_test(cases[1], older_state_does_not_come_back, 0, 4);
	return run_cases("check", cases, COUNT(cases));
}
