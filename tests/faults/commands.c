/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What people do with the real apitoken, while one call of the agent fails:
 * of LMDB, in its turn, or for memory.  A command that says that it was done
 * was; one that was not says so, the agent lives, nobody is let in who should
 * not be, and at the end the audit is whole and the agent starts unsealed.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/command.h"
#include "common/duration.h"
#include "common/error.h"
#include "tests/faults/asking.h"
#include "tests/faults/commandrows.h"
#include "tests/faults/faulty.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"
#include "tests/unit/cli_run.h"

#define CONFIG                                                                 \
	"[agent]\ndefault_role = member\nself_service_min_uid = 1\n"           \
	"[service svc]\nsessions = process\naccess = full\n"                   \
	"[service work]\nproject = work\n"
#define MEMBER_UID 1  /* daemon */
#define SKIP	   12 /* the short form takes one of so many places */
#define PLACES	   9000
#define LINE_SIZE  512

/* What an answer may take: well below the time that the CLI waits for one. */
#define PATIENCE_US 5000000

/* Time to end in, for an agent that does. */
#define ENDING_US 30000

static const struct {
	const char *name;
	unsigned kinds;
	bool for_good;
} ways[] = {
	{ "the store", FAULT_STORE, false },
	{ "the store, for good", FAULT_STORE, true },
	{ "memory", FAULT_MEMORY, false },
};

#define WAYS ((int)(sizeof(ways) / sizeof(*ways)))

static const char *only; /* row to try; NULL: all */
static pid_t agent;
static struct asking_token good, gone, busy;
static pid_t session; /* a process that opened one; 0: none */
static unsigned long number, tried, done, ended;
static unsigned long hits; /* calls that failed where one was to */
static char folder[96], input[CLI_OUTPUT_SIZE];

/* A text with its numbers. */
static void
fill(char *text, size_t size, const char *template, size_t length)
{
	size_t at = 0;

	for (size_t i = 0; i < length; i++) {
		ck_assert_uint_lt(at, size - 24);
		if (template[i] == '#')
			at += (size_t)snprintf(
			    text + at, size - at, "%lu", number);
		else
			text[at++] = template[i];
	}
	text[at] = '\0';
}

/* Its exit status. */
static int
run(const struct commandrow *row, const char *command, size_t length)
{
	char line[LINE_SIZE];
	size_t at = (size_t)snprintf(line, sizeof(line), "--yes ");
	int status;

	if (row->actor == MANAGER)
		at += (size_t)snprintf(line + at, sizeof(line) - at,
		    "--token-file %s/manager ", folder);
	fill(line + at, sizeof(line) - at, command, length);
	cli_uid = row->actor == MEMBER ? MEMBER_UID : (uid_t)-1;
	status = cli_run(line, input);
	cli_uid = (uid_t)-1;
	return status;
}

static void
must(const struct commandrow *row, const char *command, size_t length)
{
	int status = run(row, command, length);

	ck_assert_msg(status == 0, "%s: %.*s: %d: %s", row->name, (int)length,
	    command, status, cli_err);
}

/* Several, with "; " between two. */
static void
each(const struct commandrow *row, const char *several,
    void (*act)(
	const struct commandrow *row, const char *command, size_t length))
{
	const char *at = several, *end;

	for (; at != NULL && *at != '\0'; at = *end == '\0' ? end : end + 2) {
		end = strstr(at, "; ");
		if (end == NULL)
			end = at + strlen(at);
		act(row, at, (size_t)(end - at));
	}
}

/* What was to be done may not have been. */
static void
try(const struct commandrow *row, const char *command, size_t length)
{
	(void)run(row, command, length);
}

/* The value of a member of the JSON that was written. */
static void
keep_member(const char *name)
{
	const char *value = strstr(cli_out, name);

	ck_assert_ptr_nonnull(value);
	value = strchr(value + strlen(name) + 1, '"');
	ck_assert_ptr_nonnull(value);
	value++;
	(void)snprintf(
	    input, sizeof(input), "%.*s\n", (int)strcspn(value, "\""), value);
}

/* As it was to begin with; the agent of before may be about to end itself. */
static void
renew(void)
{
	int status;

	ck_assert_int_eq(kill(agent, SIGTERM), 0);
	ck_assert_int_eq(waitpid(agent, &status, 0), agent);
	ck_assert_msg(WIFEXITED(status), "status %d", status);
	faulty_copy("kept.mdb", "store/data.mdb");
	faulty_copy("kept.key", "master.key");
	agent = faulty_start(CONFIG);
}

