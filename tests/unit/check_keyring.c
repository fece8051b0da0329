/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/store/keyring.h"
#include "common/error.h"
#include "tests/unit/model_fixture.h"

#define HEX_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEX_B "ffeeddccbbaa99887766554433221100FFEEDDCCBBAA99887766554433221100"

static char directory[] = "/tmp/keyringXXXXXX";
static char path[64];
static char why[256];

static void
set_up(void)
{
	ck_assert_int_eq(crypto_init(), 0);
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/key", directory);
	why[0] = '\0';
}

static void
tear_down(void)
{
	unlink(path);
	ck_assert_int_eq(rmdir(directory), 0); /* nothing was left beside it */
	strcpy(directory + sizeof(directory) - 7, "XXXXXX");
}

static void
write_file(const char *text, size_t size, mode_t mode)
{
	int fd;

	/* One that its owner cannot write to may be there. */
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, size), (ssize_t)size);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
}

static int
load(struct keyring **keyring)
{
	return keyring_load(path, keyring, why, sizeof(why));
}

/* What a refusal must say. */
static void
assert_refused(const char *word)
{
	struct keyring *keyring = NULL;

	ck_assert_int_eq(load(&keyring), ERROR_INVALID);
	ck_assert_ptr_null(keyring);
	ck_assert_msg(strstr(why, word) != NULL, "%s: no \"%s\"", why, word);
	ck_assert_ptr_nonnull(strstr(why, path));
	ck_assert_ptr_null(strstr(why, "001122"));
}

static const struct {
	mode_t mode;
	bool good;
} modes[] = {
	{ 0400, true },
	{ 0600, true },
	{ 0700, true },
	{ 0440, false },
	{ 0404, false },
	{ 0410, false },
	{ 0401, false },
	{ 0420, false },
	{ 0402, false },
	{ 0666, false },
};

START_TEST(mode_is_its_owner_s_alone)
{
	struct keyring *keyring = NULL;

	write_file("1 " HEX_A "\n", 67, modes[_i].mode);
	if (!modes[_i].good) {
		assert_refused("chmod 0400");
		return;
	}
	ck_assert_int_eq(load(&keyring), 0);
	keyring_free(keyring);
}
END_TEST

START_TEST(owner_is_root_or_who_started_the_process)
{
	struct keyring *keyring = NULL;

	if (geteuid() != 0)
		return;
	write_file("1 " HEX_A "\n", 67, 0400);
	ck_assert_int_eq(chown(path, 1234, 0), 0);
	assert_refused("uid 1234");
	ck_assert_int_eq(chmod(directory, 0755), 0);
	/* Root did, whoever it is by now. */
	ck_assert_int_eq(seteuid(1234), 0);
	assert_refused("uid 1234");
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(chown(path, 0, 0), 0);
	ck_assert_int_eq(load(&keyring), 0);
	keyring_free(keyring);
}
END_TEST

START_TEST(absent_is_not_found)
{
	struct keyring *keyring = NULL;

	ck_assert_int_eq(load(&keyring), ERROR_NOT_FOUND);
}
END_TEST

START_TEST(symbolic_link_is_refused)
{
	char target[80];

	snprintf(target, sizeof(target), "%s-target", path);
	write_file("1 " HEX_A "\n", 67, 0400);
	ck_assert_int_eq(rename(path, target), 0);
	ck_assert_int_eq(symlink(target, path), 0);
	assert_refused("symbolic link");
	unlink(target);
}
END_TEST

START_TEST(fifo_is_refused_at_once)
{
	ck_assert_int_eq(mkfifo(path, 0400), 0);
	assert_refused("regular file");
}
END_TEST

START_TEST(directory_is_refused)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
	assert_refused("regular file");
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

#define FILE_OF(text)                                                          \
	{                                                                      \
		text, sizeof(text) - 1                                         \
	}

static const struct {
	const char *text;
	size_t size;
} damaged[] = {
	FILE_OF(""),
	FILE_OF("\n"),
	FILE_OF("1\n"),
	FILE_OF("1 \n"),
	FILE_OF("1 " HEX_A), /* cut off: no newline */
	FILE_OF("0 " HEX_A "\n"),
	FILE_OF("256 " HEX_A "\n"),
	FILE_OF("-1 " HEX_A "\n"),
	FILE_OF("+1 " HEX_A "\n"),
	FILE_OF(" 1 " HEX_A "\n"),
	FILE_OF("1  " HEX_A "\n"),
	FILE_OF("1\t" HEX_A "\n"),
	FILE_OF("1 " HEX_A " \n"),
	FILE_OF("1 " HEX_A "0\n"),
	FILE_OF("1 " HEX_A "\r\n"),
	FILE_OF("1 0x" HEX_A "\n"),
	FILE_OF("1 " HEX_A "\n\n"),
	FILE_OF("1 " HEX_A "\n1 " HEX_B "\n"), /* twice the same number */
	FILE_OF("1 " HEX_A "\n2 " HEX_B),
	FILE_OF("1 g0112233445566778899aabbccddeeff"
		"00112233445566778899aabbccddeeff\n"),
	FILE_OF("1 0011223344\0566778899aabbccddeeff"
		"00112233445566778899aabbccddeeff\n"),
	FILE_OF("18446744073709551617 " HEX_A "\n"),
	FILE_OF("# a comment\n1 " HEX_A "\n"),
};

