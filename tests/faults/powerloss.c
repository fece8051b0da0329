/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Power is lost after each write and each sync that an agent made to its
 * store, from its first start on.  What was synced is there; of what was not,
 * all, nothing, all but one, a random part, or the last one torn.  The store
 * of each such moment opens, and what the agent had acknowledged by then is in
 * it: it was put onto a plain file here, by the agent's own opening code, and
 * now and then by the agent itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/model/record.h"
#include "agent/store/check.h"
#include "common/duration.h"
#include "common/error.h"
#include "tests/faults/asking.h"
#include "tests/faults/faulty.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"

#define ROUNDS	     4
#define ROUNDS_LONG  40
#define CONFIG	     ""
#define EVENTS_MAX   65536
#define PROMISES_MAX 1024
#define SECTOR	     512
#define MAP_SIZE     (UINT64_C(1) << 30)
#define AGENT_EVERY  499 /* images that a whole agent is started on */

enum promised {
	PROMISED_THERE = 1,
	PROMISED_REVOKED,
	PROMISED_USED,
	PROMISED_GONE,
};

struct promise {
	uint32_t what; /* enum promised */
	char id[TOKEN_ID_SIZE + 1];
	struct asking_token token;
};

/* One of the journal's, and where its data is. */
struct event {
	struct journal_event head;
	const uint8_t *data;
};

/* How what was not synced is there. */
enum variant {
	VARIANT_NONE,
	VARIANT_ALL,
	VARIANT_TORN, /* all, but half of the last one */
	VARIANT_RANDOM,
	VARIANT_RANDOM_TORN,
	VARIANT_BUT_ONE, /* and so on: one for each */
};

static pid_t agent;
static struct event events[EVENTS_MAX];
static size_t event_count;
static uint8_t *durable, *image; /* the file as it is for certain; as tried */
static size_t durable_size, image_size, room;
static char data_path[PATH_MAX], store_path[PATH_MAX], key_path[PATH_MAX];
static unsigned long images, refused, agents;

static void
promise(enum promised what, const struct asking_token *token)
{
	struct promise made = { .what = what, .token = *token };

	memcpy(made.id, token->id, sizeof(made.id));
	faulty_promise(&made, sizeof(made));
}

static void
create(const char *name, uint32_t uses, struct asking_token *token)
{
	ck_assert_int_eq(
	    asking_create(name, uses, EXPIRES_DEFAULT, token), STATUS_OK);
	promise(PROMISED_THERE, token);
}

/* A few changes of each kind, one after the other. */
static void
play(unsigned round)
{
	struct asking_token token, once, gone;
	char name[32];

	snprintf(name, sizeof(name), "kept %u", round);
	create(name, USES_UNLIMITED, &token);
	ck_assert_int_eq(asking_login(&token, NULL), STATUS_OK);
	snprintf(name, sizeof(name), "revoked %u", round);
	create(name, USES_UNLIMITED, &token);
	ck_assert_int_eq(asking_revoke(token.id), STATUS_OK);
	promise(PROMISED_REVOKED, &token);
	snprintf(name, sizeof(name), "once %u", round);
	create(name, 1, &once);
	ck_assert_int_eq(asking_login(&once, NULL), STATUS_OK);
	promise(PROMISED_USED, &once);
	snprintf(name, sizeof(name), "gone %u", round);
	create(name, USES_UNLIMITED, &gone);
	ck_assert_int_eq(asking_delete(gone.id), STATUS_OK);
	promise(PROMISED_GONE, &gone);
}

static void
record_life(void)
{
	unsigned rounds = faulty_is_long() ? ROUNDS_LONG : ROUNDS;

	asking_init();
	faulty_control()->recording = 1;
	agent = faulty_start(CONFIG);
	for (unsigned i = 0; i < rounds; i++) {
		/* Another life of it, and a death. */
		if (i == rounds / 2) {
			realagent_stop(agent);
			agent = faulty_start(CONFIG);
		}
		if (i == rounds / 2 + 1) {
			realagent_kill(agent);
			agent = faulty_start(CONFIG);
		}
		play(i);
	}
	realagent_stop(agent);
	faulty_control()->recording = 0;
}

static void
read_journal(void)
{
	const struct fault_control *control = faulty_control();
	uint64_t at = 0;

	while (at < control->journal_size) {
		struct event *event = &events[event_count++];

		ck_assert_uint_lt(event_count, EVENTS_MAX);
		memcpy(
		    &event->head, control->journal + at, sizeof(event->head));
		at += sizeof(event->head);
		event->data = control->journal + at;
		at += event->head.size;
		if (event->head.offset + event->head.size > room)
			room = event->head.offset + event->head.size;
	}
	durable = calloc(1, room);
	image = calloc(1, room);
	ck_assert(durable != NULL && image != NULL);
}

