/* SPDX-License-Identifier: BSD-3-Clause */
/* A restore brings back what was lost, and revives nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/store/walk.h"
#include "common/error.h"
#include "tests/unit/vault_fixture.h"

static struct fixture f;
static struct fixture old; /* another store, with the same key */
static struct restore_result result;
static char why[256];

/* A second store that has the first one's key. */
static void
open_old(void)
{
	size_t size;
	uint8_t *key;

	fixture_init(&old);
	fixture_close(&old);
	keyring_free(old.keyring);
	key = fixture_read(f.key, &size);
	unlink(old.key);
	fixture_write(old.key, key, size);
	free(key);
	unlink(old.data);
	ck_assert_int_eq(
	    keyring_load(old.key, &old.keyring, why, sizeof(why)), 0);
	ck_assert_int_eq(fixture_open(&old), 0);
}

static void
setup(void)
{
	fixture_init(&f);
	open_old();
	vault_token(&f, 1, "one");
	vault_token(&f, 2, "two");
	vault_put(&f, DB_PROJECTS, "web", "a project");
	vault_put(&f, DB_ROLES, "ops", "a role");
	vault_put(&f, DB_GRANTS, "alice", "a grant");
}

static void
teardown(void)
{
	fixture_fini(&f);
	fixture_fini(&old);
}

static int
restore(struct fixture *to, int file, bool dry_run)
{
	struct restore_options options = { .store = to->store,
		.keyring = to->keyring,
		.fd = file,
		.stop = &vault_never,
		.dry_run = dry_run,
		.actor = span_of("root"),
		.note = "",
		.now = NOW };
	int rv;

	store_reader_close(to->reader);
	to->reader = NULL;
	vault_start_writer(to);
	options.writer = vault_writer;
	rv = restore_run(&options, &result, why, sizeof(why));
	vault_stop_writer();
	return rv;
}

/* What the table says of a database's rows. */
static uint64_t
fate(enum database database, enum restore_fate what)
{
	size_t i = 0;

	while (backup_databases[i] != database)
		i++;
	return result.fates[i][what];
}

static int
backup_of(struct fixture *from)
{
	struct backup_summary summary;

	return vault_backup(from, &summary);
}

static enum token_state
state_of(struct fixture *in, unsigned number)
{
	struct record record;
	uint32_t version;

	if (fixture_load(in, fixture_id(number), &record, &version) < 0)
		return 0;
	return record.state;
}

START_TEST(brings_all_back_to_a_new_store)
{
	int file = backup_of(&f);

	ck_assert_int_eq(restore(&old, file, false), 0);
	ck_assert_uint_eq(fate(DB_TOKENS, RESTORE_ADDED), 2);
	ck_assert_uint_eq(fate(DB_PROJECTS, RESTORE_ADDED), 1);
	ck_assert_int_eq(state_of(&old, 1), STATE_ACTIVE);
	ck_assert_uint_eq(vault_version(&old, DB_GRANTS, span_of("alice")), 1);
	/* Indexes and all. */
	fixture_close(&old);
	ck_assert_int_eq(fixture_open(&old), 0);
	ck_assert_uint_eq(store_count(fixture_view(&old), DB_TOKEN_NAMES), 2);
	ck_assert_uint_eq(store_count(fixture_view(&old), DB_AUDIT), 2);
	ck_assert_int_eq(restore(&old, file, false), 0);
	ck_assert_uint_eq(fate(DB_TOKENS, RESTORE_KEPT), 2);
	ck_assert(!result.changed);
	close(file);
}
END_TEST

START_TEST(a_dry_run_changes_nothing)
{
	int file = backup_of(&f);

	ck_assert_int_eq(restore(&old, file, true), 0);
	ck_assert_uint_eq(fate(DB_TOKENS, RESTORE_ADDED), 2);
	ck_assert_uint_eq(store_count(fixture_view(&old), DB_TOKENS), 0);
	ck_assert_uint_eq(store_count(fixture_view(&old), DB_AUDIT), 0);
	close(file);
}
END_TEST

