/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pamload -c FOLDER [-F] [-A] [OPTION...] SERVICE=SOURCE...: what a service
 * does for a login, through the real libpam: start, authenticate, acct_mgmt,
 * end.  Which service is drawn at random for each login.  See creds.h and
 * load.h.
 *
 *	-c	where the services' files are
 *	-F	a fresh process for each login, as services have that fork for
 *		each connection: it loads what the modules load from scratch
 *	-A	no acct_mgmt
 *
 * The delay that a failure asks for is not slept through.
 */
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/creds.h"

static struct load load = {
	.clients = 1, .seconds = 1, .warm = 0.3, .block = 1
};
static const char *folder;
static bool fresh, authentication_only;

/* libpam frees what is answered. */
static int
converse(int count, const struct pam_message **messages,
    struct pam_response **responses, void *unused)
{
	struct pam_response *answers = calloc((size_t)count, sizeof(*answers));

	(void)unused;
	if (answers == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++)
		if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF ||
		    messages[i]->msg_style == PAM_PROMPT_ECHO_ON)
			answers[i].resp = strdup(creds_secret());
	*responses = answers;
	return PAM_SUCCESS;
}

static void
no_delay(int code, unsigned microseconds, void *unused)
{
	(void)code;
	(void)microseconds;
	(void)unused;
}

static bool
login(size_t class)
{
	const struct pam_conv conversation = { converse, NULL };
	const union {
		void (*function)(int, unsigned, void *);
		const void *item;
	} delay = { no_delay };
	pam_handle_t *pamh = NULL;
	int code = pam_start_confdir(
	    load.labels[class], creds_login(), &conversation, folder, &pamh);

	if (code != PAM_SUCCESS)
		return false;
	pam_set_item(pamh, PAM_FAIL_DELAY, delay.item);
	code = pam_authenticate(pamh, PAM_SILENT);
	if (code == PAM_SUCCESS && !authentication_only)
		code = pam_acct_mgmt(pamh, PAM_SILENT);
	pam_end(pamh, code);
	return (code == PAM_SUCCESS) == creds_are_good(class);
}

static bool
login_in_fresh_process(size_t class)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		_exit(login(class) ? 0 : 1);
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

int
main(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, LOAD_OPTIONS "c:FA")) != -1)
		switch (option) {
		case 'c':
			folder = optarg;
			break;
		case 'F':
			fresh = true;
			break;
		case 'A':
			authentication_only = true;
			break;
		default:
			if (!load_option(&load, option, optarg))
				load_die("pamload: a bad option");
		}
	if (folder == NULL)
		load_die("usage: pamload -c FOLDER SERVICE=SOURCE...");
	load.op = fresh ? login_in_fresh_process : login;
	creds_classes(&load, argv + optind);
	return load_run(&load) ? 0 : 1;
}
