/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/deaf_writer.h"

static void
on_attempt(void *arg, const struct attempt *attempt)
{
	(void)arg, (void)attempt;
}

static void
on_lost(void *arg, unsigned long attempts)
{
	(void)arg, (void)attempts;
}

static void
on_usage_error(void *arg, int error)
{
	(void)arg, (void)error;
}

static void
on_round(void *arg)
{
	(void)arg;
}

struct writer_options
deaf_writer(struct store *store)
{
	return (struct writer_options) { .store = store,
		.on_attempt = on_attempt,
		.on_lost = on_lost,
		.on_usage_error = on_usage_error,
		.on_round = on_round };
}
