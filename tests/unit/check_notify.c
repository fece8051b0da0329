/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/server/notify.h"
#include "tests/unit/agent_fixture.h"

static char folder[64];
static int listener = -1;

static void
setup(void)
{
	folder_make(folder);
	signal(SIGPIPE, SIG_DFL);
}

static void
teardown(void)
{
	if (listener >= 0)
		close(listener);
	folder_remove(folder);
}

/* As systemd names them: a path, or an abstract name after an @. */
static void
listen_at(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t size = strlen(name);

	memcpy(address.sun_path, name, size);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	listener = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(
	    bind(listener, (struct sockaddr *)&address,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)),
	    0);
	setenv("NOTIFY_SOCKET", name, 1);
}

static void
expect_heard(const char *state)
{
	char heard[64] = "";

	ck_assert_int_eq(recv(listener, heard, sizeof(heard) - 1, MSG_DONTWAIT),
	    (ssize_t)strlen(state));
	ck_assert_str_eq(heard, state);
	ck_assert_int_lt(recv(listener, heard, 1, MSG_DONTWAIT), 0);
}

START_TEST(a_path_hears_it)
{
	char name[96];

	snprintf(name, sizeof(name), "%s/notify", folder);
	listen_at(name);
	notify_systemd("READY=1");
	expect_heard("READY=1");
	notify_systemd("STOPPING=1");
	expect_heard("STOPPING=1");
}
END_TEST

START_TEST(the_longest_path_hears_it)
{
	char name[108];

	memset(name, 'n', sizeof(name));
	memcpy(name, folder, strlen(folder));
	name[strlen(folder)] = '/';
	name[107] = '\0';
	listen_at(name);
	notify_systemd("READY=1");
	expect_heard("READY=1");
}
END_TEST

START_TEST(an_abstract_name_hears_it)
{
	char name[64];

	snprintf(name, sizeof(name), "@apitoken-test-%ld", (long)getpid());
	listen_at(name);
	notify_systemd("READY=1");
	expect_heard("READY=1");
}
END_TEST

/* Nobody to tell is no failure, no signal and no wait. */
START_TEST(who_does_not_listen_does_not_hear)
{
	char name[200];
	int before;
	int after;

	before = open("/dev/null", O_RDONLY);
	close(before);
	unsetenv("NOTIFY_SOCKET");
	notify_systemd("READY=1");
	setenv("NOTIFY_SOCKET", "", 1);
	notify_systemd("READY=1");
	snprintf(name, sizeof(name), "%s/nobody", folder);
	setenv("NOTIFY_SOCKET", name, 1);
	notify_systemd("READY=1");
	memset(name, 'n', sizeof(name) - 1);
	name[0] = '/';
	name[sizeof(name) - 1] = '\0';
	setenv("NOTIFY_SOCKET", name, 1);
	notify_systemd("READY=1");
	after = open("/dev/null", O_RDONLY);
	close(after);
	ck_assert_int_eq(before, after);
}
END_TEST

START_TEST(who_does_not_read_holds_up_nobody)
{
	char name[96];

	snprintf(name, sizeof(name), "%s/notify", folder);
	listen_at(name);
	for (int i = 0; i < 5000; i++)
		notify_systemd("READY=1");
}
END_TEST

START_TEST(a_descriptor_hears_it_once)
{
	char heard[16] = "";
	int ends[2];

	notify_ready_fd(-1);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	notify_ready_fd(ends[1]);
	ck_assert_int_eq(read(ends[0], heard, sizeof(heard) - 1), 6);
	ck_assert_str_eq(heard, "ready\n");
	/* and is closed then */
	ck_assert_int_eq(read(ends[0], heard, sizeof(heard)), 0);
	ck_assert_int_lt(fcntl(ends[1], F_GETFD), 0);
	close(ends[0]);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("notify");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_path_hears_it);
	tcase_add_test(tcase, the_longest_path_hears_it);
	tcase_add_test(tcase, an_abstract_name_hears_it);
	tcase_add_test(tcase, who_does_not_listen_does_not_hear);
	tcase_add_test(tcase, who_does_not_read_holds_up_nobody);
	tcase_add_test(tcase, a_descriptor_hears_it_once);
	return run_cases("notify", &tcase, 1);
}
