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

/* Longest text of a network, with a NUL. */
#define NETWORK_TEXT_SIZE 64

/*
 * Whether text would be a network but for its host bits: then network is the
 * text of the one that was meant, "192.0.2.0/24" for "192.0.2.1/24".
 */
bool network_meant(struct span text, char network[NETWORK_TEXT_SIZE]);

/*
 * Whether text is an address (never a name; a zone such as "%eth0" is not
 * one) that lies in the network.
 */
bool network_has(const struct network *network, struct span text);

#endif
