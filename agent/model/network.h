/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_NETWORK_H
#define APITOKEN_MODEL_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/span.h"

/* IPv4 is kept as IPv4-mapped IPv6, so that one comparison serves both. */
struct network {
	uint8_t address[16];
	uint8_t bits; /* 0 to 128 */
};

/*
 * "192.0.2.0/24", "2001:db8::/32", or one address.  ERROR_MALFORMED for
 * anything else, host bits set included.  *network is then unchanged.
 */
int network_parse(struct span text, struct network *network);

/*
 * Whether text is an address (never a name; a zone such as "%eth0" is not
 * one) that lies in the network.
 */
bool network_has(const struct network *network, struct span text);

#endif
