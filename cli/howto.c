/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/howto.h"

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

void
howto_lines(const struct token_info *info, const char *file)
{
	char login[LOGIN_MAX + 1], user[WORD_SIZE], path[WORD_SIZE] = "FILE";

	if (file != NULL && quote(file, path) != 0)
		memcpy(path, "FILE", sizeof "FILE");
	if (info->spec.kind == TOKEN_MANAGEMENT) {
		management_lines(path);
		return;
	}
	if (span_text(login_of(info), login, sizeof login) != 0 ||
	    quote(login, user) != 0)
		return;
	output_note("use it as the password of %s%s:", user,
	    file == NULL ? "; with the token in FILE, mode 0600" : "");
	output_note("  sshpass -f %s ssh %s@HOST", path, user);
	output_note("  sshpass -f %s sftp %s@HOST", path, user);
	output_note("  SSH_ASKPASS=ASKPASS SSH_ASKPASS_REQUIRE=force ssh "
		    "%s@HOST   (ASKPASS: a program that runs cat %s)",
	    user, path);
	output_note("  curl --netrc-file NETRC ftp://HOST/   (NETRC, mode "
		    "0600: machine HOST login %s password, then the token)",
	    user);
}
