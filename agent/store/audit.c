/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/audit.h"

#include "common/wirebuf.h"

#define AUDIT_FORMAT 1

void
audit_key(uint64_t number, uint8_t key[8])
{
	struct wirebuf w;

	wirebuf_write(&w, key, 8);
	wirebuf_put_u64(&w, number);
}

size_t
audit_encode(const struct audit_entry *entry,
    const uint8_t previous[CRYPTO_MAC_SIZE], void *data, size_t size)
{
	struct wirebuf w;

	wirebuf_write(&w, data, size);
	wirebuf_put_u8(&w, AUDIT_FORMAT);
	wirebuf_put_bytes(&w, previous, CRYPTO_MAC_SIZE);
	wirebuf_put_u64(&w, entry->at);
	wirebuf_put_str8(&w, entry->actor);
	wirebuf_put_str8(&w, entry->action);
	wirebuf_put_str8(&w, entry->subject);
	wirebuf_put_str16(&w, entry->detail);
	return wirebuf_size(&w);
}

int
audit_decode(struct span body, struct audit_entry *entry,
    uint8_t previous[CRYPTO_MAC_SIZE])
{
	struct wirebuf w;

	wirebuf_read(&w, body.data, body.size);
	wirebuf_get_range(&w, AUDIT_FORMAT, AUDIT_FORMAT);
	wirebuf_get_copy(&w, previous, CRYPTO_MAC_SIZE);
	entry->at = wirebuf_get_u64(&w);
	entry->actor = wirebuf_get_str8(&w);
	entry->action = wirebuf_get_str8(&w);
	entry->subject = wirebuf_get_str8(&w);
	entry->detail = wirebuf_get_str16(&w);
	return wirebuf_done(&w);
}