/* A row keeps its version, so that an older backup does not win later. */
START_TEST(versions_are_never_lowered)
{
	int first = backup_of(&f);
	int second;

	ck_assert_int_eq(
	    fixture_set_state(&f, fixture_id(1), STATE_DISABLED), 0);
	ck_assert_int_eq(
	    fixture_set_state(&f, fixture_id(1), STATE_REVOKED), 0);
	vault_put(&f, DB_GRANTS, "alice", "");
	second = backup_of(&f);
	ck_assert_int_eq(restore(&old, second, false), 0);
	ck_assert_uint_eq(vault_version(&old, DB_TOKENS, fixture_id(1)), 3);
	ck_assert_uint_eq(vault_version(&old, DB_GRANTS, span_of("alice")), 2);
	ck_assert_int_eq(restore(&old, first, false), 0);
	ck_assert_uint_eq(fate(DB_TOKENS, RESTORE_KEPT), 2);
	ck_assert_uint_eq(fate(DB_GRANTS, RESTORE_KEPT), 1);
	ck_assert_int_eq(state_of(&old, 1), STATE_REVOKED);
	close(first);
	close(second);
}
END_TEST

/* The store was lost, an old backup brought the token back, it was revoked:
 * a later backup of the lost store must not bring it back once more. */
START_TEST(what_was_ended_after_a_restore_stays_so)
{
	int first = backup_of(&f);
	int second;

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(
		    fixture_set_state(&f, fixture_id(1),
			i % 2 == 0 ? STATE_DISABLED : STATE_ACTIVE),
		    0);
	second = backup_of(&f);
	store_keep_time(old.store);
	ck_assert_int_eq(restore(&old, first, false), 0);
	ck_assert_int_eq(
	    fixture_set_state(&old, fixture_id(1), STATE_REVOKED), 0);
	ck_assert_int_eq(restore(&old, second, false), 0);
	ck_assert_int_eq(state_of(&old, 1), STATE_REVOKED);
	close(first);
	close(second);
}
END_TEST

START_TEST(a_newer_backup_replaces)
{
	int first = backup_of(&f);
	int second;

	ck_assert_int_eq(
	    fixture_set_state(&f, fixture_id(1), STATE_REVOKED), 0);
	second = backup_of(&f);
	ck_assert_int_eq(restore(&old, first, false), 0);
	ck_assert_int_eq(restore(&old, second, false), 0);
	ck_assert_uint_eq(fate(DB_TOKENS, RESTORE_REPLACED), 1);
	ck_assert_uint_eq(fate(DB_TOKENS, RESTORE_KEPT), 1);
	ck_assert_int_eq(state_of(&old, 1), STATE_REVOKED);
	ck_assert_uint_eq(vault_version(&old, DB_TOKENS, fixture_id(1)), 2);
	close(first);
	close(second);
}
END_TEST

START_TEST(the_dead_stay_dead)
{
	int file = backup_of(&f);

	ck_assert_int_eq(fixture_delete(&f, fixture_id(1)), 0);
	vault_put(&f, DB_TOMBSTONES, "p:gone", "");
	vault_put(&f, DB_TOMBSTONES, "p:web", "");
	vault_put(&f, DB_TOMBSTONES, "r:ops", "");
	ck_assert_int_eq(restore(&f, file, false), 0);
	ck_assert_uint_eq(fate(DB_TOKENS, RESTORE_DELETED), 1);
	ck_assert_uint_eq(fate(DB_TOKENS, RESTORE_KEPT), 1);
	ck_assert_int_eq(state_of(&f, 1), 0);
	close(file);
}
END_TEST

/* Deleted while its project and role were: those stay gone too. */
START_TEST(what_was_deleted_by_name_stays_so)
{
	int file = backup_of(&f);

	vault_put(&old, DB_TOMBSTONES, "p:web", "");
	vault_put(&old, DB_TOMBSTONES, "r:ops", "");
	ck_assert_int_eq(restore(&old, file, false), 0);
	ck_assert_uint_eq(fate(DB_PROJECTS, RESTORE_DELETED), 1);
	ck_assert_uint_eq(fate(DB_ROLES, RESTORE_DELETED), 1);
	ck_assert_uint_eq(vault_version(&old, DB_PROJECTS, span_of("web")), 0);
	ck_assert_uint_eq(fate(DB_GRANTS, RESTORE_ADDED), 1);
	close(file);
}
END_TEST

/* At a version, which is a time where an agent runs. */
static void
put_at(struct fixture *in, enum database database, const char *key,
    const char *body, uint32_t version)
{
	struct changeset *set = changeset_new();

	changeset_put(set, database, span_of(key), VERSION_ANY, span_of(body));
	changeset_raise(set, version);
	ck_assert_int_eq(fixture_apply(in, set), 0);
}

