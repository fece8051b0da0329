/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/files.h"
#include "cli/secretio.h"
#include "common/error.h"
#include "common/secret.h"

#define TEXT_MAX (KEYFILE_LINES_MAX * KEYLINE_SIZE)

/* Steps through the lines: 0, ERROR_NOT_FOUND at the end, ERROR_MALFORMED. */
static int
next_line(const char **at, struct keyline *line)
{
	char text[KEYLINE_SIZE];
	size_t size = strcspn(*at, "\n") + 1;
	int error = ERROR_MALFORMED;

	if (**at == '\0')
		return ERROR_NOT_FOUND;
	if (size < sizeof text && (*at)[size - 1] == '\n') {
		memcpy(text, *at, size);
		text[size] = '\0';
		error = keyline_parse(text, line);
		*at += size;
	}
	wipe(text, sizeof text);
	return error;
}

int
keyfile_find(
    const struct keyfile *keyfile, uint8_t number, struct keyline *line)
{
	const char *at = keyfile->text;
	int error;

	do
		error = next_line(&at, line);
	while (error == 0 && line->number != number);
	return error;
}

/* Whether all lines are sound; finds the last key. */
static int
find_last(struct keyfile *keyfile)
{
	const char *at = keyfile->text;
	struct keyline line;
	int error;

	while ((error = next_line(&at, &line)) == 0)
		if (line.number > keyfile->last.number)
			keyfile->last = line;
	wipe(&line, sizeof line);
	return error == ERROR_NOT_FOUND && keyfile->last.number > 0
		   ? 0
		   : ERROR_MALFORMED;
}

static int
read_text(struct keyfile *keyfile, int fd)
{
	struct stat st;
	ssize_t got;

	if (fstat(fd, &st) != 0)
		return ERROR_SYSTEM;
	if (!S_ISREG(st.st_mode) || st.st_size > TEXT_MAX)
		return ERROR_MALFORMED;
	keyfile->uid = st.st_uid;
	keyfile->gid = st.st_gid;
	keyfile->mode = st.st_mode & 07777;
	/* With room for one more line. */
	keyfile->text = calloc(1, TEXT_MAX + KEYLINE_SIZE + 1);
	if (keyfile->text == NULL)
		return ERROR_MEMORY;
	got = read(fd, keyfile->text, (size_t)st.st_size);
	if (got < 0)
		return ERROR_SYSTEM;
	if (got != st.st_size || strlen(keyfile->text) != (size_t)got)
		return ERROR_MALFORMED;
	keyfile->size = (size_t)got;
	return find_last(keyfile);
}

/* The last part of a path: what it is called in its folder. */
static const char *
name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

int
keyfile_open(struct keyfile *keyfile, const char *path)
{
	int error;
	int fd;

	*keyfile = (struct keyfile) { .path = path,
		.folder = files_open_folder(path) };
	if (keyfile->folder < 0)
		return ERROR_SYSTEM;
	if (flock(keyfile->folder, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? ERROR_EXISTS : ERROR_SYSTEM;
	fd = openat(keyfile->folder, name_of(path),
	    O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return ERROR_SYSTEM;
	error = read_text(keyfile, fd);
	(void)close(fd);
	return error;
}

void
keyfile_close(struct keyfile *keyfile)
{
	if (keyfile->text != NULL)
		wipe(keyfile->text, TEXT_MAX + KEYLINE_SIZE + 1);
	free(keyfile->text);
	keyfile->text = NULL;
	wipe(&keyfile->last, sizeof keyfile->last);
	if (keyfile->folder >= 0)
		(void)close(keyfile->folder);
	keyfile->folder = -1;
}

static int
write_text(const struct keyfile *keyfile, const struct keyline *line, int fd)
{
	char text[KEYLINE_SIZE];
	int error;

	keyline_format(line, text);
	error = fchown(fd, keyfile->uid, keyfile->gid) == 0 &&
			fchmod(fd, keyfile->mode) == 0
		    ? 0
		    : ERROR_SYSTEM;
	if (error == 0)
		error = secretio_write(
		    fd, span_bytes(keyfile->text, keyfile->size));
	if (error == 0)
		error = secretio_write(fd, span_of(text));
	wipe(text, sizeof text);
	return error;
}

/*
 * All in the folder that was opened, whatever its path leads to by now: the
 * path may be the agent's word, and root follows it.
 */
int
keyfile_add(const struct keyfile *keyfile, const struct keyline *line)
{
	const char *name = name_of(keyfile->path);
	char *partial = NULL;
	int error, reason;
	int fd;

	if (asprintf(&partial, "%s.%ld", name, (long)getpid()) < 0)
		return ERROR_MEMORY;
	fd = openat(keyfile->folder, partial,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		free(partial);
		return ERROR_SYSTEM;
	}
	error = write_text(keyfile, line, fd);
	if (secretio_close(fd) != 0)
		error = ERROR_SYSTEM;
	if (error == 0 &&
	    renameat(keyfile->folder, partial, keyfile->folder, name) != 0)
		error = ERROR_SYSTEM;
	reason = errno;
	if (error != 0)
		(void)unlinkat(keyfile->folder, partial, 0);
	free(partial);
	errno = reason;
	if (error == 0 && fsync(keyfile->folder) != 0)
		error = ERROR_SYSTEM;
	return error;
}
