/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/recheck.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/store/check.h"
#include "agent/store/env.h"
#include "agent/store/raw.h"
#include "common/error.h"

#define SOUND '\1' /* the last word of a child that found nothing */

/* Whoever waits for the processor goes first. */
#define NICE 10

struct recheck {
	int in; /* from the child */
	/* Begun before the first change: the pages of that state, and of those
	 * that follow, stay as they are until it ends. */
	struct store_reader *pin;
	size_t got;
	char heard[512];
};

struct task {
	const struct store_options *options;
	const struct keyring *keyring;
	struct raw_meta meta; /* of the state that is looked at */
	bool walk;
};

static _Noreturn void
run_child(const struct task *task, int out, pid_t parent)
{
	const char sound = SOUND;
	char why[512] = "";
	int rv;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(2);
	/* Neither the agent's sockets nor its lock. */
	if (out != STDERR_FILENO + 1)
		out = dup2(out, STDERR_FILENO + 1);
	close_range(STDERR_FILENO + 2, ~0U, 0);
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	rv = check_pages(task->options, &task->meta, why, sizeof(why));
	if (rv == 0 && task->walk)
		rv = check_rows(task->options, task->keyring, why, sizeof(why));
	if (rv == 0)
		_exit(write(out, &sound, 1) != 1);
	/* Without memory or a descriptor nothing is known. */
	_exit(rv == ERROR_CORRUPT &&
	      write(out, why, strlen(why)) != (ssize_t)strlen(why));
}

/* The state that the reader sees is the newest: nobody writes yet. */
static int
find_meta(struct store *store, struct raw_meta *meta)
{
	struct raw_meta metas[2] = { 0 };
	mdb_filehandle_t fd;
	int rv = env_error(mdb_env_get_fd(store->env, &fd));

	if (rv == 0)
		rv = raw_read_metas(fd, metas);
	if (rv == 0)
		*meta = metas[metas[1].transaction > metas[0].transaction];
	return rv;
}

static int
start_child(const struct task *task, int *in)
{
	const pid_t parent = getpid();
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return ERROR_SYSTEM;
	pid = fork();
	if (pid == 0)
		run_child(task, ends[1], parent);
	close(ends[1]);
	/* Nobody waits for its end: what it says is all. */
	(void)signal(SIGCHLD, SIG_IGN);
	if (pid < 0) {
		close(ends[0]);
		return ERROR_SYSTEM;
	}
	*in = ends[0];
	return 0;
}

int
recheck_start(const struct store_options *options,
    const struct keyring *keyring, struct store *store, bool walk,
    struct recheck **recheck)
{
	struct task task = {
		.options = options, .keyring = keyring, .walk = walk
	};
	struct recheck *started = calloc(1, sizeof(*started));
	int rv = ERROR_MEMORY;

	if (started == NULL)
		return rv;
	started->in = -1;
	rv = store_reader_open(store, &started->pin);
	if (rv == 0)
		rv = store_read_begin(started->pin);
	if (rv == 0)
		rv = find_meta(store, &task.meta);
	if (rv == 0)
		rv = start_child(&task, &started->in);
	if (rv < 0)
		recheck_free(started);
	else
		*recheck = started;
	return rv;
}

int
recheck_look(struct recheck *recheck, char *why, size_t size)
{
	char *heard = recheck->heard;
	ssize_t n;

	do {
		n = read(recheck->in, heard + recheck->got,
		    sizeof(recheck->heard) - 1 - recheck->got);
		if (n > 0)
			recheck->got += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0 && errno == EAGAIN)
		return ERROR_TIMEOUT;
	/* Nobody looks any more: else no page would ever be used again. */
	store_reader_close(recheck->pin);
	recheck->pin = NULL;
	if (recheck->got == 0)
		return ERROR_CLOSED;
	if (heard[0] == SOUND)
		return 0;
	heard[recheck->got] = '\0';
	strncpy(why, heard, size - 1);
	why[size - 1] = '\0';
	return ERROR_CORRUPT;
}

void
recheck_free(struct recheck *recheck)
{
	if (recheck == NULL)
		return;
	store_reader_close(recheck->pin);
	if (recheck->in >= 0)
		close(recheck->in);
	free(recheck);
}
