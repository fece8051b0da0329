/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/client.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/proto.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define REPLY_SIZE   64
#define UNTOUCHED    ((size_t)-3)

/* Long enough to be measured, and a tenth of it. */
#define DEADLINE_MS 1000
#define SLACK_MS    100

static char directory[64], path[96];
static int listener = -1;
static pid_t child = -1;

/* If there is a bell, a child waits for it before it accepts anybody. */
static int bell = -1, bell_end = -1;

static void
setup(void)
{
	snprintf(directory, sizeof(directory), "/tmp/check_client.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/auth.sock", directory);
}

static void
teardown(void)
{
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	if (listener >= 0)
		close(listener);
	if (bell >= 0) {
		close(bell);
		close(bell_end);
	}
	if (unlink(path) != 0)
		rmdir(path);
	rmdir(directory);
	child = -1;
	listener = bell = bell_end = -1;
}

/* Whoever connects from here on is in the queue: nothing to wait for. */
static void
listen_as(int type, int backlog)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	listener = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(listener, 0);
	ck_assert_int_eq(
	    bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	if (type != SOCK_DGRAM)
		ck_assert_int_eq(listen(listener, backlog), 0);
}

static void
make_bell(void)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	bell_end = ends[0];
	bell = ends[1];
}

/* A child that treats every connection in its way, until it is killed. */
static void
serve_queue(void (*treat)(int fd))
{
	char c;

	child = fork();
	ck_assert_int_ge(child, 0);
	if (child > 0)
		return;
	/* A test that fails runs no teardown. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (bell_end >= 0 && read(bell_end, &c, 1) != 1)
		_exit(1);
	for (;;) {
		const int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			_exit(1);
		treat(fd);
		close(fd);
	}
}

static void
serve(void (*treat)(int fd))
{
	listen_as(SOCK_SEQPACKET, 8);
	serve_queue(treat);
}

/* As client_ask(), which must not leave a descriptor behind. */
static int
ask(const struct client *client, struct span request, void *reply, size_t size,
    size_t *got)
{
	const int before = dup(STDERR_FILENO);
	int after, error, reason;

	close(before);
	error = client_ask(client, request, reply, size, got);
	reason = errno;
	after = dup(STDERR_FILENO);
	close(after);
	ck_assert_int_eq(after, before);
	errno = reason;
	return error;
}

/* Asks "question" of the socket at path; a failure gives no size. */
static int
ask_question(uid_t uid, unsigned timeout_ms)
{
	const struct client client = { path, uid, timeout_ms };
	char reply[REPLY_SIZE];
	size_t got = UNTOUCHED;
	const int error = ask(
	    &client, span_of("question"), reply, sizeof(reply), &got);

	ck_assert_int_eq(got == UNTOUCHED, error != 0);
	return error;
}

/* What was asked, twice. */
static void
treat_well(int fd)
{
	static char in[PROTO_MESSAGE_MAX];
	char out[16];
	const ssize_t size = recv(fd, in, sizeof(in), 0);

	if (size < 0 || (size_t)size > sizeof(out) / 2)
		snprintf(out, sizeof(out), "%zd", size);
	else
		snprintf(
		    out, sizeof(out), "%.*s%.*s", (int)size, in, (int)size, in);
	send(fd, out, strlen(out), MSG_NOSIGNAL);
}

static void
treat_never(int fd)
{
	(void)fd;
	pause();
}

static void
treat_by_closing(int fd)
{
	(void)fd;
}

static void
treat_by_reading(int fd)
{
	char in[REPLY_SIZE];

	if (recv(fd, in, sizeof(in), 0) < 0)
		_exit(1);
}

static void
treat_with(int fd, size_t size)
{
	char out[4 * REPLY_SIZE];

	treat_by_reading(fd);
	memset(out, 'x', sizeof(out));
	send(fd, out, size, MSG_NOSIGNAL);
}

static void
treat_with_empty(int fd)
{
	treat_with(fd, 0);
}

static void
treat_with_all(int fd)
{
	treat_with(fd, REPLY_SIZE);
}

static void
treat_with_too_much(int fd)
{
	treat_with(fd, REPLY_SIZE + 1);
}

static void
treat_with_far_too_much(int fd)
{
	treat_with(fd, sizeof(char[4 * REPLY_SIZE]));
}

/* An answer that brings a descriptor along. */
static void
treat_with_descriptor(int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_level = SOL_SOCKET,
			  .cmsg_type = SCM_RIGHTS,
			  .cmsg_len = CMSG_LEN(sizeof(int)) } };
	struct iovec iov = { (char[]) { "x" }, 1 };
	const struct msghdr message = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };

	treat_by_reading(fd);
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	sendmsg(fd, &message, MSG_NOSIGNAL);
}

