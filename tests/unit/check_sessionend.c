/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/model/session.h"
#include "agent/server/sessionend.h"
#include "common/clock.h"
#include "common/error.h"
#include "tests/unit/family.h"
#include "tests/unit/model_fixture.h"

#define PATIENCE_MS 60000

static struct family family;
static struct proctree tree;

static struct proctree_root
root_of_family(void)
{
	return (struct proctree_root) { .leader = family.kin[KIN_LEADER].pid,
		.started = family.kin[KIN_LEADER].started,
		.outer_audit = family.kin[KIN_LEADER].audit,
		.outer_scope = "" };
}

static bool
is_marked(pid_t pid)
{
	const struct process *process = proctree_find(&tree, pid);

	ck_assert_ptr_nonnull(process);
	return tree.marks[process - tree.items];
}

static size_t
count_marks(void)
{
	size_t count = 0;

	for (size_t i = 0; i < tree.count; i++)
		count += tree.marks[i];
	return count;
}

START_TEST(a_tree_is_what_came_of_its_leader)
{
	struct proctree_root root;

	family_begin(&family, FAMILY_POLITE);
	root = root_of_family();
	ck_assert_int_eq(proctree_read(&tree), 0);
	proctree_mark(&tree, &root);
	for (enum kin kin = KIN_LEADER; kin <= KIN_ORPHAN; kin++)
		ck_assert_msg(is_marked(family.kin[kin].pid), "kin %d", kin);
	ck_assert(!is_marked(family.kin[KIN_STRANGER].pid));
	ck_assert(!is_marked(getpid()));
	/* Nothing else of this machine is of it but the orphan's parent, which
	 * the leader does not wait for. */
	ck_assert_uint_eq(count_marks(), KIN_STRANGER + 1);
	family_end(&family);
}
END_TEST

/* sudo: others are in its setsid() session, and an orphan there is anybody's. */
START_TEST(an_inner_tree_is_no_more_than_that)
{
	struct proctree_root root;

	family_begin(&family, FAMILY_INNER);
	root = root_of_family();
	ck_assert_int_eq(proctree_read(&tree), 0);
	proctree_mark(&tree, &root);
	ck_assert(is_marked(family.kin[KIN_LEADER].pid));
	ck_assert(is_marked(family.kin[KIN_CHILD].pid));
	ck_assert(is_marked(family.kin[KIN_SETSID].pid));
	/* These and the orphan's parent. */
	ck_assert_uint_eq(count_marks(), 3 + 1);
	family_end(&family);
}
END_TEST

/* One that has the pid by now is another one. */
START_TEST(a_reused_pid_is_no_leader)
{
	struct proctree_root root;

	family_begin(&family, FAMILY_POLITE);
	root = root_of_family();
	root.started++;
	ck_assert_int_eq(proctree_read(&tree), 0);
	proctree_mark(&tree, &root);
	ck_assert_uint_eq(count_marks(), 0);
	family.kin[KIN_CHILD].started++;
	root.known = &family.kin[KIN_CHILD];
	root.known_count = 1;
	proctree_mark(&tree, &root);
	ck_assert_uint_eq(count_marks(), 0);
	family_end(&family);
}
END_TEST

/* What was known stays in it though its leader is gone. */
START_TEST(what_was_known_is_of_it)
{
	struct proctree_root root;

	family_begin(&family, FAMILY_POLITE);
	root = root_of_family();
	root.leader = INT32_MAX;
	root.known = &family.kin[KIN_SETSID];
	root.known_count = 1;
	ck_assert_int_eq(proctree_read(&tree), 0);
	proctree_mark(&tree, &root);
	ck_assert(is_marked(family.kin[KIN_SETSID].pid));
	ck_assert_uint_eq(count_marks(), 1);
	family_end(&family);
}
END_TEST

/* No such pids, and so in no control group. */
#define MADE_UP 100000000

