/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_PROGRESS_H
#define APITOKEN_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How far something is, on one line of standard error: only on a terminal. */
struct progress {
	const char *what;    /* "checking" */
	const char *unit;    /* "lines" */
	uint64_t total;	     /* 0: not known */
	double began, shown; /* seconds */
	bool is_shown;	     /* a line is there */
	bool is_off;
};

#define PROGRESS_SIZE 80

/* is_off: whether nothing is to be shown in any case. */
void progress_begin(struct progress *p, const char *what, const char *unit,
    uint64_t total, bool is_off);
/* So much is done; shown ten times a second at most. */
void progress_show(struct progress *p, uint64_t done);
/* Before anything else is written there, and at the end. */
void progress_clear(struct progress *p);

/* The line itself, after so many seconds. */
void progress_format(const struct progress *p, uint64_t done, double seconds,
    char text[PROGRESS_SIZE]);

#endif
