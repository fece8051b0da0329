/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/duties.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/error.h"

/* Between two slices of a duty that has more to do. */
#define PAUSE_MS 100

#define MINUTE_MS 60000

/* A slice of it: whether there is more. */
typedef bool duty_run(struct duties *duties);

static duty_run run_anchor;

static const struct duty {
	duty_run *run;
	uint64_t every; /* ms */
} duty_table[] = {
	{ run_anchor, 60 * MINUTE_MS },
};

#define DUTY_COUNT (sizeof(duty_table) / sizeof(*duty_table))

struct duties {
	struct agent *agent;
	uint64_t due[DUTY_COUNT]; /* ms, CLOCK_MONOTONIC */
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

int
duties_new(struct agent *agent, struct duties **duties)
{
	struct duties *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERROR_MEMORY;
	made->agent = agent;
	*duties = made;
	return 0;
}

void
duties_free(struct duties *duties)
{
	free(duties);
}

int
duties_run(struct duties *duties, uint64_t now)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < DUTY_COUNT; i++) {
		if (duties->due[i] <= now)
			duties->due[i] = now + (duty_table[i].run(duties)
						       ? PAUSE_MS
						       : duty_table[i].every);
		if (duties->due[i] - now < next)
			next = duties->due[i] - now;
	}
	return next > INT32_MAX ? INT32_MAX : (int)next;
}
