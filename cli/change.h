/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_CHANGE_H
#define APITOKEN_CLI_CHANGE_H

#include "cli/command.h"
#include "cli/filter.h"
#include "common/changemessage.h"

/* Tokens that a question names, and room for their ids and names. */
#define CHANGE_NAMED	  5
#define CHANGE_NAMED_SIZE (CHANGE_NAMED * (TOKEN_ID_SIZE + TOKEN_NAME_MAX + 4))

/* What a command does to tokens, and the words for it. */
struct change {
	enum opcode opcode;
	void (*put)(struct wirebuf *w, const struct change_request *r);
	const char *verb, *would, *done;
	const char *question;
	bool is_harmless; /* nobody loses anything by it */
	unsigned already; /* 1 << the states where it is done already */
	unsigned never;	  /* and those where it cannot be done */
};

struct change_options {
	const char *reason;
	bool dry_run;
	bool matching;
	bool leaked;
	bool keep_sessions;
	struct filter_options filter;
};

/* Appends "a1b2c3d4e5 backup" to a list of such. */
void change_name(char named[CHANGE_NAMED_SIZE], const struct token_info *info);

/*
 * A token that was changed, or would be: a line that begins with the word, or
 * a row of o, which fields_begin() began for that.  The errors of output.h.
 */
int change_put(struct output *o, const struct invocation *in, const char *word,
    const struct token_info *info);

/* Whether what the tokens opened ends with it. */
bool change_ends_sessions(
    const struct change *change, const struct change_options *options);

/* --matching: the same to all tokens that the filters find. */
enum outcome bulk_run(const struct change *change, const struct invocation *in);

/* revoke --leaked */
enum outcome leaked_run(const struct invocation *in);

#endif
