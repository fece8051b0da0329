/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_JSONREAD_H
#define APITOKEN_CLI_JSONREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/tokeninfo.h"

struct json_t;

/*
 * Members of JSON objects that people or programs wrote, read as what they
 * should be.  Spans point into the object.
 */

/* What is wrong, for people: the field and what it takes. */
#define JSONREAD_WHY_SIZE 320

/* A list of a token, unpacked from an array. */
struct jsonread_list {
	uint8_t packed[LIST_MAX * (SPANLIST_ELEMENT_MAX + 1)];
};

/* Which names an object may have; false with why for any other. */
bool jsonread_names(const struct json_t *object, const char *const *names,
    size_t count, char why[JSONREAD_WHY_SIZE]);

/*
 * Each reads the member of that name, leaves what it fills alone where it is
 * null or not there, and returns false with why where it is something else.
 */
bool jsonread_text(const struct json_t *object, const char *name, size_t max,
    struct span *text, char why[JSONREAD_WHY_SIZE]);
bool jsonread_id(const struct json_t *object, const char *name, struct span *id,
    char why[JSONREAD_WHY_SIZE]);
bool jsonread_time(const struct json_t *object, const char *name,
    uint64_t *when, char why[JSONREAD_WHY_SIZE]);
bool jsonread_bool(const struct json_t *object, const char *name, bool *value,
    char why[JSONREAD_WHY_SIZE]);
/* A whole number up to max. */
bool jsonread_number(const struct json_t *object, const char *name,
    uint64_t max, uint64_t *number, char why[JSONREAD_WHY_SIZE]);
bool jsonread_list(const struct json_t *object, const char *name, size_t max,
    struct jsonread_list *storage, struct spanlist *list,
    char why[JSONREAD_WHY_SIZE]);
/* Exactly size bytes, as twice as many hexadecimal digits. */
bool jsonread_hex(const struct json_t *object, const char *name, uint8_t *bytes,
    size_t size, char why[JSONREAD_WHY_SIZE]);

/* Fills why with "name: it takes ..." and returns false. */
bool jsonread_wrong(char why[JSONREAD_WHY_SIZE], const char *name,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
