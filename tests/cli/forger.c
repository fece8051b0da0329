/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/cli/forger.h"

#include <check.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/store/env.h"
#include "agent/store/meta.h"
#include "common/error.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"

#define ROW_MAX 4096

/* In a child: the agent's user, whose files these are. */
struct forger {
	struct keyring *keyring;
	struct store *store;
	MDB_txn *txn;
};

/* The child's failures are its exit status: an assertion would run tests. */
static void
expect(int rv, const char *what)
{
	if (rv == 0)
		return;
	fprintf(stderr, "forger: %s: %s\n", what, error_text(rv));
	_exit(1);
}

static void
forger_open(struct forger *forger, const char *directory, const char *key)
{
	const struct store_options options = { .directory = directory,
		.map_size = STORE_MAP_SIZE };
	gid_t group = realagent_uid();
	char why[512] = "";

	/* The key is the agent's user's, and read here by root. */
	expect(crypto_init(), "crypto");
	expect(chown(key, 0, 0), "chown");
	expect(keyring_load(key, &forger->keyring, why, sizeof(why)), why);
	expect(chown(key, realagent_uid(), group), "chown");
	expect(setgroups(1, &group), "setgroups");
	expect(setgid(group), "setgid");
	expect(setuid(realagent_uid()), "setuid");
	expect(store_open(
		   &options, forger->keyring, &forger->store, why, sizeof(why)),
	    why);
	expect(
	    mdb_txn_begin(forger->store->env, NULL, 0, &forger->txn), "begin");
}

static void
entry_get(struct forger *forger, uint64_t number, uint8_t *bytes, size_t *size)
{
	uint8_t key[8];
	MDB_val mdb_key = { sizeof(key), key };
	MDB_val value;

	audit_key(number, key);
	expect(mdb_get(
		   forger->txn, forger->store->dbi[DB_AUDIT], &mdb_key, &value),
	    "get");
	expect(value.mv_size > ROW_MAX, "size");
	memcpy(bytes, value.mv_data, value.mv_size);
	*size = value.mv_size;
}

static void
entry_put(struct forger *forger, uint64_t number, uint8_t *bytes, size_t size)
{
	uint8_t key[8];
	MDB_val mdb_key = { sizeof(key), key };
	MDB_val value = { size, bytes };

	audit_key(number, key);
	expect(mdb_put(forger->txn, forger->store->dbi[DB_AUDIT], &mdb_key,
		   &value, 0),
	    "put");
}

/* The end of the chain is then this entry, by the store's own word. */
static void
cut(struct forger *forger, uint64_t stay)
{
	struct store *store = forger->store;
	uint64_t number = store->audit_sequence;
	uint8_t bytes[ROW_MAX];
	size_t size;

	for (; number > stay; number--) {
		uint8_t key[8];
		MDB_val mdb_key = { sizeof(key), key };

		audit_key(number, key);
		expect(
		    mdb_del(forger->txn, store->dbi[DB_AUDIT], &mdb_key, NULL),
		    "del");
	}
	entry_get(forger, stay, bytes, &size);
	store->audit_sequence = stay;
	memcpy(
	    store->audit_mac, bytes + size - CRYPTO_MAC_SIZE, CRYPTO_MAC_SIZE);
}

static void
append(struct forger *forger, unsigned others)
{
	for (unsigned i = 0; i < others; i++) {
		const struct audit_entry entry = { .at = 1,
			.actor = span_of("root"),
			.action = span_of("token.update"),
			.subject = span_of("0000000000") };
		struct changeset *set = changeset_new();
		int result = 0;

		changeset_audit(set, &entry);
		expect(store_apply(forger->store, &set, 1, &result), "apply");
		changeset_free(set);
	}
}

static void
forger_commit(struct forger *forger, uint64_t end)
{
	struct writing writing = { .store = forger->store, .txn = forger->txn };

	expect(meta_put(&writing, end), "meta");
	expect(writing_commit(&writing), "commit");
}

static void
forger_end(struct forger *forger)
{
	store_close(forger->store);
	keyring_free(forger->keyring);
	_exit(0);
}

/* Paths known before there is a child: to it they would be others. */
static pid_t
forger_fork(char *directory, char *key)
{
	(void)snprintf(directory, PATH_MAX, "%s", login_path("store"));
	(void)snprintf(key, PATH_MAX, "%s", login_path("master.key"));
	return fork();
}

static void
forger_wait(pid_t child)
{
	int status;

	ck_assert_int_gt(child, 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}

void
forger_rewrite(uint64_t stay, unsigned others)
{
	char directory[PATH_MAX], key[PATH_MAX];
	struct forger forger = { 0 };
	pid_t child = forger_fork(directory, key);

	if (child != 0) {
		forger_wait(child);
		return;
	}
	forger_open(&forger, directory, key);
	cut(&forger, stay);
	forger_commit(&forger, stay);
	append(&forger, others);
	forger_end(&forger);
}

void
forger_touch(enum forgery forgery, uint64_t first, uint64_t second)
{
	char directory[PATH_MAX], key[PATH_MAX];
	uint8_t bytes[2][ROW_MAX];
	size_t size[2];
	struct forger forger = { 0 };
	pid_t child = forger_fork(directory, key);

	if (child != 0) {
		forger_wait(child);
		return;
	}
	forger_open(&forger, directory, key);
	entry_get(&forger, first, bytes[0], &size[0]);
	entry_get(&forger, second, bytes[1], &size[1]);
	if (forgery == FORGE_EDIT) {
		bytes[0][size[0] / 2] ^= 1;
		entry_put(&forger, first, bytes[0], size[0]);
	} else {
		entry_put(&forger, first, bytes[1], size[1]);
		if (forgery == FORGE_SWAP)
			entry_put(&forger, second, bytes[0], size[0]);
	}
	/* What LMDB counts has to fit: this is about the entries. */
	forger_commit(&forger, forger.store->audit_sequence);
	forger_end(&forger);
}
