/* SPDX-License-Identifier: BSD-3-Clause */
/* What an act was, for the audit: which token, and what became of it. */
#include <stdio.h>
#include <string.h>

#include "agent/server/ops.h"
#include "agent/server/quote.h"
#include "common/changemessage.h"
#include "common/duration.h"

void
op_describe_text(char *detail, size_t size, const char *word, struct span text)
{
	size_t at = strlen(detail);
	char copy[TOKEN_DESCRIPTION_MAX + 1];

	if (span_text(text, copy, sizeof(copy)) < 0 || size - at < 16)
		return;
	snprintf(detail + at, size - at, "%s%s=", at > 0 ? " " : "", word);
	quote_append(detail, size, copy);
}

void
op_describe(const struct token_spec *spec, char *detail, size_t size)
{
	op_describe_text(detail, size, "owner", spec->owner);
	op_describe_text(detail, size, "name", spec->name);
}

static void
append(char *detail, size_t size, const char *text)
{
	size_t at = strlen(detail);

	snprintf(detail + at, size - at, "%s", text);
}

/* A field of a token as one text; as much of it as fits. */
typedef void field_text(const struct token_spec *spec, char *text, size_t size);

static void
text_of_span(struct span s, char *text, size_t size)
{
	if (span_text(s, text, size) < 0)
		snprintf(text, size, "...");
}

static void
text_of_list(const struct spanlist *list, char *text, size_t size)
{
	struct span element;
	size_t at = 0;

	text[0] = '\0';
	while (spanlist_next(list, &at, &element)) {
		size_t end = strlen(text);

		snprintf(text + end, size - end, "%s%.*s", end > 0 ? "," : "",
		    (int)element.size, (const char *)element.data);
	}
}

static void
text_of_time(uint64_t when, char *text, size_t size)
{
	char date[TIME_TEXT_SIZE];

	time_format(when, date);
	snprintf(text, size, "%s",
	    when == TIME_NEVER ? "never"
	    : when == 0	       ? ""
			       : date);
}

static void
text_of_name(const struct token_spec *spec, char *text, size_t size)
{
	text_of_span(spec->name, text, size);
}

static void
text_of_description(const struct token_spec *spec, char *text, size_t size)
{
	text_of_span(spec->description, text, size);
}

static void
text_of_type(const struct token_spec *spec, char *text, size_t size)
{
	snprintf(text, size, "%s", token_type_word(spec->type));
}

static void
text_of_allow(const struct token_spec *spec, char *text, size_t size)
{
	text_of_list(&spec->allow, text, size);
}

static void
text_of_expires(const struct token_spec *spec, char *text, size_t size)
{
	text_of_time(spec->expires_at, text, size);
}

static void
text_of_not_before(const struct token_spec *spec, char *text, size_t size)
{
	text_of_time(spec->not_before, text, size);
}

static void
text_of_from(const struct token_spec *spec, char *text, size_t size)
{
	text_of_list(&spec->from, text, size);
}

static void
text_of_environment(const struct token_spec *spec, char *text, size_t size)
{
	text_of_span(spec->environment, text, size);
}

static void
text_of_users(const struct token_spec *spec, char *text, size_t size)
{
	text_of_list(&spec->users, text, size);
}

static const struct {
	enum spec_field field;
	const char *word;
	field_text *text;
} field_rows[] = {
	{ FIELD_NAME, "name", text_of_name },
	{ FIELD_DESCRIPTION, "description", text_of_description },
	{ FIELD_TYPE, "type", text_of_type },
	{ FIELD_ALLOW, "allow", text_of_allow },
	{ FIELD_USERS, "user", text_of_users },
	{ FIELD_EXPIRES, "expires", text_of_expires },
	{ FIELD_NOT_BEFORE, "not-before", text_of_not_before },
	{ FIELD_FROM, "from", text_of_from },
	{ FIELD_ENVIRONMENT, "environment", text_of_environment },
};

void
op_describe_edit(const struct token_spec *before,
    const struct token_spec *after, uint32_t fields, char *detail, size_t size)
{
	char text[TOKEN_DESCRIPTION_MAX + 1];

	const char *word = " fields=";

	op_describe(before, detail, size);
	/* All of their names, in case that their values do not fit. */
	for (size_t i = 0; i < sizeof(field_rows) / sizeof(*field_rows); i++)
		if ((fields & field_rows[i].field) != 0) {
			append(detail, size, word);
			append(detail, size, field_rows[i].word);
			word = ",";
		}
	for (size_t i = 0; i < sizeof(field_rows) / sizeof(*field_rows); i++) {
		if ((fields & field_rows[i].field) == 0)
			continue;
		append(detail, size, " ");
		append(detail, size, field_rows[i].word);
		append(detail, size, "=");
		field_rows[i].text(before, text, sizeof(text));
		quote_append(detail, size, text);
		append(detail, size, "->");
		field_rows[i].text(after, text, sizeof(text));
		quote_append(detail, size, text);
	}
}
