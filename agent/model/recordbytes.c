/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A record as bytes.  Most tokens leave most of what there is to say of one
 * unsaid: a number in front has a bit for each part that follows, and what is
 * usual takes no byte.  There is one form for each record: a part that is told
 * is another than the usual one.
 */
#include <string.h>

#include "agent/model/record.h"
#include "agent/model/recordform.h"
#include "agent/model/recordold.h"
#include "agent/model/scope.h"
#include "common/error.h"
#include "common/wirebuf.h"

#define RECORD_FORMAT 2

#define AT(member) offsetof(struct record, member)

/* In the order of their bits, from the lowest: new ones go to the end. */
static const struct part parts[] = {
	{ &recordform_flag, AT(spec.organization), 0 },
	{ &recordform_flag, AT(elevated), 0 },
	{ &recordform_flag, AT(lapsed), 0 },
	{ &recordform_users, AT(spec.users), LOGIN_MAX },
	{ &recordform_projects, AT(spec.projects), WORD_MAX },
	{ &recordform_uses, AT(spec.uses), 0 },
	{ &recordform_moment, AT(created_at), 0 },
	{ &recordform_text, AT(created_by), 0 },
	{ &recordform_moment, AT(spec.expires_at), 0 },
	{ &recordform_moment, AT(spec.not_before), 0 },
	{ &recordform_text, AT(spec.environment), WORD_MAX },
	{ &recordform_long_text, AT(spec.description), TOKEN_DESCRIPTION_MAX },
	{ &recordform_list, AT(spec.allow), SERVICE_MAX + 1 + WORD_MAX },
	{ &recordform_list, AT(spec.roles), WORD_MAX },
	{ &recordform_list, AT(spec.from), RHOST_MAX },
	{ &recordform_text, AT(voucher), 0 },
	{ &recordform_list, AT(warrants), 0 },
	{ &recordform_moment, AT(changed_at), 0 },
	{ &recordform_text, AT(changed_by), 0 },
	{ &recordform_text, AT(reason), 0 },
	{ &recordform_lineage, AT(lineage), 0 },
};

#define PARTS (sizeof(parts) / sizeof(*parts))

static uint32_t
parts_told(const struct record *record)
{
	uint32_t told = 0;

	for (size_t i = 0; i < PARTS; i++)
		if (!parts[i].form->is_usual(&parts[i], record))
			told |= (uint32_t)1 << i;
	return told;
}

size_t
record_encode(const struct record *record, void *data, size_t size)
{
	uint32_t told = parts_told(record);
	struct wirebuf w;

	wirebuf_write(&w, data, size);
	wirebuf_put_u8(&w, RECORD_FORMAT);
	wirebuf_put_u32(&w, told);
	wirebuf_put_u8(&w, (uint8_t)record->spec.kind);
	wirebuf_put_u8(&w, (uint8_t)record->spec.type);
	wirebuf_put_u8(&w, (uint8_t)record->state);
	wirebuf_put_str8(&w, record->spec.name);
	wirebuf_put_str8(&w, record->spec.owner);
	for (size_t i = 0; i < PARTS; i++)
		if ((told >> i & 1) != 0)
			parts[i].form->put(&w, &parts[i], record);
	wirebuf_put_u8(&w, record->secret_count);
	for (size_t i = 0; i < record->secret_count; i++) {
		wirebuf_put_u8(&w, record->secrets[i].number);
		recordform_put_time(&w, record->secrets[i].expires_at);
		wirebuf_put_bytes(
		    &w, record->secrets[i].verifier, CRYPTO_VERIFIER_SIZE);
	}
	return wirebuf_size(&w);
}

/* What a record is that tells nothing; its owner's text stands in the bytes
 * as a list of one does. */
static void
take_usual(struct record *record)
{
	static const uint8_t project[] = "\7" PROJECT_DEFAULT;
	struct token_spec *spec = &record->spec;

	_Static_assert(sizeof(project) == 1 + 7 + 1, "its length is right");
	spec->uses = USES_UNLIMITED;
	spec->projects = (struct spanlist) {
		.packed = span_bytes(project, sizeof(project) - 1), .count = 1
	};
	if (!span_empty(spec->owner))
		spec->users = (struct spanlist) { .packed = span_bytes(
						      spec->owner.data - 1,
						      1 + spec->owner.size),
			.count = 1 };
}

static void
get_secrets(struct wirebuf *w, struct record *record)
{
	record->secret_count = wirebuf_get_range(w, 0, RECORD_SECRETS_MAX);
	for (size_t i = 0; i < record->secret_count; i++) {
		record->secrets[i].number = wirebuf_get_u8(w);
		record->secrets[i].expires_at = recordform_get_time(w);
		wirebuf_get_copy(
		    w, record->secrets[i].verifier, CRYPTO_VERIFIER_SIZE);
	}
}

static void
get_record(struct wirebuf *w, struct record *record)
{
	struct token_spec *spec = &record->spec;
	uint32_t told;

	wirebuf_get_range(w, RECORD_FORMAT, RECORD_FORMAT);
	told = wirebuf_get_u32(w);
	spec->kind = wirebuf_get_range(w, TOKEN_API, TOKEN_MANAGEMENT);
	spec->type = wirebuf_get_range(w, TYPE_READ_ONLY, TYPE_CUSTOM);
	record->state = wirebuf_get_range(w, STATE_ACTIVE, STATE_REVOKED);
	spec->name = wirebuf_get_text8(w, TOKEN_NAME_MAX);
	spec->owner = wirebuf_get_text8(w, LOGIN_MAX);
	take_usual(record);
	for (size_t i = 0; i < PARTS; i++)
		if ((told >> i & 1) != 0) {
			parts[i].form->get(w, &parts[i], record);
			if (parts[i].form->is_usual(&parts[i], record))
				wirebuf_fail(w);
		}
	if (told >> PARTS != 0)
		wirebuf_fail(w);
	get_secrets(w, record);
}

int
record_decode(struct span body, struct record *record)
{
	struct wirebuf w;

	memset(record, 0, sizeof(*record));
	wirebuf_read(&w, body.data, body.size);
	if (body.size > 0 && body.data[0] == RECORDOLD_FORMAT)
		recordold_get(&w, record);
	else
		get_record(&w, record);
	return wirebuf_done(&w);
}
