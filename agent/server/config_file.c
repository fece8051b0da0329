/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/server/config_value.h"
#include "agent/store/trust.h"
#include "common/error.h"

#define SERVICE_PREFIX "service "
#define SECTION_MAX    49 /* bytes; inih has room for 50 with the NUL */
#define KEYS_SEEN_MAX  64 /* keys of one section */

/* One reading of a file. */
struct parse {
	struct config *config;
	const struct config_names *names;
	const char *path;
	FILE *file;
	unsigned line;
	bool failed; /* why says so already */
	char *why;
	size_t size;
	/* The section under way: its kind in the table of keys, what its keys
	 * are in, and which of them were there. */
	const char *kind; /* NULL before the first one */
	void *base;
	unsigned long seen;
	unsigned kinds_seen; /* a bit for each of base_kinds */
};

static int
fail(struct parse *parse, const char *what, const char *right)
{
	if (!parse->failed)
		snprintf(parse->why, parse->size, "%s:%u: %s: %s", parse->path,
		    parse->line, what, right);
	parse->failed = true;
	return ERROR_INVALID;
}

#define WORD_RIGHT "a word of at most 64 letters, digits and ._-@+"
#define PATH_RIGHT "an absolute path of at most 107 bytes"

struct config_key {
	const char *section;
	const char *name;
	config_reader *read;
	size_t offset; /* in struct config, or in struct service */
	size_t room;
	const char *right; /* the values it takes */
};

#define CONFIG(section, name, read, field, right)                              \
	{                                                                      \
		section, name, read, offsetof(struct config, field),           \
		    sizeof(((struct config *)0)->field), right                 \
	}
#define SERVICE(name, read, field, right)                                      \
	{                                                                      \
		SERVICE_PREFIX, name, read, offsetof(struct service, field),   \
		    sizeof(((struct service *)0)->field), right                \
	}

static const struct config_key keys[] = {
	CONFIG("agent", "user", value_some_word, user, WORD_RIGHT),
	CONFIG("agent", "default_role", value_role, default_role,
	    "member or none"),
	CONFIG("agent", "self_service_min_uid", value_uid, self_service_min_uid,
	    "a user number"),
	CONFIG("agent", "log", value_log, log, "stderr or syslog"),
	CONFIG("agent", "local_realms", value_words, local_realms,
	    "words of letters, digits and ._-@+, as in example.org"),
	CONFIG("sockets", "auth", value_path, auth_socket, PATH_RIGHT),
	CONFIG("sockets", "user", value_path, user_socket, PATH_RIGHT),
	CONFIG("sockets", "admin", value_path, admin_socket, PATH_RIGHT),
	CONFIG(
	    "sockets", "saslauthd", value_path, saslauthd_socket, PATH_RIGHT),
	CONFIG("sockets", "saslauthd_group", value_group, saslauthd_gid,
	    "a group of this machine"),
	CONFIG("store", "directory", value_path, store_directory, PATH_RIGHT),
	CONFIG("store", "key", value_path, key, PATH_RIGHT),
	CONFIG("store", "map_size", value_size, map_size,
	    "a size from 1M to 64T, as in 64G"),
	CONFIG("limits", "default_expires", value_duration,
	    limits.default_expires, "a duration as in 90d, or never"),
	CONFIG("limits", "max_expires", value_duration, limits.max_expires,
	    "a duration as in 90d, or never"),
	CONFIG("limits", "refresh_lifetime", value_duration,
	    lineage.refresh_lifetime, "a duration as in 30d, or never"),
	CONFIG("limits", "access_tokens", value_count, lineage.access_tokens,
	    "a number from 1 to 1000"),
	CONFIG("limits", "retention", value_duration, retention,
	    "a duration as in 90d, or never"),
	CONFIG("limits", "tokens_per_owner", value_limit, tokens_per_owner,
	    "a number from 1, or never for no limit"),
	SERVICE("project", value_some_word, project, WORD_RIGHT),
	SERVICE("environment", value_word, environment, WORD_RIGHT),
	SERVICE("access", value_some_word, access, WORD_RIGHT),
	SERVICE("role", value_word, role, WORD_RIGHT),
	SERVICE("elevated", value_bool, elevated, "yes or no"),
	SERVICE(
	    "sessions", value_sessions, sessions, "process, auth-peer or none"),
	SERVICE("callers", value_callers, callers,
	    "at most 16 login names of this machine"),
};

#define KEY_COUNT (sizeof(keys) / sizeof(*keys))

_Static_assert(KEY_COUNT <= KEYS_SEEN_MAX, "seen is a bit for each key");

static const char *const base_kinds[] = { "agent", "sockets", "store",
	"limits" };

#define BASE_KINDS (sizeof(base_kinds) / sizeof(*base_kinds))

static bool
has_service(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->service_count; i++)
		if (strcmp(config->services[i].name, name) == 0)
			return true;
	return false;
}

/* libpam makes the names of services lower case before it looks for them. */
static bool
is_service_name(const char *name)
{
	size_t size = strlen(name);

	return size > 0 && size <= SERVICE_MAX &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-+@") ==
		   size;
}

static int
enter_service(struct parse *parse, const char *section)
{
	const char *name = section + strlen(SERVICE_PREFIX);
	struct config *config = parse->config;
	struct service *service;

	if (!is_service_name(name))
		return fail(parse, section,
		    "a service is a name of /etc/pam.d in lower case, as in "
		    "[service sshd]");
	if (has_service(config, name))
		return fail(parse, section, "it is given twice");
	if (config->service_count == CONFIG_SERVICES_MAX)
		return fail(parse, section, "there are 256 services already");
	service = &config->services[config->service_count++];
	service_init(service, name);
	parse->kind = SERVICE_PREFIX;
	parse->base = service;
	return 0;
}

