/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * The agent as it was built, on saslauthd's socket: what its clients get, whole
 * or half, one or many at a time.
 */
#include <check.h>
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/tokentext.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

#define HUMAN "correct horse battery staple"

/* Nobody has to wait so long who is not forgotten. */
#define WAIT_S 30

static pid_t agent;
static char token[TOKEN_TEXT_SIZE + 1];

/* The only group that an agent without rights can give a socket to. */
static const char *
own_group(void)
{
	const struct group *group = getgrgid(
	    geteuid() == 0 ? (gid_t)realagent_uid() : getegid());

	return group != NULL ? group->gr_name : NULL;
}

static void
start(void)
{
	char config[512];

	snprintf(config, sizeof(config),
	    "saslauthd = %s\nsaslauthd_group = %s\n"
	    "[agent]\nlocal_realms = local.example\n"
	    "[service imap]\nproject = elsewhere\n",
	    login_path("mux"), own_group());
	agent = realagent_start(config);
}

static void
stop(void)
{
	if (agent > 0)
		realagent_stop(agent);
	agent = -1;
}

/* Into token; an option may be NULL. */
static void
create(
    const char *name, const char *user, const char *option, const char *value)
{
	const char *const arguments[] = { "create", name, "--user", user,
		"--quiet", option, value, NULL };
	char line[256];

	ck_assert_int_eq(realagent_command(line, sizeof(line), arguments), 0);
	ck_assert_uint_eq(strlen(line), TOKEN_TEXT_SIZE);
	strcpy(token, line);
}

/* Clients. */

struct request {
	uint8_t bytes[2048];
	size_t size;
};

static void
put(struct request *request, const char *text)
{
	size_t size = strlen(text);

	ck_assert_uint_le(request->size + 2 + size, sizeof(request->bytes));
	request->bytes[request->size++] = (uint8_t)(size >> 8);
	request->bytes[request->size++] = (uint8_t)size;
	memcpy(request->bytes + request->size, text, size);
	request->size += size;
}

static struct request
request_of(const char *login, const char *password, const char *service,
    const char *realm)
{
	struct request request = { .size = 0 };

	put(&request, login);
	put(&request, password);
	put(&request, service);
	put(&request, realm);
	return request;
}

static int
dial(void)
{
	const struct timeval limit = { .tv_sec = WAIT_S };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
	    login_path("mux"));
	ck_assert_int_eq(
	    connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	return fd;
}

/* What of it goes through: the agent may have closed. */
static void
say(int fd, const void *bytes, size_t size)
{
	(void)!send(fd, bytes, size, MSG_NOSIGNAL);
}

/* "OK", "NO" or, where it is closed without a word, "". */
static const char *
hear(int fd)
{
	static char answer[16];
	size_t size = 0;
	ssize_t got;

	while (
	    (got = recv(fd, answer + size, sizeof(answer) - 1 - size, 0)) > 0)
		size += (size_t)got;
	ck_assert_msg(got == 0 || (got < 0 && errno == ECONNRESET),
	    "neither an answer nor an end: %s", strerror(errno));
	close(fd);
	answer[size] = '\0';
	if (size == 0)
		return "";
	ck_assert_uint_eq(size, 4);
	ck_assert_int_eq(memcmp(answer, "\0\2", 2), 0);
	return answer + 2;
}

static const char *
ask(const char *login, const char *password, const char *service,
    const char *realm)
{
	struct request request = request_of(login, password, service, realm);
	int fd = dial();

	say(fd, request.bytes, request.size);
	return hear(fd);
}

static const char *
ask_from(const char *address)
{
	struct request request = request_of("alice", token, "smtp", "");
	int fd = dial();

	put(&request, address);
	say(fd, request.bytes, request.size);
	return hear(fd);
}