START_TEST(what_was_made_anew_is_not_replaced)
{
	struct row row;
	int file;

	put_at(&f, DB_PROJECTS, "web", "edited", 10);
	file = backup_of(&f);
	put_at(&old, DB_TOMBSTONES, "p:web", "", 20);
	put_at(&old, DB_PROJECTS, "web", "anew", 30);
	ck_assert_int_eq(restore(&old, file, false), 0);
	ck_assert_uint_eq(fate(DB_PROJECTS, RESTORE_KEPT), 1);
	ck_assert_int_eq(store_get_authentic(fixture_view(&old), DB_PROJECTS,
			     span_of("web"), &row),
	    0);
	ck_assert(span_is(row.body, "anew"));
	close(file);
}
END_TEST

/* A project made anew after it was deleted comes back to a lost store, and to
 * one that knows of the deletion alone. */
START_TEST(a_tombstone_of_the_backup_does_not_hide_its_rows)
{
	int file;

	put_at(&f, DB_TOMBSTONES, "p:web", "", 20);
	put_at(&f, DB_PROJECTS, "web", "anew", 30);
	file = backup_of(&f);
	if (_i == 1)
		put_at(&old, DB_TOMBSTONES, "p:web", "", 20);
	ck_assert_int_eq(restore(&old, file, false), 0);
	ck_assert_uint_eq(fate(DB_PROJECTS, RESTORE_ADDED), 1);
	ck_assert_uint_eq(vault_version(&old, DB_PROJECTS, span_of("web")), 30);
	ck_assert_uint_eq(
	    vault_version(&old, DB_TOMBSTONES, span_of("p:web")), 20);
	close(file);
}
END_TEST

/* What the store has was made before it, or again after it. */
START_TEST(deletions_by_name_are_carried_out)
{
	const uint32_t made = _i == 0 ? 10 : 30;
	int file;

	put_at(&f, DB_TOMBSTONES, "p:gone", "", 20);
	put_at(&f, DB_TOMBSTONES, "r:gone", "", 20);
	file = backup_of(&f);
	put_at(&old, DB_PROJECTS, "gone", "a project", made);
	put_at(&old, DB_ROLES, "gone", "a role", made);
	put_at(&old, DB_ROLES, "stays", "a role", made);
	ck_assert_int_eq(restore(&old, file, false), 0);
	ck_assert_uint_eq(vault_version(&old, DB_PROJECTS, span_of("gone")),
	    made < 20 ? 0 : made);
	ck_assert_uint_eq(vault_version(&old, DB_ROLES, span_of("gone")),
	    made < 20 ? 0 : made);
	ck_assert_uint_eq(
	    vault_version(&old, DB_ROLES, span_of("stays")), made);
	close(file);
}
END_TEST

/* Names that tokens take over from each other, between two backups. */

static void
alter(struct fixture *in, unsigned number, const char *name,
    enum token_state state)
{
	struct changeset *set = changeset_new();
	struct record before, after;
	struct token token;
	uint32_t version;

	ck_assert_int_eq(
	    fixture_load(in, fixture_id(number), &before, &version), 0);
	after = before;
	after.spec.name = span_of(name);
	after.state = state;
	if (after.secret_count == 0) {
		crypto_new_token(TOKEN_API, &token);
		set_secret(&after, 0, &token);
		after.secret_count = 1;
	}
	changeset_token(set, fixture_id(number), &before, version, &after);
	ck_assert_int_eq(fixture_apply(in, set), 0);
}

static bool
is_named(struct fixture *in, unsigned number, const char *name)
{
	struct record record;
	uint32_t version;

	return fixture_load(in, fixture_id(number), &record, &version) == 0 &&
	       span_is(record.spec.name, name);
}

/* The second of two backups onto what the first one made; it is whole then, and
 * once more changes nothing. */
static void
restore_next(int first)
{
	int second = backup_of(&f);

	ck_assert_int_eq(restore(&old, first, false), 0);
	ck_assert_int_eq(restore(&old, second, false), 0);
	close(first);
	ck_assert_msg(walk_store(old.store, why, sizeof(why)) == 0, "%s", why);
	fixture_close(&old);
	ck_assert_int_eq(fixture_open(&old), 0);
	close(second);
}

/* It had no secret and the name of another one since: with a lower id or a
 * higher one. */
