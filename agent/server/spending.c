/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/spending.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "agent/server/sessions.h"
#include "common/error.h"
#include "common/secret.h"

struct spending {
	int wake; /* eventfd: something is committed */
	pthread_mutex_t lock;
	struct spender *committed; /* a queue: nobody is overtaken for ever */
	struct spender **last;
	size_t count;
	struct spender places[SPENDING_MAX];
};

int
spending_new(struct spending **spending)
{
	struct spending *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERROR_MEMORY;
	made->last = &made->committed;
	pthread_mutex_init(&made->lock, NULL);
	for (size_t i = 0; i < SPENDING_MAX; i++)
		made->places[i].fd = -1;
	made->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (made->wake < 0) {
		free(made);
		return ERROR_SYSTEM;
	}
	*spending = made;
	return 0;
}

void
spending_free(struct spending *spending)
{
	if (spending == NULL)
		return;
	for (size_t i = 0; i < SPENDING_MAX; i++)
		if (spending->places[i].fd >= 0)
			spending_done(&spending->places[i]);
	close(spending->wake);
	pthread_mutex_destroy(&spending->lock);
	free(spending);
}

int
spending_fd(const struct spending *spending)
{
	return spending->wake;
}

struct spender *
spending_place(struct spending *spending)
{
	for (size_t i = 0; i < SPENDING_MAX; i++)
		if (spending->places[i].fd < 0) {
			spending->places[i].spending = spending;
			return &spending->places[i];
		}
	return NULL;
}

/* On the writer thread. */
static void
on_committed(void *arg, int result)
{
	struct spender *spender = arg;
	struct spending *spending = spender->spending;
	uint64_t one = 1;

	spender->result = result;
	pthread_mutex_lock(&spending->lock);
	spender->next = NULL;
	*spending->last = spender;
	spending->last = &spender->next;
	/* Within the lock: whoever takes the last one may free all of this. */
	(void)!write(spending->wake, &one, sizeof(one));
	pthread_mutex_unlock(&spending->lock);
}

void
spending_submit(
    struct spender *spender, struct writer *writer, struct changeset *set)
{
	if (spender->tries++ == 0)
		spender->spending->count++;
	spender->submission = (struct submission) {
		.set = set,
		.done = on_committed,
		.arg = spender,
	};
	writer_submit(writer, &spender->submission);
}

struct spender *
spending_take(struct spending *spending)
{
	struct spender *spender;
	uint64_t count;

	(void)!read(spending->wake, &count, sizeof(count));
	pthread_mutex_lock(&spending->lock);
	spender = spending->committed;
	if (spender != NULL) {
		spending->committed = spender->next;
		if (spending->committed == NULL)
			spending->last = &spending->committed;
	}
	pthread_mutex_unlock(&spending->lock);
	return spender;
}

void
spending_done(struct spender *spender)
{
	struct spending *spending = spender->spending;

	close(spender->fd);
	session_news_free(spender->news);
	wipe(spender, sizeof(*spender));
	spender->fd = -1;
	spending->count--;
}

void
spending_hang_up(struct spending *spending, uint64_t now_ms)
{
	for (size_t i = 0; i < SPENDING_MAX && spending->count > 0; i++) {
		struct spender *spender = &spending->places[i];

		if (spender->fd < 0 || spender->until == 0 ||
		    spender->until > now_ms)
			continue;
		/* It stays open, and the place taken, for the writer's word;
		 * to send anything fails from now on. */
		shutdown(spender->fd, SHUT_RDWR);
		spender->until = 0;
	}
}

bool
spending_is_empty(const struct spending *spending)
{
	return spending->count == 0;
}
