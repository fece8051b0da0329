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
	free(tree->marks);
	tree->marks = calloc(tree->count + 1, sizeof(*tree->marks));
	if (rv == 0 && tree->marks == NULL)
		rv = ERROR_MEMORY;
	if (rv < 0) {
		tree->count = 0;
		return rv;
	}
	if (tree->count > 0)
		qsort(tree->items, tree->count, sizeof(*tree->items), by_pid);
	return 0;
}

void
proctree_free(struct proctree *tree)
{
	free(tree->items);
	free(tree->marks);
	*tree = (struct proctree) { 0 };
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

static bool
is_marked(const struct proctree *tree, pid_t pid)
{
	const struct process *process = proctree_find(tree, pid);

	return process != NULL && tree->marks[process - tree->items];
}

/* The agent, what it came from, and what came of it. */
static bool
is_of_agent(const struct proctree *tree, const struct process *process)
{
	pid_t self = getpid();
	const struct process *at = proctree_find(tree, self);

	for (size_t steps = 0; at != NULL && steps < tree->count; steps++) {
		if (at == process)
			return true;
		at = proctree_find(tree, at->parent);
	}
	at = process;
	for (size_t steps = 0; at != NULL && steps < tree->count; steps++) {
		if (at->pid == self)
			return true;
		at = proctree_find(tree, at->parent);
	}
	return false;
}

static bool
may_be_marked(const struct proctree *tree, const struct process *process)
{
	return process->pid > 1 && !process->is_kernel &&
	       !is_of_agent(tree, process);
}

static void
mark(struct proctree *tree, const struct process *process)
{
	if (process != NULL && may_be_marked(tree, process))
		tree->marks[process - tree->items] = true;
}

/* The same process as then, or none: not one that has its pid by now. */
static bool
is_same(const struct proctree *tree, const struct process *then)
{
	const struct process *now = proctree_find(tree, then->pid);

	return now == NULL || now->started == then->started;
}

/* Whether that setsid() session was begun by one that was found before. */
static bool
is_known(
    const struct proctree *tree, const struct proctree_root *root, pid_t pid)
{
	for (size_t i = 0; i < root->known_count; i++)
		if (root->known[i].pid == pid)
			return is_same(tree, &root->known[i]);
	return false;
}

/*
 * Whether it belongs to what is marked.  The setsid() session of the leader
 * counts only where the leader began it: in sudo's there are others.  No pid
 * is used again while there is a session of that number.
 */
static bool
belongs(const struct proctree *tree, const struct proctree_root *root,
    const struct process *process)
{
	return is_marked(tree, process->parent) ||
	       is_marked(tree, process->leader) ||
	       is_known(tree, root, process->leader);
}

static void
mark_descent(struct proctree *tree, const struct proctree_root *root)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < tree->count; i++) {
			const struct process *process = &tree->items[i];

			if (tree->marks[i] || !belongs(tree, root, process))
				continue;
			mark(tree, process);
			more = more || tree->marks[i];
		}
	}
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

	if (leader != NULL && root->started != 0 &&
	    leader->started != root->started)
		leader = NULL;
	memset(tree->marks, 0, tree->count * sizeof(*tree->marks));
	mark(tree, leader);
	for (size_t i = 0; i < root->known_count; i++)
		if (is_same(tree, &root->known[i]))
			mark(tree, proctree_find(tree, root->known[i].pid));
	/* What it is in says something only while it is there. */
	if (leader != NULL && is_marked(tree, leader->pid)) {
		mark_audit(tree, root, leader);
		mark_scope(tree, root, leader);
	}
	mark_descent(tree, root);
}
