/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_TRANSFERLINE_H
#define APITOKEN_CLI_TRANSFERLINE_H

#include "cli/jsonread.h"
#include "cli/principal.h"
#include "cli/transfernamed.h"
#include "common/transfermessage.h"

/*
 * The lines of `export` and `import`: a JSON object each, in the words of
 * `list -o jsonl`.  `record` says what it is; without it, it is a token.
 */

/* The value of "apitoken" in the first line of an export. */
#define TRANSFERLINE_FORMAT 1

/* The line of a record that was exported, the caller's: ERROR_MALFORMED for
 * one that is not known, ERROR_MEMORY. */
int transferline_json(
    const struct transfer_record *record, bool verifiers, struct json_t **json);

/* A line that was read; large. */
struct transferline {
	struct transfer_record record; /* body points into bytes */
	struct span id;		       /* empty: none; into the object */
	struct transfernamed_key key;  /* what only one line may have */
	struct transfer_token token;
	struct transfer_project project;
	struct role_info role;
	struct grant_info grant;
	char principal[PRINCIPAL_SIZE];
	struct jsonread_list lists[5];
	uint8_t verifiers[TRANSFER_SECRETS_MAX][TRANSFER_VERIFIER_SIZE];
	uint8_t bytes[TRANSFER_BODY_MAX];
	char why[JSONREAD_WHY_SIZE];
};

/* The words that `record` takes, "token"; NULL for no kind of a line. */
const char *transferline_word(uint8_t kind);

/* False, and line->why, for what is no record. */
bool transferline_read(struct transferline *line, const struct json_t *object);

#endif
