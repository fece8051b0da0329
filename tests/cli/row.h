/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_CLI_ROW_H
#define APITOKEN_TESTS_CLI_ROW_H

#include <check.h>
#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "tests/cli/typing.h"
#include "tests/pam/login.h"

/*
 * What the tests have in common that are named after the rows of "From the
 * documents this project started from" in the interface: the real agent, and
 * the real program run by root, a member, and somebody else.
 */

/* Beside MEMBER: what lives under this uid everywhere. */
#define OTHER	  "bin"
#define OTHER_UID 2
#define ROOT_UID  ((uid_t)-1) /* to row_ends() */

/* The agent's configuration, for row_start(). */
#define ROW_AGENT(role)                                                        \
	"[agent]\ndefault_role = " role "\nself_service_min_uid = 1\n"         \
	"[service svc]\naccess = full\n"                                       \
	"[service reports]\naccess = read\n"                                   \
	"[service web]\nproject = web\n"                                       \
	"[service deploy]\nrole = deployer\n"                                  \
	"[service production]\nenvironment = production\n"                     \
	"[service staging]\nenvironment = staging\n"                           \
	"[service sudo]\naccess = full\n"

/* What row_makes() and row_takes() keep, 48 characters and a NUL. */
extern char row_token[TOKEN_TEXT_SIZE + 1], row_other[TOKEN_TEXT_SIZE + 1];

/* Words of --expires, and the days that each one means; 0: never. */
#define ROW_DURATIONS 6
struct row_duration {
	const char *word;
	int days;
};
extern const struct row_duration row_durations[ROW_DURATIONS];

/* The agent, and PAM service svc that asks it: before and after each test. */
void row_start(const char *config); /* typing_stop() ends it */

/*
 * A command by that uid with in on standard input must end with that status,
 * and if it is not 0 with why in what it said.  Its answer is in cli_out.
 */
void row_ends(
    uid_t uid, const char *line, const char *in, int status, const char *why);
/* The same by root or by MEMBER, with status 0 or another one. */
void row_done(const char *line);
/* The same again until it says the text, for at most five seconds: a use is
 * noted after the answer has gone out. */
void row_await(const char *line, const char *text);
void row_fails(const char *line, int status, const char *why);
void row_member_done(const char *line);
void row_member_fails(const char *line, int status, const char *why);

/* Whether the answer has all of these, up to NULL; and none of this. */
void row_holds(const char *const *parts);
void row_lacks(const char *part);

/* Keeps the secret that is all that a command with --quiet wrote. */
void row_keep(char text[TOKEN_TEXT_SIZE + 1]);
/* Root's row_done() and row_keep(). */
void row_makes(const char *line, char text[TOKEN_TEXT_SIZE + 1]);
/*
 * An exchange or a refresh with --quiet: row_token becomes the access token,
 * next the refresh token.
 */
void row_takes(
    const char *line, const char *in, char next[TOKEN_TEXT_SIZE + 1]);

/* Whether verify says that the service would let them, or alice, in. */
bool row_opens_for(const char *login, const char *text, const char *service);
bool row_opens(const char *text, const char *service);
/* Whether alice gets into svc with it, by PAM; verify is no use, this is. */
bool row_logs_in(const char *text);

/* Makes @ a file that everybody can read. */
void row_write_file(const char *text);

/*
 * Runs it on a terminal, where a question with that in it must come; types
 * that, then what is said must come, and the status.
 */
void row_answers(const char *line, const char *question, const char *typed,
    int status, const char *said);

/* Whether text has a time so many days after one from since until now. */
bool row_says_days(const char *text, time_t since, int days);

/* Add the tests of that product's rows. */
void row_streamkap(TCase *tcase);
void row_unleash(TCase *tcase);
void row_screendesk(TCase *tcase);
void row_strapi(TCase *tcase);
void row_royaltyport(TCase *tcase);
/* Those where people have no role unless one was granted. */
void row_royaltyport_closed(TCase *tcase);

#endif
