/* SPDX-License-Identifier: BSD-3-Clause */
/* What creating, editing and regenerating a token have in common. */
#include <stdio.h>
#include <string.h>

#include "agent/server/access.h"
#include "agent/server/ops.h"
#include "common/secret.h"

static bool
is_elevated(void *arg, struct span name)
{
	const struct operation *op = arg;
	struct service unlisted;
	const struct service *service = config_service(
	    op->config, name, &unlisted);

	/* A name that no service can have is refused by its syntax. */
	return service != NULL && service->elevated;
}

static bool
find_role(void *arg, struct span name, struct permissions *permissions)
{
	const struct operation *op = arg;

	return access_role(op->reader, name, permissions) == 0;
}

struct issue_input
op_issue_input(const struct operation *op, const struct token_spec *spec)
{
	/* Handed back to these two alone, which only read it. */
	union {
		const struct operation *from;
		void *to;
	} arg = { op };

	return (struct issue_input) {
		.spec = spec,
		.caller = op->caller,
		.limits = &op->config->limits,
		.is_elevated = is_elevated,
		.role = find_role,
		.arg = arg.to,
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
