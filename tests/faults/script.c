/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/faults/script.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/pam/login.h"
#include "tests/unit/cli_run.h"

struct line {
	const char *text;
	const char *in; /* NULL: the token that was made last */
};

/* What would take something away is a dry run, and the lie about it is that it
 * is none. */
static const struct line script[] = {
	{ "whoami", "" },
	{ "status", "" },
	{ "project create " MARK "-project", "" },
	{ "project edit " MARK "-project --description " MARK, "" },
	{ "project list", "" },
	{ "project create " MARK "-gone", "" },
	{ "project delete " MARK "-gone --yes", "" },
	{ "role create " MARK "-role --permission token.read=all", "" },
	{ "role list", "" },
	{ "role grant " MARK "-role bin --project " MARK "-project", "" },
	{ "role grants", "" },
	{ "role withdraw " MARK "-role bin --project " MARK "-project", "" },
	{ "role delete " MARK "-role --yes", "" },
	{ "role create " MARK "-role --permission token.read=all", "" },
	{ "role grant " MARK "-role bin", "" },
	{ "create " MARK "-sudo --user root --allow sudo --quiet", "" },
	{ "create " MARK "-token --user root --project " MARK
	  "-project --quiet",
	    "" },
	{ "verify --user root --service svc", NULL },
	{ "revoke --leaked --dry-run", NULL },
	{ "exchange --json", NULL },
	{ "refresh --json", "what exchange wrote" },
	{ "show " MARK "-token", "" },
	{ "list", "" },
	{ "edit " MARK "-token --description " MARK, "" },
	{ "explain " MARK "-token --user root --service svc", "" },
	{ "disable " MARK "-token --yes", "" },
	{ "enable " MARK "-token --yes", "" },
	{ "regenerate " MARK "-token --yes --dry-run", "" },
	{ "revoke " MARK "-token --yes --dry-run", "" },
	{ "delete " MARK "-token --yes --dry-run", "" },
	{ "sessions", "" },
	{ "sessions " MARK "-token --end --yes", "" },
	{ "audit", "" },
	{ "audit --anchor", "" },
	{ "export", "" },
	{ "import --yes", "{\"apitoken\":1}\n{\"name\":\"" MARK
			  "-later\",\"owner\":\"alice\"}\n{\"end\":1}\n" },
	{ "backup @", "" },
	{ "restore @ --yes", "" },
	{ "key status", "" },
	{ "key rotate --yes", "" },
	{ "create own-token --quiet", "" },
};

static void
play_script(void)
{
	static char token[CLI_OUTPUT_SIZE], pair[CLI_OUTPUT_SIZE];

	snprintf(cli_file, sizeof(cli_file), "%s", login_path("backup"));
	for (size_t i = 0; i < sizeof(script) / sizeof(*script); i++) {
		const struct line *line = &script[i];
		const char *in = line->in == NULL ? token : line->in;

		if (strncmp(line->text, "refresh", 7) == 0)
			in = pair;
		/* Some are refused, as without the file; they were asked. */
		cli_run(line->text, in);
		if (strncmp(line->text, "create", 6) == 0)
			snprintf(token, sizeof(token), "%s", cli_out);
		if (strncmp(line->text, "exchange", 8) == 0)
			snprintf(pair, sizeof(pair), "%s", cli_out);
	}
}

/* A management token's request, with one that is root's. */
static void
play_acting(void)
{
	FILE *file;

	ck_assert_int_eq(cli_run("create " MARK "-boss --management "
				 "--role owner --quiet",
			     ""),
	    0);
	snprintf(cli_file, sizeof(cli_file), "%s", login_path("boss"));
	file = fopen(cli_file, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fchmod(fileno(file), 0600), 0);
	fputs(cli_out, file);
	fclose(file);
	cli_run("list --token-file @", "");
	/* Uses are written a moment later, and would look like a change. */
	for (int i = 0; i < 1000; i++) {
		cli_run("show " MARK "-boss -o jsonl", "");
		if (strstr(cli_out, "\"use_count\":1") != NULL)
			return;
	}
	ck_abort_msg("the use of a management token was not written");
}

/* Of a machine with one service that accepts tokens. */
static void
play_doctor(void)
{
	const char *const folders[] = { "root", "root/etc", "root/etc/pam.d" };
	FILE *file;

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		ck_assert_int_eq(mkdir(login_path(folders[i]), 0755), 0);
	file = fopen(login_path("root/etc/pam.d/svc"), "w");
	ck_assert_ptr_nonnull(file);
	fputs("auth required pam_apitoken.so\n", file);
	fclose(file);
	snprintf(cli_file, sizeof(cli_file), "%s", login_path("root"));
	cli_run("doctor svc --root @", "");
}

void
script_play(struct tape *tape)
{
	pid_t recorder = tape_start();

	play_script();
	play_acting();
	play_doctor();
	*tape = (struct tape) { 0 };
	tape_stop(recorder, tape);
}
