/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/inbox.h"

#include <stddef.h>

static void
put(struct submissions *submissions, struct submission *submission)
{
	submission->next = NULL;
	*submissions->last = submission;
	submissions->last = &submission->next;
}

static void
clear(struct submissions *submissions)
{
	submissions->first = NULL;
	submissions->last = &submissions->first;
}

void
inbox_init(struct inbox *inbox)
{
	pthread_mutex_init(&inbox->lock, NULL);
	clear(&inbox->now);
	clear(&inbox->later);
}

void
inbox_fini(struct inbox *inbox)
{
	pthread_mutex_destroy(&inbox->lock);
}

void
inbox_put(struct inbox *inbox, struct submission *submission)
{
	pthread_mutex_lock(&inbox->lock);
	put(&inbox->now, submission);
	pthread_mutex_unlock(&inbox->lock);
}

bool
inbox_put_later(
    struct inbox *inbox, struct submission *submission, uint64_t now)
{
	bool is_first;

	pthread_mutex_lock(&inbox->lock);
	is_first = inbox->later.first == NULL;
	if (is_first)
		inbox->later_due = now + INBOX_LATER_MS;
	put(&inbox->later, submission);
	pthread_mutex_unlock(&inbox->lock);
	return is_first;
}

bool
inbox_has_later(struct inbox *inbox)
{
	bool has;

	pthread_mutex_lock(&inbox->lock);
	has = inbox->later.first != NULL;
	pthread_mutex_unlock(&inbox->lock);
	return has;
}

struct submission *
inbox_take(struct inbox *inbox, uint64_t now)
{
	struct submission *taken;

	pthread_mutex_lock(&inbox->lock);
	if (inbox->later.first != NULL &&
	    (inbox->now.first != NULL || now >= inbox->later_due)) {
		*inbox->now.last = inbox->later.first;
		clear(&inbox->later);
	}
	taken = inbox->now.first;
	clear(&inbox->now);
	pthread_mutex_unlock(&inbox->lock);
	return taken;
}
