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
#include <time.h>
#include <unistd.h>

#include "agent/arguments.h"
#include "agent/server/admin.h"
#include "agent/server/agent.h"
#include "agent/server/duties.h"
#include "agent/server/notify.h"
#include "agent/server/quote.h"
#include "agent/server/serve.h"
#include "agent/server/syscalls.h"
#include "agent/startup.h"
#include "common/error.h"
#include "common/slice.h"

/* What start-up opened, to be closed in the opposite order. */
struct run {
	struct agent agent;
	struct arguments arguments;
	struct startup startup;
	struct admin *admin;
	struct serve *serve;
};

/* Says so and returns ERROR_INVALID. */
static int __attribute__((format(printf, 1, 2)))
complain(const char *format, ...)
{
	va_list arguments;
	char text[2048], shown[4096];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	/* It may quote the configuration, which may be anybody's. */
	quote_escape(shown, sizeof(shown), text);
	fprintf(stderr, "apitokend: %s\n", shown);
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

	agent->lost += attempts;
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

/* Whoever starts it again has it open the store again; by itself it would be
 * of no use to anybody. */
static void
on_broken(void *arg)
{
	struct agent *agent = arg;

	log_post(agent->log, LOG_CRIT,
	    "the store's meta page could not be written: apitokend ends, to be "
	    "started again");
	agent_end_broken(agent);
}

static void
on_round(void *arg)
{
	struct agent *agent = arg;

	log_write(agent->log);
	pulse_answer(&agent->writer_pulse);
}

/* Of the thread that makes rows anew with another key. */
static void
on_rekeyed(void *arg, uint64_t made_anew, uint64_t damaged, int error)
{
	struct agent *agent = arg;
	unsigned number = keyring_current(agent->keyring)->number;

	if (error < 0)
		log_post(agent->log, LOG_ERR,
		    "rows of older keys are left, another try follows: %s",
		    error_text(error));
	else
		log_post(agent->log, damaged > 0 ? LOG_WARNING : LOG_NOTICE,
		    "all rows have key %u: %llu were made anew, %llu are "
		    "damaged and were left alone",
		    number, (unsigned long long)made_anew,
		    (unsigned long long)damaged);
}

static int
start_rekey(struct agent *agent)
{
	const struct rekey_options options = { .store = agent->store,
		.writer = agent->writer,
		.keyring = agent->keyring,
		.on_end = on_rekeyed,
		.arg = agent };

	return agent->store == NULL ? 0 : rekey_start(&options, &agent->rekey);
}

static void
wake_writer(void *arg)
{
	writer_wake(arg);
}

/* After all that only a start does, and before the first question. */
static int
confine(struct run *run)
{
	if (run->arguments.no_sandbox) {
		log_post(run->agent.log, LOG_WARNING,
		    "without a sandbox: every system call is allowed");
		return 0;
	}
	snprintf(run->startup.why, sizeof(run->startup.why),
	    "system calls cannot be confined (seccomp; apitokend --no-sandbox "
	    "does without)");
	return syscalls_confine();
}

static int
start_threads(struct run *run)
{
	struct agent *agent = &run->agent;
	const struct writer_options options = { .store = agent->store,
		.on_attempt = on_attempt,
		.on_lost = on_lost,
		.on_usage_error = on_usage_error,
		.on_broken = on_broken,
		.on_round = on_round,
		.arg = agent };
	int rv;

	snprintf(run->startup.why, sizeof(run->startup.why),
	    "cannot start the threads");
	rv = pulse_init(&agent->serve_pulse);
	if (rv == 0)
		rv = pulse_init(&agent->writer_pulse);
	if (rv == 0)
		rv = writer_start(&options, &agent->writer);
	if (rv < 0)
		return rv;
	log_set_wake(agent->log, wake_writer, agent->writer);
	agent->lapsed = lapsed_new(agent->writer);
	if (agent->lapsed == NULL)
		return ERROR_MEMORY;
	rv = start_rekey(agent);
	if (rv == 0)
		rv = admin_open(agent, &run->admin);
	if (rv == 0)
		rv = serve_open(agent, &run->serve);
	if (rv == 0)
		rv = confine(run);
	if (rv == 0)
		rv = serve_start(run->serve);
	return rv;
}

/* What a running agent cannot change any more. */
static bool
needs_restart(const struct config *before, const struct config *after)
{
	return strcmp(before->auth_socket, after->auth_socket) != 0 ||
	       strcmp(before->user_socket, after->user_socket) != 0 ||
	       strcmp(before->admin_socket, after->admin_socket) != 0 ||
	       strcmp(before->saslauthd_socket, after->saslauthd_socket) != 0 ||
	       before->saslauthd_gid != after->saslauthd_gid ||
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
	int rv = startup_load_config(&run->startup, &config);

	if (rv < 0) {
		log_post(run->agent.log, LOG_ERR,
		    "the configuration was not changed: %s", run->startup.why);
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
	/* A limit on the size of files fails a backup, not the agent. */
	signal(SIGXFSZ, SIG_IGN);
}

static int
start(struct run *run)
{
	int rv = startup_open(&run->startup, run->agent.config.current);

	return rv < 0 ? rv : start_threads(run);
}

static void
stop(struct run *run)
{
	struct agent *agent = &run->agent;

	serve_stop(run->serve);
	rekey_stop(agent->rekey);
	writer_stop(agent->writer);
	if (agent->log != NULL)
		log_set_wake(agent->log, NULL, NULL);
	/* After the last commit; but not where there was no first one. */
	if (agent->writer != NULL)
		duties_log_anchor(agent);
	lapsed_free(agent->lapsed);
	admin_close(run->admin);
	pulse_fini(&agent->serve_pulse);
	pulse_fini(&agent->writer_pulse);
	startup_close(&run->startup);
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
		complain_error(rv, run->startup.why);
		stop(run);
		return rv;
	}
	log_post(agent->log, LOG_NOTICE,
	    "apitokend " PACKAGE_VERSION " serves %s",
	    agent->store != NULL ? "tokens" : "nobody");
	notify_systemd("READY=1");
	notify_ready_fd(run->arguments.ready_fd);
	rv = admin_run(run->admin, reload, run);
	if (atomic_load(&agent->broken))
		rv = ERROR_SYSTEM;
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
			       .listeners = { { -1, -1, -1, -1 } } } };
	int status;
	int rv = arguments_parse(argc, argv, &run.arguments, &status);

	if (rv < 0)
		return status;
	/* Before there is a key; the drop of privileges asks for it again. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	slice_shorten();
	rv = open_standard();
	if (rv == 0)
		rv = crypto_init();
	if (rv == 0)
		rv = names_start(&run.agent.names);
	if (rv < 0)
		return complain_error(rv, "cannot start"), EXIT_FAILURE;
	run.startup.agent = &run.agent;
	run.startup.config_path = run.arguments.config;
	rv = startup_load_config(&run.startup, &run.agent.config.current);
	if (rv == 0 && run.arguments.make_key)
		rv = startup_make_key(&run.startup, run.agent.config.current);
	if (rv < 0)
		complain_error(rv, run.startup.why);
	else if (!run.arguments.make_key && !run.arguments.check_config)
		rv = run_agent(&run);
	config_free(run.agent.config.current);
	names_stop(run.agent.names);
	return rv < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
