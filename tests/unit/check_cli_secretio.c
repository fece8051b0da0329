/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/secretio.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "common/error.h"

#define TEXT "atk_a1b2c3d4e5_FkxA2b5Fy0kdRlr3nuUcKFnFFGi3YJJLH"

static char directory[] = "/tmp/apitoken-io-XXXXXX";
static char path[64];

static void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(directory));
	(void)snprintf(path, sizeof path, "%s/f", directory);
}

static void
teardown(void)
{
	(void)unlink(path);
	(void)rmdir(directory);
	memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
}

/* The bytes of a pipe that holds so many of text, one after the other. */
static int
pipe_with(const char *text, size_t size, size_t times)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	for (; times > 0; times--)
		ck_assert_int_eq(write(fds[1], text, size), (ssize_t)size);
	(void)close(fds[1]);
	return fds[0];
}

static const struct {
	const char *in;
	size_t times;
	int error;
	size_t size; /* read */
} reads[] = {
	{ TEXT, 1, 0, 48 },
	{ TEXT "\n", 1, 0, 48 },
	{ TEXT "\n\n", 1, 0, 49 },
	{ "\n" TEXT, 1, 0, 49 },
	{ TEXT "\r\n", 1, 0, 49 },
	{ "", 1, 0, 0 },
	{ "\n", 1, 0, 0 },
	{ "x", SECRET_SIZE - 1, 0, SECRET_SIZE - 1 },
	{ "x", SECRET_SIZE, 0, SECRET_SIZE },
	{ "x", SECRET_SIZE + 1, ERROR_TOO_LONG, 0 },
	{ "x", SECRET_SIZE + 2, ERROR_TOO_LONG, 0 },
	{ "x\n", 1000, ERROR_TOO_LONG, 0 },
};

START_TEST(reads_one_secret)
{
	struct secret secret = { .size = 7 };
	int fd = pipe_with(reads[_i].in, strlen(reads[_i].in), reads[_i].times);

	ck_assert_int_eq(secretio_read(fd, "Token", &secret), reads[_i].error);
	ck_assert_uint_eq(secret.size, reads[_i].size);
	(void)close(fd);
}
END_TEST

START_TEST(reads_nothing_from_nowhere)
{
	struct secret secret = { .size = 7 };

	ck_assert_int_eq(secretio_read(-1, "Token", &secret), ERROR_SYSTEM);
	ck_assert_uint_eq(secret.size, 0);
}
END_TEST

struct terminal {
	int master, slave;
	bool echoed; /* while the secret was asked for */
};

/* Types the secret once the terminal is silent or never will be. */
static void *
type_secret(void *argument)
{
	struct terminal *t = argument;
	struct termios settings;
	char prompt[8];

	/* The prompt is written after the echo was turned off. */
	ck_assert_int_gt(read(STDERR_FILENO + 100, prompt, 1), 0);
	(void)tcgetattr(t->slave, &settings);
	t->echoed = (settings.c_lflag & ECHO) != 0;
	(void)!write(t->master, TEXT "\nmore", 53);
	return NULL;
}

