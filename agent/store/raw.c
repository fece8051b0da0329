/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/raw.h"

#include <string.h>
#include <unistd.h>

#include "common/error.h"

#define PAGE_HEADER_SIZE 16
#define META_MAGIC	 0xBEEFC0DEU

#define PAGE_LEAF 0x02 /* and nothing else: a page of plain nodes */
#define NODE_TREE 0x02 /* the value is a struct raw_tree */

_Static_assert(
    sizeof(struct raw_page) == PAGE_HEADER_SIZE, "layout of MDB_page");
_Static_assert(sizeof(struct raw_node) == 8, "layout of MDB_node");

int
raw_read(int fd, uint64_t offset, void *data, size_t size)
{
	ssize_t got = pread(fd, data, size, (off_t)offset);

	return got == (ssize_t)size ? 0 : ERROR_CORRUPT;
}

bool
raw_meta_is_sound(const struct raw_meta *meta, uint64_t number)
{
	uint32_t page_size = meta->free_list.pad;

	return meta->magic == META_MAGIC && meta->version == 1 &&
	       page_size >= 512 && page_size <= 65536 &&
	       (page_size & (page_size - 1)) == 0 &&
	       (meta->transaction & 1) == number;
}

int
raw_read_metas(int fd, struct raw_meta metas[2])
{
	int rv = raw_read(fd, PAGE_HEADER_SIZE, &metas[0], sizeof(*metas));

	if (rv == 0 && !raw_meta_is_sound(&metas[0], 0))
		rv = ERROR_CORRUPT;
	if (rv == 0)
		rv = raw_read(fd, metas[0].free_list.pad + PAGE_HEADER_SIZE,
		    &metas[1], sizeof(*metas));
	return rv;
}

int
raw_write_meta(int fd, const struct raw_meta *meta, uint64_t number)
{
	uint64_t offset = number * meta->free_list.pad + PAGE_HEADER_SIZE;

	if (pwrite(fd, meta, sizeof(*meta), (off_t)offset) !=
		(ssize_t)sizeof(*meta) ||
	    fdatasync(fd) < 0)
		return ERROR_SYSTEM;
	return 0;
}

/* The node at an offset of a page, if it is whole. */
static int
node_at(struct span page, size_t offset, struct raw_node *node,
    struct span *key, struct span *value)
{
	size_t left;

	if (offset > page.size || page.size - offset < sizeof(*node))
		return ERROR_CORRUPT;
	memcpy(node, page.data + offset, sizeof(*node));
	left = page.size - offset - sizeof(*node);
	if (node->key_size > left || node->value_size > left - node->key_size)
		return ERROR_CORRUPT;
	*key = span_bytes(page.data + offset + sizeof(*node), node->key_size);
	*value = span_bytes(key->data + key->size, node->value_size);
	return 0;
}

/* The node of that key in a leaf. */
static int
find_node(
    struct span page, const char *wanted, uint16_t flags, struct span *value)
{
	struct raw_page header;
	struct raw_node node;
	struct span key;
	uint16_t offset;

	memcpy(&header, page.data, sizeof(header));
	if (header.flags != PAGE_LEAF || header.lower > page.size)
		return ERROR_CORRUPT;
	for (size_t at = sizeof(header); at + sizeof(offset) <= header.lower;
	     at += sizeof(offset)) {
		memcpy(&offset, page.data + at, sizeof(offset));
		if (node_at(page, offset, &node, &key, value) < 0)
			return ERROR_CORRUPT;
		if (span_is(key, wanted))
			return node.flags == flags ? 0 : ERROR_CORRUPT;
	}
	return ERROR_CORRUPT;
}

static int
get_from_page(int fd, const struct raw_meta *meta, uint64_t number,
    const char *key, uint16_t flags, uint8_t *page, struct span *value)
{
	uint32_t size = meta->free_list.pad;
	int rv = ERROR_CORRUPT;

	if (number <= meta->last_page && meta->last_page < INT64_MAX / size)
		rv = raw_read(fd, number * size, page, size);
	return rv < 0 ? rv
		      : find_node(span_bytes(page, size), key, flags, value);
}

int
raw_get(int fd, const struct raw_meta *meta, const char *database,
    const char *key, uint8_t *page, struct span *value)
{
	struct raw_tree tree;
	struct span found;
	int rv = get_from_page(
	    fd, meta, meta->names.root, database, NODE_TREE, page, &found);

	if (rv < 0)
		return rv;
	if (found.size != sizeof(tree))
		return ERROR_CORRUPT;
	memcpy(&tree, found.data, sizeof(tree));
	return get_from_page(fd, meta, tree.root, key, 0, page, value);
}