START_TEST(what_makes_way_is_what_it_became)
{
	const unsigned other = _i == 0 ? 4 : 6;
	struct record record;
	struct token token;
	int first;

	good_token(&record, &token);
	record.spec.name = span_of("n");
	record.state = STATE_PENDING;
	record.secret_count = 0;
	ck_assert_int_eq(fixture_create(&f, fixture_id(5), &record), 0);
	first = backup_of(&f);
	alter(&f, 5, "zzz", STATE_ACTIVE);
	vault_token(&f, other, "n");
	restore_next(first);
	ck_assert_int_eq(state_of(&old, 5), STATE_ACTIVE);
	ck_assert(is_named(&old, 5, "zzz"));
	ck_assert_int_eq(state_of(&old, other), STATE_ACTIVE);
	ck_assert(is_named(&old, other, "n"));
	ck_assert_uint_eq(fate(DB_TOKENS, RESTORE_TAKEN), 0);
}
END_TEST

/* Revoked under the name of one that was deleted. */
START_TEST(a_name_of_the_dead_keeps_nobody_alive)
{
	int first = backup_of(&f);

	ck_assert_int_eq(fixture_delete(&f, fixture_id(2)), 0);
	alter(&f, 1, "two", STATE_REVOKED);
	restore_next(first);
	ck_assert_int_eq(state_of(&old, 1), STATE_REVOKED);
	ck_assert(is_named(&old, 1, "two"));
	ck_assert_int_eq(state_of(&old, 2), 0);
}
END_TEST

/* Given up by one and taken by another, which may be a new one, in a chain. */
START_TEST(names_are_given_up_in_time)
{
	int first = backup_of(&f);

	alter(&f, 1, "eins", STATE_ACTIVE);
	alter(&f, 2, "one", STATE_REVOKED);
	vault_token(&f, _i == 0 ? 0 : 3, "two");
	vault_put(&f, DB_USAGE, _i == 0 ? "token00000" : "token00003", "then");
	restore_next(first);
	ck_assert(is_named(&old, 1, "eins"));
	ck_assert(is_named(&old, 2, "one"));
	ck_assert_int_eq(state_of(&old, 2), STATE_REVOKED);
	ck_assert(is_named(&old, _i == 0 ? 0 : 3, "two"));
	ck_assert_uint_eq(fate(DB_TOKENS, RESTORE_ADDED), 1);
	ck_assert_uint_eq(fate(DB_TOKENS, RESTORE_REPLACED), 2);
	ck_assert_uint_eq(fate(DB_TOKENS, RESTORE_TAKEN), 0);
	ck_assert_uint_eq(fate(DB_USAGE, RESTORE_ADDED), 1);
	ck_assert_uint_eq(fate(DB_USAGE, RESTORE_KEPT), 0);
}
END_TEST

/* Nobody gives way: what is newer is put in, under the names that are here. */
START_TEST(a_name_that_stays_taken_keeps_nobody_alive)
{
	int first = backup_of(&f);

	alter(&f, 1, "x", STATE_ACTIVE);
	alter(&f, 2, "one", STATE_REVOKED);
	alter(&f, 1, "two", STATE_REVOKED);
	restore_next(first);
	ck_assert_int_eq(state_of(&old, 1), STATE_REVOKED);
	ck_assert_int_eq(state_of(&old, 2), STATE_REVOKED);
	ck_assert(is_named(&old, 1, "one"));
	ck_assert(is_named(&old, 2, "two"));
	ck_assert_uint_eq(fate(DB_TOKENS, RESTORE_TAKEN), 2);
}
END_TEST

/* A token with two secrets, of which the store has buried some. */
static const struct {
	uint8_t buried[2];
	size_t left;
} overlaps[] = {
	{ { 1 }, 1 }, { { 2 }, 1 }, { { 1, 2 }, 0 }, { { 3 }, 2 },
	{ { 0 }, 2 }, /* it had secrets since */
};

static void
bury(struct fixture *in, unsigned number, uint8_t secret)
{
	struct record record = { .secret_count = 1,
		.secrets[0].number = secret };
	struct changeset *set = changeset_new();

	changeset_tombstones(set, fixture_id(number), &record, NOW,
	    span_of("alice"), span_of("deleted"));
	ck_assert_int_eq(fixture_apply(in, set), 0);
}

static void
add_second_secret(unsigned number)
{
	struct changeset *set = changeset_new();
	struct record before, after;
	struct token token;
	uint32_t version;

	ck_assert_int_eq(
	    fixture_load(&f, fixture_id(number), &before, &version), 0);
	after = before;
	crypto_new_token(TOKEN_API, &token);
	set_secret(&after, 1, &token);
	changeset_token(set, fixture_id(number), &before, version, &after);
	ck_assert_int_eq(fixture_apply(&f, set), 0);
}

