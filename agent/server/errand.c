/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/errand.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/error.h"

struct errand *
errand_new(struct agent *agent, errand_function *run, int *fd)
{
	struct errand *errand = calloc(1, sizeof(*errand));

	if (errand == NULL)
		return NULL;
	errand->agent = agent;
	errand->run = run;
	errand->fd = *fd;
	*fd = -1;
	wirebuf_write(&errand->body, errand->bytes, sizeof(errand->bytes));
	return errand;
}

void
errand_free(struct errand *errand)
{
	if (errand == NULL)
		return;
	if (errand->fd >= 0)
		close(errand->fd);
	free(errand);
}

static void *
errand_main(void *arg)
{
	struct errand *errand = arg;
	int result = errand->run(errand);

	if (result == 0 && errand->body.failed)
		result = ERROR_TOO_LONG;
	errand->done(errand->arg, result);
	return NULL;
}

int
errand_start(struct errand *errand)
{
	return pthread_create(&errand->thread, NULL, errand_main, errand) == 0
		   ? 0
		   : ERROR_SYSTEM;
}

void
errand_join(struct errand *errand)
{
	pthread_join(errand->thread, NULL);
}
