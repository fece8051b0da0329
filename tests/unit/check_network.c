/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "agent/model/network.h"
#include "common/error.h"
#include "tests/unit/model_fixture.h"

static const struct {
	const char *text;
	int bits; /* as IPv6; -1: malformed */
} texts[] = {
	{ "192.0.2.0/24", 120 },
	{ "192.0.2.7", 128 },
	{ "192.0.2.7/32", 128 },
	{ "0.0.0.0/0", 96 },
	{ "128.0.0.0/1", 97 },
	{ "2001:db8::/32", 32 },
	{ "2001:db8::1", 128 },
	{ "2001:db8::1/128", 128 },
	{ "::/0", 0 },
	{ "::ffff:192.0.2.0/120", 120 },
	{ "FE80::/10", 10 },
	{ "8000::/1", 1 },
	{ "", -1 },
	{ "/", -1 },
	{ "/24", -1 },
	{ "192.0.2.0/", -1 },
	{ "192.0.2.0/33", -1 },
	{ "192.0.2.0/-1", -1 },
	{ "192.0.2.0/+24", -1 },
	{ "192.0.2.0/024", -1 },
	{ "192.0.2.0/ 24", -1 },
	{ "192.0.2.0/24 ", -1 },
	{ " 192.0.2.0/24", -1 },
	{ "192.0.2.0/2x", -1 },
	{ "192.0.2.0/24/24", -1 },
	{ "192.0.2.0/0x18", -1 },
	{ "192.0.2.0/255.255.255.0", -1 },
	{ "192.0.2.0/4294967320", -1 },
	{ "0.0.0.0/00", -1 },
	{ "192.0.2.1/24", -1 },
	{ "192.0.2.1/31", -1 },
	{ "192.0.2.0/22", -1 },
	{ "192.0.2", -1 },
	{ "192.0.2.256", -1 },
	{ "192.0.2.0.0", -1 },
	{ "192.0.02.0", -1 },
	{ "3221225984", -1 },
	{ "2001:db8::/129", -1 },
	{ "2001:db8::1/64", -1 },
	{ "::1/0", -1 },
	{ "2001:db8:::/32", -1 },
	{ "[2001:db8::]/32", -1 },
	{ "fe80::1%eth0", -1 },
	{ "::ffff:192.0.2.0/24", -1 },
	{ "1111:2222:3333:4444:5555:6666:7777:8888:9999", -1 },
	{ "1111:2222:3333:4444:5555:6666:255.255.255.2555555555", -1 },
	{ "localhost", -1 },
	{ "any", -1 },
};

START_TEST(a_network_is_read)
{
	const char *text = texts[_i].text;
	struct network network;
	struct network before;
	int rv;

	memset(&network, 0xa5, sizeof(network));
	before = network;
	rv = network_parse(span_of(text), &network);
	if (texts[_i].bits < 0) {
		ck_assert_msg(rv == ERROR_MALFORMED, "\"%s\"", text);
		ck_assert_mem_eq(&network, &before, sizeof(network));
	} else {
		ck_assert_msg(rv == 0, "\"%s\"", text);
		ck_assert_uint_eq(network.bits, (unsigned)texts[_i].bits);
	}
}
END_TEST

START_TEST(a_nul_ends_nothing)
{
	struct network network;

	ck_assert_int_eq(network_parse(span_bytes("192.0.2.7\0", 10), &network),
	    ERROR_MALFORMED);
	ck_assert_int_eq(
	    network_parse(span_bytes("192.0.2.0\0/24", 13), &network),
	    ERROR_MALFORMED);
	ck_assert_int_eq(network_parse(span_of("192.0.2.7"), &network), 0);
	ck_assert(network_has(&network, span_of("192.0.2.7")));
	ck_assert(!network_has(&network, span_bytes("192.0.2.7\0x", 11)));
	ck_assert(!network_has(&network, span_bytes(NULL, 0)));
}
END_TEST

