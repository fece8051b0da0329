/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/duties.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "agent/server/purge.h"
#include "agent/server/steady.h"
#include "agent/server/watchdog.h"
#include "agent/store/audit.h"
#include "agent/store/recheck.h"
#include "common/error.h"

/* Between two slices of a duty that has more to do. */
#define PAUSE_MS 100

#define MINUTE_MS 60000

/* A slice of it: whether there is more. */
typedef bool duty_run(struct duties *duties);

static duty_run run_anchor;
static duty_run run_purge;
static duty_run run_names;
static duty_run run_watchdog;
static duty_run run_recheck;

static const struct duty {
	duty_run *run;
	uint64_t every; /* ms; of the watchdog as the service manager says */
} duty_table[] = {
	{ run_anchor, 60 * MINUTE_MS },
	{ run_purge, 10 * MINUTE_MS },
	{ run_names, MINUTE_MS },
	{ run_watchdog, 60 * MINUTE_MS },
	{ run_recheck, 60 * MINUTE_MS },
};

#define DUTY_COUNT (sizeof(duty_table) / sizeof(*duty_table))

struct duties {
	struct agent *agent;
	struct store_reader *reader; /* NULL while sealed */
	struct purge purge;
	struct steady steady;	      /* whether to believe the time for it */
	struct submission submission; /* of a slice of it */
	_Atomic bool purging;	      /* the writer has that */
	_Atomic int result;	      /* of the last one */
	unsigned restarts;	      /* of the names child, as was logged */
	bool nameless;		      /* there is none, as was logged */
	struct watchdog watchdog;
	uint64_t now;		  /* of this call */
	uint64_t due[DUTY_COUNT]; /* ms, CLOCK_MONOTONIC */
	bool has_recheck_ended;
};

void
duties_log_anchor(struct agent *agent)
{
	struct store_reader *reader = NULL;
	char text[ANCHOR_TEXT_SIZE];
	struct anchor anchor;
	int rv = ERROR_SEALED;

	if (agent->store != NULL)
		rv = store_reader_open(agent->store, &reader);
	if (rv == 0)
		rv = store_read_begin(reader);
	if (rv == 0)
		rv = store_anchor(reader, 0, &anchor);
	store_reader_close(reader);
	if (rv == ERROR_SEALED)
		return;
	if (rv < 0) {
		log_post(agent->log, LOG_ERR,
		    "the end of the audit cannot be read: %s", error_text(rv));
		return;
	}
	anchor_format(&anchor, text);
	log_post(agent->log, LOG_NOTICE, "audit anchor %s", text);
}

static bool
run_anchor(struct duties *duties)
{
	duties_log_anchor(duties->agent);
	return false;
}

/* On the writer thread. */
static void
on_purged(void *arg, int result)
{
	struct duties *duties = arg;

	atomic_store(&duties->result, result);
	atomic_store(&duties->purging, false);
}

/* Whether there was anything to take away. */
static bool
submit_purge(struct duties *duties, struct changeset *set)
{
	if (set->count == 0) {
		changeset_free(set);
		return false;
	}
	duties->submission = (struct submission) {
		.set = set,
		.done = on_purged,
		.arg = duties,
	};
	atomic_store(&duties->purging, true);
	writer_submit(duties->agent->writer, &duties->submission);
	return true;
}

/* A slice that failed ends the round; one that somebody was faster than has
 * its tokens looked at again in the next. */
static bool
has_failed(struct duties *duties)
{
	int result = atomic_exchange(&duties->result, 0);

	if (result == 0 || result == ERROR_STALE)
		return false;
	duties->purge = (struct purge) { 0 };
	log_post(duties->agent->log, LOG_ERR, "tokens were not purged: %s",
	    error_text(result));
	return true;
}

static uint64_t
seconds_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec;
}

/* When the last act of the audit was done, as far as is known; 0. */
static uint64_t
last_act(struct store_reader *reader)
{
	uint8_t previous[CRYPTO_MAC_SIZE], key[8];
	struct audit_entry entry = { 0 };
	struct anchor anchor;
	struct row row;
	uint64_t at = 0;

	if (store_read_begin(reader) < 0)
		return 0;
	if (store_anchor(reader, 0, &anchor) == 0) {
		audit_key(anchor.number, key);
		if (store_get_authentic(reader, DB_AUDIT,
			span_bytes(key, sizeof(key)), &row) == 0 &&
		    audit_decode(row.body, &entry, previous) == 0)
			at = entry.at;
	}
	store_read_end(reader);
	return at;
}

