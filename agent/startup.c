/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/startup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/server/firststart.h"
#include "agent/server/sandbox.h"
#include "agent/store/recheck.h"
#include "common/error.h"

static int
uid_of_login(void *arg, const char *login, uid_t *uid)
{
	gid_t gid;

	return names_uid(arg, login, uid, &gid);
}

static int
gid_of_group(void *arg, const char *group, gid_t *gid)
{
	return names_gid(arg, group, gid);
}

int
startup_load_config(struct startup *startup, struct config **config)
{
	const struct config_names names = { .uid_of = uid_of_login,
		.gid_of = gid_of_group,
		.arg = startup->agent->names };
	const char *path = startup->config_path;

	snprintf(startup->why, sizeof(startup->why), "the configuration");
	return config_load(path != NULL ? path : CONFIG_FILE, path != NULL,
	    &names, config, startup->why, sizeof(startup->why));
}

int
startup_make_key(struct startup *startup, const struct config *config)
{
	int rv = keyring_make(config->key);

	if (rv == ERROR_EXISTS)
		snprintf(startup->why, sizeof(startup->why),
		    "%s is there already and was left alone", config->key);
	else if (rv < 0)
		snprintf(startup->why, sizeof(startup->why),
		    "cannot make %s: %s", config->key,
		    errno != 0 ? strerror(errno) : error_text(rv));
	return rv < 0 ? ERROR_INVALID : 0;
}

/*
 * The key, made here for a store that is new.  A store with records and no
 * key is not started on: a new key would call every record a forgery.
 */
static int
open_key(struct startup *startup, const struct config *config)
{
	struct agent *agent = startup->agent;
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	char path[4096];
	int rv = ERROR_NOT_FOUND;

	snprintf(agent->key_path, sizeof(agent->key_path), "%s", config->key);
	if (credentials != NULL) {
		snprintf(path, sizeof(path), "%s/master.key", credentials);
		snprintf(
		    startup->why, sizeof(startup->why), "key %.900s", path);
		rv = keyring_load(
		    path, &agent->keyring, startup->why, sizeof(startup->why));
		agent->key_is_credential = rv == 0;
	}
	if (rv == ERROR_NOT_FOUND) {
		snprintf(
		    startup->why, sizeof(startup->why), "key %s", config->key);
		rv = keyring_load(config->key, &agent->keyring, startup->why,
		    sizeof(startup->why));
	}
	if (rv != ERROR_NOT_FOUND)
		return rv;
	if (!store_is_new(config->store_directory)) {
		snprintf(startup->why, sizeof(startup->why),
		    "key %s is missing, but the store %s has records made "
		    "with it: put the key back, or move the store away to "
		    "start anew",
		    config->key, config->store_directory);
		return ERROR_INVALID;
	}
	rv = startup_make_key(startup, config);
	if (rv < 0)
		return rv;
	return keyring_load(
	    config->key, &agent->keyring, startup->why, sizeof(startup->why));
}

static int
find_user(struct startup *startup, const struct config *config, gid_t *gid)
{
	int rv;

	startup->agent->uid = geteuid();
	*gid = getegid();
	if (geteuid() != 0)
		return 0;
	rv = names_uid(
	    startup->agent->names, config->user, &startup->agent->uid, gid);
	if (rv < 0)
		snprintf(startup->why, sizeof(startup->why),
		    "there is no user %s to become: make it (useradd --system "
		    "%s), or name another under [agent] user=",
		    config->user, config->user);
	return rv < 0 ? ERROR_INVALID : 0;
}

/* Whose the first tokens are: to be asked before the drop of privileges. */
static void
find_starter(struct startup *startup)
{
	const uid_t uid = geteuid();
	size_t size = sizeof(startup->starter);

	if (names_login(startup->agent->names, uid, startup->starter, size) ==
	    0)
		return;
	if (uid == 0)
		snprintf(startup->starter, size, "root");
	else
		snprintf(startup->starter, size, "uid-%u", uid);
}

