/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/faults/heap.h"

#include <errno.h>
#include <stddef.h>

static struct {
	unsigned nth, tried;
	bool for_good, counting;
} now;

static long live;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

bool
heap_is_ours(void)
{
	return false;
}

#else

#define EXPORT __attribute__((visibility("default")))

/* glibc's own, under the names that it keeps for this. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *block, size_t size);
void free(void *block);

static bool
is_to_fail(void)
{
	if (!now.counting)
		return false;
	now.tried++;
	return now.nth != 0 &&
	       (now.tried == now.nth || (now.for_good && now.tried > now.nth));
}

static void *
count(void *block)
{
	if (block != NULL)
		__atomic_add_fetch(&live, 1, __ATOMIC_RELAXED);
	return block;
}

static void *
none(void)
{
	errno = ENOMEM;
	return NULL;
}

EXPORT void *
malloc(size_t size)
{
	return is_to_fail() ? none() : count(__libc_malloc(size));
}

EXPORT void *
calloc(size_t members, size_t size)
{
	return is_to_fail() ? none() : count(__libc_calloc(members, size));
}

EXPORT void *
realloc(void *block, size_t size)
{
	void *moved;

	if (is_to_fail())
		return none();
	moved = __libc_realloc(block, size);
	if (block == NULL)
		return count(moved);
	/* With a size of 0 glibc frees. */
	if (moved == NULL && size == 0)
		__atomic_sub_fetch(&live, 1, __ATOMIC_RELAXED);
	return moved;
}

EXPORT void
free(void *block)
{
	if (block != NULL)
		__atomic_sub_fetch(&live, 1, __ATOMIC_RELAXED);
	__libc_free(block);
}

bool
heap_is_ours(void)
{
	return true;
}

#endif

void
heap_begin(unsigned nth, bool for_good)
{
	now.nth = nth;
	now.tried = 0;
	now.for_good = for_good;
	now.counting = true;
}

bool
heap_failed(void)
{
	return now.nth != 0 && now.tried >= now.nth;
}

unsigned
heap_end(void)
{
	now.counting = false;
	return now.tried;
}

long
heap_live(void)
{
	return __atomic_load_n(&live, __ATOMIC_RELAXED);
}
