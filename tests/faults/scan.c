/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scan TOKENS KEY PLACE...: whether eight bytes in a row of any secret are at
 * a place: a file, a folder with all that is below, or, for a number, a
 * process: all of its memory, its arguments and its environment.
 *
 * TOKENS has a token on each line; of each the secret counts, raw, in base62
 * and in hexadecimal digits.  KEY is the agent's key file; of it count the
 * master keys and their sub-keys, raw and in hexadecimal digits, but not
 * where the agent keeps them: in memory that is locked and never dumped.
 * Ends with 1 after a line for each place with a find.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/model/crypto.h"
#include "common/error.h"
#include "common/keyline.h"
#include "common/tokentext.h"

#define WINDOW	     8
#define WINDOWS_MAX  65536
#define CHUNK	     (1 << 20)
#define SECRET_AT    15
#define SECRET_CHARS 27

struct window {
	uint8_t bytes[WINDOW];
	const char *what;
	bool is_key;
};

static struct window windows[WINDOWS_MAX];
static size_t window_count;
/* By the first two bytes, where to begin looking; sorted. */
static uint32_t first_of[65537];

static unsigned found;
static uint64_t scanned;

static void
add(const char *what, const void *bytes, size_t size, bool is_key)
{
	for (size_t i = 0; i + WINDOW <= size; i++) {
		struct window *window = &windows[window_count++];

		if (window_count == WINDOWS_MAX) {
			fprintf(stderr, "scan: too many secrets\n");
			exit(2);
		}
		memcpy(window->bytes, (const uint8_t *)bytes + i, WINDOW);
		window->what = what;
		window->is_key = is_key;
	}
}

/* As bytes and as digits, small and capital. */
static void
add_bytes(const char *raw, const char *hex, const uint8_t *bytes, size_t size,
    bool is_key)
{
	char digits[2 * 64 + 1];

	add(raw, bytes, size, is_key);
	for (size_t i = 0; i < size; i++)
		snprintf(digits + 2 * i, 3, "%02x", bytes[i]);
	add(hex, digits, 2 * size, is_key);
	for (size_t i = 0; i < 2 * size; i++)
		digits[i] = (char)toupper((unsigned char)digits[i]);
	add(hex, digits, 2 * size, is_key);
}

static void
read_tokens(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[256];
	struct token token;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (tokentext_parse(line, strlen(line), &token) < 0) {
			fprintf(stderr, "scan: %s: not a token\n", path);
			exit(2);
		}
		add("base62", line + SECRET_AT, SECRET_CHARS, false);
		add_bytes("a secret", "a secret in hex", token.secret,
		    sizeof(token.secret), false);
	}
	if (file == NULL || window_count == 0) {
		fprintf(stderr, "scan: %s: no tokens\n", path);
		exit(2);
	}
	fclose(file);
}

static void
read_keys(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[256];
	struct keyline key;
	size_t before = window_count;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		if (keyline_parse(line, &key) < 0)
			continue;
		add_bytes("a master key", "a master key in hex", key.key,
		    sizeof(key.key), true);
		for (enum crypto_use use = CRYPTO_RECORDS;
		     use <= CRYPTO_BACKUPS; use++) {
			uint8_t sub[CRYPTO_KEY_SIZE];

			crypto_subkey(key.key, use, sub);
			add_bytes("a sub-key", "a sub-key in hex", sub,
			    sizeof(sub), true);
		}
	}
	if (file == NULL || window_count == before) {
		fprintf(stderr, "scan: %s: no keys\n", path);
		exit(2);
	}
	fclose(file);
}

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, WINDOW);
}

static void
sort_windows(void)
{
	size_t at = 0;

	qsort(windows, window_count, sizeof(windows[0]), compare);
	for (uint32_t two = 0; two <= 65536; two++) {
		while (
		    at < window_count && (uint32_t)(windows[at].bytes[0] << 8 |
						    windows[at].bytes[1]) < two)
			at++;
		first_of[two] = (uint32_t)at;
	}
}

static const struct window *
find(const uint8_t *bytes, bool keys_too)
{
	uint32_t two = (uint32_t)(bytes[0] << 8 | bytes[1]);

	for (uint32_t i = first_of[two]; i < first_of[two + 1]; i++)
		if ((keys_too || !windows[i].is_key) &&
		    memcmp(windows[i].bytes, bytes, WINDOW) == 0)
			return &windows[i];
	return NULL;
}

