/* SPDX-License-Identifier: BSD-3-Clause */
/* What creating, editing and regenerating a token have in common. */
#include <stdio.h>
#include <string.h>

#include "agent/server/ops.h"
#include "common/secret.h"

bool
op_is_elevated(void *arg, struct span name)
{
	const struct config *config = arg;
	struct service unlisted;
	const struct service *service = config_service(config, name, &unlisted);

	/* A name that no service can have is refused by its syntax. */
	return service != NULL && service->elevated;
}

struct issue_input
op_issue_input(const struct operation *op, const struct token_spec *spec)
{
	/* Handed back to op_is_elevated() alone, which only reads it. */
	union {
		const struct config *from;
		void *to;
	} config = { op->config };

	return (struct issue_input) {
		.spec = spec,
		.caller = op->caller,
		.limits = &op->config->limits,
		.is_elevated = op_is_elevated,
		.arg = config.to,
		.now = op->now,
	};
}

void
op_put_secret(struct operation *op, const struct token_info *info, bool existed,
    const char *text)
{
	struct spanlist list = { 0 };
	uint8_t storage[1 + TOKEN_TEXT_SIZE];

	if (text != NULL)
		spanlist_add(&list, storage, sizeof(storage), span_of(text));
	token_info_put(op->body, info);
	wirebuf_put_u8(op->body, existed);
	wirebuf_put_list(op->body, &list);
	wipe(storage, sizeof(storage));
}

void
op_describe_text(char *detail, size_t size, const char *word, struct span text)
{
	size_t at = strlen(detail);
	char copy[TOKEN_DESCRIPTION_MAX + 1];

	if (span_text(text, copy, sizeof(copy)) < 0 || size - at < 16)
		return;
	snprintf(detail + at, size - at, "%s%s=", at > 0 ? " " : "", word);
	log_quote(detail, size, copy);
}

void
op_describe(const struct token_spec *spec, char *detail, size_t size)
{
	op_describe_text(detail, size, "owner", spec->owner);
	op_describe_text(detail, size, "name", spec->name);
}
