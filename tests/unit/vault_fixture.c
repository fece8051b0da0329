/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/vault_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"
#include "tests/unit/deaf_writer.h"

struct writer *vault_writer;
const _Atomic bool vault_never;

void
vault_start_writer(struct fixture *f)
{
	const struct writer_options options = deaf_writer(f->store);

	ck_assert_int_eq(writer_start(&options, &vault_writer), 0);
}

void
vault_stop_writer(void)
{
	writer_stop(vault_writer);
	vault_writer = NULL;
}

void
vault_token(struct fixture *f, unsigned number, const char *name)
{
	struct record record;
	struct token token;

	good_token(&record, &token);
	record.spec.name = span_of(name);
	ck_assert_int_eq(fixture_create(f, fixture_id(number), &record), 0);
}

void
vault_put(struct fixture *f, enum database database, const char *key,
    const char *body)
{
	struct changeset *set = changeset_new();

	changeset_put(set, database, span_of(key), VERSION_ANY, span_of(body));
	if (vault_writer != NULL)
		ck_assert_int_eq(writer_commit(vault_writer, set), 0);
	else
		ck_assert_int_eq(fixture_apply(f, set), 0);
}

uint32_t
vault_version(struct fixture *f, enum database database, struct span key)
{
	struct row row;
	int rv = store_get_authentic(fixture_view(f), database, key, &row);

	ck_assert(rv == 0 || rv == ERROR_NOT_FOUND);
	return rv == 0 ? row.version : 0;
}

int
vault_backup(struct fixture *f, struct backup_summary *summary)
{
	int fd = memfd_create("backup", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(backup_write(fixture_view(f), f->keyring, fd, NOW,
			     &vault_never, summary),
	    0);
	return fd;
}

uint8_t *
vault_load(int fd, size_t *size)
{
	struct stat st;
	uint8_t *data;

	ck_assert_int_eq(fstat(fd, &st), 0);
	*size = (size_t)st.st_size;
	data = malloc(*size + 1);
	ck_assert_int_eq(pread(fd, data, *size, 0), st.st_size);
	return data;
}

int
vault_file(const void *data, size_t size)
{
	int fd = memfd_create("backup", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
	return fd;
}

void
vault_add_key(struct fixture *f, unsigned number, char digit)
{
	FILE *file;
	char key[65] = "";

	memset(key, digit, 64);
	ck_assert_int_eq(chmod(f->key, 0600), 0);
	file = fopen(f->key, "a");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "%u %s\n", number, key);
	ck_assert_int_eq(fclose(file), 0);
	fixture_close(f);
	keyring_free(f->keyring);
	f->keyring = NULL;
	ck_assert_int_eq(
	    keyring_load(f->key, &f->keyring, f->why, sizeof(f->why)), 0);
	ck_assert_int_eq(fixture_open(f), 0);
}
