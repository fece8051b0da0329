/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * A running agent: every thread of it is confined, and the processes that look
 * names up, which may load anything, have no right and no secret of it.  To
 * read another process's memory takes root; else that is skipped.
 */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/model/crypto.h"
#include "common/keyline.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"

#define WINDOW	     8 /* bytes of a secret in a row that are one too many */
#define NEEDLES_MAX  1024
#define FAMILY_MAX   4
#define MAPPING_MAX  (64L << 20) /* the store's is 64 GiB of nothing */
#define THREADS_MIN  3
#define STATUS_LINES 4096

struct needle {
	uint8_t bytes[2 * WINDOW];
	size_t size;
};

static struct needle needles[NEEDLES_MAX];
static size_t needle_count;

/* "Seccomp:\t2" of a status file; the text behind the tab. */
static bool
status_is(const char *path, const char *name, const char *expected)
{
	char line[STATUS_LINES];
	size_t length = strlen(name);
	bool found = false;
	FILE *file = fopen(path, "r");

	while (file != NULL && !found && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		found = strncmp(line, name, length) == 0 &&
			strcmp(line + length, expected) == 0;
	}
	if (file != NULL)
		fclose(file);
	return found;
}

static pid_t
parent_of(const char *path)
{
	char line[STATUS_LINES];
	pid_t parent = -1;
	FILE *file = fopen(path, "r");

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "PPid:\t%d", &parent) == 1)
			break;
	if (file != NULL)
		fclose(file);
	return parent;
}

/* Children and their children. */
static size_t
descendants(pid_t parent, pid_t *found, size_t count)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char path[64];

	ck_assert_ptr_nonnull(proc);
	while ((entry = readdir(proc)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		snprintf(path, sizeof(path), "/proc/%d/status", pid);
		if (pid <= 0 || count == FAMILY_MAX ||
		    parent_of(path) != parent)
			continue;
		found[count++] = pid;
		count = descendants(pid, found, count);
	}
	closedir(proc);
	return count;
}

START_TEST(every_thread_is_confined)
{
	pid_t agent = realagent_start("");
	char path[300];
	int threads = 0;
	struct dirent *entry;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", agent);
	tasks = opendir(path);
	ck_assert_ptr_nonnull(tasks);
	while ((entry = readdir(tasks)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%s/status", agent,
		    entry->d_name);
		ck_assert(status_is(path, "Seccomp:\t", CONFINED));
		ck_assert(status_is(path, "NoNewPrivs:\t", "1"));
		threads++;
	}
	closedir(tasks);
	ck_assert_int_ge(threads, THREADS_MIN);
	realagent_stop(agent);
}
END_TEST

START_TEST(names_have_no_rights)
{
	pid_t agent = realagent_start("");
	pid_t family[FAMILY_MAX];
	size_t count = descendants(agent, family, 0);
	char path[64];

	ck_assert_uint_eq(count, 2);
	for (size_t i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "/proc/%d/status", family[i]);
		ck_assert(status_is(path, "NoNewPrivs:\t", "1"));
		ck_assert(status_is(path, "CapPrm:\t", "0000000000000000"));
		ck_assert(status_is(path, "CapAmb:\t", "0000000000000000"));
	}
	realagent_stop(agent);
}
END_TEST

/* Every window of a secret, as it is and in hexadecimal digits. */
static void
add_needles(const uint8_t *secret, size_t size)
{
	for (size_t at = 0; at + WINDOW <= size; at++) {
		struct needle *raw = &needles[needle_count++];
		struct needle *hex = &needles[needle_count++];

		ck_assert_uint_lt(needle_count, NEEDLES_MAX);
		memcpy(raw->bytes, secret + at, WINDOW);
		raw->size = WINDOW;
		for (size_t i = 0; i < WINDOW; i++) {
			char digits[3];

			snprintf(
			    digits, sizeof(digits), "%02x", secret[at + i]);
			memcpy(hex->bytes + 2 * i, digits, 2);
		}
		hex->size = 2 * (size_t)WINDOW;
	}
}

