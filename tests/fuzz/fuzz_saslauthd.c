/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A saslauthd client: any bytes, in any pieces.  More bytes never take back
 * what fewer decided, and what is read must be written back to the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/server/saslauthd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
same_bytes(const uint8_t *data, const struct saslauthd_request *request)
{
	const struct span fields[] = { request->login, request->password,
		request->service, request->realm };

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct span field = fields[i];

		if (((size_t)data[0] << 8 | data[1]) != field.size ||
		    (field.size > 0 &&
			memcmp(data + 2, field.data, field.size) != 0))
			abort();
		data += 2 + field.size;
	}
}

static void
try_question(const struct saslauthd_request *request)
{
	char login[SASLAUTHD_LOGIN_MAX];
	uint8_t packet[PROTO_QUESTION_MAX];
	struct question question;
	struct wirebuf w;

	if (saslauthd_question(request, "a b", login, &question) < 0)
		return;
	wirebuf_write(&w, packet, sizeof(packet));
	question_put(&w, &question);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum saslauthd_state before = SASLAUTHD_PART;

	if (size > 2 * SASLAUTHD_REQUEST_MAX)
		return 0;
	for (size_t i = 0; i <= size; i++) {
		struct saslauthd_request request;
		enum saslauthd_state state = saslauthd_decode(
		    span_bytes(data, i), &request);

		if (before != SASLAUTHD_PART && state != before)
			abort();
		if (state == SASLAUTHD_PART && i >= SASLAUTHD_REQUEST_MAX)
			abort();
		if (state == SASLAUTHD_WHOLE)
			same_bytes(data, &request);
		if (i == size)
			try_question(&request);
		before = state;
	}
	return 0;
}
