/* SPDX-License-Identifier: BSD-3-Clause */
/* Tokens are listed, explained and verified. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "agent/model/verify.h"
#include "agent/store/usage.h"
#include "common/listmessage.h"
#include "common/verifymessage.h"
#include "tests/unit/dispatch_scene.h"

#define TOKENS 12

/* Tokens "t00" to "t11", the last the newest; of alice the even ones, of bob
 * the others; two of each second, so that ages alone do not order them. */
static struct placed placed[TOKENS];

static void
setup(void)
{
	static char names[TOKENS][8];

	scene_setup();
	for (int i = 0; i < TOKENS; i++) {
		char id[TOKEN_ID_SIZE + 1];

		snprintf(names[i], sizeof(names[i]), "t%02d", i);
		snprintf(id, sizeof(id), "listed%04d", i);
		place(&placed[i], id, i % 2 == 0 ? "alice" : "bob", names[i],
		    NOW - 100 + (uint64_t)i / 2);
	}
}

static struct list_request listing;
static char position[POSITION_MAX + 1];

/* A page's names; the position after it is kept for the next. */
static unsigned
list_page(const struct caller *caller, char *names)
{
	struct span next;
	unsigned count;

	listing.after = span_of(position);
	list_request_put(request(OP_LIST), &listing);
	expect_status(caller, STATUS_OK, "");
	ck_assert(!reply.changes);
	count = wirebuf_get_u16(&reply.body);
	for (unsigned i = 0; i < count; i++) {
		struct token_info info;
		char name[TOKEN_NAME_MAX + 1];

		read_info(&info);
		ck_assert_int_eq(
		    span_text(info.spec.name, name, sizeof(name)), 0);
		strcat(strcat(names, name), " ");
	}
	next = wirebuf_get_str8(&reply.body);
	read_end();
	ck_assert_int_eq(span_text(next, position, sizeof(position)), 0);
	return count;
}

/* All pages. */
static void
expect_list(const struct caller *caller, uint16_t limit, const char *expected)
{
	char names[1024] = "";

	listing.limit = limit;
	position[0] = '\0';
	do
		ck_assert_uint_le(list_page(caller, names), limit);
	while (position[0] != '\0');
	ck_assert_str_eq(names, expected);
}

#define ALICES "t10 t08 t06 t04 t02 t00 "
#define BOBS   "t11 t09 t07 t05 t03 t01 "

static const uint16_t limits[] = { 1, 2, 3, 5, 6, 7, 11, 12, 13, 1000 };

START_TEST(a_list_is_the_same_in_pages_of_any_size)
{
	memset(&listing, 0, sizeof(listing));
	/* Of the same second, by their ids. */
	expect_list(&root, limits[_i],
	    "t10 t11 t08 t09 t06 t07 t04 t05 t02 t03 t00 t01 ");
	expect_list(&alice, limits[_i], ALICES);
	listing.filter.owner = span_of("bob");
	expect_list(&root, limits[_i], BOBS);
	expect_list(&bob, limits[_i], BOBS);
	expect_list(&alice, limits[_i], "");
	expect_list(&watcher, limits[_i], "");
	memset(&listing, 0, sizeof(listing));
	listing.filter.project = span_of("default");
	expect_list(&root, limits[_i],
	    "t10 t11 t08 t09 t06 t07 t04 t05 t02 t03 t00 t01 ");
	expect_list(&bob, limits[_i], BOBS);
}
END_TEST

START_TEST(filters_narrow_a_list)
{
	memset(&listing, 0, sizeof(listing));
	change(&root, OP_REVOKE, "t03 t04", false);
	listing.filter.states = 1U << STATE_REVOKED;
	expect_list(&root, 1, "t04 t03 ");
	expect_list(&alice, 5, "t04 ");
	listing.filter.states = 1U << STATE_ACTIVE;
	expect_list(&bob, 2, "t11 t09 t07 t05 t01 ");
	listing.filter.type = TYPE_CUSTOM;
	expect_list(&root, 2, "");
	listing.filter.type = TYPE_FULL_ACCESS;
	expect_list(&bob, 2, "t11 t09 t07 t05 t01 ");
	listing.filter.project = span_of("shop");
	expect_list(&root, 2, "");
	memset(&listing, 0, sizeof(listing));
	listing.filter.service = span_of("sshd");
	expect_list(&bob, 4, BOBS);
	listing.filter.service = span_of("web");
	expect_list(&bob, 4, "");
	listing.filter.service = span_of("sudo");
	expect_list(&root, 4, "");
}
END_TEST

