/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_DOCTORPAM_H
#define APITOKEN_CLI_DOCTORPAM_H

#include "cli/doctor.h"

/* The control that is right for our auth line in every stack. */
#define DOCTORPAM_CONTROL "[success=done ignore=ignore default=die]"

/* The service's line of that kind with our module, or NULL. */
const struct pamentry *doctorpam_line(
    const struct doctor *d, enum pamkind kind);

/* Whether a line has exactly that argument. */
bool doctorpam_has(const struct pamentry *entry, const char *argument);

/* The value of an argument, "service=", of which the last one holds; "": none. */
void doctorpam_value(
    const struct pamentry *entry, const char *name, char value[PAMLINE_MAX]);

/* The first line of that kind that a password is taken in, or NULL. */
const struct pamentry *doctorpam_password(
    const struct doctor *d, enum pamkind kind);

/* Looks at each argument of our module. */
void doctorpam_arguments(struct doctor *d, const struct pamentry *entry);

/* Whether a line asks the same agent about the same service as the auth line,
 * whose handle it shows; says so where not. */
bool doctorpam_agrees(struct doctor *d, const struct pamentry *entry);

/* doctor_mend() with a line that is missing, and where it belongs. */
void doctorpam_mend_missing(
    struct doctor *d, enum pamkind kind, const char *line);

#endif
