/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/store/trust.h"
#include "common/error.h"
#include "common/keyline.h"
#include "common/secret.h"

_Static_assert(KEYLINE_KEY_SIZE == CRYPTO_KEY_SIZE, "master key");

static void
derive_keys(const struct keyline *line, struct keyring_key *key)
{
	key->number = line->number;
	crypto_subkey(line->key, CRYPTO_RECORDS, key->records);
	crypto_subkey(line->key, CRYPTO_AUDIT, key->audit);
	crypto_subkey(line->key, CRYPTO_TICKETS, key->tickets);
	crypto_subkey(line->key, CRYPTO_LINEAGE, key->lineage);
	crypto_subkey(line->key, CRYPTO_BACKUPS, key->backups);
}

/* Before there are readers: keeps the keys in order, the current one last. */
static int
keyring_add(struct keyring *keyring, const struct keyline *line)
{
	size_t count = keyring->count;
	struct keyring_key *key;
	size_t at = count;

	if (count == KEYRING_KEYS_MAX ||
	    keyring_find(keyring, line->number) != NULL)
		return ERROR_MALFORMED;
	while (at > 0 && keyring->keys[at - 1].number > line->number)
		at--;
	key = &keyring->keys[at];
	memmove(key + 1, key, (count - at) * sizeof(*key));
	derive_keys(line, key);
	keyring->count = count + 1;
	return 0;
}

static int
keyring_read(FILE *file, struct keyring *keyring)
{
	char line[KEYLINE_SIZE];
	struct keyline master = { 0 };
	int rv = 0;

	while (rv == 0 && fgets(line, sizeof(line), file) != NULL) {
		rv = keyline_parse(line, &master);
		if (rv == 0)
			rv = keyring_add(keyring, &master);
	}
	if (rv == 0 && ferror(file))
		rv = ERROR_SYSTEM;
	if (rv == 0 && keyring->count == 0)
		rv = ERROR_MALFORMED;
	wipe(line, sizeof(line));
	wipe(&master, sizeof(master));
	return rv;
}

/* A descriptor, or an error. */
static int
open_file(const char *path, char *why, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd >= 0)
		return fd;
	if (errno == ENOENT)
		return ERROR_NOT_FOUND;
	if (errno != ELOOP)
		return ERROR_SYSTEM;
	snprintf(why, size,
	    "key %s is a symbolic link: it must be the file itself", path);
	return ERROR_INVALID;
}

int
keyring_load(const char *path, struct keyring **keyring, char *why, size_t size)
{
	char buffer[BUFSIZ];
	struct keyring *made = NULL;
	FILE *file = NULL;
	int fd;
	int rv;

	fd = open_file(path, why, size);
	if (fd < 0)
		return fd;
	rv = trust_file(fd, path, 077,
	    "others may use it: it must be open to its owner only (chmod 0400)",
	    why, size);
	if (rv < 0)
		goto out;
	rv = ERROR_MEMORY;
	made = crypto_alloc(sizeof(*made));
	file = fdopen(fd, "r");
	if (made == NULL || file == NULL)
		goto out;
	setvbuf(file, buffer, _IOFBF, sizeof(buffer));
	memset(made, 0, sizeof(*made));
	rv = keyring_read(file, made);
	if (rv == ERROR_MALFORMED) {
		snprintf(why, size,
		    "key %s is damaged: a line is a number from 1 to 255, a "
		    "space and %d hexadecimal digits",
		    path, 2 * CRYPTO_KEY_SIZE);
		rv = ERROR_INVALID;
	}
	if (rv < 0)
		goto out;
	*keyring = made;
	made = NULL;
out:
	if (file != NULL)
		fclose(file);
	else
		close(fd);
	wipe(buffer, sizeof(buffer));
	crypto_free(made);
	return rv;
}

void
keyring_free(struct keyring *keyring)
{
	crypto_free(keyring);
}

/* So that a key outlives a power loss as well as what is made with it. */
static int
sync_directory(const char *path)
{
	char *copy = strdup(path);
	int rv = ERROR_SYSTEM;
	int fd;

	if (copy == NULL)
		return ERROR_MEMORY;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && fsync(fd) == 0)
		rv = 0;
	if (fd >= 0)
		close(fd);
	free(copy);
	return rv;
}

/* Written under another name and then linked, so that a key file is whole
 * or not there, and an existing one is never replaced. */
static int
write_key(const char *path, const char *partial, const char *line)
{
	int fd = open(partial,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0400);
	int rv = ERROR_SYSTEM;
	int saved;

	if (fd < 0)
		return ERROR_SYSTEM;
	if (write(fd, line, strlen(line)) == (ssize_t)strlen(line) &&
	    fsync(fd) == 0) {
		if (link(partial, path) == 0)
			rv = 0;
		else if (errno == EEXIST)
			rv = ERROR_EXISTS;
	}
	saved = errno;
	close(fd);
	unlink(partial);
	errno = saved;
	return rv < 0 ? rv : sync_directory(path);
}

int
keyring_make(const char *path)
{
	struct keyline master = { .number = 1 };
	char line[KEYLINE_SIZE];
	char partial[4096];
	int rv;

	if (snprintf(partial, sizeof(partial), "%s.%ld", path,
		(long)getpid()) >= (int)sizeof(partial)) {
		errno = ENAMETOOLONG;
		return ERROR_SYSTEM;
	}
	crypto_random(master.key, sizeof(master.key));
	keyline_format(&master, line);
	rv = write_key(path, partial, line);
	wipe(&master, sizeof(master));
	wipe(line, sizeof(line));
	return rv;
}

const struct keyring_key *
keyring_current(const struct keyring *keyring)
{
	return &keyring->keys[keyring->count - 1];
}

const struct keyring_key *
keyring_find(const struct keyring *keyring, uint8_t number)
{
	for (size_t i = keyring->count; i > 0; i--)
		if (keyring->keys[i - 1].number == number)
			return &keyring->keys[i - 1];
	return NULL;
}

/* One is enough: all the others come of the same bytes. */
static bool
is_same(const struct keyring_key *a, const struct keyring_key *b)
{
	return crypto_equal(a->records, b->records, sizeof(a->records));
}

int
keyring_extend(struct keyring *keyring, const struct keyline *line)
{
	const struct keyring_key *known = keyring_find(keyring, line->number);
	struct keyring_key *next = &keyring->keys[keyring->count];
	struct keyring_key made;
	int rv = 0;

	derive_keys(line, &made);
	if (known != NULL)
		rv = is_same(known, &made) ? 0 : ERROR_EXISTS;
	else if (line->number != keyring_current(keyring)->number + 1)
		rv = ERROR_INVALID;
	else if (keyring->count == KEYRING_KEYS_MAX)
		rv = ERROR_FULL;
	else {
		*next = made;
		/* Only now do readers see it, and all of it. */
		keyring->count++;
	}
	wipe(&made, sizeof(made));
	return rv;
}
