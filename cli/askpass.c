/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * apitoken-askpass(1): gives ssh, git and sudo a token where they would ask
 * for a password.
 *
 * Threat model.  What it prints goes wherever its caller sends it, so it MUST
 * print a token only for a prompt that asks for a password: not for one about
 * a host's key, a passphrase, a PIN, or a new password.  It MUST NOT read a
 * file that others may read or might have put there, MUST NOT have a shell
 * look at anything, and MUST NOT say the secret anywhere but on its standard
 * output.  In C, and not a script, since the file that is checked has to be
 * the one that is read.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/askprompt.h"
#include "cli/secretio.h"
#include "common/error.h"
#include "common/tokentext.h"

#define EXIT_USAGE 2
#define WORDS_MAX  32

/* What a shell would make something else of. */
#define SHELL_SYNTAX "'\"\\$`|&;<>()\n"

extern char **environ;

static const char usage[] =
    "usage: apitoken-askpass PROMPT\n"
    "\n"
    "For SSH_ASKPASS, GIT_ASKPASS and SUDO_ASKPASS.  Writes\n"
    "  the token in $APITOKEN_FILE, or that $APITOKEN_COMMAND writes, for a\n"
    "  prompt with \"password\", \"token\" or $APITOKEN_PROMPT in it;\n"
    "  $APITOKEN_USER for one that begins with \"Username\".\n"
    "If $APITOKEN_HOST is set, only for prompts of that host.\n"
    "See apitoken-askpass(1).\n";

