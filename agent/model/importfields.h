/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_IMPORTFIELDS_H
#define APITOKEN_MODEL_IMPORTFIELDS_H

#include <stdint.h>

#include "agent/model/syntax.h"
#include "common/tokeninfo.h"

/* The fields of a token as an import compares, names and takes them. */

/* What may differ between a line and a record. */
enum import_field {
	IMPORT_KIND = 1 << 0,
	IMPORT_OWNER = 1 << 1,
	IMPORT_NAME = 1 << 2,
	IMPORT_DESCRIPTION = 1 << 3,
	IMPORT_TYPE = 1 << 4,
	IMPORT_ALLOW = 1 << 5,
	IMPORT_PROJECTS = 1 << 6,
	IMPORT_USERS = 1 << 7,
	IMPORT_ROLES = 1 << 8,
	IMPORT_ENVIRONMENT = 1 << 9,
	IMPORT_FROM = 1 << 10,
	IMPORT_EXPIRES_AT = 1 << 11,
	IMPORT_NOT_BEFORE = 1 << 12,
	IMPORT_USES_LEFT = 1 << 13,
	IMPORT_CREATED_AT = 1 << 14,
	IMPORT_STATE = 1 << 15,
	IMPORT_SECRETS = 1 << 16,
	IMPORT_LAPSED = 1 << 17,
};

/* Room for the words of all fields, with commas between. */
#define IMPORT_WORDS_SIZE 192

/* The JSON names of the fields, "name,type". */
void importfields_words(uint32_t fields, char words[IMPORT_WORDS_SIZE]);

/* Refuses with "field: why". */
int importfields_refuse(
    struct refusal *refusal, uint32_t field, const char *why);

/* Each field of a spec by itself, so that the one that is wrong is named. */
int importfields_check(const struct token_spec *spec, struct refusal *refusal);

/*
 * In what spec a differs from b, which is here.  More uses than b has left do
 * not differ: those were spent here.
 */
uint32_t importfields_differ(
    const struct token_spec *a, const struct token_spec *b);

/* Those that never change in the life of a token. */
uint32_t importfields_fixed(void);

void importfields_take(
    struct token_spec *to, const struct token_spec *from, uint32_t fields);

#endif