START_TEST(each_secret_dies_by_itself)
{
	struct record record;
	uint32_t version;
	int file;

	add_second_secret(1);
	file = backup_of(&f);
	for (size_t i = 0; i < 2; i++)
		if (i == 0 || overlaps[_i].buried[i] != 0)
			bury(&old, 1, overlaps[_i].buried[i]);
	ck_assert_int_eq(restore(&old, file, false), 0);
	if (overlaps[_i].left == 0) {
		ck_assert_uint_eq(fate(DB_TOKENS, RESTORE_DELETED), 1);
		ck_assert_int_eq(state_of(&old, 1), 0);
		close(file);
		return;
	}
	ck_assert_int_eq(
	    fixture_load(&old, fixture_id(1), &record, &version), 0);
	ck_assert_uint_eq(record.secret_count, overlaps[_i].left);
	for (size_t i = 0; i < record.secret_count; i++)
		ck_assert_uint_ne(
		    record.secrets[i].number, overlaps[_i].buried[0]);
	close(file);
}
END_TEST

/* One that never had a secret, and was deleted as it was, or had one since. */
START_TEST(the_pending_die_too)
{
	struct record pending;
	struct token token;
	int file;

	good_token(&pending, &token);
	pending.secret_count = 0;
	pending.state = STATE_PENDING;
	pending.spec.name = span_of("pending");
	ck_assert_int_eq(fixture_create(&f, fixture_id(7), &pending), 0);
	file = backup_of(&f);
	if (_i == 0)
		ck_assert_int_eq(fixture_delete(&f, fixture_id(7)), 0);
	else
		bury(&old, 7, 4);
	ck_assert_int_eq(restore(_i == 0 ? &f : &old, file, false), 0);
	ck_assert_uint_eq(fate(DB_TOKENS, RESTORE_DELETED), 1);
	ck_assert_int_eq(state_of(_i == 0 ? &f : &old, 7), 0);
	close(file);
}
END_TEST

START_TEST(a_name_that_is_taken_stays_with_who_has_it)
{
	int file = backup_of(&f);

	vault_token(&old, 8, "one");
	ck_assert_int_eq(restore(&old, file, false), 0);
	ck_assert_uint_eq(fate(DB_TOKENS, RESTORE_TAKEN), 1);
	ck_assert_uint_eq(fate(DB_TOKENS, RESTORE_ADDED), 1);
	ck_assert_int_eq(state_of(&old, 1), 0);
	ck_assert_int_eq(state_of(&old, 8), STATE_ACTIVE);
	ck_assert_uint_eq(store_count(fixture_view(&old), DB_TOKEN_NAMES), 2);
	close(file);
}
END_TEST

/* A store that fell back: what the backup knows to be deleted is. */
START_TEST(deletions_of_the_backup_are_carried_out)
{
	int first = backup_of(&f);
	int second;

	vault_put(&f, DB_USAGE, "token00001", "a use");
	ck_assert_int_eq(fixture_delete(&f, fixture_id(1)), 0);
	second = backup_of(&f);
	ck_assert_int_eq(restore(&old, first, false), 0);
	ck_assert_int_eq(state_of(&old, 1), STATE_ACTIVE);
	ck_assert_int_eq(restore(&old, second, false), 0);
	ck_assert_uint_eq(fate(DB_TOMBSTONES, RESTORE_ENDED), 1);
	ck_assert_int_eq(state_of(&old, 1), 0);
	ck_assert_uint_eq(store_count(fixture_view(&old), DB_TOKEN_NAMES), 1);
	ck_assert_int_eq(restore(&old, second, false), 0);
	ck_assert_uint_eq(fate(DB_TOMBSTONES, RESTORE_KEPT), 1);
	close(first);
	close(second);
}
END_TEST

/* Both secrets of one token: the second is not put back with the first. */
START_TEST(deletions_of_the_backup_are_whole)
{
	int first, second;

	add_second_secret(1);
	first = backup_of(&f);
	ck_assert_int_eq(fixture_delete(&f, fixture_id(1)), 0);
	second = backup_of(&f);
	ck_assert_int_eq(restore(&old, first, false), 0);
	ck_assert_int_eq(restore(&old, second, false), 0);
	ck_assert_uint_eq(fate(DB_TOMBSTONES, RESTORE_ENDED), 2);
	ck_assert_int_eq(state_of(&old, 1), 0);
	close(first);
	close(second);
}
END_TEST

