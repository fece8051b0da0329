/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/moduleargument.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/client.h"
#include "common/message.h"

#define SOCKET_MAX 97
#define PROMPT_MAX 511

enum kind {
	KIND_FLAG,
	KIND_IGNORE,
	KIND_NUMBER,
	KIND_PATH,
	KIND_TEXT,
};

static const struct row {
	const char *name;
	enum kind kind;
	uint64_t low, high; /* of a number, or of a text's size */
	const char *right;
} rows[] = {
	{ "socket", KIND_PATH, 1, SOCKET_MAX,
	    "socket=, an absolute path of at most 97 bytes" },
	{ "timeout", KIND_NUMBER, 1, CLIENT_TIMEOUT_MAX,
	    "timeout=, milliseconds from 1 to 60000" },
	{ "service", KIND_TEXT, 1, SERVICE_MAX,
	    "service=, a service's name of 1 to 64 bytes" },
	{ "nontoken", KIND_IGNORE, 0, 0, "nontoken=ignore" },
	{ "prompt", KIND_TEXT, 0, PROMPT_MAX,
	    "prompt=, a text of at most 511 bytes" },
	{ "agent_uid", KIND_NUMBER, 0, UINT32_MAX - 1,
	    "agent_uid=, the number of a user" },
	{ "forward_pass", KIND_FLAG, 0, 0, "forward_pass alone" },
	{ "nodelay", KIND_FLAG, 0, 0, "nodelay alone" },
	{ "quiet", KIND_FLAG, 0, 0, "quiet alone" },
	{ "debug", KIND_FLAG, 0, 0, "debug alone" },
	{ "use_first_pass", KIND_FLAG, 0, 0, "use_first_pass alone" },
	{ "try_first_pass", KIND_FLAG, 0, 0, "try_first_pass alone" },
};

static bool
is_number(const char *text, const struct row *row)
{
	uint64_t n = 0;

	for (const char *c = text; *c != '\0'; c++) {
		if (*c < '0' || *c > '9' || n > row->high)
			return false;
		n = n * 10 + (uint64_t)(*c - '0');
	}
	return *text != '\0' && n >= row->low && n <= row->high;
}

static bool
is_right(const char *value, const struct row *row)
{
	size_t size = value == NULL ? 0 : strlen(value);

	if ((value == NULL) != (row->kind == KIND_FLAG))
		return false;
	switch (row->kind) {
	case KIND_FLAG:
		return true;
	case KIND_IGNORE:
		return strcmp(value, "ignore") == 0;
	case KIND_NUMBER:
		return is_number(value, row);
	case KIND_PATH:
	case KIND_TEXT:
		break;
	}
	return size >= row->low && size <= row->high &&
	       (row->kind == KIND_TEXT || *value == '/');
}

const char *
moduleargument_right(const char *argument)
{
	size_t size = strcspn(argument, "=");
	const char *value = argument[size] == '=' ? argument + size + 1 : NULL;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strlen(rows[i].name) == size &&
		    memcmp(rows[i].name, argument, size) == 0)
			return is_right(value, &rows[i]) ? NULL : rows[i].right;
	return "socket= timeout= service= nontoken=ignore prompt= agent_uid= "
	       "forward_pass nodelay quiet debug use_first_pass "
	       "try_first_pass";
}
