/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/config.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/store/store.h"
#include "common/duration.h"
#include "common/error.h"

#define SERVICES_MAX   256
#define SERVICE_PREFIX "service "
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
	/* The section under way, to find keys that are given twice. */
	char section[INI_MAX_LINE];
	unsigned long seen;
};

/* A way to read a value: 0, or ERROR_INVALID. */
typedef int value_reader(
    struct parse *parse, const char *value, void *field, size_t room);

static int
fail(struct parse *parse, const char *what, const char *right)
{
	if (!parse->failed)
		snprintf(parse->why, parse->size, "%s:%u: %s: %s", parse->path,
		    parse->line, what, right);
	parse->failed = true;
	return ERROR_INVALID;
}

static int
read_path(struct parse *parse, const char *value, void *field, size_t room)
{
	(void)parse;
	if (value[0] != '/' || strlen(value) >= room)
		return ERROR_INVALID;
	memcpy(field, value, strlen(value) + 1);
	return 0;
}

/* A word of letters, digits and "._-@+"; nothing stands for none. */
static int
read_word(struct parse *parse, const char *value, void *field, size_t room)
{
	(void)parse;
	if (strlen(value) >= room ||
	    strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			  "0123456789._-@+") != strlen(value))
		return ERROR_INVALID;
	memcpy(field, value, strlen(value) + 1);
	return 0;
}

static int
read_some_word(struct parse *parse, const char *value, void *field, size_t room)
{
	return value[0] == '\0' ? ERROR_INVALID
				: read_word(parse, value, field, room);
}

static int
read_bool(struct parse *parse, const char *value, void *field, size_t room)
{
	bool *flag = field;

	(void)parse, (void)room;
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return ERROR_INVALID;
	*flag = value[0] == 'y';
	return 0;
}

static int
read_role(struct parse *parse, const char *value, void *field, size_t room)
{
	enum role *role = field;

	(void)parse, (void)room;
	if (strcmp(value, "member") == 0)
		*role = ROLE_MEMBER;
	else if (strcmp(value, "none") == 0)
		*role = ROLE_NONE;
	else
		return ERROR_INVALID;
	return 0;
}

static int
read_log(struct parse *parse, const char *value, void *field, size_t room)
{
	enum log_target *target = field;

	(void)parse, (void)room;
	if (strcmp(value, "stderr") == 0)
		*target = LOG_TO_STDERR;
	else if (strcmp(value, "syslog") == 0)
		*target = LOG_TO_SYSLOG;
	else
		return ERROR_INVALID;
	return 0;
}

static int
read_sessions(struct parse *parse, const char *value, void *field, size_t room)
{
	static const char *const words[] = {
		[SESSIONS_NONE] = "none",
		[SESSIONS_PROCESS] = "process",
		[SESSIONS_AUTH_PEER] = "auth-peer",
	};
	enum service_sessions *sessions = field;

	(void)parse, (void)room;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(value, words[i]) == 0) {
			*sessions = (enum service_sessions)i;
			return 0;
		}
	return ERROR_INVALID;
}

static int
read_number(const char *value, uint64_t most, char **end, uint64_t *number)
{
	unsigned long long parsed;

	if (value[0] < '0' || value[0] > '9')
		return ERROR_INVALID;
	errno = 0;
	parsed = strtoull(value, end, 10);
	if (errno != 0 || parsed > most)
		return ERROR_INVALID;
	*number = parsed;
	return 0;
}

static int
read_uid(struct parse *parse, const char *value, void *field, size_t room)
{
	uint32_t *uid = field;
	uint64_t number;
	char *end;

	(void)parse, (void)room;
	if (read_number(value, UINT32_MAX - 1, &end, &number) < 0 ||
	    *end != '\0')
		return ERROR_INVALID;
	*uid = (uint32_t)number;
	return 0;
}