START_TEST(damaged_file_is_refused)
{
	write_file(damaged[_i].text, damaged[_i].size, 0400);
	assert_refused("damaged");
}
END_TEST

START_TEST(every_truncation_is_refused)
{
	static const char text[] = "1 " HEX_A "\n2 " HEX_B "\n";
	struct keyring *keyring = NULL;

	for (size_t size = 0; size < sizeof(text) - 1; size++) {
		write_file(text, size, 0400);
		if (size == 67) /* a file of one key */
			continue;
		assert_refused("damaged");
	}
	write_file(text, sizeof(text) - 1, 0400);
	ck_assert_int_eq(load(&keyring), 0);
	keyring_free(keyring);
}
END_TEST

START_TEST(more_keys_than_there_is_room_for)
{
	struct keyring *keyring = NULL;
	char text[(KEYRING_KEYS_MAX + 1) * 80] = "";
	size_t used = 0;

	for (unsigned i = 1; i <= KEYRING_KEYS_MAX; i++)
		used += (size_t)snprintf(
		    text + used, sizeof(text) - used, "%u " HEX_A "\n", i);
	write_file(text, used, 0400);
	ck_assert_int_eq(load(&keyring), 0);
	ck_assert_uint_eq(keyring->count, KEYRING_KEYS_MAX);
	keyring_free(keyring);
	used += (size_t)snprintf(
	    text + used, sizeof(text) - used, "200 " HEX_A "\n");
	write_file(text, used, 0400);
	assert_refused("damaged");
}
END_TEST

static const struct {
	const char *text;
	uint8_t current;
} orders[] = {
	{ "1 " HEX_A "\n7 " HEX_B "\n3 " HEX_A "\n", 7 },
	{ "7 " HEX_B "\n3 " HEX_A "\n1 " HEX_A "\n", 7 },
	{ "255 " HEX_A "\n1 " HEX_B "\n", 255 },
};

START_TEST(highest_number_is_current)
{
	struct keyring *keyring = NULL;

	write_file(orders[_i].text, strlen(orders[_i].text), 0400);
	ck_assert_int_eq(load(&keyring), 0);
	ck_assert_uint_eq(keyring_current(keyring)->number, orders[_i].current);
	ck_assert_uint_eq(keyring_find(keyring, 1)->number, 1);
	ck_assert_ptr_null(keyring_find(keyring, 2));
	ck_assert_ptr_null(keyring_find(keyring, 0));
	keyring_free(keyring);
}
END_TEST

START_TEST(sub_keys_are_the_master_key_s_and_differ)
{
	const uint8_t master[CRYPTO_KEY_SIZE] = { 0x00, 0x11, 0x22, 0x33, 0x44,
		0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee,
		0xff, 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
		0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
	uint8_t records[CRYPTO_KEY_SIZE];
	struct keyring *keyring = NULL;
	const struct keyring_key *key;

	write_file("1 " HEX_A "\n", 67, 0400);
	ck_assert_int_eq(load(&keyring), 0);
	key = keyring_current(keyring);
	crypto_subkey(master, CRYPTO_RECORDS, records);
	ck_assert_mem_eq(key->records, records, sizeof(records));
	ck_assert_mem_ne(key->records, master, sizeof(master));
	ck_assert_mem_ne(key->records, key->audit, CRYPTO_KEY_SIZE);
	ck_assert_mem_ne(key->audit, key->tickets, CRYPTO_KEY_SIZE);
	keyring_free(keyring);
}
END_TEST

START_TEST(made_key_reads_back_and_is_random)
{
	struct keyring *a = NULL;
	struct keyring *b = NULL;
	struct stat st;

	umask(0);
	ck_assert_int_eq(keyring_make(path), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777U, 0400);
	ck_assert_uint_eq(st.st_uid, geteuid());
	ck_assert_int_eq(load(&a), 0);
	ck_assert_uint_eq(a->count, 1);
	ck_assert_uint_eq(keyring_current(a)->number, 1);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(keyring_make(path), 0);
	ck_assert_int_eq(load(&b), 0);
	ck_assert_mem_ne(
	    a->keys[0].records, b->keys[0].records, CRYPTO_KEY_SIZE);
	keyring_free(a);
	keyring_free(b);
}
END_TEST

START_TEST(make_never_replaces)
{
	struct stat before;
	struct stat after;

	write_file("anything", 8, 0400);
	ck_assert_int_eq(stat(path, &before), 0);
	ck_assert_int_eq(keyring_make(path), ERROR_EXISTS);
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert_int_eq(after.st_size, 8);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("/nonexistent/key", path), 0);
	ck_assert_int_eq(keyring_make(path), ERROR_EXISTS);
}
END_TEST

