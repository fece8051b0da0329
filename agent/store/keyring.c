/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/store/trust.h"
#include "common/error.h"
#include "common/secret.h"

#define LINE_SIZE (4 + 2 * CRYPTO_KEY_SIZE + 2) /* "255 " hex "\n" NUL */

struct master {
	uint8_t number;
	uint8_t bytes[CRYPTO_KEY_SIZE];
};

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int
parse_line(const char *line, struct master *master)
{
	char *hex;
	long number = strtol(line, &hex, 10);

	/* strtol would skip blanks and take a sign. */
	if (line[0] < '0' || line[0] > '9' || number < 1 ||
	    number > UINT8_MAX || *hex++ != ' ')
		return ERROR_MALFORMED;
	for (size_t i = 0; i < CRYPTO_KEY_SIZE; i++) {
		int high = hex_digit(hex[2 * i]);
		int low = high < 0 ? -1 : hex_digit(hex[2 * i + 1]);

		if (low < 0)
			return ERROR_MALFORMED;
		master->bytes[i] = (uint8_t)(high * 16 + low);
	}
	master->number = (uint8_t)number;
	return strcmp(hex + 2 * CRYPTO_KEY_SIZE, "\n") == 0 ? 0
							    : ERROR_MALFORMED;
}

/* Keeps the keys in order, the highest number first. */
static int
keyring_add(struct keyring *keyring, const struct master *master)
{
	struct keyring_key *key;
	size_t at = 0;

	if (keyring->count == KEYRING_KEYS_MAX ||
	    keyring_find(keyring, master->number) != NULL)
		return ERROR_MALFORMED;
	while (at < keyring->count && keyring->keys[at].number > master->number)
		at++;
	key = &keyring->keys[at];
	memmove(key + 1, key, (keyring->count - at) * sizeof(*key));
	key->number = master->number;
	crypto_subkey(master->bytes, CRYPTO_RECORDS, key->records);
	crypto_subkey(master->bytes, CRYPTO_AUDIT, key->audit);
	crypto_subkey(master->bytes, CRYPTO_TICKETS, key->tickets);
	crypto_subkey(master->bytes, CRYPTO_LINEAGE, key->lineage);
	keyring->count++;
	return 0;
}

static int
keyring_read(FILE *file, struct keyring *keyring)
{
	char line[LINE_SIZE];
	struct master master = { 0 };
	int rv = 0;

	while (rv == 0 && fgets(line, sizeof(line), file) != NULL) {
		rv = parse_line(line, &master);
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

static void
format_line(const uint8_t *key, char line[LINE_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	char *at = line;

	*at++ = '1';
	*at++ = ' ';
	for (size_t i = 0; i < CRYPTO_KEY_SIZE; i++) {
		*at++ = digits[key[i] >> 4];
		*at++ = digits[key[i] & 15];
	}
	*at++ = '\n';
	*at = '\0';
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
	uint8_t key[CRYPTO_KEY_SIZE];
	char line[LINE_SIZE];
	char partial[4096];
	int rv;

	if (snprintf(partial, sizeof(partial), "%s.%ld", path,
		(long)getpid()) >= (int)sizeof(partial)) {
		errno = ENAMETOOLONG;
		return ERROR_SYSTEM;
	}
	crypto_random(key, sizeof(key));
	format_line(key, line);
	rv = write_key(path, partial, line);
	wipe(key, sizeof(key));
	wipe(line, sizeof(line));
	return rv;
}

const struct keyring_key *
keyring_current(const struct keyring *keyring)
{
	return &keyring->keys[0];
}

const struct keyring_key *
keyring_find(const struct keyring *keyring, uint8_t number)
{
	for (size_t i = 0; i < keyring->count; i++)
		if (keyring->keys[i].number == number)
			return &keyring->keys[i];
	return NULL;
}
