/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * An upgrade under load: logins through libpam go on all the time while the
 * agent is stopped and started again on sockets that stay, as systemd has
 * them, while it is killed, and while the module's file is replaced.  A good
 * token is never refused but by the kills, a wrong one never accepted.
 */
#include <check.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/tokentext.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"

#define LOGINS	4 /* at a time */
#define BETWEEN 8 /* logins, at least, from one replacement to the next */
#define FIRST	3 /* the descriptors of sd_listen_fds(3) */
#define READY	(FIRST + 3)

extern char **environ;

static const char *const names[] = { "auth", "user", "admin" };

struct counts {
	atomic_ulong good;     /* let in */
	atomic_ulong refused;  /* with a good token */
	atomic_ulong accepted; /* with a wrong one */
	atomic_bool stopping;
};
static struct counts *counts; /* shared with those who log in */

static int listeners[3];
static char folder[64], module[PATH_MAX], program[PATH_MAX];
static char token[TOKEN_TEXT_SIZE + 2], wrong[TOKEN_TEXT_SIZE + 1];
static pid_t logins[LOGINS];

static unsigned
rounds(void)
{
	return getenv("APITOKEN_LONG") != NULL ? 500 : 15;
}

static int
listen_on(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s.sock",
	    folder, name);
	ck_assert_int_eq(
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 128), 0);
	return fd;
}

static void
become_nobody(void)
{
	const gid_t group = realagent_uid();

	if (geteuid() == 0 &&
	    (setgroups(1, &group) != 0 || setgid(group) != 0 ||
		setuid(realagent_uid()) != 0))
		_exit(127);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static _Noreturn void
run_agent(int binary, int ready, int log, const char *config)
{
	char *const argv[] = { (char[]) { "apitokend" },
		(char[]) { "--config" }, strdup(config),
		(char[]) { "--ready-fd" }, (char[]) { "6" }, NULL };
	char pid[16];

	_Static_assert(READY == 6, "--ready-fd");
	dup2(log, STDERR_FILENO);
	dup2(ready, READY);
	for (int i = 0; i < 3; i++)
		dup2(listeners[i], FIRST + i);
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "3", 1);
	setenv("LISTEN_FDNAMES", "auth:user:admin", 1);
	become_nobody();
	fexecve(binary, argv, environ);
	_exit(127);
}

/* Far from the numbers that it is given. */
static int
far(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 40);

	ck_assert_int_ge(copy, 40);
	close(fd);
	return copy;
}

static pid_t
start_agent(void)
{
	int binary = far(open(program, O_RDONLY | O_CLOEXEC));
	int log = far(open(login_path("agent.log"),
	    O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0600));
	const char *config = login_path("apitokend.conf");
	int ready[2];
	pid_t agent;
	char byte;

	ck_assert_int_eq(pipe(ready), 0);
	ready[0] = far(ready[0]);
	ready[1] = far(ready[1]);
	agent = fork();
	ck_assert_int_ge(agent, 0);
	if (agent == 0)
		run_agent(binary, ready[1], log, config);
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(binary);
	close(log);
	return agent;
}

static void
copy_module(const char *to)
{
	char bytes[65536];
	int in = open(MODULE, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	ssize_t got;

	ck_assert_int_ge(in, 0);
	ck_assert_int_ge(out, 0);
	while ((got = read(in, bytes, sizeof(bytes))) > 0)
		ck_assert_int_eq(write(out, bytes, (size_t)got), got);
	close(in);
	close(out);
}

static _Noreturn void
log_in_again_and_again(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* A child has a folder of its own for the service's file. */
	login_service("svc",
	    "auth required %s socket=%s agent_uid=%u nodelay\n", module, folder,
	    (unsigned)geteuid());
	while (!counts->stopping) {
		if (login_try("svc", "alice", token) == PAM_SUCCESS)
			counts->good++;
		else
			counts->refused++;
		if (login_try("svc", "alice", wrong) == PAM_SUCCESS)
			counts->accepted++;
	}
	exit(0);
}

static void
await_logins(void)
{
	unsigned long wanted = counts->good + counts->refused + BETWEEN;

	while (counts->good + counts->refused < wanted)
		sched_yield();
}

static void
make_token(void)
{
	const char *const create[] = { "create", "t", "--user", "alice",
		"--quiet", NULL };
	struct token parsed;

	ck_assert_int_eq(realagent_command(token, sizeof(token), create), 0);
	ck_assert_int_eq(tokentext_parse(token, TOKEN_TEXT_SIZE, &parsed), 0);
	parsed.secret[7] ^= 1;
	tokentext_format(&parsed, wrong);
}

static pid_t
begin(void)
{
	pid_t agent;

	snprintf(folder, sizeof(folder), "%s", login_folder());
	snprintf(module, sizeof(module), "%s", login_path("module.so"));
	snprintf(program, sizeof(program), "%s/apitokend", BUILD_FOLDER);
	copy_module(module);
	/* Its first start makes store, key and configuration. */
	agent = realagent_start("");
	make_token();
	realagent_stop(agent);
	for (int i = 0; i < 3; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s.sock", names[i]);
		unlink(login_path(path));
		listeners[i] = far(listen_on(names[i]));
	}
	agent = start_agent();
	*counts = (struct counts) { 0 };
	for (int i = 0; i < LOGINS; i++) {
		logins[i] = fork();
		if (logins[i] == 0)
			log_in_again_and_again();
	}
	await_logins();
	return agent;
}

static void
end(pid_t agent, const char *what)
{
	counts->stopping = true;
	for (int i = 0; i < LOGINS; i++)
		waitpid(logins[i], NULL, 0);
	realagent_stop(agent);
	printf("replace: %u times %s: %lu logins, %lu refused\n", rounds(),
	    what, counts->good + counts->refused, counts->refused);
	ck_assert_uint_gt(counts->good, 0);
	ck_assert_uint_eq(counts->accepted, 0);
}

START_TEST(the_agent_is_restarted)
{
	pid_t agent = begin();

	for (unsigned i = 0; i < rounds(); i++) {
		realagent_stop(agent);
		agent = start_agent();
		await_logins();
	}
	end(agent, "the agent restarted");
	ck_assert_uint_eq(counts->refused, 0);
}
END_TEST

/* Whoever is being answered just then is not; nobody else. */
START_TEST(the_agent_is_killed)
{
	pid_t agent = begin();

	for (unsigned i = 0; i < rounds(); i++) {
		realagent_kill(agent);
		agent = start_agent();
		await_logins();
	}
	end(agent, "the agent killed");
	ck_assert_uint_le(counts->refused, LOGINS * rounds());
}
END_TEST

START_TEST(the_module_is_replaced)
{
	pid_t agent = begin();
	const char *next = login_path("next.so");

	for (unsigned i = 0; i < rounds(); i++) {
		copy_module(next);
		ck_assert_int_eq(rename(next, module), 0);
		await_logins();
	}
	end(agent, "the module replaced");
	ck_assert_uint_eq(counts->refused, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("replace");
	TCase *tcase = tcase_create("replace");
	SRunner *runner = srunner_create(suite);
	int failed;

	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED)
		return EXIT_FAILURE;
	tcase_set_timeout(tcase, 600);
	tcase_add_test(tcase, the_agent_is_restarted);
	tcase_add_test(tcase, the_agent_is_killed);
	tcase_add_test(tcase, the_module_is_replaced);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