/* Reads from one place to another, what cannot be read left out. */
static void
scan_range(int fd, uint64_t from, uint64_t to, bool keys_too, const char *name)
{
	static uint8_t bytes[CHUNK + WINDOW];

	while (from < to) {
		size_t want = to - from < CHUNK ? (size_t)(to - from) : CHUNK;
		ssize_t got = pread(fd, bytes, want + WINDOW - 1, (off_t)from);

		if (got > 0)
			scanned += (uint64_t)got;
		for (ssize_t i = 0; i + WINDOW <= got; i++) {
			const struct window *w = find(bytes + i, keys_too);

			if (w == NULL)
				continue;
			printf("scan: %s: %s at %#jx\n", name, w->what,
			    (uintmax_t)from + (uintmax_t)i);
			found++;
			return;
		}
		from += want;
	}
}

static void
scan_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	off_t end;

	if (fd < 0 || (end = lseek(fd, 0, SEEK_END)) < 0) {
		fprintf(stderr, "scan: %s: %s\n", path, strerror(errno));
		exit(2);
	}
	scan_range(fd, 0, (uint64_t)end, true, path);
	close(fd);
}

static int
visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)type;
	(void)ftw;
	if (S_ISREG(st->st_mode))
		scan_file(path);
	return 0;
}

/* Files of /proc have no end to seek to. */
static void
scan_words(const char *pid, const char *file)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		fprintf(stderr, "scan: %s: %s\n", path, strerror(errno));
		exit(2);
	}
	scan_range(fd, 0, CHUNK, true, path);
	close(fd);
}

struct range {
	uint64_t from, to;
	char name[128];
};

static void
scan_map(
    int memory, const char *pid, const struct range *range, const char *flags)
{
	char name[256];
	bool kept = strstr(flags, " dd") != NULL &&
		    strstr(flags, " lo") != NULL;

	snprintf(name, sizeof(name), "memory of %s: %s", pid, range->name);
	scan_range(memory, range->from, range->to, !kept, name);
}

static void
scan_process(const char *pid)
{
	char path[64], line[512], access[8];
	uint64_t before = scanned;
	struct range range = { 0 };
	int memory;
	FILE *maps;

	scan_words(pid, "cmdline");
	scan_words(pid, "environ");
	snprintf(path, sizeof(path), "/proc/%s/smaps", pid);
	maps = fopen(path, "r");
	snprintf(path, sizeof(path), "/proc/%s/mem", pid);
	memory = open(path, O_RDONLY | O_CLOEXEC);
	while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
		uintmax_t from, to;
		char name[128] = "anonymous";

		if (sscanf(line, "%jx-%jx %7s %*s %*s %*s %127[^\n]", &from,
			&to, access, name) >= 3) {
			range = (struct range) { .from = from, .to = to };
			memcpy(range.name, name, sizeof(name));
		} else if (strncmp(line, "VmFlags:", 8) == 0 &&
			   access[0] == 'r')
			scan_map(memory, pid, &range, line);
	}
	if (maps == NULL || memory < 0 || scanned - before < CHUNK) {
		fprintf(stderr, "scan: %s: its memory cannot be read\n", pid);
		exit(2);
	}
	fclose(maps);
	close(memory);
}

int
main(int argc, char **argv)
{
	if (argc < 4 || crypto_init() < 0) {
		fprintf(stderr, "usage: scan TOKENS KEY PLACE...\n");
		return 2;
	}
	read_tokens(argv[1]);
	read_keys(argv[2]);
	sort_windows();
	for (int i = 3; i < argc; i++) {
		if (argv[i][strspn(argv[i], "0123456789")] == '\0')
			scan_process(argv[i]);
		else if (nftw(argv[i], visit, 16, FTW_PHYS) != 0) {
			fprintf(
			    stderr, "scan: %s: %s\n", argv[i], strerror(errno));
			return 2;
		}
	}
	printf("scan: %zu windows in %ju bytes: %u places with one\n",
	    window_count, (uintmax_t)scanned, found);
	return found > 0;
}
