/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/store_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"

#define MAP_SIZE (1 << 20)

void
fixture_init(struct fixture *f)
{
	const char *tmp = getenv("TMPDIR");

	memset(f, 0, sizeof(*f));
	snprintf(f->directory, sizeof(f->directory), "%.40s/storeXXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	ck_assert_int_eq(crypto_init(), 0);
	ck_assert_ptr_nonnull(mkdtemp(f->directory));
	snprintf(f->store_directory, sizeof(f->store_directory), "%s/store",
	    f->directory);
	snprintf(
	    f->data, sizeof(f->data), "%s/" STORE_FILE, f->store_directory);
	snprintf(f->key, sizeof(f->key), "%s/key", f->directory);
	ck_assert_int_eq(mkdir(f->store_directory, 0700), 0);
	ck_assert_int_eq(keyring_make(f->key), 0);
	ck_assert_int_eq(
	    keyring_load(f->key, &f->keyring, f->why, sizeof(f->why)), 0);
	f->options = (struct store_options) {
		.directory = f->store_directory,
		.map_size = MAP_SIZE,
	};
	ck_assert_int_eq(fixture_open(f), 0);
}

int
fixture_open(struct fixture *f)
{
	return store_open(
	    &f->options, f->keyring, &f->store, f->why, sizeof(f->why));
}

void
fixture_close(struct fixture *f)
{
	store_reader_close(f->reader);
	f->reader = NULL;
	store_close(f->store);
	f->store = NULL;
}

void
fixture_fini(struct fixture *f)
{
	static const char *const files[] = { "/store/" STORE_FILE,
		"/store/" STORE_FILE "-lock", "/store/agent.lock", "/store",
		"/key", "" };
	char path[128];

	fixture_close(f);
	keyring_free(f->keyring);
	for (size_t i = 0; i < COUNT(files); i++) {
		snprintf(path, sizeof(path), "%s%s", f->directory, files[i]);
		if (remove(path) < 0)
			continue;
	}
	list_reset();
}

struct store_reader *
fixture_view(struct fixture *f)
{
	if (f->reader == NULL)
		ck_assert_int_eq(store_reader_open(f->store, &f->reader), 0);
	else
		store_read_end(f->reader);
	ck_assert_int_eq(store_read_begin(f->reader), 0);
	return f->reader;
}

struct span
fixture_id(unsigned number)
{
	static char ids[64][TOKEN_ID_SIZE + 1];
	static size_t next;
	char *id = ids[next++ % COUNT(ids)];

	snprintf(id, sizeof(ids[0]), "token%05u", number % 100000);
	return span_of(id);
}

int
fixture_load(
    struct fixture *f, struct span id, struct record *record, uint32_t *version)
{
	struct row row;
	int rv = store_get_authentic(fixture_view(f), DB_TOKENS, id, &row);

	if (rv < 0)
		return rv;
	*version = row.version;
	return record_decode(row.body, record);
}

int
fixture_apply(struct fixture *f, struct changeset *set)
{
	int result = ERROR_INVALID;
	int rv = store_apply(f->store, &set, 1, &result);

	changeset_free(set);
	ck_assert(rv == 0 || rv == result);
	return result;
}

struct audit_entry
fixture_audit(const char *action, struct span subject)
{
	return (struct audit_entry) {
		.at = NOW,
		.actor = span_of("alice"),
		.action = span_of(action),
		.subject = subject,
	};
}

int
fixture_create(struct fixture *f, struct span id, const struct record *record)
{
	const struct audit_entry audit = fixture_audit("token.create", id);
	struct changeset *set = changeset_new();

	changeset_token(set, id, NULL, VERSION_ABSENT, record);
	changeset_audit(set, &audit);
	return fixture_apply(f, set);
}

int
fixture_set_state(struct fixture *f, struct span id, enum token_state state)
{
	const struct audit_entry audit = fixture_audit("token.state", id);
	struct changeset *set = changeset_new();
	struct record before;
	struct record after;
	uint32_t version;

	ck_assert_int_eq(fixture_load(f, id, &before, &version), 0);
	after = before;
	after.state = state;
	changeset_token(set, id, &before, version, &after);
	changeset_audit(set, &audit);
	return fixture_apply(f, set);
}

int
fixture_delete(struct fixture *f, struct span id)
{
	const struct audit_entry audit = fixture_audit("token.delete", id);
	struct changeset *set = changeset_new();
	struct record before;
	uint32_t version;

	ck_assert_int_eq(fixture_load(f, id, &before, &version), 0);
	changeset_token(set, id, &before, version, NULL);
	changeset_delete(set, DB_USAGE, id, VERSION_ANY);
	changeset_tombstones(
	    set, id, &before, NOW, span_of("alice"), span_of("deleted"));
	changeset_audit(set, &audit);
	return fixture_apply(f, set);
}

uint8_t *
fixture_read(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *data;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	*size = (size_t)st.st_size;
	data = malloc(*size + 1);
	ck_assert_ptr_nonnull(data);
	ck_assert_int_eq(read(fd, data, *size), st.st_size);
	close(fd);
	return data;
}

void
fixture_write(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	/* Not O_TRUNC: some file systems then flush on close. */
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
	ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
	close(fd);
}
