/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_BENCH_TRANSACTION_H
#define APITOKEN_TESTS_BENCH_TRANSACTION_H

#include <stdbool.h>

/*
 * What a service does for a login, through the real libpam: start,
 * authenticate, acct_mgmt (if account), end.  Whether it let them in; the delay
 * that a failure asks for is not slept through.
 */
struct transaction {
	const char *folder; /* of the services' files */
	const char *service;
	const char *login;
	const char *secret;
	bool account;
};

bool transaction_run(const struct transaction *transaction);

#endif
