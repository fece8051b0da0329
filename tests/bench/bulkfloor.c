/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bulkfloor FOLDER ROWS VALUE-SIZE: the floor of an import.  So many rows with
 * random keys are sorted, put in order with MDB_APPEND into one database, in
 * transactions of CHUNK rows, and flushed once at the end.  Prints seconds (of
 * all of it), rows a second, bytes of pages and bytes a row.
 */
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/commit.h"
#include "tests/bench/cputime.h"
#include "tests/bench/load.h"

#define CHUNK	  100000
#define VALUE_MAX 1024

struct key {
	char bytes[COMMIT_KEY_SIZE];
};

static int
compare(const void *one, const void *other)
{
	return memcmp(one, other, sizeof(struct key));
}

static struct key *
make_keys(size_t rows)
{
	struct key *keys = malloc(rows * sizeof(*keys));

	if (keys == NULL)
		load_die("bulkfloor: no memory");
	for (size_t i = 0; i < rows; i++)
		commit_key(i, keys[i].bytes);
	return keys;
}

static int
put_chunk(MDB_env *env, struct key *keys, size_t rows, size_t value_size)
{
	char row[VALUE_MAX] = "";
	MDB_txn *txn;
	MDB_dbi dbi;
	int rc = mdb_txn_begin(env, NULL, 0, &txn);

	if (rc != MDB_SUCCESS)
		return rc;
	rc = mdb_dbi_open(txn, NULL, 0, &dbi);
	for (size_t i = 0; i < rows && rc == MDB_SUCCESS; i++) {
		MDB_val key = { sizeof(keys[i]), &keys[i] };
		MDB_val value = { value_size, row };

		memcpy(row, &keys[i], sizeof(keys[i]));
		rc = mdb_put(txn, dbi, &key, &value, MDB_APPEND);
	}
	if (rc == MDB_SUCCESS)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return rc;
}

static void
load_all(MDB_env *env, struct key *keys, size_t rows, size_t value_size)
{
	int rc = MDB_SUCCESS;

	for (size_t i = 0; i < rows && rc == MDB_SUCCESS; i += CHUNK)
		rc = put_chunk(env, keys + i,
		    rows - i < CHUNK ? rows - i : CHUNK, value_size);
	if (rc == MDB_SUCCESS)
		rc = mdb_env_sync(env, 1);
	if (rc != MDB_SUCCESS)
		load_die("bulkfloor: %s", mdb_strerror(rc));
}

static size_t
bytes_of(MDB_env *env)
{
	MDB_stat s;

	if (mdb_env_stat(env, &s) != MDB_SUCCESS)
		return 0;
	return (s.ms_branch_pages + s.ms_leaf_pages + s.ms_overflow_pages) *
	       s.ms_psize;
}

int
main(int argc, char **argv)
{
	size_t rows = argc == 4 ? strtoull(argv[2], NULL, 10) : 0;
	size_t value_size = argc == 4 ? strtoull(argv[3], NULL, 10) : 0;
	struct key *keys;
	uint64_t began;
	double seconds;
	MDB_env *env;

	if (rows == 0 || value_size < sizeof(*keys) || value_size > VALUE_MAX)
		load_die("usage: bulkfloor FOLDER ROWS VALUE-SIZE");
	keys = make_keys(rows);
	env = commit_open(argv[1], MDB_NOSYNC);
	began = cputime_now();
	qsort(keys, rows, sizeof(*keys), compare);
	load_all(env, keys, rows, value_size);
	seconds = (double)(cputime_now() - began) / 1e9;
	printf("%.3f\t%.0f\t%zu\t%.1f\n", seconds, (double)rows / seconds,
	    bytes_of(env), (double)bytes_of(env) / (double)rows);
	mdb_env_close(env);
	free(keys);
	return 0;
}