/* Bytes, or with K, M, G, T; LMDB wants whole pages. */
static int
read_size(struct parse *parse, const char *value, void *field, size_t room)
{
	static const char units[] = "KMGT";
	uint64_t *bytes = field;
	uint64_t number;
	char *end;

	(void)parse, (void)room;
	if (read_number(value, UINT64_C(1) << 46, &end, &number) < 0)
		return ERROR_INVALID;
	if (*end != '\0') {
		const char *unit = strchr(units, *end);

		if (unit == NULL || end[1] != '\0')
			return ERROR_INVALID;
		number <<= 10 * (unit - units + 1);
	}
	if (number < (UINT64_C(1) << 20) || number > (UINT64_C(1) << 46))
		return ERROR_INVALID;
	*bytes = number & ~UINT64_C(0xffff);
	return 0;
}

/* A duration, or never (0). */
static int
read_duration(struct parse *parse, const char *value, void *field, size_t room)
{
	uint64_t *seconds = field;

	(void)parse, (void)room;
	if (strcmp(value, "never") == 0) {
		*seconds = 0;
		return 0;
	}
	return duration_parse(value, seconds) < 0 ? ERROR_INVALID : 0;
}

static int
add_caller(struct parse *parse, struct service *service, const char *login)
{
	uid_t uid;

	if (service->caller_count == SERVICE_CALLERS_MAX)
		return fail(parse, "callers", "at most 16 users");
	if (parse->names->uid_of(parse->names->arg, login, &uid) < 0)
		return fail(parse, login,
		    "callers are users of this machine, and it has none of "
		    "that name");
	service->callers[service->caller_count++] = uid;
	return 0;
}

/* Login names between spaces or commas. */
static int
read_callers(struct parse *parse, const char *value, void *field, size_t room)
{
	/* The field is the first member after the count. */
	struct service *service =
	    (struct service *)(void *)((char *)field -
				       offsetof(struct service, callers));
	char logins[INI_MAX_LINE];
	char *rest = NULL;
	char *login;
	int rv = 0;

	(void)room;
	snprintf(logins, sizeof(logins), "%s", value);
	login = strtok_r(logins, ", \t", &rest);
	while (rv == 0 && login != NULL) {
		rv = add_caller(parse, service, login);
		login = strtok_r(NULL, ", \t", &rest);
	}
	return rv;
}

#define WORD_RIGHT "a word of at most 64 letters, digits and ._-@+"
#define PATH_RIGHT "an absolute path of at most 107 bytes"

struct config_key {
	const char *section;
	const char *name;
	value_reader *read;
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
		"service", name, read, offsetof(struct service, field),        \
		    sizeof(((struct service *)0)->field), right                \
	}

static const struct config_key keys[] = {
	CONFIG("agent", "user", read_some_word, user, WORD_RIGHT),
	CONFIG(
	    "agent", "default_role", read_role, default_role, "member or none"),
	CONFIG("agent", "self_service_min_uid", read_uid, self_service_min_uid,
	    "a user number"),
	CONFIG("agent", "log", read_log, log, "stderr or syslog"),
	CONFIG("sockets", "auth", read_path, auth_socket, PATH_RIGHT),
	CONFIG("sockets", "user", read_path, user_socket, PATH_RIGHT),
	CONFIG("sockets", "admin", read_path, admin_socket, PATH_RIGHT),
	CONFIG("store", "directory", read_path, store_directory, PATH_RIGHT),
	CONFIG("store", "key", read_path, key, PATH_RIGHT),
	CONFIG("store", "map_size", read_size, map_size,
	    "a size from 1M to 64T, as in 64G"),
	CONFIG("limits", "default_expires", read_duration,
	    limits.default_expires, "a duration as in 90d, or never"),
	CONFIG("limits", "max_expires", read_duration, limits.max_expires,
	    "a duration as in 90d, or never"),
	SERVICE("project", read_some_word, project, WORD_RIGHT),
	SERVICE("environment", read_word, environment, WORD_RIGHT),
	SERVICE("access", read_some_word, access, WORD_RIGHT),
	SERVICE("role", read_word, role, WORD_RIGHT),
	SERVICE("elevated", read_bool, elevated, "yes or no"),
	SERVICE(
	    "sessions", read_sessions, sessions, "process, auth-peer or none"),
	SERVICE(
	    "callers", read_callers, callers, "login names of this machine"),
};

