/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/ops.h"
#include "common/servicemessage.h"

static const char *const sessions_words[] = {
	[SESSIONS_NONE] = "none",
	[SESSIONS_PROCESS] = "process",
	[SESSIONS_AUTH_PEER] = "auth-peer",
};

static void
put_service(struct wirebuf *body, const struct service *service, bool listed)
{
	const struct service_reply reply = {
		.name = span_of(service->name),
		.listed = listed,
		.project = span_of(service->project),
		.environment = span_of(service->environment),
		.access = span_of(service->access),
		.role = span_of(service->role),
		.elevated = service->elevated,
		.sessions = span_of(sessions_words[service->sessions]),
		.count = (uint8_t)service->caller_count,
	};

	service_reply_put(body, &reply);
	for (size_t i = 0; i < service->caller_count; i++)
		wirebuf_put_u32(body, service->callers[i]);
}

/*
 * The row that verification goes by, so that nobody has to guess it from a
 * file that may have changed since it was read.  Who may read tokens may know
 * it, as explain has always said it.
 */
int
op_service(struct operation *op)
{
	struct span name = service_request_get(op->in);
	const struct service *service;
	struct service unlisted;

	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	service = config_service(op->config, name, &unlisted);
	if (service == NULL)
		return refuse(&op->refusal, STATUS_INVALID,
		    "a service is the name of a PAM service, at most %d bytes",
		    SERVICE_MAX);
	put_service(op->body, service, service != &unlisted);
	return 0;
}
