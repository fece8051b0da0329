/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/proctree.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/model/session.h"
#include "common/error.h"

static int
add_process(struct proctree *tree, pid_t pid)
{
	if (tree->count == tree->room) {
		size_t room = tree->room == 0 ? 512 : 2 * tree->room;
		struct process *items = reallocarray(
		    tree->items, room, sizeof(*items));

		if (items == NULL)
			return ERROR_MEMORY;
		tree->items = items;
		tree->room = room;
	}
	/* It may have ended since. */
	if (process_read(pid, &tree->items[tree->count]) == 0)
		tree->count++;
	return 0;
}

static int
by_pid(const void *a, const void *b)
{
	pid_t first = ((const struct process *)a)->pid;
	pid_t second = ((const struct process *)b)->pid;

	return (first > second) - (first < second);
}

int
proctree_read(struct proctree *tree)
{
	DIR *dir = opendir("/proc");
	const struct dirent *entry;
	int rv = 0;

	if (dir == NULL)
		return ERROR_SYSTEM;
	tree->count = 0;
	while (rv == 0 && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			rv = add_process(tree, atoi(entry->d_name));
	closedir(dir);
	if (tree->count > 0)
		qsort(tree->items, tree->count, sizeof(*tree->items), by_pid);
	if (rv == 0)
		rv = proctree_link(tree);
	if (rv < 0)
		tree->count = 0;
	return rv;
}

void
proctree_free(struct proctree *tree)
{
	free(tree->items);
	free(tree->marks);
	free(tree->kin);
	*tree = (struct proctree) { 0 };
}

static int
by_number(const void *a, const void *b)
{
	pid_t first = *(const pid_t *)a, second = *(const pid_t *)b;

	return (first > second) - (first < second);
}

const struct process *
proctree_find(const struct proctree *tree, pid_t pid)
{
	const struct process wanted = { .pid = pid };

	if (tree->count == 0)
		return NULL;
	return bsearch(
	    &wanted, tree->items, tree->count, sizeof(wanted), by_pid);
}

/* The place of that process; PROCTREE_NONE if there is none. */
static uint32_t
place_of(const struct proctree *tree, pid_t pid)
{
	const struct process *process = proctree_find(tree, pid);

	return process == NULL ? PROCTREE_NONE
			       : (uint32_t)(process - tree->items);
}

/* Into the lists of what it came from, and of whoever began its setsid()
 * session. */
static void
link_one(struct proctree *tree, uint32_t at)
{
	struct proctree_kin *kin = tree->kin;
	uint32_t parent = place_of(tree, tree->items[at].parent);
	uint32_t leader = place_of(tree, tree->items[at].leader);

	if (parent != PROCTREE_NONE) {
		kin[at].next_child = kin[parent].first_child;
		kin[parent].first_child = at;
	}
	if (leader != PROCTREE_NONE) {
		kin[at].next_member = kin[leader].first_member;
		kin[leader].first_member = at;
	}
}

/* Takes what came of those in the queue, and who is in their setsid() sessions. */
static void
spread(struct proctree *tree, void (*take)(struct proctree *tree, uint32_t at),
    bool members_too)
{
	struct proctree_kin *kin = tree->kin;

	while (tree->queued > 0) {
		uint32_t at = kin[--tree->queued].queue;

		for (uint32_t i = kin[at].first_child; i != PROCTREE_NONE;
		     i = kin[i].next_child)
			take(tree, i);
		if (!members_too)
			continue;
		for (uint32_t i = kin[at].first_member; i != PROCTREE_NONE;
		     i = kin[i].next_member)
			take(tree, i);
	}
}

static void
take_for_agent(struct proctree *tree, uint32_t at)
{
	if (tree->kin[at].is_of_agent)
		return;
	tree->kin[at].is_of_agent = true;
	tree->kin[tree->queued++].queue = at;
}

/* The agent, what it came from, and what came of it. */
static void
find_agent(struct proctree *tree)
{
	uint32_t self = place_of(tree, getpid());
	uint32_t at = self;

	if (self == PROCTREE_NONE)
		return;
	take_for_agent(tree, self);
	spread(tree, take_for_agent, false);
	do {
		tree->kin[at].is_of_agent = true;
		at = place_of(tree, tree->items[at].parent);
	} while (at != PROCTREE_NONE && !tree->kin[at].is_of_agent);
}

int
proctree_link(struct proctree *tree)
{
	free(tree->marks);
	free(tree->kin);
	tree->marks = calloc(tree->count + 1, sizeof(*tree->marks));
	tree->kin = calloc(tree->count + 1, sizeof(*tree->kin));
	if (tree->marks == NULL || tree->kin == NULL)
		return ERROR_MEMORY;
	for (size_t i = 0; i < tree->count; i++)
		tree->kin[i].first_child = tree->kin[i].first_member =
		    tree->kin[i].next_child = tree->kin[i].next_member =
			PROCTREE_NONE;
	for (size_t i = 0; i < tree->count; i++)
		link_one(tree, (uint32_t)i);
	find_agent(tree);
	return 0;
}

static void
take_for_session(struct proctree *tree, uint32_t at)
{
	const struct process *process = &tree->items[at];

	if (tree->marks[at] || process->pid <= 1 || process->is_kernel ||
	    tree->kin[at].is_of_agent)
		return;
	tree->marks[at] = true;
	tree->kin[tree->queued++].queue = at;
}

static void
mark(struct proctree *tree, const struct process *process)
{
	if (process != NULL)
		take_for_session(tree, (uint32_t)(process - tree->items));
}

/*
 * What was found before, and has ended, may have begun a setsid() session that
 * others are in; no pid is used again while there is one of that number.
 */
static void
mark_known(struct proctree *tree, const struct proctree_root *root)
{
	pid_t *gone = calloc(root->known_count + 1, sizeof(*gone));
	size_t count = 0;

	for (size_t i = 0; i < root->known_count; i++) {
		const struct process *then = &root->known[i];
		const struct process *now = proctree_find(tree, then->pid);

		if (now != NULL && now->started == then->started)
			mark(tree, now);
		else if (now == NULL && gone != NULL)
			gone[count++] = then->pid;
	}
	if (count > 0)
		qsort(gone, count, sizeof(*gone), by_number);
	for (size_t i = 0; count > 0 && i < tree->count; i++)
		if (bsearch(&tree->items[i].leader, gone, count, sizeof(*gone),
			by_number) != NULL)
			take_for_session(tree, (uint32_t)i);
	free(gone);
}

/*
 * Whether that is a login's of before the leader was there.  What the leader
 * came from may have ended in time to leave it to init (`sudo ... &`), and
 * then says nothing of the login that it is in.
 */
static bool
is_older(const struct proctree *tree, const struct process *leader)
{
	for (size_t i = 0; i < tree->count; i++)
		if (tree->items[i].audit == leader->audit &&
		    tree->items[i].started < leader->started)
			return true;
	return false;
}

/* One that the leader got for itself, and that nobody else has. */
static bool
is_own_audit(const struct proctree *tree, const struct proctree_root *root,
    const struct process *leader)
{
	const struct process *init = proctree_find(tree, 1);
	const struct process *self = proctree_find(tree, getpid());

	return leader->audit != SESSION_NO_AUDIT &&
	       leader->audit != root->outer_audit &&
	       (init == NULL || init->audit != leader->audit) &&
	       (self == NULL || self->audit != leader->audit) &&
	       !is_older(tree, leader);
}

static void
mark_audit(struct proctree *tree, const struct proctree_root *root,
    const struct process *leader)
{
	if (!is_own_audit(tree, root, leader))
		return;
	for (size_t i = 0; i < tree->count; i++)
		if (tree->items[i].audit == leader->audit)
			mark(tree, &tree->items[i]);
}

static void
mark_pid(void *arg, pid_t pid)
{
	struct proctree *tree = arg;

	mark(tree, proctree_find(tree, pid));
}

/* What is_older() looks for, in a control group. */
struct elder {
	const struct proctree *tree;
	const struct process *leader;
	bool is_there;
};

static void
look_for_elder(void *arg, pid_t pid)
{
	struct elder *elder = arg;
	const struct process *process = proctree_find(elder->tree, pid);

	if (process != NULL && process->started < elder->leader->started)
		elder->is_there = true;
}

static void
mark_scope(struct proctree *tree, const struct proctree_root *root,
    const struct process *leader)
{
	struct elder elder = { .tree = tree, .leader = leader };
	char scope[SESSION_SCOPE_MAX + 1];

	process_scope(root->leader, scope, sizeof(scope));
	if (scope[0] == '\0' || strcmp(scope, root->outer_scope) == 0)
		return;
	process_each_of_scope(scope, look_for_elder, &elder);
	if (!elder.is_there)
		process_each_of_scope(scope, mark_pid, tree);
}

void
proctree_mark(struct proctree *tree, const struct proctree_root *root)
{
	const struct process *leader = proctree_find(tree, root->leader);

	if (leader != NULL && leader->started != root->started)
		leader = NULL;
	memset(tree->marks, 0, tree->count * sizeof(*tree->marks));
	mark(tree, leader);
	mark_known(tree, root);
	/* What it is in says something only while it is there. */
	if (leader != NULL && tree->marks[leader - tree->items]) {
		mark_audit(tree, root, leader);
		mark_scope(tree, root, leader);
	}
	spread(tree, take_for_session, true);
}
