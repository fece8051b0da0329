/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_BACKUP_H
#define APITOKEN_STORE_BACKUP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/store/store.h"

/*
 * A backup: one state of the store in a file, without the key.
 *
 * Threat model.  Whoever has the file has the verifiers, names and audit of
 * all tokens, and no secret.  Without the key they MUST NOT be able to change,
 * cut, reorder or join backups so that one of them is restored: each row has
 * its MAC, and the whole has one too, by a sub-key that nothing else uses.
 * Who may restore may restore an old backup; what it must not do then is in
 * restore.h.
 *
 * Numbers are big-endian.  The file is
 *
 *	header	8 bytes "apitkbak" | u32 format | u32 schema | u64 time,
 *		seconds | u8 number of the key of the MACs | MAC of these
 *	rows	u8 n, from 1: the database, as in the table below | u16 size of
 *		the key | u32 size of the row | key | row
 *	trailer	u8 255 | u64 rows, for each database of the table | u64 audit
 *		sequence | the last audit entry's MAC | MAC of all before it
 *
 * and nothing after that.  A row is what the store has: version, number of its
 * key, body, MAC.  Databases are in the order of the table, which is that in
 * which they are restored, and the keys of each in their own order.  Indexes
 * are made anew and the meta row is the store's own, so neither is there.
 */
#define BACKUP_MAGIC	 "apitkbak"
#define BACKUP_FORMAT	 1
#define BACKUP_DATABASES 7
#define BACKUP_KEY_MAX	 511	      /* bytes; LMDB's limit */
#define BACKUP_ROW_MAX	 (256 * 1024) /* bytes */

/* Projects first, for tokens are in them; tombstones after what they end. */
extern const enum database backup_databases[BACKUP_DATABASES];

/* "tokens": of a database of the table. */
const char *backup_word(size_t i);

/* What a backup says of itself. */
struct backup_summary {
	uint64_t created_at; /* seconds since 1970 */
	uint64_t rows[BACKUP_DATABASES];
	uint64_t damaged; /* rows of the store that were left out */
	uint64_t audit_sequence;
	uint8_t audit_mac[CRYPTO_MAC_SIZE]; /* of the last entry */
};

/* Rows of all databases. */
uint64_t backup_rows(const struct backup_summary *summary);

/*
 * Writes the reader's view, which is begun, to the beginning of the file and
 * brings it to the disk; the descriptor stays open.  Rows that are not
 * authentic are left out.  ERROR_CLOSED once *stop is set, ERROR_SYSTEM
 * (errno), ERROR_FULL, ERROR_TOO_LONG for a row that no backup takes.
 */
int backup_write(struct store_reader *reader, const struct keyring *keyring,
    int fd, uint64_t now, const _Atomic bool *stop,
    struct backup_summary *summary);

/* A row of a backup; good until the visit ends. */
struct backup_row {
	enum database database;
	struct span key;
	struct row row;
};

/* Anything but 0 ends the reading with it. */
typedef int backup_visit(void *arg, const struct backup_row *row);

/*
 * Reads a backup from the beginning of the file and checks all of it: magic,
 * format, schema, keys, the order of rows and the MAC of each, what a token's
 * row holds, counts, the MAC of the whole, the end.  The header is checked
 * before the first visit, the trailer after the last: whoever must not act on
 * a backup that is cut or altered reads it twice.  visit may be NULL.
 * ERROR_INVALID with a sentence in why; ERROR_CLOSED once *stop is set;
 * ERROR_SYSTEM (errno), ERROR_MEMORY.
 */
int backup_read(int fd, const struct keyring *keyring, const _Atomic bool *stop,
    backup_visit *visit, void *arg, struct backup_summary *summary, char *why,
    size_t size);

#endif
