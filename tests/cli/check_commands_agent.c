/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What holds of every command of the real program: its help, its section in
 * the manual, its completion; and each exit status by a real case.
 */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cli/typing.h"
#include "tests/pam/realagent.h"

#define COMMANDS_MAX 64
#define OPTIONS_MAX  32

static void
start(void)
{
	typing_start(TYPING_AGENT);
}

static void
ends(const char *line, const char *in, int status)
{
	int got = cli_run(line, in);

	ck_assert_msg(got == status, "%s: %d: %s", line, got, cli_err);
}

/* The commands of --help, such as "create" or "role grant". */
static char commands[COMMANDS_MAX][32];
static int commands_count;

static void
read_commands(void)
{
	char *save = NULL, *line;

	ends("--help", "", 0);
	ck_assert_str_eq(cli_err, "");
	line = strstr(cli_out, "\nCommands:\n");
	ck_assert_ptr_nonnull(line);
	for (line = strtok_r(line + strlen("\nCommands:\n"), "\n", &save);
	     line != NULL && strncmp(line, "  ", 2) == 0;
	     line = strtok_r(NULL, "\n", &save)) {
		const char *end = strstr(line + 2, "  ");

		ck_assert_ptr_nonnull(end);
		ck_assert_int_lt(commands_count, COMMANDS_MAX);
		(void)snprintf(commands[commands_count++], sizeof commands[0],
		    "%.*s", (int)(end - line) - 2, line + 2);
	}
}

/* The words of its own --help that begin with -- and lead their line. */
static char options[OPTIONS_MAX][32];
static int options_count;

static void
read_options(const char *command)
{
	static const char lead[] = "      --";
	char line[64], *save = NULL;

	(void)snprintf(line, sizeof line, "%s --help", command);
	ends(line, "", 0);
	options_count = 0;
	for (char *at = strtok_r(cli_out, "\n", &save); at != NULL;
	     at = strtok_r(NULL, "\n", &save)) {
		if (strncmp(at, lead, strlen(lead)) != 0)
			continue;
		at += strlen(lead);
		ck_assert_int_lt(options_count, OPTIONS_MAX);
		(void)snprintf(options[options_count++], sizeof options[0],
		    "%.*s", (int)strcspn(at, " "), at);
	}
}

/* interface.md has these, and the rest of it with a later issue. */
static const char *const documented[] = { "create", "list", "show", "edit",
	"regenerate", "disable", "enable", "revoke", "delete", "verify",
	"explain", "exchange", "refresh", "audit", "project create",
	"project list", "project show", "project edit", "project lock",
	"project delete", "role create", "role list", "role show",
	"role delete", "role grant", "role withdraw", "whoami", "export",
	"import", "backup", "restore", "key rotate", "key status", "status",
	"doctor", "completion" };

START_TEST(every_command_is_listed)
{
	int found = 0;

	read_commands();
	for (int i = 0; i < commands_count; i++)
		found += strcmp(commands[i], documented[_i]) == 0;
	ck_assert_msg(found == 1, "%s: %d times", documented[_i], found);
}
END_TEST

START_TEST(every_command_has_help)
{
	char line[64];

	read_commands();
	for (int i = 0; i < commands_count; i++) {
		(void)snprintf(line, sizeof line, "%s --help", commands[i]);
		ends(line, "", 0);
		ck_assert_str_eq(cli_err, "");
		(void)snprintf(
		    line, sizeof line, "usage: apitoken %s", commands[i]);
		ck_assert_int_eq(strncmp(cli_out, line, strlen(line)), 0);
		(void)snprintf(line, sizeof line, "%s --frob", commands[i]);
		ends(line, "", 2);
		cli_holds(cli_err, "'--frob'");
	}
}
END_TEST

