/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_AGENT_H
#define APITOKEN_SERVER_AGENT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/server/config.h"
#include "agent/server/lapsed.h"
#include "agent/server/limits.h"
#include "agent/server/listener.h"
#include "agent/server/log.h"
#include "agent/server/names.h"
#include "agent/server/pulse.h"
#include "agent/store/keyring.h"
#include "agent/store/rekey.h"
#include "agent/store/store.h"
#include "agent/store/writer.h"

struct sessions;

/*
 * What the threads share.  All but the configuration and the counters is
 * written before they start and read only after that.
 */
struct agent {
	struct config_holder {
		pthread_mutex_t lock;
		struct config *current;
	} config;
	struct keyring *keyring; /* NULL while there is none: sealed */
	struct store *store;	 /* NULL: sealed */
	char sealed[1024];	 /* why; empty when it is not */
	struct writer *writer;
	struct lapsed *lapsed; /* the serve thread's */
	struct rekey *rekey;   /* NULL: sealed */
	struct sessions *sessions;
	char key_path[1024];	/* where the key was read */
	bool key_is_credential; /* given by the service manager */
	struct log *log;
	struct names *names;
	struct pulse serve_pulse; /* of the threads; see watchdog.h */
	struct pulse writer_pulse;
	struct listeners listeners;
	uid_t uid; /* the agent's own */
	uint64_t started_at;
	struct bucket tried;	 /* log lines of `verify`; the admin thread's */
	bool has_errand;	 /* one is carried out; the admin thread's */
	_Atomic bool stopping;	 /* what takes long is to end */
	_Atomic bool broken;	 /* the store; the agent ends for it */
	struct recheck *recheck; /* NULL: the store was looked at whole */
	_Atomic uint64_t granted;
	_Atomic uint64_t denied;
	_Atomic uint64_t unavailable;
	_Atomic uint64_t lost; /* attempts that were not logged */
};

/*
 * The configuration of now: immutable, alive until it is released.  Never
 * waits longer than it takes to copy a pointer.
 */
const struct config *agent_config(struct agent *agent);
void agent_config_release(struct agent *agent, const struct config *config);
/* Takes it over; the one before lives until everybody has released it. */
void agent_config_replace(struct agent *agent, struct config *config);

/* Has the agent end with a failure, so that whoever started it does so again:
 * the store cannot go on being used.  Of any thread. */
void agent_end_broken(struct agent *agent);

#endif
