/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/log.h"

#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/server/attemptline.h"
#include "agent/server/quote.h"
#include "common/duration.h"
#include "common/message.h"

/* Of what may stand in one line. */
#define TEXT_SIZE 1984

/* Lines are gathered and written together.  PIPE_BUF and no more: so much a
 * pipe that poll() says has room takes whole. */
#define GATHER_SIZE 4096

/* Lines that wait to be written; more are counted and dropped. */
#define QUEUE_MAX 1024

struct line {
	struct line *next;
	int level;
	char text[];
};

struct log {
	enum log_target target;
	bool journal; /* stderr leads to it: levels instead of times */
	void (*wake)(void *arg);
	void *arg;
	pthread_mutex_t lock; /* of the queue */
	struct line *first;
	struct line **last;
	size_t count;
	unsigned long dropped; /* since that was said last */
	unsigned long told;    /* lost before, and said */
	/* Of the thread that writes. */
	size_t gathered;		/* bytes, for stderr */
	unsigned long gathered_lost;	/* lines lost, should they be */
	unsigned long gathered_told;	/* of them, lost before */
	uint64_t second;		/* what head says */
	char head[TIME_TEXT_SIZE + 32]; /* of each line */
	char lines[GATHER_SIZE];
};

struct log *
log_new(enum log_target target)
{
	struct log *log = calloc(1, sizeof(*log));

	if (log == NULL)
		return NULL;
	log->target = target;
	log->journal = getenv("JOURNAL_STREAM") != NULL;
	log->last = &log->first;
	pthread_mutex_init(&log->lock, NULL);
	if (target == LOG_TO_SYSLOG)
		openlog("apitokend", LOG_PID | LOG_NDELAY, LOG_AUTHPRIV);
	return log;
}

void
log_free(struct log *log)
{
	if (log == NULL)
		return;
	log_write(log);
	pthread_mutex_destroy(&log->lock);
	free(log);
}

void
log_set_wake(struct log *log, void (*wake)(void *arg), void *arg)
{
	log->arg = arg;
	log->wake = wake;
}

static void
log_queue(struct log *log, struct line *line)
{
	pthread_mutex_lock(&log->lock);
	if (line == NULL || log->count == QUEUE_MAX) {
		log->dropped++;
		free(line);
	} else {
		line->next = NULL;
		*log->last = line;
		log->last = &line->next;
		log->count++;
	}
	pthread_mutex_unlock(&log->lock);
	if (log->wake != NULL)
		log->wake(log->arg);
}

void
log_post(struct log *log, int level, const char *format, ...)
{
	char text[TEXT_SIZE];
	char shown[TEXT_SIZE];
	struct line *line;
	va_list arguments;
	size_t size;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	/* Whoever gave it should have: this is for what they forgot. */
	quote_escape(shown, sizeof(shown), text);
	size = strlen(shown) + 1;
	line = malloc(sizeof(*line) + size);
	if (line != NULL) {
		line->level = level;
		memcpy(line->text, shown, size);
	}
	log_queue(log, line);
}

/* Whether stderr takes what was gathered at once. */
static bool
stderr_has_room(void)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0;
}

/* told: of those that are lost, how many had been said already. */
static void
count_lost(struct log *log, unsigned long lost, unsigned long told)
{
	pthread_mutex_lock(&log->lock);
	log->dropped += lost;
	log->told -= told;
	pthread_mutex_unlock(&log->lock);
}

static void
write_gathered(struct log *log)
{
	if (log->gathered > 0 &&
	    (!stderr_has_room() ||
		write(STDERR_FILENO, log->lines, log->gathered) !=
		    (ssize_t)log->gathered))
		count_lost(log, log->gathered_lost, log->gathered_told);
	log->gathered = 0;
	log->gathered_lost = log->gathered_told = 0;
}

/* What stands before a line: a level for the journal, which knows the rest. */
static void
make_head(struct log *log, int level)
{
	char when[TIME_TEXT_SIZE];
	uint64_t now;

	if (log->journal) {
		snprintf(log->head, sizeof(log->head), "<%d>", level);
		return;
	}
	now = (uint64_t)time(NULL);
	if (now == log->second)
		return;
	time_format(now, when);
	snprintf(log->head, sizeof(log->head), "%s apitokend[%ld]: ", when,
	    (long)getpid());
	log->second = now;
}

static void
gather_line(struct log *log, int level, const char *text, unsigned long told)
{
	size_t head, size;

	make_head(log, level);
	head = strlen(log->head);
	size = strlen(text);
	if (log->gathered + head + size + 1 > sizeof(log->lines))
		write_gathered(log);
	memcpy(log->lines + log->gathered, log->head, head);
	memcpy(log->lines + log->gathered + head, text, size);
	log->gathered += head + size + 1;
	log->lines[log->gathered - 1] = '\n';
	log->gathered_lost += told > 0 ? told : 1;
	log->gathered_told += told;
}

/* By the end of the round.  told: lost lines that this one tells of. */
static void
write_line(struct log *log, int level, const char *text, unsigned long told)
{
	if (log->target == LOG_TO_SYSLOG)
		syslog(level, "%s", text);
	else
		gather_line(log, level, text, told);
}

unsigned long
log_lost(struct log *log)
{
	unsigned long lost;

	pthread_mutex_lock(&log->lock);
	lost = log->dropped + log->told;
	pthread_mutex_unlock(&log->lock);
	return lost;
}

void
log_write(struct log *log)
{
	struct line *lines;
	struct line *line;
	unsigned long dropped;
	char text[64];

	pthread_mutex_lock(&log->lock);
	lines = log->first;
	log->first = NULL;
	log->last = &log->first;
	log->count = 0;
	dropped = log->dropped;
	log->dropped = 0;
	log->told += dropped;
	pthread_mutex_unlock(&log->lock);
	while ((line = lines) != NULL) {
		lines = line->next;
		write_line(log, line->level, line->text, 0);
		free(line);
	}
	snprintf(text, sizeof(text), "%lu log lines were lost", dropped);
	if (dropped > 0)
		write_line(log, LOG_WARNING, text, dropped);
	write_gathered(log);
}

void
log_attempt(struct log *log, const struct attempt *attempt)
{
	char line[TEXT_SIZE];
	int level;

	/* The account phase follows a login that was logged. */
	if (attempt->opcode == OP_ACCOUNT && attempt->status == STATUS_OK)
		return;
	level = attemptline_format(attempt, line, sizeof(line));
	write_line(log, level, line, 0);
}
