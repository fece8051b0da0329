/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/writer.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "agent/store/ring.h"
#include "common/clock.h"
#include "common/error.h"

/* So many sets in one transaction at the most: they share its two flushes. */
#define GROUP_MAX 256

/* Uses are gathered for so long before they are written, and so long is waited
 * at the most while there is something to write. */
#define USAGE_DELAY_MS 100

/* That takes a twentieth of the time at the most: on a slow disk, or where more
 * tokens come than it can keep up with, last uses are what is lost. */
#define USAGE_SHARE 20

/* Attempts are gathered for so long before they are logged, unless there is
 * something to commit: a line is cheap, to wake a thread for each is not. */
#define ATTEMPTS_DELAY_MS 5

/* So long is waited for those, where somebody must know. */
#define SETTLE_MS 100

struct writer {
	struct writer_options options;
	pthread_t thread;
	int wake;	     /* eventfd */
	_Atomic bool noted;  /* attempts have come, and it was told */
	_Atomic bool called; /* to come at once, and it was told */
	_Atomic bool stopping;
	struct inbox inbox;
	struct ring *ring;
	struct pending *pending;
	_Atomic size_t settled; /* attempts, as the ring counts them */
	struct store_reader *reader;
	uint64_t usage_due; /* ms, when usage may be written again */
	_Atomic uint64_t committed_at;
};

/* Says it once: *told is true until the thread has heard. */
static void
tell(struct writer *writer, _Atomic bool *told)
{
	uint64_t one = 1;

	if (atomic_exchange(told, true))
		return;
	/* Cannot fail but for a counter near 2^64. */
	if (write(writer->wake, &one, sizeof(one)) < 0)
		return;
}

void
writer_wake(struct writer *writer)
{
	tell(writer, &writer->called);
}

void
writer_submit(struct writer *writer, struct submission *submission)
{
	inbox_put(&writer->inbox, submission);
	writer_wake(writer);
}

void
writer_submit_later(struct writer *writer, struct submission *submission)
{
	/* It has to know when that is due. */
	if (inbox_put_later(&writer->inbox, submission, clock_ms()))
		tell(writer, &writer->noted);
}

/* Somebody who waits for a commit. */
struct waiter {
	pthread_mutex_t lock;
	pthread_cond_t decided;
	bool is_decided;
	int result;
};

static void
wake_waiter(void *arg, int result)
{
	struct waiter *waiter = arg;

	pthread_mutex_lock(&waiter->lock);
	waiter->result = result;
	waiter->is_decided = true;
	/* Within the lock: whoever waits may take all of it away. */
	pthread_cond_signal(&waiter->decided);
	pthread_mutex_unlock(&waiter->lock);
}

int
writer_commit(struct writer *writer, struct changeset *set)
{
	struct waiter waiter = { .lock = PTHREAD_MUTEX_INITIALIZER,
		.decided = PTHREAD_COND_INITIALIZER };
	struct submission submission = {
		.set = set, .done = wake_waiter, .arg = &waiter
	};

	writer_submit(writer, &submission);
	pthread_mutex_lock(&waiter.lock);
	while (!waiter.is_decided)
		pthread_cond_wait(&waiter.decided, &waiter.lock);
	pthread_mutex_unlock(&waiter.lock);
	pthread_cond_destroy(&waiter.decided);
	pthread_mutex_destroy(&waiter.lock);
	return waiter.result;
}

void
writer_note(struct writer *writer, const struct attempt *attempt)
{
	ring_put(writer->ring, attempt);
	tell(writer,
	    ring_is_filling(writer->ring) ? &writer->called : &writer->noted);
}

void
writer_settle(struct writer *writer)
{
	const size_t noted = ring_count(writer->ring);

	for (int i = 0; i < SETTLE_MS; i++) {
		if (atomic_load(&writer->settled) - noted <= SIZE_MAX / 2)
			return;
		writer_wake(writer);
		poll(NULL, 0, 1);
	}
}

bool
writer_recent_use(
    struct writer *writer, const char *id, struct recent_use *recent)
{
	return pending_look(writer->pending, id, recent);
}

static uint64_t
now_seconds(void)
{
	return (uint64_t)time(NULL);
}

uint64_t
writer_committed_at(const struct writer *writer)
{
	return atomic_load(&writer->committed_at);
}

/* Commits; what became of each is in results. */
static void
commit_sets(struct writer *writer, struct changeset *const *sets, size_t count,
    int *results)
{
	bool any = false;

	store_apply(writer->options.store, sets, count, results);
	for (size_t i = 0; i < count; i++)
		any = any || results[i] == 0;
	if (any)
		atomic_store(&writer->committed_at, now_seconds());
	else if (store_is_broken(writer->options.store) &&
		 writer->options.on_broken != NULL) {
		writer->options.on_broken(writer->options.arg);
		writer->options.on_broken = NULL;
	}
}

