/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/store/meta.h"
#include "agent/store/pages.h"
#include "agent/store/raw.h"
#include "agent/store/walk.h"
#include "common/clock.h"
#include "common/error.h"

/* Transaction n writes page n & 1, so that the other one has n - 1; a new
 * file has 0 in both. */
static int
check_metas(const struct raw_meta metas[2], char *why, size_t size)
{
	uint64_t a = metas[0].transaction;
	uint64_t b = metas[1].transaction;

	if (!raw_meta_is_sound(&metas[1], b == 0 ? 0 : 1) ||
	    metas[0].free_list.pad != metas[1].free_list.pad) {
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

/*
 * Whether the meta row in the state that a meta page stands for is of the
 * transaction that the page claims.  The older page matters as much as the
 * newer: a flipped bit that makes n into n - 2 leaves two in a row, and LMDB
 * then takes n - 1, a state that is authentic and not the last.
 * LMDB keeps the pages of the last two states whole, whatever it was doing
 * when it ended.
 */
static int
check_state(int fd, const struct raw_meta *meta, const struct keyring *keyring,
    char *why, size_t size)
{
	uint8_t *page = malloc(meta->free_list.pad);
	uint64_t transaction = 0;
	struct span row;
	int rv = ERROR_MEMORY;

	if (page == NULL)
		return rv;
	rv = raw_get(fd, meta, META_DATABASE, META_KEY, page, &row);
	if (rv < 0)
		snprintf(why, size,
		    "the state of transaction %llu in the store's file is "
		    "damaged",
		    (unsigned long long)meta->transaction);
	else
		rv = meta_read(keyring, row, &transaction, why, size);
	if (rv == 0 && transaction != meta->transaction) {
		snprintf(why, size,
		    "a meta page of the store is damaged: it claims "
		    "transaction %llu for the state of %llu",
		    (unsigned long long)meta->transaction,
		    (unsigned long long)transaction);
		rv = ERROR_CORRUPT;
	}
	free(page);
	return rv;
}

/* *is_short: pages at the end were never written.  LMDB may leave it so when
 * a transaction frees what it just took; a truncated file looks the same. */
static int
check_raw(int fd, const struct keyring *keyring, bool *is_short, char *why,
    size_t size)
{
	struct raw_meta metas[2] = { 0 };
	uint64_t last_page;
	struct stat st;
	int rv;

	snprintf(why, size, "the store's file is damaged or cut short");
	if (fstat(fd, &st) < 0)
		return ERROR_SYSTEM;
	rv = raw_read_metas(fd, metas);
	if (rv == 0)
		rv = check_metas(metas, why, size);
	for (size_t i = 0; i < 2 && rv == 0; i++)
		if (metas[i].transaction > 0)
			rv = check_state(fd, &metas[i], keyring, why, size);
	if (rv < 0)
		return rv;
	last_page =
	    metas[metas[1].transaction > metas[0].transaction].last_page;
	*is_short = (uint64_t)st.st_size / metas[0].free_list.pad <= last_page;
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
	struct raw_meta metas[2] = { 0 };
	struct stat st;
	bool is_new;
	int fd = open_data(directory);

	if (fd < 0)
		return errno == ENOENT;
	is_new = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		 (st.st_size == 0 || (raw_read_metas(fd, metas) == 0 &&
					 metas[0].transaction == 0 &&
					 metas[1].transaction == 0 &&
					 raw_meta_is_sound(&metas[1], 0)));
	close(fd);
	return is_new;
}

/* What a child looks at. */
enum part {
	PART_OPENING, /* as store_open() does */
	PART_PAGES,   /* that each is in one place */
	PART_ROWS,    /* each row and index entry */
};

int
check_pages(const struct store_options *options, const struct raw_meta *meta,
    char *why, size_t size)
{
	int fd = open_data(options->directory);
	int rv = ERROR_SYSTEM;

	if (fd < 0)
		return rv;
	rv = pages_check(
	    fd, meta, options->map_size / meta->free_list.pad, why, size);
	close(fd);
	return rv;
}

static int
look_at_pages(const struct store_options *options, char *why, size_t size)
{
	struct raw_meta metas[2] = { 0 };
	int fd = open_data(options->directory);
	int rv = fd < 0 ? ERROR_SYSTEM : raw_read_metas(fd, metas);

	if (fd >= 0)
		close(fd);
	if (rv < 0)
		return rv;
	return check_pages(options,
	    &metas[metas[1].transaction > metas[0].transaction], why, size);
}

int
check_rows(const struct store_options *options, const struct keyring *keyring,
    char *why, size_t size)
{
	struct store_options read_only = *options;
	struct store *store = NULL;
	int rv;

	read_only.read_only = true;
	rv = store_open(&read_only, keyring, &store, why, size);
	if (rv == 0)
		rv = walk_store(store, why, size);
	return rv;
}

static int
look_at(enum part part, const struct store_options *options,
    const struct keyring *keyring, char *why, size_t size)
{
	struct store_options read_only = *options;
	struct store *store = NULL;

	if (part == PART_PAGES)
		return look_at_pages(options, why, size);
	if (part == PART_ROWS)
		return check_rows(options, keyring, why, size);
	read_only.read_only = true;
	return store_open(&read_only, keyring, &store, why, size);
}

/* The child's life: 0 if all is well, else it writes why and exits with 1. */
static _Noreturn void
check_in_child(enum part part, const struct store_options *options,
    const struct keyring *keyring, int out, pid_t parent)
{
	char why[512] = "";
	int rv;

	/* It holds the lock and the sockets too: it must not outlive the agent,
	 * which may have gone before this was said. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(2);
	rv = look_at(part, options, keyring, why, sizeof(why));
	if (rv < 0 && write(out, why, strlen(why)) < 0)
		_exit(2);
	_exit(rv < 0 ? 1 : 0);
}

/* What the child says until it closes its end; false once time is up. */
static bool
hear_child(int in, uint64_t deadline, char *why, size_t size)
{
	struct pollfd poll_in = { .fd = in, .events = POLLIN };
	size_t got = 0;

	for (;;) {
		uint64_t now = clock_ms();
		int left = now < deadline ? (int)(deadline - now) : 0;
		int ready = poll(&poll_in, 1, left);
		ssize_t n = 0;

		why[got] = '\0';
		if (ready == 0)
			return false;
		if (ready > 0)
			n = read(in, why + got, size - 1 - got);
		if ((ready < 0 || n < 0) && errno == EINTR)
			continue;
		if (ready < 0 || n <= 0)
			return true;
		got += (size_t)n;
	}
}

/* ERROR_TIMEOUT if the child had not ended in so many ms. */
static int
check_by_child(enum part part, uint64_t limit,
    const struct store_options *options, const struct keyring *keyring,
    char *why, size_t size)
{
	pid_t parent = getpid();
	char heard[512];
	int ends[2];
	int wait_status = 0;
	bool in_time;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return ERROR_SYSTEM;
	pid = fork();
	if (pid == 0)
		check_in_child(part, options, keyring, ends[1], parent);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return ERROR_SYSTEM;
	}
	in_time = hear_child(ends[0], clock_ms() + limit, heard, sizeof(heard));
	close(ends[0]);
	if (!in_time)
		kill(pid, SIGKILL);
	while (waitpid(pid, &wait_status, 0) < 0 && errno == EINTR)
		continue;
	if (!in_time)
		return ERROR_TIMEOUT;
	if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0)
		return 0;
	snprintf(why, size, "%s",
	    heard[0] != '\0' ? heard
			     : "reading the store crashed: its file is "
			       "damaged or cut short");
	return ERROR_CORRUPT;
}

static int
check_once(const struct store_options *options, const struct keyring *keyring,
    bool walk, bool *whole, char *why, size_t size)
{
	uint64_t pages_ms = CHECK_WALK_MS;
	bool is_short = false;
	struct stat st;
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
	rv = check_raw(fd, keyring, &is_short, why, size);
	if (!walk && !is_short && fstat(fd, &st) == 0 &&
	    st.st_size > CHECK_PAGES_SIZE)
		pages_ms = CHECK_PAGES_MS;
	close(fd);
	if (rv == 0)
		rv = check_by_child(
		    PART_OPENING, CHECK_WALK_MS, options, keyring, why, size);
	if (rv == ERROR_TIMEOUT) {
		snprintf(why, size, "opening the store takes too long");
		return ERROR_CORRUPT;
	}
	if (rv == 0)
		rv = check_by_child(
		    PART_PAGES, pages_ms, options, keyring, why, size);
	if (rv == 0 && (walk || is_short))
		rv = check_by_child(
		    PART_ROWS, CHECK_WALK_MS, options, keyring, why, size);
	*whole = rv != ERROR_TIMEOUT;
	if (!*whole && is_short) {
		snprintf(why, size,
		    "the store's file is short and could not be looked at "
		    "whole");
		return ERROR_CORRUPT;
	}
	return *whole ? rv : 0;
}

/* Damage is found twice; what was but a lack of memory or of descriptors at
 * the time is not, and must not seal the agent for good. */
int
store_check(const struct store_options *options, const struct keyring *keyring,
    bool walk, bool *whole, char *why, size_t size)
{
	int rv = check_once(options, keyring, walk, whole, why, size);

	if (rv == ERROR_CORRUPT)
		rv = check_once(options, keyring, walk, whole, why, size);
	return rv;
}