#define KEY_COUNT (sizeof(keys) / sizeof(*keys))

_Static_assert(KEY_COUNT <= KEYS_SEEN_MAX, "seen is a bit for each key");

static struct service *
find_service(struct config *config, const char *name)
{
	for (size_t i = 0; i < config->service_count; i++)
		if (strcmp(config->services[i].name, name) == 0)
			return &config->services[i];
	return NULL;
}

static bool
is_service_name(const char *name)
{
	size_t size = strlen(name);

	return size > 0 && size <= SERVICE_MAX && strchr(name, '/') == NULL &&
	       strchr(name, ' ') == NULL && strchr(name, ':') == NULL;
}

static struct service *
add_service(struct parse *parse, const char *name)
{
	struct config *config = parse->config;
	struct service *service = find_service(config, name);

	if (service != NULL)
		return service;
	if (!is_service_name(name)) {
		fail(parse, parse->section,
		    "a service is a name of /etc/pam.d, as in [service sshd]");
		return NULL;
	}
	if (config->service_count == SERVICES_MAX) {
		fail(parse, parse->section, "there are 256 services already");
		return NULL;
	}
	service = &config->services[config->service_count++];
	service_init(service, name);
	return service;
}

/* The first of the section's kind names the section, so an unknown section
 * is told from an unknown key. */
static const struct config_key *
find_key(struct parse *parse, const char *section, const char *name)
{
	bool known = false;
	char right[256] = "it takes";

	for (size_t i = 0; i < KEY_COUNT; i++) {
		if (strcmp(keys[i].section, section) != 0)
			continue;
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
		known = true;
		snprintf(right + strlen(right), sizeof(right) - strlen(right),
		    " %s", keys[i].name);
	}
	if (known)
		fail(parse, name, right);
	else
		fail(parse, parse->section,
		    "sections are [agent] [sockets] [store] [limits] and "
		    "[service NAME]");
	return NULL;
}

static int
enter_section(struct parse *parse, const char *section)
{
	if (strcmp(parse->section, section) == 0)
		return 0;
	snprintf(parse->section, sizeof(parse->section), "%s", section);
	parse->seen = 0;
	return 0;
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
set_value(struct parse *parse, const struct config_key *key, void *base,
    const char *value)
{
	char right[256];
	int rv = check_once(parse, key);

	if (rv == 0)
		rv = key->read(
		    parse, value, (char *)base + key->offset, key->room);
	if (rv < 0) {
		snprintf(right, sizeof(right), "it takes %s", key->right);
		fail(parse, key->name, right);
	}
	return rv;
}

/* inih's handler: 1 to go on, 0 for an error. */
static int
handle(void *arg, const char *section, const char *name, const char *value)
{
	size_t prefix = strlen(SERVICE_PREFIX);
	struct parse *parse = arg;
	const struct config_key *key;
	void *base = parse->config;

	if (parse->failed)
		return 0;
	enter_section(parse, section);
	if (strncmp(section, SERVICE_PREFIX, prefix) == 0) {
		base = add_service(parse, section + prefix);
		section = "service";
	}
	if (base == NULL)
		return 0;
	key = find_key(parse, section, name);
	if (key == NULL)
		return 0;
	return set_value(parse, key, base, value) == 0;
}

/* Like fgets, but a line that does not fit ends the reading. */
static char *
read_line(char *line, int room, void *arg)
{
	struct parse *parse = arg;
	size_t size = 0;
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
	memmove(
	    line, line + strspn(line, " \t"), size + 1 - strspn(line, " \t"));
	return line;
}

static int
check_file(int fd, const char *path, char *why, size_t size)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return ERROR_SYSTEM;
	if (!S_ISREG(st.st_mode)) {
		snprintf(why, size, "%s is not a regular file", path);
		return ERROR_INVALID;
	}
	if (st.st_uid != 0 && st.st_uid != geteuid()) {
		snprintf(why, size,
		    "%s belongs to uid %u: it must belong to root or to the "
		    "user who starts apitokend",
		    path, st.st_uid);
		return ERROR_INVALID;
	}
	if ((st.st_mode & 022) != 0) {
		snprintf(why, size,
		    "%s has mode %04o, so others may write to it: chmod go-w",
		    path, st.st_mode & 07777U);
		return ERROR_INVALID;
	}
	return 0;
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
	rv = check_file(fd, path, why, size);
	if (rv == 0) {
		*file = fdopen(fd, "r");
		if (*file != NULL)
			return 0;
		rv = ERROR_MEMORY;
	}
	close(fd);
	return rv;
}

