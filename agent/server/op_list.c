/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/model/filter.h"
#include "agent/server/op_find.h"
#include "agent/server/ops.h"
#include "agent/store/indexwalk.h"
#include "common/duration.h"
#include "common/error.h"
#include "common/listmessage.h"

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
	op_settle(op);
	rv = op_find(op, selector, TOKEN_READ, &found);
	if (rv < 0)
		return rv;
	op_info(op, &found, &info);
	token_info_put(op->body, &info);
	return 0;
}

/* A walk through an index. */
struct listing {
	struct operation *op;
	struct list_request request;
	struct filter filter;
	struct service unlisted;
	struct indexwalk walk;
	uint16_t count;
	unsigned damaged; /* tokens that cannot be shown */
	uint64_t last_at; /* what the index is by, of the last that was seen */
	char last_id[TOKEN_ID_SIZE + 1];
};

/* The narrowest index there is for what is asked. */
static void
choose_index(struct listing *listing)
{
	const struct token_filter *filter = &listing->request.filter;
	const struct caller *caller = listing->op->caller;
	struct indexwalk *walk = &listing->walk;

	walk->index = DB_TOKENS_BY_AGE;
	if (caller_reach_anywhere(caller, TOKEN_READ) <= REACH_OWN) {
		/* Whoever sees their own alone walks past nobody else's. */
		walk->index = DB_TOKENS_BY_OWNER;
		walk->key = span_of(caller->login);
	} else if (!span_empty(filter->owner)) {
		walk->index = DB_TOKENS_BY_OWNER;
		walk->key = filter->owner;
	} else if (!span_empty(filter->project)) {
		walk->index = DB_TOKENS_BY_PROJECT;
		walk->key = filter->project;
	} else if (filter->expiring > 0 &&
		   listing->request.order == ORDER_ANY &&
		   caller_reach_anywhere(caller, TOKEN_READ) == REACH_ALL) {
		walk->index = DB_TOKENS_BY_EXPIRY;
	}
}

/* What the index is by: seconds since 1970. */
static uint64_t
time_of(const struct listing *listing, const struct found_token *found)
{
	return listing->walk.index == DB_TOKENS_BY_EXPIRY
		   ? record_end(&found->record)
		   : found->record.created_at;
}

/* "<id>", or "<id>@<time>", which is found even when it is gone. */
static int
read_position(struct listing *listing, char id[TOKEN_ID_SIZE + 1], uint64_t *at)
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
		*at = strtoull(text + TOKEN_ID_SIZE + 1, &end, 10);
		return *end == '\0' ? 0 : ERROR_NOT_FOUND;
	}
	rv = op_load(listing->op, after, &found);
	if (rv == 0 &&
	    !caller_covers(listing->op->caller, TOKEN_READ, &found.record.spec))
		rv = ERROR_NOT_FOUND;
	if (rv == 0)
		*at = time_of(listing, &found);
	return rv;
}

/* To the first entry, or to the one after a position. */
static int
seek_start(struct listing *listing)
{
	char id[TOKEN_ID_SIZE + 1];
	uint64_t at;
	int rv;

	if (span_empty(listing->request.after))
		return indexwalk_first(&listing->walk);
	rv = read_position(listing, id, &at);
	if (rv < 0)
		return refuse(&listing->op->refusal, STATUS_NOT_FOUND,
		    "no such token to go on after");
	return indexwalk_after(&listing->walk, id, at);
}

/* The id of the current entry, with its age noted as the position. */
static int
current_token(struct listing *listing, struct found_token *found)
{
	struct span id;
	int rv = indexwalk_id(&listing->walk, &id);

	if (rv < 0)
		return rv;
	rv = op_load(listing->op, id, found);
	if (rv == ERROR_NOT_FOUND)
		return ERROR_CORRUPT;
	if (rv < 0)
		return rv;
	memcpy(listing->last_id, found->id, sizeof(listing->last_id));
	listing->last_at = time_of(listing, found);
	return 0;
}