static const struct {
	const char *text;
	const char *meant; /* NULL: nothing can be meant */
} meanings[] = {
	{ "192.0.2.1/24", "192.0.2.0/24" },
	{ "255.255.255.255/1", "128.0.0.0/1" },
	{ "192.0.2.1/31", "192.0.2.0/31" },
	{ "10.1.2.3/0", "0.0.0.0/0" },
	{ "2001:db8::1/64", "2001:db8::/64" },
	{ "2001:db8:ffff::1/33", "2001:db8:8000::/33" },
	{ "::1/0", "::/0" },
	{ "::ffff:192.0.2.1/120", "::ffff:192.0.2.0/120" },
	{ "192.0.2.0/24", NULL },
	{ "192.0.2.1", NULL },
	{ "192.0.2.1/33", NULL },
	{ "192.0.2.1/24x", NULL },
	{ "", NULL },
};

/* What is suggested is a network that has what was asked for. */
START_TEST(what_was_meant_is_known)
{
	struct span text = span_of(meanings[_i].text);
	char meant[NETWORK_TEXT_SIZE] = "";
	struct network network;

	ck_assert(network_meant(text, meant) == (meanings[_i].meant != NULL));
	if (meanings[_i].meant == NULL)
		return;
	ck_assert_str_eq(meant, meanings[_i].meant);
	ck_assert_int_eq(network_parse(span_of(meant), &network), 0);
	text.size = strcspn(meanings[_i].text, "/");
	ck_assert(network_has(&network, text));
}
END_TEST

static void
text_of(const uint8_t *address, char *text)
{
	size_t at = 0;

	for (size_t i = 0; i < 16; i += 2)
		at += (size_t)snprintf(text + at, 6, i > 0 ? ":%x" : "%x",
		    (unsigned)(address[i] << 8 | address[i + 1]));
}

/* For each length: an address with one bit changed is in the network exactly
 * if the bit is after its prefix. */
START_TEST(every_bit_of_a_prefix_counts)
{
	uint8_t address[16];
	char text[64];

	for (unsigned bits = 0; bits <= 128; bits++) {
		struct network network;

		memset(address, 0xa5, sizeof(address));
		for (unsigned bit = bits; bit < 128; bit++)
			address[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
		text_of(address, text);
		snprintf(text + strlen(text), 8, "/%u", bits);
		ck_assert_int_eq(network_parse(span_of(text), &network), 0);
		for (unsigned bit = 0; bit < 128; bit++) {
			address[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
			text_of(address, text);
			ck_assert(network_has(&network, span_of(text)) ==
				  (bit >= bits));
			address[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		}
	}
}
END_TEST

static const struct {
	const char *network, *host;
	bool in;
} hosts[] = {
	{ "192.0.2.0/24", "192.0.2.0", true },
	{ "192.0.2.0/24", "192.0.2.255", true },
	{ "192.0.2.0/24", "192.0.1.255", false },
	{ "192.0.2.0/24", "192.0.3.0", false },
	{ "192.0.2.0/31", "192.0.2.1", true },
	{ "192.0.2.0/31", "192.0.2.2", false },
	{ "0.0.0.0/0", "255.255.255.255", true },
	{ "0.0.0.0/0", "::ffff:1.2.3.4", true },
	{ "0.0.0.0/0", "::1", false },
	{ "::/0", "1.2.3.4", true },
	{ "::1", "127.0.0.1", false },
	{ "::ffff:192.0.2.0/120", "192.0.2.9", true },
	{ "192.0.2.0/24", "192.0.2.0/24", false },
	{ "192.0.2.0/24", "192.0.2", false },
	{ "192.0.2.0/24", "192.0.2.1:22", false },
	{ "192.0.2.0/24", "host", false },
	{ "192.0.2.0/24", "", false },
};

START_TEST(a_host_is_in_or_not)
{
	struct network network;

	ck_assert_int_eq(
	    network_parse(span_of(hosts[_i].network), &network), 0);
	ck_assert_msg(
	    network_has(&network, span_of(hosts[_i].host)) == hosts[_i].in,
	    "%s in %s", hosts[_i].host, hosts[_i].network);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("network");

	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(tcase, a_network_is_read, 0, COUNT(texts));
	tcase_add_loop_test(tcase, what_was_meant_is_known, 0, COUNT(meanings));
	tcase_add_test(tcase, a_nul_ends_nothing);
	tcase_add_test(tcase, every_bit_of_a_prefix_counts);
	tcase_add_loop_test(tcase, a_host_is_in_or_not, 0, COUNT(hosts));
	return run_cases("network", &tcase, 1);
}
