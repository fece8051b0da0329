/* SPDX-License-Identifier: BSD-3-Clause */
#include "pam_apitoken/options.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/client.h"
#include "common/error.h"
#include "common/message.h"

#define PROMPT_DEFAULT "Token: "
#define PROMPT_MAX     511		/* PAM_MAX_MSG_SIZE, less the NUL */
#define UID_LAST       (UINT32_MAX - 1) /* (uid_t)-1 is nobody's */

enum kind {
	KIND_FLAG,   /* bool; takes no value */
	KIND_IGNORE, /* bool; the value must be "ignore" */
	KIND_NUMBER, /* unsigned, low to high */
	KIND_PATH,   /* text that begins with a slash */
	KIND_TEXT,   /* const char *, low to high bytes */
};

/* Texts lie inside of the rows, so that the table needs no relocation. */
struct row {
	char name[16];
	enum kind kind;
	size_t offset; /* in struct options */
	uint32_t low, high;
	char right[52];
};

static_assert(sizeof(uid_t) == sizeof(unsigned), "both are KIND_NUMBER");

#define FLAG(member)                                                           \
	{                                                                      \
#member, KIND_FLAG, offsetof(struct options, member), 0, 0,    \
		    "no value behind it"                                       \
	}

static const struct row rows[] = {
	{ "socket", KIND_PATH, offsetof(struct options, socket), 1,
	    OPTIONS_SOCKET_MAX, "an absolute path of at most 97 bytes" },
	{ "timeout", KIND_NUMBER, offsetof(struct options, timeout_ms), 1,
	    CLIENT_TIMEOUT_MAX, "milliseconds, from 1 to 60000" },
	{ "service", KIND_TEXT, offsetof(struct options, service), 1,
	    SERVICE_MAX, "a service's name of 1 to 64 bytes" },
	{ "nontoken", KIND_IGNORE, offsetof(struct options, ignore_nontoken), 0,
	    0, "nontoken=ignore, or leaving it out" },
	{ "prompt", KIND_TEXT, offsetof(struct options, prompt), 0, PROMPT_MAX,
	    "a text of at most 511 bytes" },
	{ "agent_uid", KIND_NUMBER, offsetof(struct options, agent_uid), 0,
	    UID_LAST, "the number of a user, from 0 to 4294967294" },
	FLAG(forward_pass),
	FLAG(nodelay),
	FLAG(quiet),
	FLAG(debug),
	FLAG(use_first_pass),
	FLAG(try_first_pass),
};

/* The row that is named by an argument; *value is NULL without "=". */
static const struct row *
row_find(const char *argument, const char **value)
{
	size_t size = strcspn(argument, "=");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strlen(rows[i].name) == size &&
		    memcmp(rows[i].name, argument, size) == 0) {
			*value = argument[size] == '=' ? argument + size + 1
						       : NULL;
			return &rows[i];
		}
	}
	return NULL;
}

/* Digits only: strtoul() would take blanks, signs and overflows. */
static bool
number_parse(const char *text, const struct row *row, unsigned *number)
{
	uint64_t n = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		n = n * 10 + (uint64_t)(*text - '0');
		if (n > row->high)
			return false;
	}
	if (n < row->low)
		return false;
	*number = (unsigned)n;
	return true;
}

static bool
text_fits(const char *text, const struct row *row)
{
	size_t size = strlen(text);

	return size >= row->low && size <= row->high &&
	       (row->kind != KIND_PATH || *text == '/');
}

/* Puts a value where its row says; false if the row does not allow it. */
static bool
row_set(const struct row *row, const char *value, struct options *options)
{
	char *member = (char *)options + row->offset;
	const bool yes = true;
	unsigned number = 0;

	if ((value == NULL) != (row->kind == KIND_FLAG))
		return false;
	switch (row->kind) {
	case KIND_FLAG:
	case KIND_IGNORE:
		if (value != NULL && strcmp(value, "ignore") != 0)
			return false;
		memcpy(member, &yes, sizeof(yes));
		return true;
	case KIND_NUMBER:
		if (!number_parse(value, row, &number))
			return false;
		memcpy(member, &number, sizeof(number));
		return true;
	case KIND_PATH:
	case KIND_TEXT:
		if (!text_fits(value, row))
			return false;
		memcpy(member, &value, sizeof(value));
		return true;
	}
	return false;
}

int
options_parse(int argc, const char *const *argv, struct options *options,
    struct options_fault *fault)
{
	struct options read = {
		.prompt = PROMPT_DEFAULT,
		.timeout_ms = CLIENT_TIMEOUT_DEFAULT,
	};

	for (int i = 0; i < argc; i++) {
		const char *value = NULL;
		const struct row *row = row_find(argv[i], &value);

		if (row == NULL || !row_set(row, value, &read)) {
			fault->argument = argv[i];
			fault->right = row == NULL ? OPTIONS_KNOWN : row->right;
			return ERROR_INVALID;
		}
	}
	*options = read;
	return 0;
}
