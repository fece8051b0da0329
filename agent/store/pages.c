/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"

#define PAGE_BRANCH   0x01
#define PAGE_LEAF     0x02
#define PAGE_OVERFLOW 0x04
#define PAGE_FIXED    0x20 /* a leaf of keys of one size, without nodes */

#define NODE_BIG      0x01 /* the value is the number of an overflow page */
#define NODE_TREE     0x02 /* the value is a struct raw_tree */
#define NODE_MULTIPLE 0x04 /* it is that of the values of one key */

/* The names', a database's and one of values below each other; a B-tree is
 * never as deep as 32. */
#define DEPTH_MAX 96

#define NO_ROOT UINT64_MAX

struct pages {
	int fd;
	uint32_t page_size;
	uint64_t last_page;
	uint8_t *used; /* a bit for each page */
	bool is_free_list;
	unsigned depth;
};

static bool
mark(uint8_t *bits, uint64_t number)
{
	uint8_t bit = (uint8_t)(1U << number % 8);

	if ((bits[number / 8] & bit) != 0)
		return false;
	bits[number / 8] |= bit;
	return true;
}

/* Takes so many pages, which nobody may have taken before. */
static int
take(struct pages *pages, uint64_t number, uint64_t count)
{
	if (number < 2 || number > pages->last_page ||
	    count > pages->last_page - number + 1)
		return ERROR_CORRUPT;
	for (uint64_t i = 0; i < count; i++)
		if (!mark(pages->used, number + i))
			return ERROR_CORRUPT;
	return 0;
}

static int
read_page(struct pages *pages, uint64_t number, void *data, size_t size)
{
	return raw_read(pages->fd, number * pages->page_size, data, size);
}

/* The pages of the free list that a value names: how many, and which. */
static int
take_free(struct pages *pages, struct span value)
{
	uint64_t count;
	uint64_t number;

	if (value.size < sizeof(count))
		return ERROR_CORRUPT;
	memcpy(&count, value.data, sizeof(count));
	if (count > value.size / sizeof(count) - 1)
		return ERROR_CORRUPT;
	for (uint64_t i = 1; i <= count; i++) {
		memcpy(
		    &number, value.data + i * sizeof(number), sizeof(number));
		if (take(pages, number, 1) < 0)
			return ERROR_CORRUPT;
	}
	return 0;
}

/* A value in pages of its own. */
static int
check_big(struct pages *pages, uint64_t number, uint32_t size)
{
	struct raw_page header = { 0 };
	uint64_t count = (sizeof(header) + size + pages->page_size - 1) /
			 pages->page_size;
	uint32_t kept;
	uint8_t *value;
	int rv = take(pages, number, count);

	if (rv == 0)
		rv = read_page(pages, number, &header, sizeof(header));
	if (rv < 0)
		return rv;
	memcpy(&kept, &header.lower, sizeof(kept));
	if (header.number != number || header.flags != PAGE_OVERFLOW ||
	    kept != count)
		return ERROR_CORRUPT;
	if (!pages->is_free_list)
		return 0;
	value = malloc((size_t)size + 1);
	if (value == NULL)
		return ERROR_MEMORY;
	rv = raw_read(
	    pages->fd, number * pages->page_size + sizeof(header), value, size);
	if (rv == 0)
		rv = take_free(pages, span_bytes(value, size));
	free(value);
	return rv;
}

static int check_tree(struct pages *pages, uint64_t root);

static int
check_value(struct pages *pages, const struct raw_node *node, struct span value)
{
	struct raw_tree tree;
	uint64_t number;

	if ((node->flags & NODE_BIG) != 0) {
		memcpy(&number, value.data, sizeof(number));
		return check_big(pages, number, node->value_size);
	}
	if ((node->flags & NODE_TREE) != 0) {
		if (value.size != sizeof(tree))
			return ERROR_CORRUPT;
		memcpy(&tree, value.data, sizeof(tree));
		return check_tree(pages, tree.root);
	}
	return pages->is_free_list ? take_free(pages, value) : 0;
}

/* A branch's node has the number of a page where a leaf's has size and
 * flags. */
static uint64_t
child_of(const struct raw_node *node)
{
	return node->value_size | (uint64_t)node->flags << 32;
}

