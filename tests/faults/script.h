/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_FAULTS_SCRIPT_H
#define APITOKEN_TESTS_FAULTS_SCRIPT_H

#include "tests/faults/tape.h"

/* In what belongs to others; to be in no reply that did not ask with it. */
#define MARK "zq7x"

/*
 * One of each operation of the CLI, by root, against the agent of login.h's
 * folder; the requests are in tape then, which is overwritten.
 */
void script_play(struct tape *tape);

#endif
