/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_CONFIG_H
#define APITOKEN_SERVER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/model/grant.h"
#include "agent/model/issueinput.h"
#include "agent/model/lineage.h"
#include "agent/model/scope.h"
#include "common/span.h"

/*
 * apitokend.conf(5): INI, read by inih through a reader of our own that
 * refuses what inih would split or cut.
 *
 * Threat model.  Whoever writes the file decides who gets in.  It MUST belong
 * to root or to the user who starts the agent and MUST NOT be writable by
 * anybody else; anything in it that is not understood stops the agent.
 */
#define CONFIG_FILE	    APITOKEN_SYSCONFDIR "/apitokend.conf"
#define CONFIG_PATH_MAX	    108 /* sun_path, with its NUL; for all paths */
#define CONFIG_SERVICES_MAX 256
#define CONFIG_LINE_MAX	    198 /* bytes; inih's buffer is 200 */

/* Whose saslauthd's socket is where the file does not say, as in Debian. */
#define CONFIG_SASLAUTHD_GROUP "sasl"
#define CONFIG_NO_GROUP	       ((gid_t)-1)

enum log_target {
	LOG_TO_STDERR,
	LOG_TO_SYSLOG,
};

struct config {
	char auth_socket[CONFIG_PATH_MAX];
	char user_socket[CONFIG_PATH_MAX];
	char admin_socket[CONFIG_PATH_MAX];
	char saslauthd_socket[CONFIG_PATH_MAX]; /* empty: none is made */
	gid_t saslauthd_gid;			/* who may connect to it */
	char store_directory[CONFIG_PATH_MAX];
	char key[CONFIG_PATH_MAX];
	uint64_t map_size; /* bytes */
	char user[LOGIN_MAX + 1];
	enum role default_role;
	uint32_t self_service_min_uid;
	/* between blanks or commas: their logins stand without them */
	char local_realms[CONFIG_LINE_MAX + 1];
	enum log_target log;
	struct issue_limits limits;
	struct lineage_limits lineage;
	uint32_t tokens_per_owner; /* 0: any number */
	uint64_t retention; /* seconds after a token's end; 0: for ever */
	struct service *services;
	size_t service_count;
	unsigned references; /* config_holder's */
};

/* Turns names of users and groups into numbers: 0 or ERROR_NOT_FOUND,
 * ERROR_TIMEOUT. */
struct config_names {
	int (*uid_of)(void *arg, const char *login, uid_t *uid);
	int (*gid_of)(void *arg, const char *group, gid_t *gid);
	void *arg;
};

/*
 * Reads the file; without one, if it need not exist, everything has its
 * default.  ERROR_INVALID: why names file, line and what would be right.
 */
int config_load(const char *path, bool must_exist,
    const struct config_names *names, struct config **config, char *why,
    size_t size);
void config_free(struct config *config);

/*
 * The row of a service; one that has none gets the defaults for its name in
 * *unlisted.  Upper case counts as lower case.  NULL for a name that no
 * service can have.
 */
const struct service *config_service(
    const struct config *config, struct span name, struct service *unlisted);

/* Whether any service names the uid as a caller. */
bool config_has_caller(const struct config *config, uid_t uid);

#endif