/* Of a node's key and value, in the page. */
static size_t
content_size(const struct raw_node *node, bool is_branch)
{
	size_t size = node->key_size;

	if (!is_branch)
		size += (node->flags & NODE_BIG) != 0 ? sizeof(uint64_t)
						      : node->value_size;
	return size;
}

static int
check_node(struct pages *pages, struct span page, size_t offset, bool is_branch,
    size_t *used)
{
	struct raw_node node;
	size_t size;
	const uint8_t *value;

	if (offset > page.size || page.size - offset < sizeof(node))
		return ERROR_CORRUPT;
	memcpy(&node, page.data + offset, sizeof(node));
	size = content_size(&node, is_branch);
	if (size > page.size - offset - sizeof(node))
		return ERROR_CORRUPT;
	*used += sizeof(node) + size + (size & 1);
	if (is_branch)
		return check_tree(pages, child_of(&node));
	if ((node.flags & ~(NODE_BIG | NODE_TREE | NODE_MULTIPLE)) != 0)
		return ERROR_CORRUPT;
	value = page.data + offset + sizeof(node) + node.key_size;
	return check_value(
	    pages, &node, span_bytes(value, size - node.key_size));
}

/* Each node once, side by side up to the end of the page. */
static int
check_nodes(struct pages *pages, struct span page,
    const struct raw_page *header, bool is_branch)
{
	uint8_t seen[65536 / 8] = { 0 };
	size_t used = 0;
	uint16_t offset;
	int rv = 0;

	for (size_t at = sizeof(*header);
	     rv == 0 && at + sizeof(offset) <= header->lower;
	     at += sizeof(offset)) {
		memcpy(&offset, page.data + at, sizeof(offset));
		if (offset < header->upper || !mark(seen, offset))
			return ERROR_CORRUPT;
		rv = check_node(pages, page, offset, is_branch, &used);
	}
	if (rv == 0 && used != page.size - header->upper)
		rv = ERROR_CORRUPT;
	return rv;
}

static int
check_page(struct pages *pages, uint64_t number, uint8_t *data)
{
	struct span page = span_bytes(data, pages->page_size);
	struct raw_page header;
	int rv = read_page(pages, number, data, pages->page_size);

	if (rv < 0)
		return rv;
	memcpy(&header, data, sizeof(header));
	if (header.number != number || header.lower < sizeof(header) ||
	    header.lower > header.upper || header.upper > page.size)
		return ERROR_CORRUPT;
	if (header.flags == (PAGE_LEAF | PAGE_FIXED))
		return 0;
	if (header.flags != PAGE_LEAF && header.flags != PAGE_BRANCH)
		return ERROR_CORRUPT;
	return check_nodes(pages, page, &header, header.flags == PAGE_BRANCH);
}

/* A tree or the part of one below a page. */
static int
check_tree(struct pages *pages, uint64_t root)
{
	uint8_t *data;
	int rv;

	if (root == NO_ROOT)
		return 0;
	if (pages->depth >= DEPTH_MAX)
		return ERROR_CORRUPT;
	rv = take(pages, root, 1);
	if (rv < 0)
		return rv;
	data = malloc(pages->page_size);
	if (data == NULL)
		return ERROR_MEMORY;
	pages->depth++;
	rv = check_page(pages, root, data);
	pages->depth--;
	free(data);
	return rv;
}

int
pages_check(int fd, const struct raw_meta *meta, uint64_t pages_max, char *why,
    size_t size)
{
	struct pages pages = { .fd = fd,
		.page_size = meta->free_list.pad,
		.last_page = meta->last_page };
	int rv = ERROR_CORRUPT;

	snprintf(why, size,
	    "the pages of the store's file do not fit together: it is damaged");
	if (meta->last_page >= pages_max)
		return rv;
	pages.used = calloc(1, meta->last_page / 8 + 1);
	if (pages.used == NULL)
		return ERROR_MEMORY;
	rv = check_tree(&pages, meta->names.root);
	pages.is_free_list = true;
	if (rv == 0)
		rv = check_tree(&pages, meta->free_list.root);
	free(pages.used);
	return rv;
}