START_TEST(terminal_does_not_show_it)
{
	struct terminal t = { .echoed = true };
	struct secret secret = { 0 };
	struct termios settings;
	pthread_t thread;
	int fds[2], error_copy = dup(STDERR_FILENO);

	t.master = posix_openpt(O_RDWR | O_NOCTTY);
	ck_assert_int_ne(t.master, -1);
	ck_assert_int_eq(grantpt(t.master) | unlockpt(t.master), 0);
	t.slave = open(ptsname(t.master), O_RDWR | O_NOCTTY);
	ck_assert_int_ne(t.slave, -1);
	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(
	    dup2(fds[0], STDERR_FILENO + 100), STDERR_FILENO + 100);
	ck_assert_int_eq(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	ck_assert_int_eq(pthread_create(&thread, NULL, type_secret, &t), 0);
	ck_assert_int_eq(secretio_read(t.slave, "Token", &secret), 0);
	(void)pthread_join(thread, NULL);
	(void)dup2(error_copy, STDERR_FILENO);
	ck_assert_uint_eq(secret.size, 48);
	ck_assert_int_eq(memcmp(secret.bytes, TEXT, 48), 0);
	ck_assert(!t.echoed);
	ck_assert_int_eq(tcgetattr(t.slave, &settings), 0);
	ck_assert((settings.c_lflag & ECHO) != 0);
}
END_TEST

START_TEST(file_is_new_and_private)
{
	struct stat status;
	char bytes[8] = "";
	int fd;

	(void)umask(0);
	fd = secretio_create(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, 0600);
	ck_assert_int_eq(secretio_write(fd, span_of("abc")), 0);
	ck_assert_int_eq(secretio_close(fd), 0);
	fd = open(path, O_RDONLY);
	ck_assert_int_eq(read(fd, bytes, sizeof bytes), 3);
	ck_assert_str_eq(bytes, "abc");
	(void)close(fd);
	ck_assert_int_eq(secretio_create(path), ERROR_EXISTS);
}
END_TEST

START_TEST(link_is_not_followed)
{
	char target[80];

	(void)snprintf(target, sizeof target, "%s/t", directory);
	ck_assert_int_eq(symlink(target, path), 0);
	ck_assert_int_eq(secretio_create(path), ERROR_EXISTS);
	ck_assert_int_eq(access(target, F_OK), -1);
	(void)unlink(path);
}
END_TEST

START_TEST(no_directory_is_an_error)
{
	ck_assert_int_eq(secretio_create("/nowhere/at/all"), ERROR_SYSTEM);
	ck_assert_int_eq(secretio_may_create("/nowhere/at/all"), ERROR_SYSTEM);
	ck_assert_int_eq(secretio_may_create("/dev/null"), ERROR_EXISTS);
	ck_assert_int_eq(secretio_may_create("/dev/null/x"), ERROR_SYSTEM);
	ck_assert_int_eq(secretio_may_create("/tmp/it is not there"), 0);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(full_disk_is_an_error)
{
	int fd = open("/dev/full", O_WRONLY);

	ck_assert_int_eq(secretio_write(fd, span_of("abc")), ERROR_SYSTEM);
	ck_assert_int_eq(errno, ENOSPC);
	(void)close(fd);
	ck_assert_int_eq(secretio_close(-1), ERROR_SYSTEM);
}
END_TEST

START_TEST(writable_is_told_apart)
{
	int in = open("/dev/null", O_RDONLY), out = open("/dev/null", O_WRONLY);

	ck_assert(!secretio_is_writable(in));
	ck_assert(secretio_is_writable(out));
	(void)close(out);
	ck_assert(!secretio_is_writable(out));
	(void)close(in);
}
END_TEST

static const struct {
	const char *text;
	bool begins, holds;
} texts[] = {
	{ "", false, false },
	{ "backup", false, false },
	{ "a1b2c3d4e5", false, false },
	{ "atk", false, false },
	{ "atk_", true, false },
	{ "ata_x", true, false },
	{ "atr_x", true, false },
	{ "atm_x", true, false },
	{ "atz_x", false, false },
	{ "ATK_x", false, false },
	{ "atk_a1b2c3d4e5", true, false },
	{ "atk_a1b2c3d4e5_", true, false },
	{ "atk_a1b2c3d4e5_F", true, true },
	{ TEXT, true, true },
	{ TEXT "x", true, true },
	{ "secret-token:" TEXT, true, true },
	{ "secret-token:atk_x", true, false },
	{ "--token=" TEXT, false, true },
	{ "my atk_ tokens", false, false },
	{ "ftp://alice:" TEXT "@host/", false, true },
	{ "atk_atk_a1b2c3d4e5_F", true, true },
};

START_TEST(tokens_are_recognized)
{
	ck_assert_int_eq(
	    secretio_begins_token(texts[_i].text), texts[_i].begins);
	ck_assert_int_eq(secretio_holds_token(texts[_i].text), texts[_i].holds);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("cli/secretio");
	TCase *tcase = tcase_create("secretio");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(
	    tcase, reads_one_secret, 0, (int)(sizeof reads / sizeof reads[0]));
	tcase_add_test(tcase, reads_nothing_from_nowhere);
	tcase_add_test(tcase, terminal_does_not_show_it);
	tcase_add_test(tcase, file_is_new_and_private);
	tcase_add_test(tcase, link_is_not_followed);
	tcase_add_test(tcase, no_directory_is_an_error);
	tcase_add_test(tcase, full_disk_is_an_error);
	tcase_add_test(tcase, writable_is_told_apart);
	tcase_add_loop_test(tcase, tokens_are_recognized, 0,
	    (int)(sizeof texts / sizeof texts[0]));
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
