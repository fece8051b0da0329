/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/bench/leasttable.h"

#include <lmdb.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/bench/corpus.h"
#include "tests/bench/load.h"

#define MAP_SIZE ((size_t)64 << 30)
#define CHUNK	 100000
#define ID_AT	 4 /* in a text */

struct row {
	char id[TOKEN_ID_SIZE];
	uint32_t number;
};

static const unsigned char key[32] = { 1 };
static MDB_env *env;
static MDB_dbi database;
static MDB_txn *reading;

static void
check(int code, const char *what)
{
	if (code != 0)
		load_die("%s: %s", what, mdb_strerror(code));
}

static void
open_env(const char *folder, unsigned flags)
{
	MDB_txn *txn;

	if (sodium_init() < 0)
		load_die("libsodium");
	check(mdb_env_create(&env), folder);
	check(mdb_env_set_mapsize(env, MAP_SIZE), folder);
	check(mdb_env_open(env, folder, flags, 0600), folder);
	check(mdb_txn_begin(env, NULL, flags & MDB_RDONLY, &txn), folder);
	check(mdb_dbi_open(txn, NULL, 0, &database), folder);
	check(mdb_txn_commit(txn), folder);
}

static int
compare(const void *one, const void *other)
{
	return memcmp(one, other, TOKEN_ID_SIZE);
}

static struct row *
rows_sorted(uint64_t count)
{
	struct row *rows = calloc(count, sizeof(*rows));
	struct corpus_token token;

	if (rows == NULL)
		load_die("no memory for %zu rows", (size_t)count);
	for (uint64_t i = 0; i < count; i++) {
		corpus_token(i, &token);
		memcpy(rows[i].id, token.token.id, TOKEN_ID_SIZE);
		rows[i].number = (uint32_t)i;
	}
	qsort(rows, count, sizeof(*rows), compare);
	return rows;
}

static void
hash(const char *text, unsigned char *into)
{
	crypto_generichash(into, 32, (const unsigned char *)text,
	    TOKEN_TEXT_SIZE, key, sizeof(key));
}

static void
put(MDB_txn *txn, struct row *row)
{
	unsigned char value[LEASTTABLE_VALUE] = { 0 };
	MDB_val id = { sizeof(row->id), row->id };
	MDB_val data = { sizeof(value), value };
	struct corpus_token token;

	corpus_token(row->number, &token);
	hash(token.text, value);
	check(mdb_put(txn, database, &id, &data, MDB_APPEND), "put");
}

void
leasttable_fill(const char *folder, uint64_t count)
{
	struct row *rows = rows_sorted(count);
	MDB_txn *txn;

	mkdir(folder, 0700);
	open_env(folder, MDB_NOSYNC | MDB_NOTLS);
	for (uint64_t i = 0; i < count;) {
		check(mdb_txn_begin(env, NULL, 0, &txn), folder);
		for (uint64_t n = 0; n < CHUNK && i < count; n++)
			put(txn, &rows[i++]);
		check(mdb_txn_commit(txn), folder);
	}
	check(mdb_env_sync(env, 1), folder);
	mdb_env_close(env);
	free(rows);
}

void
leasttable_open(const char *folder)
{
	open_env(folder, MDB_RDONLY | MDB_NOTLS);
	check(mdb_txn_begin(env, NULL, MDB_RDONLY, &reading), folder);
	mdb_txn_reset(reading);
}

bool
leasttable_has(const char *text)
{
	char id[TOKEN_ID_SIZE];
	MDB_val name = { sizeof(id), id }, data = { 0 };
	unsigned char hashed[32];
	bool has;

	memcpy(id, text + ID_AT, sizeof(id));
	hash(text, hashed);
	if (mdb_txn_renew(reading) != 0)
		return false;
	has = mdb_get(reading, database, &name, &data) == 0 &&
	      crypto_verify_32(hashed, data.mv_data) == 0;
	mdb_txn_reset(reading);
	return has;
}