static void
expect_served(void)
{
	ck_assert_str_eq(ask("alice", token, "smtp", ""), "OK");
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Verdicts. */

static const struct {
	const char *login;
	const char *service;
	const char *realm;
	const char *answer;
} rows[] = {
	{ "alice", "smtp", "", "OK" },
	{ "alice", "pop", "", "OK" },
	{ "alice", "imap", "", "NO" },
	{ "alice", "sudo", "", "NO" },
	{ "alice", "smtp", "local.example", "OK" },
	{ "alice", "smtp", "dom.example", "NO" },
	{ "alice@dom.example", "smtp", "", "NO" },
	{ "alice@dom.example", "smtp", "local.example", "NO" },
	{ "bob", "smtp", "", "NO" },
	{ "root", "smtp", "", "NO" },
	{ "Alice", "smtp", "", "NO" },
	{ "alice", "a/service", "", "OK" },
	{ "alice",
	    "a service whose name is longer than any other, so that "
	    "nobody has it",
	    "", "NO" },
};

START_TEST(verdicts)
{
	create("laptop", "alice", NULL, NULL);
	for (int i = 0; i < COUNT(rows); i++)
		ck_assert_msg(strcmp(ask(rows[i].login, token, rows[i].service,
					 rows[i].realm),
				  rows[i].answer) == 0,
		    "%s@%s at %s is not %s", rows[i].login, rows[i].realm,
		    rows[i].service, rows[i].answer);
	create("domain", "alice@dom.example", NULL, NULL);
	ck_assert_str_eq(ask("alice", token, "smtp", "dom.example"), "OK");
	ck_assert_str_eq(ask("alice@dom.example", token, "smtp", ""), "OK");
	ck_assert_str_eq(ask("alice", token, "smtp", ""), "NO");
	ck_assert_str_eq(ask("alice", token, "smtp", "local.example"), "NO");
}
END_TEST

START_TEST(only_a_good_token_lets_in)
{
	struct token wrong = { 0 };
	char text[TOKEN_TEXT_SIZE + 1];

	create("laptop", "alice", NULL, NULL);
	ck_assert_int_eq(tokentext_parse(token, TOKEN_TEXT_SIZE, &wrong), 0);
	for (size_t i = 0; i < TOKEN_SECRET_SIZE; i++) {
		wrong.secret[i] ^= 1;
		tokentext_format(&wrong, text);
		ck_assert_str_eq(ask("alice", text, "smtp", ""), "NO");
		wrong.secret[i] ^= 1;
	}
	wrong.id[0] = wrong.id[0] == 'a' ? 'b' : 'a';
	tokentext_format(&wrong, text);
	ck_assert_str_eq(ask("alice", text, "smtp", ""), "NO");
	ck_assert_str_eq(ask("alice", HUMAN, "smtp", ""), "NO");
	ck_assert_str_eq(ask("alice", "", "smtp", ""), "NO");
	ck_assert_str_eq(ask("", token, "smtp", ""), "NO");
	ck_assert_str_eq(ask("alice", token, "", ""), "NO");
	expect_served();
	/* The secret of one kind is not that of another. */
	ck_assert_int_eq(tokentext_parse(token, TOKEN_TEXT_SIZE, &wrong), 0);
	for (int kind = TOKEN_ACCESS; kind <= TOKEN_MANAGEMENT; kind++) {
		wrong.kind = (enum token_kind)kind;
		tokentext_format(&wrong, text);
		ck_assert_str_eq(ask("alice", text, "smtp", ""), "NO");
	}
}
END_TEST

/* The address is taken from what came with the rest, and not waited for. */
START_TEST(addresses)
{
	struct request request;
	int fd;

	create("here", "alice", "--from", "192.0.2.0/24");
	ck_assert_str_eq(ask("alice", token, "smtp", ""), "NO");
	ck_assert_str_eq(ask_from("192.0.2.7;4711"), "OK");
	ck_assert_str_eq(ask_from("198.51.100.7;4711"), "NO");
	ck_assert_str_eq(ask_from("192.0.2.7"), "NO");
	request = request_of("alice", token, "smtp", "");
	fd = dial();
	say(fd, request.bytes, request.size);
	ck_assert_str_eq(hear(fd), "NO");
}
END_TEST

START_TEST(what_is_too_long_is_refused_at_once)
{
	static const char much[300];
	struct request request = { .size = 0 };
	int fd = dial();

	create("laptop", "alice", NULL, NULL);
	put(&request, "alice");
	/* Two bytes say it; the client has sent more, and still hears. */
	say(fd, request.bytes, request.size);
	say(fd, "\1\1", 2);
	say(fd, much, sizeof(much));
	ck_assert_str_eq(hear(fd), "NO");
	fd = dial();
	say(fd, "\xff\xff", 2);
	ck_assert_str_eq(hear(fd), "NO");
	expect_served();
}
END_TEST

/* How requests come. */

/* A byte at a time; "" if it took so long that nobody listened any more. */
static const char *
ask_slowly(const struct request *request)
{
	int fd = dial();

	for (size_t i = 0; i < request->size; i++)
		say(fd, request->bytes + i, 1);
	return hear(fd);
}

/* On a machine with much to do it may be too slow, but then it took time. */
START_TEST(one_byte_at_a_time)
{
	struct request request;
	const char *answer = "";

	create("laptop", "alice", NULL, NULL);
	request = request_of("alice", token, "smtp", "local.example");
	if (_i == 1)
		put(&request, "192.0.2.7;25");
	for (int i = 0; i < 10 && answer[0] == '\0'; i++) {
		double begun = now();

		answer = ask_slowly(&request);
		ck_assert(answer[0] != '\0' || now() - begun > 1.9);
	}
	ck_assert_str_eq(answer, "OK");
}
END_TEST

START_TEST(who_stops_half_way_is_cut_off)
{
	struct request request;
	double begun = now();
	int stopped[4];

	create("laptop", "alice", NULL, NULL);
	request = request_of("alice", token, "smtp", "");
	for (int i = 0; i < COUNT(stopped); i++) {
		stopped[i] = dial();
		say(stopped[i], request.bytes,
		    request.size * (size_t)i / COUNT(stopped));
	}
	expect_served();
	for (int i = 0; i < COUNT(stopped); i++)
		ck_assert_str_eq(hear(stopped[i]), "");
	ck_assert(now() - begun > 1.9);
	ck_assert(now() - begun < WAIT_S);
	expect_served();
}
END_TEST

/* They lose their places to one another, and nobody else's. */
START_TEST(many_who_stop_half_way_harm_nobody)
{
	int stopped[400];

	create("laptop", "alice", NULL, NULL);
	for (int i = 0; i < COUNT(stopped); i++) {
		stopped[i] = dial();
		say(stopped[i], "\0\5al", 4);
	}
	expect_served();
	for (int i = 0; i < COUNT(stopped); i++)
		close(stopped[i]);
	expect_served();
}
END_TEST

START_TEST(who_goes_away_is_forgotten)
{
	struct request request;
	int fd;

	create("laptop", "alice", NULL, NULL);
	request = request_of("alice", token, "smtp", "");
	for (size_t i = 0; i <= request.size; i++) {
		fd = dial();
		say(fd, request.bytes, i);
		close(fd);
	}
	/* Who has nothing more to say is answered all the same. */
	fd = dial();
	say(fd, request.bytes, request.size);
	ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
	ck_assert_str_eq(hear(fd), "OK");
}
END_TEST

START_TEST(many_at_once)
{
	struct request request;
	int fds[64];

	create("laptop", "alice", NULL, NULL);
	request = request_of("alice", token, "smtp", "");
	for (int i = 0; i < COUNT(fds); i++) {
		fds[i] = dial();
		say(fds[i], request.bytes, request.size);
	}
	for (int i = 0; i < COUNT(fds); i++)
		ck_assert_str_eq(hear(fds[i]), "OK");
}
END_TEST

START_TEST(a_use_is_spent_once)
{
	struct request request;
	int fds[16], let_in = 0;

	create("once", "alice", "--uses", "3");
	request = request_of("alice", token, "smtp", "");
	for (int i = 0; i < COUNT(fds); i++) {
		fds[i] = dial();
		say(fds[i], request.bytes, request.size);
	}
	for (int i = 0; i < COUNT(fds); i++) {
		const char *answer = hear(fds[i]);

		let_in += strcmp(answer, "OK") == 0;
		ck_assert(
		    strcmp(answer, "OK") == 0 || strcmp(answer, "NO") == 0);
	}
	ck_assert_int_eq(let_in, 3);
	ck_assert_str_eq(ask("alice", token, "smtp", ""), "NO");
}
END_TEST

/* The agent itself. */

/* With another key the store is not the agent's, and it is sealed. */
static void
change_key(void)
{
	const char *path = login_path("master.key");
	FILE *file;

	ck_assert_int_eq(unlink(path), 0);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fchmod(fileno(file), 0400), 0);
	if (geteuid() == 0)
		ck_assert_int_eq(
		    fchown(fileno(file), realagent_uid(), (gid_t)-1), 0);
	ck_assert_int_gt(fprintf(file, "1 %064d\n", 1), 0);
	ck_assert_int_eq(fclose(file), 0);
}

