/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_CONFIG_VALUE_H
#define APITOKEN_SERVER_CONFIG_VALUE_H

#include <stddef.h>

#include "agent/server/config.h"

/*
 * The kinds of values in the configuration.  Each reader turns a text into a
 * member of struct config or struct service of room bytes: 0, or ERROR_INVALID
 * and the member may have been written.  Only callers and group
 * need names.
 */
typedef int config_reader(const struct config_names *names, const char *value,
    void *field, size_t room);

/* An absolute path that fits. */
config_reader value_path;
/* Letters, digits and ._-@+, or nothing. */
config_reader value_word;
/* At least one of them. */
config_reader value_some_word;
/* Any number of words, between commas or blanks. */
config_reader value_words;
/* yes or no. */
config_reader value_bool;
/* member or none. */
config_reader value_role;
/* stderr or syslog. */
config_reader value_log;
/* process, auth-peer or none. */
config_reader value_sessions;
/* A number below 2^32 - 1. */
config_reader value_uid;
/* A group's name; the field is a gid_t. */
config_reader value_group;
/* Bytes, or with K, M, G, T: 1M to 64T. */
config_reader value_size;
/* A number from 1 to ACCESS_TOKENS_MAX. */
config_reader value_count;
/* A number from 1, or never, which is 0. */
config_reader value_limit;
/* As duration_parse() has it, or never, which is 0. */
config_reader value_duration;
/* Login names between commas or blanks; field is a service's callers. */
config_reader value_callers;

#endif
