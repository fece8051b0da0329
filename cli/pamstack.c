/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/pamstack.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Where libpam looks, in this order. */
static const char *const folders[] = { "/etc/pam.d", "/usr/lib/pam.d" };

/* One file while it is read, and what brought it. */
struct source {
	struct pamstack *stack;
	const struct source *above; /* the one that includes it, or NULL */
	char file[PAMSTACK_PATH];
	unsigned depth, level;
	bool any_kind; /* else lines of `kind` only */
	enum pamkind kind;
	/* The line of the service's own file. */
	unsigned top;
	const char *top_text;
};

static void
fault_add(
    struct pamstack *stack, const char *file, unsigned line, const char *what)
{
	struct pamfault *fault = &stack->faults[stack->fault_count];

	if (stack->fault_count == PAMSTACK_FAULTS)
		return;
	(void)snprintf(fault->file, sizeof(fault->file), "%s", file);
	(void)snprintf(fault->what, sizeof(fault->what), "%s", what);
	fault->line = line;
	stack->fault_count++;
}

/* Not what blocks or has no end: a regular file, or ERROR_INVALID. */
static int
file_open(const char *path, FILE **file)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int error = 0;

	if (fd == -1)
		return errno == ENOENT || errno == ENOTDIR ? ERROR_NOT_FOUND
							   : ERROR_SYSTEM;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		error = ERROR_INVALID;
	else if ((*file = fdopen(fd, "r")) == NULL)
		error = ERROR_MEMORY;
	if (error != 0)
		(void)close(fd);
	return error;
}

/* Opens a service's file or one that is included; path says which. */
static int
service_open(
    const struct pamstack *stack, const char *name, char *path, FILE **file)
{
	int error = ERROR_NOT_FOUND;

	if (*name == '/') {
		(void)snprintf(path, PAMSTACK_PATH, "%s%s", stack->root, name);
		return file_open(path, file);
	}
	for (size_t i = 0; i < COUNT(folders) && error == ERROR_NOT_FOUND;
	     i++) {
		int size = snprintf(path, PAMSTACK_PATH, "%s%s/%s", stack->root,
		    folders[i], name);

		if (size >= PAMSTACK_PATH)
			return ERROR_NOT_FOUND;
		error = file_open(path, file);
	}
	if (error == ERROR_NOT_FOUND)
		(void)snprintf(path, PAMSTACK_PATH, "%s%s/%s", stack->root,
		    folders[0], name);
	return error;
}

static void
entry_add(const struct source *source, const struct pamline *line)
{
	struct pamstack *stack = source->stack;
	struct pamentry *entry = &stack->entries[stack->count];

	if (stack->count == PAMSTACK_MAX) {
		fault_add(stack, source->file, line->number,
		    "the service has more lines than are looked at (256)");
		return;
	}
	entry->line = *line;
	memcpy(entry->file, source->file, sizeof(entry->file));
	entry->level = source->level;
	entry->top = source->depth == 0 ? line->number : source->top;
	(void)snprintf(entry->top_text, sizeof(entry->top_text), "%.100s",
	    source->depth == 0 ? line->text : source->top_text);
	stack->count++;
}

static void source_read(struct source *source, FILE *file);

static const char *
why_not(int error)
{
	switch (error) {
	case ERROR_NOT_FOUND:
		return "it includes a file that does not exist: libpam "
		       "refuses every login";
	case ERROR_INVALID:
		return "it includes what is no regular file";
	default:
		return "it includes a file that cannot be read";
	}
}

/* Another file in the place of a line. */
static void
include(const struct source *source, const struct pamline *line)
{
	struct pamstack *stack = source->stack;
	struct source inner = *source;
	FILE *file = NULL;
	int error;

	inner.above = source;
	inner.depth++;
	inner.level += line->form == PAMLINE_SUBSTACK;
	if (line->form != PAMLINE_ALL) {
		inner.any_kind = false;
		inner.kind = line->kind;
	}
	if (source->depth == 0) {
		inner.top = line->number;
		inner.top_text = line->text;
	}
	if (inner.depth > PAMSTACK_DEEP) {
		fault_add(stack, source->file, line->number,
		    "files include one another without an end");
		return;
	}
	error = service_open(stack, pamline_module(line), inner.file, &file);
	if (error != 0) {
		fault_add(stack, source->file, line->number, why_not(error));
		stack->is_unread |= error == ERROR_SYSTEM;
		stack->faults[stack->fault_count - 1].unread |= error ==
								ERROR_SYSTEM;
		return;
	}
	source_read(&inner, file);
	(void)fclose(file);
}