static void
put(uint8_t *file, size_t *size, const struct event *event, size_t count)
{
	memcpy(file + event->head.offset, event->data, count);
	if (event->head.offset + count > *size)
		*size = event->head.offset + count;
}

/* A write of which only so many whole sectors got there. */
static size_t
torn(const struct event *event)
{
	return event->head.size / 2 / SECTOR * SECTOR;
}

/* How much of a write there is; at: which of those not synced. */
static size_t
part_of(const struct event *event, unsigned variant, size_t at, size_t pending)
{
	bool is_last = at + 1 == pending;

	switch (variant) {
	case VARIANT_NONE:
		return 0;
	case VARIANT_ALL:
		return event->head.size;
	case VARIANT_TORN:
		return is_last ? torn(event) : event->head.size;
	case VARIANT_RANDOM:
		return faulty_random(2) == 0 ? 0 : event->head.size;
	case VARIANT_RANDOM_TORN:
		return faulty_random(2) == 0 ? torn(event) : event->head.size;
	default:
		return at == variant - VARIANT_BUT_ONE ? 0 : event->head.size;
	}
}

static void
write_image(void)
{
	int fd = open(
	    data_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, image, image_size, 0), (ssize_t)image_size);
	if (geteuid() == 0)
		ck_assert_int_eq(
		    fchown(fd, realagent_uid(), realagent_uid()), 0);
	close(fd);
}

/* Whether a store that is open has what was promised. */
static bool
keeps(struct store_reader *reader, const struct promise *promise)
{
	struct span id = span_of(promise->id);
	struct record record;
	struct row row;
	int rv = store_get_authentic(reader, DB_TOKENS, id, &row);

	if (promise->what == PROMISED_GONE)
		return rv == ERROR_NOT_FOUND;
	if (rv < 0 || record_decode(row.body, &record) < 0)
		return false;
	if (promise->what == PROMISED_REVOKED)
		return record.state == STATE_REVOKED;
	if (promise->what == PROMISED_USED)
		return record.spec.uses == 0;
	return record.state == STATE_ACTIVE;
}

/* The last word on a token counts: promises of it that came before are off. */
static bool
is_last_word(size_t at, size_t end)
{
	const struct promise *promise = (const void *)events[at].data;

	for (size_t i = at + 1; i < end; i++) {
		const struct promise *later = (const void *)events[i].data;

		if (events[i].head.kind == JOURNAL_PROMISE &&
		    memcmp(later->id, promise->id, sizeof(later->id)) == 0)
			return false;
	}
	return true;
}

/* What is told last may have been followed by a change that nobody was told
 * of yet: a token that is there may be revoked, used or gone. */
static bool
may_differ(size_t at)
{
	const struct promise *promise = (const void *)events[at].data;

	if (promise->what != PROMISED_THERE)
		return false;
	for (size_t i = at + 1; i < event_count; i++) {
		const struct promise *later = (const void *)events[i].data;

		if (events[i].head.kind == JOURNAL_PROMISE)
			return memcmp(later->id, promise->id,
				   sizeof(later->id)) == 0;
	}
	return false;
}

/* In a child, as who the agent is: 0, 1: refused, 2: something is lost. */
static int
open_and_look(size_t end)
{
	const struct store_options options = { .directory = store_path,
		.map_size = MAP_SIZE };
	struct store_reader *reader;
	struct keyring *keyring;
	struct store *store;
	char why[512] = "";
	bool whole;
	const uid_t uid = realagent_uid();

	/* The key is the agent's user's, and read here by root. */
	if (geteuid() == 0 && chown(key_path, 0, 0) < 0)
		return 3;
	if (crypto_init() < 0 ||
	    keyring_load(key_path, &keyring, why, sizeof(why)) < 0)
		return 1;
	if (geteuid() == 0 &&
	    (chown(key_path, uid, uid) < 0 || seteuid(uid) < 0))
		return 3;
	if (store_check(&options, keyring, true, &whole, why, sizeof(why)) <
		0 ||
	    store_open(&options, keyring, &store, why, sizeof(why)) < 0) {
		return 1;
	}
	if (store_reader_open(store, &reader) < 0 ||
	    store_read_begin(reader) < 0)
		return 2;
	for (size_t i = 0; i < end; i++)
		if (events[i].head.kind == JOURNAL_PROMISE &&
		    is_last_word(i, end) && !may_differ(i) &&
		    !keeps(reader, (const void *)events[i].data))
			return 2;
	return 0;
}

