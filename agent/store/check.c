/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/store/walk.h"
#include "common/error.h"

/*
 * What LMDB 0.9 (data version 1) writes at the beginning of pages 0 and 1, in
 * the machine's own order: a page header of 16 bytes, then this.
 */
struct raw_meta {
	uint32_t magic;
	uint32_t version;
	uint64_t address;
	uint64_t map_size;
	uint32_t page_size; /* md_pad of the free list's database */
	uint8_t roots[92];
	uint64_t last_page;
	uint64_t transaction;
};

_Static_assert(sizeof(struct raw_meta) == 136, "layout of MDB_meta");

#define RAW_META_OFFSET 16
#define RAW_META_MAGIC	0xBEEFC0DEU

static int
read_meta(int fd, off_t page, struct raw_meta *meta)
{
	ssize_t got = pread(fd, meta, sizeof(*meta), page + RAW_META_OFFSET);

	return got == (ssize_t)sizeof(*meta) ? 0 : ERROR_CORRUPT;
}

static bool
meta_is_sound(const struct raw_meta *meta, uint64_t number)
{
	return meta->magic == RAW_META_MAGIC && meta->version == 1 &&
	       meta->page_size >= 512 && meta->page_size <= 65536 &&
	       (meta->page_size & (meta->page_size - 1)) == 0 &&
	       (meta->transaction & 1) == number;
}

/* Transaction n writes page n & 1, so that the other one has n - 1; a new
 * file has 0 in both. */
static int
check_metas(const struct raw_meta meta[2], char *why, size_t size)
{
	uint64_t a = meta[0].transaction;
	uint64_t b = meta[1].transaction;

	if (!meta_is_sound(&meta[0], 0) ||
	    !(meta_is_sound(&meta[1], 1) || b == 0) ||
	    meta[0].page_size != meta[1].page_size) {
		snprintf(why, size, "a meta page of the store is damaged");
		return ERROR_CORRUPT;
	}
	if (!(a == 0 && b == 0) && a + 1 != b && b + 1 != a) {
		snprintf(why, size,
		    "the store's meta pages are of transactions %llu and "
		    "%llu, not of two in a row",
		    (unsigned long long)a, (unsigned long long)b);
		return ERROR_CORRUPT;
	}
	return 0;
}

/* *is_short: pages at the end were never written.  LMDB may leave it so when
 * a transaction frees what it just took; a truncated file looks the same. */
static int
check_raw(int fd, bool *is_short, char *why, size_t size)
{
	struct raw_meta meta[2] = { 0 };
	uint64_t pages;
	struct stat st;
	int rv;

	snprintf(why, size, "the store's file is damaged or cut short");
	if (fstat(fd, &st) < 0)
		return ERROR_SYSTEM;
	rv = read_meta(fd, 0, &meta[0]);
	if (rv == 0 && meta_is_sound(&meta[0], 0))
		rv = read_meta(fd, (off_t)meta[0].page_size, &meta[1]);
	if (rv == 0)
		rv = check_metas(meta, why, size);
	if (rv < 0)
		return rv;
	pages = meta[0].transaction > meta[1].transaction ? meta[0].last_page
							  : meta[1].last_page;
	*is_short = (uint64_t)st.st_size / meta[0].page_size < pages + 1;
	return 0;
}

static int
open_data(const char *directory)
{
	char path[4096];

	if (snprintf(path, sizeof(path), "%s/" STORE_FILE, directory) >=
	    (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

bool
store_is_new(const char *directory)
{
	struct raw_meta meta[2] = { 0 };
	struct stat st;
	bool is_new;
	int fd = open_data(directory);

	if (fd < 0)
		return errno == ENOENT;
	is_new = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		 (st.st_size == 0 ||
		     (read_meta(fd, 0, &meta[0]) == 0 &&
			 meta_is_sound(&meta[0], 0) &&
			 read_meta(fd, (off_t)meta[0].page_size, &meta[1]) ==
			     0 &&
			 meta[0].transaction == 0 && meta[1].transaction == 0 &&
			 meta[1].magic == RAW_META_MAGIC));
	close(fd);
	return is_new;
}

/* The child's life: 0 if all is well, else it writes why and exits with 1. */
static _Noreturn void
check_in_child(const struct store_options *options,
    const struct keyring *keyring, bool walk, int out)
{
	struct store_options read_only = *options;
	char why[512] = "";
	struct store *store = NULL;
	int rv;

	read_only.read_only = true;
	rv = store_open(&read_only, keyring, &store, why, sizeof(why));
	if (rv == 0 && walk)
		rv = walk_store(store, why, sizeof(why));
	if (rv < 0 && write(out, why, strlen(why)) < 0)
		_exit(2);
	_exit(rv < 0 ? 1 : 0);
}

/* Waits until the child has closed its end, or the time is up. */
static size_t
hear_child(int in, int timeout_ms, char *why, size_t size, bool *in_time)
{
	struct pollfd poll_in = { .fd = in, .events = POLLIN };
	size_t got = 0;
	ssize_t n = 0;

	*in_time = poll(&poll_in, 1, timeout_ms) > 0;
	while (*in_time && got < size - 1 &&
	       (n = read(in, why + got, size - 1 - got)) > 0)
		got += (size_t)n;
	why[got] = '\0';
	return got;
}

static int
check_by_child(const struct store_options *options,
    const struct keyring *keyring, bool walk, bool *whole, char *why,
    size_t size)
{
	char heard[512];
	int ends[2];
	int wait_status = 0;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return ERROR_SYSTEM;
	pid = fork();
	if (pid == 0)
		check_in_child(options, keyring, walk, ends[1]);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return ERROR_SYSTEM;
	}
	hear_child(ends[0], CHECK_WALK_MS, heard, sizeof(heard), whole);
	close(ends[0]);
	if (!*whole)
		kill(pid, SIGKILL);
	while (waitpid(pid, &wait_status, 0) < 0 && errno == EINTR)
		continue;
	if (!*whole ||
	    (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0))
		return 0;
	snprintf(why, size, "%s",
	    heard[0] != '\0' ? heard
			     : "reading the store crashed: its file is "
			       "damaged or cut short");
	return ERROR_CORRUPT;
}

int
store_check(const struct store_options *options, const struct keyring *keyring,
    bool walk, bool *whole, char *why, size_t size)
{
	bool is_short = false;
	int fd;
	int rv;

	*whole = true;
	if (store_is_new(options->directory))
		return 0;
	fd = open_data(options->directory);
	if (fd < 0) {
		snprintf(why, size, "%s/" STORE_FILE " cannot be read: %s",
		    options->directory, strerror(errno));
		return ERROR_CORRUPT;
	}
	rv = check_raw(fd, &is_short, why, size);
	close(fd);
	if (rv < 0)
		return rv;
	return check_by_child(
	    options, keyring, walk || is_short, whole, why, size);
}
