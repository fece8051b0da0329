/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_PROMETHEUS_H
#define APITOKEN_CLI_PROMETHEUS_H

#include <stddef.h>
#include <stdio.h>

#include "common/adminmessage.h"

/*
 * The agent's state in the text format that Prometheus and its kin read,
 * version 0.0.4, for a file or a pipe of theirs.  Names do not change: people
 * write alarms upon them.
 */
void prometheus_put(
    FILE *stream, const struct status_item *items, size_t count);

#endif
