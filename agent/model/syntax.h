/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_SYNTAX_H
#define APITOKEN_MODEL_SYNTAX_H

#include "common/message.h"

/*
 * What people may write into the fields of a token, and how they are told
 * what would be right.
 */

/* Why a request was refused: a status and a sentence for people. */
struct refusal {
	enum status status;
	char message[512];
};

/* Fills a refusal and returns ERROR_INVALID. */
int refuse(struct refusal *refusal, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Names, words, lists and addresses of a spec; ERROR_INVALID if refused. */
int syntax_check(const struct token_spec *spec, struct refusal *refusal);

/*
 * A text that is shown to people: any characters but control ones.  what
 * begins the refusal: "a reason".
 */
int syntax_check_text(
    const char *what, struct span text, struct refusal *refusal);

/* What stands in configuration files, lists and URLs: a project, a role. */
int syntax_check_word(
    const char *what, struct span word, struct refusal *refusal);

/* A name that somebody can log in as. */
int syntax_check_login(
    const char *what, struct span login, struct refusal *refusal);

#endif