static const struct treatment {
	const char *name;
	void (*treat)(int fd);
	int error;
} treatments[] = {
	{ "well", treat_well, 0 },
	{ "all there is room for", treat_with_all, 0 },
	{ "with a descriptor", treat_with_descriptor, 0 },
	{ "a byte too much", treat_with_too_much, ERROR_MALFORMED },
	{ "far too much", treat_with_far_too_much, ERROR_MALFORMED },
	{ "an empty packet", treat_with_empty, ERROR_CLOSED },
	{ "closed once read", treat_by_reading, ERROR_CLOSED },
	{ "closed unread", treat_by_closing, ERROR_CLOSED },
};

/* Again and again, for the races there are. */
START_TEST(listeners_treat)
{
	const struct treatment *row = &treatments[_i];

	serve(row->treat);
	for (int i = 0; i < 100; i++)
		ck_assert_msg(ask_question(geteuid(), CLIENT_TIMEOUT_DEFAULT) ==
				  row->error,
		    "%s, number %d", row->name, i);
}
END_TEST

/*
 * A listener that spins closes some connections between our connect(2) and
 * our send(2), others after it: EPIPE and ECONNRESET are one thing to us.
 */
START_TEST(listener_closes_before_we_send)
{
	listen_as(SOCK_SEQPACKET | SOCK_NONBLOCK, 8);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			close(accept(listener, NULL, NULL));
	}
	for (int i = 0; i < 20000; i++)
		ck_assert_int_eq(ask_question(geteuid(), 2000), ERROR_CLOSED);
}
END_TEST

START_TEST(answer_is_that_of_the_listener)
{
	const struct client client = { path, geteuid(), CLIENT_TIMEOUT_MAX };
	char reply[REPLY_SIZE] = { 0 };
	size_t got = 0;

	serve(treat_well);
	ck_assert_int_eq(
	    ask(&client, span_of("ask"), reply, sizeof(reply), &got), 0);
	ck_assert_uint_eq(got, 6);
	ck_assert_str_eq(reply, "askask");
}
END_TEST

START_TEST(largest_request_is_one_packet)
{
	static char large[1 << 20];
	const struct client client = { path, geteuid(), 2000 };
	char reply[REPLY_SIZE] = { 0 };
	size_t got = UNTOUCHED;

	serve(treat_well);
	ck_assert_int_eq(ask(&client, span_bytes(large, PROTO_MESSAGE_MAX),
			     reply, sizeof(reply), &got),
	    0);
	ck_assert_str_eq(reply, "65536");
	got = UNTOUCHED;
	ck_assert_int_eq(ask(&client, span_bytes(large, sizeof(large)), reply,
			     sizeof(reply), &got),
	    ERROR_SYSTEM);
	ck_assert_int_eq(errno, EMSGSIZE);
	ck_assert_uint_eq(got, UNTOUCHED);
}
END_TEST

