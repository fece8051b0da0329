/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/tokeninfo.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Rows of characters, not pointers: a table that needs no relocation. */
struct word {
	char text[16];
};

static const struct word type_words[] = {
	[TYPE_READ_ONLY] = { "read-only" },
	[TYPE_FULL_ACCESS] = { "full-access" },
	[TYPE_CUSTOM] = { "custom" },
};

static const struct word state_words[] = {
	[STATE_ACTIVE] = { "active" },
	[STATE_PENDING] = { "pending" },
	[STATE_DISABLED] = { "disabled" },
	[STATE_REVOKED] = { "revoked" },
	[STATE_EXPIRED] = { "expired" },
};

static const struct word kind_words[] = {
	[TOKEN_API] = { "api" },
	[TOKEN_ACCESS] = { "access" },
	[TOKEN_REFRESH] = { "refresh" },
	[TOKEN_MANAGEMENT] = { "management" },
};

static const char *
word_of(const struct word *words, size_t count, size_t number)
{
	return number > 0 && number < count ? words[number].text : NULL;
}

static size_t
number_of(const struct word *words, size_t count, struct span word)
{
	for (size_t i = 1; i < count; i++)
		if (span_is(word, words[i].text))
			return i;
	return 0;
}

const char *
token_type_word(enum token_type type)
{
	return word_of(type_words, COUNT(type_words), type);
}

const char *
token_state_word(enum token_state state)
{
	return word_of(state_words, COUNT(state_words), state);
}

const char *
token_kind_word(enum token_kind kind)
{
	return word_of(kind_words, COUNT(kind_words), kind);
}

enum token_type
token_type_of(struct span word)
{
	return (enum token_type)number_of(type_words, COUNT(type_words), word);
}

enum token_state
token_state_of(struct span word)
{
	return (enum token_state)number_of(
	    state_words, COUNT(state_words), word);
}

static struct span
get_id(struct wirebuf *w)
{
	const struct span id = wirebuf_get_bytes(w, TOKEN_ID_SIZE);

	if (!tokentext_is_base62((const char *)id.data, id.size))
		wirebuf_fail(w);
	return id;
}

void
token_spec_put(struct wirebuf *w, const struct token_spec *spec)
{
	wirebuf_put_u8(w, (uint8_t)spec->kind);
	wirebuf_put_u8(w, (uint8_t)spec->type);
	wirebuf_put_u8(w, spec->organization);
	wirebuf_put_str8(w, spec->name);
	wirebuf_put_str8(w, spec->owner);
	wirebuf_put_str8(w, spec->environment);
	wirebuf_put_str16(w, spec->description);
	wirebuf_put_list(w, &spec->users);
	wirebuf_put_list(w, &spec->allow);
	wirebuf_put_list(w, &spec->projects);
	wirebuf_put_list(w, &spec->roles);
	wirebuf_put_list(w, &spec->from);
	wirebuf_put_u64(w, spec->expires_at);
	wirebuf_put_u64(w, spec->not_before);
	wirebuf_put_u32(w, spec->uses);
}

void
token_spec_get(struct wirebuf *w, struct token_spec *spec)
{
	spec->kind = (enum token_kind)wirebuf_get_range(
	    w, TOKEN_API, TOKEN_MANAGEMENT);
	spec->type = (enum token_type)wirebuf_get_range(
	    w, TYPE_READ_ONLY, TYPE_CUSTOM);
	spec->organization = wirebuf_get_bool(w);
	spec->name = wirebuf_get_text8(w, TOKEN_NAME_MAX);
	spec->owner = wirebuf_get_text8(w, LOGIN_MAX);
	spec->environment = wirebuf_get_text8(w, WORD_MAX);
	spec->description = wirebuf_get_text16(w, TOKEN_DESCRIPTION_MAX);
	spec->users = wirebuf_get_texts(w, LIST_MAX, LOGIN_MAX);
	spec->allow = wirebuf_get_texts(
	    w, LIST_MAX, SERVICE_MAX + 1 + WORD_MAX);
	spec->projects = wirebuf_get_texts(w, LIST_MAX, WORD_MAX);
	spec->roles = wirebuf_get_texts(w, LIST_MAX, WORD_MAX);
	spec->from = wirebuf_get_texts(w, LIST_MAX, RHOST_MAX);
	spec->expires_at = wirebuf_get_u64(w);
	spec->not_before = wirebuf_get_u64(w);
	spec->uses = wirebuf_get_u32(w);
}

void
token_past_put(struct wirebuf *w, const struct token_info *info)
{
	wirebuf_put_u64(w, info->created_at);
	wirebuf_put_str8(w, info->created_by);
	wirebuf_put_u64(w, info->changed_at);
	wirebuf_put_str8(w, info->changed_by);
	wirebuf_put_str8(w, info->reason);
	wirebuf_put_u64(w, info->last_used_at);
	wirebuf_put_str8(w, info->last_used_service);
	wirebuf_put_str8(w, info->last_used_from);
	wirebuf_put_u64(w, info->use_count);
}

void
token_past_get(struct wirebuf *w, struct token_info *info)
{
	info->created_at = wirebuf_get_u64(w);
	info->created_by = wirebuf_get_text8(w, LOGIN_MAX);
	info->changed_at = wirebuf_get_u64(w);
	info->changed_by = wirebuf_get_text8(w, LOGIN_MAX);
	info->reason = wirebuf_get_text8(w, REASON_MAX);
	info->last_used_at = wirebuf_get_u64(w);
	info->last_used_service = wirebuf_get_text8(w, SERVICE_MAX);
	info->last_used_from = wirebuf_get_text8(w, RHOST_MAX);
	info->use_count = wirebuf_get_u64(w);
}

static void
secrets_put(struct wirebuf *w, const struct token_info *info)
{
	wirebuf_put_u8(w, info->secret_count);
	for (size_t i = 0; i < info->secret_count; i++) {
		wirebuf_put_u8(w, info->secrets[i].number);
		wirebuf_put_u64(w, info->secrets[i].expires_at);
		wirebuf_put_u64(w, info->secrets[i].last_used_at);
	}
}

static void
secrets_get(struct wirebuf *w, struct token_info *info)
{
	info->secret_count = wirebuf_get_range(w, 0, TOKEN_SECRETS_MAX);
	for (size_t i = 0; i < info->secret_count; i++) {
		info->secrets[i].number = wirebuf_get_u8(w);
		info->secrets[i].expires_at = wirebuf_get_u64(w);
		info->secrets[i].last_used_at = wirebuf_get_u64(w);
	}
}

void
token_info_put(struct wirebuf *w, const struct token_info *info)
{
	wirebuf_put_fixed(w, info->id, TOKEN_ID_SIZE);
	token_spec_put(w, &info->spec);
	wirebuf_put_u8(w, (uint8_t)info->state);
	token_past_put(w, info);
	secrets_put(w, info);
}

void
token_info_get(struct wirebuf *w, struct token_info *info)
{
	info->id = get_id(w);
	token_spec_get(w, &info->spec);
	info->state = (enum token_state)wirebuf_get_range(
	    w, STATE_ACTIVE, STATE_EXPIRED);
	token_past_get(w, info);
	secrets_get(w, info);
}
