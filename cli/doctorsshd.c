/* SPDX-License-Identifier: BSD-3-Clause */
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/doctor.h"

/*
 * What sshd(8) must be told to ask PAM for passwords.  `sshd -T` knows best,
 * but needs the host's keys and so root; else the files are read, without
 * what Match makes of them.
 */

#define SSHD	      "/usr/sbin/sshd"
#define SSHD_CONFIG   "/etc/ssh/sshd_config"
#define EFFECTIVE_MAX 16384
#define INCLUDES_MAX  16 /* deep */

/* In the order of struct settings' values; the first value of each counts. */
enum setting {
	USE_PAM,
	KBDINT,
	PASSWORD,
	METHODS,
	SETTINGS,
};

struct settings {
	char values[SETTINGS][128];
};

static const struct {
	const char *word;
	enum setting setting;
} keywords[] = {
	{ "usepam", USE_PAM },
	{ "kbdinteractiveauthentication", KBDINT },
	{ "challengeresponseauthentication", KBDINT },
	{ "passwordauthentication", PASSWORD },
	{ "authenticationmethods", METHODS },
};

static const char *const defaults[SETTINGS] = { "no", "yes", "yes", "any" };

/* Takes one line, "Keyword value" or "Keyword=value"; false at a Match. */
static bool
line_take(struct settings *settings, char *line, char **include)
{
	char *save = NULL, *word, *value;

	*include = NULL;
	line[strcspn(line, "#\n")] = '\0';
	word = strtok_r(line, " \t=", &save);
	value = strtok_r(NULL, "\n", &save);
	if (word == NULL || value == NULL)
		return true;
	value += strspn(value, " \t=\"");
	value[strcspn(value, "\"\r")] = '\0';
	for (size_t n = strlen(value);
	     n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t'); n--)
		value[n - 1] = '\0';
	if (strcasecmp(word, "match") == 0)
		return false;
	if (strcasecmp(word, "include") == 0)
		*include = value;
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		char *field = settings->values[keywords[i].setting];

		if (strcasecmp(word, keywords[i].word) == 0 && *field == '\0')
			(void)snprintf(
			    field, sizeof(settings->values[0]), "%s", value);
	}
	return true;
}

static bool file_read(const struct doctor *d, const char *path,
    struct settings *settings, int deep);

static void
include_read(const struct doctor *d, const char *pattern,
    struct settings *settings, int deep)
{
	char path[DOCTOR_PATH];
	glob_t paths;

	(void)snprintf(path, sizeof(path), "%s%s%s", d->root,
	    *pattern == '/' ? "" : "/etc/ssh/", pattern);
	if (deep == INCLUDES_MAX || glob(path, 0, NULL, &paths) != 0)
		return;
	for (size_t i = 0; i < paths.gl_pathc; i++)
		(void)file_read(d, paths.gl_pathv[i], settings, deep + 1);
	globfree(&paths);
}

static bool
file_read(const struct doctor *d, const char *path, struct settings *settings,
    int deep)
{
	FILE *file = doctor_config_open(path);
	char line[1024], *include;

	if (file == NULL)
		return false;
	while (fgets(line, sizeof(line), file) != NULL &&
	       line_take(settings, line, &include))
		if (include != NULL)
			include_read(d, include, settings, deep);
	(void)fclose(file);
	return true;
}

/* What sshd itself says; false if it does not. */
static bool
effective_read(struct settings *settings)
{
	char program[] = SSHD, option[] = "-T";
	char *argv[] = { program, option, NULL };
	static char said[EFFECTIVE_MAX];
	char *save = NULL, *include;

	if (access(SSHD, X_OK) != 0 ||
	    doctor_run(argv, said, sizeof(said)) != 0)
		return false;
	for (char *line = strtok_r(said, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save))
		(void)line_take(settings, line, &include);
	return settings->values[USE_PAM][0] != '\0';
}

static bool
is_yes(const struct settings *settings, enum setting setting)
{
	return strcasecmp(settings->values[setting], "yes") == 0;
}

/* "any", or a list in which some method asks for a password. */
static bool
methods_ask(const char *methods)
{
	return strncasecmp(methods, "any", 3) == 0 ||
	       strstr(methods, "password") != NULL ||
	       strstr(methods, "keyboard-interactive") != NULL;
}

static void
settings_say(
    struct doctor *d, const struct settings *settings, const char *path)
{
	bool asks = is_yes(settings, KBDINT) || is_yes(settings, PASSWORD);
	unsigned before = d->wrong;

	if (!is_yes(settings, USE_PAM)) {
		doctor_say(d, DOCTOR_WRONG, "sshd does not ask PAM at all");
		doctor_mend(d, "in %s: UsePAM yes, then reload sshd", path);
	}
	if (!asks) {
		doctor_say(d, DOCTOR_WRONG,
		    "sshd takes no passwords, and so no tokens");
		doctor_mend(d,
		    "in %s: PasswordAuthentication yes, or "
		    "KbdInteractiveAuthentication yes, then reload "
		    "sshd",
		    path);
	} else if (!methods_ask(settings->values[METHODS])) {
		doctor_say(d, DOCTOR_WRONG,
		    "AuthenticationMethods %s never asks for a password",
		    settings->values[METHODS]);
		doctor_mend(d,
		    "in %s: AuthenticationMethods any, or with "
		    "password in it",
		    path);
	}
	if (is_yes(settings, USE_PAM) && asks &&
	    methods_ask(settings->values[METHODS]) && d->wrong == before)
		doctor_say(d, DOCTOR_OK,
		    "UsePAM yes, PasswordAuthentication %s, "
		    "KbdInteractiveAuthentication %s",
		    settings->values[PASSWORD], settings->values[KBDINT]);
}

void
doctor_sshd(struct doctor *d)
{
	struct settings settings = { 0 };
	char path[DOCTOR_PATH];
	bool known;

	if (strcmp(d->service, "sshd") != 0)
		return;
	doctor_below(d, SSHD_CONFIG, path);
	known = d->root[0] == '\0' && effective_read(&settings);
	if (!known && !file_read(d, path, &settings, 0)) {
		doctor_say(d, DOCTOR_UNKNOWN, "%s cannot be read", path);
		return;
	}
	for (size_t i = 0; i < SETTINGS; i++)
		if (settings.values[i][0] == '\0')
			(void)snprintf(settings.values[i],
			    sizeof(settings.values[i]), "%s", defaults[i]);
	settings_say(d, &settings, path);
}
