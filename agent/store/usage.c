/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/usage.h"

#include <stdbool.h>
#include <string.h>

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

/* How many secrets came after the one with that number until this one: the
 * numbers of what is refreshed begin anew after 255, with 1. */
static unsigned
steps_between(uint8_t number, uint8_t until)
{
	return (unsigned)(until + UINT8_MAX - number) % UINT8_MAX;
}

/* Whether the first makes room for a number before the second does: for the
 * number itself, then where there is none, then the longest past. */
static bool
yields_before(const struct usage_secret *first,
    const struct usage_secret *second, uint8_t number)
{
	if (first->number == number || second->number == number)
		return first->number == number;
	if (first->number == 0 || second->number == 0)
		return second->number != 0;
	return steps_between(first->number, number) >
	       steps_between(second->number, number);
}

void
usage_note_secret(struct usage_secret secrets[TOKEN_SECRETS_MAX],
    uint8_t number, uint64_t last_used_at)
{
	struct usage_secret *slot = &secrets[0];

	if (number == 0)
		return;
	for (size_t i = 1; i < TOKEN_SECRETS_MAX; i++)
		if (yields_before(&secrets[i], slot, number))
			slot = &secrets[i];
	memmove(&secrets[1], &secrets[0],
	    (size_t)(slot - secrets) * sizeof(*secrets));
	secrets[0] = (struct usage_secret) { last_used_at, number };
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
