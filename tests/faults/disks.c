/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The store's disk is full, read-only or fails, under an agent that runs.
 * Tokens that anybody may use again and again go on to work, and so do
 * sessions; what would have to be written fails and says so, and nothing of it
 * is half done.  When the disk is good again, so is all else, without a hand.
 * Needs root: it mounts a small file system where nobody else sees it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/duration.h"
#include "tests/faults/asking.h"
#include "tests/faults/faulty.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"

#define CONFIG	  "[service svc]\nsessions = process\n"
#define DISK_SIZE "size=4m,mode=0700"
#define LOGINS	  100
#define FILL_MAX  4000 /* tokens until a full disk has no page left */
#define FAILURES  20   /* in a row, and it is so */
#define TIMES	  3
#define END_MS	  5000

static pid_t agent;
static bool is_used, is_ended; /* `once`, `ended`: the agent said so */
static struct asking_token good, once, ended, opened, extra;
static char store_path[PATH_MAX], filler_path[PATH_MAX];

/* As a file system that the kernel made so after an error; to ask for it is
 * refused while a file there is open for writing. */
static void
be_read_only(void)
{
	faulty_arm(FAULT_WRITES | FAULT_SYNCS, EROFS, 0, 0, true);
}

static void
be_full(void)
{
	static const uint8_t block[4096];
	int fd = open(filler_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	unsigned failures = 0;
	char name[32];
	int said;

	ck_assert_int_ge(fd, 0);
	while (write(fd, block, sizeof(block)) > 0)
		continue;
	ck_assert_int_eq(errno, ENOSPC);
	close(fd);
	/* Pages that are free in the store's file are used up first, by large
	 * changes and by small ones. */
	for (unsigned i = 0; failures < FAILURES && i < FILL_MAX; i++) {
		snprintf(name, sizeof(name), "fill %u", i);
		said = i % 2 == 0 ? asking_create(name, USES_UNLIMITED,
					EXPIRES_DEFAULT, &extra)
				  : asking_set_expiry(good.id, TIME_NEVER);
		failures = said == STATUS_OK ? 0 : failures + 1;
	}
	ck_assert_msg(failures == FAILURES, "the disk does not get full");
}

static void
be_empty(void)
{
	ck_assert_int_eq(unlink(filler_path), 0);
}

static void
fail_writes(void)
{
	faulty_arm(FAULT_WRITES, EIO, 0, 0, true);
}

static void
fail_syncs(void)
{
	faulty_arm(FAULT_SYNCS, EIO, 0, 0, true);
}

static void
fail_both(void)
{
	faulty_arm(FAULT_WRITES | FAULT_SYNCS, EIO, 0, 0, true);
}

static const struct disk {
	const char *name;
	void (*be_bad)(void);
	void (*be_good)(void);
	bool is_strict; /* nothing at all can be written */
} disks[] = {
	{ "full", be_full, be_empty, false },
	{ "read-only", be_read_only, faulty_disarm, true },
	{ "writes fail", fail_writes, faulty_disarm, true },
	{ "syncs fail", fail_syncs, faulty_disarm, true },
	{ "both fail", fail_both, faulty_disarm, true },
};

#define DISKS ((int)(sizeof(disks) / sizeof(*disks)))

static void
make(const char *name, uint32_t uses, struct asking_token *token)
{
	ck_assert_int_eq(
	    asking_create(name, uses, EXPIRES_DEFAULT, token), STATUS_OK);
}

static void
begin(void)
{
	asking_init();
	strcpy(store_path, login_path("store"));
	strcpy(filler_path, login_path("store/filler"));
	ck_assert_int_eq(mkdir(store_path, 0700), 0);
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount("store", store_path, "tmpfs", 0, DISK_SIZE), 0);
	ck_assert_int_eq(
	    chown(store_path, realagent_uid(), realagent_uid()), 0);
	agent = faulty_start(CONFIG);
	make("good", USES_UNLIMITED, &good);
	make("once", 1, &once);
	make("ended", USES_UNLIMITED, &ended);
	make("opened", USES_UNLIMITED, &opened);
}

/* What was asked for and cannot be is said to have failed.  On a full disk a
 * small change may find a page that is free in the store's file. */
static void
little_is_written(const struct disk *disk)
{
	int said = asking_login(&once, NULL);
	uint8_t state;

	is_used = is_used || (said == STATUS_OK && !disk->is_strict);
	ck_assert_msg(said == STATUS_UNAVAILABLE || is_used,
	    "%s: a one-time use says %d", disk->name, said);
	if (is_used)
		ck_assert_int_eq(asking_login(&once, NULL), STATUS_DENIED);
	said = asking_revoke(ended.id);
	ck_assert(
	    said == STATUS_FAILED || (said == STATUS_OK && !disk->is_strict));
	is_ended = is_ended || said == STATUS_OK;
	ck_assert_int_eq(asking_show(ended.id, &state, NULL), STATUS_OK);
	ck_assert_int_eq(state, is_ended ? STATE_REVOKED : STATE_ACTIVE);
	ck_assert_int_eq(
	    asking_login(&ended, NULL), is_ended ? STATUS_DENIED : STATUS_OK);
	said = asking_create("new", USES_UNLIMITED, EXPIRES_DEFAULT, &extra);
	ck_assert_int_eq(said, STATUS_FAILED);
}

