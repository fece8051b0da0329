/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/recordform.h"

#include "agent/model/scope.h"

static const void *
member(const struct record *record, const struct part *part)
{
	return (const uint8_t *)record + part->offset;
}

static void *
place(struct record *record, const struct part *part)
{
	return (uint8_t *)record + part->offset;
}

static bool
flag_is_usual(const struct part *part, const struct record *record)
{
	return !*(const bool *)member(record, part);
}

static void
flag_put(
    struct wirebuf *w, const struct part *part, const struct record *record)
{
	(void)w;
	(void)part;
	(void)record;
}

static void
flag_get(struct wirebuf *w, const struct part *part, struct record *record)
{
	(void)w;
	*(bool *)place(record, part) = true;
}

static bool
text_is_usual(const struct part *part, const struct record *record)
{
	return span_empty(*(const struct span *)member(record, part));
}

static void
text_put(
    struct wirebuf *w, const struct part *part, const struct record *record)
{
	wirebuf_put_str8(w, *(const struct span *)member(record, part));
}

static void
text_get(struct wirebuf *w, const struct part *part, struct record *record)
{
	struct span *text = place(record, part);

	*text = part->max == 0 ? wirebuf_get_str8(w)
			       : wirebuf_get_text8(w, part->max);
}

static void
long_text_put(
    struct wirebuf *w, const struct part *part, const struct record *record)
{
	wirebuf_put_str16(w, *(const struct span *)member(record, part));
}

static void
long_text_get(struct wirebuf *w, const struct part *part, struct record *record)
{
	*(struct span *)place(record, part) = wirebuf_get_text16(w, part->max);
}

static bool
list_is_usual(const struct part *part, const struct record *record)
{
	return ((const struct spanlist *)member(record, part))->count == 0;
}

static void
list_put(
    struct wirebuf *w, const struct part *part, const struct record *record)
{
	wirebuf_put_list(w, member(record, part));
}

static void
list_get(struct wirebuf *w, const struct part *part, struct record *record)
{
	struct spanlist *list = place(record, part);

	*list = part->max == 0 ? wirebuf_get_list(w)
			       : wirebuf_get_texts(w, LIST_MAX, part->max);
}

void
recordform_put_time(struct wirebuf *w, uint64_t when)
{
	uint8_t bytes[sizeof(when)];
	uint8_t size = 0;

	for (; when != 0; when >>= 8)
		bytes[sizeof(bytes) - ++size] = (uint8_t)when;
	wirebuf_put_u8(w, size);
	wirebuf_put_bytes(w, bytes + sizeof(bytes) - size, size);
}

uint64_t
recordform_get_time(struct wirebuf *w)
{
	uint8_t size = wirebuf_get_range(w, 0, sizeof(uint64_t));
	const struct span bytes = wirebuf_get_bytes(w, size);
	uint64_t when = 0;

	if (bytes.size > 0 && bytes.data[0] == 0)
		wirebuf_fail(w);
	for (size_t i = 0; i < bytes.size; i++)
		when = when << 8 | bytes.data[i];
	return when;
}

static bool
time_is_usual(const struct part *part, const struct record *record)
{
	return *(const uint64_t *)member(record, part) == 0;
}

static void
time_put(
    struct wirebuf *w, const struct part *part, const struct record *record)
{
	recordform_put_time(w, *(const uint64_t *)member(record, part));
}

static void
time_get(struct wirebuf *w, const struct part *part, struct record *record)
{
	*(uint64_t *)place(record, part) = recordform_get_time(w);
}

/* Whether a list has that element and no other; none if it is empty. */
static bool
is_single(const struct spanlist *list, struct span text)
{
	struct span element;
	size_t at = 0;

	if (list->count != !span_empty(text))
		return false;
	return list->count == 0 || (spanlist_next(list, &at, &element) &&
				       span_equal(element, text));
}

static bool
users_is_usual(const struct part *part, const struct record *record)
{
	(void)part;
	return is_single(&record->spec.users, record->spec.owner);
}

static bool
projects_is_usual(const struct part *part, const struct record *record)
{
	(void)part;
	return is_single(&record->spec.projects, span_of(PROJECT_DEFAULT));
}

static bool
uses_is_usual(const struct part *part, const struct record *record)
{
	(void)part;
	return record->spec.uses == USES_UNLIMITED;
}

static void
uses_put(
    struct wirebuf *w, const struct part *part, const struct record *record)
{
	(void)part;
	wirebuf_put_u32(w, record->spec.uses);
}

static void
uses_get(struct wirebuf *w, const struct part *part, struct record *record)
{
	(void)part;
	record->spec.uses = wirebuf_get_u32(w);
}

static bool
lineage_is_usual(const struct part *part, const struct record *record)
{
	(void)part;
	return span_empty(record->lineage.parent);
}

static void
lineage_put(
    struct wirebuf *w, const struct part *part, const struct record *record)
{
	const struct record_lineage *lineage = &record->lineage;

	(void)part;
	wirebuf_put_fixed(w, lineage->parent, TOKEN_ID_SIZE);
	wirebuf_put_fixed(w, lineage->partner, TOKEN_ID_SIZE);
	wirebuf_put_u8(w, lineage->parent_number);
	wirebuf_put_u8(w, lineage->key_number);
	wirebuf_put_u32(w, lineage->lifetime);
	wirebuf_put_u64(w, lineage->refreshed_at);
	wirebuf_put_u32(w, lineage->refreshed_by);
}

static void
lineage_get(struct wirebuf *w, const struct part *part, struct record *record)
{
	struct record_lineage *lineage = &record->lineage;

	(void)part;
	lineage->parent = wirebuf_get_bytes(w, TOKEN_ID_SIZE);
	lineage->partner = wirebuf_get_bytes(w, TOKEN_ID_SIZE);
	lineage->parent_number = wirebuf_get_u8(w);
	lineage->key_number = wirebuf_get_u8(w);
	lineage->lifetime = wirebuf_get_u32(w);
	lineage->refreshed_at = wirebuf_get_u64(w);
	lineage->refreshed_by = wirebuf_get_u32(w);
}

const struct form recordform_flag = { flag_is_usual, flag_put, flag_get };
const struct form recordform_text = { text_is_usual, text_put, text_get };
const struct form recordform_long_text = { text_is_usual, long_text_put,
	long_text_get };
const struct form recordform_list = { list_is_usual, list_put, list_get };
const struct form recordform_moment = { time_is_usual, time_put, time_get };
const struct form recordform_users = { users_is_usual, list_put, list_get };
const struct form recordform_projects = { projects_is_usual, list_put,
	list_get };
const struct form recordform_uses = { uses_is_usual, uses_put, uses_get };
const struct form recordform_lineage = { lineage_is_usual, lineage_put,
	lineage_get };
