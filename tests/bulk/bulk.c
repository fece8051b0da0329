/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bulk [COUNT]: so many tokens (100,000) by one import into the agent that was
 * built; listed, filtered and revoked while a client verifies, and while
 * another one has stopped to read its list.  Says how long each took, and
 * the p50 and p99 of the verifying client alone and meanwhile.
 */
#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/client.h"
#include "common/error.h"
#include "common/message.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"

#define COUNT	    100000
#define OWNERS	    100
#define PROBES	    5000       /* verifications of a client that is alone */
#define PROBES_MAX  2000000    /* that are kept: the last ones */
#define GROWTH_MAX  (8 << 20)  /* bytes; a view held open costs more */
#define P99_MAX	    0.5	       /* seconds: nobody is stalled */
#define LISTING_MAX (16 << 10) /* KiB, of a client that lists them all */
#define IMPORT_TIME 60	       /* seconds, for each COUNT tokens */

static pid_t agent;
static long count = COUNT;
static char token[TOKEN_TEXT_SIZE + 1];
static char auth_socket[PATH_MAX];
static double took[PROBES_MAX]; /* seconds, of verifications */

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
start(void)
{
	const char *create[] = { "create", "probe", "--user", "alice",
		"--quiet", NULL };

	agent = realagent_start("[service svc]\naccess = full\n");
	strcpy(auth_socket, login_path("auth.sock"));
	setenv("APITOKEN_SOCKET", login_path("admin.sock"), 1);
	setenv("PROGRAM", BUILD_FOLDER "/apitoken", 1);
	setenv("FILE", login_path("bulk.jsonl"), 1);
	/* A new store may begin with tokens of its own. */
	ck_assert_int_eq(system("printf '{\"apitoken\":1}\n{\"end\":0}\n' | "
				"$PROGRAM import --exact --yes --quiet && "
				"for i in 0 1 2 3 4 5 6; do $PROGRAM project "
				"create p$i --quiet >/dev/null || exit 1; "
				"done"),
	    0);
	ck_assert_int_eq(realagent_command(token, sizeof(token), create), 0);
}

static void
stop(void)
{
	realagent_stop(agent);
}

/* A shell command that must succeed; the number that it prints. */
static long
number(const char *command)
{
	FILE *out = popen(command, "r");
	long printed = -1;

	ck_assert_ptr_nonnull(out);
	if (fscanf(out, "%ld", &printed) != 1)
		printed = -1;
	while (fgetc(out) != EOF)
		continue;
	ck_assert_msg(pclose(out) == 0, "%s", command);
	return printed;
}

/* The same, with the time it took. */
static long
timed(const char *what, const char *command)
{
	double began = now();
	long printed = number(command);

	printf("%-40s %8.2f s\n", what, now() - began);
	return printed;
}

static void
write_file(void)
{
	FILE *file = fopen(login_path("bulk.jsonl"), "w");

	ck_assert_ptr_nonnull(file);
	for (long i = 0; i < count; i++)
		fprintf(file,
		    "{\"id\":\"%010ld\",\"name\":\"bulk %ld\",\"owner\":"
		    "\"user%ld\",\"projects\":[\"p%ld\"],\"expires_at\":"
		    "\"20%02ld-01-31T00:00:00Z\",\"secrets\":[{\"number\":1,"
		    "\"verifier\":\"%064lx\"}]}\n",
		    i, i, i % OWNERS, i % 7, 30 + i % 60, i);
	ck_assert_int_eq(fclose(file), 0);
}

/* Whether the probe opens the service; how long the answer took. */
static double
verify_once(void)
{
	const struct client client = { .path = auth_socket,
		.listener_uid = realagent_uid(),
		.timeout_ms = CLIENT_TIMEOUT_MAX };
	const struct question question = { .opcode = OP_AUTHENTICATE,
		.token = span_of(token),
		.login = span_of("alice"),
		.service = span_of("svc") };
	uint8_t packet[PROTO_QUESTION_MAX];
	uint8_t reply[PROTO_ANSWER_SIZE];
	double began = now();
	struct wirebuf w;
	size_t got = 0;
	int error;

	wirebuf_write(&w, packet, sizeof(packet));
	question_put(&w, &question);
	error = client_ask(&client, span_bytes(packet, wirebuf_size(&w)), reply,
	    sizeof(reply), &got);
	ck_assert_msg(error == 0, "%s (errno %d) after %.3f s",
	    error_text(error), errno, now() - began);
	ck_assert_uint_eq(reply[2], STATUS_OK);
	return now() - began;
}

static int
compare(const void *one, const void *other)
{
	const double a = *(const double *)one;
	const double b = *(const double *)other;

	return (a > b) - (a < b);
}

static void
report(const char *what, size_t n)
{
	ck_assert_uint_gt(n, 100);
	qsort(took, n, sizeof(*took), compare);
	printf("%-40s %8.0f us p50 %8.0f us p99 (%zu)\n", what,
	    took[n / 2] * 1e6, took[n * 99 / 100] * 1e6, n);
	ck_assert(took[n * 99 / 100] < P99_MAX);
}

/* Each of so many stays with the same likelihood. */
static void
keep(size_t n, double seconds)
{
	size_t at = n < PROBES_MAX ? n : (size_t)random() % (n + 1);

	if (at < PROBES_MAX)
		took[at] = seconds;
}

