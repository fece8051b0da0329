/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/usage.h"

#include "common/wirebuf.h"

size_t
usage_encode(const struct usage *usage, void *data, size_t size)
{
	struct wirebuf w;

	wirebuf_write(&w, data, size);
	wirebuf_put_u64(&w, usage->last_used_at);
	wirebuf_put_u64(&w, usage->count);
	for (size_t i = 0; i < TOKEN_SECRETS_MAX; i++) {
		wirebuf_put_u8(&w, usage->secrets[i].number);
		wirebuf_put_u64(&w, usage->secrets[i].last_used_at);
	}
	wirebuf_put_str8(&w, usage->service);
	wirebuf_put_str8(&w, usage->from);
	return wirebuf_size(&w);
}

int
usage_decode(struct span body, struct usage *usage)
{
	struct wirebuf w;

	wirebuf_read(&w, body.data, body.size);
	usage->last_used_at = wirebuf_get_u64(&w);
	usage->count = wirebuf_get_u64(&w);
	for (size_t i = 0; i < TOKEN_SECRETS_MAX; i++) {
		usage->secrets[i].number = wirebuf_get_u8(&w);
		usage->secrets[i].last_used_at = wirebuf_get_u64(&w);
	}
	usage->service = wirebuf_get_str8(&w);
	usage->from = wirebuf_get_str8(&w);
	return wirebuf_done(&w);
}

void
usage_note_secret(struct usage_secret secrets[TOKEN_SECRETS_MAX],
    uint8_t number, uint64_t last_used_at)
{
	struct usage_secret *slot = &secrets[0];

	for (size_t i = 1; i < TOKEN_SECRETS_MAX && slot->number != number; i++)
		if (secrets[i].number == number ||
		    secrets[i].number < slot->number)
			slot = &secrets[i];
	if (slot->number <= number)
		*slot = (struct usage_secret) { last_used_at, number };
}

void
usage_info_secrets(const struct usage_secret secrets[TOKEN_SECRETS_MAX],
    struct token_info *info)
{
	for (size_t i = 0; i < info->secret_count; i++)
		for (size_t j = 0; j < TOKEN_SECRETS_MAX; j++)
			if (secrets[j].number == info->secrets[i].number)
				info->secrets[i].last_used_at =
				    secrets[j].last_used_at;
}

void
usage_info(struct store_reader *reader, struct span id, struct token_info *info)
{
	struct usage usage;
	struct row row;

	if (store_get_authentic(reader, DB_USAGE, id, &row) < 0 ||
	    usage_decode(row.body, &usage) < 0)
		return;
	info->last_used_at = usage.last_used_at;
	info->last_used_service = usage.service;
	info->last_used_from = usage.from;
	info->use_count = usage.count;
	usage_info_secrets(usage.secrets, info);
}
