/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * apitokend(8): ordered start-up, run, ordered shutdown.
 *
 * The order is the point.  The names child is forked first, before there is
 * anything it could inherit.  Sockets and key are opened while the agent is
 * who started it; then it becomes its own user for good, and only then opens
 * the store, whose bytes it did not choose.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/arguments.h"
#include "agent/server/admin.h"
#include "agent/server/agent.h"
#include "agent/server/notify.h"
#include "agent/server/sandbox.h"
#include "agent/server/serve.h"
#include "agent/store/check.h"
#include "common/error.h"

/* What start-up opened, to be closed in the opposite order. */
struct run {
	struct agent agent;
	struct arguments arguments;
	struct store_lock *lock;
	bool whole; /* the store was looked at as far as was needed */
	struct admin *admin;
	struct serve *serve;
	char why[1024];
};

/* Says so and returns ERROR_INVALID. */
static int __attribute__((format(printf, 1, 2)))
complain(const char *format, ...)
{
	va_list arguments;

	fputs("apitokend: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return ERROR_INVALID;
}

/* With the reason where there is one, and errno where that is the reason. */
static int
complain_error(int error, const char *why)
{
	if (error == ERROR_SYSTEM)
		return complain("%s: %s", why, strerror(errno));
	if (error == ERROR_INVALID || error == ERROR_NOT_FOUND)
		return complain("%s", why);
	return complain("%s: %s", why, error_text(error));
}

static int
uid_of_login(void *arg, const char *login, uid_t *uid)
{
	gid_t gid;

	return names_uid(arg, login, uid, &gid);
}

static int
load_config(struct run *run, struct config **config)
{
	const struct config_names names = { .uid_of = uid_of_login,
		.arg = run->agent.names };
	const char *path = run->arguments.config;

	snprintf(run->why, sizeof(run->why), "the configuration");
	return config_load(path != NULL ? path : CONFIG_FILE, path != NULL,
	    &names, config, run->why, sizeof(run->why));
}

static int
make_key(const struct config *config)
{
	int rv = keyring_make(config->key);

	if (rv == ERROR_EXISTS)
		return complain(
		    "%s is there already and was left alone", config->key);
	if (rv < 0)
		return complain("cannot make %s: %s", config->key,
		    errno != 0 ? strerror(errno) : error_text(rv));
	return 0;
}

/*
 * The key, made here for a store that is new.  A store with records and no
 * key is not started on: a new key would call every record a forgery.
 */
static int
open_key(struct run *run, const struct config *config)
{
	struct agent *agent = &run->agent;
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	char path[4096];
	int rv = ERROR_NOT_FOUND;

	if (credentials != NULL) {
		snprintf(path, sizeof(path), "%s/master.key", credentials);
		snprintf(run->why, sizeof(run->why), "key %.900s", path);
		rv = keyring_load(
		    path, &agent->keyring, run->why, sizeof(run->why));
	}
	if (rv == ERROR_NOT_FOUND) {
		snprintf(run->why, sizeof(run->why), "key %s", config->key);
		rv = keyring_load(
		    config->key, &agent->keyring, run->why, sizeof(run->why));
	}
	if (rv != ERROR_NOT_FOUND)
		return rv;
	if (!store_is_new(config->store_directory)) {
		snprintf(run->why, sizeof(run->why),
		    "key %s is missing, but the store %s has records made "
		    "with it: put the key back, or move the store away to "
		    "start anew",
		    config->key, config->store_directory);
		return ERROR_INVALID;
	}
	rv = make_key(config);
	if (rv < 0)
		return rv;
	return keyring_load(
	    config->key, &agent->keyring, run->why, sizeof(run->why));
}

static int
find_user(struct run *run, const struct config *config, gid_t *gid)
{
	int rv;

	run->agent.uid = geteuid();
	*gid = getegid();
	if (geteuid() != 0)
		return 0;
	rv = names_uid(run->agent.names, config->user, &run->agent.uid, gid);
	if (rv < 0)
		snprintf(run->why, sizeof(run->why),
		    "there is no user %s to become: make it (useradd --system "
		    "%s), or name another under [agent] user=",
		    config->user, config->user);
	return rv < 0 ? ERROR_INVALID : 0;
}

/* A store's folder made by root belongs to the agent's user. */
static int
own_directory(struct run *run, const struct config *config, gid_t gid)
{
	if (geteuid() != 0 || run->agent.uid == 0)
		return 0;
	if (mkdir(config->store_directory, 0700) < 0)
		return errno == EEXIST ? 0 : ERROR_SYSTEM;
	return lchown(config->store_directory, run->agent.uid, gid) < 0
		   ? ERROR_SYSTEM
		   : 0;
}

static int
drop_privileges(struct run *run, gid_t gid)
{
	struct agent *agent = &run->agent;
	int rv = 0;

	snprintf(
	    run->why, sizeof(run->why), "cannot become uid %u", agent->uid);
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

/* A store that fails a check is not opened: the agent starts sealed. */
static int
open_store(struct run *run, const struct config *config)
{
	const struct store_options options = {
		.directory = config->store_directory,
		.map_size = config->map_size
	};
	struct agent *agent = &run->agent;
	bool unclean = false;
	bool is_new = store_is_new(config->store_directory);
	int rv = store_lock(config->store_directory, &run->lock, &unclean,
	    run->why, sizeof(run->why));

	if (rv < 0)
		return rv;
	rv = store_check(&options, agent->keyring, unclean, &run->whole,
	    run->why, sizeof(run->why));
	if (!run->whole)
		log_post(agent->log, LOG_WARNING,
		    "the store was not checked whole after an unclean exit: "
		    "it took too long");
	if (rv == 0)
		rv = store_open(&options, agent->keyring, &agent->store,
		    run->why, sizeof(run->why));
	if (rv == 0 && is_new)
		log_post(agent->log, LOG_WARNING, "a new store was made in %s",
		    config->store_directory);
	if (rv == ERROR_CORRUPT) {
		seal(agent, run->why);
		return 0;
	}
	return rv;
}

/* The writer's callbacks. */

static void
on_attempt(void *arg, const struct attempt *attempt)
{
	struct agent *agent = arg;

	log_attempt(agent->log, attempt);
}

static void
on_lost(void *arg, unsigned long attempts)
{
	struct agent *agent = arg;

	log_post(agent->log, LOG_WARNING,
	    "%lu login attempts came too fast to be logged", attempts);
}

static void
on_usage_error(void *arg, int error)
{
	struct agent *agent = arg;

	log_post(agent->log, LOG_ERR, "last uses were not written: %s",
	    error_text(error));
}

static void
on_round(void *arg)
{
	struct agent *agent = arg;

	log_write(agent->log);
}

static void
wake_writer(void *arg)
{
	writer_wake(arg);
}

static int
start_threads(struct run *run)
{
	struct agent *agent = &run->agent;
	const struct writer_options options = { .store = agent->store,
		.on_attempt = on_attempt,
		.on_lost = on_lost,
		.on_usage_error = on_usage_error,
		.on_round = on_round,
		.arg = agent };
	int rv;

	snprintf(run->why, sizeof(run->why), "cannot start the threads");
	rv = writer_start(&options, &agent->writer);
	if (rv < 0)
		return rv;
	log_set_wake(agent->log, wake_writer, agent->writer);
	rv = admin_open(agent, &run->admin);
	if (rv == 0)
		rv = serve_start(agent, &run->serve);
	return rv;
}

/* What a running agent cannot change any more. */
static bool
needs_restart(const struct config *before, const struct config *after)
{
	return strcmp(before->auth_socket, after->auth_socket) != 0 ||
	       strcmp(before->user_socket, after->user_socket) != 0 ||
	       strcmp(before->admin_socket, after->admin_socket) != 0 ||
	       strcmp(before->store_directory, after->store_directory) != 0 ||
	       strcmp(before->key, after->key) != 0 ||
	       strcmp(before->user, after->user) != 0 ||
	       before->map_size != after->map_size || before->log != after->log;
}

static void
reload(void *arg)
{
	struct run *run = arg;
	struct config *config = NULL;
	int rv = load_config(run, &config);

	if (rv < 0) {
		log_post(run->agent.log, LOG_ERR,
		    "the configuration was not changed: %s", run->why);
		return;
	}
	if (needs_restart(run->agent.config.current, config))
		log_post(run->agent.log, LOG_WARNING,
		    "[agent] user and log, [sockets] and [store] change with "
		    "the next start only");
	agent_config_replace(&run->agent, config);
	log_post(run->agent.log, LOG_NOTICE, "configuration read again");
}

static void
block_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int
start(struct run *run)
{
	struct agent *agent = &run->agent;
	struct config *config = agent->config.current;
	gid_t gid;
	int rv = find_user(run, config, &gid);

	if (rv < 0)
		return rv;
	agent->log = log_new(config->log);
	if (agent->log == NULL)
		return ERROR_MEMORY;
	rv = open_key(run, config);
	if (rv == 0)
		rv = own_directory(run, config, gid);
	if (rv == 0)
		rv = listeners_open(
		    config, &agent->listeners, run->why, sizeof(run->why));
	if (rv == 0)
		rv = drop_privileges(run, gid);
	if (rv == 0)
		rv = open_store(run, config);
	if (rv == 0)
		rv = start_threads(run);
	return rv;
}

static void
stop(struct run *run)
{
	struct agent *agent = &run->agent;

	serve_stop(run->serve);
	writer_stop(agent->writer);
	if (agent->log != NULL)
		log_set_wake(agent->log, NULL, NULL);
	admin_close(run->admin);
	listeners_close(&agent->listeners);
	store_close(agent->store);
	store_unlock(run->lock, agent->store != NULL && run->whole);
	keyring_free(agent->keyring);
	log_free(agent->log);
}

static int
run_agent(struct run *run)
{
	struct agent *agent = &run->agent;
	int rv;

	block_signals();
	agent->started_at = (uint64_t)time(NULL);
	rv = start(run);
	if (rv < 0) {
		complain_error(rv, run->why);
		stop(run);
		return rv;
	}
	log_post(agent->log, LOG_NOTICE,
	    "apitokend " PACKAGE_VERSION " serves %s",
	    agent->store != NULL ? "tokens" : "nobody");
	notify_systemd("READY=1");
	notify_ready_fd(run->arguments.ready_fd);
	rv = admin_run(run->admin, reload, run);
	notify_systemd("STOPPING=1");
	log_post(agent->log, LOG_NOTICE, "apitokend stops");
	stop(run);
	return rv;
}

/* Descriptors 0 to 2 are there, be it to nowhere: else the first socket that
 * is opened would get what is meant for people. */
static int
open_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return ERROR_SYSTEM;
	close(fd);
	return 0;
}

int
main(int argc, char **argv)
{
	struct run run = { .agent = {
			       .config = { .lock = PTHREAD_MUTEX_INITIALIZER },
			       .listeners = { { -1, -1, -1 } } } };
	int status;
	int rv = arguments_parse(argc, argv, &run.arguments, &status);

	if (rv < 0)
		return status;
	/* Before there is a key; the drop of privileges asks for it again. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	rv = open_standard();
	if (rv == 0)
		rv = crypto_init();
	if (rv == 0)
		rv = names_start(&run.agent.names);
	if (rv < 0)
		return complain_error(rv, "cannot start"), EXIT_FAILURE;
	rv = load_config(&run, &run.agent.config.current);
	if (rv < 0)
		complain_error(rv, run.why);
	else if (run.arguments.make_key)
		rv = make_key(run.agent.config.current);
	else if (!run.arguments.check_config)
		rv = run_agent(&run);
	config_free(run.agent.config.current);
	names_stop(run.agent.names);
	return rv < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
