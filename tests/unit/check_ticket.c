/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "agent/model/ticket.h"
#include "common/error.h"
#include "tests/unit/model_fixture.h"

static const uint8_t key[CRYPTO_KEY_SIZE] = "a key of thirty-two bytes, 1234";

static const struct ticket sample = {
	.id = "0123456789", .secret_number = 2, .issued_at = NOW
};

static void
make(uint8_t data[PROTO_TICKET_SIZE])
{
	memset(data, 0xa5, PROTO_TICKET_SIZE);
	ticket_make(&sample, span_of("alice"), span_of("sshd"), key, data);
}

static int
check_at(const uint8_t *data, uint64_t now, struct ticket *ticket)
{
	return ticket_check(
	    data, span_of("alice"), span_of("sshd"), key, now, ticket);
}

START_TEST(a_ticket_comes_back_as_it_was)
{
	uint8_t data[PROTO_TICKET_SIZE];
	struct ticket ticket = { 0 };

	make(data);
	ck_assert_int_eq(check_at(data, NOW, &ticket), 0);
	ck_assert_str_eq(ticket.id, sample.id);
	ck_assert_uint_eq(ticket.secret_number, 2);
	ck_assert_uint_eq(ticket.issued_at, NOW);
}
END_TEST

START_TEST(every_flipped_bit_is_refused)
{
	uint8_t data[PROTO_TICKET_SIZE];
	struct ticket ticket = { .id = "untouched" };

	make(data);
	for (unsigned bit = 0; bit < 8 * PROTO_TICKET_SIZE; bit++) {
		data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(check_at(data, NOW, &ticket), ERROR_MALFORMED);
		data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	ck_assert_str_eq(ticket.id, "untouched");
	ck_assert_int_eq(check_at(data, NOW, &ticket), 0);
}
END_TEST

static const struct {
	const char *login, *service;
	uint8_t key_change;
	int result;
} uses[] = {
	{ "alice", "sshd", 0, 0 },
	{ "bob", "sshd", 0, ERROR_MALFORMED },
	{ "root", "sshd", 0, ERROR_MALFORMED },
	{ "", "sshd", 0, ERROR_MALFORMED },
	{ "alice", "sudo", 0, ERROR_MALFORMED },
	{ "alice", "", 0, ERROR_MALFORMED },
	{ "alice", "sshd", 1, ERROR_MALFORMED },
	/* the same bytes, cut elsewhere */
	{ "alices", "shd", 0, ERROR_MALFORMED },
	{ "alic", "esshd", 0, ERROR_MALFORMED },
	{ "alicesshd", "", 0, ERROR_MALFORMED },
	{ "sshd", "alice", 0, ERROR_MALFORMED },
};

START_TEST(a_ticket_is_for_one_login_and_service)
{
	uint8_t other[CRYPTO_KEY_SIZE];
	uint8_t data[PROTO_TICKET_SIZE];
	struct ticket ticket;

	make(data);
	memcpy(other, key, sizeof(other));
	other[31] ^= uses[_i].key_change;
	ck_assert_int_eq(ticket_check(data, span_of(uses[_i].login),
			     span_of(uses[_i].service), other, NOW, &ticket),
	    uses[_i].result);
}
END_TEST

static const struct {
	uint64_t now;
	int result;
} ages[] = {
	{ NOW, 0 },
	{ NOW + 1, 0 },
	{ NOW + TICKET_LIFETIME, 0 },
	{ NOW + TICKET_LIFETIME + 1, ERROR_MALFORMED },
	{ UINT64_MAX, ERROR_MALFORMED },
	/* a clock that was set back */
	{ NOW - 1, 0 },
	{ NOW - 1000000, 0 },
	{ 0, 0 },
};

START_TEST(a_ticket_grows_old)
{
	uint8_t data[PROTO_TICKET_SIZE];
	struct ticket ticket;

	make(data);
	ck_assert_int_eq(
	    check_at(data, ages[_i].now, &ticket), ages[_i].result);
}
END_TEST

START_TEST(no_ticket_is_no_ticket)
{
	uint8_t data[PROTO_TICKET_SIZE] = { 0 };
	struct ticket ticket;

	ck_assert_int_eq(check_at(data, NOW, &ticket), ERROR_MALFORMED);
	memset(data, 0xff, sizeof(data));
	ck_assert_int_eq(check_at(data, NOW, &ticket), ERROR_MALFORMED);
	for (int i = 0; i < 1000; i++) {
		crypto_random(data, sizeof(data));
		ck_assert_int_eq(check_at(data, NOW, &ticket), ERROR_MALFORMED);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("ticket");

	if (crypto_init() < 0)
		return EXIT_FAILURE;
	tcase_add_test(tcase, a_ticket_comes_back_as_it_was);
	tcase_add_test(tcase, every_flipped_bit_is_refused);
	tcase_add_loop_test(
	    tcase, a_ticket_is_for_one_login_and_service, 0, COUNT(uses));
	tcase_add_loop_test(tcase, a_ticket_grows_old, 0, COUNT(ages));
	tcase_add_test(tcase, no_ticket_is_no_ticket);
	return run_cases("ticket", &tcase, 1);
}
