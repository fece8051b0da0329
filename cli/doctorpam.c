/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/doctorpam.h"
#include "cli/moduleargument.h"
#include "cli/pamplay.h"
#include "common/error.h"

const struct pamentry *
doctorpam_line(const struct doctor *d, enum pamkind kind)
{
	return pamstack_find(&d->stack, kind, PAMPLAY_MODULE);
}

bool
doctorpam_has(const struct pamentry *entry, const char *argument)
{
	const char *arguments = pamline_arguments(&entry->line);
	char word[PAMLINE_MAX];

	while (pamline_argument(&arguments, word))
		if (strcmp(word, argument) == 0)
			return true;
	return false;
}

void
doctorpam_value(
    const struct pamentry *entry, const char *name, char value[PAMLINE_MAX])
{
	const char *arguments = pamline_arguments(&entry->line);
	const size_t size = strlen(name);
	char word[PAMLINE_MAX];

	value[0] = '\0';
	while (pamline_argument(&arguments, word))
		if (strncmp(word, name, size) == 0)
			strcpy(value, word + size);
}

bool
doctorpam_agrees(struct doctor *d, const struct pamentry *entry)
{
	static const char *const names[] = {
		"service=", "socket=", "agent_uid="
	};
	const struct pamentry *auth = doctorpam_line(d, PAMKIND_AUTH);
	char here[PAMLINE_MAX], there[PAMLINE_MAX];
	bool agrees = true;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		doctorpam_value(entry, names[i], here);
		doctorpam_value(auth, names[i], there);
		if (strcmp(here, there) == 0)
			continue;
		agrees = false;
		doctor_say(d, DOCTOR_WRONG,
		    "%s, line %u: it has not the %s of line %u of %s: what "
		    "one grants the other refuses",
		    entry->file, entry->line.number, names[i],
		    auth->line.number, auth->file);
		if (there[0] != '\0')
			doctor_mend(d, "add to line %u of %s: %s%s",
			    entry->line.number, entry->file, names[i], there);
		else
			doctor_mend(d, "take %s%s out of line %u of %s",
			    names[i], here, entry->line.number, entry->file);
	}
	return agrees;
}

/* The first line of that kind that a password is taken in, or NULL. */
const struct pamentry *
doctorpam_password(const struct doctor *d, enum pamkind kind)
{
	for (size_t i = 0; i < d->stack.count; i++)
		if (d->stack.entries[i].line.kind == kind &&
		    pamplay_is_password(&d->stack.entries[i].line))
			return &d->stack.entries[i];
	return NULL;
}

/* Before which line of the service's own file doctorpam_line belongs: the one that
 * brings the passwords in, else the first of its kind. */
static const struct pamentry *
place_of(const struct doctor *d, enum pamkind kind)
{
	const struct pamentry *entry = doctorpam_password(d, kind);

	for (size_t i = 0; entry == NULL && i < d->stack.count; i++)
		if (d->stack.entries[i].line.kind == kind)
			entry = &d->stack.entries[i];
	/* Lines of `other` are in another file. */
	return entry == NULL || entry->top == 0 ? NULL : entry;
}

void
doctorpam_mend_missing(struct doctor *d, enum pamkind kind, const char *line)
{
	const struct pamentry *place = place_of(d, kind);

	if (place == NULL)
		doctor_mend(d, "at the end of %s add: %s", d->stack.file, line);
	else
		doctor_mend(d, "in %s, before line %u (%s), add: %s",
		    d->stack.file, place->top, place->top_text, line);
}

static void
faults_say(struct doctor *d)
{
	for (size_t i = 0; i < d->stack.fault_count; i++) {
		const struct pamfault *fault = &d->stack.faults[i];

		doctor_say(d, fault->unread ? DOCTOR_UNKNOWN : DOCTOR_WRONG,
		    "%s, line %u: %s", fault->file, fault->line, fault->what);
		if (!fault->unread)
			doctor_mend(d, "put that line right, or take it out: "
				       "see pam.conf(5)");
	}
}

/* libpam takes a file from anybody; its writer decides who gets in. */
static void
files_look(struct doctor *d)
{
	const char *last = d->stack.file;

	(void)doctor_trusts(d, last);
	for (size_t i = 0; i < d->stack.count; i++) {
		const char *file = d->stack.entries[i].file;

		if (strcmp(file, last) != 0 && strcmp(file, d->stack.file) != 0)
			(void)doctor_trusts(d, file);
		last = file;
	}
}

static void
argument_say(struct doctor *d, const struct pamentry *entry, const char *word,
    const char *right)
{
	/* Its value may be a secret that somebody put there by mistake. */
	doctor_say(d, DOCTOR_WRONG,
	    "%s, line %u: the module does not understand %.*s, and refuses "
	    "every login",
	    entry->file, entry->line.number, (int)strcspn(word, "="), word);
	doctor_mend(d, "take it out, or make it right: %s", right);
}

