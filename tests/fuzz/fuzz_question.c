/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent's side of auth.sock and user.sock: any bytes as a question.  What
 * is read must be written back to the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "common/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[PROTO_QUESTION_MAX + 64];
	struct question question;
	struct wirebuf w;

	wirebuf_read(&w, data, size);
	if (question_get(&w, &question) < 0)
		return 0;
	wirebuf_write(&w, again, sizeof(again));
	question_put(&w, &question);
	if (wirebuf_size(&w) != size || memcmp(again, data, size) != 0)
		abort();
	return 0;
}