/* The section of the manual from that line to the next one, or "". */
static void
read_section(const char *heading, char *text, size_t size)
{
	FILE *file = fopen(MANUAL, "r");
	char line[512], wanted[64];
	bool inside = false;
	size_t at = 0;

	ck_assert_ptr_nonnull(file);
	(void)snprintf(wanted, sizeof wanted, ".Ss %s\n", heading);
	text[0] = '\0';
	while (fgets(line, sizeof line, file) != NULL) {
		if (strncmp(line, ".Ss ", 4) == 0 ||
		    strncmp(line, ".Sh ", 4) == 0)
			inside = strcmp(line, wanted) == 0;
		if (!inside)
			continue;
		ck_assert_uint_lt(strlen(line), size - at);
		(void)snprintf(text + at, size - at, "%s", line);
		at += strlen(line);
	}
	(void)fclose(file);
}

START_TEST(every_command_is_in_the_manual)
{
	static char section[65536];
	char word[32], line[64];

	read_commands();
	for (int i = 0; i < commands_count; i++) {
		(void)snprintf(word, sizeof word, "%.*s",
		    (int)strcspn(commands[i], " "), commands[i]);
		read_section(word, section, sizeof section);
		(void)snprintf(line, sizeof line, ".Nm\n.Cm %s\n", commands[i]);
		ck_assert_msg(strstr(section, line) != NULL,
		    "no '%s' in section '%s'", commands[i], word);
	}
}
END_TEST

/* The options of all commands are global, which the manual has once. */
static bool
is_global(const char *option)
{
	static const char *const global[] = { "socket", "token-file", "format",
		"json", "quiet", "yes", "help", "version" };

	for (int i = 0; i < COUNT(global); i++)
		if (strcmp(option, global[i]) == 0)
			return true;
	return false;
}

START_TEST(every_option_is_in_the_manual)
{
	static char section[65536];
	char word[32], line[64];

	read_commands();
	for (int i = 0; i < commands_count; i++) {
		(void)snprintf(word, sizeof word, "%.*s",
		    (int)strcspn(commands[i], " "), commands[i]);
		read_section(word, section, sizeof section);
		read_options(commands[i]);
		for (int k = 0; k < options_count; k++) {
			/* Those of --matching are the filters of list. */
			if (is_global(options[k]) ||
			    strstr(section, "matching Ar filters") != NULL)
				continue;
			(void)snprintf(line, sizeof line, "Fl -%s", options[k]);
			ck_assert_msg(strstr(section, line) != NULL,
			    "%s: no --%s", commands[i], options[k]);
		}
	}
}
END_TEST

/* How a completion has a command and its summary. */
static void
zsh_has(const char *first, const char *second)
{
	char wanted[64];

	(void)snprintf(wanted, sizeof wanted,
	    "\t'%s:", second[0] != '\0' ? second : first);
	cli_holds(cli_out, wanted);
	(void)snprintf(wanted, sizeof wanted, "'%s%s%s')\n", first,
	    second[0] != '\0' ? " " : "", second);
	cli_holds(cli_out, wanted);
}

static void
fish_has(const char *first, const char *second)
{
	char wanted[64];

	(void)snprintf(wanted, sizeof wanted, "'__apitoken_after %s' -a '%s'",
	    second[0] != '\0' ? first : "", second[0] != '\0' ? second : first);
	cli_holds(cli_out, wanted);
}

static const struct {
	const char *line;
	void (*has)(const char *first, const char *second);
} scripts[] = {
	{ "completion zsh", zsh_has },
	{ "completion fish", fish_has },
};

START_TEST(every_command_is_completed)
{
	char first[32];

	read_commands();
	ends(scripts[_i].line, "", 0);
	ck_assert_uint_lt(strlen(cli_out), CLI_OUTPUT_SIZE - 1);
	for (int i = 0; i < commands_count; i++) {
		size_t size = strcspn(commands[i], " ");

		(void)snprintf(
		    first, sizeof first, "%.*s", (int)size, commands[i]);
		scripts[_i].has(
		    first, commands[i] + size + (commands[i][size] == ' '));
	}
}
END_TEST