START_TEST(make_says_why_not)
{
	char far[8192];

	ck_assert_int_eq(keyring_make("/nonexistent/key"), ERROR_SYSTEM);
	ck_assert_int_eq(errno, ENOENT);
	memset(far, 'a', sizeof(far) - 1);
	far[sizeof(far) - 1] = '\0';
	ck_assert_int_eq(keyring_make(far), ERROR_SYSTEM);
	ck_assert_int_eq(errno, ENAMETOOLONG);
}
END_TEST

static const struct {
	struct keyline line;
	int result;
	uint8_t current;
} extensions[] = {
	{ { 8, "next" }, 0, 8 },
	{ { 9, "too far" }, ERROR_INVALID, 7 },
	{ { 6, "a gap" }, ERROR_INVALID, 7 },
	{ { 1, "before all" }, ERROR_INVALID, 7 },
	{ { 7, "another one" }, ERROR_EXISTS, 7 },
	{ { 3, "another one" }, ERROR_EXISTS, 7 },
};

START_TEST(only_the_next_key_is_added)
{
	struct keyring *keyring = NULL;
	const struct keyring_key *before;

	write_file("7 " HEX_A "\n3 " HEX_B "\n", 2 * 67, 0400);
	ck_assert_int_eq(load(&keyring), 0);
	before = keyring_current(keyring);
	ck_assert_int_eq(keyring_extend(keyring, &extensions[_i].line),
	    extensions[_i].result);
	ck_assert_uint_eq(
	    keyring_current(keyring)->number, extensions[_i].current);
	/* Readers that hold one go on with it. */
	ck_assert_ptr_eq(keyring_find(keyring, 7), before);
	/* An answer that was lost, and the same again. */
	if (extensions[_i].result == 0)
		ck_assert_int_eq(
		    keyring_extend(keyring, &extensions[_i].line), 0);
	ck_assert_uint_eq(keyring->count, extensions[_i].result == 0 ? 3 : 2);
	keyring_free(keyring);
}
END_TEST

/* It is what the next start reads from the file. */
START_TEST(an_added_key_is_that_of_the_file)
{
	struct keyring *a = NULL, *b = NULL;
	struct keyline line = { .number = 2 };

	write_file("1 " HEX_A "\n", 67, 0400);
	ck_assert_int_eq(load(&a), 0);
	ck_assert_int_eq(keyline_parse("2 " HEX_B "\n", &line), 0);
	ck_assert_int_eq(keyring_extend(a, &line), 0);
	write_file("1 " HEX_A "\n2 " HEX_B "\n", 2 * 67, 0400);
	ck_assert_int_eq(load(&b), 0);
	ck_assert_mem_eq(
	    keyring_current(a), keyring_current(b), sizeof(a->keys[0]));
	keyring_free(a);
	keyring_free(b);
}
END_TEST

START_TEST(numbers_end)
{
	const struct keyline line = { 255, "the last" };
	struct keyring *keyring = NULL;

	write_file("254 " HEX_A "\n", 69, 0400);
	ck_assert_int_eq(load(&keyring), 0);
	ck_assert_int_eq(keyring_extend(keyring, &line), 0);
	ck_assert_uint_eq(keyring_current(keyring)->number, 255);
	keyring_free(keyring);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("keyring");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(
	    tcase, mode_is_its_owner_s_alone, 0, (int)COUNT(modes));
	tcase_add_test(tcase, owner_is_root_or_who_started_the_process);
	tcase_add_test(tcase, absent_is_not_found);
	tcase_add_test(tcase, symbolic_link_is_refused);
	tcase_add_test(tcase, fifo_is_refused_at_once);
	tcase_add_test(tcase, directory_is_refused);
	tcase_add_loop_test(
	    tcase, damaged_file_is_refused, 0, (int)COUNT(damaged));
	tcase_add_test(tcase, every_truncation_is_refused);
	tcase_add_test(tcase, more_keys_than_there_is_room_for);
	tcase_add_loop_test(
	    tcase, highest_number_is_current, 0, (int)COUNT(orders));
	tcase_add_test(tcase, sub_keys_are_the_master_key_s_and_differ);
	tcase_add_loop_test(
	    tcase, only_the_next_key_is_added, 0, (int)COUNT(extensions));
	tcase_add_test(tcase, an_added_key_is_that_of_the_file);
	tcase_add_test(tcase, numbers_end);
	tcase_add_test(tcase, made_key_reads_back_and_is_random);
	tcase_add_test(tcase, make_never_replaces);
	tcase_add_test(tcase, make_says_why_not);
	return run_cases("keyring", &tcase, 1);
}
