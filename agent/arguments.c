/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/arguments.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/server/config.h"
#include "common/error.h"

#define EXIT_USAGE 2

static const char usage[] =
    "usage: apitokend [--config FILE] [--ready-fd N] [--no-sandbox]\n"
    "       apitokend [--config FILE] --check-config\n"
    "       apitokend [--config FILE] --make-key\n"
    "       apitokend --help | --version\n"
    "\n"
    "Verifies API tokens for PAM.  Stays in the foreground.\n"
    "\n"
    "  --config FILE   configuration (" CONFIG_FILE ")\n"
    "  --check-config  say what is wrong with it, or nothing\n"
    "  --make-key      make the master key that it names\n"
    "  --ready-fd N    write \"ready\" there once sockets are served\n"
    "  --no-sandbox    allow every system call, for debuggers\n"
    "  --help, --version\n"
    "\n"
    "SIGHUP reads the configuration again; SIGTERM ends.  See "
    "apitokend(8).\n";

static int
parse_ready_fd(const char *text, int *fd)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (*text == '\0' || *end != '\0' || number < 0 || number > 65535)
		return ERROR_INVALID;
	*fd = (int)number;
	/* One that is not open now would be another one's later. */
	return fcntl(*fd, F_GETFD) < 0 ? ERROR_INVALID : 0;
}

int
arguments_parse(int argc, char **argv, struct arguments *arguments, int *status)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check-config", no_argument, NULL, 'C' },
		{ "make-key", no_argument, NULL, 'k' },
		{ "ready-fd", required_argument, NULL, 'r' },
		{ "no-sandbox", no_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	*arguments = (struct arguments) { .ready_fd = -1,
		.no_sandbox = !APITOKEN_CONFINES };
	*status = EXIT_USAGE;
	while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1)
		switch (option) {
		case 'c':
			arguments->config = optarg;
			break;
		case 'C':
			arguments->check_config = true;
			break;
		case 'k':
			arguments->make_key = true;
			break;
		case 'r':
			if (parse_ready_fd(optarg, &arguments->ready_fd) == 0)
				break;
			fprintf(stderr,
			    "apitokend: --ready-fd takes the number of an open "
			    "descriptor\n");
			return ERROR_INVALID;
		case 'n':
			arguments->no_sandbox = true;
			break;
		case 'h':
			fputs(usage, stdout);
			*status = EXIT_SUCCESS;
			return ERROR_INVALID;
		case 'V':
			puts("apitokend " PACKAGE_VERSION);
			*status = EXIT_SUCCESS;
			return ERROR_INVALID;
		default:
			fputs("apitokend: see apitokend --help\n", stderr);
			return ERROR_INVALID;
		}
	if (optind == argc)
		return 0;
	fprintf(stderr,
	    "apitokend: unexpected argument '%s'; see apitokend --help\n",
	    argv[optind]);
	return ERROR_INVALID;
}
