/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/server/listener.h"
#include "common/error.h"
#include "tests/unit/agent_fixture.h"

static char folder[64];
static struct config config;
static struct listeners listeners;
static char why[512];

static char *const paths[LISTENER_COUNT] = {
	[LISTENER_AUTH] = config.auth_socket,
	[LISTENER_USER] = config.user_socket,
	[LISTENER_SASLAUTHD] = config.saslauthd_socket,
	[LISTENER_ADMIN] = config.admin_socket,
};

static int
type_of(int listener)
{
	return listener == LISTENER_SASLAUTHD ? SOCK_STREAM : SOCK_SEQPACKET;
}

static void
setup(void)
{
	folder_make(folder);
	for (int i = 0; i < LISTENER_COUNT; i++)
		snprintf(paths[i], CONFIG_PATH_MAX, "%s/%d.sock", folder, i);
	config.saslauthd_gid = getegid();
	memset(&listeners, 0xff, sizeof(listeners));
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}

static void
teardown(void)
{
	listeners_close(&listeners);
	folder_remove(folder);
}

static struct sockaddr_un
address_of(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	return address;
}

/* A socket that somebody else made. */
static int
make_socket(const char *path, int type, bool listening)
{
	struct sockaddr_un address = address_of(path);
	int fd = socket(AF_UNIX, type, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(
	    bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	if (listening)
		ck_assert_int_eq(listen(fd, 5), 0);
	return fd;
}

/* Whether a connection to the path comes out at the listener. */
static void
expect_connection(const char *path, int type, int listener)
{
	struct sockaddr_un address = address_of(path);
	int fd = socket(AF_UNIX, type, 0);
	int accepted;

	ck_assert_int_eq(
	    connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	accepted = accept(listener, NULL, NULL);
	ck_assert_int_ge(accepted, 0);
	close(accepted);
	close(fd);
}

static void
expect_open(void)
{
	ck_assert_msg(
	    listeners_open(&config, &listeners, why, sizeof(why)) == 0, "%s",
	    why);
	for (int i = 0; i < LISTENER_COUNT; i++)
		expect_connection(paths[i], type_of(i), listeners.fd[i]);
}

static void
expect_refusal(const char *path, const char *words)
{
	ck_assert_int_eq(listeners_open(&config, &listeners, why, sizeof(why)),
	    ERROR_INVALID);
	ck_assert_msg(strstr(why, path) != NULL && strstr(why, words) != NULL,
	    "\"%s\" lacks \"%s\"", why, words);
	for (int i = 0; i < LISTENER_COUNT; i++)
		ck_assert_int_eq(listeners.fd[i], -1);
}

START_TEST(sockets_have_their_modes)
{
	static const mode_t modes[LISTENER_COUNT] = {
		[LISTENER_AUTH] = 0600,
		[LISTENER_USER] = 0666,
		[LISTENER_SASLAUTHD] = 0660,
		[LISTENER_ADMIN] = 0666,
	};
	static const mode_t umasks[] = { 0, 022, 077, 0777 };
	struct stat st;

	umask(umasks[_i]);
	ck_assert_int_eq(
	    listeners_open(&config, &listeners, why, sizeof(why)), 0);
	ck_assert_uint_eq(umask(022), umasks[_i]);
	for (int i = 0; i < LISTENER_COUNT; i++) {
		ck_assert_int_eq(stat(paths[i], &st), 0);
		ck_assert(S_ISSOCK(st.st_mode));
		ck_assert_uint_eq(st.st_mode & 07777, modes[i]);
	}
}
END_TEST

/* Root gives it to any group; anybody else to their own. */
START_TEST(the_socket_of_saslauthd_is_its_groups)
{
	struct stat st;
	gid_t another = getegid() + 1;

	expect_open();
	ck_assert_int_eq(stat(config.saslauthd_socket, &st), 0);
	ck_assert_uint_eq(st.st_gid, getegid());
	ck_assert_uint_eq(st.st_uid, geteuid());
	listeners_close(&listeners);
	config.saslauthd_gid = another;
	if (geteuid() != 0) {
		expect_refusal(config.saslauthd_socket, "does not get group");
		ck_assert_int_lt(access(config.saslauthd_socket, F_OK), 0);
		return;
	}
	expect_open();
	ck_assert_int_eq(stat(config.saslauthd_socket, &st), 0);
	ck_assert_uint_eq(st.st_gid, another);
	ck_assert_uint_eq(st.st_mode & 07777, 0660);
	/* It is the only one. */
	ck_assert_int_eq(stat(config.admin_socket, &st), 0);
	ck_assert_uint_eq(st.st_gid, getegid());
}
END_TEST

START_TEST(a_setgid_folder_does_not_choose_the_group)
{
	gid_t another = getegid() + 1;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(folder, (uid_t)-1, another), 0);
	ck_assert_int_eq(chmod(folder, 02700), 0);
	expect_refusal(config.saslauthd_socket, "setgid");
	ck_assert_int_lt(access(config.saslauthd_socket, F_OK), 0);
}
END_TEST

START_TEST(no_path_is_no_socket)
{
	config.saslauthd_socket[0] = '\0';
	ck_assert_int_eq(
	    listeners_open(&config, &listeners, why, sizeof(why)), 0);
	ck_assert_int_eq(listeners.fd[LISTENER_SASLAUTHD], -1);
	ck_assert_int_ge(listeners.fd[LISTENER_ADMIN], 0);
}
END_TEST

START_TEST(descriptors_neither_block_nor_are_passed_on)
{
	expect_open();
	for (int i = 0; i < LISTENER_COUNT; i++) {
		int fd = listeners.fd[i];

		ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
		ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
		ck_assert_int_lt(accept(fd, NULL, NULL), 0);
		ck_assert_int_eq(errno, EAGAIN);
	}
}
END_TEST

START_TEST(a_closed_agent_leaves_nothing_open)
{
	int fds[LISTENER_COUNT];

	expect_open();
	memcpy(fds, listeners.fd, sizeof(fds));
	listeners_close(&listeners);
	for (int i = 0; i < LISTENER_COUNT; i++) {
		ck_assert_int_eq(listeners.fd[i], -1);
		ck_assert_int_lt(fcntl(fds[i], F_GETFD), 0);
	}
	/* Its socket files are stale then, and another agent's. */
	expect_open();
}
END_TEST

START_TEST(a_stale_socket_is_replaced)
{
	struct stat before;
	struct stat after;

	close(make_socket(paths[_i], type_of(_i), true));
	ck_assert_int_eq(stat(paths[_i], &before), 0);
	expect_open();
	ck_assert_int_eq(stat(paths[_i], &after), 0);
	ck_assert(S_ISSOCK(after.st_mode));
}
END_TEST

START_TEST(a_live_socket_is_left_alone)
{
	int fd = make_socket(paths[_i], type_of(_i), true);

	expect_refusal(paths[_i], "somebody listens");
	/* The other agent is still there: for whoever asks it next, too. */
	close(accept(fd, NULL, NULL));
	expect_connection(paths[_i], type_of(_i), fd);
	close(fd);
}
END_TEST

START_TEST(a_busy_socket_is_left_alone)
{
	int fd = make_socket(paths[0], SOCK_SEQPACKET, false);
	struct sockaddr_un address = address_of(paths[0]);
	int client = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	ck_assert_int_eq(listen(fd, 0), 0);
	ck_assert_int_eq(
	    connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
	/* Its queue is full now. */
	expect_refusal(paths[0], "somebody listens");
	close(client);
	close(fd);
}
END_TEST

START_TEST(a_live_socket_of_another_type_is_left_alone)
{
	struct stat st;
	int fd = make_socket(paths[_i],
	    type_of(_i) == SOCK_STREAM ? SOCK_SEQPACKET : SOCK_STREAM, true);

	ck_assert_int_eq(listeners_open(&config, &listeners, why, sizeof(why)),
	    ERROR_INVALID);
	ck_assert_int_eq(stat(paths[_i], &st), 0);
	close(fd);
}
END_TEST

START_TEST(anything_else_is_left_alone)
{
	char read_back[8] = "";
	char link[128];
	struct stat st;
	int fd;

	file_write(paths[1], "text", 4, 0600);
	expect_refusal(paths[1], "no socket: remove it");
	fd = open(paths[1], O_RDONLY);
	ck_assert_int_eq(read(fd, read_back, sizeof(read_back)), 4);
	close(fd);
	/* Nor a link, even one to nowhere. */
	snprintf(link, sizeof(link), "%s/nowhere", folder);
	unlink(paths[1]);
	ck_assert_int_eq(symlink(link, paths[1]), 0);
	expect_refusal(paths[1], "no socket: remove it");
	ck_assert_int_eq(lstat(paths[1], &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
}
END_TEST

START_TEST(a_missing_folder_is_made)
{
	char below[96];
	struct stat st;

	snprintf(below, sizeof(below), "%s/run", folder);
	snprintf(config.auth_socket, CONFIG_PATH_MAX, "%s/auth.sock", below);
	umask(077);
	expect_open();
	ck_assert_int_eq(stat(below, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0755);
	folder_remove(below);
	/* But only one. */
	listeners_close(&listeners);
	snprintf(config.auth_socket, CONFIG_PATH_MAX, "%s/a/b/s", folder);
	expect_refusal(config.auth_socket, "cannot listen on");
}
END_TEST

/* What systemd passes. */

struct passing {
	const char *names; /* LISTEN_FDNAMES */
	int count;	   /* LISTEN_FDS */
	int type;	   /* of the sockets */
	bool listening;
	bool good;
};

static const struct passing passings[] = {
	{ "auth", 1, SOCK_SEQPACKET, true, true },
	{ "auth:user:admin", 3, SOCK_SEQPACKET, true, true },
	{ "admin:auth:user", 3, SOCK_SEQPACKET, true, true },
	{ "user", 1, SOCK_SEQPACKET, true, true },
	{ "", 0, SOCK_SEQPACKET, true, true },
	{ "auth", 1, SOCK_STREAM, true, false },
	{ "auth", 1, SOCK_SEQPACKET, false, false },
	{ "other", 1, SOCK_SEQPACKET, true, false },
	{ "authx", 1, SOCK_SEQPACKET, true, false },
	{ "aut", 1, SOCK_SEQPACKET, true, false },
	{ "", 1, SOCK_SEQPACKET, true, false },
	{ NULL, 1, SOCK_SEQPACKET, true, false },
	{ "auth:auth", 2, SOCK_SEQPACKET, true, false },
	{ "auth", 2, SOCK_SEQPACKET, true, false },
	{ "auth:user:admin:auth", 4, SOCK_SEQPACKET, true, false },
	{ "saslauthd", 1, SOCK_STREAM, true, true },
	{ "saslauthd", 1, SOCK_SEQPACKET, true, false },
	{ "saslauthd", 1, SOCK_STREAM, false, false },
	{ "saslauthd:saslauthd", 2, SOCK_STREAM, true, false },
	{ "saslauthd:auth", 2, SOCK_STREAM, true, false },
};

/* In a child whose descriptors from 3 on are those that are passed. */
static void
pass(const struct passing *passing, long pid_difference)
{
	char text[32];
	int made[4];

	for (int i = 0; i < passing->count; i++) {
		char path[96];
		int fd;

		snprintf(path, sizeof(path), "%s/passed%d", folder, i);
		fd = make_socket(path, passing->type, passing->listening);
		/* Far above the place where it must be in the end. */
		made[i] = fcntl(fd, F_DUPFD, 100);
	}
	for (int i = 0; i < passing->count; i++)
		ck_assert_int_eq(dup2(made[i], 3 + i), 3 + i);
	snprintf(text, sizeof(text), "%ld", (long)getpid() + pid_difference);
	setenv("LISTEN_PID", text, 1);
	snprintf(text, sizeof(text), "%d", passing->count);
	setenv("LISTEN_FDS", text, 1);
	if (passing->names != NULL)
		setenv("LISTEN_FDNAMES", passing->names, 1);
}

static int
open_in_child(const struct passing *passing, long pid_difference)
{
	int status = 0;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		int rv;
		int passed = 0;

		pass(passing, pid_difference);
		rv = listeners_open(&config, &listeners, why, sizeof(why));
		for (int i = 0; i < LISTENER_COUNT && rv == 0; i++) {
			int fd = listeners.fd[i];

			passed += fd >= 3 && fd < 3 + passing->count &&
				  access(paths[i], F_OK) != 0 &&
				  (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0 &&
				  (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
		}
		_exit(rv == 0 ? 10 + passed : rv == ERROR_INVALID ? 1 : 2);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(passed_sockets_are_taken)
{
	const struct passing *passing = &passings[_i];

	ck_assert_int_eq(
	    open_in_child(passing, 0), passing->good ? 10 + passing->count : 1);
}
END_TEST

/* The variables are for another process: they are none of ours. */
START_TEST(what_is_for_another_is_not_taken)
{
	const struct passing *passing = &passings[_i];

	ck_assert_int_eq(open_in_child(passing, 1), 10);
}
END_TEST

/* What has the type of a listener and is none, or is no socket at all. */
static int
make_other(int what)
{
	if (what == 0)
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	if (what == 1)
		return socket(AF_UNIX, SOCK_DGRAM, 0);
	return socket(AF_INET, SOCK_STREAM, 0);
}

START_TEST(nothing_else_is_a_listener)
{
	char text[32];
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		int fd = make_other(_i);

		if (_i == 2 && listen(fd, 5) != 0)
			_exit(3);
		if (dup2(fd, 3) != 3)
			_exit(4);
		snprintf(text, sizeof(text), "%ld", (long)getpid());
		setenv("LISTEN_PID", text, 1);
		setenv("LISTEN_FDS", "1", 1);
		setenv("LISTEN_FDNAMES", _i == 2 ? "saslauthd" : "auth", 1);
		_exit(listeners_open(&config, &listeners, why, sizeof(why)) ==
			      ERROR_INVALID
			  ? 0
			  : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* Of nobody's number there are none. */
START_TEST(no_number_is_none)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", (long)getpid());
	setenv("LISTEN_PID", text, 1);
	expect_open();
}
END_TEST

/* In the folder that it is started in there is no folder to make. */
START_TEST(a_path_may_be_short)
{
	ck_assert_int_eq(chdir(folder), 0);
	strcpy(config.auth_socket, "auth.sock");
	expect_open();
	ck_assert_int_eq(access("auth.sock", F_OK), 0);
}
END_TEST

/* And it is the right one that has each name. */
START_TEST(a_name_is_that_of_its_socket)
{
	static const struct passing both = { "admin:auth", 2, SOCK_SEQPACKET,
		true, true };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		pass(&both, 0);
		if (listeners_open(&config, &listeners, why, sizeof(why)) < 0)
			_exit(1);
		_exit(listeners.fd[LISTENER_ADMIN] == 3 &&
			      listeners.fd[LISTENER_AUTH] == 4 &&
			      listeners.fd[LISTENER_USER] > 4
			  ? 0
			  : 2);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("listener");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, sockets_have_their_modes, 0, 4);
	tcase_add_test(tcase, the_socket_of_saslauthd_is_its_groups);
	tcase_add_test(tcase, a_setgid_folder_does_not_choose_the_group);
	tcase_add_test(tcase, no_path_is_no_socket);
	tcase_add_test(tcase, descriptors_neither_block_nor_are_passed_on);
	tcase_add_test(tcase, a_closed_agent_leaves_nothing_open);
	tcase_add_loop_test(
	    tcase, a_stale_socket_is_replaced, 0, LISTENER_COUNT);
	tcase_add_loop_test(
	    tcase, a_live_socket_is_left_alone, 0, LISTENER_COUNT);
	tcase_add_test(tcase, a_busy_socket_is_left_alone);
	tcase_add_loop_test(tcase, a_live_socket_of_another_type_is_left_alone,
	    0, LISTENER_COUNT);
	tcase_add_test(tcase, anything_else_is_left_alone);
	tcase_add_test(tcase, a_missing_folder_is_made);
	tcase_add_loop_test(
	    tcase, passed_sockets_are_taken, 0, COUNT(passings));
	tcase_add_loop_test(
	    tcase, what_is_for_another_is_not_taken, 0, COUNT(passings));
	tcase_add_loop_test(tcase, nothing_else_is_a_listener, 0, 3);
	tcase_add_test(tcase, no_number_is_none);
	tcase_add_test(tcase, a_path_may_be_short);
	tcase_add_test(tcase, a_name_is_that_of_its_socket);
	return run_cases("listener", &tcase, 1);
}
