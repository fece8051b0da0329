/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The store's file, as the agent reads it in its own process before it is
 * opened: any bytes, or a genuine file with some of its bytes changed.  What
 * comes of the meta pages lies within the file.  Of some inputs, a child
 * opens the whole: the token that was revoked stays so.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/store/check.h"
#include "agent/store/meta.h"
#include "agent/store/raw.h"
#include "common/error.h"
#include "tests/fuzz/begin.h"
#include "tests/unit/store_fixture.h"

#define CHANGE_SIZE 4  /* three bytes of where, one of what */
#define OPENED	    64 /* one of so many is opened */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fixture fixture;
static uint8_t *genuine, *changed;
static size_t genuine_size;
static char revoked[TOKEN_ID_SIZE + 1];
static int file;

static void
close_fixture(void)
{
	free(genuine);
	free(changed);
	fixture_fini(&fixture);
}

START_TEST(begin)
{
	struct record record;
	struct token token;

	ck_assert_int_eq(crypto_init(), 0);
	fixture_init(&fixture);
	atexit(close_fixture);
	good_token(&record, &token);
	memcpy(revoked, token.id, sizeof(revoked));
	ck_assert_int_eq(
	    fixture_create(&fixture, span_of(revoked), &record), 0);
	ck_assert_int_eq(
	    fixture_set_state(&fixture, span_of(revoked), STATE_REVOKED), 0);
	fixture_close(&fixture);
	genuine = fixture_read(fixture.data, &genuine_size);
	changed = malloc(genuine_size);
	ck_assert_ptr_nonnull(changed);
	file = memfd_create("store", MFD_CLOEXEC);
	ck_assert_int_ge(file, 0);
}
END_TEST

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_begin("fuzz_store", begin);
	return 0;
}

static void
write_whole(int fd, const uint8_t *bytes, size_t size)
{
	if (ftruncate(fd, 0) < 0 || pwrite(fd, bytes, size, 0) != (ssize_t)size)
		abort();
}

/* As store_check() begins, without a child. */
static void
read_raw(void)
{
	struct raw_meta metas[2];

	if (raw_read_metas(file, metas) < 0)
		return;
	for (uint64_t i = 0; i < 2; i++) {
		size_t page_size = metas[0].free_list.pad;
		uint8_t *page;
		struct span row;

		if (!raw_meta_is_sound(&metas[i], i) ||
		    metas[i].free_list.pad != page_size)
			continue;
		page = malloc(page_size);
		if (page == NULL)
			abort();
		if (raw_get(file, &metas[i], META_DATABASE, META_KEY, page,
			&row) == 0 &&
		    (row.data < page ||
			row.size > (size_t)(page + page_size - row.data)))
			abort();
		free(page);
	}
}

/* 0 unless the revoked token is there and good. */
static int
look_for_revoked(void)
{
	struct store_reader *reader;
	struct record record;
	struct row row;

	if (fixture_open(&fixture) < 0 ||
	    store_reader_open(fixture.store, &reader) < 0 ||
	    store_read_begin(reader) < 0)
		return 0;
	return store_get_authentic(reader, DB_TOKENS, span_of(revoked), &row) ==
		   0 &&
	       record_decode(row.body, &record) == 0 &&
	       record.state != STATE_REVOKED;
}

/* A crash is another matter: the next start walks the store, and seals. */
static void
open_in_child(void)
{
	bool whole;
	int status;
	pid_t pid;

	if (store_check(&fixture.options, fixture.keyring, true, &whole,
		fixture.why, sizeof(fixture.why)) < 0) {
		if (fixture.why[0] == '\0')
			abort();
		return;
	}
	pid = fork();
	if (pid == 0)
		_exit(look_for_revoked());
	if (pid < 0)
		abort();
	/* The fuzzer's own timer interrupts it. */
	while (waitpid(pid, &status, 0) != pid)
		if (errno != EINTR)
			abort();
	if (status != 0)
		abort();
}

static size_t
change(const uint8_t *data, size_t size)
{
	memcpy(changed, genuine, genuine_size);
	for (; size >= CHANGE_SIZE; size -= CHANGE_SIZE, data += CHANGE_SIZE) {
		size_t at = (size_t)(data[0] << 16 | data[1] << 8 | data[2]);

		changed[at % genuine_size] = data[3];
	}
	/* What is left over cuts the file. */
	return size == 0 ? genuine_size
			 : genuine_size - genuine_size / 256 * data[0];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned count;
	const uint8_t *bytes = data + 1;
	size_t length = size - 1;

	if (size == 0)
		return 0;
	if (data[0] != 0) {
		length = change(data + 1, size - 1);
		bytes = changed;
	}
	write_whole(file, bytes, length);
	read_raw();
	if (count++ % OPENED == 0) {
		int fd = open(fixture.data, O_WRONLY | O_CLOEXEC);

		if (fd < 0)
			abort();
		write_whole(fd, bytes, length);
		close(fd);
		open_in_child();
	}
	return 0;
}