/* sudo whose parent has ended, within another's login: that stays. */
START_TEST(an_orphan_has_no_claim_to_an_older_login)
{
	struct process items[] = {
		{ .pid = 1, .audit = SESSION_NO_AUDIT },
		{ .pid = MADE_UP, .parent = 1, .audit = 7, .started = 100 },
		{ .pid = MADE_UP + 1, .parent = 1, .audit = 7, .started = 200 },
		{ .pid = MADE_UP + 2, .parent = 1, .audit = 7, .started = 300 },
	};
	struct proctree made = { .items = items, .count = COUNT(items) };
	struct proctree_root root = { .leader = MADE_UP + 1,
		.started = 200,
		.outer_audit = SESSION_NO_AUDIT,
		.outer_scope = "" };

	ck_assert_int_eq(proctree_link(&made), 0);
	proctree_mark(&made, &root);
	ck_assert(!made.marks[0] && !made.marks[1]);
	ck_assert(made.marks[2] && !made.marks[3]);
	/* A login's own is ended with it. */
	items[1].audit = SESSION_NO_AUDIT;
	proctree_mark(&made, &root);
	ck_assert(!made.marks[0] && !made.marks[1]);
	ck_assert(made.marks[2] && made.marks[3]);
	free(made.marks);
	free(made.kin);
}
END_TEST

#define CHAIN 50000

/* Each came of the one behind it: whoever makes that stalls nobody. */
START_TEST(a_long_chain_is_followed)
{
	struct proctree made = { .count = CHAIN };
	struct proctree_root root = { .leader = MADE_UP + CHAIN - 1,
		.started = 100,
		.outer_audit = SESSION_NO_AUDIT,
		.outer_scope = "" };
	size_t marked = 0;

	made.items = calloc(CHAIN, sizeof(*made.items));
	ck_assert_ptr_nonnull(made.items);
	for (int i = 0; i < CHAIN; i++)
		made.items[i] = (struct process) { .pid = MADE_UP + i,
			.parent = MADE_UP + i + 1,
			.leader = MADE_UP + i,
			.audit = SESSION_NO_AUDIT,
			.started = 100 };
	ck_assert_int_eq(proctree_link(&made), 0);
	for (int round = 0; round < 20; round++)
		proctree_mark(&made, &root);
	for (size_t i = 0; i < made.count; i++)
		marked += made.marks[i];
	ck_assert_uint_eq(marked, CHAIN);
	/* A leader that began at another time, or nobody knows when, is none. */
	root.started = 0;
	proctree_mark(&made, &root);
	ck_assert(!made.marks[CHAIN - 1]);
	proctree_free(&made);
}
END_TEST

/* What is in the setsid() session of one that has ended is still found. */
START_TEST(what_the_dead_began_is_found)
{
	struct process items[] = {
		{ .pid = MADE_UP, .parent = 1, .leader = MADE_UP - 1 },
		{ .pid = MADE_UP + 1, .parent = 1, .leader = MADE_UP - 2 },
		{ .pid = MADE_UP + 2, .parent = MADE_UP, .leader = 9 },
	};
	const struct process dead = { .pid = MADE_UP - 1, .started = 5 };
	struct proctree made = { .items = items, .count = COUNT(items) };
	const struct proctree_root root = { .leader = MADE_UP - 5,
		.started = 1,
		.outer_audit = SESSION_NO_AUDIT,
		.outer_scope = "",
		.known = &dead,
		.known_count = 1 };

	ck_assert_int_eq(proctree_link(&made), 0);
	proctree_mark(&made, &root);
	ck_assert(made.marks[0] && !made.marks[1] && made.marks[2]);
	free(made.marks);
	free(made.kin);
}
END_TEST

static const pid_t out_of_bounds[] = { 1, 2, 0, -1 };

START_TEST(some_are_never_of_one)
{
	struct proctree_root root = { .leader = out_of_bounds[_i],
		.outer_audit = SESSION_NO_AUDIT,
		.outer_scope = "" };

	/* -1 stands for the agent itself. */
	if (root.leader < 0)
		root.leader = getpid();
	ck_assert_int_eq(proctree_read(&tree), 0);
	if (proctree_find(&tree, root.leader) != NULL)
		root.started = proctree_find(&tree, root.leader)->started;
	proctree_mark(&tree, &root);
	if (root.leader != 2 || proctree_find(&tree, 2) == NULL ||
	    proctree_find(&tree, 2)->is_kernel)
		ck_assert_uint_eq(count_marks(), 0);
}
END_TEST

