/* SPDX-License-Identifier: BSD-3-Clause */
#include <glob.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/doctor.h"

#define VALUE_SIZE   256
#define LINE_SIZE    1024
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool
is_one_of(const char *service, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(service, names[i]) == 0)
			return true;
	return false;
}

/* A key of vsftpd.conf(5), or its default. */
static void
vsftpd_value(const char *path, const char *key, const char *otherwise,
    char value[VALUE_SIZE])
{
	if (!doctor_config_value(path, NULL, key, value, VALUE_SIZE))
		(void)snprintf(value, VALUE_SIZE, "%s", otherwise);
}

static void
vsftpd_look(struct doctor *d, const char *path)
{
	char value[VALUE_SIZE];
	unsigned before = d->wrong;

	vsftpd_value(path, "pam_service_name", "ftp", value);
	if (strcmp(value, d->service) != 0) {
		doctor_say(d, DOCTOR_WRONG,
		    "vsftpd asks for the PAM service %s", value);
		doctor_mend(d,
		    "in %s: pam_service_name=%s, then restart "
		    "vsftpd; or: apitoken doctor %s",
		    path, d->service, value);
	}
	vsftpd_value(path, "local_enable", "NO", value);
	if (strcasecmp(value, "YES") != 0) {
		doctor_say(
		    d, DOCTOR_WRONG, "vsftpd lets in nobody with a login name");
		doctor_mend(
		    d, "in %s: local_enable=YES, then restart vsftpd", path);
	}
	if (d->wrong == before && !d->pending)
		doctor_say(
		    d, DOCTOR_OK, "%s asks PAM for %s", path, d->service);
	vsftpd_value(path, "session_support", "NO", value);
	if (strcasecmp(value, "YES") == 0 || !d->row.known ||
	    strcmp(d->row.sessions, "none") == 0)
		return;
	doctor_say(d, DOCTOR_NOTE,
	    "vsftpd opens no PAM sessions: they do not "
	    "end when their token is revoked");
	doctor_mend(d, "in %s: session_support=YES, then restart vsftpd", path);
}

void
doctor_vsftpd(struct doctor *d)
{
	static const char *const names[] = { "vsftpd", "ftp" };
	char path[DOCTOR_PATH];

	if (!is_one_of(d->service, names, COUNT(names)))
		return;
	doctor_below(d, "/etc/vsftpd.conf", path);
	if (access(path, R_OK) == 0)
		vsftpd_look(d, path);
	else
		doctor_say(d, DOCTOR_UNKNOWN, "%s cannot be read", path);
}

/* Servers that ask PAM as a user of their own, and how they name a service. */
static const struct asker {
	const char *server;
	const char *user;
	const char *files[6];
	const char *word;  /* before the service's name */
	const char *usual; /* the service where a file names none; or NULL */
	const char *when;  /* what then stands in the line */
} askers[] = {
	{ "PostgreSQL", "postgres", { "/etc/postgresql/*/*/pg_hba.conf" },
	    "pamservice", "postgresql", "pam" },
	{ "nginx", "www-data",
	    { "/etc/nginx/nginx.conf", "/etc/nginx/conf.d/*.conf",
		"/etc/nginx/sites-enabled/*", "/etc/nginx/snippets/*" },
	    "auth_pam_service_name", NULL, NULL },
	{ "Apache", "www-data",
	    { "/etc/apache2/apache2.conf", "/etc/apache2/conf-enabled/*.conf",
		"/etc/apache2/mods-enabled/*.conf",
		"/etc/apache2/sites-enabled/*" },
	    "AuthPAMService", NULL, NULL },
};

/*
 * Whether a line names the service: word and service follow one another, with
 * nothing but blanks, quotes and = between them.
 */
static bool
line_names(const struct asker *asker, const char *service, char *line)
{
	static const char between[] = " \t\r\n=\";";
	char *save = NULL, *word;
	bool named = false, said = false, usual = false;

	line[strcspn(line, "#")] = '\0';
	for (word = strtok_r(line, between, &save); word != NULL;
	     word = strtok_r(NULL, between, &save)) {
		if (named)
			return strcmp(word, service) == 0;
		named = strcasecmp(word, asker->word) == 0;
		said |= named;
		usual |= asker->when != NULL && strcmp(word, asker->when) == 0;
	}
	return usual && !said && strcmp(asker->usual, service) == 0;
}

