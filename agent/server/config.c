/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/server/config_file.h"
#include "agent/store/store.h"
#include "common/error.h"

#define RETENTION_DEFAULT	 (90 * 86400)
#define TOKENS_PER_OWNER_DEFAULT 1000

static struct config *
config_new(void)
{
	struct config *config = calloc(1, sizeof(*config));

	if (config == NULL)
		return NULL;
	config->services = calloc(
	    CONFIG_SERVICES_MAX, sizeof(*config->services));
	if (config->services == NULL) {
		free(config);
		return NULL;
	}
	strcpy(config->auth_socket, APITOKEN_RUNDIR "/" PROTO_AUTH_SOCKET);
	strcpy(config->user_socket, APITOKEN_RUNDIR "/" PROTO_USER_SOCKET);
	strcpy(config->admin_socket, APITOKEN_RUNDIR "/" PROTO_ADMIN_SOCKET);
	strcpy(config->store_directory, APITOKEN_STATEDIR);
	strcpy(config->key, APITOKEN_SYSCONFDIR "/master.key");
	strcpy(config->user, APITOKEN_AGENT_USER);
	config->map_size = STORE_MAP_SIZE;
	config->default_role = ROLE_MEMBER;
	config->self_service_min_uid = 1000;
	config->saslauthd_gid = CONFIG_NO_GROUP;
	config->lineage.refresh_lifetime = REFRESH_LIFETIME;
	config->lineage.access_tokens = ACCESS_TOKENS;
	config->tokens_per_owner = TOKENS_PER_OWNER_DEFAULT;
	config->retention = RETENTION_DEFAULT;
	config->references = 1;
	return config;
}

/* A socket that is wanted has a group that there is. */
static int
default_group(struct config *config, const char *path,
    const struct config_names *names, char *why, size_t size)
{
	if (config->saslauthd_socket[0] == '\0' ||
	    config->saslauthd_gid != CONFIG_NO_GROUP)
		return 0;
	if (names->gid_of(names->arg, CONFIG_SASLAUTHD_GROUP,
		&config->saslauthd_gid) == 0)
		return 0;
	snprintf(why, size,
	    "%s: saslauthd: there is no group " CONFIG_SASLAUTHD_GROUP
	    ": name the one that may connect, with saslauthd_group",
	    path);
	return ERROR_INVALID;
}

int
config_load(const char *path, bool must_exist, const struct config_names *names,
    struct config **config, char *why, size_t size)
{
	struct config *loaded = config_new();
	int rv;

	if (loaded == NULL)
		return ERROR_MEMORY;
	rv = config_file_read(path, names, loaded, why, size);
	if (rv == ERROR_NOT_FOUND && !must_exist)
		rv = 0;
	if (rv == 0)
		rv = default_group(loaded, path, names, why, size);
	if (rv < 0) {
		config_free(loaded);
		return rv;
	}
	*config = loaded;
	return 0;
}

void
config_free(struct config *config)
{
	if (config == NULL)
		return;
	free(config->services);
	free(config);
}

const struct service *
config_service(
    const struct config *config, struct span name, struct service *unlisted)
{
	char text[SERVICE_MAX + 1];

	if (span_empty(name) || span_text(name, text, sizeof(text)) < 0)
		return NULL;
	/* As libpam does, which `service=` of the module goes past. */
	for (char *c = text; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	for (size_t i = 0; i < config->service_count; i++)
		if (strcmp(config->services[i].name, text) == 0)
			return &config->services[i];
	service_init(unlisted, text);
	return unlisted;
}

bool
config_has_caller(const struct config *config, uid_t uid)
{
	for (size_t i = 0; i < config->service_count; i++)
		if (service_has_caller(&config->services[i], uid))
			return true;
	return false;
}