static int __attribute__((format(printf, 1, 2)))
complain(const char *format, ...)
{
	va_list args;

	fputs("apitoken-askpass: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return ERROR_INVALID;
}

/* A variable that is there and not empty, or NULL. */
static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

/* ssh says so of a question of its own, to be confirmed or only shown. */
static bool
wants_token(const char *prompt)
{
	return getenv("SSH_ASKPASS_PROMPT") == NULL &&
	       askprompt_wants_token(prompt, variable("APITOKEN_PROMPT"));
}

static bool
is_host_right(const char *prompt)
{
	const char *host = variable("APITOKEN_HOST");

	return host == NULL || askprompt_is_of(prompt, host);
}

static int
check_file(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return complain("%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return complain("%s is not a regular file", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return complain("%s belongs to somebody else (uid %u): it is "
				"not read",
		    path, (unsigned)st.st_uid);
	if ((st.st_mode & 0077) != 0)
		return complain("%s has mode %04o, so others may use the "
				"token: chmod 600 it, and regenerate the "
				"token",
		    path, (unsigned)st.st_mode & 07777U);
	return 0;
}

static int
read_file(const char *path, struct secret *secret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int error;

	if (fd == -1)
		return complain("%s: %s", path, strerror(errno));
	error = check_file(fd, path);
	if (error == 0 && secretio_read(fd, "", secret) != 0)
		error = complain("%s holds no token alone", path);
	(void)close(fd);
	return error;
}

/* The words of the command, without a shell. */
static int
split(char *command, char *words[WORDS_MAX])
{
	char *save = NULL;
	size_t count = 0;

	if (command[strcspn(command, SHELL_SYNTAX)] != '\0')
		return complain("APITOKEN_COMMAND is a program and its "
				"arguments, parted by blanks, and no shell "
				"reads it: put what needs one into a script");
	for (char *word = strtok_r(command, " \t", &save);
	     word != NULL && count < WORDS_MAX - 1;
	     word = strtok_r(NULL, " \t", &save))
		words[count++] = word;
	words[count] = NULL;
	return count == 0 ? complain("APITOKEN_COMMAND is empty") : 0;
}

static int
start(char *const *words, int out, pid_t *child)
{
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	if (error != 0)
		return error;
	error = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (error == 0)
		error = posix_spawnp(
		    child, words[0], &actions, NULL, words, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* A keyring may ask its owner first: there is no limit of time. */
static int
read_output(char *const *words, struct secret *secret)
{
	int out[2], status = -1, error, read_error;
	pid_t child;

	if (pipe2(out, O_CLOEXEC) != 0)
		return complain("%s", strerror(errno));
	error = start(words, out[1], &child);
	(void)close(out[1]);
	if (error != 0) {
		(void)close(out[0]);
		return complain("%s: %s", words[0], strerror(error));
	}
	read_error = secretio_read(out[0], "", secret);
	(void)close(out[0]);
	while (waitpid(child, &status, 0) == -1 && errno == EINTR)
		continue;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return complain("%s failed", words[0]);
	if (read_error != 0)
		return complain("%s wrote no token alone", words[0]);
	return 0;
}

static int
read_command(const char *command, struct secret *secret)
{
	char *words[WORDS_MAX], *copy = strdup(command);
	int error = copy == NULL ? complain("out of memory")
				 : split(copy, words);

	if (error == 0)
		error = read_output(words, secret);
	free(copy);
	return error;
}

/* The one place where a secret goes out. */
static int
write_token(const struct secret *secret)
{
	char text[TOKEN_TEXT_SIZE + 2] = { 0 };
	struct token token = { 0 };
	int error = tokentext_parse(
	    (const char *)secret->bytes, secret->size, &token);

	if (error != 0)
		error = complain("what was found is no token");
	else if (token.kind != TOKEN_API && token.kind != TOKEN_ACCESS)
		error = complain("a %s... token is no password",
		    tokentext_prefix(token.kind));
	if (error == 0) {
		tokentext_format(&token, text);
		text[TOKEN_TEXT_SIZE] = '\n';
		if (secretio_write(STDOUT_FILENO,
			span_bytes(text, TOKEN_TEXT_SIZE + 1)) != 0)
			error = complain(
			    "standard output: %s", strerror(errno));
	}
	wipe(text, sizeof text);
	token_wipe(&token);
	return error;
}

static int
give_token(void)
{
	const char *file = variable("APITOKEN_FILE");
	const char *command = variable("APITOKEN_COMMAND");
	struct secret secret = { 0 };
	int error;

	if ((file == NULL) == (command == NULL))
		return complain("set either APITOKEN_FILE, to a file with the "
				"token, or APITOKEN_COMMAND, to a command "
				"that writes it");
	error = file != NULL ? read_file(file, &secret)
			     : read_command(command, &secret);
	if (error == 0)
		error = write_token(&secret);
	secret_wipe(&secret);
	return error;
}

/* git asks for the name first, unless the address has it. */
static int
give_user(void)
{
	const char *user = variable("APITOKEN_USER");

	if (user == NULL)
		return complain("APITOKEN_USER is not set: it answers "
				"\"Username\"");
	if (secretio_begins_token(user))
		return complain("APITOKEN_USER is a login name, no token");
	return printf("%s\n", user) < 0 || fflush(stdout) != 0
		   ? complain("standard output: %s", strerror(errno))
		   : 0;
}

static const char *
hint(const char *prompt)
{
	if (askprompt_is_host_key(prompt))
		return "it is about a host's key: connect once without "
		       "SSH_ASKPASS, or have ssh take new ones with -o "
		       "StrictHostKeyChecking=accept-new";
	return "APITOKEN_PROMPT may hold words of one that does";
}

static int
answer(const char *prompt)
{
	bool user = askprompt_wants_user(prompt);

	if (!user && !wants_token(prompt))
		return complain("this prompt asks for no password: no token "
				"is given (%s)",
		    hint(prompt));
	if (!is_host_right(prompt))
		return complain("this prompt is not of the host in "
				"APITOKEN_HOST: nothing is given");
	return user ? give_user() : give_token();
}

int
main(int argc, char **argv)
{
	int error;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return EXIT_SUCCESS;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("apitoken-askpass " PACKAGE_VERSION);
		return EXIT_SUCCESS;
	}
	if (argc != 2) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	error = answer(argv[1]);
	return error == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
