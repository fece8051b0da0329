/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/decoy.h"

#include "agent/model/verify.h"

static struct span
encode_decoy(uint8_t *bytes, size_t size)
{
	struct record decoy = *verify_null_record();
	struct token_spec *spec = &decoy.spec;
	uint8_t users[16], projects[16];

	spec->kind = TOKEN_API;
	spec->type = TYPE_FULL_ACCESS;
	spec->name = span_of("0123456789");
	spanlist_add(&spec->users, users, sizeof(users), span_of("alice"));
	spanlist_add(&spec->projects, projects, sizeof(projects),
	    span_of(PROJECT_DEFAULT));
	spec->uses = USES_UNLIMITED;
	decoy.created_by = span_of("alice");
	decoy.secrets[0].number = 1;
	return span_bytes(bytes, record_encode(&decoy, bytes, size));
}

void
decoy_row(struct row *row)
{
	static uint8_t bytes[512];
	static struct span body;

	if (span_empty(body))
		body = encode_decoy(bytes, sizeof(bytes) - STORE_ROW_OVERHEAD);
	row->body = body;
	row->whole = span_bytes(bytes, body.size + STORE_ROW_OVERHEAD);
}
