/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/row.h"

#include <string.h>

#include "common/error.h"
#include "common/wirebuf.h"

static const uint8_t *
row_key(const struct keyring *keyring, enum database database, uint8_t number)
{
	const struct keyring_key *key = keyring_find(keyring, number);

	if (key == NULL)
		return NULL;
	return env_databases[database].rows == ROWS_AUDIT ? key->audit
							  : key->records;
}

static void
row_mac(const uint8_t *mac_key, enum database database, struct span key,
    struct span rest, uint8_t mac[CRYPTO_MAC_SIZE])
{
	const struct span parts[] = {
		span_of(env_databases[database].name),
		key,
		rest,
	};

	crypto_mac(mac_key, parts, sizeof(parts) / sizeof(*parts), mac);
}

int
row_decode(struct span whole, struct row *row)
{
	struct wirebuf w;

	if (whole.size < STORE_ROW_OVERHEAD)
		return ERROR_CORRUPT;
	wirebuf_read(&w, whole.data, whole.size);
	row->version = wirebuf_get_u32(&w);
	row->key_number = wirebuf_get_u8(&w);
	row->body = wirebuf_get_bytes(&w, whole.size - STORE_ROW_OVERHEAD);
	row->whole = whole;
	return 0;
}

bool
row_is_authentic(const struct keyring *keyring, enum database database,
    struct span key, const struct row *row)
{
	uint8_t mac[CRYPTO_MAC_SIZE];
	struct span rest = row->whole;
	const uint8_t *mac_key = row_key(keyring, database, row->key_number);

	if (mac_key == NULL)
		return false;
	rest.size -= CRYPTO_MAC_SIZE;
	row_mac(mac_key, database, key, rest, mac);
	return crypto_equal(mac, rest.data + rest.size, sizeof(mac));
}

int
row_put(struct writing *writing, enum database database, struct span key,
    uint32_t version, struct span body, uint8_t *mac_copy)
{
	const struct keyring *keyring = writing->store->keyring;
	const struct keyring_key *current = keyring_current(keyring);
	size_t size = STORE_ROW_OVERHEAD + body.size;
	uint8_t mac[CRYPTO_MAC_SIZE];
	uint8_t *bytes = NULL;
	struct wirebuf w;
	int rv = writing_reserve(writing, database, key, size, &bytes);

	if (rv < 0)
		return rv;
	wirebuf_write(&w, bytes, size);
	wirebuf_put_u32(&w, version);
	wirebuf_put_u8(&w, current->number);
	wirebuf_put_bytes(&w, body.data, body.size);
	row_mac(row_key(keyring, database, current->number), database, key,
	    span_bytes(bytes, w.at), mac);
	wirebuf_put_bytes(&w, mac, sizeof(mac));
	if (mac_copy != NULL)
		memcpy(mac_copy, mac, sizeof(mac));
	return 0;
}
