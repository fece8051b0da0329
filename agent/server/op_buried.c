/* SPDX-License-Identifier: BSD-3-Clause */
/* Tombstones, as an import meets them: nothing that was ended comes back. */
#include <string.h>

#include "agent/server/op_import.h"
#include "common/duration.h"
#include "common/error.h"

int
buried_at(struct operation *op, struct span id, uint64_t *at)
{
	struct store_cursor *cursor = NULL;
	const struct span none = { NULL, 0 };
	struct wirebuf w;
	struct row row;
	int rv = store_cursor_open(op->reader, DB_TOMBSTONES, &cursor);

	if (rv == 0)
		rv = store_cursor_seek(cursor, id, none);
	/* Other keys than those of tokens may begin in the same way. */
	while (rv == 0 && span_starts_with(store_cursor_key(cursor), id) &&
	       store_cursor_key(cursor).size != TOKEN_ID_SIZE + 1)
		rv = store_cursor_next(cursor);
	if (rv == 0 && !span_starts_with(store_cursor_key(cursor), id))
		rv = ERROR_NOT_FOUND;
	if (rv == 0)
		rv = store_cursor_row(cursor, &row);
	if (rv == 0) {
		wirebuf_read(&w, row.body.data, row.body.size);
		*at = wirebuf_get_u64(&w);
	}
	store_cursor_close(cursor);
	return rv;
}

int
buried_check_token(struct operation *op, struct span id)
{
	char when[TIME_TEXT_SIZE];
	uint64_t at = 0;
	int rv = buried_at(op, id, &at);

	if (rv == ERROR_NOT_FOUND)
		return 0;
	if (rv < 0)
		return rv;
	time_format(at, when);
	return refuse(&op->refusal, STATUS_CONFLICT,
	    "id: the token was deleted here on %s and does not come back: give "
	    "it another id",
	    when);
}

int
buried_check_secrets(
    struct operation *op, struct span id, const struct transfer_token *line)
{
	uint8_t key[TOKEN_ID_SIZE + 1];
	struct row row;
	int rv = ERROR_NOT_FOUND;

	memcpy(key, id.data, TOKEN_ID_SIZE);
	for (size_t i = 0; i < line->secret_count && rv == ERROR_NOT_FOUND;
	     i++) {
		key[TOKEN_ID_SIZE] = line->secrets[i].number;
		rv = store_get(op->reader, DB_TOMBSTONES,
		    span_bytes(key, sizeof(key)), &row);
	}
	if (rv == ERROR_NOT_FOUND)
		return 0;
	if (rv < 0)
		return rv;
	return refuse(&op->refusal, STATUS_CONFLICT,
	    "secrets: one of them was regenerated here and does not come back");
}

void
buried_expect_none(
    struct operation *op, struct span id, const struct transfer_token *line)
{
	uint8_t key[TOKEN_ID_SIZE + 1];

	memcpy(key, id.data, TOKEN_ID_SIZE);
	for (size_t i = 0; i < line->secret_count; i++) {
		key[TOKEN_ID_SIZE] = line->secrets[i].number;
		changeset_expect(op->set, DB_TOMBSTONES,
		    span_bytes(key, sizeof(key)), VERSION_ABSENT);
	}
}

void
buried_put(struct operation *op, const struct found_token *found,
    const struct record *after)
{
	struct record gone = found->record;

	gone.secret_count = 0;
	for (size_t i = 0; i < found->record.secret_count; i++) {
		bool kept = false;

		for (size_t j = 0; j < after->secret_count; j++)
			kept = kept || after->secrets[j].number ==
					   found->record.secrets[i].number;
		if (!kept)
			gone.secrets[gone.secret_count++] =
			    found->record.secrets[i];
	}
	if (gone.secret_count > 0)
		changeset_tombstones(op->set, span_of(found->id), &gone,
		    op->now, span_of(op->caller->login),
		    span_of("regenerated"));
}
