/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "agent/model/verify.h"
#include "agent/server/access.h"
#include "agent/server/op_find.h"
#include "agent/server/ops.h"
#include "common/error.h"

/* Log lines a second that people can cause by trying tokens out. */
#define TRIED_LINES 5

static int
refuse_service(struct operation *op)
{
	return refuse(&op->refusal, STATUS_INVALID,
	    "--service is the name of a PAM service, at most %d bytes",
	    SERVICE_MAX);
}

static void
put_reasons(struct operation *op, uint32_t reasons)
{
	uint8_t storage[2048];
	struct spanlist list = { 0 };

	for (size_t i = 0; i < verify_condition_count; i++)
		if ((reasons & (uint32_t)verify_conditions[i].reason) != 0)
			spanlist_add(&list, storage, sizeof(storage),
			    span_of(verify_conditions[i].broken));
	wirebuf_put_list(op->body, &list);
}

/* The record of a token that was presented, or the null record.  An error of
 * the store is no verdict. */
static int
load_presented(struct operation *op, const struct token *token,
    struct found_token *found, struct verify_input *input)
{
	int rv = op_load(op, span_of(token->id), found);

	input->found = rv != ERROR_NOT_FOUND;
	input->authentic = rv == 0;
	input->record = rv == 0 ? &found->record : verify_null_record();
	return rv == ERROR_NOT_FOUND || rv == ERROR_CORRUPT ? 0 : rv;
}

/* Whoever tries tokens out here leaves a trace, as at a login. */
static void
log_verify(const struct operation *op, const char *id, uint32_t reasons)
{
	struct agent *agent = op->agent;
	char by[128] = "";

	if ((op->caller->role != ROLE_OWNER || op->caller->token != NULL) &&
	    !bucket_take(&agent->tried, op->now, TRIED_LINES))
		return;
	log_quote(by, sizeof(by), op->caller->login);
	log_post(agent->log, reasons == 0 ? LOG_INFO : LOG_NOTICE,
	    "verify %s token=\"%s\" by=%s uid=%u",
	    reasons == 0 ? "accepted" : "refused", id, by, op->caller->uid);
}

/* As a service would have it verified, but no use is noted: whoever holds the
 * secret may know what it is good for, and nobody else learns anything. */
static int
verify_presented(struct operation *op, const struct verify_request *request,
    const struct service *service)
{
	struct verify_input input = { .service = service,
		.login = request->login,
		.rhost = request->rhost,
		.owner_may_use = true,
		.now = op->now };
	struct token token = { 0 };
	struct found_token found;
	uint32_t reasons = 0;
	uint8_t number;
	int rv;

	if (tokentext_parse((const char *)request->token.data,
		request->token.size, &token) < 0) {
		op->status = STATUS_DENIED;
		put_reasons(op, 0);
		return 0;
	}
	rv = load_presented(op, &token, &found, &input);
	if (rv == 0) {
		reasons = verify(&input, &token, &number);
		if ((reasons & REASONS_PROOF) == 0)
			rv = access_fill(op->reader, op->config, &input);
		if (rv == 0)
			reasons |= verify_policy(&input);
		log_verify(op, token.id, reasons);
	}
	token_wipe(&token);
	crypto_wipe_stack();
	if (rv < 0)
		return rv;
	op->status = reasons == 0 ? STATUS_OK : STATUS_DENIED;
	put_reasons(op, (reasons & REASONS_PROOF) != 0 ? 0 : reasons);
	return 0;
}

int
op_verify(struct operation *op)
{
	struct verify_request request;
	struct service unlisted;
	const struct service *service;

	verify_request_get(op->in, &request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	service = config_service(op->config, request.service, &unlisted);
	if (service == NULL)
		return refuse_service(op);
	return verify_presented(op, &request, service);
}

/* What a condition was asked about: the two sides of it. */
static void
describe(const struct verify_input *input, enum reason reason, char *text,
    size_t size)
{
	const struct token_spec *spec = &input->record->spec;
	const struct service *service = input->service;

	text[0] = '\0';
	if (reason == REASON_LOGIN)
		snprintf(text, size, "asked for %.*s", (int)input->login.size,
		    (const char *)input->login.data);
	else if (reason == REASON_PROJECT)
		snprintf(text, size, "%s is of project %s", service->name,
		    service->project);
	else if (reason == REASON_ENVIRONMENT && !span_empty(spec->environment))
		snprintf(text, size, "token of %.*s, %s of %s",
		    (int)spec->environment.size,
		    (const char *)spec->environment.data, service->name,
		    service->environment[0] != '\0' ? service->environment
						    : "none");
	else if (reason == REASON_ROLE && service->role[0] != '\0')
		snprintf(
		    text, size, "%s asks for %s", service->name, service->role);
	else if (reason == REASON_SERVICE)
		snprintf(text, size, "%s token; %s has access %s%s",
		    token_type_word(spec->type), service->name, service->access,
		    service->elevated ? ", elevated" : "");
	else if (reason == REASON_FROM && spec->from.count > 0)
		snprintf(text, size, "from %.*s", (int)input->rhost.size,
		    (const char *)input->rhost.data);
}

static void
put_condition(struct operation *op, const struct verify_input *input,
    const struct verify_condition *condition, uint32_t reasons)
{
	bool holds = (reasons & (uint32_t)condition->reason) == 0;
	char about[256];
	char detail[512];

	describe(input, condition->reason, about, sizeof(about));
	snprintf(detail, sizeof(detail), about[0] != '\0' ? "%s (%s)" : "%s",
	    holds ? condition->holds : condition->broken, about);
	condition_put(
	    op->body, &(struct condition) { .name = span_of(condition->name),
			  .holds = holds,
			  .detail = span_of(detail) });
}

static void
put_conditions(struct operation *op, const struct verify_input *input)
{
	uint32_t reasons = verify_policy(input);
	uint8_t count = 0;

	/* The proof is not asked: nobody showed a secret. */
	for (size_t i = 0; i < verify_condition_count; i++)
		if ((verify_conditions[i].reason & REASONS_PROOF) == 0)
			count++;
	wirebuf_put_u8(op->body, count);
	for (size_t i = 0; i < verify_condition_count; i++)
		if ((verify_conditions[i].reason & REASONS_PROOF) == 0)
			put_condition(
			    op, input, &verify_conditions[i], reasons);
}

int
op_explain(struct operation *op)
{
	struct explain_request request;
	struct found_token found;
	struct service unlisted;
	struct verify_input input = {
		.record = &found.record, .owner_may_use = true, .now = op->now
	};
	int rv;

	explain_request_get(op->in, &request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	input.login = request.login;
	input.rhost = request.rhost;
	input.service = config_service(op->config, request.service, &unlisted);
	if (input.service == NULL)
		return refuse_service(op);
	rv = op_find(op, request.selector, TOKEN_READ, &found);
	if (rv < 0)
		return rv;
	rv = access_fill(op->reader, op->config, &input);
	if (rv < 0)
		return rv;
	put_conditions(op, &input);
	return 0;
}
