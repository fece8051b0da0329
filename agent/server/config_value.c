/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/config_value.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/duration.h"
#include "common/error.h"

int
value_path(const struct config_names *names, const char *value, void *field,
    size_t room)
{
	(void)names;
	if (value[0] != '/' || strlen(value) >= room)
		return ERROR_INVALID;
	memcpy(field, value, strlen(value) + 1);
	return 0;
}

#define WORD_BYTES                                                             \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@+"

static int
set_text(const char *value, const char *bytes, void *field, size_t room)
{
	if (strlen(value) >= room || strspn(value, bytes) != strlen(value))
		return ERROR_INVALID;
	memcpy(field, value, strlen(value) + 1);
	return 0;
}

/* A word of letters, digits and "._-@+"; nothing stands for none. */
int
value_word(const struct config_names *names, const char *value, void *field,
    size_t room)
{
	(void)names;
	return set_text(value, WORD_BYTES, field, room);
}

int
value_words(const struct config_names *names, const char *value, void *field,
    size_t room)
{
	(void)names;
	return set_text(value, WORD_BYTES " \t,", field, room);
}

int
value_some_word(const struct config_names *names, const char *value,
    void *field, size_t room)
{
	return value[0] == '\0' ? ERROR_INVALID
				: value_word(names, value, field, room);
}

int
value_bool(const struct config_names *names, const char *value, void *field,
    size_t room)
{
	bool *flag = field;

	(void)names, (void)room;
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return ERROR_INVALID;
	*flag = value[0] == 'y';
	return 0;
}

int
value_role(const struct config_names *names, const char *value, void *field,
    size_t room)
{
	enum role *role = field;

	(void)names, (void)room;
	if (strcmp(value, "member") == 0)
		*role = ROLE_MEMBER;
	else if (strcmp(value, "none") == 0)
		*role = ROLE_NONE;
	else
		return ERROR_INVALID;
	return 0;
}

int
value_log(const struct config_names *names, const char *value, void *field,
    size_t room)
{
	enum log_target *target = field;

	(void)names, (void)room;
	if (strcmp(value, "stderr") == 0)
		*target = LOG_TO_STDERR;
	else if (strcmp(value, "syslog") == 0)
		*target = LOG_TO_SYSLOG;
	else
		return ERROR_INVALID;
	return 0;
}

int
value_sessions(const struct config_names *names, const char *value, void *field,
    size_t room)
{
	static const char *const words[] = {
		[SESSIONS_NONE] = "none",
		[SESSIONS_PROCESS] = "process",
		[SESSIONS_AUTH_PEER] = "auth-peer",
	};
	enum service_sessions *sessions = field;

	(void)names, (void)room;
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

int
value_uid(const struct config_names *names, const char *value, void *field,
    size_t room)
{
	uint32_t *uid = field;
	uint64_t number;
	char *end;

	(void)names, (void)room;
	if (read_number(value, UINT32_MAX - 1, &end, &number) < 0 ||
	    *end != '\0')
		return ERROR_INVALID;
	*uid = (uint32_t)number;
	return 0;
}

int
value_group(const struct config_names *names, const char *value, void *field,
    size_t room)
{
	gid_t *gid = field;

	(void)room;
	return names->gid_of(names->arg, value, gid) < 0 ? ERROR_INVALID : 0;
}

int
value_count(const struct config_names *names, const char *value, void *field,
    size_t room)
{
	uint32_t *count = field;
	uint64_t number;
	char *end;

	(void)names, (void)room;
	if (read_number(value, ACCESS_TOKENS_MAX, &end, &number) < 0 ||
	    *end != '\0' || number == 0)
		return ERROR_INVALID;
	*count = (uint32_t)number;
	return 0;
}

/* Bytes, or with K, M, G, T; LMDB wants whole pages. */
int
value_size(const struct config_names *names, const char *value, void *field,
    size_t room)
{
	static const char units[] = "KMGT";
	uint64_t *bytes = field;
	uint64_t number;
	char *end;

	(void)names, (void)room;
	if (read_number(value, UINT64_C(1) << 46, &end, &number) < 0)
		return ERROR_INVALID;
	if (*end != '\0') {
		const char *unit = strchr(units, *end);

		if (unit == NULL || end[1] != '\0')
			return ERROR_INVALID;
		if (number >> (46 - 10 * (unit - units + 1)) > 1)
			return ERROR_INVALID;
		number <<= 10 * (unit - units + 1);
	}
	if (number < (UINT64_C(1) << 20) || number > (UINT64_C(1) << 46))
		return ERROR_INVALID;
	*bytes = number & ~UINT64_C(0xffff);
	return 0;
}

/* A number from 1, or never (0). */
int
value_limit(const struct config_names *names, const char *value, void *field,
    size_t room)
{
	uint32_t *count = field;
	uint64_t number = 0;
	char *end;

	(void)names, (void)room;
	if (strcmp(value, "never") != 0 &&
	    (read_number(value, UINT32_MAX, &end, &number) < 0 ||
		*end != '\0' || number == 0))
		return ERROR_INVALID;
	*count = (uint32_t)number;
	return 0;
}

/* A duration, or never (0). */
int
value_duration(const struct config_names *names, const char *value, void *field,
    size_t room)
{
	uint64_t *seconds = field;

	(void)names, (void)room;
	if (strcmp(value, "never") == 0) {
		*seconds = 0;
		return 0;
	}
	return duration_parse(value, seconds) < 0 ? ERROR_INVALID : 0;
}

static int
add_caller(const struct config_names *names, struct service *service,
    const char *login)
{
	uid_t uid;

	if (service->caller_count == SERVICE_CALLERS_MAX ||
	    names->uid_of(names->arg, login, &uid) < 0)
		return ERROR_INVALID;
	service->callers[service->caller_count++] = uid;
	return 0;
}

/* Login names between spaces or commas. */
int
value_callers(const struct config_names *names, const char *value, void *field,
    size_t room)
{
	/* The field is the first member after the count. */
	struct service *service =
	    (struct service *)(void *)((char *)field -
				       offsetof(struct service, callers));
	char logins[CONFIG_LINE_MAX + 1];
	char *rest = NULL;
	char *login;
	int rv = 0;

	(void)room;
	snprintf(logins, sizeof(logins), "%s", value);
	login = strtok_r(logins, ", \t", &rest);
	while (rv == 0 && login != NULL) {
		rv = add_caller(names, service, login);
		login = strtok_r(NULL, ", \t", &rest);
	}
	return rv;
}
