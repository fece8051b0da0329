/* SPDX-License-Identifier: BSD-3-Clause */
/* A backup is what was written, all of it, by whoever has the key. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/store/backup_format.h"
#include "agent/store/env.h"
#include "common/error.h"
#include "tests/unit/vault_fixture.h"

static struct fixture f;
static struct backup_summary made;
static uint8_t *whole; /* the backup */
static size_t size;
static int file;

static void
setup(void)
{
	fixture_init(&f);
	vault_token(&f, 1, "one");
	vault_token(&f, 2, "two");
	vault_token(&f, 3, "three");
	ck_assert_int_eq(fixture_delete(&f, fixture_id(3)), 0);
	vault_put(&f, DB_PROJECTS, "web", "a project");
	vault_put(&f, DB_USAGE, "token00001", "a use");
	file = vault_backup(&f, &made);
	whole = vault_load(file, &size);
}

static void
teardown(void)
{
	close(file);
	free(whole);
	fixture_fini(&f);
}

static unsigned visits;

static int
count_visit(void *arg, const struct backup_row *row)
{
	ck_assert_ptr_null(arg);
	ck_assert_uint_gt(row->key.size, 0);
	visits++;
	return 0;
}

static int
read_backup(int fd, struct backup_summary *summary)
{
	visits = 0;
	f.why[0] = '\0';
	return backup_read(fd, f.keyring, &vault_never, count_visit, NULL,
	    summary, f.why, sizeof(f.why));
}

/* These bytes are refused with those words. */
static void
refused(const uint8_t *bytes, size_t count, const char *words)
{
	struct backup_summary summary;
	int fd = vault_file(bytes, count);

	ck_assert_int_eq(read_backup(fd, &summary), ERROR_INVALID);
	ck_assert_msg(
	    strstr(f.why, words) != NULL, "%s: no \"%s\"", f.why, words);
	close(fd);
}

START_TEST(reads_what_was_written)
{
	struct backup_summary seen;

	ck_assert_int_eq(read_backup(file, &seen), 0);
	ck_assert_mem_eq(&seen, &made, sizeof(seen));
	ck_assert_uint_eq(visits, backup_rows(&made));
	ck_assert_uint_eq(made.created_at, NOW);
	ck_assert_uint_eq(made.audit_sequence, 4);
	ck_assert_uint_eq(made.damaged, 0);
	ck_assert_uint_eq(backup_rows(&made), 1 + 2 + 1 + 1 + 4);
}
END_TEST

/*
 * Whatever is remembered in rows is in it, but the store's own meta row, and
 * what lives on this machine.
 */
START_TEST(every_database_of_rows_is_in_it)
{
	for (size_t i = 0; i < DB_COUNT; i++) {
		bool is_in = false;

		for (size_t j = 0; j < BACKUP_DATABASES; j++)
			is_in = is_in || backup_databases[j] == i;
		ck_assert_int_eq(is_in, env_databases[i].rows != ROWS_NONE &&
					    i != DB_META && i != DB_SESSIONS);
	}
}
END_TEST

START_TEST(holds_no_key)
{
	size_t count;
	uint8_t *key = fixture_read(f.key, &count);

	ck_assert_ptr_null(memmem(whole, size, key + 2, 64));
	ck_assert_ptr_null(memmem(
	    whole, size, keyring_current(f.keyring)->records, CRYPTO_KEY_SIZE));
	free(key);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
	for (size_t cut = 0; cut < size; cut++)
		refused(whole, cut, "backup");
}
END_TEST

