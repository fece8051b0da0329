/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The store's library: a call that fails does nothing, but for a commit, which
 * gives its transaction up as a real one that fails does.  LMDB never says of
 * itself that a row is not there when it is, and so no call does here.
 */
#include <dlfcn.h>
#include <errno.h>
#include <lmdb.h>

#include "tests/faults/faultcall.h"

static const int read_errors[ERRORS_MAX] = { MDB_CORRUPTED, ENOMEM, EIO,
	MDB_BAD_TXN, MDB_PAGE_NOTFOUND };
static const int write_errors[ERRORS_MAX] = { MDB_MAP_FULL, EIO, ENOMEM,
	MDB_CORRUPTED, MDB_TXN_FULL };
static const int begin_errors[ERRORS_MAX] = { ENOMEM, MDB_READERS_FULL,
	MDB_MAP_RESIZED, MDB_PANIC, EIO };

/* name(parameters): as the real one of that name, unless it fails. */
#define WRAP(name, errors, parameters, arguments)                              \
	EXPORT int name parameters                                             \
	{                                                                      \
		static int(*real) parameters;                                  \
                                                                               \
		if (fault_fails(FAULT_STORE, errors))                          \
			return errno;                                          \
		if (real == NULL)                                              \
			*(void **)&real = dlsym(RTLD_NEXT, #name);             \
		return real arguments;                                         \
	}

WRAP(mdb_env_create, begin_errors, (MDB_env * *env), (env))
WRAP(mdb_env_open, begin_errors,
    (MDB_env * env, const char *path, unsigned flags, mdb_mode_t mode),
    (env, path, flags, mode))
WRAP(mdb_env_set_mapsize, begin_errors, (MDB_env * env, size_t size),
    (env, size))
WRAP(mdb_env_set_maxreaders, begin_errors, (MDB_env * env, unsigned readers),
    (env, readers))
WRAP(mdb_env_set_maxdbs, begin_errors, (MDB_env * env, MDB_dbi dbs), (env, dbs))
WRAP(mdb_env_get_fd, begin_errors, (MDB_env * env, mdb_filehandle_t *fd),
    (env, fd))
WRAP(mdb_env_info, read_errors, (MDB_env * env, MDB_envinfo *info), (env, info))
WRAP(mdb_env_stat, read_errors, (MDB_env * env, MDB_stat *stat), (env, stat))
WRAP(mdb_txn_begin, begin_errors,
    (MDB_env * env, MDB_txn *parent, unsigned flags, MDB_txn **txn),
    (env, parent, flags, txn))
WRAP(mdb_txn_renew, begin_errors, (MDB_txn * txn), (txn))
WRAP(mdb_dbi_open, read_errors,
    (MDB_txn * txn, const char *name, unsigned flags, MDB_dbi *dbi),
    (txn, name, flags, dbi))
WRAP(mdb_stat, read_errors, (MDB_txn * txn, MDB_dbi dbi, MDB_stat *stat),
    (txn, dbi, stat))
WRAP(mdb_get, read_errors,
    (MDB_txn * txn, MDB_dbi dbi, MDB_val *key, MDB_val *data),
    (txn, dbi, key, data))
WRAP(mdb_del, write_errors,
    (MDB_txn * txn, MDB_dbi dbi, MDB_val *key, MDB_val *data),
    (txn, dbi, key, data))
WRAP(mdb_cursor_open, read_errors,
    (MDB_txn * txn, MDB_dbi dbi, MDB_cursor **cursor), (txn, dbi, cursor))
WRAP(mdb_cursor_get, read_errors,
    (MDB_cursor * cursor, MDB_val *key, MDB_val *data, MDB_cursor_op op),
    (cursor, key, data, op))
WRAP(mdb_cursor_put, write_errors,
    (MDB_cursor * cursor, MDB_val *key, MDB_val *data, unsigned flags),
    (cursor, key, data, flags))
WRAP(mdb_cursor_count, read_errors, (MDB_cursor * cursor, size_t *count),
    (cursor, count))

EXPORT int
mdb_txn_commit(MDB_txn *txn)
{
	static int (*real)(MDB_txn * txn);

	if (fault_fails(FAULT_STORE, write_errors)) {
		int error = errno;

		mdb_txn_abort(txn);
		return error;
	}
	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "mdb_txn_commit");
	return real(txn);
}
