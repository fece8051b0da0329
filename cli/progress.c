/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BAR_SIZE 20
#define INTERVAL 0.1 /* seconds between two lines */

static double
now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void
progress_begin(struct progress *p, const char *what, const char *unit,
    uint64_t total, bool is_off)
{
	*p = (struct progress) {
		.what = what,
		.unit = unit,
		.total = total,
		.began = now_seconds(),
		.is_off = is_off || isatty(STDERR_FILENO) != 1,
	};
}

void
progress_format(const struct progress *p, uint64_t done, double seconds,
    char text[PROGRESS_SIZE])
{
	double rate = seconds > 0 ? (double)done / seconds : 0;
	double part = p->total > 0 ? (double)done / (double)p->total : 0;
	double left = rate > 0 ? ((double)p->total - (double)done) / rate : 0;
	char bar[BAR_SIZE + 1];

	if (p->total == 0) {
		snprintf(text, PROGRESS_SIZE, "%s %" PRIu64 " %s, %.0f/s",
		    p->what, done, p->unit, rate);
		return;
	}
	part = part > 1 ? 1 : part;
	memset(bar, ' ', BAR_SIZE);
	memset(bar, '#', (size_t)(part * BAR_SIZE));
	bar[BAR_SIZE] = '\0';
	snprintf(text, PROGRESS_SIZE,
	    "%s [%s] %" PRIu64 "/%" PRIu64 " %s, %.0f/s, %.0f s left", p->what,
	    bar, done, p->total, p->unit, rate, left > 0 ? left : 0);
}

void
progress_show(struct progress *p, uint64_t done)
{
	char text[PROGRESS_SIZE];
	double now;

	if (p->is_off)
		return;
	now = now_seconds();
	if (now - p->shown < INTERVAL)
		return;
	progress_format(p, done, now - p->began, text);
	fprintf(stderr, "\r%-*s", PROGRESS_SIZE - 1, text);
	p->shown = now;
	p->is_shown = true;
}

void
progress_clear(struct progress *p)
{
	if (p->is_shown)
		fprintf(stderr, "\r%*s\r", PROGRESS_SIZE - 1, "");
	p->is_shown = false;
}
