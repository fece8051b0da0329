/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/ring.h"

#include <stdatomic.h>
#include <stdlib.h>

#define RING_SLOTS 2048 /* a power of two */

struct ring {
	_Atomic size_t taken;
	_Atomic size_t put;
	_Atomic unsigned long lost;
	struct attempt slots[RING_SLOTS];
};

struct ring *
ring_new(void)
{
	return calloc(1, sizeof(struct ring));
}

void
ring_free(struct ring *ring)
{
	free(ring);
}

bool
ring_put(struct ring *ring, const struct attempt *attempt)
{
	size_t put = atomic_load_explicit(&ring->put, memory_order_relaxed);
	size_t taken = atomic_load_explicit(&ring->taken, memory_order_acquire);

	if (put - taken == RING_SLOTS) {
		atomic_fetch_add(&ring->lost, 1);
		return false;
	}
	ring->slots[put % RING_SLOTS] = *attempt;
	atomic_store_explicit(&ring->put, put + 1, memory_order_release);
	return true;
}

bool
ring_take(struct ring *ring, struct attempt *attempt)
{
	size_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);
	size_t put = atomic_load_explicit(&ring->put, memory_order_acquire);

	if (taken == put)
		return false;
	*attempt = ring->slots[taken % RING_SLOTS];
	atomic_store_explicit(&ring->taken, taken + 1, memory_order_release);
	return true;
}

size_t
ring_count(const struct ring *ring)
{
	return atomic_load(&ring->put);
}

bool
ring_is_filling(const struct ring *ring)
{
	size_t put = atomic_load_explicit(&ring->put, memory_order_relaxed);
	size_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);

	return put - taken >= RING_SLOTS / 4;
}

unsigned long
ring_lost(struct ring *ring)
{
	return atomic_exchange(&ring->lost, 0);
}
