/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/model/filter.h"
#include "agent/server/op_find.h"
#include "agent/server/ops.h"
#include "common/duration.h"
#include "common/error.h"

/* Rows looked at for one page: a view of the store is open meanwhile. */
#define SCAN_MAX 20000

int
op_show(struct operation *op)
{
	struct span selector = wirebuf_get_str8(op->in);
	struct found_token found;
	struct token_info info;
	int rv;

	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	rv = op_find(op, selector, TOKEN_READ, &found);
	if (rv < 0)
		return rv;
	op_info(op, &found, &info);
	token_info_put(op->body, &info);
	return 0;
}

/* A walk through an index, the newest token first. */
struct listing {
	struct operation *op;
	struct list_request request;
	const struct service *service; /* of the filter; NULL: none */
	struct service unlisted;
	enum database index;
	struct span key; /* of the index: one owner or project; empty: all */
	struct store_cursor *cursor;
	uint16_t count;
	unsigned damaged;  /* tokens that cannot be shown */
	uint64_t last_age; /* of the entry that was looked at last */
	char last_id[TOKEN_ID_SIZE + 1];
};

/* The narrowest index there is for what is asked. */
static void
choose_index(struct listing *listing)
{
	const struct token_filter *filter = &listing->request.filter;
	const struct caller *caller = listing->op->caller;

	listing->index = DB_TOKENS_BY_AGE;
	if (caller_reach_anywhere(caller, TOKEN_READ) <= REACH_OWN) {
		/* Whoever sees their own alone walks past nobody else's. */
		listing->index = DB_TOKENS_BY_OWNER;
		listing->key = span_of(caller->login);
	} else if (!span_empty(filter->owner)) {
		listing->index = DB_TOKENS_BY_OWNER;
		listing->key = filter->owner;
	} else if (!span_empty(filter->project)) {
		listing->index = DB_TOKENS_BY_PROJECT;
		listing->key = filter->project;
	}
}

/* "<id>", or "<id>@<creation time>", which is found even when it is gone. */
static int
read_position(
    struct listing *listing, char id[TOKEN_ID_SIZE + 1], uint64_t *created_at)
{
	struct span after = listing->request.after;
	char text[POSITION_MAX + 1];
	struct found_token found;
	char *end;
	int rv;

	if (span_text(after, text, sizeof(text)) < 0 ||
	    after.size < TOKEN_ID_SIZE)
		return ERROR_NOT_FOUND;
	memcpy(id, text, TOKEN_ID_SIZE);
	id[TOKEN_ID_SIZE] = '\0';
	if (text[TOKEN_ID_SIZE] == '@') {
		*created_at = strtoull(text + TOKEN_ID_SIZE + 1, &end, 10);
		return *end == '\0' ? 0 : ERROR_NOT_FOUND;
	}
	rv = op_load(listing->op, after, &found);
	if (rv == 0 &&
	    !caller_covers(listing->op->caller, TOKEN_READ, &found.record.spec))
		rv = ERROR_NOT_FOUND;
	if (rv == 0)
		*created_at = found.record.created_at;
	return rv;
}

/* To the first entry, or to the one after a position. */
static int
seek_start(struct listing *listing)
{
	const struct span none = { NULL, 0 };
	uint8_t age_id[AGE_ID_SIZE + 1];
	char id[TOKEN_ID_SIZE + 1];
	uint64_t created_at;
	int rv;

	if (span_empty(listing->request.after))
		return store_cursor_seek(listing->cursor, listing->key, none);
	rv = read_position(listing, id, &created_at);
	if (rv < 0)
		return refuse(&listing->op->refusal, STATUS_NOT_FOUND,
		    "no such token to go on after");
	index_age_id(created_at, span_of(id), age_id);
	if (listing->index == DB_TOKENS_BY_AGE)
		rv = store_cursor_seek(
		    listing->cursor, span_bytes(age_id, AGE_SIZE), span_of(id));
	else
		rv = store_cursor_seek(listing->cursor, listing->key,
		    span_bytes(age_id, AGE_ID_SIZE));
	/* The token itself, if it is still there, was seen already. */
	if (rv == 0 &&
	    memcmp(store_cursor_value(listing->cursor).data +
		       store_cursor_value(listing->cursor).size - TOKEN_ID_SIZE,
		id, TOKEN_ID_SIZE) == 0)
		rv = store_cursor_next(listing->cursor);
	return rv;
}