static struct config *
config_new(void)
{
	struct config *config = calloc(1, sizeof(*config));

	if (config == NULL)
		return NULL;
	config->services = calloc(SERVICES_MAX, sizeof(*config->services));
	if (config->services == NULL) {
		free(config);
		return NULL;
	}
	strcpy(config->auth_socket, APITOKEN_RUNDIR "/" PROTO_AUTH_SOCKET);
	strcpy(config->user_socket, APITOKEN_RUNDIR "/" PROTO_USER_SOCKET);
	strcpy(config->admin_socket, APITOKEN_RUNDIR "/" PROTO_ADMIN_SOCKET);
	strcpy(config->store_directory, APITOKEN_STATEDIR);
	strcpy(config->key, APITOKEN_SYSCONFDIR "/master.key");
	strcpy(config->user, APITOKEN_AGENT_USER);
	config->map_size = STORE_MAP_SIZE;
	config->default_role = ROLE_MEMBER;
	config->self_service_min_uid = 1000;
	config->references = 1;
	return config;
}

int
config_load(const char *path, bool must_exist, const struct config_names *names,
    struct config **config, char *why, size_t size)
{
	struct parse parse = {
		.names = names, .path = path, .why = why, .size = size
	};
	int bad_line;
	int rv;

	parse.config = config_new();
	if (parse.config == NULL)
		return ERROR_MEMORY;
	rv = open_file(path, &parse.file, why, size);
	if (rv == ERROR_NOT_FOUND && !must_exist)
		rv = 0;
	if (rv < 0)
		goto out;
	if (parse.file != NULL) {
		bad_line = ini_parse_stream(
		    (ini_reader)read_line, &parse, handle, &parse);
		if (bad_line != 0 && !parse.failed) {
			parse.line = (unsigned)bad_line;
			fail(&parse, "this line",
			    "a line is [section], key = value or a ; comment");
		}
	}
	rv = parse.failed ? ERROR_INVALID : 0;
	if (rv < 0)
		goto out;
	*config = parse.config;
	parse.config = NULL;
out:
	if (parse.file != NULL)
		fclose(parse.file);
	config_free(parse.config);
	return rv;
}

void
config_free(struct config *config)
{
	if (config == NULL)
		return;
	free(config->services);
	free(config);
}

const struct service *
config_service(
    const struct config *config, struct span name, struct service *unlisted)
{
	char text[SERVICE_MAX + 1];

	if (span_empty(name) || span_text(name, text, sizeof(text)) < 0)
		return NULL;
	for (size_t i = 0; i < config->service_count; i++)
		if (strcmp(config->services[i].name, text) == 0)
			return &config->services[i];
	service_init(unlisted, text);
	return unlisted;
}

bool
config_has_caller(const struct config *config, uid_t uid)
{
	for (size_t i = 0; i < config->service_count; i++)
		if (service_has_caller(&config->services[i], uid))
			return true;
	return false;
}
