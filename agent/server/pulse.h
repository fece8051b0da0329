/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_PULSE_H
#define APITOKEN_SERVER_PULSE_H

#include <stdbool.h>

/*
 * How a thread shows that it goes on: it is asked, and answers in its next
 * round.  The question is an eventfd that stays readable until the answer, so
 * that a thread that polls is woken by it.
 */
struct pulse {
	int fd; /* 0: there is none; the standard ones are never it */
};

/* ERROR_SYSTEM. */
int pulse_init(struct pulse *pulse);
void pulse_fini(struct pulse *pulse);

void pulse_ask(const struct pulse *pulse);
/* Of the thread that is asked. */
void pulse_answer(const struct pulse *pulse);
/* Also one that was never asked, and one that there is not. */
bool pulse_is_answered(const struct pulse *pulse);

#endif
