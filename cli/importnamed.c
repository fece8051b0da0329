/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/importnamed.h"

#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "cli/importing.h"
#include "common/error.h"

/* Of a record in a message, besides its body. */
#define RECORD_OVERHEAD 3

/* A project or a role that lines name. */
struct name {
	uint8_t kind;
	size_t size;
	char text[WORD_MAX];
	uint64_t tokens; /* lines that name it */
	uint64_t grants; /* lines; or grants that are here and stay */
	uint8_t *body;	 /* what a line makes of it; NULL: none does */
	size_t body_size;
};

static int
compare_names(const void *one, const void *other)
{
	const struct name *a = one;
	const struct name *b = other;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	return memcmp(a->text, b->text, a->size);
}

static void
name_free(void *node)
{
	struct name *name = node;

	free(name->body);
	free(name);
}

void
importnamed_fini(struct importnamed *named)
{
	tdestroy(named->names, name_free);
	for (size_t n = 0; n < named->gone_count; n++)
		free((void *)(uintptr_t)named->gone[n].body.data);
	free(named->gone);
}

static struct name *
find_name(struct importnamed *named, uint8_t kind, struct span text)
{
	struct name sought = { .kind = kind };
	struct name *const *node;

	if (text.size > sizeof(sought.text))
		return NULL;
	sought.size = text.size;
	memcpy(sought.text, text.data, text.size);
	node = tfind(&sought, &named->names, compare_names);
	return node == NULL ? NULL : *node;
}

/* The one of that name; NULL without memory. */
static struct name *
have_name(struct importnamed *named, uint8_t kind, struct span text)
{
	struct name *name = find_name(named, kind, text);

	if (name != NULL || text.size > sizeof(name->text))
		return name;
	name = calloc(1, sizeof(*name));
	if (name == NULL)
		return NULL;
	name->kind = kind;
	name->size = text.size;
	memcpy(name->text, text.data, text.size);
	if (tsearch(name, &named->names, compare_names) != NULL)
		return name;
	free(name);
	return NULL;
}

/* What a line names: the projects of a token, the role and the project of a
 * grant. */
struct reliance {
	struct name *names[LIST_MAX + 1];
	size_t count;
};

static bool
rely(struct importing *i, struct reliance *reliance, uint8_t kind,
    struct span text)
{
	struct name *name;

	if (span_empty(text))
		return true;
	name = have_name(&i->named, kind, text);
	if (name == NULL)
		return false;
	name->tokens += i->line.record.kind == TRANSFER_TOKEN;
	name->grants += i->line.record.kind == TRANSFER_GRANT;
	reliance->names[reliance->count++] = name;
	return true;
}

static bool
rely_on_all(struct importing *i, struct reliance *reliance)
{
	const struct transferline *line = &i->line;
	struct span project;
	bool good = true;
	size_t at = 0;

	if (line->record.kind == TRANSFER_GRANT)
		good = rely(i, reliance, TRANSFER_ROLE, line->grant.role) &&
		       rely(i, reliance, TRANSFER_PROJECT, line->grant.project);
	if (line->record.kind == TRANSFER_TOKEN)
		while (good && spanlist_next(&line->token.info.spec.projects,
				   &at, &project))
			good = rely(i, reliance, TRANSFER_PROJECT, project);
	return good;
}

/* All of it in the message that the line goes in. */
static enum outcome
add_ahead(struct importing *i, const struct reliance *reliance)
{
	size_t bytes = RECORD_OVERHEAD + i->line.record.body.size;
	enum outcome outcome;

	for (size_t n = 0; n < reliance->count; n++)
		bytes += RECORD_OVERHEAD + reliance->names[n]->body_size;
	outcome = importbatch_reserve(&i->batch, reliance->count + 1, bytes);
	for (size_t n = 0; n < reliance->count && outcome == OUTCOME_DONE;
	     n++) {
		const struct name *name = reliance->names[n];
		const struct importbatch_item item = {
			.record = { name->kind,
			    span_bytes(name->body, name->body_size) }
		};

		if (name->body != NULL)
			outcome = importbatch_add(&i->batch, &item);
	}
	return outcome;
}

