/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_ERRAND_H
#define APITOKEN_SERVER_ERRAND_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/model/syntax.h"
#include "agent/server/agent.h"
#include "common/wirebuf.h"

/*
 * A request that takes long: a handler leaves it, and it is carried out on a
 * thread of its own while its connection is put aside, so that neither the
 * admin thread nor the serve thread waits for it.  There is one at a time.
 */
#define ERRAND_BODY_MAX 4096 /* bytes of a reply */

struct errand;

/* As a handler: 0; ERROR_INVALID with a refusal; any other error. */
typedef int errand_function(struct errand *errand);

struct errand {
	struct agent *agent;
	errand_function *run;
	struct caller caller; /* who asked, without their grants */
	uint64_t now;	      /* when, seconds since 1970 */
	int fd;		      /* the file that came with the request; owned */
	bool dry_run;
	char note[64]; /* for the audit: "by-token=... ", or empty */
	/* What it leaves. */
	struct refusal refusal;
	struct wirebuf body; /* of the reply, into bytes */
	uint8_t bytes[ERRAND_BODY_MAX];
	/* On its thread, once it has run. */
	void (*done)(void *arg, int result);
	void *arg;
	pthread_t thread;
};

/* A regular file is moved from *fd, which is then -1; NULL without memory. */
struct errand *errand_new(struct agent *agent, errand_function *run, int *fd);
/* Also while it never ran.  NULL is fine. */
void errand_free(struct errand *errand);

/* done is set by then.  ERROR_SYSTEM: it will not be called. */
int errand_start(struct errand *errand);
/* After done was called. */
void errand_join(struct errand *errand);

#endif
