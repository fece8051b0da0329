/* SPDX-License-Identifier: BSD-3-Clause */
/* What an import does to one token. */
#include <string.h>

#include "agent/model/holding.h"
#include "agent/model/import.h"
#include "agent/server/children.h"
#include "agent/server/op_import.h"
#include "agent/server/op_project.h"
#include "agent/store/usage.h"
#include "common/error.h"

/* No two lines may mean one token, or come to have one name. */
static int
see_token(
    struct importing *importing, struct span id, const struct token_spec *spec)
{
	uint8_t key[NAME_KEY_SIZE];
	size_t size;
	int rv = index_name_key(spec->owner, spec->name, key, &size);

	if (rv == 0)
		rv = import_see(importing, 'n', span_bytes(key, size));
	if (rv == 0 && !span_empty(id))
		rv = import_see(importing, 'i', id);
	return rv;
}

/* The token that the line means: by its id, without one by its name. */
static int
find_meant(struct operation *op, const struct transfer_token *line,
    struct found_token *found)
{
	const struct token_spec *spec = &line->info.spec;
	int rv = span_empty(line->info.id)
		     ? op_find_name(op, spec->owner, spec->name, found)
		     : op_load(op, line->info.id, found);

	if (rv == ERROR_CORRUPT)
		return refuse(&op->refusal, STATUS_FAILED,
		    "id: its record here is damaged: see apitoken status");
	return rv;
}

/* Nobody loses anything by its deletion: it makes way for what is imported. */
static bool
is_waiting(const struct record *record)
{
	return record->state == STATE_PENDING && record->secret_count == 0;
}

/* Whether the name that it shall have is another token's. */
static int
check_name(struct importing *importing, const struct transfer_token *line,
    const char *id, struct import_result *result)
{
	struct operation *op = importing->op;
	const struct token_spec *spec = &line->info.spec;
	struct found_token other;
	int rv = op_find_name(op, spec->owner, spec->name, &other);

	if (rv == ERROR_NOT_FOUND ||
	    (rv == 0 && id != NULL && strcmp(other.id, id) == 0))
		return 0;
	if (rv < 0)
		return rv;
	if (importing->request.exact || is_waiting(&other.record))
		result->outcome = IMPORT_TAKEN;
	memcpy(importing->id, other.id, sizeof(other.id));
	result->id = span_of(importing->id);
	return refuse(&op->refusal, STATUS_CONFLICT,
	    "name: the owner has a token of that name already, %s: give "
	    "another name, or that id",
	    other.id);
}

/* Who imports it vouches for it, as if they had made it. */
static int
check_may_hold(struct operation *op, const struct token_spec *spec)
{
	struct issue_input input = op_issue_input(op, spec);

	return holding_check(&input, spec, &op->refusal);
}

static void
audit_act(struct operation *op, const char *action, struct span id,
    const char *detail)
{
	changeset_audit(op->set, &(struct audit_entry) {
				     .at = op->now,
				     .actor = span_of(op->caller->login),
				     .action = span_of(action),
				     .subject = id,
				     .detail = span_of(detail),
				 });
}

static void
audit_import(struct operation *op, const struct token_spec *spec,
    struct span id, const char *changed)
{
	char detail[AUDIT_DETAIL_MAX] = "";

	op_describe(spec, detail, sizeof(detail));
	if (changed != NULL)
		op_describe_text(
		    detail, sizeof(detail), "changed", span_of(changed));
	audit_act(op, "token.import", id, detail);
}

/* An id that was never used; of the token that comes with it nothing else. */
static int
new_id(struct importing *importing, struct span *id)
{
	struct token token = { 0 };
	int rv = op_new_token(importing->op, TOKEN_API, &token);

	memcpy(importing->id, token.id, sizeof(token.id));
	token_wipe(&token);
	*id = span_of(importing->id);
	return rv;
}

static void
put_usage(struct operation *op, struct span id, const struct token_info *info)
{
	uint8_t body[USAGE_SIZE_MAX];
	const struct usage usage = {
		.last_used_at = info->last_used_at,
		.count = info->use_count,
		.service = info->last_used_service,
		.from = info->last_used_from,
	};
	size_t size = usage_encode(&usage, body, sizeof(body));

	if (info->last_used_at != 0)
		changeset_put(
		    op->set, DB_USAGE, id, VERSION_ANY, span_bytes(body, size));
}

/* Its projects are there; one that is locked is no obstacle to a new token. */
static int
check_projects(struct operation *op, const struct token_spec *spec)
{
	int rv = op_check_projects(op, spec);

	if (rv != ERROR_INVALID)
		return rv;
	return importfields_refuse(
	    &op->refusal, IMPORT_PROJECTS, op->refusal.message);
}

/* What a token may be used for stays as it is in a locked project. */
static int
check_locked(
    struct operation *op, const struct found_token *found, uint32_t fields)
{
	const uint32_t scope = IMPORT_TYPE | IMPORT_ALLOW | IMPORT_USERS |
			       IMPORT_ROLES | IMPORT_ENVIRONMENT | IMPORT_FROM;
	bool locked = false;
	int rv = op_is_locked(op, &found->record.spec, &locked);

	if (rv < 0 || !locked || (fields & scope) == 0)
		return rv;
	return importfields_refuse(&op->refusal, fields & scope,
	    "its project is locked: what it may be used for stays as it is");
}

static int
make_token(struct importing *importing, const struct import_input *input,
    struct import_result *result)
{
	const struct transfer_token *line = input->line;
	struct operation *op = importing->op;
	struct import_storage storage;
	struct record record;
	int rv = import_new(input, &storage, &record, &op->refusal);

