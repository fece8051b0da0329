/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "agent/model/record.h"
#include "agent/store/backup_format.h"
#include "agent/store/row.h"
#include "common/error.h"

/* A backup while it is read. */
struct reading {
	FILE *file;
	struct crypto_stream *stream;
	const struct keyring *keyring;
	const _Atomic bool *stop;
	struct backup_summary seen;
	size_t database;      /* of the row before, in the table */
	uint8_t *before;      /* its key, BACKUP_KEY_MAX */
	size_t before_size;   /* 0: it is the first of its database */
	uint8_t *key, *whole; /* BACKUP_KEY_MAX, BACKUP_ROW_MAX */
	char *why;
	size_t size;
};

static int __attribute__((format(printf, 2, 3)))
complain(struct reading *r, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(r->why, r->size, format, arguments);
	va_end(arguments);
	return ERROR_INVALID;
}

static int
complain_altered(struct reading *r)
{
	return complain(r,
	    "the backup was altered or damaged: its row %llu is not what was "
	    "written",
	    (unsigned long long)backup_rows(&r->seen) + 1);
}

static int
get(struct reading *r, void *data, size_t size)
{
	if (fread(data, 1, size, r->file) != size) {
		if (ferror(r->file))
			return ERROR_SYSTEM;
		return complain(r,
		    "the backup is cut short after %llu rows: it was not "
		    "written to its end",
		    (unsigned long long)backup_rows(&r->seen));
	}
	crypto_stream_put(r->stream, data, size);
	return 0;
}

/* The MAC that follows is that of all before it. */
static int
get_mac(struct reading *r, bool *is_right)
{
	uint8_t made[CRYPTO_MAC_SIZE];
	uint8_t mac[CRYPTO_MAC_SIZE];
	int rv;

	crypto_stream_mac(r->stream, made);
	rv = get(r, mac, sizeof(mac));
	if (rv == 0)
		*is_right = crypto_equal(made, mac, sizeof(mac));
	return rv;
}

/* By what key, of those that there are; from here on all is MACed. */
static int
begin_stream(struct reading *r, uint8_t number, const uint8_t *header)
{
	const struct keyring_key *key = keyring_find(r->keyring, number);
	bool is_right = false;
	int rv;

	if (key == NULL)
		return complain(r,
		    "the backup was made with key %u, which the agent's key "
		    "file does not have",
		    number);
	r->stream = crypto_stream_new(key->backups);
	if (r->stream == NULL)
		return ERROR_MEMORY;
	crypto_stream_put(r->stream, header, BACKUP_HEADER_SIZE);
	rv = get_mac(r, &is_right);
	if (rv == 0 && !is_right)
		rv = complain(r,
		    "the backup was made with another key %u than the agent "
		    "has, or its beginning was altered",
		    number);
	return rv;
}

static int
read_header(struct reading *r)
{
	uint8_t bytes[BACKUP_HEADER_SIZE];
	struct span magic;
	struct wirebuf w;
	uint32_t format;
	uint32_t schema;

	if (fread(bytes, 1, sizeof(bytes), r->file) != sizeof(bytes))
		memset(bytes, 0, sizeof(bytes));
	if (ferror(r->file))
		return ERROR_SYSTEM;
	wirebuf_read(&w, bytes, sizeof(bytes));
	magic = wirebuf_get_bytes(&w, BACKUP_MAGIC_SIZE);
	format = wirebuf_get_u32(&w);
	schema = wirebuf_get_u32(&w);
	r->seen.created_at = wirebuf_get_u64(&w);
	if (!span_is(magic, BACKUP_MAGIC))
		return complain(r, "the file is no backup of apitoken");
	if (format != BACKUP_FORMAT)
		return complain(r,
		    "the backup has format %u, this apitokend knows %d", format,
		    BACKUP_FORMAT);
	if (schema < STORE_SCHEMA_OLDEST || schema > STORE_SCHEMA)
		return complain(r,
		    "the backup is of a store with schema %u, this apitokend "
		    "knows %d: restore it with the release that made it",
		    schema, STORE_SCHEMA);
	return begin_stream(r, wirebuf_get_u8(&w), bytes);
}

/* Keys are in LMDB's order, so that none comes twice. */
static bool
is_in_order(struct reading *r, size_t database, struct span key)
{
	size_t common = key.size < r->before_size ? key.size : r->before_size;
	int order;

	if (database != r->database)
		return database > r->database;
	order = memcmp(r->before, key.data, common);
	return order < 0 || (order == 0 && r->before_size < key.size);
}

/* What a restore relies on, whatever the MAC says. */
static bool
is_sound(const struct backup_row *row)
{
	struct record record;

	if (row->database != DB_TOKENS)
		return row->database != DB_AUDIT || row->key.size == 8;
	return row->key.size == TOKEN_ID_SIZE &&
	       record_decode(row->row.body, &record) == 0;
}

