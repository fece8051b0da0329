/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/sessionwatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "agent/model/verify.h"
#include "agent/server/registry.h"
#include "agent/server/sessionsread.h"
#include "common/duration.h"
#include "common/error.h"

#define RETRY_MS 30000 /* until one that stays is tried again */

static uint64_t
wall_seconds(void)
{
	time_t now = time(NULL);

	return now > 0 ? (uint64_t)now : 0;
}

/* The row may say by now that it is kept, or to be ended. */
static void
read_row(struct sessions *sessions, struct session_place *place)
{
	const struct span key = { place->key, sizeof(place->key) };
	struct session seen;
	struct row row;

	if (store_get(sessions->reader, DB_SESSIONS, key, &row) < 0 ||
	    row.version == place->version ||
	    !store_is_authentic(sessions->reader, DB_SESSIONS, key, &row) ||
	    session_decode(row.body, &seen) < 0)
		return;
	place->version = row.version;
	place->is_durable = true;
	place->session.flags = seen.flags;
}

/* 0 with what speaks against it; an error is the store's. */
static int
ask_token(struct sessions *sessions, struct session_place *place, uint64_t now,
    uint32_t *reasons)
{
	struct record record, parent;
	uint64_t until = TIME_NEVER;
	int rv = sessionsread_token(
	    sessions->reader, place->session.token, &record);
	int above = ERROR_NOT_FOUND;

	if (!span_empty(place->session.parent))
		above = sessionsread_token(
		    sessions->reader, place->session.parent, &parent);
	if (rv < 0 && rv != ERROR_NOT_FOUND)
		return rv;
	if (above < 0 && above != ERROR_NOT_FOUND)
		return above;
	*reasons = session_reasons(&place->session, rv == 0 ? &record : NULL,
	    above == 0 ? &parent : NULL, now, &until);
	if (until != TIME_NEVER && until < sessions->until)
		sessions->until = until;
	return 0;
}

static void
set_why(struct session_place *place, uint32_t reasons)
{
	if ((place->session.flags & SESSION_ENDED) != 0)
		snprintf(place->why, sizeof(place->why), "it was to be ended");
	else
		verify_names(reasons, place->why, sizeof(place->why));
}

/* Whether it is to be ended now. */
static bool
is_condemned(
    struct sessions *sessions, struct session_place *place, uint64_t now)
{
	uint32_t reasons = 0;

	read_row(sessions, place);
	if ((place->session.flags & SESSION_ENDED) == 0) {
		if ((place->session.flags & SESSION_KEPT) != 0) {
			place->state = SESSION_IS_KEPT;
			return false;
		}
		/* Not to know is no reason, and one to look again. */
		if (ask_token(sessions, place, now, &reasons) < 0) {
			sessions->is_stale = true;
			return false;
		}
		if (reasons == 0) {
			place->state = SESSION_LIVES;
			place->why[0] = '\0';
			return false;
		}
	}
	set_why(place, reasons);
	return true;
}

static void
begin_end(struct sessions *sessions, struct session_place *place, uint64_t now)
{
	char scope[SESSION_SCOPE_MAX + 1];
	const struct ending_target target = { .pidfd = place->pidfd,
		.pid = (pid_t)place->session.pid,
		.started = place->session.started,
		.outer_audit = place->session.outer_audit,
		.outer_scope = scope,
		.spares = (place->session.flags & SESSION_PEER) != 0 };

	(void)span_text(place->session.outer_scope, scope, sizeof(scope));
	place->ending = calloc(1, sizeof(*place->ending));
	if (place->ending == NULL ||
	    ending_begin(place->ending, &target, &sessions->tree, now) < 0) {
		free(place->ending);
		place->ending = NULL;
		sessions->is_stale = true;
		return;
	}
	sessions->endings++;
	sessions->held += place->ending->held;
	place->state = SESSION_ENDS;
}

/* Reads /proc once for all whom a round needs it for. */
static void
see_processes(struct sessions *sessions, bool *is_seen)
{
	int rv = *is_seen ? 0 : proctree_read(&sessions->tree);

	if (rv < 0)
		log_post(sessions->agent->log, LOG_ERR,
		    "/proc cannot be read: %s", error_text(rv));
	*is_seen = true;
}

/* Those whose process is gone, and what else could not be ended was told for a
 * while. */
static void
forget_ended(struct sessions *sessions, uint64_t now)
{
	for (size_t i = sessions->count; i-- > 0;) {
		struct session_place *place = sessions->places[i];

		if (place->is_over && place->ending == NULL &&
		    place->retry_at <= now)
			registry_remove(sessions, place);
	}
}

static bool
is_due(const struct session_place *place, uint64_t now)
{
	return !place->is_over && place->ending == NULL &&
	       place->retry_at <= now;
}

/* Looks at every token, and begins to end what has none any more. */
static void
look_at_all(struct sessions *sessions, uint64_t now, bool *is_seen)
{
	uint64_t wall = wall_seconds();

	sessions->until = UINT64_MAX;
	sessions->is_stale = false;
	forget_ended(sessions, now);
	for (size_t i = 0; i < sessions->count; i++) {
		struct session_place *place = sessions->places[i];

		if (!is_due(place, now)) {
			sessions->is_stale |= place->retry_at > now;
			continue;
		}
		if (!is_condemned(sessions, place, wall))
			continue;
		/* Others' turn first: logins need descriptors too. */
		if (sessions->held >= sessions->held_most) {
			sessions->is_stale = true;
			continue;
		}
		see_processes(sessions, is_seen);
		begin_end(sessions, place, now);
	}
}

void
sessionwatch_look(struct sessions *sessions, uint64_t now, bool *is_seen)
{
	uint64_t state;

	if (sessions->count == 0 || sessions->reader == NULL ||
	    store_read_begin(sessions->reader) < 0)
		return;
	state = store_state(sessions->reader);
	if (state != sessions->state || sessions->is_stale ||
	    wall_seconds() >= sessions->until) {
		sessions->state = state;
		look_at_all(sessions, now, is_seen);
	}
	store_read_end(sessions->reader);
}

/* What came of the end of one; it is gone then, or stays for a while. */
static void
settle(struct sessions *sessions, struct session_place *place,
    enum ending_state state, uint64_t now)
{
	bool again = place->retry_at != 0;

	if (state == ENDING_DONE) {
		registry_log(sessions, LOG_NOTICE, "ended", place);
		registry_remove(sessions, place);
		return;
	}
	snprintf(place->why, sizeof(place->why), "%s", place->ending->why);
	if (!again)
		registry_log(sessions, LOG_ERR, "could not be ended", place);
	ending_fini(place->ending);
	free(place->ending);
	place->ending = NULL;
	sessions->endings--;
	place->state = SESSION_STAYS;
	place->retry_at = now + RETRY_MS;
	sessions->is_stale = true;
}

void
sessionwatch_step(struct sessions *sessions, uint64_t now, bool *is_seen)
{
	sessions->held = 0;
	for (size_t i = sessions->count; i-- > 0 && sessions->endings > 0;) {
		struct session_place *place = sessions->places[i];
		enum ending_state state;

		if (place->ending == NULL)
			continue;
		if (ending_needs_tree(place->ending, now))
			see_processes(sessions, is_seen);
		state = ending_step(place->ending, &sessions->tree, now);
		if (state != ENDING_GOES_ON)
			settle(sessions, place, state, now);
		else
			sessions->held += place->ending->held;
	}
}
