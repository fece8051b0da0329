/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * apitoken-askpass as ssh and git run it: what each prompt gets, and which
 * files and commands it has nothing to do with.
 */
#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/tokentext.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

extern char **environ;

static char folder[64];
static char token[TOKEN_TEXT_SIZE + 1];
static char out[4096], err[4096];

static const char *
below(const char *name)
{
	static char paths[4][128];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static void
format(enum token_kind kind, char text[TOKEN_TEXT_SIZE + 1])
{
	struct token made = { .kind = kind, .id = "0123456789" };

	for (size_t i = 0; i < sizeof(made.secret); i++)
		made.secret[i] = (uint8_t)(0x11 + 7 * i);
	tokentext_format(&made, text);
}

static void
put(const char *name, const char *before, const char *text, mode_t mode)
{
	FILE *file = fopen(below(name), "w");

	ck_assert_ptr_nonnull(file);
	fprintf(file, "%s%s\n", before, text);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(below(name), mode), 0);
}

static void
setup(void)
{
	char *sanitizers;

	strcpy(folder, "/tmp/apitoken-askpass-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	format(TOKEN_API, token);
	put("good", "", token, 0600);
	sanitizers = getenv("ASAN_OPTIONS");
	sanitizers = strdup(sanitizers == NULL ? "" : sanitizers);
	(void)clearenv();
	(void)setenv("ASAN_OPTIONS", sanitizers, 1);
	free(sanitizers);
	(void)setenv("PATH", "/usr/bin:/bin", 1);
	(void)setenv("APITOKEN_FILE", below("good"), 1);
	(void)setenv("APITOKEN_USER", "alice", 1);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
teardown(void)
{
	(void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
read_back(FILE *stream, char *text, size_t size)
{
	size_t got;

	rewind(stream);
	got = fread(text, 1, size - 1, stream);
	text[got] = '\0';
	(void)fclose(stream);
}

/* Its exit status; what it wrote is in out and err. */
static int
ask(const char *prompt)
{
	FILE *output = tmpfile(), *error = tmpfile();
	int status;
	pid_t child;

	ck_assert(output != NULL && error != NULL);
	child = fork();
	if (child == 0) {
		(void)dup2(fileno(output), STDOUT_FILENO);
		(void)dup2(fileno(error), STDERR_FILENO);
		(void)execl(ASKPASS_PROGRAM, "apitoken-askpass", prompt, NULL);
		_exit(127);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	read_back(output, out, sizeof(out));
	read_back(error, err, sizeof(err));
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
gives_token(const char *prompt)
{
	char line[TOKEN_TEXT_SIZE + 2];
	int status = ask(prompt);

	(void)snprintf(line, sizeof(line), "%s\n", token);
	ck_assert_msg(status == 0, "%s: %d: %s", prompt, status, err);
	ck_assert_str_eq(out, line);
	ck_assert_str_eq(err, "");
}

/* Nothing on standard output, the reason on the other, the secret nowhere. */
static void
refuses(const char *prompt, const char *why)
{
	int status = ask(prompt);

	ck_assert_msg(status == 1, "%s: %d", prompt, status);
	ck_assert_str_eq(out, "");
	ck_assert_msg(strstr(err, why) != NULL, "%s: %s", prompt, err);
	ck_assert_ptr_null(strstr(err, token + 15));
}

START_TEST(prompts_for_passwords)
{
	static const char *const prompts[] = { "alice@host's password: ",
		"(alice@host) Password: ", "(alice@host) Token: ",
		"Password for 'https://alice@host': ",
		"[sudo] password for alice: " };

	for (int i = 0; i < COUNT(prompts); i++)
		gives_token(prompts[i]);
	ck_assert_int_eq(ask("Username for 'https://host': "), 0);
	ck_assert_str_eq(out, "alice\n");
}
END_TEST

START_TEST(prompts_for_something_else)
{
	static const char *const prompts[] = {
		"Continue connecting to token (yes/no/[fingerprint])? ",
		"Enter passphrase for key '/home/alice/.ssh/token': ",
		"Enter PIN for ECDSA-SK key password: ", "New password: ",
		"Retype new password: ", "Repeat password: ",
		"Reenter password: ", "Re-enter password: ",
		"Confirm password: ", "Enter password for new account: ",
		"Allow use of key id_ed25519?", "Verification code: ", ""
	};

	for (int i = 0; i < COUNT(prompts); i++)
		refuses(prompts[i], "no password");
	(void)setenv("APITOKEN_PROMPT", "API key", 1);
	gives_token("(alice@host) Your API key: ");
	(void)setenv("SSH_ASKPASS_PROMPT", "confirm", 1);
	refuses("Allow use of password key?", "no password");
}
END_TEST

static const struct {
	const char *prompt;
	bool is_of; /* host.example */
} hosts[] = {
	{ "alice@host.example's password: ", true },
	{ "(alice@host.example) Password: ", true },
	{ "(alice@HOST.example) Token: ", true },
	{ "Password for 'https://alice@host.example': ", true },
	{ "Password for 'https://host.example:8443/x/y': ", true },
	{ "Password for 'https://a%40b@host.example/': ", true },
	{ "alice@evil's password: ", false },
	{ "(alice@evil) host.example's password: ", false },
	{ "(alice@evil) alice@host.example's password: ", false },
	{ "host.example@evil's password: ", false },
	{ "alice@host.example.evil's password: ", false },
	{ "alice@xhost.example's password: ", false },
	{ "Password for 'https://alice@evil/@host.example': ", false },
	/* A user's name has these where git does not encode it. */
	{ "Password for 'https://alice@host.example/@evil': ", false },
	{ "Password for 'https://alice@host.example#@evil/': ", false },
	{ "Password for 'https://alice@host.example's password/@evil': ",
	    false },
	{ "alice@host.example's password@evil's password: ", false },
	{ "Password for 'https://host.example@evil': ", false },
	{ "Password for 'https://host.example:x@evil': ", false },
	{ "Password for 'https://evil?@host.example': ", false },
	{ "Password for 'https://evil#@host.example/': ", false },
	{ "Password for 'cert:///host.example': ", false },
	{ "[sudo] password for alice: ", false },
	{ "Password: ", false },
};

/* A server writes the end of a prompt, and whoever makes a link its path. */
START_TEST(prompts_of_a_host)
{
	(void)setenv("APITOKEN_HOST", "host.example", 1);
	if (hosts[_i].is_of)
		gives_token(hosts[_i].prompt);
	else
		refuses(hosts[_i].prompt, "not of the host");
}
END_TEST

START_TEST(prompts_for_names_of_a_host)
{
	(void)setenv("APITOKEN_HOST", "[::1]", 1);
	ck_assert_int_eq(ask("Username for 'http://[::1]:80/x': "), 0);
	ck_assert_str_eq(out, "alice\n");
	gives_token("Password for 'http://alice@[::1]': ");
	refuses("Username for 'http://[::2]': ", "not of the host");
	refuses("Username for 'http://[::1': ", "not of the host");
}
END_TEST

START_TEST(files_that_others_may_read)
{
	static const mode_t modes[] = { 0640, 0604, 0660, 0666, 0610, 0601 };

	for (int i = 0; i < COUNT(modes); i++) {
		ck_assert_int_eq(chmod(below("good"), modes[i]), 0);
		refuses("Password:", "chmod 600");
	}
	ck_assert_int_eq(chmod(below("good"), 0400), 0);
	gives_token("Password:");
}
END_TEST

START_TEST(files_that_are_none)
{
	ck_assert_int_eq(mkfifo(below("fifo"), 0600), 0);
	(void)setenv("APITOKEN_FILE", below("fifo"), 1);
	refuses("Password:", "not a regular file");
	(void)setenv("APITOKEN_FILE", folder, 1);
	refuses("Password:", "not a regular file");
	(void)setenv("APITOKEN_FILE", "/dev/null", 1);
	refuses("Password:", "not a regular file");
	(void)setenv("APITOKEN_FILE", below("none"), 1);
	refuses("Password:", "No such file");
	/* The file that is read is the one that is looked at. */
	put("open", "", token, 0644);
	ck_assert_int_eq(symlink("open", below("link")), 0);
	(void)setenv("APITOKEN_FILE", below("link"), 1);
	refuses("Password:", "chmod 600");
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(below("good"), 1, 1), 0);
		(void)setenv("APITOKEN_FILE", below("good"), 1);
		refuses("Password:", "belongs to somebody else");
	}
}
END_TEST

START_TEST(what_is_no_token)
{
	char other[TOKEN_TEXT_SIZE + 1];

	(void)setenv("APITOKEN_FILE", below("other"), 1);
	put("other", "", "secret of mine", 0600);
	refuses("Password:", "no token");
	put("other", "", "", 0600);
	refuses("Password:", "no token");
	put("other", "x", token, 0600);
	refuses("Password:", "no token");
	put("other", token, token, 0600);
	refuses("Password:", "no token");
	format(TOKEN_MANAGEMENT, other);
	put("other", "", other, 0600);
	refuses("Password:", "atm... token is no password");
	format(TOKEN_REFRESH, other);
	put("other", "", other, 0600);
	refuses("Password:", "is no password");
	put("other", "secret-token:", token, 0600);
	gives_token("Password:");
}
END_TEST

static void
command(const char *text)
{
	(void)unsetenv("APITOKEN_FILE");
	(void)setenv("APITOKEN_COMMAND", text, 1);
}

START_TEST(commands)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "cat \t %s", below("good"));
	command(text);
	gives_token("Password:");
	command("cat /nowhere/at/all");
	refuses("Password:", "cat failed");
	command("true");
	refuses("Password:", "no token");
	command("/nowhere/at/all x");
	refuses("Password:", "No such file");
	command("  ");
	refuses("Password:", "is empty");
	/* More than any token has. */
	command("cat /proc/self/maps");
	refuses("Password:", "cat ");
}
END_TEST

/* No shell reads it, and nobody is let believe so. */
START_TEST(commands_for_a_shell)
{
	static const char *const texts[] = { "touch %s; cat x",
		"touch %s | cat", "touch `echo %s`", "touch $(echo %s)",
		"touch \"%s\"", "touch '%s'", "cat <%s", "cat x >%s",
		"touch\n%s", "touch \\%s", "touch %s &" };
	char text[256];

	for (int i = 0; i < COUNT(texts); i++) {
		/* One %s each, for the file that must not come to be. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		(void)snprintf(text, sizeof(text), texts[i], below("made"));
#pragma GCC diagnostic pop
		command(text);
		refuses("Password:", "no shell reads it");
		ck_assert_int_eq(access(below("made"), F_OK), -1);
	}
}
END_TEST

START_TEST(what_is_not_said)
{
	(void)setenv("APITOKEN_COMMAND", "true", 1);
	refuses("Password:", "set either");
	(void)unsetenv("APITOKEN_COMMAND");
	(void)unsetenv("APITOKEN_FILE");
	refuses("Password:", "set either");
	(void)setenv("APITOKEN_FILE", "", 1);
	refuses("Password:", "set either");
	(void)unsetenv("APITOKEN_USER");
	refuses("Username for 'https://host': ", "APITOKEN_USER is not set");
	(void)setenv("APITOKEN_USER", token, 1);
	refuses("Username for 'https://host': ", "no token");
	ck_assert_int_eq(ask("--help"), 0);
	ck_assert_int_eq(ask("--version"), 0);
	ck_assert_int_eq(ask(NULL), 2);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("askpass");
	TCase *tcase = tcase_create("askpass");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, prompts_for_passwords);
	tcase_add_test(tcase, prompts_for_something_else);
	tcase_add_loop_test(tcase, prompts_of_a_host, 0, COUNT(hosts));
	tcase_add_test(tcase, prompts_for_names_of_a_host);
	tcase_add_test(tcase, files_that_others_may_read);
	tcase_add_test(tcase, files_that_are_none);
	tcase_add_test(tcase, what_is_no_token);
	tcase_add_test(tcase, commands);
	tcase_add_test(tcase, commands_for_a_shell);
	tcase_add_test(tcase, what_is_not_said);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