START_TEST(every_flipped_bit_is_refused)
{
	for (size_t bit = 0; bit < 8 * size; bit++) {
		whole[bit / 8] ^= (uint8_t)(1 << bit % 8);
		refused(whole, size, "backup");
		whole[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}
END_TEST

START_TEST(nothing_follows_the_end)
{
	uint8_t *longer = malloc(2 * size);

	memcpy(longer, whole, size);
	memcpy(longer + size, whole, size);
	refused(longer, size + 1, "goes on after its end");
	refused(longer, 2 * size, "goes on after its end");
	free(longer);
}
END_TEST

START_TEST(another_key_is_refused)
{
	struct fixture other = f;
	struct fixture stranger;

	fixture_init(&stranger);
	f = stranger;
	refused(whole, size, "another key 1");
	f = other;
	fixture_fini(&stranger);
}
END_TEST

/* Rotated once, the old line lost. */
START_TEST(an_unknown_key_is_refused)
{
	struct keyring *both;

	vault_add_key(&f, 2, 'a');
	both = f.keyring;
	close(file);
	free(whole);
	file = vault_backup(&f, &made);
	whole = vault_load(file, &size);
	f.keyring = malloc(sizeof(*both));
	memcpy(f.keyring, both, sizeof(*both));
	f.keyring->keys[1].number = 3;
	refused(whole, size, "key 2, which");
	f.keyring->keys[1].number = 2;
	f.keyring->keys[0].number = 0;
	refused(whole, size, "rows made with key 1");
	free(f.keyring);
	f.keyring = both;
}
END_TEST

/* The MACs that whoever has the key would make; rows keep theirs. */
static void
sign(uint8_t *bytes, size_t count)
{
	struct crypto_stream *stream = crypto_stream_new(
	    keyring_current(f.keyring)->backups);

	crypto_stream_put(stream, bytes, BACKUP_HEADER_SIZE);
	crypto_stream_mac(stream, bytes + BACKUP_HEADER_SIZE);
	crypto_stream_put(stream, bytes + BACKUP_HEADER_SIZE,
	    count - BACKUP_HEADER_SIZE - CRYPTO_MAC_SIZE);
	crypto_stream_mac(stream, bytes + count - CRYPTO_MAC_SIZE);
	crypto_stream_free(stream);
}

static const struct {
	size_t at;
	uint8_t byte;
	const char *why;
} headers[] = {
	{ 0, 'A', "no backup" },
	{ 11, 2, "format 2" },
	{ 15, STORE_SCHEMA + 1, "schema" },
	{ 15, STORE_SCHEMA_OLDEST - 1, "schema" },
	{ 12, 1, "schema" },
	{ 24, 9, "key 9" },
};

START_TEST(a_header_is_what_it_must_be)
{
	whole[headers[_i].at] = headers[_i].byte;
	sign(whole, size);
	refused(whole, size, headers[_i].why);
}
END_TEST

#define FIRST (BACKUP_HEADER_SIZE + CRYPTO_MAC_SIZE)

/* Where the row after the one at `at` begins. */
static size_t
next_row(size_t at)
{
	return at + 7 + (size_t)whole[at + 1] * 256 + whole[at + 2] +
	       (size_t)whole[at + 5] * 256 + whole[at + 6];
}

static size_t
find_row(enum database database)
{
	size_t at = FIRST;

	while (backup_databases[whole[at] - 1] != database)
		at = next_row(at);
	return at;
}

/* The row at `from` is put before the one at `to`; its own place stays. */
static void
insert_row(size_t from, size_t to)
{
	size_t count = next_row(from) - from;
	uint8_t *longer = malloc(size + count);

	memcpy(longer, whole, to);
	memcpy(longer + to, whole + from, count);
	memcpy(longer + to + count, whole + to, size - to);
	free(whole);
	whole = longer;
	size += count;
	sign(whole, size);
}

static void
remove_row(size_t at)
{
	size_t next = next_row(at);

	memmove(whole + at, whole + next, size - next);
	size -= next - at;
	sign(whole, size);
}

/* Whatever the MAC of the whole says: rows are rows of their place. */
START_TEST(signed_rows_are_checked_too)
{
	size_t token = find_row(DB_TOKENS);
	struct backup_summary summary;

	sign(whole, size);
	ck_assert_int_eq(read_backup(file, &summary), 0);
	switch (_i) {
	case 0: /* twice */
		insert_row(token, token);
		refused(whole, size, "row 3 is not");
		return;
	case 1: /* out of order */
		insert_row(next_row(token), token);
		refused(whole, size, "row 3 is not");
		return;
	case 2: /* before its database */
		insert_row(token, FIRST);
		refused(whole, size, "row 2 is not");
		return;
	case 3: /* one less than the counts say */
		remove_row(token);
		refused(whole, size, "its end does not fit");
		return;
	case 4: /* in another database */
		whole[token]++;
		break;
	case 5: /* in none */
		whole[token] = 0;
		break;
	case 6:
		whole[token] = BACKUP_DATABASES + 1;
		break;
	case 7: /* another state of that token */
		whole[token + 7 + TOKEN_ID_SIZE + 3] ^= 1;
		break;
	case 8: /* another token */
		whole[token + 7] ^= 1;
		break;
	case 9: /* the head of another audit */
		whole[size - CRYPTO_MAC_SIZE - 1] ^= 1;
		break;
	}
	sign(whole, size);
	refused(whole, size, "altered or damaged");
}
END_TEST

START_TEST(a_token_must_be_a_record)
{
	vault_put(&f, DB_TOKENS, "token00009", "no record");
	close(file);
	file = vault_backup(&f, &made);
	free(whole);
	whole = vault_load(file, &size);
	refused(whole, size, "altered or damaged");
}
END_TEST

/* By whoever has the disk. */
START_TEST(a_damaged_row_is_left_out)
{
	struct backup_summary seen;
	uint8_t *key = f.keyring->keys[0].records;

	key[0] ^= 1;
	vault_put(&f, DB_TOMBSTONES, "forged", "row");
	key[0] ^= 1;
	close(file);
	file = vault_backup(&f, &made);
	ck_assert_uint_eq(made.damaged, 1);
	ck_assert_int_eq(read_backup(file, &seen), 0);
	ck_assert_uint_eq(backup_rows(&seen), backup_rows(&made));
}
END_TEST

START_TEST(a_full_disk_is_told)
{
	struct backup_summary summary;
	int full = open("/dev/full", O_RDWR | O_CLOEXEC);

	ck_assert_int_eq(backup_write(fixture_view(&f), f.keyring, full, NOW,
			     &vault_never, &summary),
	    ERROR_FULL);
	close(full);
}
END_TEST

START_TEST(stops_when_told)
{
	const _Atomic bool now = true;
	struct backup_summary summary;

	ck_assert_int_eq(backup_write(fixture_view(&f), f.keyring, file, NOW,
			     &now, &summary),
	    ERROR_CLOSED);
	file = vault_backup(&f, &made);
	ck_assert_int_eq(backup_read(file, f.keyring, &now, NULL, NULL,
			     &summary, f.why, sizeof(f.why)),
	    ERROR_CLOSED);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("backup");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, reads_what_was_written);
	tcase_add_test(tcase, every_database_of_rows_is_in_it);
	tcase_add_test(tcase, holds_no_key);
	tcase_add_test(tcase, every_truncation_is_refused);
	tcase_add_test(tcase, every_flipped_bit_is_refused);
	tcase_add_test(tcase, nothing_follows_the_end);
	tcase_add_test(tcase, another_key_is_refused);
	tcase_add_test(tcase, an_unknown_key_is_refused);
	tcase_add_loop_test(
	    tcase, a_header_is_what_it_must_be, 0, COUNT(headers));
	tcase_add_loop_test(tcase, signed_rows_are_checked_too, 0, 10);
	tcase_add_test(tcase, a_token_must_be_a_record);
	tcase_add_test(tcase, a_damaged_row_is_left_out);
	tcase_add_test(tcase, a_full_disk_is_told);
	tcase_add_test(tcase, stops_when_told);
	return run_cases("backup", &tcase, 1);
}