static void
socket_look(struct doctor *d, const struct pamentry *entry, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 || errno == EACCES)
		return;
	doctor_say(d, DOCTOR_WRONG, "%s, line %u: there is nothing at %s",
	    entry->file, entry->line.number, path);
	doctor_mend(d, "make it socket= and the folder of the agent's "
		       "sockets, or leave it out for " APITOKEN_RUNDIR);
}

void
doctorpam_arguments(struct doctor *d, const struct pamentry *entry)
{
	const char *arguments = pamline_arguments(&entry->line);
	char word[PAMLINE_MAX];

	while (pamline_argument(&arguments, word)) {
		const char *right = moduleargument_right(word);

		if (right != NULL)
			argument_say(d, entry, word, right);
		else if (strncmp(word, "socket=", strlen("socket=")) == 0)
			socket_look(d, entry, word + strlen("socket="));
		else if (strncmp(word, "agent_uid=", strlen("agent_uid=")) ==
			     0 &&
			 strcmp(word, "agent_uid=0") != 0)
			doctor_say(d, DOCTOR_NOTE,
			    "%s, line %u: %s lets that user decide who logs "
			    "in; it is for trials",
			    entry->file, entry->line.number, word);
	}
}

/* A module that is named by its path is looked for there alone. */
static void
path_look(struct doctor *d, const struct pamentry *entry)
{
	const char *module = pamline_module(&entry->line);

	if (*module != '/') {
		doctor_module(d);
		return;
	}
	if (!doctor_misses(module)) {
		(void)doctor_trusts(d, module);
		return;
	}
	doctor_say(d, DOCTOR_WRONG, "%s, line %u: there is no %s", entry->file,
	    entry->line.number, module);
	doctor_mend(d, "name the module without a folder: %s", PAMPLAY_MODULE);
}

/* Clients of saslauthd may ask the agent itself, without PAM. */
static bool
needs_none(struct doctor *d)
{
	if (d->config.saslauthd[0] == '\0' ||
	    !doctor_asks_saslauthd(d->service))
		return false;
	doctor_say(d, DOCTOR_NOTE,
	    "it needs no line: clients of saslauthd ask the agent itself, at "
	    "%s",
	    d->config.saslauthd);
	return true;
}

static void
missing_say(struct doctor *d)
{
	bool password = doctorpam_password(d, PAMKIND_AUTH) != NULL;

	if (d->stack.is_other) {
		doctor_say(d, DOCTOR_WRONG,
		    "there is no file for it: %s counts, which does not ask "
		    "%s",
		    d->stack.file, PAMPLAY_MODULE);
		doctor_mend(d,
		    "make %s/etc/pam.d/%s: pam_apitoken(8) has "
		    "whole files to begin with",
		    d->root, d->service);
		return;
	}
	doctor_say(d, DOCTOR_WRONG, "%s does not ask %s: no token opens it",
	    d->stack.file, PAMPLAY_MODULE);
	doctorpam_mend_missing(d, PAMKIND_AUTH,
	    password ? "auth " DOCTORPAM_CONTROL " " PAMPLAY_MODULE
		       " nontoken=ignore"
		     : "auth " DOCTORPAM_CONTROL " " PAMPLAY_MODULE);
}

void
doctor_pam(struct doctor *d)
{
	int error = pamstack_read(d->root, d->service, &d->stack);
	const struct pamentry *entry;

	if (error == ERROR_NOT_FOUND && needs_none(d))
		return;
	if (error != 0) {
		doctor_say(d,
		    error == ERROR_NOT_FOUND ? DOCTOR_WRONG : DOCTOR_UNKNOWN,
		    error == ERROR_NOT_FOUND
			? "there is no file for it in %s/etc/pam.d"
			: "its file in %s/etc/pam.d cannot be read",
		    d->root);
		if (error == ERROR_NOT_FOUND)
			doctor_mend(d,
			    "make %s/etc/pam.d/%s: pam_apitoken(8) "
			    "has whole files to begin with",
			    d->root, d->service);
		return;
	}
	faults_say(d);
	files_look(d);
	entry = doctorpam_line(d, PAMKIND_AUTH);
	if (entry != NULL) {
		doctor_say(d, DOCTOR_OK, "%s, line %u asks %s", entry->file,
		    entry->line.number, PAMPLAY_MODULE);
		path_look(d, entry);
	} else if (d->stack.is_unread) {
		doctor_say(d, DOCTOR_UNKNOWN,
		    "whether it asks %s is in a file that root may read",
		    PAMPLAY_MODULE);
	} else if (!needs_none(d)) {
		missing_say(d);
	}
}