static struct ending_target
target_of_family(void)
{
	return (struct ending_target) { .pidfd = family.pidfd,
		.pid = family.kin[KIN_LEADER].pid,
		.started = family.kin[KIN_LEADER].started,
		.outer_audit = family.kin[KIN_LEADER].audit,
		.outer_scope = "" };
}

static enum ending_state
end(struct ending *ending, const struct ending_target *target)
{
	uint64_t until = clock_ms() + PATIENCE_MS;
	enum ending_state state = ENDING_GOES_ON;

	ck_assert_int_eq(proctree_read(&tree), 0);
	ck_assert_int_eq(ending_begin(ending, target, &tree, clock_ms()), 0);
	while (state == ENDING_GOES_ON && family_waits(until)) {
		uint64_t now = clock_ms();

		if (ending_needs_tree(ending, now))
			ck_assert_int_eq(proctree_read(&tree), 0);
		state = ending_step(ending, &tree, now);
	}
	return state;
}

START_TEST(all_of_it_ends)
{
	struct ending_target target;
	struct ending ending;

	family_begin(&family, _i == 0 ? FAMILY_POLITE : FAMILY_STUBBORN);
	target = target_of_family();
	ck_assert_int_eq(end(&ending, &target), ENDING_DONE);
	for (enum kin kin = KIN_LEADER; kin <= KIN_ORPHAN; kin++)
		ck_assert_msg(!family_lives(&family, kin), "kin %d", kin);
	ck_assert(family_lives(&family, KIN_STRANGER));
	ending_fini(&ending);
	family_end(&family);
}
END_TEST

/* More than are held at a time: the last ones are not left out. */
START_TEST(a_large_one_ends)
{
	struct ending_target target;
	struct ending ending;

	family_begin(&family, FAMILY_STUBBORN | FAMILY_LARGE);
	target = target_of_family();
	ck_assert_int_eq(end(&ending, &target), ENDING_DONE);
	ck_assert_uint_gt(ending.count, FAMILY_MORE);
	for (size_t i = 0; i < ending.count; i++)
		ck_assert_int_lt(ending.pidfds[i], 0);
	for (enum kin kin = KIN_LEADER; kin <= KIN_ORPHAN; kin++)
		ck_assert_msg(!family_lives(&family, kin), "kin %d", kin);
	ending_fini(&ending);
	family_end(&family);
}
END_TEST

/* A PostgreSQL backend: nobody else ends, and it is not killed. */
START_TEST(a_peer_is_asked_alone)
{
	struct ending_target target;
	struct ending ending;

	family_begin(&family, FAMILY_POLITE);
	target = target_of_family();
	target.spares = true;
	ck_assert_int_eq(end(&ending, &target), ENDING_DONE);
	ck_assert(!family_lives(&family, KIN_LEADER));
	ck_assert(family_lives(&family, KIN_CHILD));
	ending_fini(&ending);
	family_end(&family);
}
END_TEST

START_TEST(a_stubborn_peer_stays)
{
	struct ending_target target;
	struct ending ending;

	family_begin(&family, FAMILY_STUBBORN);
	target = target_of_family();
	target.spares = true;
	ck_assert_int_eq(end(&ending, &target), ENDING_FAILED);
	ck_assert_ptr_nonnull(strstr(ending.why, "SIGTERM"));
	ck_assert(family_lives(&family, KIN_LEADER));
	ending_fini(&ending);
	family_end(&family);
}
END_TEST

