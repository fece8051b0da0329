/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/recordold.h"

static void
secret_get(struct wirebuf *w, struct record_secret *secret)
{
	secret->number = wirebuf_get_u8(w);
	secret->expires_at = wirebuf_get_u64(w);
	wirebuf_get_copy(w, secret->verifier, sizeof(secret->verifier));
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

void
recordold_get(struct wirebuf *w, struct record *record)
{
	wirebuf_get_range(w, RECORDOLD_FORMAT, RECORDOLD_FORMAT);
	token_spec_get(w, &record->spec);
	record->state = wirebuf_get_range(w, STATE_ACTIVE, STATE_REVOKED);
	record->elevated = wirebuf_get_bool(w);
	record->voucher = wirebuf_get_str8(w);
	record->warrants = wirebuf_get_list(w);
	record->lapsed = wirebuf_get_bool(w);
	record->created_at = wirebuf_get_u64(w);
	record->created_by = wirebuf_get_str8(w);
	record->changed_at = wirebuf_get_u64(w);
	record->changed_by = wirebuf_get_str8(w);
	record->reason = wirebuf_get_str8(w);
	lineage_get(w, &record->lineage);
	record->secret_count = wirebuf_get_range(w, 0, RECORD_SECRETS_MAX);
	for (size_t i = 0; i < record->secret_count; i++)
		secret_get(w, &record->secrets[i]);
}
