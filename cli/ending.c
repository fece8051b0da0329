/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/ending.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/duration.h"
#include "common/sessionmessage.h"

#define WAIT_MS                                                                \
	10000	   /* for sessions to end; the agent says sooner, if it can */
#define STEP_MS 50 /* between two looks */

/* What is done with each session that is seen. */
typedef void session_visit(void *arg, const struct session_info *info);

static int
compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, TOKEN_ID_SIZE);
}

static int
compare_numbers(const void *a, const void *b)
{
	uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;

	return (first > second) - (first < second);
}

/* A page of all sessions; false once there is none more, or no answer. */
static bool
page_visit(
    struct ask *ask, uint64_t *after, bool *ok, session_visit *visit, void *arg)
{
	const struct session_list_request request = { .after = *after,
		.limit = PAGE_MAX };
	struct session_info info;
	uint64_t next;
	uint16_t count;

	ask_begin(ask, OP_SESSION_LIST);
	session_list_request_put(&ask->request, &request);
	*ok = ask_quietly(ask) == OUTCOME_DONE;
	if (!*ok)
		return false;
	count = wirebuf_get_u16(&ask->reply);
	for (; count > 0; count--) {
		session_info_get(&ask->reply, &info);
		if (ask->reply.failed)
			break;
		visit(arg, &info);
	}
	next = wirebuf_get_u64(&ask->reply);
	*ok = wirebuf_done(&ask->reply) == 0 && (next == 0 || next > *after);
	*after = next;
	return *ok && next != 0;
}

static bool
visit_all(struct ask *ask, session_visit *visit, void *arg)
{
	uint64_t after = 0;
	bool ok = true;

	while (page_visit(ask, &after, &ok, visit, arg))
		continue;
	return ok;
}

static bool
has_id(const struct ending *ending, struct span id)
{
	return id.size == TOKEN_ID_SIZE &&
	       bsearch(id.data, ending->ids, ending->id_count, TOKEN_ID_SIZE,
		   compare_ids) != NULL;
}

static void
note_session(void *arg, const struct session_info *info)
{
	struct ending *ending = arg;

	if (info->state == SESSION_IS_KEPT ||
	    (!has_id(ending, info->token) && !has_id(ending, info->parent)))
		return;
	if (ending->count == ending->room) {
		size_t room = ending->room == 0 ? 64 : 2 * ending->room;
		uint64_t *numbers = reallocarray(
		    ending->numbers, room, sizeof(*numbers));

		if (numbers == NULL)
			return;
		ending->numbers = numbers;
		ending->room = room;
	}
	ending->numbers[ending->count++] = info->number;
}

void
ending_before(
    struct ending *ending, struct ask *ask, const uint8_t *ids, size_t count)
{
	if (count == 0)
		return;
	ending->ids = reallocarray(NULL, count, TOKEN_ID_SIZE);
	if (ending->ids == NULL)
		return;
	memcpy(ending->ids, ids, count * TOKEN_ID_SIZE);
	ending->id_count = count;
	qsort(ending->ids, count, TOKEN_ID_SIZE, compare_ids);
	visit_all(ask, note_session, ending);
}

/* What is left of those that there were. */
struct rest {
	const struct ending *ending;
	size_t count;
	size_t stay;  /* of them: nothing more comes of waiting */
	bool is_said; /* each is said */
};

static void
rest_session(void *arg, const struct session_info *info)
{
	struct rest *rest = arg;
	const struct ending *ending = rest->ending;

	if (bsearch(&info->number, ending->numbers, ending->count,
		sizeof(*ending->numbers), compare_numbers) == NULL)
		return;
	rest->count++;
	rest->stay += info->state == SESSION_STAYS;
	if (!rest->is_said)
		return;
	output_error("not ended: %.*s for %.*s, pid %u: %.*s",
	    (int)info->service.size, (const char *)info->service.data,
	    (int)info->user.size, (const char *)info->user.data, info->pid,
	    (int)info->why.size, (const char *)info->why.data);
}

enum outcome
ending_after(struct ending *ending, struct ask *ask)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	uint64_t until = clock_ms() + WAIT_MS;
	struct rest rest = { 0 };
	bool ok = true;

	if (ending->count == 0)
		return OUTCOME_DONE;
	for (;;) {
		rest = (struct rest) { .ending = ending };
		ok = visit_all(ask, rest_session, &rest);
		if (!ok || rest.count == rest.stay || clock_ms() >= until)
			break;
		nanosleep(&step, NULL);
	}
	if (!ok) {
		output_error("what became of %zu session%s is not known: "
			     "`apitoken sessions` shows what is left",
		    ending->count, ending->count == 1 ? "" : "s");
		return OUTCOME_PARTLY;
	}
	if (!ask->globals->quiet)
		output_note("%zu session%s ended", ending->count - rest.count,
		    ending->count - rest.count == 1 ? "" : "s");
	if (rest.count == 0)
		return OUTCOME_DONE;
	rest = (struct rest) { .ending = ending, .is_said = true };
	ok = visit_all(ask, rest_session, &rest);
	return rest.count > 0 || !ok ? OUTCOME_PARTLY : OUTCOME_DONE;
}

void
ending_fini(struct ending *ending)
{
	free(ending->numbers);
	free(ending->ids);
	*ending = (struct ending) { 0 };
}