/* The agent within a session ends neither itself nor what came of it. */
START_TEST(the_agents_own_tree_is_left)
{
	struct ending_target target = { .outer_audit = SESSION_NO_AUDIT,
		.outer_scope = "" };
	struct process child;
	struct ending ending;
	int hold[2], status;
	char byte;

	ck_assert_int_eq(pipe2(hold, O_CLOEXEC), 0);
	target.pid = fork();
	ck_assert_int_ge(target.pid, 0);
	if (target.pid == 0) {
		close(hold[1]);
		(void)!read(hold[0], &byte, 1);
		_exit(0);
	}
	ck_assert_int_eq(process_read(target.pid, &child), 0);
	ck_assert_int_eq(process_open(&child, &target.pidfd), 0);
	target.started = child.started;
	ck_assert_int_eq(end(&ending, &target), ENDING_FAILED);
	ck_assert_ptr_nonnull(strstr(ending.why, "apitokend"));
	ending_fini(&ending);
	close(hold[1]);
	ck_assert_int_eq(waitpid(target.pid, &status, 0), target.pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(a_pidfd_is_of_that_very_process)
{
	struct process process;
	int pidfd = -1;

	ck_assert_int_eq(process_read(getpid(), &process), 0);
	ck_assert_int_eq(process.parent, getppid());
	ck_assert_int_eq(process.leader, getsid(0));
	ck_assert(!process.is_kernel);
	ck_assert_int_eq(process_open(&process, &pidfd), 0);
	ck_assert(!process_has_ended(pidfd));
	ck_assert_int_eq(process_signal(pidfd, 0), 0);
	close(pidfd);
	process.started++;
	ck_assert_int_eq(process_open(&process, &pidfd), ERROR_NOT_FOUND);
	ck_assert_int_eq(process_read(0, &process), ERROR_NOT_FOUND);
	ck_assert_int_eq(process_read(-1, &process), ERROR_NOT_FOUND);
	ck_assert_int_eq(process_read(INT32_MAX, &process), ERROR_NOT_FOUND);
}
END_TEST

START_TEST(a_zombie_has_ended)
{
	struct process process;
	int pidfd = -1;
	pid_t pid = fork();
	siginfo_t info;

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(0);
	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	ck_assert_int_eq(process_read(pid, &process), 0);
	ck_assert_int_eq(process_open(&process, &pidfd), 0);
	ck_assert(process_has_ended(pidfd));
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(process_signal(pidfd, 0), ERROR_NOT_FOUND);
	close(pidfd);
}
END_TEST

/* The name of a process may hold anything. */
START_TEST(a_name_fools_nobody)
{
	static const char *const names[] = { ") R 1 1 1", "a) Z (b", "  ",
		"\n" };
	struct process before, after;

	ck_assert_int_eq(process_read(getpid(), &before), 0);
	for (size_t i = 0; i < COUNT(names); i++) {
		int fd = open("/proc/self/comm", O_WRONLY | O_CLOEXEC);

		ck_assert_int_ge(fd, 0);
		ck_assert_int_ge(write(fd, names[i], strlen(names[i])), 0);
		close(fd);
		ck_assert_int_eq(process_read(getpid(), &after), 0);
		ck_assert_int_eq(after.parent, before.parent);
		ck_assert_uint_eq(after.started, before.started);
	}
}
END_TEST

START_TEST(a_boot_is_known)
{
	uint8_t first[16], second[16], none[16] = { 0 };

	process_boot(first);
	process_boot(second);
	ck_assert_mem_eq(first, second, sizeof(first));
	ck_assert_mem_ne(first, none, sizeof(first));
}
END_TEST

int
main(void)
{
	TCase *trees = tcase_create("trees"), *ends = tcase_create("ends");
	TCase *one = tcase_create("one process");
	TCase *const cases[] = { trees, ends, one };

	tcase_set_timeout(ends, 120);
	tcase_set_timeout(trees, 120);
	tcase_add_test(trees, a_tree_is_what_came_of_its_leader);
	tcase_add_test(trees, an_inner_tree_is_no_more_than_that);
	tcase_add_test(trees, a_reused_pid_is_no_leader);
	tcase_add_test(trees, what_was_known_is_of_it);
	tcase_add_test(trees, an_orphan_has_no_claim_to_an_older_login);
	tcase_add_loop_test(
	    trees, some_are_never_of_one, 0, COUNT(out_of_bounds));
	tcase_add_loop_test(ends, all_of_it_ends, 0, 2);
	tcase_add_test(trees, a_long_chain_is_followed);
	tcase_add_test(trees, what_the_dead_began_is_found);
	tcase_add_test(ends, a_large_one_ends);
	tcase_add_test(ends, a_peer_is_asked_alone);
	tcase_add_test(ends, a_stubborn_peer_stays);
	tcase_add_test(ends, the_agents_own_tree_is_left);
	tcase_add_test(one, a_pidfd_is_of_that_very_process);
	tcase_add_test(one, a_zombie_has_ended);
	tcase_add_test(one, a_name_fools_nobody);
	tcase_add_test(one, a_boot_is_known);
	return run_cases("sessionend", cases, COUNT(cases));
}