static int
look_in_child(size_t end)
{
	pid_t child = fork();
	int status;

	ck_assert_int_ge(child, 0);
	if (child == 0)
		_exit(open_and_look(end));
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

/* The agent itself, and what it says to who asks. */
static void
look_by_agent(size_t end)
{
	agent = realagent_start(CONFIG);
	for (size_t i = 0; i < end; i++) {
		const struct promise *promise = (const void *)events[i].data;
		int status;

		if (events[i].head.kind != JOURNAL_PROMISE ||
		    !is_last_word(i, end) || may_differ(i))
			continue;
		status = asking_login(&promise->token, NULL);
		ck_assert_int_eq(status, promise->what == PROMISED_THERE
					     ? STATUS_OK
					     : STATUS_DENIED);
	}
	realagent_kill(agent);
	agents++;
}

/* The store as it is if power was lost before that event. */
static void
lose_power(size_t end, const size_t *pending, size_t count, unsigned variant,
    bool was_synced)
{
	int found;

	memcpy(image, durable, durable_size);
	memset(image + durable_size, 0, room - durable_size);
	image_size = durable_size;
	for (size_t i = 0; i < count; i++) {
		const struct event *event = &events[pending[i]];

		put(image, &image_size, event,
		    part_of(event, variant, i, count));
	}
	write_image();
	found = look_in_child(end);
	images++;
	ck_assert_msg(found < 2, "event %zu of %zu, variant %u: %s", end,
	    event_count, variant,
	    found == 2 ? "an acknowledged change is lost" : "a crash");
	refused += found == 1;
	/* Before the first sync there was nothing but a file being made. */
	ck_assert_msg(found == 0 || !was_synced,
	    "event %zu of %zu, variant %u: refused", end, event_count, variant);
	if (found == 0 && images % AGENT_EVERY == 0)
		look_by_agent(end);
}

static void
lose_power_in_all_ways(
    size_t end, const size_t *pending, size_t count, bool was_synced)
{
	unsigned variants = VARIANT_BUT_ONE + (unsigned)count;

	if (count == 0)
		variants = VARIANT_NONE + 1;
	for (unsigned i = 0; i < variants; i++)
		lose_power(end, pending, count, i, was_synced);
}

static void
start_over(void)
{
	strcpy(store_path, login_path("store"));
	strcpy(data_path, login_path("store/data.mdb"));
	strcpy(key_path, login_path("master.key"));
}

START_TEST(what_was_acknowledged_outlives_it)
{
	static size_t pending[EVENTS_MAX];
	size_t count = 0;
	bool is_made = false, is_named = false, was_synced = false;
	bool promised = false;

	record_life();
	read_journal();
	start_over();
	for (size_t i = 0; i < event_count; i++) {
		const struct event *event = &events[i];

		switch (event->head.kind) {
		case JOURNAL_WRITE:
			pending[count++] = i;
			break;
		case JOURNAL_WRITE_THROUGH:
			/* Before it is through it is there, not, or partly. */
			pending[count++] = i;
			lose_power_in_all_ways(i, pending, count, was_synced);
			count--;
			put(durable, &durable_size, event, event->head.size);
			break;
		case JOURNAL_SYNC:
			for (size_t j = 0; j < count; j++)
				put(durable, &durable_size, &events[pending[j]],
				    events[pending[j]].head.size);
			count = 0;
			was_synced = true;
			break;
		case JOURNAL_MAKE:
			is_made = true;
			is_named = false;
			break;
		case JOURNAL_SYNC_FOLDER:
			is_named = is_named || is_made;
			break;
		default:
			promised = true;
			break;
		}
		/* A file whose folder was not synced may have no name. */
		ck_assert_msg(!promised || is_named,
		    "acknowledged, and the store's file may be gone");
		if (is_made)
			lose_power_in_all_ways(
			    i + 1, pending, count, was_synced);
	}
	printf("powerloss: %zu writes, syncs and promises; %lu images opened, "
	       "%lu of them by an agent; %lu refused, of a store that was "
	       "being made; 0 changes lost\n",
	    event_count, images, agents, refused);
	ck_assert_uint_gt(images, 500);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("powerloss");

	tcase_add_test(tcase, what_was_acknowledged_outlives_it);
	return faulty_run("powerloss", tcase);
}
