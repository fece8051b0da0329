/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/registry.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "agent/server/quote.h"
#include "common/error.h"

void
registry_free(struct session_place *place)
{
	if (place->ending != NULL)
		ending_fini(place->ending);
	free(place->ending);
	if (place->pidfd >= 0)
		close(place->pidfd);
	free(place->bytes);
	free(place);
}

/* `opened service=sshd login="alice" ...`, for the log. */
void
registry_log(struct sessions *sessions, int level, const char *what,
    const struct session_place *place)
{
	const struct session *s = &place->session;
	char text[512] = "", login[LOGIN_MAX + 1];

	(void)span_text(s->login, login, sizeof(login));
	quote_append(text, sizeof(text), login);
	log_post(sessions->agent->log, level,
	    "session %s: token=%.*s service=%.*s login=%s pid=%u%s%s", what,
	    (int)s->token.size, (const char *)s->token.data,
	    (int)s->service.size, (const char *)s->service.data, text, s->pid,
	    place->why[0] != '\0' ? " why=" : "", place->why);
}

static int
places_room(struct sessions *sessions)
{
	size_t room = sessions->room == 0 ? 64 : 2 * sessions->room;
	struct session_place **places;

	if (sessions->count < sessions->room)
		return 0;
	places = reallocarray(
	    (void *)sessions->places, room, sizeof(struct session_place *));
	if (places == NULL)
		return ERROR_MEMORY;
	sessions->places = places;
	sessions->room = room;
	return 0;
}

int
registry_add(struct sessions *sessions, const uint8_t *key, struct span body,
    int pidfd, bool is_durable)
{
	struct session_place *place = calloc(1, sizeof(*place));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = place };
	int rv = place == NULL ? ERROR_MEMORY : places_room(sessions);

	if (rv == 0 && sessions->count >= sessions->most)
		rv = ERROR_FULL;
	if (rv == 0) {
		place->bytes = malloc(body.size);
		rv = place->bytes == NULL ? ERROR_MEMORY : 0;
	}
	if (rv < 0)
		goto out;
	memcpy(place->bytes, body.data, body.size);
	place->size = body.size;
	memcpy(place->key, key, sizeof(place->key));
	rv = session_decode(
	    span_bytes(place->bytes, place->size), &place->session);
	if (rv == 0 &&
	    epoll_ctl(sessions->epoll, EPOLL_CTL_ADD, pidfd, &event) < 0)
		rv = ERROR_SYSTEM;
	if (rv < 0)
		goto out;
	place->pidfd = pidfd;
	place->is_durable = is_durable;
	place->state = SESSION_LIVES;
	place->number = ++sessions->numbers;
	sessions->places[sessions->count++] = place;
	sessions->is_stale = true;
	atomic_store(&sessions->counted, sessions->count);
	return 0;
out:
	if (place != NULL)
		free(place->bytes);
	free(place);
	return rv;
}

/* On the writer thread. */
static void
on_deleted(void *arg, int result)
{
	(void)result;
	free(arg);
}

/* One that stays for want of space, or because the agent was killed before it
 * was deleted, is found ended at the next start. */
void
registry_delete_row(struct sessions *sessions, const uint8_t *key)
{
	struct submission *submission = calloc(1, sizeof(*submission));
	struct changeset *set = changeset_new();

	if (sessions->agent->writer == NULL || submission == NULL ||
	    set == NULL) {
		changeset_free(set);
		free(submission);
		return;
	}
	changeset_delete(
	    set, DB_SESSIONS, span_bytes(key, SESSION_KEY_SIZE), VERSION_ANY);
	*submission = (struct submission) {
		.set = set, .done = on_deleted, .arg = submission
	};
	writer_submit_later(sessions->agent->writer, submission);
}

void
registry_remove(struct sessions *sessions, struct session_place *place)
{
	size_t at = 0;

	while (sessions->places[at] != place)
		at++;
	memmove((void *)&sessions->places[at],
	    (void *)&sessions->places[at + 1],
	    (sessions->count - at - 1) * sizeof(struct session_place *));
	sessions->count--;
	atomic_store(&sessions->counted, sessions->count);
	/* --keep-sessions and --end may give one its row later. */
	registry_delete_row(sessions, place->key);
	if (place->ending != NULL)
		sessions->endings--;
	registry_free(place);
}

void
registry_over(struct sessions *sessions, struct session_place *place)
{
	if (place->is_over)
		return;
	place->is_over = true;
	epoll_ctl(sessions->epoll, EPOLL_CTL_DEL, place->pidfd, NULL);
	if (place->ending != NULL)
		return;
	registry_log(sessions, LOG_INFO, "closed", place);
	registry_remove(sessions, place);
}

bool
registry_has_peer(
    const struct sessions *sessions, const struct session *session)
{
	for (size_t i = 0; i < sessions->count; i++) {
		const struct session *s = &sessions->places[i]->session;

		if ((s->flags & SESSION_PEER) != 0 && s->pid == session->pid &&
		    s->started == session->started &&
		    s->secret_number == session->secret_number &&
		    span_equal(s->token, session->token))
			return true;
	}
	return false;
}

struct session_place *
registry_find(struct sessions *sessions, const uint8_t *key)
{
	for (size_t i = 0; i < sessions->count; i++)
		if (memcmp(sessions->places[i]->key, key, SESSION_KEY_SIZE) ==
		    0)
			return sessions->places[i];
	return NULL;
}