static bool
is_in_index(const struct listing *listing)
{
	return span_empty(listing->key) ||
	       span_equal(store_cursor_key(listing->cursor), listing->key);
}

/* The id of the current entry, with its age noted as the position. */
static int
current_token(struct listing *listing, struct found_token *found)
{
	struct span value = store_cursor_value(listing->cursor);
	struct span id;
	int rv;

	if (value.size < TOKEN_ID_SIZE)
		return ERROR_CORRUPT;
	id = span_bytes(value.data + value.size - TOKEN_ID_SIZE, TOKEN_ID_SIZE);
	rv = op_load(listing->op, id, found);
	if (rv == ERROR_NOT_FOUND)
		return ERROR_CORRUPT;
	if (rv < 0)
		return rv;
	memcpy(listing->last_id, found->id, sizeof(listing->last_id));
	listing->last_age = found->record.created_at;
	return 0;
}

static bool
is_asked_for(const struct listing *listing, const struct found_token *found)
{
	return caller_covers(
		   listing->op->caller, TOKEN_READ, &found->record.spec) &&
	       filter_matches(&listing->request.filter, listing->service,
		   &found->record, listing->op->now);
}

/* Puts it if it fits; false leaves the reply as it was. */
static bool
put_token(struct listing *listing, const struct found_token *found)
{
	struct wirebuf *body = listing->op->body;
	struct wirebuf before = *body;
	struct token_info info;

	op_info(listing->op, found, &info);
	token_info_put(body, &info);
	if (!body->failed && body->size - body->at > POSITION_MAX + 1) {
		listing->count++;
		return true;
	}
	*body = before;
	return false;
}

/* Fills a page; *more says whether there may be more after it. */
static int
list_page(struct listing *listing, bool *more)
{
	size_t scanned = 0;
	int rv = seek_start(listing);

	*more = false;
	while (rv == 0 && is_in_index(listing)) {
		char before_id[TOKEN_ID_SIZE + 1];
		uint64_t before_age = listing->last_age;
		struct found_token found;

		*more = listing->count == listing->request.limit ||
			scanned++ == SCAN_MAX;
		if (*more)
			break;
		memcpy(before_id, listing->last_id, sizeof(before_id));
		rv = current_token(listing, &found);
		if (rv < 0 && rv != ERROR_CORRUPT)
			break;
		listing->damaged += rv == ERROR_CORRUPT;
		if (rv == 0 && is_asked_for(listing, &found) &&
		    !put_token(listing, &found)) {
			*more = true;
			memcpy(listing->last_id, before_id, sizeof(before_id));
			listing->last_age = before_age;
			break;
		}
		rv = store_cursor_next(listing->cursor);
	}
	return rv == ERROR_NOT_FOUND ? 0 : rv;
}

static void
put_position(const struct listing *listing, bool more)
{
	char text[POSITION_MAX + 1] = "";

	if (more && listing->last_id[0] != '\0')
		snprintf(text, sizeof(text), "%s@%llu", listing->last_id,
		    (unsigned long long)listing->last_age);
	wirebuf_put_str8(listing->op->body, span_of(text));
}

int
op_list(struct operation *op)
{
	struct listing listing = { .op = op };
	struct token_filter *filter = &listing.request.filter;
	uint8_t *count_at = op->body->out + op->body->at;
	struct wirebuf count;
	bool more = false;
	int rv;

	list_request_get(op->in, &listing.request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	if (!span_empty(filter->service)) {
		listing.service = config_service(
		    op->config, filter->service, &listing.unlisted);
		if (listing.service == NULL)
			return refuse(&op->refusal, STATUS_INVALID,
			    "--service is the name of a PAM service");
	}
	choose_index(&listing);
	wirebuf_put_u16(op->body, 0);
	rv = store_cursor_open(op->reader, listing.index, &listing.cursor);
	if (rv == 0)
		rv = list_page(&listing, &more);
	store_cursor_close(listing.cursor);
	if (listing.damaged > 0)
		log_post(op->agent->log, LOG_ERR,
		    "%u damaged tokens were left out of a list",
		    listing.damaged);
	if (rv < 0)
		return rv;
	wirebuf_write(&count, count_at, sizeof(uint16_t));
	wirebuf_put_u16(&count, listing.count);
	put_position(&listing, more);
	return 0;
}
