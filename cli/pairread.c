/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/pairread.h"

#include <jansson.h>
#include <stddef.h>
#include <stdlib.h>

#include "common/error.h"

/* jansson frees without a size: it stands in front of each block. */
struct block {
	size_t size;
	max_align_t bytes[];
};

static void *
block_new(size_t size)
{
	struct block *block = NULL;

	if (size <= SIZE_MAX - sizeof *block)
		block = malloc(sizeof *block + size);
	if (block == NULL)
		return NULL;
	block->size = size;
	return block->bytes;
}

static void
block_free(void *bytes)
{
	struct block *block;

	if (bytes == NULL)
		return;
	block = (void *)((char *)bytes - offsetof(struct block, bytes));
	wipe(block->bytes, block->size);
	free(block);
}

bool
pairread_is(struct span input)
{
	size_t at = 0;

	while (at < input.size &&
	       (input.data[at] == ' ' || input.data[at] == '\t' ||
		   input.data[at] == '\r' || input.data[at] == '\n'))
		at++;
	return at < input.size && input.data[at] == '{';
}

static int
refresh_get(const json_t *object, struct secret *secret)
{
	const json_t *text = json_object_get(object, "refresh_token");

	return json_is_string(text)
		   ? secret_set(secret, json_string_value(text),
			 json_string_length(text))
		   : ERROR_MALFORMED;
}

int
pairread_refresh(struct span input, struct secret *secret)
{
	json_malloc_t allocate;
	json_free_t release;
	json_t *object;
	int error;

	secret_wipe(secret);
	json_get_alloc_funcs(&allocate, &release);
	json_set_alloc_funcs(block_new, block_free);
	object = json_loadb(
	    (const char *)input.data, input.size, JSON_REJECT_DUPLICATES, NULL);
	error = refresh_get(object, secret);
	json_decref(object);
	json_set_alloc_funcs(allocate, release);
	return error;
}
