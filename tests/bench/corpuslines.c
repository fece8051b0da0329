/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * corpuslines COUNT [FIRST]: the corpus as lines for `apitoken import`.
 * corpuslines COUNT FIRST text: owners and the tokens themselves.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/model/crypto.h"
#include "tests/bench/corpus.h"

/* What a line says of the state; expired tokens are so since long. */
static const char *
state_of(enum corpus_kind kind)
{
	if (kind == CORPUS_REVOKED)
		return ",\"state\":\"revoked\"";
	if (kind == CORPUS_EXPIRED)
		return ",\"expires_at\":\"2020-01-31T00:00:00Z\"";
	return "";
}

static void
print_line(uint64_t number)
{
	struct corpus_token token;
	uint8_t verifier[CRYPTO_VERIFIER_SIZE];

	corpus_token(number, &token);
	crypto_verifier(&token.token, verifier);
	printf("{\"id\":\"%s\",\"name\":\"%s\",\"owner\":\"%s\","
	       "\"users\":[\"%s\"],\"projects\":[\"default\"]%s,"
	       "\"secrets\":[{\"number\":1,\"verifier\":\"",
	    token.token.id, token.name, token.owner, token.owner,
	    state_of(token.kind));
	for (size_t i = 0; i < sizeof(verifier); i++)
		printf("%02x", verifier[i]);
	puts("\"}]}");
}

static void
print_text(uint64_t number)
{
	struct corpus_token token;

	corpus_token(number, &token);
	printf("%s %s\n", token.owner, token.text);
}

int
main(int argc, char **argv)
{
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;

	void (*print)(uint64_t number) = argc > 3 ? print_text : print_line;

	if (count == 0 || crypto_init() != 0) {
		fputs("usage: corpuslines COUNT [FIRST]\n", stderr);
		return 2;
	}
	for (uint64_t i = 0; i < count; i++)
		print(first + i);
	return fflush(stdout) == 0 ? 0 : 1;
}