static void
add_text(const char *text)
{
	for (size_t at = 0; at + WINDOW <= strlen(text); at++) {
		memcpy(needles[needle_count].bytes, text + at, WINDOW);
		needles[needle_count++].size = WINDOW;
		ck_assert_uint_lt(needle_count, NEEDLES_MAX);
	}
}

/* The master key and all that the agent makes of it. */
static void
add_keys(void)
{
	char line[KEYLINE_SIZE];
	struct keyline master;
	uint8_t key[CRYPTO_KEY_SIZE];
	FILE *file = fopen(login_path("master.key"), "r");

	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
	fclose(file);
	ck_assert_int_eq(keyline_parse(line, &master), 0);
	add_needles(master.key, sizeof(master.key));
	for (enum crypto_use use = CRYPTO_RECORDS; use <= CRYPTO_BACKUPS;
	     use++) {
		crypto_subkey(master.key, use, key);
		add_needles(key, sizeof(key));
	}
}

static bool
is_needle(const uint8_t *at, size_t left)
{
	for (size_t i = 0; i < needle_count; i++)
		if (needles[i].size <= left &&
		    memcmp(at, needles[i].bytes, needles[i].size) == 0)
			return true;
	return false;
}

/* Most places are told by two bytes. */
static size_t
hits_of(const uint8_t *memory, size_t size)
{
	static bool begins[65536];
	size_t hits = 0;

	for (size_t i = 0; i < needle_count; i++)
		begins[needles[i].bytes[0] << 8 | needles[i].bytes[1]] = true;
	for (size_t at = 0; at + 1 < size; at++)
		if (begins[memory[at] << 8 | memory[at + 1]] &&
		    is_needle(memory + at, size - at))
			hits++;
	return hits;
}

/* How many windows are in a process's memory; what is read is added. */
static size_t
hits_in(pid_t pid, size_t *read_bytes)
{
	char path[64], line[STATUS_LINES];
	unsigned long from, to;
	size_t hits = 0;
	FILE *maps;
	int memory;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	memory = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "r");
	ck_assert_int_ge(memory, 0);
	ck_assert_ptr_nonnull(maps);
	while (fgets(line, sizeof(line), maps) != NULL) {
		uint8_t *copy;
		ssize_t got;

		if (sscanf(line, "%lx-%lx r", &from, &to) != 2 ||
		    to - from > MAPPING_MAX)
			continue;
		copy = malloc(to - from);
		ck_assert_ptr_nonnull(copy);
		got = pread(memory, copy, to - from, (off_t)from);
		if (got > 0) {
			hits += hits_of(copy, (size_t)got);
			*read_bytes += (size_t)got;
		}
		free(copy);
	}
	fclose(maps);
	close(memory);
	return hits;
}

START_TEST(names_have_no_secret)
{
	const char *const create[] = { "create", "t", "--user", "nobody",
		"--quiet", NULL };
	const char *const list[] = { "list", NULL };
	pid_t agent = realagent_start("");
	pid_t family[FAMILY_MAX];
	size_t count = descendants(agent, family, 0);
	size_t looked = 0, ignored = 0;
	char token[128], line[128];

	ck_assert_int_eq(realagent_command(token, sizeof(token), create), 0);
	ck_assert_int_eq(realagent_command(line, sizeof(line), list), 0);
	add_keys();
	/* Its id is public, and so is what stands before it. */
	add_text(token + 15);
	/* One that finds nothing anywhere would prove nothing. */
	ck_assert_uint_gt(hits_in(agent, &ignored), 0);
	ck_assert_uint_eq(count, 2);
	for (size_t i = 0; i < count; i++)
		ck_assert_uint_eq(hits_in(family[i], &looked), 0);
	printf("sandbox: no window of %d bytes of %zu in %zu KiB of memory\n",
	    WINDOW, needle_count, looked / 1024);
	ck_assert_uint_gt(looked, 65536);
	realagent_stop(agent);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sandbox");
	TCase *tcase = tcase_create("sandbox");
	SRunner *runner = srunner_create(suite);
	int failed;

	if (crypto_init() < 0)
		return EXIT_FAILURE;
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, every_thread_is_confined);
	tcase_add_test(tcase, names_have_no_rights);
	if (geteuid() == 0)
		tcase_add_test(tcase, names_have_no_secret);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