/* A store's folder made by root belongs to the agent's user. */
static int
own_directory(struct startup *startup, const struct config *config, gid_t gid)
{
	if (geteuid() != 0 || startup->agent->uid == 0)
		return 0;
	snprintf(startup->why, sizeof(startup->why),
	    "store directory %s cannot be made", config->store_directory);
	if (mkdir(config->store_directory, 0700) < 0)
		return errno == EEXIST ? 0 : ERROR_SYSTEM;
	return lchown(config->store_directory, startup->agent->uid, gid) < 0
		   ? ERROR_SYSTEM
		   : 0;
}

static int
drop_privileges(struct startup *startup, gid_t gid)
{
	struct agent *agent = startup->agent;
	int rv = 0;

	snprintf(startup->why, sizeof(startup->why), "cannot become uid %u",
	    agent->uid);
	if (geteuid() == 0 && agent->uid != 0) {
		rv = names_drop(agent->names, agent->uid, gid);
		if (rv == 0)
			rv = sandbox_drop(agent->uid, gid);
	}
	if (rv == 0)
		rv = sandbox_harden();
	return rv;
}

static void
seal(struct agent *agent, const char *why)
{
	snprintf(agent->sealed, sizeof(agent->sealed), "%s", why);
	log_post(agent->log, LOG_CRIT,
	    "SEALED: no token is accepted and nothing is changed: %s", why);
}

/* It starts without them too: the next start makes them. */
static void
make_first_tokens(struct startup *startup)
{
	struct agent *agent = startup->agent;
	int rv = firststart_apply(
	    agent->store, span_of(startup->starter), agent->started_at);

	if (rv < 0)
		log_post(agent->log, LOG_ERR,
		    "the first two tokens were not made: %s", error_text(rv));
}

/* A store that fails a check is not opened: the agent starts sealed. */
static int
open_store(struct startup *startup, const struct config *config)
{
	const struct store_options options = {
		.directory = config->store_directory,
		.map_size = config->map_size
	};
	struct agent *agent = startup->agent;
	bool whole = true;
	bool is_new = store_is_new(config->store_directory);
	int rv = store_lock(config->store_directory, &startup->lock,
	    &startup->unclean, startup->why, sizeof(startup->why));

	if (rv < 0)
		return rv;
	rv = store_check(&options, agent->keyring, startup->unclean, &whole,
	    startup->why, sizeof(startup->why));
	if (!whole && startup->unclean)
		log_post(agent->log, LOG_WARNING,
		    "the store was not checked whole after an unclean exit: "
		    "it takes longer than %d s and goes on beside",
		    CHECK_WALK_MS / 1000);
	if (rv == 0)
		rv = store_open(&options, agent->keyring, &agent->store,
		    startup->why, sizeof(startup->why));
	if (rv == 0)
		store_keep_time(agent->store);
	if (rv == 0 && is_new)
		log_post(agent->log, LOG_WARNING, "a new store was made in %s",
		    config->store_directory);
	if (rv == 0 && !whole)
		rv = recheck_start(&options, agent->keyring, agent->store,
		    startup->unclean, &agent->recheck);
	if (rv == 0)
		make_first_tokens(startup);
	if (rv == ERROR_CORRUPT) {
		seal(agent, startup->why);
		return 0;
	}
	return rv;
}

int
startup_open(struct startup *startup, const struct config *config)
{
	struct agent *agent = startup->agent;
	gid_t gid;
	int rv = find_user(startup, config, &gid);

	if (rv < 0)
		return rv;
	find_starter(startup);
	agent->log = log_new(config->log);
	if (agent->log == NULL)
		return ERROR_MEMORY;
	rv = open_key(startup, config);
	if (rv == 0)
		rv = own_directory(startup, config, gid);
	if (rv == 0)
		rv = listeners_open(config, &agent->listeners, startup->why,
		    sizeof(startup->why));
	if (rv == 0)
		rv = drop_privileges(startup, gid);
	if (rv == 0)
		rv = open_store(startup, config);
	return rv;
}

void
startup_close(struct startup *startup)
{
	struct agent *agent = startup->agent;

	/* What an unclean exit asks for and was not done is for the next start;
	 * after a clean one the next looks as this did. */
	const bool whole = agent->recheck == NULL || !startup->unclean;

	listeners_close(&agent->listeners);
	recheck_free(agent->recheck);
	store_close(agent->store);
	store_unlock(startup->lock,
	    agent->store != NULL && whole && !atomic_load(&agent->broken));
	keyring_free(agent->keyring);
	log_free(agent->log);
}
