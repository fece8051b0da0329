/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * storepages FILE: what an LMDB file holds, read beside whoever writes it.
 * A line for each database: name, rows, bytes of its pages, bytes a row; then
 * "duplicates" (pages of databases with several values a key, which LMDB does
 * not tell apart), "free" (pages that wait to be used again), "all" (everything
 * but those), "file" and "commits", each with its number.
 */
#include <inttypes.h>
#include <lmdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/bench/load.h"

#define NAME_MAX_SIZE 64
#define FREE_DBI      0 /* LMDB's own: which pages are free */

static void
check(int rc, const char *what)
{
	if (rc != MDB_SUCCESS)
		load_die("storepages: %s: %s", what, mdb_strerror(rc));
}

static size_t
pages_of(const MDB_stat *s)
{
	return (s->ms_branch_pages + s->ms_leaf_pages + s->ms_overflow_pages) *
	       s->ms_psize;
}

static size_t
print_database(MDB_txn *txn, const MDB_val *name)
{
	char text[NAME_MAX_SIZE] = "";
	MDB_stat stat;
	MDB_dbi dbi;

	if (name->mv_size >= sizeof(text))
		return 0;
	memcpy(text, name->mv_data, name->mv_size);
	if (mdb_dbi_open(txn, text, 0, &dbi) != MDB_SUCCESS)
		return 0;
	check(mdb_stat(txn, dbi, &stat), text);
	printf("%s\t%zu\t%zu\t%.1f\n", text, stat.ms_entries, pages_of(&stat),
	    stat.ms_entries == 0
		? 0
		: (double)pages_of(&stat) / (double)stat.ms_entries);
	return pages_of(&stat);
}

/* A store has named databases; a floor has its rows in the unnamed one. */
static size_t
print_databases(MDB_txn *txn)
{
	MDB_cursor *cursor;
	MDB_val name, value;
	MDB_stat stat;
	MDB_dbi main;
	size_t all;
	int rc;

	check(mdb_dbi_open(txn, NULL, 0, &main), "main");
	check(mdb_stat(txn, main, &stat), "main");
	all = pages_of(&stat);
	printf("main\t%zu\t%zu\t%.1f\n", stat.ms_entries, all,
	    (double)all / (double)(stat.ms_entries + (stat.ms_entries == 0)));
	check(mdb_cursor_open(txn, main, &cursor), "cursor");
	rc = mdb_cursor_get(cursor, &name, &value, MDB_FIRST);
	for (; rc == MDB_SUCCESS && stat.ms_entries < NAME_MAX_SIZE;
	     rc = mdb_cursor_get(cursor, &name, &value, MDB_NEXT))
		all += print_database(txn, &name);
	mdb_cursor_close(cursor);
	return all;
}

static size_t
free_pages(MDB_txn *txn)
{
	MDB_cursor *cursor;
	MDB_val key, list;
	size_t pages = 0, count;

	check(mdb_cursor_open(txn, FREE_DBI, &cursor), "free");
	while (mdb_cursor_get(cursor, &key, &list, MDB_NEXT) == MDB_SUCCESS) {
		memcpy(&count, list.mv_data, sizeof(count));
		pages += count;
	}
	mdb_cursor_close(cursor);
	return pages;
}

int
main(int argc, char **argv)
{
	struct stat status;
	size_t all, databases, unused;
	MDB_envinfo info;
	MDB_stat stat;
	MDB_env *env;
	MDB_txn *txn;

	if (argc != 2 || lstat(argv[1], &status) != 0)
		load_die("usage: storepages FILE");
	check(mdb_env_create(&env), "environment");
	check(mdb_env_set_maxdbs(env, NAME_MAX_SIZE), "databases");
	check(mdb_env_open(env, argv[1], MDB_RDONLY | MDB_NOSUBDIR, 0600),
	    argv[1]);
	check(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), "transaction");
	check(mdb_env_info(env, &info), "info");
	check(mdb_env_stat(env, &stat), "stat");
	databases = print_databases(txn);
	unused = free_pages(txn) * stat.ms_psize;
	all = (info.me_last_pgno + 1) * stat.ms_psize - unused;
	printf("duplicates\t%zu\n", all > databases ? all - databases : 0);
	printf("free\t%zu\nall\t%zu\n", unused, all);
	printf("file\t%jd\n", (intmax_t)status.st_size);
	printf("commits\t%zu\n", info.me_last_txnid);
	mdb_txn_abort(txn);
	mdb_env_close(env);
	return 0;
}
