/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_CONFIG_FILE_H
#define APITOKEN_SERVER_CONFIG_FILE_H

#include <stddef.h>

#include "agent/server/config.h"

/*
 * Reads a file over the defaults in *config.  ERROR_NOT_FOUND if there is
 * none, ERROR_INVALID for anything in it that is not understood or for who may
 * write to it; why then names file, line and what would be right, and *config
 * is not to be used.
 */
int config_file_read(const char *path, const struct config_names *names,
    struct config *config, char *why, size_t size);

#endif