/* Whoever has a session, until the agent ends it: one whom it may end. */
static _Noreturn void
stay(int told)
{
	uint8_t ticket[PROTO_TICKET_SIZE];
	const uid_t uid = realagent_uid();

	/* The test's own handler would end the agent as well. */
	signal(SIGTERM, SIG_DFL);
	if (setresuid(uid, uid, uid) != 0 ||
	    asking_login(&busy, ticket) != STATUS_OK ||
	    asking_follow(OP_SESSION_OPEN, ticket) != STATUS_OK ||
	    write(told, "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

/* It is there, and known to whoever ends sessions, a moment later. */
static void
open_session(const struct commandrow *row)
{
	static const char list[] = "sessions busy --json";
	int ends[2];
	char byte;

	ck_assert_int_eq(pipe(ends), 0);
	session = fork();
	ck_assert_int_ge(session, 0);
	if (session == 0)
		stay(ends[1]);
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	do
		must(row, list, strlen(list));
	while (strstr(cli_out, "\"pid\"") == NULL);
}

/* Where it was to be ended and that is said to be done, it was by the agent. */
static void
close_session(const struct commandrow *row, bool is_ended, unsigned long place)
{
	int status;

	if (session == 0)
		return;
	for (int i = 0; i < 500 && is_ended; i++) {
		if (waitpid(session, &status, WNOHANG) == session) {
			session = 0;
			ck_assert(WIFSIGNALED(status));
			return;
		}
		usleep(10000);
	}
	ck_assert_msg(!is_ended, "%s, place %lu: the session goes on: %s%s",
	    row->name, place, cli_out, cli_err);
	ck_assert_msg(!row->keeps || waitpid(session, NULL, WNOHANG) == 0,
	    "%s, place %lu: the session has ended", row->name, place);
	ck_assert_int_eq(kill(session, SIGKILL), 0);
	ck_assert_int_eq(waitpid(session, NULL, 0), session);
	session = 0;
}

static void
prepare(const struct commandrow *row)
{
	if (row->fresh)
		renew();
	number++;
	(void)snprintf(
	    cli_file, sizeof(cli_file), "%s/file%lu", folder, number);
	input[0] = '\0';
	each(row, row->prepare, must);
	if (row->input == GOOD || row->input == REFRESH)
		strcpy(input, good.text);
	if (row->input == REFRESH) {
		must(row, "exchange --json", strlen("exchange --json"));
		keep_member("\"refresh_token\"");
	}
	if (row->input == SESSION)
		open_session(row);
	if (row->lines != NULL)
		fill(input, sizeof(input), row->lines, strlen(row->lines));
}

/* It may end itself where it cannot go on; it never dies of a signal. */
static void
revive(const struct commandrow *row, unsigned long place)
{
	int status;

	ck_assert_int_eq(waitpid(agent, &status, 0), agent);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) != 0,
	    "%s, place %lu: status %d", row->name, place, status);
	agent = faulty_start(CONFIG);
	ended++;
}

/* Who may come in does and who may not does not, of an agent that stays. */
static void
look_at_agent(const struct commandrow *row, int way, unsigned long place)
{
	int comes = ERROR_CLOSED, goes = ERROR_CLOSED;

	/* One that ends itself answers until it has. */
	if (ways[way].for_good)
		usleep(ENDING_US);
	for (int i = 0; i < 2; i++) {
		comes = asking_login(&good, NULL);
		goes = asking_login(&gone, NULL);
		if (comes == STATUS_OK && goes == STATUS_DENIED)
			break;
		ck_assert_int_ne(comes, STATUS_DENIED);
		ck_assert_int_ne(goes, STATUS_OK);
		revive(row, place);
	}
	ck_assert_msg(comes == STATUS_OK && goes == STATUS_DENIED,
	    "%s, %s, place %lu: %d for a good token, %d for a revoked one",
	    row->name, ways[way].name, place, comes, goes);
}

/* Whether there was a call to fail at that place. */
static bool
fail_at(
    const struct commandrow *row, int way, unsigned turn, unsigned long place)
{
	uint64_t failed;
	uint64_t began, took;
	bool is_done;
	int status;

	prepare(row);
	faulty_arm(
	    ways[way].kinds, FAULT_VARIED, turn, place, ways[way].for_good);
	began = faulty_now_us();
	status = run(row, row->command, strlen(row->command));
	took = faulty_now_us() - began;
	failed = faulty_control()->failed;
	faulty_disarm();
	ck_assert_msg(took < PATIENCE_US,
	    "%s, %s, place %lu: no answer in %d s", row->name, ways[way].name,
	    place, PATIENCE_US / 1000000);
	is_done = status == 0 || (row->partly && status == OUTCOME_PARTLY);
	ck_assert_msg(is_done || cli_err[0] != '\0',
	    "%s, %s, place %lu: %d without a word: %s", row->name,
	    ways[way].name, place, status, cli_out);
	ck_assert_msg(
	    failed > 0 || is_done, "%s: %d: %s", row->command, status, cli_err);
	look_at_agent(row, way, place);
	if (is_done && row->shows != NULL) {
		must(row, row->shows, strlen(row->shows));
		cli_holds(cli_out, row->has);
	}
	if (is_done && row->gone != NULL)
		ck_assert_msg(
		    run(row, row->gone, strlen(row->gone)) == OUTCOME_NOT_FOUND,
		    "%s, place %lu: it is there still: %s%s", row->name, place,
		    cli_out, cli_err);
	close_session(row, is_done && !row->keeps, place);
	each(row, row->undo, try);
	tried++;
	done += is_done;
	hits += failed > 0;
	(void)unlink(cli_file);
	return failed > 0;
}

static void
root_must(const char *several)
{
	const struct commandrow root = { .name = "root" };

	each(&root, several, must);
}

static void
begin(void)
{
	FILE *file;

	asking_init();
	ck_assert_uint_lt(strlen(login_folder()), sizeof(folder));
	strcpy(folder, login_folder());
	faulty_control();
	agent = faulty_start(CONFIG);
	ck_assert_int_eq(chmod(folder, 0755), 0);
	(void)setenv("APITOKEN_SOCKET", login_path("admin.sock"), 1);
	ck_assert_int_eq(
	    asking_create("good", USES_UNLIMITED, EXPIRES_DEFAULT, &good),
	    STATUS_OK);
	ck_assert_int_eq(
	    asking_create("gone", USES_UNLIMITED, EXPIRES_DEFAULT, &gone),
	    STATUS_OK);
	ck_assert_int_eq(asking_revoke(gone.id), STATUS_OK);
	ck_assert_int_eq(
	    asking_create("busy", USES_UNLIMITED, EXPIRES_DEFAULT, &busy),
	    STATUS_OK);
	root_must("project create work; "
		  "role create reader --permission token.read=all; "
		  "role grant reader bin; "
		  "create worker --user games --project work --allow work; "
		  "create once --user games --uses 1; "
		  "create off --user games; disable off; "
		  "create manager --management --user alice --role owner");
	file = fopen(login_path("manager"), "w");
	ck_assert_ptr_nonnull(file);
	fputs(cli_out, file);
	ck_assert_int_eq(fclose(file), 0);
	realagent_stop(agent);
	faulty_copy("store/data.mdb", "kept.mdb");
	faulty_copy("master.key", "kept.key");
	agent = faulty_start(CONFIG);
}

static void
end(void)
{
	root_must("audit --verify");
	realagent_stop(agent);
	agent = faulty_start(CONFIG);
	ck_assert_int_eq(realagent_logged("SEALED", 0), 0);
	root_must("audit --verify");
	root_must("status");
	realagent_stop(agent);
}

START_TEST(a_call_fails)
{
	const struct commandrow *row = &commandrows[_i];
	unsigned step = faulty_is_long() ? 1 : SKIP;

	if (only != NULL && strcmp(only, row->name) != 0)
		return;
	begin();
	for (int way = 0; way < WAYS; way++) {
		unsigned long place = faulty_random(step);
		unsigned turn = faulty_random(5);

		while (fail_at(row, way, turn++, place)) {
			place += 1 + faulty_random(2 * step - 1);
			ck_assert_uint_lt(place, PLACES);
		}
	}
	/* The short form may have begun where there was nothing any more. */
	for (int way = 0; way < WAYS && hits == 0; way++)
		(void)fail_at(row, way, 0, 0);
	end();
	printf("commands: %s: %lu places, done all the same at %lu; the agent "
	       "ended %lu times\n",
	    row->name, tried, done, ended);
	ck_assert_uint_gt(hits, 0);
}
END_TEST

static bool
is_known(const char *name)
{
	for (int i = 0; i < commandrows_count; i++)
		if (strcmp(commandrows[i].name, name) == 0)
			return true;
	return false;
}

int
main(int argc, char **argv)
{
	TCase *tcase = tcase_create("commands");

	only = argc > 1 ? argv[1] : NULL;
	if (only != NULL && !is_known(only)) {
		fprintf(stderr, "commands: there is no \"%s\"\n", only);
		return EXIT_FAILURE;
	}
	tcase_add_loop_test(tcase, a_call_fails, 0, commandrows_count);
	return faulty_run("commands", tcase);
}
