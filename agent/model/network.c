/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "common/error.h"

#define V4_MAPPED_BITS 96

static int
parse_address(struct span text, struct network *network)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char address[INET6_ADDRSTRLEN];
	int rv = span_text(text, address, sizeof(address));

	if (rv < 0)
		return ERROR_MALFORMED;
	if (inet_pton(AF_INET6, address, network->address) == 1) {
		network->bits = 128;
		return 0;
	}
	if (inet_pton(AF_INET, address, network->address + 12) == 1) {
		memcpy(network->address, mapped, sizeof(mapped));
		network->bits = 32;
		return 0;
	}
	return ERROR_MALFORMED;
}

/* 1 to 3 digits without a leading zero, at most the network's own bits. */
static int
parse_bits(struct span text, uint8_t most, uint8_t *bits)
{
	unsigned value = 0;

	if (text.size == 0 || text.size > 3 ||
	    (text.data[0] == '0' && text.size > 1))
		return ERROR_MALFORMED;
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return ERROR_MALFORMED;
		value = value * 10 + (text.data[i] - (unsigned)'0');
	}
	if (value > most)
		return ERROR_MALFORMED;
	*bits = (uint8_t)value;
	return 0;
}

static bool
same_beginning(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8;
	unsigned rest = bits % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

static bool
host_bits_clear(const struct network *network)
{
	for (unsigned bit = network->bits; bit < 128; bit++)
		if (network->address[bit / 8] >> (7 - bit % 8) & 1)
			return false;
	return true;
}

/* With whatever host bits it has. */
static int
parse_network(struct span text, struct network *network)
{
	struct network parsed = { 0 };
	const uint8_t *slash = text.size > 0 ? memchr(text.data, '/', text.size)
					     : NULL;
	struct span address = text;
	uint8_t bits;
	int rv;

	if (slash != NULL)
		address.size = (size_t)(slash - text.data);
	rv = parse_address(address, &parsed);
	if (rv < 0)
		return rv;
	bits = parsed.bits;
	if (slash != NULL)
		rv = parse_bits(
		    span_bytes(slash + 1, text.size - address.size - 1),
		    parsed.bits, &bits);
	if (rv < 0)
		return rv;
	parsed.bits = (uint8_t)(parsed.bits == 32 ? V4_MAPPED_BITS + bits
						  : bits);
	*network = parsed;
	return 0;
}

int
network_parse(struct span text, struct network *network)
{
	struct network parsed;
	int rv = parse_network(text, &parsed);

	if (rv == 0 && !host_bits_clear(&parsed))
		rv = ERROR_MALFORMED;
	if (rv == 0)
		*network = parsed;
	return rv;
}

bool
network_meant(struct span text, char network[NETWORK_TEXT_SIZE])
{
	struct network meant;
	char address[INET6_ADDRSTRLEN];
	bool is_v4;

	if (parse_network(text, &meant) < 0 || host_bits_clear(&meant))
		return false;
	for (unsigned bit = meant.bits; bit < 128; bit++)
		meant.address[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	is_v4 = meant.bits >= V4_MAPPED_BITS &&
		memchr(text.data, ':', text.size) == NULL;
	if (inet_ntop(is_v4 ? AF_INET : AF_INET6,
		meant.address + (is_v4 ? V4_MAPPED_BITS / 8 : 0), address,
		sizeof(address)) == NULL)
		return false;
	snprintf(network, NETWORK_TEXT_SIZE, "%s/%d", address,
	    meant.bits - (is_v4 ? V4_MAPPED_BITS : 0));
	return true;
}

bool
network_has(const struct network *network, struct span text)
{
	struct network host = { 0 };

	return parse_address(text, &host) == 0 &&
	       same_beginning(host.address, network->address, network->bits);
}
