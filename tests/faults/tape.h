/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_FAULTS_TAPE_H
#define APITOKEN_TESTS_FAULTS_TAPE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Requests as the CLI made them: a process listens in the agent's place, keeps
 * what it is asked and asks the agent itself.  So there is one of each kind,
 * whatever its body, without anybody writing it down twice.
 */
#define TAPE_MAX 256

struct taped {
	uint8_t *bytes;
	size_t size;
};

struct tape {
	struct taped requests[TAPE_MAX];
	size_t count;
};

/* Listens in login.h's folder and sets APITOKEN_SOCKET; the process. */
pid_t tape_start(void);
/* Ends it, and reads what it kept; APITOKEN_SOCKET is the agent's then. */
void tape_stop(pid_t recorder, struct tape *tape);

/* Whether there is a request with that opcode, one within OP_AS included. */
int tape_has(const struct tape *tape, uint8_t opcode);

/*
 * Every token's text in there gets another secret, with a checksum that is
 * right: the id lives, and whoever has this holds nothing.
 */
void tape_forge(struct tape *tape);

/* Every request becomes one within OP_AS, with that management token; its
 * opcode is at TAPE_OPCODE_AS then. */
#define TAPE_OPCODE_AS 52
void tape_act(struct tape *tape, const char *token);

#endif
