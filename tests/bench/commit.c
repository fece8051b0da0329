/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/bench/commit.h"

#include <lmdb.h>

#include "tests/bench/corpus.h"
#include "tests/bench/load.h"

#define MAP_SIZE ((size_t)16 << 30)
#define IDS	 UINT64_C(839299365868340224) /* 62^10 */

struct MDB_env *
commit_open(const char *folder, unsigned flags)
{
	MDB_env *env = NULL;
	int rc = mdb_env_create(&env);

	if (rc == MDB_SUCCESS)
		rc = mdb_env_set_mapsize(env, MAP_SIZE);
	if (rc == MDB_SUCCESS)
		rc = mdb_env_open(env, folder, flags, 0600);
	if (rc != MDB_SUCCESS)
		load_die("%s: %s", folder, mdb_strerror(rc));
	return env;
}

void
commit_key(uint64_t number, char key[COMMIT_KEY_SIZE])
{
	tokentext_base62(corpus_mix(number) % IDS, key, COMMIT_KEY_SIZE);
}

bool
commit_row(struct MDB_env *env, uint64_t number)
{
	char name[COMMIT_KEY_SIZE], row[COMMIT_VALUE_SIZE] = { 0 };
	MDB_val key = { sizeof(name), name }, value = { sizeof(row), row };
	MDB_txn *txn = NULL;
	MDB_dbi dbi;
	int rc = mdb_txn_begin(env, NULL, 0, &txn);

	commit_key(number, name);
	if (rc == MDB_SUCCESS)
		rc = mdb_dbi_open(txn, NULL, 0, &dbi);
	if (rc == MDB_SUCCESS)
		rc = mdb_put(txn, dbi, &key, &value, MDB_NOOVERWRITE);
	if (rc == MDB_SUCCESS)
		return mdb_txn_commit(txn) == MDB_SUCCESS;
	mdb_txn_abort(txn);
	return false;
}
