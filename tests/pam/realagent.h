/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_PAM_REALAGENT_H
#define APITOKEN_TESTS_PAM_REALAGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * The apitokend and the apitoken that were built, in the folder of login.h.
 * Run by root the agent is nobody's, as if nobody had tried it in a folder
 * of their own; else it is ours.
 */

/* Who the agent runs as, and listens as. */
uid_t realagent_uid(void);

/*
 * Starts it on the store in our folder and waits until it is ready.  config
 * is appended to its configuration, in the section [sockets] to begin with.
 */
pid_t realagent_start(const char *config);
/* Root starts it as itself, and the configuration says what it becomes. */
extern bool realagent_by_root;
/*
 * The same where it may well not get ready: false, and it has ended or is
 * killed after so long; to be waited for.
 */
extern int realagent_patience; /* ms */
bool realagent_try(const char *config, pid_t *agent);
/* SIGTERM, and waits; it must end with status 0. */
void realagent_stop(pid_t agent);
/* SIGKILL, and waits. */
void realagent_kill(pid_t agent);

/*
 * How many lines of its log say that.  Its writer is a process of its own, a
 * moment behind: fewer than `awaited` only after a minute.
 */
int realagent_logged(const char *what, int awaited);

/*
 * Runs apitoken on the admin socket with up to 12 arguments, NULL at the end.
 * The exit status; the first line of what it printed goes into line.
 */
int realagent_command(char *line, size_t size, const char *const *arguments);

#endif
