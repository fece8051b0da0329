/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/scope.h"

#include <stdio.h>
#include <string.h>

/*
 * Services through which somebody becomes somebody else, or gets back into a
 * locked screen: open only to tokens that name them.  The names are those of
 * /etc/pam.d on Debian.
 */
static const char *const elevated_services[] = {
	"sudo",
	"sudo-i",
	"su",
	"su-l",
	"runuser",
	"runuser-l",
	"polkit-1",
	"doas",
	"login",
	"passwd",
	"chsh",
	"chfn",
	"cinnamon-screensaver",
	"gtklock",
	"hyprlock",
	"i3lock",
	"kde",
	"kscreensaver",
	"light-locker",
	"mate-screensaver",
	"physlock",
	"swaylock",
	"vlock",
	"waylock",
	"xfce4-screensaver",
	"xlock",
	"xscreensaver",
	"xsecurelock",
};

/* At each login, through long tables: mostly the first letter tells. */
static bool
is_same(const char *a, const char *b)
{
	return *a == *b && strcmp(a, b) == 0;
}

bool
service_is_elevated(const char *name)
{
	size_t count = sizeof(elevated_services) / sizeof(*elevated_services);

	for (size_t i = 0; i < count; i++)
		if (is_same(name, elevated_services[i]))
			return true;
	return false;
}

/*
 * Services whose process is one person's session and nobody else's, so that
 * it may be ended.  A process that serves many (Dovecot's auth worker, a web
 * server) must never be, so that every other service is none.
 */
static const struct {
	const char *name;
	enum service_sessions sessions;
} ended_services[] = {
	{ "sshd", SESSIONS_PROCESS },
	{ "vsftpd", SESSIONS_PROCESS },
	{ "proftpd", SESSIONS_PROCESS },
	{ "sudo", SESSIONS_PROCESS },
	{ "sudo-i", SESSIONS_PROCESS },
	{ "su", SESSIONS_PROCESS },
	{ "su-l", SESSIONS_PROCESS },
	{ "login", SESSIONS_PROCESS },
	{ "postgresql", SESSIONS_AUTH_PEER },
};

static enum service_sessions
service_sessions_of(const char *name)
{
	size_t count = sizeof(ended_services) / sizeof(*ended_services);

	for (size_t i = 0; i < count; i++)
		if (is_same(name, ended_services[i].name))
			return ended_services[i].sessions;
	return SESSIONS_NONE;
}

void
service_init(struct service *service, const char *name)
{
	memset(service, 0, sizeof(*service));
	memccpy(service->name, name, '\0', sizeof(service->name) - 1);
	memcpy(service->project, PROJECT_DEFAULT, sizeof(PROJECT_DEFAULT));
	memcpy(service->access, ACCESS_FULL, sizeof(ACCESS_FULL));
	service->elevated = service_is_elevated(name);
	service->sessions = service_sessions_of(name);
}

bool
service_has_caller(const struct service *service, uid_t uid)
{
	for (size_t i = 0; i < service->caller_count; i++)
		if (service->callers[i] == uid)
			return true;
	return false;
}

bool
scope_project(const struct token_spec *spec, const struct service *service)
{
	return spec->organization ||
	       spanlist_has(&spec->projects, span_of(service->project));
}

bool
scope_environment(const struct token_spec *spec, const struct service *service)
{
	return span_empty(spec->environment) ||
	       span_is(spec->environment, service->environment);
}

bool
scope_role(const struct token_spec *spec, const struct service *service)
{
	return service->role[0] == '\0' ||
	       spanlist_has(&spec->roles, span_of(service->role));
}

static bool
entry_names(struct span entry, const struct service *service)
{
	const uint8_t *colon = entry.size > 0
				   ? memchr(entry.data, ':', entry.size)
				   : NULL;
	struct span name = entry;

	if (colon == NULL)
		return span_is(entry, service->name);
	name.size = (size_t)(colon - entry.data);
	return span_is(name, service->name) &&
	       span_is(span_bytes(colon + 1, entry.size - name.size - 1),
		   service->access);
}

bool
scope_names(const struct token_spec *spec, const struct service *service)
{
	size_t at = 0;
	struct span entry;

	while (spanlist_next(&spec->allow, &at, &entry))
		if (entry_names(entry, service))
			return true;
	return false;
}

static bool
type_opens(enum token_type type, const struct service *service)
{
	switch (type) {
	case TYPE_READ_ONLY:
		return strcmp(service->access, ACCESS_READ) == 0;
	case TYPE_FULL_ACCESS:
		return true;
	case TYPE_CUSTOM:
		break;
	}
	return false;
}

bool
scope_service(const struct token_spec *spec, const struct service *service)
{
	bool named = scope_names(spec, service);

	if (spec->type == TYPE_READ_ONLY)
		return !service->elevated && type_opens(spec->type, service);
	if (service->elevated)
		return named;
	return named || type_opens(spec->type, service);
}