/* What is purged does not come back when the clock is set right. */
static bool
is_steady(struct duties *duties, uint64_t real)
{
	return steady_look(&duties->steady, real, seconds_of(CLOCK_BOOTTIME));
}

static bool
run_purge(struct duties *duties)
{
	/* Read once: a step after the look must not be purged by. */
	uint64_t now = seconds_of(CLOCK_REALTIME);
	const struct config *config;
	struct changeset *set;
	bool more = false;

	if (atomic_load(&duties->purging))
		return true;
	if (duties->reader == NULL || has_failed(duties) ||
	    !is_steady(duties, now))
		return false;
	set = changeset_new();
	if (set == NULL || store_read_begin(duties->reader) < 0) {
		changeset_free(set);
		return false;
	}
	config = agent_config(duties->agent);
	purge_slice(
	    &duties->purge, duties->reader, config->retention, now, set, &more);
	agent_config_release(duties->agent, config);
	store_read_end(duties->reader);
	return submit_purge(duties, set) || more;
}

/* A child that died is nobody's fault here, but somebody's to know. */
static bool
run_names(struct duties *duties)
{
	struct agent *agent = duties->agent;
	unsigned restarts = 0;

	if (agent->names == NULL || duties->nameless)
		return false;
	duties->nameless = !names_watch(agent->names, &restarts);
	if (restarts != duties->restarts)
		log_post(agent->log, LOG_WARNING,
		    "the process that looks up login names died and was "
		    "replaced (%u times since the start): see which name "
		    "service plugin fails",
		    restarts);
	if (duties->nameless)
		log_post(agent->log, LOG_ERR,
		    "the process that looks up login names is gone: nobody "
		    "but root and %u is known until apitokend is started "
		    "again",
		    agent->uid);
	duties->restarts = restarts;
	return false;
}

/* Of damage that is found late, whoever starts the agent again tells more: the
 * next start looks first, and seals. */
static bool
run_recheck(struct duties *duties)
{
	struct agent *agent = duties->agent;
	char why[512] = "";
	int rv;

	if (agent->recheck == NULL || duties->has_recheck_ended)
		return false;
	rv = recheck_look(agent->recheck, why, sizeof(why));
	if (rv == ERROR_TIMEOUT)
		return true;
	if (rv == ERROR_CORRUPT) {
		log_post(agent->log, LOG_CRIT,
		    "the store is damaged: %s; apitokend ends, to be started "
		    "again",
		    why);
		agent_end_broken(agent);
	} else if (rv < 0)
		log_post(agent->log, LOG_ERR,
		    "the store was not checked whole: the check ended early");
	/* One that failed stays, so that the next start looks again. */
	duties->has_recheck_ended = true;
	if (rv == 0) {
		recheck_free(agent->recheck);
		agent->recheck = NULL;
	}
	return false;
}

static bool
run_watchdog(struct duties *duties)
{
	if (duties->watchdog.every > 0)
		watchdog_beat(&duties->watchdog, duties->agent, duties->now);
	return false;
}

/* When it is due again, in ms, having done all that there is. */
static uint64_t
duty_every(const struct duties *duties, const struct duty *duty)
{
	if (duty->run == run_watchdog && duties->watchdog.every > 0)
		return duties->watchdog.every;
	return duty->every;
}

int
duties_new(struct agent *agent, struct duties **duties)
{
	struct duties *made = calloc(1, sizeof(*made));
	int rv = 0;

	if (made == NULL)
		return ERROR_MEMORY;
	made->agent = agent;
	watchdog_init(&made->watchdog);
	if (agent->store != NULL)
		rv = store_reader_open(agent->store, &made->reader);
	if (rv < 0) {
		duties_free(made);
		return rv;
	}
	if (made->reader != NULL)
		steady_begin(&made->steady, last_act(made->reader),
		    seconds_of(CLOCK_REALTIME), seconds_of(CLOCK_BOOTTIME));
	*duties = made;
	return 0;
}

void
duties_free(struct duties *duties)
{
	if (duties == NULL)
		return;
	store_reader_close(duties->reader);
	free(duties);
}

int
duties_run(struct duties *duties, uint64_t now)
{
	uint64_t next = UINT64_MAX;

	duties->now = now;
	for (size_t i = 0; i < DUTY_COUNT; i++) {
		if (duties->due[i] <= now)
			duties->due[i] = now + (duty_table[i].run(duties)
						       ? PAUSE_MS
						       : duty_every(duties,
							     &duty_table[i]));
		if (duties->due[i] - now < next)
			next = duties->due[i] - now;
	}
	return next > INT32_MAX ? INT32_MAX : (int)next;
}
