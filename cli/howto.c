/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/howto.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "cli/output.h"
#include "common/duration.h"
#include "common/error.h"

/* A word for a shell, in quotes if it needs some. */
#define WORD_SIZE 1024

#define PLAIN                                                                  \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"       \
	"_./@:+=,-"

/* ERROR_TOO_LONG if it does not fit; quoted is then of no use. */
static int
quote(const char *text, char quoted[WORD_SIZE])
{
	size_t at = 0;

	if (strlen(text) > (WORD_SIZE - 3) / 4)
		return ERROR_TOO_LONG;
	if (text[0] != '\0' && text[strspn(text, PLAIN)] == '\0') {
		memcpy(quoted, text, strlen(text) + 1);
		return 0;
	}
	quoted[at++] = '\'';
	for (; *text != '\0'; text++) {
		if (*text == '\'') {
			memcpy(quoted + at, "'\\'", 3);
			at += 3;
		}
		quoted[at++] = *text;
	}
	quoted[at++] = '\'';
	quoted[at] = '\0';
	return 0;
}

static void
note(const char *name, struct span value)
{
	output_note(
	    "%-8s %.*s", name, (int)value.size, (const char *)value.data);
}

void
howto_identity(const struct token_info *info)
{
	char date[TIME_TEXT_SIZE];

	time_format(info->spec.expires_at, date);
	note("id", info->id);
	note("name", info->spec.name);
	note("owner", info->spec.owner);
	note("expires",
	    span_of(info->spec.expires_at == TIME_NEVER ? "never" : date));
}

/* The login name of the examples: the first that the token is for. */
static struct span
login_of(const struct token_info *info)
{
	struct span login = info->spec.owner;
	size_t at = 0;

	(void)spanlist_next(&info->spec.users, &at, &login);
	return login;
}

static void
management_lines(const char *path)
{
	output_note("act with it, the token in %s, mode 0600:", path);
	output_note("  apitoken --token-file %s whoami", path);
	output_note(
	    "  apitoken --token-file %s create NAME --user LOGIN", path);
}

/* What opens the way for a line: these services, if a token names them. */
enum way {
	WAY_SSH,
	WAY_FTP,
};

static const struct {
	const char *service;
	enum way way;
} services[] = {
	{ "sshd", WAY_SSH },
	{ "vsftpd", WAY_FTP },
	{ "ftp", WAY_FTP },
	{ "proftpd", WAY_FTP },
	{ "pure-ftpd", WAY_FTP },
};

/* "sshd" is named by "sshd" and by "sshd:full". */
static bool
is_named(const struct spanlist *allow, const char *service)
{
	struct span entry;
	size_t at = 0;

	while (spanlist_next(allow, &at, &entry)) {
		const uint8_t *colon = span_empty(entry) ? NULL
							 : memchr(entry.data,
							       ':', entry.size);

		if (colon != NULL)
			entry.size = (size_t)(colon - entry.data);
		if (span_is(entry, service))
			return true;
	}
	return false;
}

/* Whether a token of that scope may open a service of that way. */
static bool
has_way(const struct token_spec *spec, enum way way)
{
	if (spec->type != TYPE_CUSTOM)
		return spec->type == TYPE_FULL_ACCESS;
	for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
		if (services[i].way == way &&
		    is_named(&spec->allow, services[i].service))
			return true;
	return false;
}

/* A service is of the project default unless its configuration says more. */
static void
project_line(const struct token_spec *spec)
{
	struct span project = { 0 };
	size_t at = 0;

	if (spec->organization ||
	    spanlist_has(&spec->projects, span_of("default")) ||
	    !spanlist_next(&spec->projects, &at, &project))
		return;
	output_note("it opens services whose configuration names %s%.*s "
		    "([service NAME] project = %.*s)",
	    spec->projects.count > 1 ? "one of its projects, as " : "project ",
	    (int)project.size, (const char *)project.data, (int)project.size,
	    (const char *)project.data);
}

static void
way_lines(const struct token_spec *spec, const char *user, const char *path)
{
	if (has_way(spec, WAY_SSH)) {
		output_note("  sshpass -f %s ssh %s@HOST", path, user);
		output_note("  sshpass -f %s sftp %s@HOST", path, user);
		output_note("  APITOKEN_FILE=%s SSH_ASKPASS=apitoken-askpass "
			    "SSH_ASKPASS_REQUIRE=force ssh %s@HOST",
		    path, user);
	}
	if (has_way(spec, WAY_FTP))
		output_note("  curl --netrc-file NETRC ftp://HOST/   (NETRC, "
			    "mode 0600: machine HOST login %s password, then "
			    "the token)",
		    user);
}

void
howto_lines(const struct token_info *info, const char *file)
{
	const struct token_spec *spec = &info->spec;
	char login[LOGIN_MAX + 1], user[WORD_SIZE], path[WORD_SIZE] = "FILE";

	if (file != NULL && quote(file, path) != 0)
		memcpy(path, "FILE", sizeof "FILE");
	if (spec->kind == TOKEN_MANAGEMENT) {
		management_lines(path);
		return;
	}
	if (spec->type == TYPE_READ_ONLY)
		output_note("it opens services whose configuration has "
			    "access = read");
	project_line(spec);
	if (span_text(login_of(info), login, sizeof login) != 0 ||
	    quote(login, user) != 0 ||
	    !(has_way(spec, WAY_SSH) || has_way(spec, WAY_FTP)))
		return;
	output_note("use it as the password of %s%s:", user,
	    file == NULL ? "; with the token in FILE, mode 0600" : "");
	way_lines(spec, user, path);
}

void
howto_users(const struct token_spec *spec)
{
	char login[LOGIN_MAX + 1];
	struct span user;
	size_t at = 0;

	if (spec->kind == TOKEN_MANAGEMENT ||
	    (spec->type == TYPE_CUSTOM && !has_way(spec, WAY_SSH)))
		return;
	while (spanlist_next(&spec->users, &at, &user))
		if (span_text(user, login, sizeof login) == 0 &&
		    getpwnam(login) == NULL)
			output_note("there is no user '%s' here: sshd would "
				    "refuse the login",
			    login);
}
