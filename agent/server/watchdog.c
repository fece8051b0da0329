/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/watchdog.h"

#include <stddef.h>

#include "agent/server/notify.h"

/* Beats in the time after which the service manager ends the agent: one may
 * be late, or two, where the machine is busy. */
#define BEATS 4

#define MINUTE_MS 60000

/*
 * How long a thread may leave its question unanswered.  The serve thread
 * never waits.  The writer waits for the disk, and an agent that cannot write
 * still lets people in, while one that was ended cannot open its store on
 * such a disk: it gets long.
 */
static const struct {
	size_t pulse; /* in struct agent */
	uint64_t patience;
	const char *name;
} rows[WATCHED_COUNT] = {
	[WATCHED_SERVE] = { offsetof(struct agent, serve_pulse), 0,
	    "the thread that answers logins" },
	[WATCHED_WRITER] = { offsetof(struct agent, writer_pulse),
	    10 * MINUTE_MS, "the thread that writes changes" },
};

void
watchdog_init(struct watchdog *watchdog)
{
	*watchdog = (struct watchdog) { .every = notify_watchdog_ms() / BEATS };
}

/* Asks anew, or says whether the last question waits within reason. */
static bool
is_going(struct watchdog *watchdog, const struct agent *agent, enum watched i,
    uint64_t now)
{
	const struct pulse *pulse = (const void *)((const char *)agent +
						   rows[i].pulse);

	if (!pulse_is_answered(pulse))
		return now - watchdog->asked_at[i] < rows[i].patience;
	watchdog->asked_at[i] = now;
	pulse_ask(pulse);
	return true;
}

void
watchdog_beat(struct watchdog *watchdog, struct agent *agent, uint64_t now)
{
	const char *stuck = NULL;

	for (enum watched i = 0; i < WATCHED_COUNT; i++)
		if (!is_going(watchdog, agent, i, now))
			stuck = rows[i].name;
	/* It waits for work, and not for its pulse. */
	if (agent->writer != NULL)
		writer_wake(agent->writer);
	if (stuck == NULL)
		notify_systemd("WATCHDOG=1");
	else if (!watchdog->is_told)
		log_post(agent->log, LOG_CRIT,
		    "%s does not go on: the service manager is left to end "
		    "the agent",
		    stuck);
	watchdog->is_told = stuck != NULL;
}
