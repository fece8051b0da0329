/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/sessionend.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/error.h"

/* Processes that are held at a time, and that are known at the most: those
 * that are known wait for a descriptor, whoever they are a child of by then. */
#define HELD_MAX    256
#define MEMBERS_MAX 4096

/* In place of a pidfd. */
#define HAS_ENDED (-1)
#define NOT_HELD  (-2)

static int
make_room(struct ending *ending)
{
	size_t room = ending->room == 0 ? 16 : 2 * ending->room;
	struct process *members;
	int *pidfds;

	if (ending->count < ending->room)
		return 0;
	members = reallocarray(ending->members, room, sizeof(*members));
	if (members == NULL)
		return ERROR_MEMORY;
	ending->members = members;
	pidfds = reallocarray(ending->pidfds, room, sizeof(*pidfds));
	if (pidfds == NULL)
		return ERROR_MEMORY;
	ending->pidfds = pidfds;
	ending->room = room;
	return 0;
}

static void
hold(struct ending *ending, size_t at)
{
	int *pidfd = &ending->pidfds[at];
	int rv = ERROR_FULL;

	if (*pidfd == NOT_HELD && ending->held < HELD_MAX)
		rv = process_open(&ending->members[at], pidfd);
	if (rv == ERROR_NOT_FOUND)
		*pidfd = HAS_ENDED;
	ending->held += rv == 0;
	if (*pidfd >= 0 && process_has_ended(*pidfd)) {
		close(*pidfd);
		*pidfd = HAS_ENDED;
		ending->held--;
	}
}

/* Whether it is one more that lives, though there be no room for it. */
static bool
take_member(struct ending *ending, const struct process *process)
{
	if (process->pid == ending->leader_pid)
		return false;
	if (ending->count >= MEMBERS_MAX || make_room(ending) < 0)
		return true;
	ending->members[ending->count] = *process;
	ending->pidfds[ending->count] = NOT_HELD;
	hold(ending, ending->count);
	return ending->pidfds[ending->count++] != HAS_ENDED;
}

/* Closes those that have ended; how many live, the leader among them. */
static size_t
count_alive(struct ending *ending)
{
	size_t alive = process_has_ended(ending->leader) ? 0 : 1;

	for (size_t i = 0; i < ending->count; i++) {
		hold(ending, i);
		alive += ending->pidfds[i] != HAS_ENDED;
	}
	return alive;
}

/* Takes the marks off those that are members already. */
static void
unmark_members(const struct ending *ending, struct proctree *tree)
{
	for (size_t i = 0; i < ending->count; i++) {
		const struct process *then = &ending->members[i];
		const struct process *now = proctree_find(tree, then->pid);

		if (now != NULL && now->started == then->started)
			tree->marks[now - tree->items] = false;
	}
}

/* Takes in what is of the session by now; how many more they are. */
static size_t
look(struct ending *ending, struct proctree *tree)
{
	const struct proctree_root root = { .leader = ending->leader_pid,
		.started = ending->started,
		.outer_audit = ending->outer_audit,
		.outer_scope = ending->outer_scope,
		.known = ending->members,
		.known_count = ending->count };
	size_t more = 0;

	if (tree == NULL)
		return 0;
	proctree_mark(tree, &root);
	if (proctree_find(tree, ending->leader_pid) == NULL &&
	    !process_has_ended(ending->leader))
		ending->is_partial = true;
	unmark_members(ending, tree);
	for (size_t i = 0; i < tree->count; i++)
		if (tree->marks[i])
			more += take_member(ending, &tree->items[i]);
	return more;
}

static void
send_signal(struct ending *ending, int pidfd, int number)
{
	if (pidfd >= 0 && process_signal(pidfd, number) == ERROR_SYSTEM)
		ending->forbidden = true;
}

/* The agent may have been started within the session. */
static bool
is_out_of_bounds(const struct ending *ending, const struct proctree *tree)
{
	const struct process *leader = tree != NULL ? proctree_find(tree,
							  ending->leader_pid)
						    : NULL;

	return leader != NULL && leader->started == ending->started &&
	       !tree->marks[leader - tree->items];
}

int
ending_begin(struct ending *ending, const struct ending_target *target,
    struct proctree *tree, uint64_t now)
{
	*ending = (struct ending) { .began = now,
		.spares = target->spares,
		.leader = target->pidfd,
		.leader_pid = target->pid,
		.started = target->started,
		.is_partial = target->started == 0,
		.outer_audit = target->outer_audit,
		.outer_scope = strdup(target->outer_scope) };
	if (ending->outer_scope == NULL)
		return ERROR_MEMORY;
	if (!ending->spares) {
		look(ending, tree);
		if (is_out_of_bounds(ending, tree)) {
			snprintf(ending->why, sizeof(ending->why),
			    "apitokend itself was started in it");
			return 0;
		}
	}
	send_signal(ending, ending->leader, SIGTERM);
	return 0;
}

void
ending_fini(struct ending *ending)
{
	for (size_t i = 0; i < ending->count; i++)
		if (ending->pidfds[i] >= 0)
			close(ending->pidfds[i]);
	free(ending->members);
	free(ending->pidfds);
	free(ending->outer_scope);
	*ending = (struct ending) { 0 };
}

bool
ending_needs_tree(const struct ending *ending, uint64_t now)
{
	return !ending->spares &&
	       (ending->killing || now - ending->began >= ENDING_GRACE_MS);
}

/* A signal takes its time where many others want the processor. */
static bool
took_long(const struct ending *ending, uint64_t now)
{
	return ending->steps >= ENDING_STEPS &&
	       now - ending->began >= ENDING_MOST_MS;
}

static enum ending_state
give_up(struct ending *ending, size_t alive)
{
	const char *why = "it does not end";

	if (ending->forbidden)
		why = "apitokend may not send it signals: it lacks CAP_KILL";
	else if (ending->is_partial)
		why = "/proc does not show what it runs (hidepid)";
	else if (ending->spares)
		why = "it does not end on SIGTERM, and is not to be killed";
	if (alive == 0)
		snprintf(ending->why, sizeof(ending->why), "%s", why);
	else
		snprintf(ending->why, sizeof(ending->why),
		    "%zu process%s left: %s", alive, alive == 1 ? "" : "es",
		    why);
	return ENDING_FAILED;
}

static enum ending_state
kill_rest(struct ending *ending, struct proctree *tree, uint64_t now)
{
	size_t more = look(ending, tree);
	size_t alive = count_alive(ending);

	ending->killing = true;
	ending->steps++;
	/* What is not seen may live on: that is no end. */
	if (alive == 0 && more == 0)
		return ending->is_partial ? give_up(ending, alive)
					  : ENDING_DONE;
	for (size_t i = 0; i < ending->count; i++)
		send_signal(ending, ending->pidfds[i], SIGKILL);
	send_signal(ending, ending->leader, SIGKILL);
	return took_long(ending, now) ? give_up(ending, alive) : ENDING_GOES_ON;
}

enum ending_state
ending_step(struct ending *ending, struct proctree *tree, uint64_t now)
{
	size_t alive;

	if (ending->why[0] != '\0')
		return ENDING_FAILED;
	if (ending_needs_tree(ending, now))
		return kill_rest(ending, tree, now);
	alive = count_alive(ending);
	if (ending->spares) {
		ending->steps++;
		if (alive == 0)
			return ENDING_DONE;
		return took_long(ending, now) ? give_up(ending, alive)
					      : ENDING_GOES_ON;
	}
	/* All that was seen has ended: the next step looks for what was not. */
	ending->killing = alive == 0;
	return ENDING_GOES_ON;
}
