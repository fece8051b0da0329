/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/steady.h"

static uint64_t
distance(uint64_t a, uint64_t b)
{
	return a - b < b - a ? a - b : b - a;
}

void
steady_begin(
    struct steady *steady, uint64_t known, uint64_t real, uint64_t running)
{
	*steady = (struct steady) { .offset = real - running };
	if (known != 0 && distance(real, known) > STEADY_GAP)
		steady->until = running + STEADY_HOLD;
}

bool
steady_look(struct steady *steady, uint64_t real, uint64_t running)
{
	uint64_t offset = real - running;

	if (distance(offset, steady->offset) > STEADY_STEP)
		steady->until = running + STEADY_HOLD;
	steady->offset = offset;
	return running >= steady->until;
}
