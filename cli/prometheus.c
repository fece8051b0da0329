/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/prometheus.h"

#include <inttypes.h>
#include <string.h>

/* How an item of the agent's answer becomes a number. */
enum metric_kind {
	METRIC_NUMBER, /* it is one */
	METRIC_IS,     /* 1 if its text is `word`, else 0 */
	METRIC_LABEL,  /* 1, and its text is the label `word` */
};

/* Rows of one name stand together, and have the same type and help. */
static const struct metric {
	const char *item;
	const char *name;
	const char *label; /* its own, `key="value"`; or NULL */
	const char *type;
	const char *help;
	enum metric_kind kind;
	const char *word;
} metrics[] = {
	{ "version", "apitoken_info", NULL, "gauge",
	    "Version of the agent, as a label.", METRIC_LABEL, "version" },
	{ "state", "apitoken_sealed", NULL, "gauge",
	    "Whether the agent is sealed: it accepts no token.", METRIC_IS,
	    "sealed" },
	{ "uptime_seconds", "apitoken_uptime_seconds", NULL, "gauge",
	    "Time since the agent started.", METRIC_NUMBER, NULL },
#define VERIFICATIONS(result)                                                  \
	{                                                                      \
		result, "apitoken_verifications_total",                        \
		    "result=\"" result "\"", "counter",                        \
		    "Questions of services that were answered.",               \
		    METRIC_NUMBER, NULL                                        \
	}
	VERIFICATIONS("accepted"),
	VERIFICATIONS("refused"),
	VERIFICATIONS("undecided"),
	{ "sessions", "apitoken_sessions", NULL, "gauge",
	    "Sessions that tokens opened and that live.", METRIC_NUMBER, NULL },
#define ROWS(database)                                                         \
	{                                                                      \
		database, "apitoken_rows", "database=\"" database "\"",        \
		    "gauge", "Rows in the store.", METRIC_NUMBER, NULL         \
	}
	ROWS("tokens"),
	ROWS("usage"),
	ROWS("tombstones"),
	ROWS("projects"),
	ROWS("roles"),
	ROWS("grants"),
	{ "audit_entries", "apitoken_audit_sequence", NULL, "gauge",
	    "Number of the last entry of the audit.", METRIC_NUMBER, NULL },
	{ "store_used_bytes", "apitoken_store_used_bytes", NULL, "gauge",
	    "Bytes of the store's file that were ever in use.", METRIC_NUMBER,
	    NULL },
	{ "store_map_bytes", "apitoken_store_map_bytes", NULL, "gauge",
	    "Largest size that the store may have.", METRIC_NUMBER, NULL },
	{ "key", "apitoken_key_number", NULL, "gauge",
	    "Number of the key that new rows are made with.", METRIC_NUMBER,
	    NULL },
	{ "last_commit_age_seconds", "apitoken_last_commit_age_seconds", NULL,
	    "gauge", "Time since the store was last written to.", METRIC_NUMBER,
	    NULL },
	{ "lost_log_lines", "apitoken_lost_log_lines_total", NULL, "counter",
	    "Log lines that nobody took.", METRIC_NUMBER, NULL },
	{ "lost_attempts", "apitoken_lost_attempts_total", NULL, "counter",
	    "Logins that came too fast for the log and for the last use.",
	    METRIC_NUMBER, NULL },
};

static const struct status_item *
find_item(const struct status_item *items, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (span_is(items[i].name, name))
			return &items[i];
	return NULL;
}

/* A label's value: backslash, quote and newline are escaped. */
static void
put_escaped(FILE *stream, struct span text)
{
	for (size_t i = 0; i < text.size; i++) {
		char c = (char)text.data[i];

		if (c == '\n')
			fputs("\\n", stream);
		else {
			if (c == '\\' || c == '"')
				putc('\\', stream);
			putc(c, stream);
		}
	}
}

static void
put_sample(
    FILE *stream, const struct metric *metric, const struct status_item *item)
{
	uint64_t value = item->number;

	fputs(metric->name, stream);
	if (metric->label != NULL)
		fprintf(stream, "{%s}", metric->label);
	if (metric->kind == METRIC_LABEL) {
		fprintf(stream, "{%s=\"", metric->word);
		put_escaped(stream, item->text);
		fputs("\"}", stream);
		value = 1;
	} else if (metric->kind == METRIC_IS)
		value = span_is(item->text, metric->word);
	fprintf(stream, " %" PRIu64 "\n", value);
}

void
prometheus_put(FILE *stream, const struct status_item *items, size_t count)
{
	const char *before = "";

	for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
		const struct metric *metric = &metrics[i];
		const struct status_item *item = find_item(
		    items, count, metric->item);

		/* A sealed agent does not know all of them. */
		if (item == NULL)
			continue;
		if (strcmp(before, metric->name) != 0)
			fprintf(stream, "# HELP %s %s\n# TYPE %s %s\n",
			    metric->name, metric->help, metric->name,
			    metric->type);
		before = metric->name;
		put_sample(stream, metric, item);
	}
}