	if (rv == 0 && !span_empty(line->info.id))
		rv = buried_check_token(op, line->info.id);
	if (rv == 0)
		rv = check_projects(op, &record.spec);
	if (rv == 0)
		rv = check_name(importing, line, NULL, result);
	if (rv < 0)
		return rv;
	result->outcome = IMPORT_MADE;
	result->id = line->info.id;
	if (importing->request.dry_run)
		return 0;
	if (span_empty(result->id))
		rv = new_id(importing, &result->id);
	if (rv < 0)
		return rv;
	changeset_token(op->set, result->id, NULL, VERSION_ABSENT, &record);
	buried_expect_none(op, result->id, line);
	put_usage(op, result->id, &line->info);
	audit_import(op, &record.spec, result->id, NULL);
	importing->changed++;
	return op_expect_projects(op, &record.spec);
}

static int
change_token(struct importing *importing, const struct import_input *input,
    const struct found_token *found, uint32_t fields,
    struct import_result *result)
{
	struct operation *op = importing->op;
	char words[IMPORT_WORDS_SIZE];
	struct import_storage storage;
	struct record after;
	int rv = import_over(
	    input, &found->record, fields, &storage, &after, &op->refusal);

	if (rv == 0)
		rv = check_locked(op, found, fields);
	if (rv == 0 && (fields & IMPORT_SECRETS) != 0)
		rv = buried_check_secrets(op, span_of(found->id), input->line);
	if (rv == 0)
		rv = check_name(importing, input->line, found->id, result);
	if (rv < 0)
		return rv;
	result->outcome = IMPORT_CHANGED;
	if (importing->request.dry_run)
		return 0;
	importfields_words(fields, words);
	changeset_token(op->set, span_of(found->id), &found->record,
	    found->version, &after);
	buried_put(op, found, &after);
	/* What was exchanged for a secret that is no more goes with it. */
	if ((fields & IMPORT_SECRETS) != 0)
		rv = children_forget(op, found);
	if (rv < 0)
		return rv;
	audit_import(op, &after.spec, span_of(found->id), words);
	importing->changed++;
	return op_expect_projects(op, &after.spec);
}

/* The token is there: as the line says, or not. */
static int
meet_token(struct importing *importing, const struct import_input *input,
    const struct found_token *found, struct import_result *result)
{
	uint32_t fields = import_differences(input->line, &found->record);
	char words[IMPORT_WORDS_SIZE];

	memcpy(importing->id, found->id, sizeof(found->id));
	result->id = span_of(importing->id);
	result->outcome = IMPORT_UNCHANGED;
	if (fields == 0)
		return 0;
	if (importing->request.exact)
		return change_token(importing, input, found, fields, result);
	result->outcome = IMPORT_REFUSED;
	importfields_words(fields, words);
	return refuse(&importing->op->refusal, STATUS_CONFLICT,
	    "%s: token %s is here and differs in that: --exact changes it, or "
	    "give the line another id",
	    words, found->id);
}

static int
delete_token(struct importing *importing, const struct found_token *found)
{
	struct operation *op = importing->op;
	const struct span id = span_of(found->id);
	char detail[AUDIT_DETAIL_MAX] = "";
	int rv = children_forget(op, found);

	if (rv < 0)
		return rv;
	changeset_tombstones(op->set, id, &found->record, op->now,
	    span_of(op->caller->login), span_of("deleted"));
	changeset_delete(op->set, DB_USAGE, id, VERSION_ANY);
	changeset_token(op->set, id, &found->record, found->version, NULL);
	op_describe(&found->record.spec, detail, sizeof(detail));
	op_describe_text(
	    detail, sizeof(detail), "reason", span_of("not in the import"));
	audit_act(op, "token.delete", id, detail);
	importing->changed++;
	return 0;
}

static int
read_token(
    struct operation *op, struct wirebuf *body, struct transfer_token *line)
{
	transfer_token_get(body, line);
	if (wirebuf_done(body) < 0)
		return op_malformed(op);
	return import_check(line, &op->refusal);
}

int
import_token(struct importing *importing, struct wirebuf *body,
    struct import_result *result)
{
	struct operation *op = importing->op;
	struct transfer_token line = { 0 };
	const struct import_input input = { &line, op->caller, op->now };
	struct found_token found;
	int rv = read_token(op, body, &line);
	bool absent;

	if (rv == 0)
		rv = check_may_hold(op, &line.info.spec);
	if (rv < 0)
		return rv;
	rv = find_meant(op, &line, &found);
	absent = rv == ERROR_NOT_FOUND;
	if (rv < 0 && !absent)
		return rv;
	rv = see_token(importing, absent ? line.info.id : span_of(found.id),
	    &line.info.spec);
	if (rv == 0 && absent)
		return make_token(importing, &input, result);
	return rv < 0 ? rv : meet_token(importing, &input, &found, result);
}

/* A token that the file of an exact import does not have, or one that makes
 * way. */
int
import_deletion(struct importing *importing, struct wirebuf *body,
    struct import_result *result)
{
	struct operation *op = importing->op;
	struct found_token found;
	int rv;

	result->id = transfer_deletion_get(body);
	if (wirebuf_done(body) < 0)
		return op_malformed(op);
	rv = import_see(importing, 'i', result->id);
	if (rv == 0)
		rv = op_load(op, result->id, &found);
	result->outcome = IMPORT_UNCHANGED;
	if (rv == ERROR_NOT_FOUND)
		return 0;
	if (rv < 0)
		return rv;
	if (!importing->request.exact && !is_waiting(&found.record))
		return refuse(&op->refusal, STATUS_CONFLICT,
		    "id: token %s has a secret now: only --exact deletes it",
		    found.id);
	result->outcome = IMPORT_DELETED;
	return importing->request.dry_run ? 0 : delete_token(importing, &found);
}
