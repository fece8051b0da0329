/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/exposition.h"

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES_MAX 100

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define DIGITS	"0123456789"

/* What was read of it so far. */
struct exposition {
	char family[128];
	char type[16]; /* "" before its line */
	char families[SAMPLES_MAX][128];
	size_t family_count;
	char samples[SAMPLES_MAX][256];
	size_t sample_count;
};

static size_t
name_size(const char *text, const char *more)
{
	size_t size = strspn(text, LETTERS);

	ck_assert_msg(size > 0, "no name in '%s'", text);
	return strspn(text, more);
}

static void
read_help(struct exposition *e, const char *line)
{
	size_t size = name_size(line, LETTERS DIGITS ":");

	ck_assert_int_eq(line[size], ' ');
	ck_assert_msg(strlen(line + size) > 5, "no help in '%s'", line);
	snprintf(e->family, sizeof(e->family), "%.*s", (int)size, line);
	e->type[0] = '\0';
	for (size_t i = 0; i < e->family_count; i++)
		ck_assert_str_ne(e->families[i], e->family);
	ck_assert_uint_lt(e->family_count, SAMPLES_MAX);
	strcpy(e->families[e->family_count++], e->family);
}

static void
read_type(struct exposition *e, const char *line)
{
	size_t size = strlen(e->family);

	ck_assert_msg(strncmp(line, e->family, size) == 0 && line[size] == ' ',
	    "'%s' is not of %s", line, e->family);
	ck_assert_str_eq(e->type, "");
	snprintf(e->type, sizeof(e->type), "%s", line + size + 1);
	ck_assert_msg(
	    strcmp(e->type, "counter") == 0 || strcmp(e->type, "gauge") == 0,
	    "type '%s'", e->type);
}

/* key="value",...}; behind it. */
static const char *
read_labels(const char *at)
{
	for (;;) {
		at += name_size(at, LETTERS DIGITS);
		ck_assert_int_eq(*at++, '=');
		ck_assert_int_eq(*at++, '"');
		for (; *at != '"'; at++) {
			ck_assert_int_ne(*at, '\0');
			if (*at == '\\')
				ck_assert_ptr_nonnull(strchr("\\\"n", *++at));
		}
		at++;
		if (*at == '}')
			return at + 1;
		ck_assert_int_eq(*at++, ',');
	}
}

static void
read_sample(struct exposition *e, const char *line)
{
	size_t size = name_size(line, LETTERS DIGITS ":");
	const char *at = line + size;
	char *sample = e->samples[e->sample_count];

	ck_assert_msg(
	    strlen(e->family) == size && strncmp(line, e->family, size) == 0,
	    "'%s' is not of %s", line, e->family);
	ck_assert_str_ne(e->type, "");
	if (strcmp(e->type, "counter") == 0)
		ck_assert_ptr_nonnull(strstr(e->family, "_total"));
	if (*at == '{')
		at = read_labels(at + 1);
	ck_assert_uint_lt(e->sample_count, SAMPLES_MAX);
	snprintf(sample, sizeof(e->samples[0]), "%.*s", (int)(at - line), line);
	for (size_t i = 0; i < e->sample_count; i++)
		ck_assert_str_ne(e->samples[i], sample);
	e->sample_count++;
	ck_assert_int_eq(*at++, ' ');
	ck_assert_uint_gt(strlen(at), 0);
	ck_assert_uint_eq(strspn(at, DIGITS), strlen(at));
}

static void
read_line(struct exposition *e, const char *line)
{
	if (strncmp(line, "# HELP ", 7) == 0)
		read_help(e, line + 7);
	else if (strncmp(line, "# TYPE ", 7) == 0)
		read_type(e, line + 7);
	else
		read_sample(e, line);
}

void
exposition_check(const char *text)
{
	struct exposition *e = calloc(1, sizeof(*e));
	char line[512];

	ck_assert_ptr_nonnull(e);
	ck_assert_uint_gt(strlen(text), 0);
	while (*text != '\0') {
		size_t size = strcspn(text, "\n");

		ck_assert_int_eq(text[size], '\n');
		ck_assert_uint_lt(size, sizeof(line));
		memcpy(line, text, size);
		line[size] = '\0';
		read_line(e, line);
		text += size + 1;
	}
	ck_assert_uint_gt(e->sample_count, 0);
	free(e);
}

int64_t
exposition_value(const char *text, const char *sample)
{
	size_t size = strlen(sample);

	while (text != NULL && *text != '\0') {
		if (strncmp(text, sample, size) == 0 && text[size] == ' ')
			return strtoll(text + size + 1, NULL, 10);
		text = strchr(text, '\n');
		text = text == NULL ? NULL : text + 1;
	}
	return -1;
}
