/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/transfermessage.h"

void
transfer_record_put(struct wirebuf *w, const struct transfer_record *record)
{
	wirebuf_put_u8(w, record->kind);
	wirebuf_put_str16(w, record->body);
}

void
transfer_record_get(struct wirebuf *w, struct transfer_record *record)
{
	record->kind = wirebuf_get_u8(w);
	record->body = wirebuf_get_str16(w);
}

/* An id, or nothing where there is none. */
static struct span
id_get(struct wirebuf *w)
{
	const struct span id = wirebuf_get_text8(w, TOKEN_ID_SIZE);

	if (!span_empty(id) &&
	    (id.size != TOKEN_ID_SIZE ||
		!tokentext_is_base62((const char *)id.data, id.size)))
		wirebuf_fail(w);
	return id;
}

static void
secret_put(struct wirebuf *w, const struct transfer_secret *secret)
{
	wirebuf_put_u8(w, secret->number);
	wirebuf_put_u64(w, secret->expires_at);
	wirebuf_put_fixed(w, secret->verifier, TRANSFER_VERIFIER_SIZE);
}

static void
secret_get(struct wirebuf *w, struct transfer_secret *secret)
{
	secret->number = wirebuf_get_range(w, 1, UINT8_MAX);
	secret->expires_at = wirebuf_get_u64(w);
	secret->verifier = wirebuf_get_bytes(w, TRANSFER_VERIFIER_SIZE);
}

void
transfer_token_put(struct wirebuf *w, const struct transfer_token *token)
{
	const struct token_info *info = &token->info;

	wirebuf_put_str8(w, info->id);
	token_spec_put(w, &info->spec);
	wirebuf_put_u8(w, (uint8_t)info->state);
	token_past_put(w, info);
	wirebuf_put_u8(w, token->lapsed);
	wirebuf_put_u8(w, token->secret_count);
	for (size_t i = 0; i < token->secret_count; i++)
		secret_put(w, &token->secrets[i]);
}

void
transfer_token_get(struct wirebuf *w, struct transfer_token *token)
{
	struct token_info *info = &token->info;

	/* Of its secrets no more is told than stands beside it. */
	info->secret_count = 0;
	info->id = id_get(w);
	token_spec_get(w, &info->spec);
	info->state = (enum token_state)wirebuf_get_range(w, 0, STATE_EXPIRED);
	token_past_get(w, info);
	token->lapsed = wirebuf_get_bool(w);
	token->secret_count = wirebuf_get_range(w, 0, TRANSFER_SECRETS_MAX);
	for (size_t i = 0; i < token->secret_count; i++)
		secret_get(w, &token->secrets[i]);
}

void
transfer_project_put(struct wirebuf *w, const struct transfer_project *project)
{
	project_info_put(w, &project->info);
	wirebuf_put_u8(w, project->tells_locked);
}

void
transfer_project_get(struct wirebuf *w, struct transfer_project *project)
{
	project_info_get(w, &project->info);
	project->tells_locked = wirebuf_get_bool(w);
}

void
transfer_deletion_put(struct wirebuf *w, struct span id)
{
	wirebuf_put_str8(w, id);
}

struct span
transfer_deletion_get(struct wirebuf *w)
{
	const struct span id = id_get(w);

	if (span_empty(id))
		wirebuf_fail(w);
	return id;
}

void
export_position_put(struct wirebuf *w, const struct export_position *p)
{
	wirebuf_put_u8(w, p->kind);
	wirebuf_put_str8(w, p->after);
}

void
export_position_get(struct wirebuf *w, struct export_position *p)
{
	p->kind = wirebuf_get_u8(w);
	p->after = wirebuf_get_str8(w);
}

void
export_request_put(struct wirebuf *w, const struct export_request *r)
{
	wirebuf_put_u8(w, r->verifiers);
	wirebuf_put_str8(w, r->owner);
	wirebuf_put_str8(w, r->project);
	export_position_put(w, &r->position);
}

void
export_request_get(struct wirebuf *w, struct export_request *r)
{
	r->verifiers = wirebuf_get_bool(w);
	r->owner = wirebuf_get_text8(w, LOGIN_MAX);
	r->project = wirebuf_get_text8(w, WORD_MAX);
	export_position_get(w, &r->position);
}

void
import_request_put(struct wirebuf *w, const struct import_request *r)
{
	wirebuf_put_u8(w, r->exact);
	wirebuf_put_u8(w, r->whole);
	wirebuf_put_u8(w, r->dry_run);
	wirebuf_put_u16(w, r->count);
}

void
import_request_get(struct wirebuf *w, struct import_request *r)
{
	r->exact = wirebuf_get_bool(w);
	r->whole = wirebuf_get_bool(w);
	r->dry_run = wirebuf_get_bool(w);
	r->count = wirebuf_get_u16(w);
}

void
import_result_put(struct wirebuf *w, const struct import_result *result)
{
	wirebuf_put_u8(w, (uint8_t)result->outcome);
	wirebuf_put_str8(w, result->id);
	wirebuf_put_str16(w, result->message);
}

void
import_result_get(struct wirebuf *w, struct import_result *result)
{
	result->outcome = (enum import_outcome)wirebuf_get_range(
	    w, IMPORT_MADE, IMPORT_TAKEN);
	result->id = id_get(w);
	result->message = wirebuf_get_text16(w, UINT16_MAX);
}
