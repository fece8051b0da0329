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

#include "agent/model/verify.h"
#include "common/duration.h"
#include "common/message.h"

/* Below PIPE_BUF: a pipe that poll() says has room takes a line whole. */
#define LINE_SIZE 2048

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
	char text[LINE_SIZE - 64];
	struct line *line;
	va_list arguments;
	size_t size;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	size = strlen(text) + 1;
	line = malloc(sizeof(*line) + size);
	if (line != NULL) {
		line->level = level;
		memcpy(line->text, text, size);
	}
	log_queue(log, line);
}

/* Whether stderr takes a line at once. */
static bool
stderr_has_room(void)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0;
}

static bool
write_stderr(const struct log *log, int level, const char *text)
{
	char when[TIME_TEXT_SIZE];
	char line[LINE_SIZE];
	int size;

	if (!stderr_has_room())
		return false;
	time_format((uint64_t)time(NULL), when);
	if (log->journal)
		size = snprintf(line, sizeof(line), "<%d>%s\n", level, text);
	else
		size = snprintf(line, sizeof(line), "%s apitokend[%ld]: %s\n",
		    when, (long)getpid(), text);
	return write(STDERR_FILENO, line, (size_t)size) == size;
}

/* Whether the target took it. */
static bool
write_line(struct log *log, int level, const char *text)
{
	if (log->target != LOG_TO_SYSLOG)
		return write_stderr(log, level, text);
	syslog(level, "%s", text);
	return true;
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
		if (!write_line(log, line->level, line->text))
			count_lost(log, 1, 0);
		free(line);
	}
	if (dropped == 0)
		return;
	snprintf(text, sizeof(text), "%lu log lines were lost", dropped);
	if (!write_line(log, LOG_WARNING, text))
		count_lost(log, dropped, dropped);
}

void
log_quote(char *line, size_t size, const char *text)
{
	static const char digits[] = "0123456789abcdef";
	size_t at = strlen(line);

	if (at + 3 > size)
		return;
	line[at++] = '"';
	for (; *text != '\0' && at + 6 < size; text++) {
		uint8_t c = (uint8_t)*text;

		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
			line[at++] = (char)c;
			continue;
		}
		line[at++] = '\\';
		line[at++] = 'x';
		line[at++] = digits[c >> 4];
		line[at++] = digits[c & 15];
	}
	line[at++] = '"';
	line[at] = '\0';
}

static void
append(char *line, size_t size, const char *name, const char *value)
{
	size_t at = strlen(line);

	if (value[0] == '\0')
		return;
	snprintf(line + at, size - at, " %s=", name);
	log_quote(line, size, value);
}

struct outcome {
	enum status status;
	int level;
	const char *text;
};

static const struct outcome outcomes[] = {
	{ STATUS_OK, LOG_INFO, "accepted" },
	{ STATUS_DENIED, LOG_NOTICE, "refused" },
	{ STATUS_UNAVAILABLE, LOG_ERR,
	    "not decided: no answer from the store" },
	{ STATUS_REFUSED, LOG_WARNING, "not answered: caller may not ask" },
	{ STATUS_MALFORMED, LOG_WARNING, "not answered: malformed message" },
	{ STATUS_VERSION, LOG_WARNING, "not answered: other protocol version" },
};

static const struct outcome *
find_outcome(uint8_t status)
{
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(*outcomes); i++)
		if (outcomes[i].status == (enum status)status)
			return &outcomes[i];
	return &outcomes[1];
}

/* Of a token that was not proved, nothing else says anything. */
static uint32_t
told_reasons(uint32_t reasons)
{
	if ((reasons & REASON_UNKNOWN) != 0)
		return REASON_UNKNOWN;
	if ((reasons & REASONS_PROOF) != 0)
		return reasons & REASONS_PROOF;
	return reasons;
}

static const char *
attempt_word(uint8_t opcode)
{
	switch (opcode) {
	case OP_ACCOUNT:
		return "account";
	case OP_SESSION_OPEN:
	case OP_SESSION_CLOSE:
		return "session";
	default:
		return "login";
	}
}

void
log_attempt(struct log *log, const struct attempt *attempt)
{
	const struct outcome *outcome = find_outcome(attempt->status);
	char reasons[256] = "";
	char line[LINE_SIZE - 64];
	size_t at;

	/* The account phase follows a login that was logged. */
	if (attempt->opcode == OP_ACCOUNT && attempt->status == STATUS_OK)
		return;
	snprintf(line, sizeof(line), "%s %s", attempt_word(attempt->opcode),
	    outcome->text);
	if (attempt->reasons != 0)
		verify_names(
		    told_reasons(attempt->reasons), reasons, sizeof(reasons));
	else if (attempt->status == STATUS_DENIED)
		strcpy(reasons, "not-a-token");
	if (attempt->given_up)
		strcat(line, ", but the caller had given up");
	append(line, sizeof(line), "reason", reasons);
	append(line, sizeof(line), "token", attempt->id);
	append(line, sizeof(line), "owner", attempt->owner);
	append(line, sizeof(line), "user", attempt->login);
	append(line, sizeof(line), "service", attempt->service);
	append(line, sizeof(line), "from", attempt->rhost);
	append(line, sizeof(line), "tty", attempt->tty);
	append(line, sizeof(line), "ruser", attempt->ruser);
	at = strlen(line);
	snprintf(line + at, sizeof(line) - at, " caller=%u pid=%ld",
	    attempt->caller, (long)attempt->caller_pid);
	if (!write_line(log, outcome->level, line))
		count_lost(log, 1, 0);
}
