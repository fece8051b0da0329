/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pamload -c FOLDER [-F] [-A] [OPTION...] SERVICE=SOURCE...: logs in through
 * PAM.  Which service is drawn at random for each login.  See transaction.h,
 * creds.h and load.h.
 *
 *	-c	where the services' files are
 *	-F	a fresh process for each login, as services have that fork for
 *		each connection: it loads what the modules load from scratch
 *	-A	no acct_mgmt
 */
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/creds.h"
#include "tests/bench/transaction.h"

static struct load load = {
	.clients = 1, .seconds = 1, .warm = 0.3, .block = 1
};
static struct transaction transaction = { .account = true };

static bool
login(size_t class)
{
	transaction.service = load.labels[class];
	transaction.login = creds_login();
	transaction.secret = creds_secret();
	return transaction_run(&transaction) == creds_are_good(class);
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

	load.op = login;
	while ((option = getopt(argc, argv, LOAD_OPTIONS "c:FA")) != -1)
		if (option == 'c')
			transaction.folder = optarg;
		else if (option == 'F')
			load.op = login_in_fresh_process;
		else if (option == 'A')
			transaction.account = false;
		else if (!load_option(&load, option, optarg))
			load_die("pamload: a bad option");
	if (transaction.folder == NULL)
		load_die("usage: pamload -c FOLDER SERVICE=SOURCE...");
	creds_classes(&load, argv + optind);
	return load_run(&load) ? 0 : 1;
}
