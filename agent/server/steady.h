/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_STEADY_H
#define APITOKEN_SERVER_STEADY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether the real time may be believed for what cannot be undone.  A clock
 * that was set years ahead by mistake is set right sooner or later; what was
 * taken away for its sake does not come back.  So after a step of the clock,
 * and after a start that is long after all that is known, time has to pass.
 * All times are in seconds; `running` is of a clock that nobody sets.
 */
#define STEADY_STEP 600		 /* less is no step */
#define STEADY_GAP  (30 * 86400) /* after what was known at the start */
#define STEADY_HOLD 86400	 /* that have to pass then */

struct steady {
	uint64_t offset; /* real - running, modulo 2^64 */
	uint64_t until;	 /* running: not before */
};

/* known: when something was last done for certain; 0: nothing ever was. */
void steady_begin(
    struct steady *steady, uint64_t known, uint64_t real, uint64_t running);
bool steady_look(struct steady *steady, uint64_t real, uint64_t running);

#endif