/* Whoever is not trusted sees the end of the connection and not a byte. */
START_TEST(nothing_is_sent_to_whom_we_do_not_trust)
{
	static const int step[] = { 1, -1, 12345 };
	char in[REPLY_SIZE];

	listen_as(SOCK_SEQPACKET, 8);
	for (size_t i = 0; i < COUNT(step); i++) {
		const uid_t uid = geteuid() + (uid_t)step[i];
		int fd;

		/* That is "any". */
		if (uid == CLIENT_ANY_UID)
			continue;
		ck_assert_int_eq(ask_question(uid, 500), ERROR_UNTRUSTED);
		fd = accept(listener, NULL, NULL);
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(recv(fd, in, sizeof(in), 0), 0);
		close(fd);
	}
}
END_TEST

START_TEST(any_uid_is_trusted_where_said)
{
	serve(treat_well);
	ck_assert_int_eq(ask_question(CLIENT_ANY_UID, 2000), 0);
	ck_assert_int_eq(ask_question(geteuid(), 2000), 0);
}
END_TEST

static void
make_file(void)
{
	const int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void
make_directory(void)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void
make_loop(void)
{
	ck_assert_int_eq(symlink(path, path), 0);
}

static void
make_dangling(void)
{
	ck_assert_int_eq(symlink("nowhere", path), 0);
}

static void
make_fifo(void)
{
	ck_assert_int_eq(mkfifo(path, 0600), 0);
}

static void
make_nothing(void)
{
}

static void
make_stream(void)
{
	listen_as(SOCK_STREAM, 8);
}

static void
make_datagram(void)
{
	listen_as(SOCK_DGRAM, 0);
}

static void
make_dead(void)
{
	listen_as(SOCK_SEQPACKET, 8);
	close(listener);
	listener = -1;
}

static const struct place {
	const char *name;
	void (*make)(void);
	int reason;
} places[] = {
	{ "nothing", make_nothing, ENOENT },
	{ "dangling link", make_dangling, ENOENT },
	{ "link to itself", make_loop, ELOOP },
	{ "file", make_file, ECONNREFUSED },
	{ "directory", make_directory, ECONNREFUSED },
	{ "fifo", make_fifo, ECONNREFUSED },
	{ "dead socket", make_dead, ECONNREFUSED },
	{ "stream socket", make_stream, EPROTOTYPE },
	{ "datagram socket", make_datagram, EPROTOTYPE },
};

START_TEST(places_without_a_listener)
{
	const struct place *place = &places[_i];

	place->make();
	ck_assert_msg(ask_question(geteuid(), 500) == ERROR_UNREACHABLE, "%s",
	    place->name);
	ck_assert_int_eq(errno, place->reason);
}
END_TEST

START_TEST(file_in_place_of_the_directory)
{
	char below[128];
	const struct client client = { below, geteuid(), 500 };
	char reply[REPLY_SIZE];
	size_t got;

	make_file();
	snprintf(below, sizeof(below), "%s/sock", path);
	ck_assert_int_eq(ask(&client, span_of("q"), reply, sizeof(reply), &got),
	    ERROR_UNREACHABLE);
	ck_assert_int_eq(errno, ENOTDIR);
}
END_TEST

/* Root may connect anywhere, so the test becomes somebody else. */
START_TEST(socket_that_we_may_not_use)
{
	const uid_t uid = geteuid();

	listen_as(SOCK_SEQPACKET, 8);
	ck_assert_int_eq(chmod(path, 0), 0);
	ck_assert_int_eq(chmod(directory, 0755), 0);
	if (uid == 0)
		ck_assert_int_eq(seteuid(65534), 0);
	ck_assert_int_eq(ask_question(uid, 500), ERROR_UNREACHABLE);
	ck_assert_int_eq(errno, EACCES);
	ck_assert_int_eq(seteuid(uid), 0);
}
END_TEST

/* Writes into the file that comes along. */
static void
treat_file(int fd)
{
	char in[REPLY_SIZE], control[CMSG_SPACE(sizeof(int))];
	struct iovec bytes = { in, sizeof(in) };
	struct msghdr message = { .msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	int file;

	if (recvmsg(fd, &message, 0) < 0 || CMSG_FIRSTHDR(&message) == NULL)
		_exit(1);
	memcpy(&file, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(file));
	(void)!write(file, "written", 7);
	close(file);
	send(fd, "done", 4, MSG_NOSIGNAL);
}

START_TEST(a_file_goes_along)
{
	const struct client client = { path, geteuid(), CLIENT_FILE_TIMEOUT };
	char reply[REPLY_SIZE], text[8] = "";
	int file = memfd_create("file", MFD_CLOEXEC);
	size_t got = 0;

	serve(treat_file);
	ck_assert_int_eq(client_ask_file(&client, span_of("question"), file,
			     reply, sizeof(reply), &got),
	    0);
	ck_assert_uint_eq(got, 4);
	ck_assert_int_eq(pread(file, text, sizeof(text), 0), 7);
	ck_assert_str_eq(text, "written");
	close(file);
	ck_assert_int_eq(client_ask_file(&client, span_of(""), file, reply,
			     sizeof(reply), &got),
	    ERROR_INVALID);
	/* Without a file nobody waits that long. */
	ck_assert_int_eq(client_ask(&client, span_of("question"), reply,
			     sizeof(reply), &got),
	    ERROR_INVALID);
}
END_TEST

START_TEST(arguments_are_checked)
{
	static const struct {
		size_t path, request;
		unsigned timeout_ms;
		int error, reason;
	} arguments[] = {
		{ 107, 1, 500, ERROR_UNREACHABLE, ENOENT },
		{ 107, 1, CLIENT_TIMEOUT_MAX, ERROR_UNREACHABLE, ENOENT },
		{ 108, 1, 500, ERROR_INVALID, ENAMETOOLONG },
		{ 109, 1, 500, ERROR_INVALID, ENAMETOOLONG },
		{ 4000, 1, 500, ERROR_INVALID, ENAMETOOLONG },
		{ 0, 1, 500, ERROR_INVALID, EINVAL },
		{ 20, 1, 0, ERROR_INVALID, EINVAL },
		{ 20, 1, CLIENT_TIMEOUT_MAX + 1, ERROR_INVALID, EINVAL },
		{ 20, 1, UINT_MAX, ERROR_INVALID, EINVAL },
		{ 20, 0, 500, ERROR_INVALID, EINVAL },
	};

	for (size_t i = 0; i < COUNT(arguments); i++) {
		char name[4096] = { 0 }, reply[REPLY_SIZE];
		const struct client client = { name, geteuid(),
			arguments[i].timeout_ms };
		size_t got = UNTOUCHED;

		memset(name, '/', arguments[i].path);
		if (arguments[i].path > 0)
			name[arguments[i].path - 1] = 'x';
		errno = 0;
		ck_assert_msg(
		    ask(&client, span_bytes("q", arguments[i].request), reply,
			sizeof(reply), &got) == arguments[i].error,
		    "row %zu", i);
		ck_assert_int_eq(errno, arguments[i].reason);
		ck_assert_uint_eq(got, UNTOUCHED);
	}
}
END_TEST

/*
 * Nobody takes from the queue, and the queue is full: who has gone again
 * keeps the place.
 */
static void
fill_queue(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	bool full = false;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	listen_as(SOCK_SEQPACKET, 0);
	while (!full) {
		const int fd = socket(
		    AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		ck_assert_int_ge(fd, 0);
		if (connect(fd, (struct sockaddr *)&address, sizeof(address)) !=
		    0) {
			ck_assert_int_eq(errno, EAGAIN);
			full = true;
		}
		close(fd);
	}
}

static void
accept_nothing(void)
{
	listen_as(SOCK_SEQPACKET, 8);
}

static void
answer_nothing(void)
{
	serve(treat_never);
}

/* A listener that stands still, as SIGSTOP leaves it. */
static void
freeze(void)
{
	int status;

	serve(treat_well);
	ck_assert_int_eq(kill(child, SIGSTOP), 0);
	ck_assert_int_eq(waitpid(child, &status, WUNTRACED), child);
	ck_assert(WIFSTOPPED(status));
}

static void (*const silences[])(
    void) = { fill_queue, accept_nothing, answer_nothing, freeze };

static volatile sig_atomic_t ticks;
static void
tick(int number)
{
	const int reason = errno;

	(void)number;
	/* The tenth rings. */
	if (++ticks == 10 && bell >= 0)
		(void)!write(bell, "!", 1);
	errno = reason;
}

/* A signal every 5 ms that restarts nothing. */
static void
start_ticking(void)
{
	const struct sigaction action = { .sa_handler = tick };
	const struct itimerval timer = { { 0, 5000 }, { 0, 5000 } };

	ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

static void
stop_ticking(void)
{
	const struct itimerval timer = { 0 };

	ck_assert_int_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

/* How often it is asked until the machine was not busy with others. */
#define ATTEMPTS 5

static void
assert_deadline(void)
{
	uint64_t took = 0;

	for (int i = 0; i < ATTEMPTS; i++) {
		const uint64_t began = clock_ms();

		ck_assert_int_eq(
		    ask_question(geteuid(), DEADLINE_MS), ERROR_TIMEOUT);
		took = clock_ms() - began;
		ck_assert_uint_ge(took, DEADLINE_MS);
		if (took <= DEADLINE_MS + SLACK_MS)
			return;
	}
	ck_abort_msg("%llu ms at best", (unsigned long long)took);
}

START_TEST(silence_ends_at_the_deadline)
{
	silences[_i]();
	assert_deadline();
}
END_TEST

START_TEST(signals_do_not_move_the_deadline)
{
	silences[_i]();
	start_ticking();
	assert_deadline();
	stop_ticking();
	/* Were there none, the test would have shown nothing. */
	ck_assert_int_gt(ticks, DEADLINE_MS / 5 / 4);
}
END_TEST

/* The answer comes only after ten signals have come while we waited. */
START_TEST(signals_do_not_lose_the_answer)
{
	make_bell();
	serve(treat_well);
	start_ticking();
	ck_assert_int_eq(ask_question(geteuid(), 5000), 0);
	stop_ticking();
	ck_assert_int_ge(ticks, 10);
}
END_TEST

/* Likewise while we waited for a place in the queue. */
START_TEST(signals_do_not_lose_the_place)
{
	make_bell();
	fill_queue();
	serve_queue(treat_well);
	start_ticking();
	ck_assert_int_eq(ask_question(geteuid(), 5000), 0);
	stop_ticking();
	ck_assert_int_ge(ticks, 10);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("client");
	TCase *tcase = tcase_create("client");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, listeners_treat, 0, (int)COUNT(treatments));
	tcase_add_test(tcase, listener_closes_before_we_send);
	tcase_add_test(tcase, answer_is_that_of_the_listener);
	tcase_add_test(tcase, largest_request_is_one_packet);
	tcase_add_test(tcase, nothing_is_sent_to_whom_we_do_not_trust);
	tcase_add_test(tcase, any_uid_is_trusted_where_said);
	tcase_add_loop_test(
	    tcase, places_without_a_listener, 0, (int)COUNT(places));
	tcase_add_test(tcase, file_in_place_of_the_directory);
	tcase_add_test(tcase, socket_that_we_may_not_use);
	tcase_add_test(tcase, a_file_goes_along);
	tcase_add_test(tcase, arguments_are_checked);
	tcase_add_loop_test(
	    tcase, silence_ends_at_the_deadline, 0, (int)COUNT(silences));
	tcase_add_loop_test(
	    tcase, signals_do_not_move_the_deadline, 0, (int)COUNT(silences));
	tcase_add_test(tcase, signals_do_not_lose_the_answer);
	tcase_add_test(tcase, signals_do_not_lose_the_place);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
