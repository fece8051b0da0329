/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/ticket.h"

#include <string.h>

#include "common/error.h"
#include "common/wirebuf.h"

/* What the MAC is over: the ticket but for its last 16 bytes. */
#define MACED_SIZE (PROTO_TICKET_SIZE - CRYPTO_MAC_SIZE)

static void
ticket_mac(const uint8_t data[MACED_SIZE], struct span login,
    struct span service, const uint8_t key[CRYPTO_KEY_SIZE],
    uint8_t mac[CRYPTO_MAC_SIZE])
{
	const struct span parts[] = {
		{ data, MACED_SIZE },
		login,
		service,
	};

	crypto_mac(key, parts, sizeof(parts) / sizeof(*parts), mac);
}

void
ticket_make(const struct ticket *ticket, struct span login, struct span service,
    const uint8_t key[CRYPTO_KEY_SIZE], uint8_t data[PROTO_TICKET_SIZE])
{
	struct wirebuf w;

	memset(data, 0, PROTO_TICKET_SIZE);
	wirebuf_write(&w, data, MACED_SIZE);
	wirebuf_put_u8(&w, ticket->key_number);
	wirebuf_put_bytes(&w, ticket->id, TOKEN_ID_SIZE);
	wirebuf_put_u8(&w, ticket->secret_number);
	wirebuf_put_u64(&w, ticket->issued_at);
	wirebuf_put_u32(&w, ticket->nonce);
	ticket_mac(data, login, service, key, data + MACED_SIZE);
}

struct span
ticket_key(const uint8_t data[PROTO_TICKET_SIZE])
{
	return span_bytes(data + MACED_SIZE, TICKET_KEY_SIZE);
}

uint8_t
ticket_key_number(const uint8_t data[PROTO_TICKET_SIZE])
{
	return data[0];
}

int
ticket_check(const uint8_t data[PROTO_TICKET_SIZE], struct span login,
    struct span service, const uint8_t key[CRYPTO_KEY_SIZE], uint64_t now,
    struct ticket *ticket)
{
	uint8_t mac[CRYPTO_MAC_SIZE];
	struct ticket made = { 0 };
	struct wirebuf w;

	ticket_mac(data, login, service, key, mac);
	if (!crypto_equal(mac, data + MACED_SIZE, sizeof(mac)))
		return ERROR_MALFORMED;
	wirebuf_read(&w, data, MACED_SIZE);
	made.key_number = wirebuf_get_u8(&w);
	wirebuf_get_copy(&w, made.id, TOKEN_ID_SIZE);
	made.secret_number = wirebuf_get_u8(&w);
	made.issued_at = wirebuf_get_u64(&w);
	made.nonce = wirebuf_get_u32(&w);
	if (now > made.issued_at && now - made.issued_at > TICKET_LIFETIME)
		return ERROR_MALFORMED;
	*ticket = made;
	return 0;
}