static int
check_row(struct reading *r, size_t database, struct backup_row *row)
{
	if (row_decode(row->row.whole, &row->row) < 0)
		return complain_altered(r);
	if (keyring_find(r->keyring, row->row.key_number) == NULL)
		return complain(r,
		    "the backup has rows made with key %u, which the agent's "
		    "key file does not have",
		    row->row.key_number);
	if (!row_is_authentic(r->keyring, row->database, row->key, &row->row) ||
	    !is_in_order(r, database, row->key) || !is_sound(row))
		return complain_altered(r);
	return 0;
}

static int
get_row(struct reading *r, size_t database, struct backup_row *row)
{
	uint8_t bytes[BACKUP_ROW_HEADER_SIZE];
	struct wirebuf w;
	int rv = get(r, bytes, sizeof(bytes));

	if (rv < 0)
		return rv;
	wirebuf_read(&w, bytes, sizeof(bytes));
	row->database = backup_databases[database];
	row->key = span_bytes(r->key, wirebuf_get_u16(&w));
	row->row.whole = span_bytes(r->whole, wirebuf_get_u32(&w));
	if (row->key.size == 0 || row->key.size > BACKUP_KEY_MAX ||
	    row->row.whole.size > BACKUP_ROW_MAX)
		return complain_altered(r);
	rv = get(r, r->key, row->key.size);
	if (rv == 0)
		rv = get(r, r->whole, row->row.whole.size);
	return rv < 0 ? rv : check_row(r, database, row);
}

static int
read_row(struct reading *r, size_t database, backup_visit *visit, void *arg)
{
	struct backup_row row = { 0 };
	int rv;

	if (atomic_load(r->stop))
		return ERROR_CLOSED;
	if (database >= BACKUP_DATABASES)
		return complain_altered(r);
	rv = get_row(r, database, &row);
	if (rv < 0)
		return rv;
	r->database = database;
	memcpy(r->before, row.key.data, row.key.size);
	r->before_size = row.key.size;
	r->seen.rows[database]++;
	if (row.database == DB_AUDIT)
		backup_note_audit(&r->seen, row.key, row.row.whole);
	return visit == NULL ? 0 : visit(arg, &row);
}

static int
read_trailer(struct reading *r)
{
	uint8_t bytes[BACKUP_TRAILER_SIZE];
	bool is_right = false;
	bool is_equal = true;
	struct wirebuf w;
	int rv = get(r, bytes, sizeof(bytes));

	if (rv == 0)
		rv = get_mac(r, &is_right);
	if (rv < 0)
		return rv;
	wirebuf_read(&w, bytes, sizeof(bytes));
	for (size_t i = 0; i < BACKUP_DATABASES; i++)
		is_equal &= wirebuf_get_u64(&w) == r->seen.rows[i];
	is_equal &= wirebuf_get_u64(&w) == r->seen.audit_sequence;
	is_equal &= memcmp(bytes + w.at, r->seen.audit_mac, CRYPTO_MAC_SIZE) ==
		    0;
	if (!is_right || !is_equal)
		return complain(r,
		    "the backup was altered or damaged: its end does not fit "
		    "what comes before");
	if (fgetc(r->file) != EOF)
		return complain(r, "the backup goes on after its end");
	return ferror(r->file) ? ERROR_SYSTEM : 0;
}

static int
read_all(struct reading *r, backup_visit *visit, void *arg)
{
	uint8_t what = 0;
	int rv = read_header(r);

	while (rv == 0) {
		rv = get(r, &what, 1);
		if (rv == 0 && what == BACKUP_TRAILER)
			return read_trailer(r);
		/* 0 becomes a number that no database has. */
		if (rv == 0)
			rv = read_row(r, (size_t)what - 1, visit, arg);
	}
	return rv;
}

int
backup_read(int fd, const struct keyring *keyring, const _Atomic bool *stop,
    backup_visit *visit, void *arg, struct backup_summary *summary, char *why,
    size_t size)
{
	struct reading r = {
		.keyring = keyring, .stop = stop, .why = why, .size = size
	};
	int rv = ERROR_MEMORY;
	int saved;

	r.before = malloc(2 * (size_t)BACKUP_KEY_MAX + BACKUP_ROW_MAX);
	if (r.before == NULL)
		return rv;
	r.key = r.before + BACKUP_KEY_MAX;
	r.whole = r.key + BACKUP_KEY_MAX;
	r.file = backup_stream(fd, "r");
	rv = r.file == NULL ? ERROR_SYSTEM : read_all(&r, visit, arg);
	if (rv == 0)
		*summary = r.seen;
	saved = errno;
	if (r.file != NULL)
		fclose(r.file);
	crypto_stream_free(r.stream);
	free(r.before);
	errno = saved;
	return rv;
}