/* What bash would offer for the last of these words, a line for each. */
static void
offer(const char *words, char *text, size_t size)
{
	char line[1024];
	size_t got;
	FILE *bash;

	(void)snprintf(line, sizeof line,
	    "exec bash -c 'source <(%s completion bash); "
	    "COMP_WORDS=(apitoken %s); "
	    "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _apitoken; "
	    "printf \"\\n%%s\" \"${COMPREPLY[@]}\"; echo'",
	    APITOKEN_PROGRAM, words);
	bash = popen(line, "r");
	ck_assert_ptr_nonnull(bash);
	got = fread(text, 1, size - 1, bash);
	text[got] = '\0';
	ck_assert_int_eq(pclose(bash), 0);
}

static void
offers(const char *text, const char *prefix, const char *word)
{
	char wanted[64];

	(void)snprintf(wanted, sizeof wanted, "\n%s%s\n", prefix, word);
	cli_holds(text, wanted);
}

START_TEST(bash_completes_every_command_and_option)
{
	char top[4096], text[4096], first[32], line[64];

	read_commands();
	offer("\"\"", top, sizeof top);
	for (int i = 0; i < commands_count; i++) {
		size_t size = strcspn(commands[i], " ");

		(void)snprintf(
		    first, sizeof first, "%.*s", (int)size, commands[i]);
		offers(top, "", first);
		if (commands[i][size] == ' ') {
			(void)snprintf(line, sizeof line, "%.31s \"\"", first);
			offer(line, text, sizeof text);
			offers(text, "", commands[i] + size + 1);
		}
		read_options(commands[i]);
		(void)snprintf(line, sizeof line, "%.31s --", commands[i]);
		offer(line, text, sizeof text);
		for (int k = 0; k < options_count; k++)
			offers(text, "--", options[k]);
	}
}
END_TEST

/* Each exit status of interface.md. */

/* One that is not to be taken for another, by its last byte. */
static void
spoil(char *secret)
{
	char *last = secret + strcspn(secret, "\n") - 1;

	*last = *last == 'A' ? 'B' : 'A';
}

START_TEST(exit_status_0_done_and_10_refused)
{
	char secret[128];

	ends("create mine --user alice --quiet", "", 0);
	(void)snprintf(secret, sizeof secret, "%.100s", cli_out);
	ends("verify --user alice --service svc", secret, 0);
	ends("explain mine --user alice --service svc", "", 0);
	ends("verify --user bob --service svc", secret, 10);
	ends("explain mine --user bob --service svc", "", 10);
	ends("exchange --user alice", "hunter2\n", 10);
	spoil(secret);
	ends("verify --user alice --service svc", secret, 10);
	ends("verify --user alice --service svc", "", 10);
	ends("verify --user alice --service svc", "hunter2", 10);
	ends("refresh", secret, 10);
}
END_TEST

static const struct {
	const char *line;
	int status;
} statuses[] = {
	{ "whoami", 0 },
	{ "--help", 0 },
	{ "--version", 0 },
	{ "backup /nowhere/at/all", 1 },
	{ "restore /nowhere/at/all", 1 },
	{ "audit --verify --anchor 2:00000000000000000000000000000000", 1 },
	{ "", 2 },
	{ "frob", 2 },
	{ "list --frob", 2 },
	{ "list --limit many", 2 },
	{ "create", 2 },
	{ "create x --expires soon", 2 },
	{ "revoke mine", 2 },
	{ "show", 2 },
	{ "show gone", 3 },
	{ "revoke gone --yes", 3 },
	{ "project show gone", 3 },
	{ "role show gone", 3 },
	{ "create x --project gone", 3 },
	{ "revoke --leaked", 3 },
	{ "create mine --user alice", 5 },
	{ "project create default", 5 },
	{ "role create owner --permission token.read=own", 5 },
	{ "show dupe", 5 },
};

START_TEST(exit_status_of)
{
	ends("create mine --user alice --quiet", "", 0);
	ends("create dupe --user alice --quiet", "", 0);
	ends("create dupe --user bob --quiet", "", 0);
	ends(statuses[_i].line, "", statuses[_i].status);
	if (statuses[_i].status > 1)
		ck_assert_str_eq(cli_out, "");
	if (statuses[_i].status != 0)
		cli_holds(cli_err,
		    statuses[_i].line[0] == '\0' ? "usage: " : "apitoken: ");
}
END_TEST