START_TEST(a_list_goes_on_after_what_is_gone)
{
	char names[256] = "";

	memset(&listing, 0, sizeof(listing));
	listing.limit = 3;
	position[0] = '\0';
	list_page(&alice, names);
	ck_assert_int_eq(
	    change(&alice, OP_DELETE, "t06 t04", false), STATUS_OK);
	do
		list_page(&alice, names);
	while (position[0] != '\0');
	ck_assert_str_eq(names, "t10 t08 t06 t02 t00 ");
}
END_TEST

START_TEST(a_list_goes_on_after_an_id)
{
	char names[256] = "";

	memset(&listing, 0, sizeof(listing));
	listing.limit = 100;
	strcpy(position, "listed0006");
	list_page(&alice, names);
	ck_assert_str_eq(names, "t04 t02 t00 ");
	names[0] = '\0';
	strcpy(position, "listed0006");
	list_page(&root, names);
	ck_assert_str_eq(names, "t07 t04 t05 t02 t03 t00 t01 ");
	names[0] = '\0';
	strcpy(position, "listed0000");
	list_page(&alice, names);
	ck_assert_str_eq(names, "");
}
END_TEST

/* The other way, which begins at the other end of the same index. */
START_TEST(a_list_turned_round_is_the_same_in_pages_of_any_size)
{
	memset(&listing, 0, sizeof(listing));
	listing.order = ORDER_OLDEST;
	expect_list(&root, limits[_i],
	    "t01 t00 t03 t02 t05 t04 t07 t06 t09 t08 t11 t10 ");
	expect_list(&alice, limits[_i], "t00 t02 t04 t06 t08 t10 ");
	expect_list(&bob, limits[_i], "t01 t03 t05 t07 t09 t11 ");
	expect_list(&watcher, limits[_i], "");
	listing.filter.owner = span_of("bob");
	expect_list(&root, limits[_i], "t01 t03 t05 t07 t09 t11 ");
	expect_list(&alice, limits[_i], "");
	listing.filter.owner = span_of("carol"); /* between others, or last */
	expect_list(&root, limits[_i], "");
	listing.filter.owner = span_of("aaron");
	expect_list(&root, limits[_i], "");
	memset(&listing, 0, sizeof(listing));
	listing.order = ORDER_OLDEST;
	listing.filter.project = span_of("default");
	expect_list(&root, limits[_i],
	    "t01 t00 t03 t02 t05 t04 t07 t06 t09 t08 t11 t10 ");
	listing.filter.project = span_of("shop");
	expect_list(&root, limits[_i], "");
}
END_TEST

/* What is deleted, or made, between two pages shifts none of the others. */
START_TEST(a_list_turned_round_stays_where_it_is)
{
	struct placed late;
	char names[256] = "";

	memset(&listing, 0, sizeof(listing));
	listing.order = ORDER_OLDEST;
	listing.limit = 3;
	position[0] = '\0';
	list_page(&alice, names);
	ck_assert_int_eq(
	    change(&alice, OP_DELETE, "t04 t06", false), STATUS_OK);
	place(&late, "listed9998", "alice", "old", NOW - 1000);
	place(&late, "listed9999", "alice", "new", NOW - 50);
	do
		list_page(&alice, names);
	while (position[0] != '\0');
	ck_assert_str_eq(names, "t00 t02 t04 t08 t10 new ");
	names[0] = '\0';
	strcpy(position, "listed0008");
	list_page(&alice, names);
	ck_assert_str_eq(names, "t10 new ");
}
END_TEST

/* Ends a token of that number so many seconds from now. */
static void
ends_in(int i, uint64_t seconds)
{
	struct changeset *set = changeset_new();
	struct record after = placed[i].record;

	after.spec.expires_at = scene_now + seconds;
	changeset_token(set, span_of(placed[i].token.id), &placed[i].record,
	    VERSION_ANY, &after);
	fixture_apply(&fixture, set);
	placed[i].record = after;
}

