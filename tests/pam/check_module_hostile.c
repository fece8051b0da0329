/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * An agent that is hostile, or freezes, at each point of an exchange, and
 * things that lie where its socket should.  A login, an account check and the
 * opening of a session end in time and grant nothing; a logout is one.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/pam/scene.h"

#define HUGE_SIZE 100000
#define LATE_S	  2.2

/*
 * What it does with each connection, a letter at a time; what it does not
 * close stays open for ever.
 *
 *	a  accept		c  close
 *	r  read the question	s  shut its side down
 *	h  half an answer	t  an answer and a byte
 *	b  an answer, a byte at a time, each a packet
 *	e  an empty packet	H  a huge packet
 *	f  an answer that is wrong, with descriptors
 *	n  answers that are none until nobody takes them
 */
static const char *const plays[] = { "", "a", "ac", "as", "ah", "at", "ab",
	"ae", "aH", "af", "an", "ar", "arc", "ars", "arh", "arhc", "art",
	"artc", "arb", "arbc", "are", "arec", "arH", "arHc", "arf", "arfc",
	"arn", "arnc" };

static const uint8_t answer[PROTO_ANSWER_SIZE] = { PROTO_VERSION,
	OP_AUTHENTICATE | PROTO_REPLY, STATUS_OK };

static void
say(int fd, const void *bytes, size_t size)
{
	(void)!send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
say_with_descriptors(int fd)
{
	uint8_t wrong[] = { PROTO_VERSION, 0, STATUS_OK, 0 };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control = { .bytes = { 0 } };
	const int passed[2] = { fd, fd };
	struct iovec bytes = { wrong, sizeof(wrong) };
	struct msghdr packet = { .msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(passed));
	memcpy(CMSG_DATA(&control.header), passed, sizeof(passed));
	sendmsg(fd, &packet, MSG_NOSIGNAL);
}

static void
act(int *fd, int listener, char letter)
{
	static const char huge[HUGE_SIZE];
	char question[2048];

	if (letter == 'a')
		*fd = accept(listener, NULL, NULL);
	else if (letter == 'r')
		(void)!recv(*fd, question, sizeof(question), 0);
	else if (letter == 'c')
		close(*fd);
	else if (letter == 's')
		shutdown(*fd, SHUT_WR);
	else if (letter == 'h')
		say(*fd, answer, sizeof(answer) / 2);
	else if (letter == 't')
		say(*fd, huge, sizeof(answer) + 1);
	else if (letter == 'b')
		for (size_t i = 0; i < sizeof(answer); i++)
			say(*fd, answer + i, 1);
	else if (letter == 'e')
		say(*fd, "", 0);
	else if (letter == 'H')
		say(*fd, huge, sizeof(huge));
	else if (letter == 'f')
		say_with_descriptors(*fd);
	else if (letter == 'n')
		while (send(*fd, answer, 3, MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
			continue;
}

static int
listen_at(const char *path, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	ck_assert_int_eq(
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	if (type != SOCK_DGRAM)
		ck_assert_int_eq(listen(fd, 8), 0);
	return fd;
}

static pid_t
start_play(const char *play)
{
	int listener = listen_at(login_path("socket"), SOCK_SEQPACKET);
	pid_t pid = fork();
	int fd = -1;

	ck_assert_int_ge(pid, 0);
	if (pid > 0) {
		close(listener);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (*play == '\0')
		pause();
	/* What is not closed stays open: every connection is waited for. */
	for (;;)
		for (const char *p = play; *p != '\0'; p++)
			act(&fd, listener, *p);
}

static void
stop_play(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	unlink(login_path("socket"));
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
write_service(unsigned timeout)
{
	char all[512];

	snprintf(all, sizeof(all), "socket=%s agent_uid=%u timeout=%u",
	    login_path("socket"), (unsigned)geteuid(), timeout);
	/* By this stack IGNORE would grant. */
	login_service("svc",
	    "auth [success=done ignore=1 default=die] %s %s\n"
	    "auth requisite pam_deny.so\nauth required pam_permit.so\n"
	    "account [success=done ignore=1 default=die] %s %s\n"
	    "account requisite pam_deny.so\naccount required pam_permit.so\n"
	    "session [success=done ignore=1 default=die] %s %s\n"
	    "session requisite pam_deny.so\nsession required pam_permit.so\n",
	    MODULE, all, MODULE, all, MODULE, all);
}

/* The phases of a login that a good agent let in, each within its time. */
static void
begin_well(struct login *login)
{
	struct listener listener;

	scene_status(&listener, GOOD GOOD);
	login_begin(login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(login, good_token), PAM_SUCCESS);
	listener_stop(&listener);
	unlink(login_path("socket"));
}

static void
says_in_time(int expected, int code, double begun, const char *what)
{
	ck_assert_msg(code == expected, "%s: %d", what, code);
	ck_assert_msg(
	    now() - begun < LATE_S, "%s: took %g s", what, now() - begun);
}

static void
asks_in_vain(struct login *login, const char *what)
{
	double begun = now();

	says_in_time(PAM_AUTHINFO_UNAVAIL,
	    login_try("svc", "alice", good_token), begun, what);
	begun = now();
	says_in_time(PAM_AUTHINFO_UNAVAIL, login_account(login), begun, what);
	begun = now();
	says_in_time(
	    PAM_SESSION_ERR, pam_open_session(login->pamh, 0), begun, what);
	ck_assert_msg(!scene_leaked(), "%s", what);
}

static int
next_descriptor(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

START_TEST(hostile)
{
	struct login login;
	int before;
	pid_t pid;

	write_service(500);
	begin_well(&login);
	before = next_descriptor();
	pid = start_play(plays[_i]);
	asks_in_vain(&login, plays[_i]);
	stop_play(pid);
	ck_assert_int_eq(next_descriptor(), before);
	login_end(&login);
}
END_TEST

/* With the time that there is by default; and stopped, not only silent. */
START_TEST(stopped)
{
	struct login login;
	pid_t pid;
	int status;

	write_service(2000);
	begin_well(&login);
	pid = start_play("arh");
	ck_assert_int_eq(kill(pid, SIGSTOP), 0);
	ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
	asks_in_vain(&login, "stopped");
	stop_play(pid);
	login_end(&login);
}
END_TEST

/* A logout is one, whatever the agent does. */
START_TEST(logout)
{
	struct listener listener;
	struct login login;
	double begun;
	pid_t pid;

	write_service(1000);
	scene_status(&listener, GOOD);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	ck_assert_int_eq(pam_open_session(login.pamh, 0), PAM_SUCCESS);
	listener_stop(&listener);
	unlink(login_path("socket"));
	pid = start_play(plays[_i]);
	begun = now();
	says_in_time(
	    PAM_SUCCESS, pam_close_session(login.pamh, 0), begun, plays[_i]);
	stop_play(pid);
	login_end(&login);
}
END_TEST

static void
put_zero(const char *path)
{
	/* Who may not make devices has one that is there. */
	if (mknod(path, S_IFCHR | 0600, makedev(1, 5)) != 0)
		ck_assert_int_eq(symlink("/dev/zero", path), 0);
}

static void
put_fifo(const char *path)
{
	ck_assert_int_eq(mkfifo(path, 0600), 0);
}

static void
put_file(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	ck_assert_int_ge(fd, 0);
	(void)!write(fd, answer, sizeof(answer));
	close(fd);
}

static void
put_folder(const char *path)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void
put_link(const char *path)
{
	ck_assert_int_eq(symlink("nowhere", path), 0);
}

static void
put_stream(const char *path)
{
	listen_at(path, SOCK_STREAM);
}

static void
put_datagram(const char *path)
{
	listen_at(path, SOCK_DGRAM);
}

/* Bound, and nobody listens. */
static void
put_deaf(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	ck_assert_int_eq(
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
}

static const struct thing {
	const char *name;
	void (*put)(const char *path);
} things[] = {
	{ "nothing", NULL },
	{ "a device", put_zero },
	{ "a FIFO", put_fifo },
	{ "a file", put_file },
	{ "a folder", put_folder },
	{ "a link to nowhere", put_link },
	{ "a stream", put_stream },
	{ "datagrams", put_datagram },
	{ "a socket that nobody listens at", put_deaf },
};

START_TEST(no_agent)
{
	const struct thing *thing = &things[_i];
	struct login login;

	write_service(2000);
	begin_well(&login);
	if (thing->put != NULL)
		thing->put(login_path("socket"));
	asks_in_vain(&login, thing->name);
	ck_assert_msg(scene_logged("nobody listens there"), "%s: %s",
	    thing->name, journal_text());
	login_end(&login);
}
END_TEST

static void
add_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, hostile, 0, COUNT(plays));
	tcase_add_test(tcase, stopped);
	tcase_add_loop_test(tcase, logout, 0, COUNT(plays));
	tcase_add_loop_test(tcase, no_agent, 0, COUNT(things));
}

int
main(void)
{
	return scene_run("module: hostile agents", add_tests);
}
