/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "agent/model/verify.h"
#include "agent/server/access.h"
#include "agent/server/op_find.h"
#include "agent/server/ops.h"
#include "agent/server/quote.h"
#include "common/error.h"
#include "common/verifymessage.h"

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

/* What an access token came from, for the same questions. */
static int
load_parent(struct operation *op, const struct found_token *found,
    struct found_token *parent, struct verify_input *input)
{
	int rv = ERROR_NOT_FOUND;

	if (found->record.spec.kind == TOKEN_ACCESS)
		rv = op_load(op, found->record.lineage.parent, parent);
	input->parent = rv == 0 ? &parent->record : NULL;
	input->parent_authentic = rv == 0;
	return rv == ERROR_NOT_FOUND || rv == ERROR_CORRUPT ? 0 : rv;
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

void
op_log_tried(
    const struct operation *op, const char *what, const char *id, bool accepted)
{
	struct agent *agent = op->agent;
	char by[128] = "";

	if ((op->caller->role != ROLE_OWNER || op->caller->token != NULL) &&
	    !bucket_take(&agent->tried, op->now, TRIED_LINES))
		return;
	quote_append(by, sizeof(by), op->caller->login);
	log_post(agent->log, accepted ? LOG_INFO : LOG_NOTICE,
	    "%s %s token=\"%s\" by=%s uid=%u", what,
	    accepted ? "accepted" : "refused", id, by, op->caller->uid);
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
	struct found_token found, parent;
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
	if (rv == 0 && input.authentic)
		rv = load_parent(op, &found, &parent, &input);
	if (rv == 0) {
		reasons = verify(&input, &token, &number);
		if ((reasons & REASONS_PROOF) == 0)
			rv = access_fill(op->reader, op->config, &input);
		if (rv == 0)
			reasons |= verify_policy(&input);
		op_log_tried(op, "verify", token.id, reasons == 0);
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

/* "f00baaaaaa: disabled" */
static void
describe_parent(const struct verify_input *input, char *text, size_t size)
{
	uint32_t reasons = verify_parent(input);
	struct span id = input->record->lineage.parent;
	size_t at = (size_t)snprintf(
	    text, size, "%.*s", (int)id.size, (const char *)id.data);

	if (reasons == 0 || at + 2 >= size)
		return;
	snprintf(text + at, size - at, ": ");
	verify_names(reasons, text + at + 2, size - at - 2);
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
		snprintf(text, size,
		    "%s is of project %s: [service %s] project in "
		    "apitokend.conf",
		    service->name, service->project, service->name);
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
	else if (reason == REASON_PARENT)
		describe_parent(input, text, size);
	else if (reason == REASON_FROM && spec->from.count > 0 &&
		 span_empty(input->rhost))
		snprintf(text, size, "no address was given");
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
	/* The proof is not asked: nobody showed a secret. */
	uint32_t skipped = REASONS_PROOF;
	uint8_t count = 0;

	if (input->record->spec.kind != TOKEN_ACCESS)
		skipped |= REASON_PARENT;
	for (size_t i = 0; i < verify_condition_count; i++)
		if ((verify_conditions[i].reason & skipped) == 0)
			count++;
	wirebuf_put_u8(op->body, count);
	for (size_t i = 0; i < verify_condition_count; i++)
		if ((verify_conditions[i].reason & skipped) == 0)
			put_condition(
			    op, input, &verify_conditions[i], reasons);
}

int
op_explain(struct operation *op)
{
	struct explain_request request;
	struct found_token found, parent;
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
	if (rv == 0)
		rv = load_parent(op, &found, &parent, &input);
	if (rv < 0)
		return rv;
	rv = access_fill(op->reader, op->config, &input);
	if (rv < 0)
		return rv;
	put_conditions(op, &input);
	return 0;
}
