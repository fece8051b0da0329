/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/secretio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "common/error.h"
#include "common/tokentext.h"

/* Letters of a kind and an underscore. */
#define PREFIX_SIZE 4

/* "atk_", id, "_": what follows belongs to the secret. */
#define PUBLIC_SIZE (PREFIX_SIZE + TOKEN_ID_SIZE + 1)

static bool
has_prefix(const char *text)
{
	for (int kind = TOKEN_API; kind <= TOKEN_MANAGEMENT; kind++)
		if (strncmp(text, tokentext_prefix((enum token_kind)kind),
			PREFIX_SIZE - 1) == 0 &&
		    text[PREFIX_SIZE - 1] == '_')
			return true;
	return false;
}

bool
secretio_begins_token(const char *text)
{
	size_t scheme = sizeof TOKEN_URI_SCHEME - 1;

	if (strncmp(text, TOKEN_URI_SCHEME, scheme) == 0)
		text += scheme;
	return has_prefix(text);
}

bool
secretio_holds_token(const char *text)
{
	for (; strlen(text) > PUBLIC_SIZE; text++)
		if (has_prefix(text) &&
		    tokentext_is_base62(text + PREFIX_SIZE, TOKEN_ID_SIZE) &&
		    text[PUBLIC_SIZE - 1] == '_' &&
		    tokentext_is_base62(text + PUBLIC_SIZE, 1))
			return true;
	return false;
}

/* The terminal as it was, for whoever ends the program while it is silent. */
static struct termios shown;
static volatile sig_atomic_t shown_fd = -1;

static const int ending_signals[] = { SIGINT, SIGTERM, SIGQUIT, SIGHUP };

#define ENDING_SIGNALS (sizeof ending_signals / sizeof ending_signals[0])

/* Runs once (SA_RESETHAND) and lets the signal do what it does. */
static void
echo_restore(int number)
{
	(void)tcsetattr(shown_fd, TCSAFLUSH, &shown);
	(void)raise(number);
}

static void
signals_set(void (*handler)(int))
{
	struct sigaction action = { 0 };

	action.sa_handler = handler;
	action.sa_flags = (int)SA_RESETHAND;
	for (size_t i = 0; i < ENDING_SIGNALS; i++)
		(void)sigaction(ending_signals[i], &action, NULL);
}

static int
echo_off(int fd, const char *prompt)
{
	struct termios silent;

	if (tcgetattr(fd, &shown) != 0)
		return ERROR_SYSTEM;
	shown_fd = fd;
	silent = shown;
	silent.c_lflag &= (tcflag_t) ~(ECHO | ECHOE | ECHOK);
	silent.c_lflag |= ECHONL;
	signals_set(echo_restore);
	/* Who stops the program here would be left with a silent shell. */
	(void)signal(SIGTSTP, SIG_IGN);
	if (tcsetattr(fd, TCSAFLUSH, &silent) != 0)
		return ERROR_SYSTEM;
	fprintf(stderr, "%s: ", prompt);
	return 0;
}

static void
echo_on(int fd)
{
	(void)tcsetattr(fd, TCSAFLUSH, &shown);
	signals_set(SIG_DFL);
	(void)signal(SIGTSTP, SIG_DFL);
	shown_fd = -1;
}

/* To the end, or to the end of a line; one byte more than fits is enough. */
static int
read_all(int fd, bool line, uint8_t *bytes, size_t size, size_t *got)
{
	size_t at = 0;
	ssize_t n = 1;

	while (at < size && !(line && at > 0 && bytes[at - 1] == '\n')) {
		n = read(fd, bytes + at, size - at);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		at += (size_t)n;
	}
	*got = at;
	return n == -1 ? ERROR_SYSTEM : 0;
}

int
secretio_read_bytes(
    int fd, const char *prompt, uint8_t *bytes, size_t size, size_t *got)
{
	bool terminal = isatty(fd) == 1;
	int error = 0;

	*got = 0;
	if (terminal)
		error = echo_off(fd, prompt);
	if (error == 0)
		error = read_all(fd, terminal, bytes, size, got);
	if (terminal && shown_fd != -1)
		echo_on(fd);
	if (error == 0 && *got > 0 && bytes[*got - 1] == '\n')
		--*got;
	return error;
}

int
secretio_read(int fd, const char *prompt, struct secret *secret)
{
	/* The newline, and one byte that tells of more. */
	uint8_t bytes[SECRET_SIZE + 2];
	size_t size;
	int error;

	secret_wipe(secret);
	error = secretio_read_bytes(fd, prompt, bytes, sizeof bytes, &size);
	if (error == 0)
		error = secret_set(secret, bytes, size);
	wipe(bytes, sizeof bytes);
	return error;
}

/* Whether names can be made in the folder of path.  What is too long is left
 * to whoever creates it. */
static int
folder_check(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t size = slash == NULL ? 0 : (size_t)(slash - path) + 1;
	char folder[PATH_MAX] = ".";

	if (size >= sizeof folder)
		return 0;
	if (size > 0) {
		memcpy(folder, path, size);
		folder[size] = '\0';
	}
	return faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0
		   ? 0
		   : ERROR_SYSTEM;
}

int
secretio_may_create(const char *path)
{
	struct stat status;

	if (lstat(path, &status) == 0)
		return ERROR_EXISTS;
	return errno == ENOENT ? folder_check(path) : ERROR_SYSTEM;
}

int
secretio_create(const char *path)
{
	int fd = open(path,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY,
	    0600);

	if (fd == -1)
		return errno == EEXIST ? ERROR_EXISTS : ERROR_SYSTEM;
	return fd;
}

int
secretio_write(int fd, struct span bytes)
{
	while (!span_empty(bytes)) {
		ssize_t n = write(fd, bytes.data, bytes.size);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return ERROR_SYSTEM;
		bytes.data += n;
		bytes.size -= (size_t)n;
	}
	return 0;
}

int
secretio_close(int fd)
{
	int error = fsync(fd) == 0 ? 0 : ERROR_SYSTEM;

	if (close(fd) != 0)
		error = ERROR_SYSTEM;
	return error;
}

bool
secretio_is_writable(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags != -1 && (flags & O_ACCMODE) != O_RDONLY;
}
