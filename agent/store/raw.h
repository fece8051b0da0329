/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_RAW_H
#define APITOKEN_STORE_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/span.h"

/*
 * The store's file as bytes, without LMDB: what LMDB 0.9 (data version 1)
 * writes, in the machine's own order.  LMDB looks at the newer of its two meta
 * pages alone; here both are read, and where they lead to.
 */

/* One B-tree, as MDB_db has it. */
struct raw_tree {
	uint32_t pad; /* of the free list: the size of a page */
	uint16_t flags;
	uint16_t depth;
	uint64_t branch_pages;
	uint64_t leaf_pages;
	uint64_t overflow_pages;
	uint64_t entries;
	uint64_t root;
};

/* At the beginning of pages 0 and 1, after a page header of 16 bytes. */
struct raw_meta {
	uint32_t magic;
	uint32_t version;
	uint64_t address;
	uint64_t map_size;
	struct raw_tree free_list;
	struct raw_tree names; /* of the databases */
	uint64_t last_page;
	uint64_t transaction;
};

_Static_assert(sizeof(struct raw_meta) == 136, "layout of MDB_meta");

/* MDB_page. */
struct raw_page {
	uint64_t number;
	uint16_t pad;
	uint16_t flags;
	uint16_t lower; /* end of the nodes' offsets, which follow */
	uint16_t upper;
};

/* MDB_node; the key follows, then the value. */
struct raw_node {
	uint32_t value_size;
	uint16_t flags;
	uint16_t key_size;
};

/* ERROR_CORRUPT if so many bytes are not there. */
int raw_read(int fd, uint64_t offset, void *data, size_t size);

/* Reads both; ERROR_CORRUPT for a file too short, or if page 0 is not sound. */
int raw_read_metas(int fd, struct raw_meta metas[2]);

/* Puts a meta page back as it was, durably; ERROR_SYSTEM, errno. */
int raw_write_meta(int fd, const struct raw_meta *meta, uint64_t number);

/* Magic, version, page size, and that page number & 1 is the one for it. */
bool raw_meta_is_sound(const struct raw_meta *meta, uint64_t number);

/*
 * The value that the key has in a database of the state that this meta page
 * stands for.  Both trees must be a single page, as those of the names and of
 * the meta row are.  page has room for page_size bytes of the sound meta page;
 * *value points into it.  ERROR_CORRUPT if it is not there.
 */
int raw_get(int fd, const struct raw_meta *meta, const char *database,
    const char *key, uint8_t *page, struct span *value);

#endif
