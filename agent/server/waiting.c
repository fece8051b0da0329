/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/waiting.h"

#include <unistd.h>

void
waiting_init(struct waiting_pool *pool)
{
	*pool = (struct waiting_pool) { 0 };
	for (size_t i = 0; i < WAITING_POOL; i++)
		pool->slots[i].fd = -1;
}

void
waiting_fini(struct waiting_pool *pool)
{
	waiting_drop_late(pool, UINT64_MAX);
}

void
waiting_release(struct waiting_pool *pool, struct waiting *waiting)
{
	waiting->fd = -1;
	pool->count--;
}

void
waiting_drop(struct waiting_pool *pool, struct waiting *waiting)
{
	close(waiting->fd);
	waiting_release(pool, waiting);
}

struct waiting *
waiting_oldest(struct waiting_pool *pool)
{
	struct waiting *oldest = NULL;

	for (size_t i = 0; i < WAITING_POOL; i++) {
		struct waiting *slot = &pool->slots[i];

		if (slot->fd >= 0 &&
		    (oldest == NULL || slot->deadline < oldest->deadline))
			oldest = slot;
	}
	return oldest;
}

static struct waiting *
take_slot(struct waiting_pool *pool)
{
	struct waiting *oldest;

	for (size_t i = 0; i < WAITING_POOL; i++) {
		size_t at = (pool->next + i) % WAITING_POOL;

		if (pool->slots[at].fd >= 0)
			continue;
		pool->next = (at + 1) % WAITING_POOL;
		return &pool->slots[at];
	}
	oldest = waiting_oldest(pool);
	waiting_drop(pool, oldest);
	return oldest;
}

struct waiting *
waiting_add(struct waiting_pool *pool, int fd, const struct ucred *peer,
    uint64_t now_ms)
{
	struct waiting *slot = take_slot(pool);

	*slot = (struct waiting) {
		.fd = fd,
		.peer = *peer,
		.deadline = now_ms + WAITING_MS,
	};
	pool->count++;
	return slot;
}

void
waiting_drop_late(struct waiting_pool *pool, uint64_t now_ms)
{
	for (size_t i = 0; i < WAITING_POOL && pool->count > 0; i++)
		if (pool->slots[i].fd >= 0 && pool->slots[i].deadline <= now_ms)
			waiting_drop(pool, &pool->slots[i]);
}
