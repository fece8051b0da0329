/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A configuration that anybody may have written: it is refused with a
 * sentence, or each service of it is one that can be asked for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/server/config.h"
#include "common/error.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int file;
static char path[64];

/* Names that are known here, not known, and that take too long. */
static int
uid_of(void *arg, const char *login, uid_t *uid)
{
	(void)arg;
	*uid = (uid_t)login[0];
	return login[0] == 'x'	 ? ERROR_NOT_FOUND
	       : login[0] == 'y' ? ERROR_TIMEOUT
				 : 0;
}

static int
gid_of(void *arg, const char *group, gid_t *gid)
{
	return uid_of(arg, group, gid);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	file = memfd_create("config", MFD_CLOEXEC);
	if (file < 0 || fchmod(file, 0600) < 0)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	return 0;
}

static void
check_services(const struct config *config)
{
	struct service unlisted;

	for (size_t i = 0; i < config->service_count; i++) {
		const struct service *service = &config->services[i];

		if (config_service(config, span_of(service->name), &unlisted) !=
			service ||
		    service->project[0] == '\0' || service->access[0] == '\0' ||
		    service->caller_count > SERVICE_CALLERS_MAX)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct config_names names = { .uid_of = uid_of,
		.gid_of = gid_of };
	struct config *config = NULL;
	char why[512] = "";
	int rv;

	if (ftruncate(file, 0) < 0 ||
	    pwrite(file, data, size, 0) != (ssize_t)size)
		abort();
	rv = config_load(path, true, &names, &config, why, sizeof(why));
	if (rv < 0 && why[0] == '\0')
		abort();
	if (rv == 0)
		check_services(config);
	config_free(config);
	return 0;
}