/* Its usage is looked up only when all the rest fits. */
static bool
is_asked_for(const struct listing *listing, const struct found_token *found,
    struct token_info *info)
{
	if (!record_is_listed(&found->record) ||
	    !caller_covers(
		listing->op->caller, TOKEN_READ, &found->record.spec) ||
	    !filter_matches(&listing->filter, &found->record))
		return false;
	op_info(listing->op, found, info);
	return filter_matches_usage(&listing->filter, info);
}

/* Puts it if it fits; false leaves the reply as it was. */
static bool
put_token(struct listing *listing, const struct token_info *info)
{
	struct wirebuf *body = listing->op->body;
	struct wirebuf before = *body;

	token_info_put(body, info);
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
	const size_t rows = filter_has_usage(&listing->filter) ? 2 : 1;
	size_t scanned = 0;
	int rv = seek_start(listing);

	*more = false;
	while (rv == 0 && indexwalk_is_within(&listing->walk)) {
		char before_id[TOKEN_ID_SIZE + 1];
		uint64_t before_at = listing->last_at;
		struct found_token found;
		struct token_info info;

		*more = listing->count == listing->request.limit ||
			scanned >= SCAN_MAX;
		if (*more)
			break;
		scanned += rows;
		memcpy(before_id, listing->last_id, sizeof(before_id));
		rv = current_token(listing, &found);
		if (rv < 0 && rv != ERROR_CORRUPT)
			break;
		listing->damaged += rv == ERROR_CORRUPT;
		if (rv == 0 && is_asked_for(listing, &found, &info) &&
		    !put_token(listing, &info)) {
			*more = true;
			memcpy(listing->last_id, before_id, sizeof(before_id));
			listing->last_at = before_at;
			break;
		}
		rv = indexwalk_next(&listing->walk);
	}
	return rv == ERROR_NOT_FOUND ? 0 : rv;
}

static void
put_position(const struct listing *listing, bool more)
{
	char text[POSITION_MAX + 1] = "";

	if (more && listing->last_id[0] != '\0')
		snprintf(text, sizeof(text), "%s@%llu", listing->last_id,
		    (unsigned long long)listing->last_at);
	wirebuf_put_str8(listing->op->body, span_of(text));
}

/* The filter, and where to look. */
static int
listing_init(struct listing *listing)
{
	struct operation *op = listing->op;
	const struct token_filter *asked = &listing->request.filter;
	const struct service *service = NULL;

	if (!span_empty(asked->service)) {
		service = config_service(
		    op->config, asked->service, &listing->unlisted);
		if (service == NULL)
			return refuse(&op->refusal, STATUS_INVALID,
			    "--service is the name of a PAM service");
	}
	if (filter_init(&listing->filter, asked, service, op->now) < 0)
		return refuse(&op->refusal, STATUS_INVALID,
		    "--from-address is an address or a network without host "
		    "bits: 192.0.2.7, 192.0.2.0/24, 2001:db8::/32");
	choose_index(listing);
	listing->walk.backward = listing->request.order == ORDER_OLDEST;
	listing->walk.from = op->now;
	listing->walk.to = asked->expiring < UINT64_MAX - op->now
			       ? op->now + asked->expiring
			       : UINT64_MAX;
	return 0;
}

int
op_list(struct operation *op)
{
	struct listing listing = { .op = op };
	uint8_t *count_at = op->body->out + op->body->at;
	struct wirebuf count;
	bool more = false;
	int rv;

	list_request_get(op->in, &listing.request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	op_settle(op);
	rv = listing_init(&listing);
	if (rv < 0)
		return rv;
	wirebuf_put_u16(op->body, 0);
	rv = indexwalk_open(&listing.walk, op->reader);
	if (rv == 0)
		rv = list_page(&listing, &more);
	indexwalk_close(&listing.walk);
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
