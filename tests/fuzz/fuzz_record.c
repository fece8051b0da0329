/* SPDX-License-Identifier: BSD-3-Clause */
/* A record of the store: any bytes.  What is read must be written back to the
 * same bytes, or to others of the newest format that come back the same, and
 * must never be good without its secret. */
#include <stdlib.h>
#include <string.h>

#include "agent/model/record.h"
#include "agent/model/recordold.h"
#include "agent/model/session.h"
#include "agent/model/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
verify_wrong(const struct record *record)
{
	struct token token = { .kind = TOKEN_API, .id = "0123456789" };
	struct service service;
	struct verify_input input = { .record = record,
		.found = true,
		.authentic = true,
		.service = &service,
		.login = span_of("alice"),
		.rhost = span_of("192.0.2.1"),
		.owner_may_use = true,
		.now = 1800000000 };
	uint8_t number;

	service_init(&service, "sshd");
	if (verify(&input, &token, &number) == 0)
		abort();
}

/* Rows of sessions are read from the same store. */
static void
fuzz_session(const uint8_t *data, size_t size)
{
	static uint8_t again[SESSION_SIZE_MAX];
	struct session session;
	size_t written;

	if (session_decode(span_bytes(data, size), &session) < 0)
		return;
	written = session_encode(&session, again, sizeof(again));
	if (written != size || memcmp(again, data, size) != 0)
		abort();
}

/* What an old record becomes is read, and has one form. */
static void
rewrite(const uint8_t *data, size_t size)
{
	static uint8_t again[RECORD_SIZE_MAX * 8];
	struct record record;

	if (record_decode(span_bytes(data, size), &record) < 0 ||
	    record_encode(&record, again, sizeof(again)) != size ||
	    memcmp(again, data, size) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t again[RECORD_SIZE_MAX * 8];
	struct record record;
	size_t written;

	fuzz_session(data, size);
	if (record_decode(span_bytes(data, size), &record) < 0)
		return 0;
	verify_wrong(&record);
	written = record_encode(&record, again, sizeof(again));
	if (data[0] == RECORDOLD_FORMAT)
		rewrite(again, written);
	else if (written != size || memcmp(again, data, size) != 0)
		abort();
	return 0;
}
