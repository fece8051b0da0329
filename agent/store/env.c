/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/env.h"

#include <errno.h>
#include <stdio.h>

#include "agent/store/meta.h"
#include "common/error.h"

#define DATABASES_SPARE 32 /* room for those that later versions add */
#define READERS_MAX	32 /* threads, and programs that look */

const struct env_database env_databases[DB_COUNT] = {
	[DB_TOKENS] = { "tokens", 0, ROWS_RECORDS },
	[DB_TOKEN_NAMES] = { "token_names", 0, ROWS_NONE },
	[DB_TOKENS_BY_OWNER] = { "tokens_by_owner", MDB_DUPSORT | MDB_DUPFIXED,
	    ROWS_NONE },
	[DB_TOKENS_BY_PROJECT] = { "tokens_by_project",
	    MDB_DUPSORT | MDB_DUPFIXED, ROWS_NONE },
	[DB_TOKENS_BY_EXPIRY] = { "tokens_by_expiry",
	    MDB_DUPSORT | MDB_DUPFIXED, ROWS_NONE },
	[DB_TOKENS_BY_AGE] = { "tokens_by_age", MDB_DUPSORT | MDB_DUPFIXED,
	    ROWS_NONE },
	[DB_USAGE] = { "usage", 0, ROWS_RECORDS },
	[DB_AUDIT] = { "audit", 0, ROWS_AUDIT },
	[DB_TOMBSTONES] = { "tombstones", 0, ROWS_RECORDS },
	[DB_PROJECTS] = { "projects", 0, ROWS_RECORDS },
	[DB_ROLES] = { "roles", 0, ROWS_RECORDS },
	[DB_GRANTS] = { "grants", 0, ROWS_RECORDS },
	[DB_TOKENS_BY_PARENT] = { "tokens_by_parent",
	    MDB_DUPSORT | MDB_DUPFIXED, ROWS_NONE },
	[DB_META] = { META_DATABASE, 0, ROWS_RECORDS },
	[DB_SESSIONS] = { "sessions", 0, ROWS_RECORDS },
};

bool
env_is_multiple(enum database database)
{
	return (env_databases[database].flags & MDB_DUPSORT) != 0;
}

int
env_error(int rc)
{
	switch (rc) {
	case MDB_SUCCESS:
		return 0;
	case MDB_NOTFOUND:
		return ERROR_NOT_FOUND;
	case MDB_KEYEXIST:
		return ERROR_EXISTS;
	case MDB_MAP_FULL:
	case MDB_TXN_FULL:
	case ENOSPC:
	case EDQUOT:
		return ERROR_FULL;
	case MDB_PAGE_NOTFOUND:
	case MDB_CORRUPTED:
	case MDB_PANIC:
	case MDB_INVALID:
	case MDB_VERSION_MISMATCH:
	case MDB_INCOMPATIBLE:
	case MDB_BAD_VALSIZE:
	case MDB_CURSOR_FULL: /* a tree that is too deep to be one */
	case MDB_PAGE_FULL:
		return ERROR_CORRUPT;
	case ENOMEM:
		return ERROR_MEMORY;
	default:
		errno = rc > 0 ? rc : EIO;
		return ERROR_SYSTEM;
	}
}

MDB_val
env_val(struct span s)
{
	union {
		const uint8_t *from;
		void *to;
	} data = { s.data };

	return (MDB_val) { s.size, data.to };
}

struct span
env_span(const MDB_val *v)
{
	return span_bytes(v->mv_data, v->mv_size);
}

static int
env_limit(MDB_env *env, uint64_t map_size)
{
	int rc = mdb_env_set_mapsize(env, map_size);

	if (rc == MDB_SUCCESS)
		rc = mdb_env_set_maxdbs(env, DATABASES_SPARE);
	if (rc == MDB_SUCCESS)
		rc = mdb_env_set_maxreaders(env, READERS_MAX);
	return rc;
}

int
env_open(struct store *store, const struct store_options *options)
{
	char path[4096];
	unsigned flags = MDB_NOSUBDIR | MDB_NOTLS;
	int rc;

	if (snprintf(path, sizeof(path), "%s/" STORE_FILE,
		options->directory) >= (int)sizeof(path))
		return env_error(ENAMETOOLONG);
	if (options->read_only)
		flags |= MDB_RDONLY | MDB_NOLOCK;
	rc = mdb_env_create(&store->env);
	if (rc == MDB_SUCCESS)
		rc = env_limit(store->env, options->map_size);
	if (rc == MDB_SUCCESS)
		rc = mdb_env_open(store->env, path, flags, 0600);
	return env_error(rc);
}

int
env_open_databases(struct store *store, MDB_txn *txn, unsigned flags)
{
	int rc = MDB_SUCCESS;

	store->databases = 0;
	for (size_t i = 0; i < DB_COUNT && rc == MDB_SUCCESS; i++) {
		rc = mdb_dbi_open(txn, env_databases[i].name,
		    env_databases[i].flags | flags, &store->dbi[i]);
		if (rc == MDB_SUCCESS)
			store->databases++;
	}
	/* Of a store that an older version left. */
	if (rc == MDB_NOTFOUND && store->databases > DB_META)
		rc = MDB_SUCCESS;
	return env_error(rc);
}

bool
env_is_empty(MDB_env *env)
{
	MDB_envinfo info;

	return mdb_env_info(env, &info) == MDB_SUCCESS &&
	       info.me_last_txnid == 0;
}