enum outcome
importnamed_precede(struct importing *i)
{
	struct importnamed *named = &i->named;
	uint8_t kind = i->line.record.kind;
	enum outcome outcome = OUTCOME_DONE;
	struct reliance reliance = { 0 };

	/* What becomes of lines of another kind is known from here on. */
	if (kind != named->last_kind)
		outcome = importbatch_send(&i->batch);
	named->last_kind = kind;
	named->lines[kind]++;
	if (outcome == OUTCOME_DONE && !rely_on_all(i, &reliance))
		outcome = importing_failed(ERROR_MEMORY);
	return outcome == OUTCOME_DONE ? add_ahead(i, &reliance) : outcome;
}

/* What matters of a project to its tokens: many go into one message. */
static size_t
shorten_project(
    const struct transfer_record *record, uint8_t bytes[TRANSFER_BODY_MAX])
{
	struct transfer_project whole, brief = { 0 };
	struct wirebuf w;

	wirebuf_read(&w, record->body.data, record->body.size);
	transfer_project_get(&w, &whole);
	brief.info.name = whole.info.name;
	brief.info.locked = whole.info.locked;
	brief.tells_locked = whole.tells_locked;
	wirebuf_write(&w, bytes, TRANSFER_BODY_MAX);
	transfer_project_put(&w, &brief);
	return wirebuf_size(&w);
}

enum outcome
importnamed_note(struct importing *i, const struct importbatch_item *item)
{
	const struct transfer_record *record = &item->record;
	uint8_t bytes[TRANSFER_BODY_MAX];
	struct span body = record->body;
	struct transfernamed_key key;
	struct name *name;

	if ((record->kind != TRANSFER_PROJECT &&
		record->kind != TRANSFER_ROLE) ||
	    !transfernamed_key(record, &key))
		return OUTCOME_DONE;
	if (record->kind == TRANSFER_PROJECT)
		body = span_bytes(bytes, shorten_project(record, bytes));
	name = have_name(&i->named, record->kind, key.parts[0]);
	if (name == NULL || name->body != NULL)
		return name == NULL ? importing_failed(ERROR_MEMORY)
				    : OUTCOME_DONE;
	name->body = malloc(body.size);
	if (name->body == NULL)
		return importing_failed(ERROR_MEMORY);
	memcpy(name->body, body.data, body.size);
	name->body_size = body.size;
	return OUTCOME_DONE;
}

static enum outcome
gone_add(struct importnamed *named, const struct transfer_record *record)
{
	struct import_gone *gone = reallocarray(
	    named->gone, named->gone_count + 1, sizeof(*gone));
	uint8_t *body = malloc(record->body.size);

	if (gone != NULL)
		named->gone = gone;
	if (gone == NULL || body == NULL) {
		free(body);
		return importing_failed(ERROR_MEMORY);
	}
	memcpy(body, record->body.data, record->body.size);
	gone[named->gone_count++] = (struct import_gone) {
		.kind = (uint8_t)(record->kind - TRANSFER_PROJECT +
				  TRANSFER_PROJECT_GONE),
		.body = span_bytes(body, record->body.size),
	};
	return OUTCOME_DONE;
}

enum outcome
importnamed_look(struct importing *i, const struct transfer_record *record)
{
	struct importnamed *named = &i->named;
	uint8_t bytes[IMPORTING_KEY_SIZE];
	struct transfernamed_key key;
	struct name *role;

	if (!transfernamed_key(record, &key)) {
		wirebuf_fail(&i->ask.reply);
		return OUTCOME_DONE;
	}
	if (named->lines[record->kind] > 0)
		return lineset_has(&i->names,
			   importing_key(record->kind, &key, bytes)) ||
			       (record->kind == TRANSFER_PROJECT &&
				   span_is(key.parts[0], "default"))
			   ? OUTCOME_DONE
			   : gone_add(named, record);
	if (record->kind != TRANSFER_GRANT)
		return OUTCOME_DONE;
	/* It stays, and so must its role. */
	role = have_name(named, TRANSFER_ROLE, key.parts[1]);
	if (role == NULL)
		return importing_failed(ERROR_MEMORY);
	role->grants++;
	return OUTCOME_DONE;
}

