/* SPDX-License-Identifier: BSD-3-Clause */
/* The module's side: a hostile agent may answer anything. */
#include <stdlib.h>
#include <string.h>

#include "common/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_answer(enum opcode opcode, const uint8_t *data, size_t size)
{
	static const uint8_t zeroes[PROTO_TICKET_SIZE];
	struct answer answer;
	struct wirebuf w;

	wirebuf_read(&w, data, size);
	if (answer_get(&w, opcode, &answer) < 0)
		return;
	if (size != PROTO_ANSWER_SIZE || data[2] != answer.status)
		abort();
	if ((answer.status != STATUS_OK || opcode != OP_AUTHENTICATE) &&
	    memcmp(answer.ticket, zeroes, sizeof(zeroes)) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_answer(OP_AUTHENTICATE, data, size);
	try_answer(OP_ACCOUNT, data, size);
	return 0;
}