/* Through the index of ends, but not for who sees their own alone. */
START_TEST(what_ends_soon_is_listed)
{
	for (int i = 0; i < TOKENS - 4; i++)
		ends_in(i, 1000 - 100 * (uint64_t)i);
	ends_in(5, 0);
	memset(&listing, 0, sizeof(listing));
	listing.filter.expiring = 800;
	listing.order = ORDER_ANY;
	expect_list(&root, limits[_i], "t07 t06 t04 t03 t02 ");
	expect_list(&alice, limits[_i], "t06 t04 t02 ");
	listing.filter.expiring = UINT64_MAX;
	expect_list(&root, limits[_i], "t07 t06 t04 t03 t02 t01 t00 ");
	listing.filter.owner = span_of("bob");
	expect_list(&root, limits[_i], "t07 t03 t01 ");
	memset(&listing, 0, sizeof(listing));
	listing.filter.expiring = 700;
	expect_list(&root, limits[_i], "t06 t07 t04 t03 ");
	listing.order = ORDER_OLDEST;
	expect_list(&root, limits[_i], "t03 t04 t07 t06 ");
}
END_TEST

/* A use as it is stored. */
static void
used(int i, uint64_t at, const char *from)
{
	struct changeset *set = changeset_new();
	const struct usage usage = { .last_used_at = at,
		.count = 1,
		.service = span_of("sshd"),
		.from = span_of(from) };
	uint8_t body[USAGE_SIZE_MAX];

	changeset_put(set, DB_USAGE, span_of(placed[i].token.id), VERSION_ANY,
	    span_bytes(body, usage_encode(&usage, body, sizeof(body))));
	fixture_apply(&fixture, set);
}

START_TEST(usage_narrows_a_list)
{
	memset(&listing, 0, sizeof(listing));
	used(2, NOW - 50, "192.0.2.1");
	used(3, NOW - 10, "192.0.2.2");
	used(4, NOW - 99, "2001:db8::1");
	change(&root, OP_REVOKE, "t00", false);
	scene_now = NOW;
	listing.filter.unused_for = 98;
	expect_list(&root, limits[_i], "t04 t05 t01 ");
	expect_list(&bob, limits[_i], "t05 t01 ");
}
END_TEST

START_TEST(an_address_narrows_a_list)
{
	memset(&listing, 0, sizeof(listing));
	used(2, NOW - 50, "192.0.2.1");
	used(3, NOW - 10, "192.0.2.2");
	used(4, NOW - 99, "2001:db8::1");
	listing.filter.from_address = span_of("192.0.2.0/24");
	expect_list(&root, limits[_i], "t02 t03 ");
	expect_list(&alice, limits[_i], "t02 ");
	listing.filter.from_address = span_of("192.0.2.2");
	expect_list(&root, limits[_i], "t03 ");
	expect_list(&alice, limits[_i], "");
	listing.filter.from_address = span_of("192.0.2.2/24");
	listing.after = span_of("");
	list_request_put(request(OP_LIST), &listing);
	expect_status(&root, STATUS_INVALID, "--from-address");
}
END_TEST

static const struct {
	const struct caller *caller;
	const char *after;
	enum status status;
} positions[] = {
	{ &root, "listed9999", STATUS_NOT_FOUND },
	{ &alice, "listed0007", STATUS_NOT_FOUND }, /* bob's */
	{ &root, "listed9999@1700000000", STATUS_OK },
	{ &root, "listed", STATUS_MALFORMED },
	{ &root, "listed00001", STATUS_MALFORMED },
	{ &root, "listed000!", STATUS_MALFORMED },
};

START_TEST(a_position_is_one_or_refused)
{
	memset(&listing, 0, sizeof(listing));
	listing.limit = 10;
	listing.after = span_of(positions[_i].after);
	list_request_put(request(OP_LIST), &listing);
	send_request(positions[_i].caller);
	if (positions[_i].status == STATUS_MALFORMED)
		ck_assert(reply.status == STATUS_MALFORMED ||
			  reply.status == STATUS_NOT_FOUND);
	else
		ck_assert_int_eq(reply.status, positions[_i].status);
}
END_TEST

static const uint16_t bad_limits[] = { 0, PAGE_MAX + 1, UINT16_MAX };

START_TEST(a_page_has_its_size)
{
	memset(&listing, 0, sizeof(listing));
	listing.limit = bad_limits[_i];
	list_request_put(request(OP_LIST), &listing);
	expect_status(&root, STATUS_MALFORMED, "");
}
END_TEST

