/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/index.h"

#include <string.h>

#include "common/error.h"
#include "common/wirebuf.h"

void
index_number(uint64_t value, uint8_t bytes[8])
{
	struct wirebuf w;

	wirebuf_write(&w, bytes, 8);
	wirebuf_put_u64(&w, value);
}

void
index_age(uint64_t created_at, uint8_t age[AGE_SIZE])
{
	index_number(UINT64_MAX - created_at, age);
}

void
index_age_id(uint64_t created_at, struct span id, uint8_t value[AGE_ID_SIZE])
{
	index_age(created_at, value);
	memcpy(value + AGE_SIZE, id.data, TOKEN_ID_SIZE);
}

int
index_name_key(struct span owner, struct span name, uint8_t key[NAME_KEY_SIZE],
    size_t *size)
{
	struct wirebuf w;

	wirebuf_write(&w, key, NAME_KEY_SIZE);
	wirebuf_put_bytes(&w, owner.data, owner.size);
	wirebuf_put_u8(&w, '\0');
	wirebuf_put_bytes(&w, name.data, name.size);
	if (wirebuf_size(&w) == 0)
		return ERROR_TOO_LONG;
	*size = wirebuf_size(&w);
	return 0;
}
