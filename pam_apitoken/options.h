/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_PAM_APITOKEN_OPTIONS_H
#define APITOKEN_PAM_APITOKEN_OPTIONS_H

#include <stdbool.h>
#include <sys/types.h>

/* What a person may write behind the module's name; for refusals. */
#define OPTIONS_KNOWN                                                          \
	"socket= timeout= service= nontoken=ignore prompt= agent_uid= "        \
	"forward_pass nodelay quiet debug use_first_pass try_first_pass"

/* Room for a folder, "/auth.sock" and a NUL in struct sockaddr_un. */
#define OPTIONS_SOCKET_MAX 97

/* The module's arguments.  Texts point into argv, which libpam owns. */
struct options {
	const char *socket;   /* the sockets' folder or one socket; or NULL */
	const char *service;  /* instead of PAM_SERVICE, or NULL */
	const char *prompt;   /* for the password */
	unsigned timeout_ms;  /* for all that the agent is asked in one call */
	uid_t agent_uid;      /* who must listen */
	bool ignore_nontoken; /* nontoken=ignore */
	bool forward_pass;    /* leave an accepted token in PAM_AUTHTOK */
	bool nodelay;	      /* ask for no delay after a failure */
	bool quiet;	      /* no line in the log for a denial */
	bool debug;	      /* more lines in the log */
	bool use_first_pass;  /* never ask for the password */
	bool try_first_pass;  /* what happens anyway */
};

/* The first argument that was refused, and what would be right. */
struct options_fault {
	const char *argument; /* of argv: "name" or "name=value" */
	const char *right;
};

/*
 * Reads the module's arguments over the defaults; of two with the same name
 * the last one holds.  ERROR_INVALID for one that is unknown or bad: then
 * *fault says which, and *options is unchanged.
 */
int options_parse(int argc, const char *const *argv, struct options *options,
    struct options_fault *fault);

#endif
