/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/backup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/store/backup_format.h"
#include "agent/store/env.h"
#include "common/error.h"

const enum database backup_databases[BACKUP_DATABASES] = {
	DB_PROJECTS,
	DB_ROLES,
	DB_GRANTS,
	DB_TOKENS,
	DB_USAGE,
	DB_TOMBSTONES,
	DB_AUDIT,
};

const char *
backup_word(size_t i)
{
	return env_databases[backup_databases[i]].name;
}

uint64_t
backup_rows(const struct backup_summary *summary)
{
	uint64_t rows = 0;

	for (size_t i = 0; i < BACKUP_DATABASES; i++)
		rows += summary->rows[i];
	return rows;
}

/* A backup while it is written. */
struct outgoing {
	FILE *file;
	struct crypto_stream *stream;
	struct store_reader *reader;
	const _Atomic bool *stop;
	struct backup_summary *summary;
};

static int
write_error(void)
{
	return errno == ENOSPC || errno == EDQUOT ? ERROR_FULL : ERROR_SYSTEM;
}

/* Into the file and the MAC. */
static int
put(struct outgoing *w, const void *data, size_t size)
{
	crypto_stream_put(w->stream, data, size);
	return fwrite(data, 1, size, w->file) == size ? 0 : write_error();
}

/* The MAC of all that was put before. */
static int
put_mac(struct outgoing *w)
{
	uint8_t mac[CRYPTO_MAC_SIZE];

	crypto_stream_mac(w->stream, mac);
	return put(w, mac, sizeof(mac));
}

static int
put_header(struct outgoing *w, uint8_t key_number)
{
	uint8_t bytes[BACKUP_HEADER_SIZE];
	struct wirebuf b;
	int rv;

	wirebuf_write(&b, bytes, sizeof(bytes));
	wirebuf_put_bytes(&b, BACKUP_MAGIC, BACKUP_MAGIC_SIZE);
	wirebuf_put_u32(&b, BACKUP_FORMAT);
	wirebuf_put_u32(&b, STORE_SCHEMA);
	wirebuf_put_u64(&b, w->summary->created_at);
	wirebuf_put_u8(&b, key_number);
	rv = put(w, bytes, sizeof(bytes));
	return rv < 0 ? rv : put_mac(w);
}

static int
put_row(struct outgoing *w, size_t i, struct span key, struct span whole)
{
	uint8_t bytes[1 + BACKUP_ROW_HEADER_SIZE];
	struct wirebuf b;
	int rv;

	if (whole.size > BACKUP_ROW_MAX)
		return ERROR_TOO_LONG;
	wirebuf_write(&b, bytes, sizeof(bytes));
	wirebuf_put_u8(&b, (uint8_t)(i + 1));
	wirebuf_put_u16(&b, (uint16_t)key.size);
	wirebuf_put_u32(&b, (uint32_t)whole.size);
	rv = put(w, bytes, sizeof(bytes));
	if (rv == 0)
		rv = put(w, key.data, key.size);
	return rv < 0 ? rv : put(w, whole.data, whole.size);
}

static int
write_row(struct outgoing *w, size_t i, struct store_cursor *cursor)
{
	struct row row;

	if (atomic_load(w->stop))
		return ERROR_CLOSED;
	if (store_cursor_row(cursor, &row) < 0) {
		w->summary->damaged++;
		return 0;
	}
	w->summary->rows[i]++;
	if (backup_databases[i] == DB_AUDIT)
		backup_note_audit(
		    w->summary, store_cursor_key(cursor), row.whole);
	return put_row(w, i, store_cursor_key(cursor), row.whole);
}

static int
write_database(struct outgoing *w, size_t i)
{
	struct store_cursor *cursor = NULL;
	int rv = store_cursor_open(w->reader, backup_databases[i], &cursor);

	if (rv < 0)
		return rv;
	rv = store_cursor_seek(
	    cursor, span_bytes(NULL, 0), span_bytes(NULL, 0));
	while (rv == 0) {
		rv = write_row(w, i, cursor);
		if (rv == 0)
			rv = store_cursor_next(cursor);
	}
	store_cursor_close(cursor);
	return rv == ERROR_NOT_FOUND ? 0 : rv;
}

static int
put_trailer(struct outgoing *w)
{
	uint8_t bytes[1 + BACKUP_TRAILER_SIZE];
	struct wirebuf b;
	int rv;

	wirebuf_write(&b, bytes, sizeof(bytes));
	wirebuf_put_u8(&b, BACKUP_TRAILER);
	for (size_t i = 0; i < BACKUP_DATABASES; i++)
		wirebuf_put_u64(&b, w->summary->rows[i]);
	wirebuf_put_u64(&b, w->summary->audit_sequence);
	wirebuf_put_bytes(&b, w->summary->audit_mac, CRYPTO_MAC_SIZE);
	rv = put(w, bytes, sizeof(bytes));
	return rv < 0 ? rv : put_mac(w);
}

static int
write_all(struct outgoing *w, uint8_t key_number)
{
	int rv = put_header(w, key_number);

	for (size_t i = 0; i < BACKUP_DATABASES && rv == 0; i++)
		rv = write_database(w, i);
	if (rv == 0)
		rv = put_trailer(w);
	if (rv == 0 &&
	    (fflush(w->file) != 0 || fdatasync(fileno(w->file)) != 0))
		rv = write_error();
	return rv;
}

int
backup_write(struct store_reader *reader, const struct keyring *keyring, int fd,
    uint64_t now, const _Atomic bool *stop, struct backup_summary *summary)
{
	const struct keyring_key *key = keyring_current(keyring);
	struct outgoing w = {
		.reader = reader, .stop = stop, .summary = summary
	};
	int rv = ERROR_MEMORY;
	int saved;

	*summary = (struct backup_summary) { .created_at = now };
	w.stream = crypto_stream_new(key->backups);
	if (w.stream == NULL)
		return rv;
	w.file = backup_stream(fd, "w");
	rv = w.file == NULL ? ERROR_SYSTEM : write_all(&w, key->number);
	saved = errno;
	if (w.file != NULL)
		fclose(w.file);
	crypto_stream_free(w.stream);
	errno = saved;
	return rv;
}
