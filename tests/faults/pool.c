/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/faults/pool.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/model/grantrow.h"
#include "agent/store/store.h"
#include "common/duration.h"

/* Written into the store's file over a login that was stored. */
#define STORED_LOGIN "mallory"
#define FORGED_LOGIN "victims"

/* Whose only grant is of a role that is no more. */
#define BARRED "barred"

#define UID_STRANGER 4711

static uint64_t dice_state = 1;

void
dice_seed(uint64_t seed)
{
	dice_state = seed != 0 ? seed : 1;
}

/* xorshift64*, Vigna 2016. */
uint32_t
dice(uint32_t below)
{
	dice_state ^= dice_state >> 12;
	dice_state ^= dice_state << 25;
	dice_state ^= dice_state >> 27;
	return (uint32_t)((dice_state * UINT64_C(2685821657736338717) >> 32) *
			      below >>
			  32);
}

static void
be_revoked(struct record *record, struct target *target)
{
	(void)target;
	record->state = STATE_REVOKED;
}

static void
be_disabled(struct record *record, struct target *target)
{
	(void)target;
	record->state = STATE_DISABLED;
}

static void
be_pending(struct record *record, struct target *target)
{
	(void)target;
	record->state = STATE_PENDING;
	record->secret_count = 0;
}

static void
be_expired(struct record *record, struct target *target)
{
	record->spec.expires_at = NOW + dice(1000);
	target->now = record->spec.expires_at + dice(1000);
}

static void
be_lapsed(struct record *record, struct target *target)
{
	record->spec.expires_at = NOW + 1000;
	record->lapsed = true;
	target->now = NOW;
}

static void
be_early(struct record *record, struct target *target)
{
	record->spec.not_before = target->now + 1 + dice(1000);
}

static void
ask_for_another_login(struct record *record, struct target *target)
{
	(void)record;
	strcpy(target->login, "nobody");
}

static void
ask_at_another_service(struct record *record, struct target *target)
{
	record->spec.type = TYPE_CUSTOM;
	record->spec.allow = list_of("imap ftp");
	target->service = "smtp";
}

static void
ask_to_write(struct record *record, struct target *target)
{
	(void)target;
	record->spec.type = TYPE_READ_ONLY;
}

static void
ask_at_an_elevated_service(struct record *record, struct target *target)
{
	record->spec.type = TYPE_CUSTOM;
	record->spec.allow = list_of("sudo");
	target->service = "sudo";
}

static void
ask_in_another_project(struct record *record, struct target *target)
{
	(void)record;
	target->service = "other";
}

static void
ask_in_no_environment(struct record *record, struct target *target)
{
	(void)target;
	record->spec.environment = span_of("production");
}

static void
ask_without_the_role(struct record *record, struct target *target)
{
	(void)record;
	target->service = "roles";
}

static void
ask_from_elsewhere(struct record *record, struct target *target)
{
	record->spec.from = list_of("192.0.2.0/24");
	target->rhost = "198.51.100.7";
}

static void
be_used_up(struct record *record, struct target *target)
{
	(void)target;
	record->spec.uses = 0;
}

static void
be_for_management(struct record *record, struct target *target)
{
	target->token.kind = TOKEN_MANAGEMENT;
	record->spec.kind = TOKEN_MANAGEMENT;
	set_secret(record, 0, &target->token);
}

static void
be_for_refreshing(struct record *record, struct target *target)
{
	target->token.kind = TOKEN_REFRESH;
	record->spec.kind = TOKEN_REFRESH;
	set_secret(record, 0, &target->token);
}

/* Right but for one bit, wherever it is. */
static void
have_nearly_that_verifier(struct record *record, struct target *target)
{
	uint32_t bit = dice(CRYPTO_VERIFIER_SIZE * 8);

	(void)target;
	record->secrets[0].verifier[bit / 8] ^= (uint8_t)(1U << bit % 8);
}

static void
have_an_old_secret(struct record *record, struct target *target)
{
	struct token next;

	crypto_new_token(TOKEN_API, &next);
	set_secret(record, 1, &next);
	record->secrets[0].expires_at = target->now;
}

static void
have_no_parent(struct record *record, struct target *target)
{
	target->token.kind = TOKEN_ACCESS;
	record->spec.kind = TOKEN_ACCESS;
	record->lineage.parent = span_of("nosuchtokn");
	record->lineage.partner = span_of("nosuchtokn");
	record->lineage.parent_number = 1;
	set_secret(record, 0, &target->token);
}

static void
belong_to_one_who_may_not(struct record *record, struct target *target)
{
	(void)target;
	record->spec.owner = span_of(BARRED);
}

/* Made by a grant that was withdrawn. */
static void
have_no_warrant(struct record *record, struct target *target)
{
	(void)target;
	record->warrants = list_of("gone\nadmin\n");
}

static void
be_asked_about_by_a_stranger(struct record *record, struct target *target)
{
	(void)record;
	target->caller = UID_STRANGER;
}

/* Somebody wrote another login into the file. */
static void
be_forged(struct record *record, struct target *target)
{
	record->spec.users = list_of(STORED_LOGIN);
	strcpy(target->login, FORGED_LOGIN);
}

