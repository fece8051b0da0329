/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/record.h"

#include "common/duration.h"

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