static void
logins_work(void)
{
	uint8_t ticket[PROTO_TICKET_SIZE];

	for (unsigned i = 0; i < LOGINS; i++) {
		ck_assert_int_eq(asking_login(&good, ticket), STATUS_OK);
		ck_assert_int_eq(asking_follow(OP_ACCOUNT, ticket), STATUS_OK);
	}
}

/* A process with a session of the token, as whom the agent may signal. */
static pid_t
open_session(void)
{
	uint8_t ticket[PROTO_TICKET_SIZE];
	int ends[2], said = 0;
	pid_t child;

	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child > 0) {
		close(ends[1]);
		ck_assert_int_eq(
		    read(ends[0], &said, sizeof(said)), sizeof(said));
		ck_assert_int_eq(said, STATUS_OK);
		close(ends[0]);
		return child;
	}
	said = asking_login(&opened, ticket);
	if (said == STATUS_OK)
		said = asking_follow(OP_SESSION_OPEN, ticket);
	if (setresuid(realagent_uid(), realagent_uid(), realagent_uid()) != 0)
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGTERM, SIG_DFL);
	(void)!write(ends[1], &said, sizeof(said));
	for (;;)
		pause();
}

static void
session_ends(pid_t child)
{
	uint64_t until = faulty_now_us() + END_MS * 1000;

	while (faulty_now_us() < until) {
		if (waitpid(child, NULL, WNOHANG) == child)
			return;
		usleep(1000);
	}
	ck_abort_msg("the session goes on");
}

/* All that failed can be done now, by the same agent. */
static void
all_works(pid_t session)
{
	struct asking_token made;

	make("new", USES_UNLIMITED, &made);
	ck_assert_int_eq(asking_login(&made, NULL), STATUS_OK);
	ck_assert_int_eq(
	    asking_login(&once, NULL), is_used ? STATUS_DENIED : STATUS_OK);
	ck_assert_int_eq(asking_login(&once, NULL), STATUS_DENIED);
	ck_assert_int_eq(asking_revoke(ended.id), STATUS_OK);
	ck_assert_int_eq(asking_login(&ended, NULL), STATUS_DENIED);
	ck_assert_int_eq(asking_revoke(opened.id), STATUS_OK);
	session_ends(session);
}

START_TEST(disk_goes_bad)
{
	const struct disk *disk = &disks[_i];
	pid_t session;

	begin();
	disk->be_bad();
	logins_work();
	session = open_session();
	for (unsigned i = 0; i < TIMES; i++)
		little_is_written(disk);
	logins_work();
	disk->be_good();
	ck_assert_int_eq(waitpid(agent, NULL, WNOHANG), 0);
	all_works(session);
	realagent_kill(agent);
	agent = faulty_start(CONFIG);
	ck_assert_int_eq(asking_login(&once, NULL), STATUS_DENIED);
	ck_assert_int_eq(asking_login(&ended, NULL), STATUS_DENIED);
	ck_assert_int_eq(asking_login(&good, NULL), STATUS_OK);
	printf("disks: %s: %d logins and a session; what was not written was "
	       "said to have failed; recovered by itself\n",
	    disk->name, 2 * LOGINS);
	realagent_stop(agent);
}
END_TEST

/* LMDB trusts its map no more then: the agent ends, and says so by its
 * status; what it had acknowledged is there for the next. */
START_TEST(meta_page_cannot_be_written)
{
	int status;
	int said;

	begin();
	ck_assert_int_eq(asking_revoke(ended.id), STATUS_OK);
	faulty_arm(FAULT_META, EIO, 0, 0, true);
	said = asking_login(&once, NULL);
	ck_assert_int_ne(said, STATUS_OK);
	ck_assert_int_ne(said, STATUS_DENIED);
	ck_assert_int_eq(waitpid(agent, &status, 0), agent);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) != 0);
	faulty_disarm();
	agent = faulty_start(CONFIG);
	ck_assert_int_eq(asking_login(&good, NULL), STATUS_OK);
	ck_assert_int_eq(asking_login(&ended, NULL), STATUS_DENIED);
	/* Nobody was told that it was used. */
	said = asking_login(&once, NULL);
	ck_assert(said == STATUS_OK || said == STATUS_DENIED);
	ck_assert_int_eq(asking_login(&once, NULL), STATUS_DENIED);
	printf("disks: meta page: the agent ended with status %d and came "
	       "back\n",
	    WEXITSTATUS(status));
	realagent_stop(agent);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("disks");

	if (geteuid() != 0) {
		fputs("disks: it must be run as root\n", stderr);
		return 2;
	}
	tcase_add_loop_test(tcase, disk_goes_bad, 0, DISKS);
	tcase_add_test(tcase, meta_page_cannot_be_written);
	return faulty_run("disks", tcase);
}
