/* SPDX-License-Identifier: BSD-3-Clause */
/* The key file, as `key rotate` adds to it. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/keyfile.h"
#include "common/error.h"

#define HEX_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEX_B "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static char folder[64], path[80];
static struct keyfile keyfile;

static void
setup(void)
{
	strcpy(folder, "/tmp/keyfileXXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/key", folder);
}

static void
teardown(void)
{
	keyfile_close(&keyfile);
	(void)unlink(path);
	ck_assert_int_eq(rmdir(folder), 0); /* nothing was left beside it */
}

static void
write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fchmod(fileno(file), 0400), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static const char *
read_file(void)
{
	static char text[1024];
	FILE *file = fopen(path, "r");

	ck_assert_ptr_nonnull(file);
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	(void)fclose(file);
	return text;
}

START_TEST(adds_a_line)
{
	struct keyline line = { .number = 9, .key = { 0xab, 0xcd } };
	struct stat before, after;

	write_file("3 " HEX_A "\n8 " HEX_B "\n1 " HEX_A "\n");
	if (geteuid() == 0)
		ck_assert_int_eq(chown(path, 1234, 567), 0);
	ck_assert_int_eq(stat(path, &before), 0);
	ck_assert_int_eq(keyfile_open(&keyfile, path), 0);
	ck_assert_uint_eq(keyfile.last.number, 8);
	ck_assert_int_eq(keyfile_add(&keyfile, &line), 0);
	ck_assert_str_eq(read_file(),
	    "3 " HEX_A "\n8 " HEX_B "\n1 " HEX_A "\n"
	    "9 abcd000000000000000000000000000000000000000000000000000000000000"
	    "\n");
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_uint_eq(after.st_mode, before.st_mode);
	ck_assert_uint_eq(after.st_uid, before.st_uid);
	ck_assert_uint_eq(after.st_gid, before.st_gid);
}
END_TEST

START_TEST(finds_a_line)
{
	struct keyline line;

	write_file("3 " HEX_A "\n8 " HEX_B "\n");
	ck_assert_int_eq(keyfile_open(&keyfile, path), 0);
	ck_assert_int_eq(keyfile_find(&keyfile, 3, &line), 0);
	ck_assert_uint_eq(line.key[1], 0x11);
	ck_assert_int_eq(keyfile_find(&keyfile, 4, &line), ERROR_NOT_FOUND);
}
END_TEST

static const char *const damaged[] = {
	"",
	"\n",
	"1 " HEX_A,
	"1 " HEX_A "\n2 " HEX_A,
	"1 " HEX_A "\n2\n",
	"1 " HEX_A "\n\n",
	"0 " HEX_A "\n",
	"256 " HEX_A "\n",
	"1 " HEX_A HEX_A "\n",
	"[sockets]\nauth = x\n",
};

START_TEST(a_damaged_file_is_left_alone)
{
	write_file(damaged[_i]);
	ck_assert_int_eq(keyfile_open(&keyfile, path), ERROR_MALFORMED);
	ck_assert_str_eq(read_file(), damaged[_i]);
}
END_TEST

/* Two at a time would give the agent a key that the file then has not. */
START_TEST(only_one_at_a_time)
{
	struct keyfile other;

	write_file("1 " HEX_A "\n");
	ck_assert_int_eq(keyfile_open(&keyfile, path), 0);
	ck_assert_int_eq(keyfile_open(&other, path), ERROR_EXISTS);
	keyfile_close(&other);
	keyfile_close(&keyfile);
	ck_assert_int_eq(keyfile_open(&keyfile, path), 0);
}
END_TEST

START_TEST(says_why_not)
{
	char link[96];

	ck_assert_int_eq(
	    keyfile_open(&keyfile, "/nonexistent/key"), ERROR_SYSTEM);
	keyfile_close(&keyfile);
	ck_assert_int_eq(keyfile_open(&keyfile, path), ERROR_SYSTEM);
	ck_assert_int_eq(errno, ENOENT);
	keyfile_close(&keyfile);
	(void)snprintf(link, sizeof link, "%s/link", folder);
	write_file("1 " HEX_A "\n");
	ck_assert_int_eq(symlink(path, link), 0);
	ck_assert_int_eq(keyfile_open(&keyfile, link), ERROR_SYSTEM);
	ck_assert_int_eq(errno, ELOOP);
	(void)unlink(link);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("keyfile");
	TCase *tcase = tcase_create("keyfile");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, adds_a_line);
	tcase_add_test(tcase, finds_a_line);
	tcase_add_loop_test(
	    tcase, a_damaged_file_is_left_alone, 0, COUNT(damaged));
	tcase_add_test(tcase, only_one_at_a_time);
	tcase_add_test(tcase, says_why_not);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
