/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_PROCESS_H
#define APITOKEN_SERVER_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * One process of the machine, as /proc shows it, and pidfds to it.  A pid is
 * good for looking at; what is signalled is a pidfd.
 *
 * Threat model.  Processes end and their pids are taken by others, who chose
 * that moment; they have names with any bytes.  Another process than the one
 * that was meant MUST NOT be signalled.
 */
struct process {
	pid_t pid;
	pid_t parent;
	pid_t leader;	  /* of its session, as setsid() makes them */
	uint64_t started; /* clock ticks since boot */
	uint32_t audit;	  /* audit session id; UINT32_MAX: none */
	bool is_kernel;
};

/* ERROR_NOT_FOUND if there is none, or none that may be seen. */
int process_read(pid_t pid, struct process *process);

/*
 * The control group of a process if it is a login's (session-N.scope), as
 * "/user.slice/..."; "" if it is another one or does not fit.
 */
void process_scope(pid_t pid, char *scope, size_t size);

/* Calls back with each pid of a control group. */
void process_each_of_scope(
    const char *scope, void (*found)(void *arg, pid_t pid), void *arg);

/*
 * A pidfd to that very process: ERROR_NOT_FOUND if it has ended, whoever has
 * its pid by now.
 */
int process_open(const struct process *process, int *pidfd);

/*
 * A pidfd to the process at the other end of a connection, which waits there
 * for an answer; pid is what SO_PEERCRED said.  ERROR_NOT_FOUND if it does not
 * wait any more.
 */
int process_of_peer(int fd, pid_t pid, int *pidfd);

/* 0; ERROR_NOT_FOUND if it has ended; ERROR_SYSTEM (errno: EPERM). */
int process_signal(int pidfd, int number);

/* A zombie has ended. */
bool process_has_ended(int pidfd);

/* What this start of the machine is known by; zeroes if it is not known. */
void process_boot(uint8_t boot[16]);

#endif
