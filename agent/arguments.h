/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_AGENT_ARGUMENTS_H
#define APITOKEN_AGENT_ARGUMENTS_H

#include <stdbool.h>

/* The command line of apitokend(8). */
struct arguments {
	const char *config; /* NULL: the default, which need not exist */
	bool check_config;
	bool make_key;
	bool no_sandbox;
	int ready_fd; /* -1: none */
};

/*
 * 0 to go on; otherwise the program ends with *status, and what there was to
 * say was said.
 */
int arguments_parse(
    int argc, char **argv, struct arguments *arguments, int *status);

#endif
