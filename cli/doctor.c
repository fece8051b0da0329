/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/doctor.h"

#include <dirent.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/escape.h"
#include "cli/options.h"
#include "cli/pamplay.h"
#include "common/error.h"

/* A name of /etc/pam.d, with a NUL. */
#define NAME_SIZE 256

struct doctor_options {
	const char *root;
	const char *config;
};

#define AT(member) offsetof(struct doctor_options, member)

static const struct option_row doctor_options[] = {
	{ "root", OPTION_TEXT, false, 0, AT(root), "FOLDER",
	    "look at /etc, /run ... in this folder" },
	{ "config", OPTION_TEXT, false, 0, AT(config), "FILE",
	    "the agent's configuration, if it is another one" },
	{ 0 },
};

/* What is looked at, in this order. */
struct row {
	const char *name;
	doctor_check *look;
};

static const struct row agent_rows[] = {
	{ "agent", doctor_agent },
	{ NULL, NULL },
};

static const struct row machine_rows[] = {
	{ "sockets", doctor_sockets },
	{ "configuration", doctor_configuration },
	{ "key", doctor_key },
	{ "store", doctor_store },
	{ "user", doctor_user },
	{ "clock", doctor_clock },
	{ "module", doctor_module },
	{ "fail2ban", doctor_fail2ban },
	{ NULL, NULL },
};

/* Of a service; the first one reads its stack, the second its row. */
static const struct row service_rows[] = {
	{ "pam", doctor_pam },
	{ "scope", doctor_scope },
	{ "auth", doctor_auth },
	{ "account", doctor_account },
	{ "session", doctor_session },
	{ "sshd", doctor_sshd },
	{ "vsftpd", doctor_vsftpd },
	{ "callers", doctor_askers },
	{ "saslauthd", doctor_saslauthd },
	{ NULL, NULL },
};

static const char *const results[] = {
	[DOCTOR_OK] = "ok",
	[DOCTOR_NOTE] = "note",
	[DOCTOR_UNKNOWN] = "unknown",
	[DOCTOR_WRONG] = "WRONG",
};

/* Two lines at most: what is, and what to do. */
static void
lines_put(const struct doctor *d)
{
	if (d->globals->quiet && d->severity != DOCTOR_WRONG)
		return;
	printf("%-8s", results[d->severity]);
	if (d->service != NULL) {
		escape_print(stdout, span_of(d->service));
		putchar(' ');
	}
	printf("%s: ", d->check);
	escape_print(stdout, span_of(d->what));
	putchar('\n');
	if (d->mend[0] == '\0')
		return;
	printf("%8s", "->  ");
	escape_print(stdout, span_of(d->mend));
	putchar('\n');
}

static json_t *
string_or_null(const char *text)
{
	return text == NULL || text[0] == '\0' ? json_null()
					       : output_string(span_of(text));
}

static json_t *
finding_json(const struct doctor *d)
{
	return json_pack("{s:s, s:o, s:s, s:o, s:o}", "check", d->check,
	    "service", string_or_null(d->service), "result",
	    d->severity == DOCTOR_WRONG ? "wrong" : results[d->severity],
	    "what", output_string(span_of(d->what)), "mend",
	    string_or_null(d->mend));
}

static void
flush(struct doctor *d)
{
	if (!d->pending)
		return;
	d->pending = false;
	d->wrong += d->severity == DOCTOR_WRONG;
	if (output_is_json(d->output->format) && d->error == 0)
		d->error = output_json(d->output, finding_json(d));
	else if (!output_is_json(d->output->format))
		lines_put(d);
}

void
doctor_say(struct doctor *d, enum severity severity, const char *what, ...)
{
	va_list args;

	flush(d);
	d->pending = true;
	d->severity = severity;
	d->mend[0] = '\0';
	va_start(args, what);
	(void)vsnprintf(d->what, sizeof(d->what), what, args);
	va_end(args);
}

void
doctor_mend(struct doctor *d, const char *mend, ...)
{
	va_list args;

	va_start(args, mend);
	(void)vsnprintf(d->mend, sizeof(d->mend), mend, args);
	va_end(args);
}

void
doctor_below(const struct doctor *d, const char *path, char below[DOCTOR_PATH])
{
	(void)snprintf(below, DOCTOR_PATH, "%s%s", d->root, path);
}