static const struct refusal_row {
	const char *what;
	void (*spoil)(struct record *record, struct target *target);
} refusals[] = {
	{ "revoked", be_revoked },
	{ "disabled", be_disabled },
	{ "pending", be_pending },
	{ "expired", be_expired },
	{ "lapsed", be_lapsed },
	{ "not before", be_early },
	{ "login", ask_for_another_login },
	{ "service", ask_at_another_service },
	{ "access", ask_to_write },
	{ "elevated", ask_at_an_elevated_service },
	{ "project", ask_in_another_project },
	{ "environment", ask_in_no_environment },
	{ "role", ask_without_the_role },
	{ "from", ask_from_elsewhere },
	{ "uses", be_used_up },
	{ "management", be_for_management },
	{ "refresh", be_for_refreshing },
	{ "verifier", have_nearly_that_verifier },
	{ "old secret", have_an_old_secret },
	{ "parent", have_no_parent },
	{ "owner", belong_to_one_who_may_not },
	{ "warrant", have_no_warrant },
	{ "caller", be_asked_about_by_a_stranger },
	{ "MAC", be_forged },
};

static void
invent(struct target *target, struct record *record)
{
	static const char *const services[] = { "sshd", "imap", "ftp" };

	*target = (struct target) { .what = "live",
		.service = services[dice(COUNT(services))],
		.rhost = "192.0.2.7",
		.now = NOW };
	list_reset();
	good_token(record, &target->token);
	snprintf(target->login, sizeof(target->login), "user%u", dice(8));
	record->spec.users = list_of(target->login);
	record->spec.name = span_of(target->token.id);
	if (dice(4) == 0) {
		record->spec.type = TYPE_CUSTOM;
		record->spec.allow = list_of("sshd imap ftp");
	}
	if (dice(4) == 0)
		record->spec.from = list_of("192.0.2.0/24 2001:db8::/32");
}

static void
add_live(struct pool *pool, struct fixture *fixture)
{
	struct target *target = &pool->live[pool->live_count];
	const struct target *parent = &pool->live[0];
	struct record record;

	invent(target, &record);
	if (pool->live_count % 10 == 9) {
		target->token.kind = record.spec.kind = TOKEN_ACCESS;
		record.lineage.parent = span_of(parent->token.id);
		record.lineage.partner = span_of("nosuchtokn");
		record.lineage.parent_number = 1;
		set_secret(&record, 0, &target->token);
		record.spec.users = list_of(parent->login);
		strcpy(target->login, parent->login);
	}
	tokentext_format(&target->token, target->text);
	fixture_add(fixture, &target->token, &record);
	pool->live_count++;
}

static void
add_refused(struct pool *pool, struct fixture *fixture)
{
	struct target *target = &pool->refused[pool->refused_count];
	const struct refusal_row *row =
	    &refusals[pool->refused_count % COUNT(refusals)];
	struct record record;

	invent(target, &record);
	row->spoil(&record, target);
	target->what = row->what;
	tokentext_format(&target->token, target->text);
	fixture_add(fixture, &target->token, &record);
	pool->refused_count++;
}

static void
add_barred(struct fixture *fixture)
{
	const struct grant_record grant = { .role = span_of("gone"),
		.granted_by = span_of("root") };
	const struct grantrow none = { 0 };
	uint8_t body[GRANTROW_SIZE_MAX];
	size_t size = grantrow_rewrite(&none, NULL, &grant, body, sizeof(body));
	struct changeset *set = changeset_new();

	ck_assert_ptr_nonnull(set);
	ck_assert_uint_gt(size, 0);
	changeset_put(set, DB_GRANTS, span_of(BARRED), VERSION_ABSENT,
	    span_bytes(body, size));
	fixture_apply(fixture, set);
}

/* In the file itself, wherever it is: the map shows it at once. */
static void
forge_rows(const struct fixture *fixture)
{
	const size_t size = strlen(STORED_LOGIN);
	char path[96], *bytes;
	off_t end;
	int file;

	snprintf(path, sizeof(path), "%s/" STORE_FILE, fixture->folder);
	file = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(file, 0);
	end = lseek(file, 0, SEEK_END);
	bytes = malloc((size_t)end);
	ck_assert_ptr_nonnull(bytes);
	ck_assert_int_eq(pread(file, bytes, (size_t)end, 0), end);
	for (char *at = bytes; (at = memmem(at, (size_t)(bytes + end - at),
				    STORED_LOGIN, size)) != NULL;
	     at += size)
		ck_assert_int_eq(pwrite(file, FORGED_LOGIN, size, at - bytes),
		    (ssize_t)size);
	free(bytes);
	close(file);
}

void
pool_make(
    struct pool *pool, struct fixture *fixture, size_t live, size_t refused)
{
	*pool = (struct pool) {
		.live = calloc(live, sizeof(*pool->live)),
		.refused = calloc(
		    refused * COUNT(refusals), sizeof(*pool->refused)),
	};
	ck_assert_ptr_nonnull(pool->live);
	ck_assert_ptr_nonnull(pool->refused);
	add_barred(fixture);
	while (pool->live_count < live)
		add_live(pool, fixture);
	while (pool->refused_count < refused * COUNT(refusals))
		add_refused(pool, fixture);
	forge_rows(fixture);
}

void
pool_free(struct pool *pool)
{
	free(pool->live);
	free(pool->refused);
}
