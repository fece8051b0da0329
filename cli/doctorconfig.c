/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/doctorconfig.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/proto.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define BLANKS	  " \t\r\n"
#define LINE_SIZE 1024

#define PLACE(section, key, field, value)                                      \
	{                                                                      \
		section, key, offsetof(struct doctor_config, field),           \
		    sizeof(((struct doctor_config *)0)->field), value          \
	}

static const struct {
	const char *section, *key;
	size_t offset, size;
	const char *value; /* the agent's default */
} places[] = {
	PLACE("sockets", "auth", auth, APITOKEN_RUNDIR "/" PROTO_AUTH_SOCKET),
	PLACE("sockets", "user", user_socket,
	    APITOKEN_RUNDIR "/" PROTO_USER_SOCKET),
	PLACE(
	    "sockets", "admin", admin, APITOKEN_RUNDIR "/" PROTO_ADMIN_SOCKET),
	PLACE("sockets", "saslauthd", saslauthd, ""),
	PLACE("store", "directory", store, APITOKEN_STATEDIR),
	PLACE("store", "key", key, APITOKEN_SYSCONFDIR "/master.key"),
	PLACE("agent", "user", user, APITOKEN_AGENT_USER),
};

FILE *
doctor_config_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	FILE *file = NULL;

	if (fd == -1)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		file = fdopen(fd, "r");
	else
		errno = EINVAL;
	if (file == NULL)
		(void)close(fd);
	return file;
}

/* Takes the blanks off both ends. */
static char *
trim(char *text)
{
	size_t size;

	text += strspn(text, BLANKS);
	size = strlen(text);
	while (size > 0 && strchr(BLANKS, text[size - 1]) != NULL)
		size--;
	text[size] = '\0';
	return text;
}

/* Whether line begins a section, and whether it is that one. */
static bool
is_section(const char *line, const char *section, bool *inside)
{
	size_t size = strcspn(line + 1, "]");

	if (*line != '[')
		return false;
	*inside = section != NULL && strlen(section) == size &&
		  memcmp(line + 1, section, size) == 0;
	return true;
}

/* Copies the value if line is `key = value`, without a comment or quotes. */
static bool
take_value(char *line, const char *key, char *value, unsigned size)
{
	char *equals = strchr(line, '=');
	char *end;

	if (equals == NULL || *line == '#' || *line == ';')
		return false;
	*equals = '\0';
	if (strcasecmp(trim(line), key) != 0)
		return false;
	end = strstr(equals + 1, " ;");
	if (end != NULL)
		*end = '\0';
	line = trim(equals + 1);
	if (*line == '"' && strchr(line + 1, '"') != NULL)
		*strchr(++line, '"') = '\0';
	(void)snprintf(value, size, "%s", line);
	return true;
}

bool
doctor_config_value(const char *path, const char *section, const char *key,
    char *value, unsigned size)
{
	FILE *file = doctor_config_open(path);
	char bytes[LINE_SIZE];
	bool inside = section == NULL, found = false;

	if (file == NULL)
		return false;
	while (fgets(bytes, sizeof(bytes), file) != NULL) {
		char *line = trim(bytes);

		if (!is_section(line, section, &inside) && inside)
			found |= take_value(line, key, value, size);
	}
	(void)fclose(file);
	return found;
}

void
doctor_config_read(const char *path, const char *below, const char *root,
    struct doctor_config *config)
{
	char value[DOCTOR_PLACE];

	FILE *file = doctor_config_open(path);

	memset(config, 0, sizeof(*config));
	config->is_there = file != NULL ||
			   (errno != ENOENT && errno != ENOTDIR);
	config->is_unread = file == NULL && config->is_there;
	if (file != NULL)
		(void)fclose(file);
	for (size_t i = 0; i < COUNT(places); i++) {
		char *field = (char *)config + places[i].offset;
		const char *before = below;

		if (!doctor_config_value(path, places[i].section, places[i].key,
			value, sizeof(value))) {
			memcpy(value, places[i].value,
			    strlen(places[i].value) + 1);
			before = root;
		}
		(void)snprintf(field, places[i].size, "%s%s",
		    *value == '/' ? before : "", value);
	}
}