/* Verifies for as long as the child runs, which must succeed. */
static void
verify_during(const char *what, pid_t child)
{
	size_t n = 0;
	int status = 0;

	while (waitpid(child, &status, WNOHANG) == 0)
		keep(n++, verify_once());
	ck_assert_int_eq(status, 0);
	report(what, n < PROBES_MAX ? n : PROBES_MAX);
}

static pid_t
spawn(const char *command)
{
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	return child;
}

/* What the agent has in memory besides the store's pages, in KiB. */
static long
agent_memory(void)
{
	char path[64], line[256];
	long memory = -1;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)agent);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	while (memory < 0 && fgets(line, sizeof(line), file) != NULL)
		(void)sscanf(line, "RssAnon: %ld kB", &memory);
	fclose(file);
	ck_assert_int_ge(memory, 0);
	return memory;
}

/* Neither end keeps more than a page of a list. */
START_TEST(listing_takes_no_memory)
{
	long before = agent_memory();
	pid_t child = spawn("exec $PROGRAM list -o jsonl >/dev/null");
	struct rusage usage;
	int status = 0;

	ck_assert_int_eq(wait4(child, &status, 0, &usage), child);
	ck_assert_int_eq(status, 0);
	printf("%-40s %8ld KiB, the agent %ld more\n", "memory of a list",
	    usage.ru_maxrss, agent_memory() - before);
	ck_assert_int_lt(usage.ru_maxrss, LISTING_MAX);
	ck_assert_int_lt(agent_memory() - before, LISTING_MAX);
}
END_TEST

START_TEST(many_tokens)
{
	double began;

	for (size_t i = 0; i < PROBES; i++)
		took[i] = verify_once();
	report("verify, alone, one token", PROBES);
	write_file();
	began = now();
	verify_during(
	    "verify, during import", spawn("$PROGRAM import --quiet $FILE"));
	printf("%-40s %8.2f s\n", "import", now() - began);
	ck_assert(now() - began < IMPORT_TIME * (1 + (double)count / COUNT));
	for (size_t i = 0; i < PROBES; i++)
		took[i] = verify_once();
	report("verify, alone, all tokens", PROBES);
	ck_assert_int_eq(
	    timed("list", "$PROGRAM list -o id | wc -l"), count + 1);
	ck_assert_int_eq(timed("list of an owner",
			     "$PROGRAM list --owner user7 -o id | wc -l"),
	    count / OWNERS);
	ck_assert_int_eq(
	    timed("list of what opens a service",
		"$PROGRAM list --service svc --state active -o id | wc -l"),
	    1);
	ck_assert_int_eq(
	    timed("export",
		"$PROGRAM export --with-verifiers | grep -c '\"kind\":'"),
	    count + 1);
}
END_TEST

static off_t
store_size(void)
{
	struct stat status;

	ck_assert_int_eq(stat(login_path("store/data.mdb"), &status), 0);
	return status.st_size;
}

/* A client that stops to read half way. */
START_TEST(stalled_reader)
{
	FILE *out = popen("exec $PROGRAM list -o jsonl", "r");
	char line[4096];
	off_t before;

	ck_assert_ptr_nonnull(out);
	for (long i = 0; i < count / 2; i++)
		ck_assert_ptr_nonnull(fgets(line, sizeof(line), out));
	before = store_size();
	verify_during("verify, beside a stalled list",
	    spawn("i=0; while test $i -lt 300; do $PROGRAM edit probe "
		  "--description \"$i\" --quiet >/dev/null || exit 1; "
		  "i=$((i + 1)); done"));
	printf("%-40s %8ld KiB\n", "the store grew meanwhile",
	    (long)(store_size() - before) / 1024);
	ck_assert_int_le(store_size() - before, GROWTH_MAX);
	ck_assert_int_eq(
	    timed("list, beside a stalled list", "$PROGRAM list -o id | wc -l"),
	    count + 1);
	pclose(out);
}
END_TEST

START_TEST(bulk_revocation)
{
	double began = now();

	verify_during("verify, during bulk revocation",
	    spawn("$PROGRAM list -o id | grep '^0000' | "
		  "xargs -n 100 $PROGRAM revoke --yes --quiet"));
	printf("%-40s %8.2f s\n", "revoke", now() - began);
	ck_assert_int_eq(timed("list of what is revoked",
			     "$PROGRAM list --state revoked -o id | wc -l"),
	    count);
}
END_TEST

int
main(int argc, char **argv)
{
	Suite *suite = suite_create("bulk");
	TCase *tcase = tcase_create("bulk");
	SRunner *runner = srunner_create(suite);
	int failed, all;

	if (argc > 1)
		count = strtol(argv[1], NULL, 10);
	setvbuf(stdout, NULL, _IOLBF, 0);
	tcase_set_timeout(tcase, 1200);
	tcase_add_unchecked_fixture(tcase, start, stop);
	tcase_add_test(tcase, many_tokens);
	tcase_add_test(tcase, listing_takes_no_memory);
	tcase_add_test(tcase, stalled_reader);
	tcase_add_test(tcase, bulk_revocation);
	suite_add_tcase(suite, tcase);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	all = srunner_ntests_run(runner);
	srunner_free(runner);
	printf("bulk: %d passed, %d failed\n", all - failed, failed);
	return failed == 0 && all == 4 ? 0 : 1;
}