static void
keep(struct importing *i, struct import_gone *gone, const char *what,
    struct span name, uint64_t count, const char *of)
{
	gone->is_kept = true;
	i->named.kept_count++;
	importing_bad(i, 0,
	    "%s %.*s, which it lacks, has %" PRIu64 " %s%s that stay%s: give "
	    "it a line, or have those go first",
	    what, (int)name.size, (const char *)name.data, count, of,
	    count == 1 ? "" : "s", count == 1 ? "s" : "");
}

/* Whether what stays names it. */
static void
settle_one(struct importing *i, struct import_gone *gone)
{
	const struct transfer_record record = {
		(uint8_t)(gone->kind - TRANSFER_PROJECT_GONE +
			  TRANSFER_PROJECT),
		gone->body
	};
	struct transfernamed_key key;
	struct transfer_project project;
	struct wirebuf w;
	struct name *name;
	uint64_t tokens;

	if (record.kind == TRANSFER_GRANT || !transfernamed_key(&record, &key))
		return;
	name = find_name(&i->named, record.kind, key.parts[0]);
	if (record.kind == TRANSFER_PROJECT) {
		wirebuf_read(&w, gone->body.data, gone->body.size);
		transfer_project_get(&w, &project);
		tokens = name == NULL ? 0 : name->tokens;
		if (!importing_lists_tokens(i))
			tokens = project.info.tokens;
		if (tokens > 0) {
			keep(i, gone, "project", key.parts[0], tokens, "token");
			return;
		}
	}
	if (name != NULL && name->grants > 0)
		keep(i, gone, transferline_word(record.kind), key.parts[0],
		    name->grants, "grant");
}

/* What the agent says of it, in a dry run. */
static enum outcome
on_settled(void *arg, const struct importbatch_item *item,
    const struct import_result *result)
{
	struct importing *i = arg;

	if (result->outcome != IMPORT_REFUSED)
		return OUTCOME_DONE;
	i->named.gone[item->line - 1].is_kept = true;
	i->named.kept_count++;
	importing_bad(i, 0, "it lacks what cannot go: %.*s",
	    (int)result->message.size, (const char *)result->message.data);
	return OUTCOME_DONE;
}

/* What names others goes before what they name. */
static enum outcome
send_gone(struct importing *i, bool numbered)
{
	struct importnamed *named = &i->named;
	enum outcome outcome = OUTCOME_DONE;

	for (uint8_t kind = TRANSFER_GRANT_GONE;
	     kind >= TRANSFER_PROJECT_GONE && outcome == OUTCOME_DONE; kind--) {
		for (size_t n = 0;
		     n < named->gone_count && outcome == OUTCOME_DONE; n++) {
			const struct import_gone *gone = &named->gone[n];
			const struct importbatch_item item = {
				.line = numbered ? n + 1 : 0,
				.record = { kind, gone->body },
			};

			if (gone->kind == kind && !gone->is_kept)
				outcome = importbatch_add(&i->batch, &item);
		}
		if (outcome == OUTCOME_DONE)
			outcome = importbatch_send(&i->batch);
	}
	return outcome;
}

enum outcome
importnamed_settle(struct importing *i)
{
	for (size_t n = 0; n < i->named.gone_count; n++)
		settle_one(i, &i->named.gone[n]);
	i->batch.on_result = on_settled;
	return send_gone(i, true);
}

enum outcome
importnamed_delete(struct importing *i)
{
	return send_gone(i, false);
}
