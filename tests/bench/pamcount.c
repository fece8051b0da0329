/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pamcount FOLDER SERVICE LOGIN SECRET COUNT: logs in so many times, in this
 * process and as plainly as can be, for others to count what that takes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/transaction.h"

int
main(int argc, char **argv)
{
	struct transaction transaction = { .account = true };

	if (argc != 6) {
		fputs("usage: pamcount FOLDER SERVICE LOGIN SECRET COUNT\n",
		    stderr);
		return 2;
	}
	transaction.folder = argv[1];
	transaction.service = argv[2];
	transaction.login = argv[3];
	transaction.secret = argv[4];
	for (long i = strtol(argv[5], NULL, 10); i > 0; i--)
		if (!transaction_run(&transaction))
			return 1;
	return 0;
}
