/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/dates.h"

#include <string.h>
#include <time.h>

#include "cli/output.h"
#include "common/duration.h"

static void
say_time(const char *option, const char *text, const char * or)
{
	output_error("--%s '%s': it takes a duration (15m, 12h, 90d, at most "
		     "100y), a date "
		     "(2027-01-31, 2027-01-31T12:00:00Z)%s",
	    option, text, or);
}

static bool
is_future(const char *text, uint64_t when, uint64_t now)
{
	char date[TIME_TEXT_SIZE], today[TIME_TEXT_SIZE];

	if (when == TIME_NEVER || when > now)
		return true;
	time_format(when, date);
	time_format(now, today);
	output_error("--expires '%s' is %s and it is %s now: give a later "
		     "date, a duration such as 90d, or never",
	    text, date, today);
	return false;
}

static bool
read_expiry(const char *text, uint64_t now, uint64_t *when)
{
	uint64_t expiry;

	if (text == NULL)
		return true;
	if (time_parse(text, now, &expiry) != 0) {
		say_time("expires", text, " or never");
		return false;
	}
	if (!is_future(text, expiry, now))
		return false;
	*when = expiry;
	return true;
}

/* "never" would not be the opposite of "at once" but the same number. */
static bool
read_beginning(const char *text, uint64_t now, uint64_t *when)
{
	uint64_t beginning = 0;

	if (text == NULL)
		return true;
	if (text[0] != '\0' && (time_parse(text, now, &beginning) != 0 ||
				   beginning == TIME_NEVER)) {
		say_time("not-before", text, "");
		return false;
	}
	*when = beginning;
	return true;
}

bool
dates_fill(struct token_spec *spec, const char *expires, const char *not_before)
{
	uint64_t now = (uint64_t)time(NULL);

	if (!read_expiry(expires, now, &spec->expires_at) ||
	    !read_beginning(not_before, now, &spec->not_before))
		return false;
	if (expires == NULL || not_before == NULL ||
	    spec->expires_at == TIME_NEVER ||
	    spec->not_before < spec->expires_at)
		return true;
	output_error("--not-before '%s' is not before --expires '%s'",
	    not_before, expires);
	return false;
}

bool
dates_past(const char *option, const char *text, uint64_t *when)
{
	uint64_t now = (uint64_t)time(NULL), seconds, date = 0;

	if (text == NULL)
		return true;
	if (duration_parse(text, &seconds) == 0) {
		*when = seconds < now ? now - seconds : 1;
		return true;
	}
	if (time_parse(text, now, &date) != 0 || date == TIME_NEVER) {
		say_time(option, text, "");
		return false;
	}
	*when = date;
	return true;
}

bool
dates_duration(const char *option, const char *text, uint64_t *seconds)
{
	if (text == NULL || duration_parse(text, seconds) == 0)
		return true;
	output_error(
	    "--%s '%s': it takes a duration (15m, 12h, 7d, at most 100y)",
	    option, text);
	return false;
}

void
dates_note_expiry(const struct token_spec *spec)
{
	char date[TIME_TEXT_SIZE];

	time_format(spec->expires_at, date);
	if (spec->expires_at == TIME_NEVER)
		output_note("it never expires");
	else
		output_note("it will expire %s", date);
}
