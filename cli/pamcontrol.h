/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_PAMCONTROL_H
#define APITOKEN_CLI_PAMCONTROL_H

#include <stdbool.h>

/*
 * The second field of a line in /etc/pam.d: what libpam does with a module's
 * answer.  See pam.conf(5).
 */

/* The answers that stacks are judged by here. */
enum pamresult {
	RESULT_SUCCESS,
	RESULT_IGNORE,
	RESULT_AUTH_ERR,
	RESULT_AUTHINFO_UNAVAIL,
	RESULT_ACCT_EXPIRED,
	RESULT_MODULE_UNKNOWN, /* there is no such file */
	RESULT_COUNT,
};

enum pamaction {
	ACTION_IGNORE,
	ACTION_OK,
	ACTION_DONE,
	ACTION_BAD,
	ACTION_DIE,
	ACTION_RESET,
	ACTION_JUMP, /* ACTION_JUMP + n: over the next n lines */
};

struct pamcontrol {
	unsigned actions[RESULT_COUNT]; /* enum pamaction */
};

/*
 * "required", "[success=done default=die]" ...  False for what libpam does
 * not understand: such a line then fails whatever its module answers, and
 * that is what *control says.
 */
bool pamcontrol_parse(const char *text, struct pamcontrol *control);

#endif
