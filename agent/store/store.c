/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/store/env.h"
#include "agent/store/meta.h"
#include "common/error.h"
#include "common/wirebuf.h"

/* So that a power loss does not take the name of a file that was just made,
 * and with it all that was committed since. */
static int
sync_name(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rv = ERROR_SYSTEM;

	if (fd < 0)
		return rv;
	if (fsync(fd) == 0)
		rv = 0;
	close(fd);
	return rv;
}

/* All databases and the first meta row in one transaction: there is either
 * a whole store or an empty one. */
static int
make_databases(struct store *store, const char *directory)
{
	struct writing writing = { 0 };
	int rv = sync_name(directory);

	if (rv == 0)
		rv = writing_begin(store, &writing);
	if (rv == 0)
		rv = env_open_databases(store, writing.txn, MDB_CREATE);
	if (rv == 0)
		rv = meta_put(&writing, 0);
	if (rv == 0)
		rv = writing_commit(&writing);
	writing_abort(&writing);
	return rv;
}

static int
find_databases(struct store *store)
{
	MDB_txn *txn = NULL;
	int rv = env_error(mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn));

	if (rv < 0)
		return rv;
	rv = env_open_databases(store, txn, 0);
	if (rv < 0) {
		mdb_txn_abort(txn);
		return rv == ERROR_NOT_FOUND ? ERROR_CORRUPT : rv;
	}
	/* Committing a reader keeps the handles it opened. */
	return env_error(mdb_txn_commit(txn));
}

/* Databases that came later, into a store that was found sound without. */
static int
add_databases(struct store *store)
{
	struct writing writing;
	int rv;

	if (store->databases == DB_COUNT)
		return 0;
	rv = writing_begin(store, &writing);
	if (rv == 0)
		rv = env_open_databases(store, writing.txn, MDB_CREATE);
	if (rv == 0)
		rv = meta_put(&writing, store->audit_sequence);
	if (rv == 0)
		rv = writing_commit(&writing);
	writing_abort(&writing);
	if (rv == 0)
		store->generation++;
	return rv;
}

int
store_open(const struct store_options *options, const struct keyring *keyring,
    struct store **store, char *why, size_t size)
{
	struct store *opened = calloc(1, sizeof(*opened));
	int rv = ERROR_MEMORY;

	snprintf(why, size, "the store cannot be opened");
	if (opened == NULL)
		return rv;
	opened->keyring = keyring;
	rv = env_open(opened, options);
	if (rv < 0)
		goto out;
	if (env_is_empty(opened->env) && !options->read_only)
		rv = make_databases(opened, options->directory);
	else
		rv = find_databases(opened);
	if (rv == ERROR_CORRUPT)
		snprintf(why, size, "the store's databases are damaged");
	if (rv == 0)
		rv = meta_check(opened, why, size);
	if (rv == 0 && !options->read_only)
		rv = add_databases(opened);
	if (rv < 0)
		goto out;
	*store = opened;
	opened = NULL;
out:
	store_close(opened);
	return rv;
}

void
store_keep_time(struct store *store)
{
	store->keeps_time = true;
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	mdb_env_close(store->env);
	free(store);
}

bool
store_is_broken(const struct store *store)
{
	return store->is_broken;
}

uint64_t
store_audit_sequence(const struct store *store)
{
	return store->audit_sequence;
}