/* Only where there are none, and only of tokens that are there. */
START_TEST(last_uses_are_kept)
{
	int file;

	vault_put(&f, DB_USAGE, "token00001", "then");
	vault_put(&f, DB_USAGE, "token00001", "then");
	vault_put(&f, DB_USAGE, "token00002", "then");
	vault_put(&f, DB_USAGE, "token00099", "then");
	file = backup_of(&f);
	vault_put(&old, DB_USAGE, "token00001", "now");
	ck_assert_int_eq(restore(&old, file, false), 0);
	ck_assert_uint_eq(vault_version(&old, DB_USAGE, fixture_id(1)), 1);
	ck_assert_uint_eq(vault_version(&old, DB_USAGE, fixture_id(2)), 1);
	ck_assert_uint_eq(vault_version(&old, DB_USAGE, fixture_id(99)), 0);
	close(file);
}
END_TEST

/* Nobody knows what it was: it does not become anything. */
START_TEST(a_damaged_row_stays)
{
	uint8_t *key = old.keyring->keys[0].records;
	int file = backup_of(&f);

	key[0] ^= 1;
	vault_token(&old, 1, "one");
	key[0] ^= 1;
	ck_assert_int_eq(restore(&old, file, false), 0);
	ck_assert_uint_eq(fate(DB_TOKENS, RESTORE_KEPT), 1);
	close(file);
}
END_TEST

START_TEST(a_bad_backup_changes_nothing)
{
	size_t size;
	int file = backup_of(&f);
	uint8_t *bytes = vault_load(file, &size);
	int cut = vault_file(bytes, size - 1);

	ck_assert_int_eq(restore(&old, cut, false), ERROR_INVALID);
	ck_assert_str_ne(why, "");
	ck_assert(!result.changed);
	ck_assert_uint_eq(store_count(fixture_view(&old), DB_TOKENS), 0);
	ck_assert_uint_eq(store_count(fixture_view(&old), DB_AUDIT), 0);
	free(bytes);
	close(cut);
	close(file);
}
END_TEST

START_TEST(rows_get_the_current_key)
{
	int file = backup_of(&f);
	struct row row;

	vault_add_key(&old, 2, 'b');
	ck_assert_int_eq(restore(&old, file, false), 0);
	ck_assert_int_eq(store_get_authentic(fixture_view(&old), DB_TOKENS,
			     fixture_id(1), &row),
	    0);
	ck_assert_uint_eq(row.key_number, 2);
	close(file);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("restore");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, brings_all_back_to_a_new_store);
	tcase_add_test(tcase, a_dry_run_changes_nothing);
	tcase_add_test(tcase, versions_are_never_lowered);
	tcase_add_test(tcase, what_was_ended_after_a_restore_stays_so);
	tcase_add_test(tcase, a_newer_backup_replaces);
	tcase_add_test(tcase, the_dead_stay_dead);
	tcase_add_test(tcase, what_was_deleted_by_name_stays_so);
	tcase_add_test(tcase, what_was_made_anew_is_not_replaced);
	tcase_add_loop_test(tcase, deletions_by_name_are_carried_out, 0, 2);
	tcase_add_loop_test(tcase, what_makes_way_is_what_it_became, 0, 2);
	tcase_add_test(tcase, a_name_of_the_dead_keeps_nobody_alive);
	tcase_add_loop_test(tcase, names_are_given_up_in_time, 0, 2);
	tcase_add_test(tcase, a_name_that_stays_taken_keeps_nobody_alive);
	tcase_add_loop_test(
	    tcase, a_tombstone_of_the_backup_does_not_hide_its_rows, 0, 2);
	tcase_add_loop_test(
	    tcase, each_secret_dies_by_itself, 0, COUNT(overlaps));
	tcase_add_loop_test(tcase, the_pending_die_too, 0, 2);
	tcase_add_test(tcase, a_name_that_is_taken_stays_with_who_has_it);
	tcase_add_test(tcase, deletions_of_the_backup_are_carried_out);
	tcase_add_test(tcase, deletions_of_the_backup_are_whole);
	tcase_add_test(tcase, last_uses_are_kept);
	tcase_add_test(tcase, a_damaged_row_stays);
	tcase_add_test(tcase, a_bad_backup_changes_nothing);
	tcase_add_test(tcase, rows_get_the_current_key);
	return run_cases("restore", &tcase, 1);
}
