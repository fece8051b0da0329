/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_DOCTORCONFIG_H
#define APITOKEN_CLI_DOCTORCONFIG_H

#include <stdbool.h>
#include <stdio.h>

#include "common/message.h"

#define DOCTOR_PLACE 512 /* bytes of a path, with a NUL */

/*
 * The places that apitokend.conf(5) names, for when there is no agent to ask.
 * Only the agent understands the file: what is not understood here is passed
 * over.
 */
struct doctor_config {
	bool is_there, is_unread;
	char auth[DOCTOR_PLACE], user_socket[DOCTOR_PLACE], admin[DOCTOR_PLACE];
	char saslauthd[DOCTOR_PLACE]; /* empty: off */
	char store[DOCTOR_PLACE], key[DOCTOR_PLACE];
	char user[LOGIN_MAX + 1];
};

/* Places that the file names are put below `below`, those that it does not
 * name have their defaults below root. */
void doctor_config_read(const char *path, const char *below, const char *root,
    struct doctor_config *config);

/* Opens a regular file to be read, which cannot block; NULL with errno. */
FILE *doctor_config_open(const char *path);

/*
 * Reads `key = value` of one section (NULL: the lines before any), for files
 * of that kind; the last one counts.  Whether there was one.
 */
bool doctor_config_value(const char *path, const char *section, const char *key,
    char *value, unsigned size);

#endif