/* A page ends where a packet does, and the next one goes on from there. */
START_TEST(a_packet_that_is_full_ends_a_page)
{
	static char description[TOKEN_DESCRIPTION_MAX];
	static char names[500][8];
	static char got[8192];
	unsigned pages = 0;
	unsigned total = 0;
	struct placed large;

	memset(description, 'd', sizeof(description));
	for (int i = 0; i < 200; i++) {
		struct changeset *set = changeset_new();
		struct record record;

		good_token(&record, &large.token);
		/* The older, the smaller: a wrong position would skip some. */
		snprintf(large.token.id, sizeof(large.token.id), "zoe%07d", i);
		snprintf(names[i], sizeof(names[i]), "n%03d", i);
		record.spec.owner = span_of("zoe");
		record.created_at = NOW - 5000 + (uint64_t)i;
		record.spec.name = span_of(names[i]);
		record.spec.description = span_bytes(
		    description, sizeof(description));
		changeset_token(set, span_of(large.token.id), NULL,
		    VERSION_ABSENT, &record);
		fixture_apply(&fixture, set);
	}
	memset(&listing, 0, sizeof(listing));
	listing.filter.owner = span_of("zoe");
	listing.limit = PAGE_MAX;
	position[0] = '\0';
	do {
		total += list_page(&root, got);
		pages++;
	} while (position[0] != '\0');
	ck_assert_uint_eq(total, 200);
	ck_assert_uint_gt(pages, 1);
	for (int i = 0; i < 200; i++) {
		const char *at = strstr(got, names[i]);

		ck_assert_ptr_nonnull(at);
		ck_assert_ptr_null(strstr(at + 1, names[i]));
	}
}
END_TEST

/* Explaining. */

static bool
condition_holds(const char *name, char *detail, size_t size)
{
	struct condition condition;
	bool holds = false;
	bool found = false;
	unsigned count = wirebuf_get_u8(&reply.body);

	while (count-- > 0) {
		condition_get(&reply.body, &condition);
		ck_assert(!reply.body.failed);
		if (!span_is(condition.name, name))
			continue;
		found = true;
		holds = condition.holds;
		ck_assert_int_eq(span_text(condition.detail, detail, size), 0);
	}
	read_end();
	ck_assert_msg(found, "no condition %s", name);
	return holds;
}

static const struct {
	const char *condition;
	const char *login, *service;
	bool holds;
	const char *detail;
} explanations[] = {
	{ "login", "alice", "sshd", true, "alice" },
	{ "login", "root", "sshd", false, "root" },
	{ "role", "alice", "sshd", true, "" },
	{ "role", "alice", "web", false, "web asks for operator" },
	{ "service", "alice", "sshd", true, "full-access" },
	{ "service", "alice", "sudo", false, "elevated" },
	{ "elevated", "alice", "sudo", false, "elevated" },
	{ "project", "alice", "sshd", true, "default" },
	{ "revoked", "alice", "sshd", true, "" },
	{ "caller", "alice", "sshd", true, "" },
};

START_TEST(every_condition_is_explained)
{
	char detail[512];

	explain_request_put(request(OP_EXPLAIN),
	    &(struct explain_request) { .selector = span_of("t02"),
		.login = span_of(explanations[_i].login),
		.service = span_of(explanations[_i].service) });
	expect_status(&alice, STATUS_OK, "");
	ck_assert_int_eq(
	    condition_holds(explanations[_i].condition, detail, sizeof(detail)),
	    explanations[_i].holds);
	ck_assert_ptr_nonnull(strstr(detail, explanations[_i].detail));
}
END_TEST

START_TEST(an_explanation_is_for_who_may_read)
{
	const struct explain_request body = { .selector = span_of("t02"),
		.login = span_of("alice"),
		.service = span_of("sshd") };
	struct explain_request other = body;

	explain_request_put(request(OP_EXPLAIN), &body);
	expect_status(&bob, STATUS_NOT_FOUND, "");
	expect_status(&root, STATUS_OK, "");
	/* Neither the proof nor a parent that it does not have. */
	ck_assert_uint_eq(
	    wirebuf_get_u8(&reply.body), verify_condition_count - 4);
	other.service = span_of("");
	explain_request_put(request(OP_EXPLAIN), &other);
	expect_status(&root, STATUS_INVALID, "--service");
}
END_TEST

/* Verifying: anybody may, and learns nothing without the right secret. */

