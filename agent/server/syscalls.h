/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_SYSCALLS_H
#define APITOKEN_SERVER_SYSCALLS_H

/*
 * The system calls that the agent makes once it serves, and no others.
 *
 * Threat model: somebody found a way to run code in the agent, by a message or
 * by the bytes of the store.  From then on
 *
 *  - there MUST be no new program and no new process: no execve, no fork;
 *  - no file is opened for writing, made, renamed or removed, whatever the
 *    agent's user may do;
 *  - no socket but a Unix one, no listener, no privilege, no other process's
 *    memory, nothing executable in memory that was not so;
 *  - the first call that is not on the list ends the agent at once, so that
 *    nobody tries a second one.
 *
 * What is left to them is what the agent has: the store that is mapped, the
 * keys in memory, signals to the processes that it may end.
 */

/*
 * For all threads of this process and those to come, for good.  ERROR_SYSTEM
 * where the kernel does not do it, which is then confined in nothing.
 */
int syscalls_confine(void);

#endif
