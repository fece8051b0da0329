/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files that doctor reads and others wrote: two PAM files, which may include
 * each other, before and behind the first NUL, the same bytes as the agent's
 * configuration and as a text that may hold tokens.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/doctorconfig.h"
#include "cli/pamplay.h"
#include "cli/pamstack.h"
#include "cli/tokenscan.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char root[] = "/tmp/apitoken-fuzz.XXXXXX";
static char service[64], other[64];

static void
remove_root(void)
{
	char path[64];

	unlink(service);
	unlink(other);
	snprintf(path, sizeof(path), "%s/etc/pam.d", root);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/etc", root);
	rmdir(path);
	rmdir(root);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char path[64];

	(void)argc;
	(void)argv;
	if (mkdtemp(root) == NULL)
		abort();
	atexit(remove_root);
	snprintf(path, sizeof(path), "%s/etc", root);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/etc/pam.d", root);
	mkdir(path, 0700);
	snprintf(service, sizeof(service), "%s/svc", path);
	snprintf(other, sizeof(other), "%s/other", path);
	return 0;
}

static void
write_file(const char *path, const uint8_t *data, size_t size)
{
	FILE *out = fopen(path, "w");

	if (out == NULL || fwrite(data, 1, size, out) != size ||
	    fclose(out) != 0)
		abort();
}

static void
play(const struct pamstack *stack)
{
	struct pamcast cast = { 0 };
	struct pamverdict verdict;

	for (enum pamkind kind = 0; kind < PAMKIND_COUNT; kind++) {
		pamplay(stack, kind, &cast, &verdict);
		if (verdict.decided > stack->count)
			abort();
	}
}

static void
check_stack(const struct pamstack *stack)
{
	for (size_t i = 0; i < stack->count; i++) {
		const struct pamline *line = &stack->entries[i].line;
		const char *arguments = pamline_arguments(line);
		char word[PAMLINE_MAX];

		while (pamline_argument(&arguments, word))
			if (strlen(word) >= PAMLINE_MAX)
				abort();
		if (strlen(pamline_module(line)) >= PAMLINE_MAX)
			abort();
	}
	play(stack);
}

static void
read_stack(void)
{
	struct pamstack stack = { 0 };

	if (pamstack_read(root, "svc", &stack) == 0)
		check_stack(&stack);
	pamstack_free(&stack);
}

static void
scan(const uint8_t *data, size_t size)
{
	static struct tokenscan scan;
	const char *text;

	memset(&scan, 0, sizeof(scan));
	while (size > 0) {
		size_t room;
		char *at = tokenscan_room(&scan, &room);
		size_t part = size < room ? size : room;

		part = part > 7 ? 7 : part;
		memcpy(at, data, part);
		tokenscan_fill(&scan, part);
		data += part;
		size -= part;
		while ((text = tokenscan_next(&scan)) != NULL) {
			struct token token;

			if (tokentext_parse(text, TOKEN_TEXT_SIZE, &token) < 0)
				abort();
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, 0, size);
	size_t first = end == NULL ? size : (size_t)(end - data);
	struct doctor_config config;

	write_file(service, data, first);
	write_file(other, data + first, size - first);
	read_stack();
	doctor_config_read(service, "", "", &config);
	scan(data, size);
	return 0;
}