static void
look(struct doctor *d, const struct row *rows)
{
	for (; rows->name != NULL; rows++) {
		d->check = rows->name;
		rows->look(d);
		flush(d);
	}
}

/* Whether that service asks us at all. */
static bool
names_module(const struct doctor *d, const char *service)
{
	struct pamstack stack;
	bool named;

	(void)pamstack_read(d->root, service, &stack);
	named = !stack.is_other || strcmp(service, "other") == 0;
	named = named &&
		pamstack_find(&stack, PAMKIND_AUTH, PAMPLAY_MODULE) != NULL;
	pamstack_free(&stack);
	return named;
}

static void
look_at_service(struct doctor *d, const char *service)
{
	d->service = service;
	look(d, service_rows);
	pamstack_free(&d->stack);
	d->service = NULL;
}

static int
by_name(const struct dirent *entry)
{
	return pamstack_is_service(entry->d_name);
}

/* Every service that names the module. */
static void
look_at_services(struct doctor *d)
{
	char path[DOCTOR_PATH];
	struct dirent **entries;
	unsigned found = 0;
	int count;

	doctor_below(d, "/etc/pam.d", path);
	count = scandir(path, &entries, by_name, alphasort);
	for (int i = 0; i < count; i++) {
		if (names_module(d, entries[i]->d_name)) {
			found++;
			look_at_service(d, entries[i]->d_name);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	d->check = "services";
	if (count < 0)
		doctor_say(d, DOCTOR_UNKNOWN, "%s cannot be read", path);
	else if (found == 0) {
		doctor_say(d, DOCTOR_NOTE,
		    "no service in %s asks %s: no token opens anything", path,
		    PAMPLAY_MODULE);
		doctor_mend(d, "apitoken doctor SERVICE says which line to "
			       "add, for sshd, vsftpd ...");
	}
	flush(d);
}

static void
config_find(struct doctor *d, const struct doctor_options *options,
    char path[DOCTOR_PATH])
{
	doctor_below(d, APITOKEN_SYSCONFDIR "/apitokend.conf", path);
	d->config_path = options->config != NULL ? options->config : path;
	doctor_config_read(d->config_path,
	    options->config != NULL ? "" : d->root, d->root, &d->config);
}

static enum outcome
doctor_run_command(const struct invocation *in)
{
	const struct doctor_options *options = in->values;
	struct output output;
	struct globals globals = *in->globals;
	struct doctor d = { .globals = &globals, .output = &output };
	char path[DOCTOR_PATH];

	d.root = options->root == NULL || strcmp(options->root, "/") == 0
		     ? ""
		     : options->root;
	if (in->count == 1 && (in->operands[0][0] == '\0' ||
				  strlen(in->operands[0]) > SERVICE_MAX)) {
		output_error("a service is the name of a file in /etc/pam.d, "
			     "1 to %d bytes",
		    SERVICE_MAX);
		return OUTCOME_USAGE;
	}
	if (globals.token_file != NULL) {
		output_error("doctor sends no token: --token-file is not for "
			     "it");
		return OUTCOME_USAGE;
	}
	config_find(&d, options, path);
	if (globals.socket == NULL && getenv("APITOKEN_SOCKET") == NULL &&
	    strcmp(d.config.admin, APITOKEN_RUNDIR "/" PROTO_ADMIN_SOCKET) != 0)
		globals.socket = d.config.admin;
	output = (struct output) { .stream = stdout, .format = in->format };
	look(&d, agent_rows);
	if (in->count == 1) {
		look_at_service(&d, in->operands[0]);
	} else {
		look(&d, machine_rows);
		look_at_services(&d);
	}
	if (output_is_json(in->format) &&
	    output_end(&output, d.error) == ERROR_MEMORY)
		return OUTCOME_FAILED;
	return d.wrong == 0 ? OUTCOME_DONE : OUTCOME_FAILED;
}

const struct command doctor_command = {
	.name = "doctor",
	.operands = "[SERVICE]",
	.summary = "look for what keeps tokens from working, and say what "
		   "mends it",
	.formats = "table|json|jsonl",
	.options = doctor_options,
	.values_size = sizeof(struct doctor_options),
	.most = 1,
	.run = doctor_run_command,
};
