/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/record.h"

#include <string.h>

#include "common/duration.h"
#include "common/error.h"
#include "common/wirebuf.h"

#define RECORD_FORMAT 1

static void
secret_put(struct wirebuf *w, const struct record_secret *secret)
{
	wirebuf_put_u8(w, secret->number);
	wirebuf_put_u64(w, secret->expires_at);
	wirebuf_put_bytes(w, secret->verifier, sizeof(secret->verifier));
}

static void
secret_get(struct wirebuf *w, struct record_secret *secret)
{
	secret->number = wirebuf_get_u8(w);
	secret->expires_at = wirebuf_get_u64(w);
	wirebuf_get_copy(w, secret->verifier, sizeof(secret->verifier));
}

static void
lineage_put(struct wirebuf *w, const struct record_lineage *lineage)
{
	wirebuf_put_str8(w, lineage->parent);
	if (span_empty(lineage->parent))
		return;
	wirebuf_put_str8(w, lineage->partner);
	wirebuf_put_u8(w, lineage->parent_number);
	wirebuf_put_u8(w, lineage->key_number);
	wirebuf_put_u32(w, lineage->lifetime);
	wirebuf_put_u64(w, lineage->refreshed_at);
	wirebuf_put_u32(w, lineage->refreshed_by);
}

static void
lineage_get(struct wirebuf *w, struct record_lineage *lineage)
{
	lineage->parent = wirebuf_get_str8(w);
	if (span_empty(lineage->parent))
		return;
	lineage->partner = wirebuf_get_str8(w);
	lineage->parent_number = wirebuf_get_u8(w);
	lineage->key_number = wirebuf_get_u8(w);
	lineage->lifetime = wirebuf_get_u32(w);
	lineage->refreshed_at = wirebuf_get_u64(w);
	lineage->refreshed_by = wirebuf_get_u32(w);
	/* They are keys of the store. */
	if (lineage->parent.size != TOKEN_ID_SIZE ||
	    lineage->partner.size != TOKEN_ID_SIZE)
		wirebuf_fail(w);
}

size_t
record_encode(const struct record *record, void *data, size_t size)
{
	struct wirebuf w;

	wirebuf_write(&w, data, size);
	wirebuf_put_u8(&w, RECORD_FORMAT);
	token_spec_put(&w, &record->spec);
	wirebuf_put_u8(&w, (uint8_t)record->state);
	wirebuf_put_u8(&w, record->elevated);
	wirebuf_put_str8(&w, record->voucher);
	wirebuf_put_list(&w, &record->warrants);
	wirebuf_put_u8(&w, record->lapsed);
	wirebuf_put_u64(&w, record->created_at);
	wirebuf_put_str8(&w, record->created_by);
	wirebuf_put_u64(&w, record->changed_at);
	wirebuf_put_str8(&w, record->changed_by);
	wirebuf_put_str8(&w, record->reason);
	lineage_put(&w, &record->lineage);
	wirebuf_put_u8(&w, record->secret_count);
	for (size_t i = 0; i < record->secret_count; i++)
		secret_put(&w, &record->secrets[i]);
	return wirebuf_size(&w);
}

int
record_decode(struct span body, struct record *record)
{
	struct wirebuf w;

	memset(record, 0, sizeof(*record));
	wirebuf_read(&w, body.data, body.size);
	wirebuf_get_range(&w, RECORD_FORMAT, RECORD_FORMAT);
	token_spec_get(&w, &record->spec);
	record->state = wirebuf_get_range(&w, STATE_ACTIVE, STATE_REVOKED);
	record->elevated = wirebuf_get_bool(&w);
	record->voucher = wirebuf_get_str8(&w);
	record->warrants = wirebuf_get_list(&w);
	record->lapsed = wirebuf_get_bool(&w);
	record->created_at = wirebuf_get_u64(&w);
	record->created_by = wirebuf_get_str8(&w);
	record->changed_at = wirebuf_get_u64(&w);
	record->changed_by = wirebuf_get_str8(&w);
	record->reason = wirebuf_get_str8(&w);
	lineage_get(&w, &record->lineage);
	record->secret_count = wirebuf_get_range(&w, 0, RECORD_SECRETS_MAX);
	for (size_t i = 0; i < record->secret_count; i++)
		secret_get(&w, &record->secrets[i]);
	return wirebuf_done(&w);
}

bool
record_is_listed(const struct record *record)
{
	return record->spec.kind != TOKEN_ACCESS &&
	       record->spec.kind != TOKEN_REFRESH;
}

enum token_state
record_state(const struct record *record, uint64_t now)
{
	uint64_t expires_at = record->spec.expires_at;

	bool is_over = record->lapsed ||
		       (expires_at != TIME_NEVER && now >= expires_at);

	if (record->state == STATE_ACTIVE && is_over)
		return STATE_EXPIRED;
	return record->state;
}

uint64_t
record_end(const struct record *record)
{
	uint64_t end = record->spec.expires_at;

	if (record->state != STATE_REVOKED || record->changed_at == 0)
		return end;
	return end == TIME_NEVER || record->changed_at < end
		   ? record->changed_at
		   : end;
}

void
record_info(const struct record *record, struct span id, uint64_t now,
    struct token_info *info)
{
	*info = (struct token_info) {
		.id = id,
		.spec = record->spec,
		.state = record_state(record, now),
		.created_at = record->created_at,
		.created_by = record->created_by,
		.changed_at = record->changed_at,
		.changed_by = record->changed_by,
		.reason = record->reason,
		.secret_count = record->secret_count,
	};
	for (size_t i = 0; i < record->secret_count; i++)
		info->secrets[i] = (struct token_secret) {
			.number = record->secrets[i].number,
			.expires_at = record->secrets[i].expires_at,
		};
}