START_TEST(a_sealed_agent_says_nothing)
{
	create("laptop", "alice", NULL, NULL);
	expect_served();
	realagent_stop(agent);
	change_key();
	start();
	ck_assert_str_eq(ask("alice", token, "smtp", ""), "");
	/* That is no token, whatever the store says. */
	ck_assert_str_eq(ask("alice", HUMAN, "smtp", ""), "NO");
}
END_TEST

START_TEST(who_is_not_of_the_group_is_kept_out)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat st;
	pid_t child;
	int status;

	ck_assert_int_eq(stat(login_path("mux"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0660);
	if (geteuid() != 0)
		return;
	/* It is the mode that does it, and not the folder's. */
	ck_assert_int_eq(chmod(login_folder(), 0755), 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
	    login_path("mux"));
	for (gid_t gid = st.st_gid - 1; gid <= st.st_gid; gid++) {
		child = fork();
		ck_assert_int_ge(child, 0);
		if (child == 0) {
			int fd = socket(AF_UNIX, SOCK_STREAM, 0);

			if (setgroups(0, NULL) != 0 || setgid(gid) != 0 ||
			    setuid(54321) != 0)
				_exit(2);
			_exit(connect(fd, (struct sockaddr *)&address,
				  sizeof(address)) == 0
				  ? 0
			      : errno == EACCES ? 1
						: 3);
		}
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert(WIFEXITED(status));
		ck_assert_int_eq(WEXITSTATUS(status), gid == st.st_gid ? 0 : 1);
	}
}
END_TEST

static bool
log_has(const char *text)
{
	static char log[65536];
	FILE *file = fopen(login_path("agent.log"), "r");
	size_t size;

	ck_assert_ptr_nonnull(file);
	size = fread(log, 1, sizeof(log) - 1, file);
	fclose(file);
	log[size] = '\0';
	return strstr(log, text) != NULL;
}

START_TEST(the_log_knows_more_than_the_client)
{
	char secret[TOKEN_TEXT_SIZE + 1];

	create("laptop", "alice", NULL, NULL);
	expect_served();
	ck_assert_str_eq(ask("bob", token, "smtp", ""), "NO");
	ck_assert_str_eq(ask("alice", HUMAN, "smtp", ""), "NO");
	ck_assert_str_eq(ask("alice", HUMAN, "", ""), "NO");
	stop();
	ck_assert(log_has("login accepted token="));
	ck_assert(log_has("login refused reason=\"login\" token="));
	ck_assert(log_has("login refused reason=\"not-a-token\" user=\"alice\" "
			  "service=\"smtp\" tty=\"saslauthd\""));
	ck_assert(log_has("login not answered: malformed message"));
	snprintf(secret, sizeof(secret), "%s", token + TOKEN_TEXT_SIZE - 12);
	ck_assert(!log_has(secret));
	ck_assert(!log_has("horse"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("saslauthd and agent");
	TCase *tcase = tcase_create("saslauthd");
	SRunner *runner = srunner_create(suite);
	int failed;

	if (own_group() == NULL)
		return 77;
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_set_timeout(tcase, 4 * WAIT_S);
	tcase_add_test(tcase, verdicts);
	tcase_add_test(tcase, only_a_good_token_lets_in);
	tcase_add_test(tcase, addresses);
	tcase_add_test(tcase, what_is_too_long_is_refused_at_once);
	tcase_add_loop_test(tcase, one_byte_at_a_time, 0, 2);
	tcase_add_test(tcase, who_stops_half_way_is_cut_off);
	tcase_add_test(tcase, many_who_stop_half_way_harm_nobody);
	tcase_add_test(tcase, who_goes_away_is_forgotten);
	tcase_add_test(tcase, many_at_once);
	tcase_add_test(tcase, a_use_is_spent_once);
	tcase_add_test(tcase, a_sealed_agent_says_nothing);
	tcase_add_test(tcase, who_is_not_of_the_group_is_kept_out);
	tcase_add_test(tcase, the_log_knows_more_than_the_client);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
