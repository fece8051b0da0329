/* SPDX-License-Identifier: BSD-3-Clause */

/* Where the module asks, and what may lie there instead of a socket. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/pam/scene.h"

START_TEST(dead_agent)
{
	struct listener listener;

	scene_service("");
	scene_status(&listener, GOOD);
	listener_stop(&listener);
	ck_assert_int_eq(
	    login_try("svc", "alice", good_token), PAM_AUTHINFO_UNAVAIL);
	ck_assert(scene_logged("Connection refused"));
}
END_TEST

/* What else may lie where a socket should. */
enum thing {
	NOTHING,
	FIFO,
	REGULAR,
	FOLDER,
	DANGLING,
	LOOP,
	NO_FOLDER
};

static void
put_thing(enum thing thing, const char *path)
{
	static const char to_itself[] = "socket";

	if (thing == FIFO)
		ck_assert_int_eq(mkfifo(path, 0600), 0);
	else if (thing == REGULAR)
		ck_assert_int_ge(open(path, O_CREAT | O_WRONLY, 0600), 0);
	else if (thing == FOLDER)
		ck_assert_int_eq(mkdir(path, 0700), 0);
	else if (thing == DANGLING)
		ck_assert_int_eq(symlink("nowhere", path), 0);
	else if (thing == LOOP)
		ck_assert_int_eq(symlink(to_itself, path), 0);
}

START_TEST(no_socket)
{
	if (_i == NO_FOLDER)
		login_service("svc", "auth required %s socket=%s", MODULE,
		    login_path("no/where/socket"));
	else
		scene_service("");
	put_thing((enum thing)_i, login_path("socket"));
	ck_assert_int_eq(
	    login_try("svc", "alice", good_token), PAM_AUTHINFO_UNAVAIL);
	ck_assert_msg(
	    scene_logged("nobody listens there"), "%s", journal_text());
	ck_assert(!scene_leaked());
}
END_TEST

/* A link is only a name; who listens is what counts. */
START_TEST(link_to_socket)
{
	struct listener listener;

	scene_service("");
	listener_start(&listener, login_path("real"), LISTENER_STATUS, GOOD, 1);
	ck_assert_int_eq(symlink("real", login_path("socket")), 0);
	ck_assert_int_eq(login_try("svc", "alice", good_token), PAM_SUCCESS);
	listener_stop(&listener);
}
END_TEST

/* A folder: root asks at auth.sock, anybody else at user.sock. */
START_TEST(folder_of_sockets)
{
	struct listener listener;
	const char *name = geteuid() == 0 ? "auth.sock" : "user.sock";

	login_service("svc", "auth required %s socket=%s agent_uid=%u", MODULE,
	    login_folder(), (unsigned)geteuid());
	listener_start(&listener, login_path(name), LISTENER_STATUS, GOOD, 1);
	ck_assert_int_eq(login_try("svc", "alice", good_token), PAM_SUCCESS);
	listener_stop(&listener);
}
END_TEST

/* In a process of its own: the effective uid decides, not the real one. */
START_TEST(folder_by_euid)
{
	struct listener listener;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chmod(login_folder(), 0755), 0);
	login_service("svc", "auth required %s socket=%s nodelay", MODULE,
	    login_folder());
	listener_start(
	    &listener, login_path("user.sock"), LISTENER_STATUS, GOOD, 1);
	ck_assert_int_eq(chmod(login_path("user.sock"), 0666), 0);
	ck_assert_int_eq(
	    login_try("svc", "alice", good_token), PAM_AUTHINFO_UNAVAIL);
	ck_assert(scene_logged("auth.sock"));
	ck_assert_int_eq(seteuid(65534), 0);
	ck_assert_int_eq(login_try("svc", "alice", good_token), PAM_SUCCESS);
	ck_assert_int_eq(seteuid(0), 0);
	listener_stop(&listener);
}
END_TEST

START_TEST(leaves_descriptors)
{
	struct listener listener;
	int before = dup(0), after;

	close(before);
	scene_service("timeout=100");
	scene_status(&listener, GOOD NO "\x22");
	for (int i = 0; i < 4; i++)
		login_try("svc", "alice", good_token);
	listener_stop(&listener);
	login_try("svc", "alice", good_token);
	scene_listen(&listener, LISTENER_SILENT, NULL, 0);
	login_try("svc", "alice", good_token);
	listener_stop(&listener);
	after = dup(0);
	close(after);
	ck_assert_int_eq(after, before);
}
END_TEST

static void
add_tests(TCase *tcase)
{
	tcase_add_test(tcase, dead_agent);
	tcase_add_loop_test(tcase, no_socket, 0, NO_FOLDER + 1);
	tcase_add_test(tcase, link_to_socket);
	tcase_add_test(tcase, folder_of_sockets);
	tcase_add_test(tcase, folder_by_euid);
	tcase_add_test(tcase, leaves_descriptors);
}

int
main(void)
{
	return scene_run("module: socket", add_tests);
}
