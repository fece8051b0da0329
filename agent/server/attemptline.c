/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/attemptline.h"

#include <string.h>
#include <syslog.h>

#include "agent/model/verify.h"
#include "agent/server/quote.h"
#include "common/message.h"

struct outcome {
	enum status status;
	int level;
	const char *text;
};

static const struct outcome outcomes[] = {
	{ STATUS_OK, LOG_INFO, "accepted" },
	{ STATUS_DENIED, LOG_NOTICE, "refused" },
	{ STATUS_UNAVAILABLE, LOG_ERR,
	    "not decided: no answer from the store" },
	{ STATUS_REFUSED, LOG_WARNING, "not answered: caller may not ask" },
	{ STATUS_MALFORMED, LOG_WARNING, "not answered: malformed message" },
	{ STATUS_VERSION, LOG_WARNING, "not answered: other protocol version" },
};

static const struct outcome *
find_outcome(uint8_t status)
{
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(*outcomes); i++)
		if (outcomes[i].status == (enum status)status)
			return &outcomes[i];
	return &outcomes[1];
}

/* Of a token that was not proved, nothing else says anything. */
static uint32_t
told_reasons(uint32_t reasons)
{
	if ((reasons & REASON_UNKNOWN) != 0)
		return REASON_UNKNOWN;
	if ((reasons & REASONS_PROOF) != 0)
		return reasons & REASONS_PROOF;
	return reasons;
}

static const char *
attempt_word(uint8_t opcode)
{
	switch (opcode) {
	case OP_ACCOUNT:
		return "account";
	case OP_SESSION_OPEN:
	case OP_SESSION_CLOSE:
		return "session";
	default:
		return "login";
	}
}

struct text {
	char *line;
	size_t size, at;
};

static void
put(struct text *text, const char *word)
{
	const size_t size = strnlen(word, text->size - 1 - text->at);

	memcpy(text->line + text->at, word, size);
	text->at += size;
	text->line[text->at] = '\0';
}

static void
put_number(struct text *text, const char *name, uint64_t value)
{
	char digits[24];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do
		digits[--at] = (char)('0' + value % 10);
	while ((value /= 10) > 0);
	put(text, name);
	put(text, digits + at);
}

static void
put_quoted(struct text *text, const char *name, const char *value)
{
	if (value[0] == '\0')
		return;
	put(text, name);
	text->at = quote_at(text->line, text->size, text->at, value);
}

static void
put_reasons(struct text *text, const struct attempt *attempt)
{
	char reasons[256] = "";

	if (attempt->reasons != 0)
		verify_names(
		    told_reasons(attempt->reasons), reasons, sizeof(reasons));
	else if (attempt->status == STATUS_DENIED)
		strcpy(reasons, attempt->opcode == OP_AUTHENTICATE
				    ? "not-a-token"
				    : "secret");
	put_quoted(text, " reason=", reasons);
}

int
attemptline_format(const struct attempt *attempt, char *line, size_t size)
{
	const struct outcome *outcome = find_outcome(attempt->status);
	struct text text = { .line = line, .size = size };

	put(&text, attempt_word(attempt->opcode));
	put(&text, " ");
	put(&text, outcome->text);
	if (attempt->given_up)
		put(&text, ", but the caller had given up");
	put_reasons(&text, attempt);
	put_quoted(&text, " token=", attempt->id);
	put_quoted(&text, " owner=", attempt->owner);
	put_quoted(&text, " user=", attempt->login);
	put_quoted(&text, " service=", attempt->service);
	put_quoted(&text, " from=", attempt->rhost);
	put_quoted(&text, " tty=", attempt->tty);
	put_quoted(&text, " ruser=", attempt->ruser);
	put_number(&text, " caller=", attempt->caller);
	put_number(&text, " pid=", (uint64_t)attempt->caller_pid);
	return outcome->level;
}
