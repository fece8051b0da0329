/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * forge id|secret < TOKEN: writes a token with another id or another secret
 * and the check that belongs to it, so that only an agent can tell.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/secret.h"
#include "common/tokentext.h"

static int
usage(const char *why)
{
	fprintf(stderr, "forge: %s\nusage: forge id|secret < TOKEN\n", why);
	return EXIT_FAILURE;
}

static bool
change(struct token *token, const char *what)
{
	if (strcmp(what, "id") == 0)
		token->id[0] = token->id[0] == 'Z' ? 'Y' : 'Z';
	else if (strcmp(what, "secret") == 0)
		token->secret[TOKEN_SECRET_SIZE - 1] ^= 1;
	else
		return false;
	return true;
}

int
main(int argc, char **argv)
{
	char text[TOKEN_TEXT_SIZE + 2] = { 0 };
	struct token token;

	if (argc != 2)
		return usage("one argument");
	if (fgets(text, sizeof(text), stdin) == NULL ||
	    tokentext_parse(text, strcspn(text, "\n"), &token) != 0)
		return usage("standard input is not a token");
	if (!change(&token, argv[1]))
		return usage("the argument is id or secret");
	tokentext_format(&token, text);
	token_wipe(&token);
	puts(text);
	wipe(text, sizeof(text));
	return EXIT_SUCCESS;
}