static bool
file_names(const struct asker *asker, const char *service, const char *path)
{
	FILE *file = doctor_config_open(path);
	char line[LINE_SIZE];
	bool named = false;

	while (
	    file != NULL && !named && fgets(line, sizeof(line), file) != NULL)
		named = line_names(asker, service, line);
	if (file != NULL)
		(void)fclose(file);
	return named;
}

/* The first of its files that names the service, into path. */
static bool
asker_names(
    const struct doctor *d, const struct asker *asker, char path[DOCTOR_PATH])
{
	bool named = false;

	for (size_t i = 0; i < COUNT(asker->files) && !named; i++) {
		glob_t paths;

		if (asker->files[i] == NULL)
			break;
		doctor_below(d, asker->files[i], path);
		if (glob(path, 0, NULL, &paths) != 0)
			continue;
		for (size_t j = 0; j < paths.gl_pathc && !named; j++) {
			named = file_names(
			    asker, d->service, paths.gl_pathv[j]);
			if (named)
				(void)snprintf(
				    path, DOCTOR_PATH, "%s", paths.gl_pathv[j]);
		}
		globfree(&paths);
	}
	return named;
}

static bool
has_caller(const struct doctor_row *row, uid_t uid)
{
	for (size_t i = 0; i < row->count; i++)
		if (row->callers[i] == uid)
			return true;
	return false;
}

/* The agent answers that user only where its row of the service says so. */
static void
asker_look(struct doctor *d, const struct asker *asker, const char *path)
{
	const struct passwd *user = getpwnam(asker->user);

	if (user == NULL) {
		doctor_say(d, DOCTOR_UNKNOWN,
		    "%s names the service, but there is no user %s", path,
		    asker->user);
	} else if (!d->row.known) {
		doctor_say(d, DOCTOR_UNKNOWN,
		    "%s asks as %s: only the agent knows whether it may", path,
		    asker->user);
	} else if (has_caller(&d->row, user->pw_uid)) {
		doctor_say(
		    d, DOCTOR_OK, "%s asks as %s, who may", path, asker->user);
	} else {
		doctor_say(d, DOCTOR_WRONG,
		    "%s has %s ask as %s, whom the agent does not answer for "
		    "%s",
		    path, asker->server, asker->user, d->row.name);
		doctor_mend(d,
		    "in %s: [service %s] callers = %s, then send "
		    "apitokend a HUP",
		    d->config_path, d->row.name, asker->user);
	}
}

void
doctor_askers(struct doctor *d)
{
	char path[DOCTOR_PATH];

	for (size_t i = 0; i < COUNT(askers); i++)
		if (asker_names(d, &askers[i], path))
			asker_look(d, &askers[i], path);
	if (strcmp(d->service, "postgresql") != 0 || d->pending)
		return;
	doctor_say(d, DOCTOR_NOTE,
	    "no line of %s/etc/postgresql/*/*/pg_hba.conf that may be read "
	    "asks PAM for it",
	    d->root);
	doctor_mend(d, "for example: host all all 127.0.0.1/32 pam "
		       "pamservice=postgresql");
}

bool
doctor_asks_saslauthd(const char *service)
{
	static const char *const names[] = { "smtp", "imap", "pop", "pop3",
		"sieve", "ldap", "xmpp" };

	return is_one_of(service, names, COUNT(names));
}

void
doctor_saslauthd(struct doctor *d)
{
	char path[DOCTOR_PATH], value[VALUE_SIZE] = "";

	doctor_below(d, "/etc/default/saslauthd", path);
	if (!doctor_asks_saslauthd(d->service) ||
	    !doctor_config_value(path, NULL, "MECHANISMS", value, VALUE_SIZE))
		return;
	if (strcmp(value, "pam") == 0) {
		doctor_say(d, DOCTOR_OK, "saslauthd asks PAM");
		return;
	}
	doctor_say(d, DOCTOR_WRONG,
	    "saslauthd does not ask PAM: it is started with -a %s", value);
	doctor_mend(
	    d, "in %s: MECHANISMS=\"pam\", then restart saslauthd", path);
}
