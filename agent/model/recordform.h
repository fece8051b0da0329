/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_RECORDFORM_H
#define APITOKEN_MODEL_RECORDFORM_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/model/record.h"
#include "common/wirebuf.h"

/* The ways in which a part of a record is told in its bytes. */

struct part;

struct form {
	/* It is not told then. */
	bool (*is_usual)(const struct part *part, const struct record *record);
	void (*put)(struct wirebuf *w, const struct part *part,
	    const struct record *record);
	void (*get)(
	    struct wirebuf *w, const struct part *part, struct record *record);
};

struct part {
	const struct form *form;
	size_t offset; /* in struct record */
	size_t max;    /* bytes of a text, or of each in a list; 0: any */
};

/* Usual is what is false, empty or 0, but where it is said otherwise. */
extern const struct form recordform_flag; /* has no bytes */
extern const struct form recordform_text;
extern const struct form recordform_long_text;
extern const struct form recordform_list;
extern const struct form recordform_moment;
extern const struct form recordform_users;    /* the owner alone */
extern const struct form recordform_projects; /* the default one alone */
extern const struct form recordform_uses;     /* without a limit */
extern const struct form recordform_lineage;

/* A time in as many bytes as it needs. */
void recordform_put_time(struct wirebuf *w, uint64_t when);
uint64_t recordform_get_time(struct wirebuf *w);

#endif