static void
line_take(const struct source *source, const struct pamline *line)
{
	if (line->wrong != NULL)
		fault_add(
		    source->stack, source->file, line->number, line->wrong);
	/* libpam has what it cannot read fail; so has pamplay(). */
	if (line->wrong != NULL || line->form == PAMLINE_MODULE ||
	    line->form == PAMLINE_SUBSTACK)
		entry_add(source, line);
	if (line->wrong == NULL && line->form != PAMLINE_MODULE)
		include(source, line);
}

static void
source_read(struct source *source, FILE *file)
{
	struct pamreader reader = { .file = file };
	struct pamline *line = malloc(sizeof(*line));

	/* A file that includes itself twice would go on for 2^16 files. */
	while (line != NULL && source->stack->fault_count < PAMSTACK_FAULTS &&
	       source->stack->count < PAMSTACK_MAX &&
	       pamline_read(&reader, line))
		if (line->form == PAMLINE_ALL || source->any_kind ||
		    line->kind == source->kind)
			line_take(source, line);
	if (line == NULL)
		fault_add(source->stack, source->file, 0, "out of memory");
	free(line);
}

static bool
has_kind(const struct pamstack *stack, enum pamkind kind)
{
	for (size_t i = 0; i < stack->count; i++)
		if (stack->entries[i].line.kind == kind)
			return true;
	return false;
}

/* What `other` says of the kinds that the service is silent about. */
static void
other_read(struct pamstack *stack)
{
	/* Depth 1: no line of the service's own file brought it. */
	struct source source = { .stack = stack, .depth = 1, .top_text = "" };
	FILE *file = NULL;

	for (int kind = 0; kind < PAMKIND_COUNT; kind++) {
		source.kind = (enum pamkind)kind;
		if (has_kind(stack, source.kind) ||
		    service_open(stack, "other", source.file, &file) != 0)
			continue;
		source_read(&source, file);
		(void)fclose(file);
	}
}

/* libpam goes by the last part of a name, in lower case. */
static void
name_fold(const char *service, char *name, size_t size)
{
	const char *slash = strrchr(service, '/');

	(void)snprintf(name, size, "%s", slash == NULL ? service : slash + 1);
	for (; *name != '\0'; name++)
		*name = (char)tolower((unsigned char)*name);
}

int
pamstack_read(const char *root, const char *service, struct pamstack *stack)
{
	struct source source = {
		.stack = stack, .any_kind = true, .top_text = ""
	};
	char name[PAMSTACK_PATH];
	FILE *file = NULL;
	int error;

	memset(stack, 0, sizeof(*stack));
	stack->root = root;
	stack->entries = calloc(PAMSTACK_MAX, sizeof(*stack->entries));
	if (stack->entries == NULL)
		return ERROR_MEMORY;
	name_fold(service, name, sizeof(name));
	error = service_open(stack, name, source.file, &file);
	stack->is_other = error == ERROR_NOT_FOUND;
	if (stack->is_other)
		error = service_open(stack, "other", source.file, &file);
	memcpy(stack->file, source.file, sizeof(stack->file));
	if (error != 0) {
		stack->is_unread = error == ERROR_SYSTEM;
		return error;
	}
	source_read(&source, file);
	(void)fclose(file);
	if (!stack->is_other)
		other_read(stack);
	return 0;
}

void
pamstack_free(struct pamstack *stack)
{
	free(stack->entries);
	stack->entries = NULL;
	stack->count = 0;
}

const struct pamentry *
pamstack_find(
    const struct pamstack *stack, enum pamkind kind, const char *module)
{
	for (size_t i = 0; i < stack->count; i++)
		if (stack->entries[i].line.kind == kind &&
		    pamline_is(&stack->entries[i].line, module))
			return &stack->entries[i];
	return NULL;
}

bool
pamstack_is_service(const char *name)
{
	size_t size = strlen(name);

	return size > 0 && name[0] != '.' && strchr(name, '~') == NULL &&
	       strstr(name, ".dpkg-") == NULL &&
	       strstr(name, ".ucf-") == NULL &&
	       strncmp(name, "common-", strlen("common-")) != 0;
}
