/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_ATTEMPTLINE_H
#define APITOKEN_SERVER_ATTEMPTLINE_H

#include <stddef.h>

#include "agent/store/attempt.h"

/*
 * What the log says of a login attempt, in size bytes (1 KiB holds any); its
 * level, which is syslog's.  What came from outside is escaped.  One is made
 * for each login, so that nothing here goes through printf(3).
 */
int attemptline_format(const struct attempt *attempt, char *line, size_t size);

#endif