/* Commits the first of the queue, as many as make a group; the rest. */
static struct submission *
commit_group(struct writer *writer, struct submission *queue)
{
	struct changeset *sets[GROUP_MAX] = { 0 };
	int results[GROUP_MAX];
	struct submission *group = queue;
	size_t count = 0, rows = 0;

	for (; queue != NULL && count < GROUP_MAX && rows < COMMIT_ROWS_MAX;
	     queue = queue->next) {
		rows += queue->set->count + queue->set->audit_count;
		sets[count++] = queue->set;
	}
	commit_sets(writer, sets, count, results);
	for (size_t i = 0; i < count; i++) {
		/* Whose it is may free it once told. */
		struct submission *next = group->next;

		changeset_free(group->set);
		group->set = NULL;
		group->done(group->arg, results[i]);
		group = next;
	}
	return queue;
}

/* Writes due uses; false if there are more of them. */
static bool
write_usage(struct writer *writer, bool all)
{
	struct changeset *set;
	size_t due = 0;
	int result = 0;

	if (writer->reader == NULL || pending_is_empty(writer->pending))
		return true;
	set = changeset_new();
	if (set == NULL || store_read_begin(writer->reader) < 0)
		goto out;
	due = pending_due(
	    writer->pending, writer->reader, now_seconds(), all, set);
	store_read_end(writer->reader);
	if (set->count > 0)
		commit_sets(writer, &set, 1, &result);
	if (result < 0)
		writer->options.on_usage_error(writer->options.arg, result);
out:
	changeset_free(set);
	return due == 0;
}

static void
take_attempts(struct writer *writer)
{
	const struct writer_options *options = &writer->options;
	struct attempt attempt;
	unsigned long lost;

	while (ring_take(writer->ring, &attempt)) {
		options->on_attempt(options->arg, &attempt);
		if (attempt.status == STATUS_OK && !attempt.given_up &&
		    attempt.opcode == OP_AUTHENTICATE)
			pending_note(writer->pending, &attempt);
		atomic_fetch_add(&writer->settled, 1);
	}
	lost = ring_lost(writer->ring);
	if (lost > 0)
		options->on_lost(options->arg, lost);
}

static void
writer_round(struct writer *writer, uint64_t now)
{
	struct submission *queue = inbox_take(&writer->inbox, now);

	while (queue != NULL)
		queue = commit_group(writer, queue);
	take_attempts(writer);
	writer->options.on_round(writer->options.arg);
}

/* Until somebody says something, or so long. */
static void
listen_for(struct writer *writer, int timeout_ms)
{
	struct pollfd wake = { .fd = writer->wake, .events = POLLIN };
	uint64_t count;

	poll(&wake, 1, timeout_ms);
	if (read(writer->wake, &count, sizeof(count)) < 0)
		count = 0;
}

static void
wait_for_work(struct writer *writer)
{
	bool something_waits = !pending_is_empty(writer->pending) ||
			       inbox_has_later(&writer->inbox);

	listen_for(writer, something_waits ? USAGE_DELAY_MS : -1);
	if (!atomic_load(&writer->called) && atomic_load(&writer->noted))
		listen_for(writer, ATTEMPTS_DELAY_MS);
	/* First this, then the work: what comes in between wakes again.  The
	 * exchange, unlike a store, also sees what those who found the flag
	 * set had queued before. */
	atomic_exchange(&writer->called, false);
	atomic_exchange(&writer->noted, false);
}

static void
write_due_usage(struct writer *writer)
{
	const uint64_t began = clock_ms();
	uint64_t took;

	if (began < writer->usage_due)
		return;
	write_usage(writer, false);
	took = clock_ms() - began;
	writer->usage_due = began + (took * USAGE_SHARE > USAGE_DELAY_MS
					    ? took * USAGE_SHARE
					    : USAGE_DELAY_MS);
}

static void *
writer_run(void *arg)
{
	struct writer *writer = arg;

	while (!atomic_load(&writer->stopping)) {
		wait_for_work(writer);
		writer_round(writer, clock_ms());
		write_due_usage(writer);
	}
	writer_round(writer, UINT64_MAX);
	while (!write_usage(writer, true))
		continue;
	writer->options.on_round(writer->options.arg);
	return NULL;
}

static void
writer_free(struct writer *writer)
{
	if (writer->wake >= 0)
		close(writer->wake);
	store_reader_close(writer->reader);
	pending_free(writer->pending);
	ring_free(writer->ring);
	inbox_fini(&writer->inbox);
	free(writer);
}

int
writer_start(const struct writer_options *options, struct writer **writer)
{
	struct writer *started = calloc(1, sizeof(*started));
	int rv = ERROR_MEMORY;

	if (started == NULL)
		return rv;
	started->options = *options;
	inbox_init(&started->inbox);
	started->ring = ring_new();
	started->pending = pending_new();
	started->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (started->ring == NULL || started->pending == NULL)
		goto out;
	if (options->store != NULL) {
		rv = store_reader_open(options->store, &started->reader);
		if (rv < 0)
			goto out;
	}
	rv = ERROR_SYSTEM;
	if (started->wake < 0 ||
	    pthread_create(&started->thread, NULL, writer_run, started) != 0)
		goto out;
	*writer = started;
	return 0;
out:
	writer_free(started);
	return rv;
}

void
writer_stop(struct writer *writer)
{
	if (writer == NULL)
		return;
	atomic_store(&writer->stopping, true);
	writer_wake(writer);
	pthread_join(writer->thread, NULL);
	writer_free(writer);
}