static unsigned
verify_reasons(const struct token *token, const char *login,
    const char *service, enum status status)
{
	char text[TOKEN_TEXT_SIZE + 1];
	struct spanlist reasons;

	tokentext_format(token, text);
	verify_request_put(request(OP_VERIFY),
	    &(struct verify_request) { .token = span_of(text),
		.login = span_of(login),
		.service = span_of(service) });
	expect_status(&nobody, status, "");
	ck_assert(!reply.changes);
	reasons = wirebuf_get_list(&reply.body);
	read_end();
	return reasons.count;
}

START_TEST(a_holder_may_know_why)
{
	const struct token *token = &placed[2].token;

	ck_assert_uint_eq(verify_reasons(token, "alice", "sshd", STATUS_OK), 0);
	ck_assert_uint_eq(
	    verify_reasons(token, "root", "sshd", STATUS_DENIED), 1);
	/* login, service, elevated */
	ck_assert_uint_eq(
	    verify_reasons(token, "root", "sudo", STATUS_DENIED), 3);
	verify_request_put(request(OP_VERIFY),
	    &(struct verify_request) {
		.token = span_of("atk_0123456789_"
				 "0000000000000000000000000000SsWdB"),
		.service = span_of("") });
	expect_status(&nobody, STATUS_INVALID, "--service");
}
END_TEST

static void
reply_to(const struct token *token, const char *login, const char *service,
    uint8_t *bytes, size_t *size)
{
	verify_reasons(token, login, service, STATUS_DENIED);
	*size = reply.body.size;
	memcpy(bytes, reply.body.in, reply.body.size);
}

/* Unknown, wrong, damaged or revoked: the same bytes for all. */
START_TEST(nobody_else_learns_anything)
{
	static uint8_t first[PROTO_MESSAGE_MAX];
	static uint8_t other[PROTO_MESSAGE_MAX];
	struct token token;
	size_t first_size;
	size_t size;

	crypto_new_token(TOKEN_API, &token);
	reply_to(&token, "alice", "sshd", first, &first_size);
	token = placed[2].token;
	token.secret[3] ^= 1;
	reply_to(&token, "alice", "sshd", other, &size);
	ck_assert_uint_eq(size, first_size);
	ck_assert_mem_eq(first, other, size);
	change(&root, OP_REVOKE, "t02", false);
	reply_to(&token, "root", "sudo", other, &size);
	ck_assert_uint_eq(size, first_size);
	ck_assert_mem_eq(first, other, size);
	token = placed[4].token;
	token.kind = TOKEN_ACCESS;
	reply_to(&token, "alice", "sshd", other, &size);
	ck_assert_uint_eq(size, first_size);
	ck_assert_mem_eq(first, other, size);
}
END_TEST

TCase *
dispatch_list_case(void)
{
	TCase *tcase = tcase_create("list");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, scene_teardown);
	tcase_add_loop_test(
	    tcase, a_list_is_the_same_in_pages_of_any_size, 0, COUNT(limits));
	tcase_add_loop_test(tcase,
	    a_list_turned_round_is_the_same_in_pages_of_any_size, 0,
	    COUNT(limits));
	tcase_add_test(tcase, a_list_turned_round_stays_where_it_is);
	tcase_add_loop_test(tcase, what_ends_soon_is_listed, 0, COUNT(limits));
	tcase_add_loop_test(tcase, usage_narrows_a_list, 0, COUNT(limits));
	tcase_add_loop_test(tcase, an_address_narrows_a_list, 0, COUNT(limits));
	tcase_add_test(tcase, filters_narrow_a_list);
	tcase_add_test(tcase, a_list_goes_on_after_what_is_gone);
	tcase_add_test(tcase, a_list_goes_on_after_an_id);
	tcase_add_loop_test(
	    tcase, a_position_is_one_or_refused, 0, COUNT(positions));
	tcase_add_loop_test(tcase, a_page_has_its_size, 0, COUNT(bad_limits));
	tcase_add_test(tcase, a_packet_that_is_full_ends_a_page);
	tcase_add_loop_test(
	    tcase, every_condition_is_explained, 0, COUNT(explanations));
	tcase_add_test(tcase, an_explanation_is_for_who_may_read);
	tcase_add_test(tcase, a_holder_may_know_why);
	tcase_add_test(tcase, nobody_else_learns_anything);
	return tcase;
}