/* Ambiguous names list their candidates, and nothing happens. */
START_TEST(exit_status_5_lists_the_candidates)
{
	char first[16], second[16];

	ends("create dupe --user alice --output /dev/null/x", "", 1);
	ends("create dupe --user alice --quiet", "", 0);
	(void)snprintf(first, sizeof first, "%.10s", cli_out + 4);
	ends("create dupe --user bob --quiet", "", 0);
	(void)snprintf(second, sizeof second, "%.10s", cli_out + 4);
	ends("revoke dupe --yes", "", 5);
	cli_holds(cli_err, first);
	cli_holds(cli_err, second);
	ends("list --state revoked -o id", "", 0);
	ck_assert_str_eq(cli_out, "");
}
END_TEST

static const char *const forbidden[] = { "create x --user alice",
	"create x --management", "create x --role r", "project create x",
	("role grant member " MEMBER), "key status", "key rotate", "export",
	"audit --anchor", "role create x --permission project.create=all" };

START_TEST(exit_status_4_not_permitted)
{
	cli_uid = MEMBER_UID;
	ends(forbidden[_i], "", 4);
	ck_assert_str_eq(cli_out, "");
	cli_holds(cli_err, "apitoken: ");
	cli_uid = (uid_t)-1;
	ends("audit --actor " MEMBER " -o jsonl", "", 0);
	ck_assert_str_eq(cli_out, "");
}
END_TEST

static const char *const asking[] = { "whoami", "list", "status", "create x",
	"revoke x --yes", "audit" };

START_TEST(exit_status_6_agent_unreachable)
{
	realagent_stop(agent);
	ends(asking[_i], "", 6);
	ck_assert_str_eq(cli_out, "");
	cli_holds(cli_err, "apitokend");
	start();
}
END_TEST

START_TEST(exit_status_7_partly_done)
{
	ends("create mine --user " MEMBER " --quiet", "", 0);
	ends("create yours --user " MEMBER " --quiet", "", 0);
	ends("disable yours --yes", "", 0);
	cli_uid = MEMBER_UID;
	ends("disable mine --yes", "", 0);
	ends("enable --matching --state disabled --yes", "", 7);
	cli_uid = (uid_t)-1;
	ends("import --skip-bad",
	    "{\"name\":\"good\",\"owner\":\"alice\"}\n"
	    "{\"name\":\"bad\",\"owner\":\"alice\",\"type\":\"wild\"}\n",
	    7);
	cli_holds(cli_err, "2");
	cli_holds(cli_err, "type");
	ends("show good", "", 0);
	ends("show bad", "", 3);
}
END_TEST

static TCase *
tables_case(void)
{
	TCase *tcase = tcase_create("tables");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(
	    tcase, every_command_is_listed, 0, COUNT(documented));
	tcase_add_test(tcase, every_command_has_help);
	tcase_add_test(tcase, every_command_is_in_the_manual);
	tcase_add_test(tcase, every_option_is_in_the_manual);
	tcase_add_loop_test(
	    tcase, every_command_is_completed, 0, COUNT(scripts));
	tcase_add_test(tcase, bash_completes_every_command_and_option);
	return tcase;
}

static TCase *
statuses_case(void)
{
	TCase *tcase = tcase_create("exit statuses");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, start, typing_stop);
	tcase_add_test(tcase, exit_status_0_done_and_10_refused);
	tcase_add_loop_test(tcase, exit_status_of, 0, COUNT(statuses));
	tcase_add_test(tcase, exit_status_5_lists_the_candidates);
	tcase_add_loop_test(
	    tcase, exit_status_4_not_permitted, 0, COUNT(forbidden));
	tcase_add_loop_test(
	    tcase, exit_status_6_agent_unreachable, 0, COUNT(asking));
	tcase_add_test(tcase, exit_status_7_partly_done);
	return tcase;
}

int
main(void)
{
	TCase *const cases[] = { tables_case(), statuses_case() };

	return cli_cases("commands", cases, COUNT(cases));
}