static int
enter_section(struct parse *parse, const char *section)
{
	parse->seen = 0;
	if (strncmp(section, SERVICE_PREFIX, strlen(SERVICE_PREFIX)) == 0)
		return enter_service(parse, section);
	for (size_t i = 0; i < BASE_KINDS; i++) {
		if (strcmp(section, base_kinds[i]) != 0)
			continue;
		if ((parse->kinds_seen & 1U << i) != 0)
			return fail(parse, section, "it is given twice");
		parse->kinds_seen |= 1U << i;
		parse->kind = base_kinds[i];
		parse->base = parse->config;
		return 0;
	}
	return fail(parse, section,
	    "sections are [agent] [sockets] [store] [limits] and "
	    "[service NAME]");
}

/*
 * The line that begins a section.  inih would cut a long name, overlook what
 * follows the bracket, and not mention a section without keys.
 */
static int
read_section(struct parse *parse, const char *line)
{
	char section[SECTION_MAX + 1];
	size_t size = strcspn(line + 1, "]");
	const char *rest = line + 1 + size;

	if (*rest != ']')
		return fail(parse, "this section", "it lacks its ]");
	rest += 1 + strspn(rest + 1, " \t\r\n");
	if (*rest != '\0' && *rest != ';' && *rest != '#')
		return fail(
		    parse, "this section", "only a comment may follow its ]");
	if (size > SECTION_MAX)
		return fail(parse, "this section",
		    "a name in brackets has at most 49 bytes");
	memcpy(section, line + 1, size);
	section[size] = '\0';
	return enter_section(parse, section);
}

static const struct config_key *
find_key(struct parse *parse, const char *name)
{
	char right[256] = "it takes";

	if (parse->kind == NULL) {
		fail(parse, name, "it stands before any [section]");
		return NULL;
	}
	for (size_t i = 0; i < KEY_COUNT; i++) {
		if (strcmp(keys[i].section, parse->kind) != 0)
			continue;
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
		snprintf(right + strlen(right), sizeof(right) - strlen(right),
		    " %s", keys[i].name);
	}
	fail(parse, name, right);
	return NULL;
}

static int
check_once(struct parse *parse, const struct config_key *key)
{
	unsigned long bit = 1UL << (key - keys);

	if ((parse->seen & bit) != 0)
		return fail(parse, key->name, "it is given twice");
	parse->seen |= bit;
	return 0;
}

static int
set_value(struct parse *parse, const struct config_key *key, const char *value)
{
	char right[256];
	int rv = check_once(parse, key);

	if (rv == 0)
		rv = key->read(parse->names, value,
		    (char *)parse->base + key->offset, key->room);
	if (rv < 0) {
		snprintf(right, sizeof(right), "it takes %s", key->right);
		fail(parse, key->name, right);
	}
	return rv;
}

/* inih's handler: 1 to go on, 0 for an error.  Sections were read before. */
static int
handle(void *arg, const char *section, const char *name, const char *value)
{
	struct parse *parse = arg;
	const struct config_key *key;

	(void)section;
	if (parse->failed)
		return 0;
	key = find_key(parse, name);
	return key != NULL && set_value(parse, key, value) == 0;
}

/* Like fgets, but a line that does not fit ends the reading. */
static char *
read_line(char *line, int room, void *arg)
{
	struct parse *parse = arg;
	size_t size = 0;
	size_t blank;
	int c = EOF;

	if (parse->failed)
		return NULL;
	parse->line++;
	while ((c = getc(parse->file)) != EOF && c != '\n') {
		if (c == '\0' || size == CONFIG_LINE_MAX ||
		    size + 2 > (size_t)room) {
			fail(parse, "this line",
			    "a line has at most 198 bytes and no NUL");
			return NULL;
		}
		line[size++] = (char)c;
	}
	if (size == 0 && c == EOF)
		return NULL;
	line[size++] = '\n';
	line[size] = '\0';
	/* An indented line would continue the value before it in inih. */
	blank = strspn(line, " \t\v\f\r");
	memmove(line, line + blank, size + 1 - blank);
	if (line[0] == '[' && read_section(parse, line) < 0)
		return NULL;
	return line;
}

static int
open_file(const char *path, FILE **file, char *why, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int rv;

	if (fd < 0 && errno == ENOENT) {
		snprintf(why, size, "%s does not exist", path);
		return ERROR_NOT_FOUND;
	}
	if (fd < 0) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		return ERROR_INVALID;
	}
	rv = trust_file(
	    fd, path, 022, "others may write to it: chmod go-w", why, size);
	if (rv == 0) {
		*file = fdopen(fd, "r");
		if (*file != NULL)
			return 0;
		rv = ERROR_MEMORY;
	}
	close(fd);
	return rv;
}

/* Reads all lines of an open file. */
static int
read_lines(struct parse *parse)
{
	int bad_line = ini_parse_stream(
	    (ini_reader)read_line, parse, handle, parse);

	if (bad_line != 0 && !parse->failed) {
		parse->line = (unsigned)bad_line;
		fail(parse, "this line",
		    "a line is [section], key = value or a ; comment");
	}
	return parse->failed ? ERROR_INVALID : 0;
}

int
config_file_read(const char *path, const struct config_names *names,
    struct config *config, char *why, size_t size)
{
	struct parse parse = { .config = config,
		.names = names,
		.path = path,
		.why = why,
		.size = size };
	int rv = open_file(path, &parse.file, why, size);

	if (rv < 0)
		return rv;
	rv = read_lines(&parse);
	fclose(parse.file);
	return rv;
}
