/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/duration.h"

#include <stdbool.h>
#include <string.h>

#include "common/error.h"

/*
 * The calendar is reckoned here because gmtime(3) and timegm(3) are not free
 * of the environment: with TZ=right/UTC they count leap seconds.
 */

#define MINUTE	     60
#define HOUR	     (60 * MINUTE)
#define DAY	     (24 * HOUR)
#define YEAR	     (365 * DAY)
#define DURATION_MAX (UINT64_C(100) * YEAR)

static const struct unit {
	char letter;
	uint32_t seconds;
} units[] = {
	{ 's', 1 },
	{ 'm', MINUTE },
	{ 'h', HOUR },
	{ 'd', DAY },
	{ 'w', 7 * DAY },
	{ 'y', YEAR },
};

/* Days before a month of a common year, and of the whole year. */
static const uint16_t days_before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243,
	273, 304, 334, 365 };

struct date {
	unsigned year, month, day; /* from 1 */
	unsigned hour, minute, second;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static uint32_t
unit_seconds(char letter)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].letter == letter)
			return units[i].seconds;
	return 0;
}

int
duration_parse(const char *text, uint64_t *seconds)
{
	const char *at = text;
	uint64_t number = 0;
	uint32_t unit;

	for (; is_digit(*at); at++)
		if (number <= DURATION_MAX)
			number = number * 10 + (uint64_t)(*at - '0');
	unit = unit_seconds(*at);
	if (number == 0 || unit == 0 || at[1] != '\0')
		return ERROR_MALFORMED;
	if (number > DURATION_MAX / unit)
		return ERROR_TOO_LONG;
	*seconds = number * unit;
	return 0;
}

static bool
is_leap(unsigned year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days of the year that lie before a month, 13 being the year's end. */
static unsigned
year_days(unsigned year, unsigned month)
{
	return days_before[month - 1] + (month > 2 && is_leap(year) ? 1U : 0U);
}

/* Days from 0001-01-01 to the first day of a year. */
static unsigned
days_to(unsigned year)
{
	const unsigned past = year - 1;

	return past * 365 + past / 4 - past / 100 + past / 400;
}

/* Takes exactly `digits` digits from *at. */
static bool
take_number(const char **at, unsigned digits, unsigned *number)
{
	unsigned v = 0;

	for (; digits > 0; digits--, (*at)++) {
		if (!is_digit(**at))
			return false;
		v = v * 10 + (unsigned)(**at - '0');
	}
	*number = v;
	return true;
}

static bool
take_one_of(const char **at, const char *letters)
{
	if (**at == '\0' || strchr(letters, **at) == NULL)
		return false;
	(*at)++;
	return true;
}

static bool
take_date(const char **at, struct date *date)
{
	return take_number(at, 4, &date->year) && take_one_of(at, "-") &&
	       take_number(at, 2, &date->month) && take_one_of(at, "-") &&
	       take_number(at, 2, &date->day) && date->month >= 1 &&
	       date->month <= 12 && date->day >= 1 &&
	       date->day <= year_days(date->year, date->month + 1) -
				year_days(date->year, date->month);
}

/* A part of a second is allowed and dropped; a leap second is refused. */
static bool
take_time(const char **at, struct date *date)
{
	if (!take_number(at, 2, &date->hour) || !take_one_of(at, ":") ||
	    !take_number(at, 2, &date->minute) || !take_one_of(at, ":") ||
	    !take_number(at, 2, &date->second))
		return false;
	if (take_one_of(at, ".")) {
		if (!is_digit(**at))
			return false;
		while (is_digit(**at))
			(*at)++;
	}
	return date->hour < 24 && date->minute < 60 && date->second < 60;
}

/* *east is how many seconds the zone is ahead of UTC. */
static bool
take_zone(const char **at, int64_t *east)
{
	const int64_t sign = **at == '-' ? -1 : 1;
	unsigned hour, minute;

	*east = 0;
	if (take_one_of(at, "Zz"))
		return true;
	if (!take_one_of(at, "+-") || !take_number(at, 2, &hour) ||
	    !take_one_of(at, ":") || !take_number(at, 2, &minute))
		return false;
	*east = sign * (int64_t)(hour * HOUR + minute * MINUTE);
	return hour < 24 && minute < 60;
}

static int
date_parse(const char *text, uint64_t *when)
{
	struct date date = { 0 };
	int64_t east = 0, seconds;

	if (!take_date(&text, &date))
		return ERROR_MALFORMED;
	if (take_one_of(&text, "Tt ") &&
	    !(take_time(&text, &date) && take_zone(&text, &east)))
		return ERROR_MALFORMED;
	if (*text != '\0')
		return ERROR_MALFORMED;
	/* The last hours of 1969 west of UTC are in 1970. */
	if (date.year < 1969)
		return ERROR_TOO_LONG;
	seconds = ((int64_t)days_to(date.year) - days_to(1970) +
		      year_days(date.year, date.month) + date.day - 1) *
		  DAY;
	seconds += date.hour * HOUR + date.minute * MINUTE + date.second;
	seconds -= east;
	/* The first second of 1970 too: its number means "never". */
	if (seconds <= TIME_NEVER || seconds > TIME_MAX)
		return ERROR_TOO_LONG;
	*when = (uint64_t)seconds;
	return 0;
}

int
time_parse(const char *text, uint64_t now, uint64_t *when)
{
	uint64_t seconds;
	int error;

	if (strcmp(text, "never") == 0) {
		*when = TIME_NEVER;
		return 0;
	}
	error = duration_parse(text, &seconds);
	if (error == ERROR_MALFORMED)
		return date_parse(text, when);
	if (error != 0)
		return error;
	if (now > TIME_MAX || seconds > (uint64_t)TIME_MAX - now)
		return ERROR_TOO_LONG;
	*when = now + seconds;
	return 0;
}

static char *
write_number(char *at, unsigned number, unsigned digits, char after)
{
	for (unsigned i = digits; i > 0; i--) {
		at[i - 1] = (char)('0' + number % 10);
		number /= 10;
	}
	at[digits] = after;
	return at + digits + 1;
}

void
time_format(uint64_t when, char text[TIME_TEXT_SIZE])
{
	const uint64_t t = when > TIME_MAX ? TIME_MAX : when;
	const unsigned second = (unsigned)(t % DAY);
	unsigned days = (unsigned)(t / DAY) + days_to(1970);
	unsigned year = days / 366 + 1; /* at most a few years early */
	unsigned month = 12;

	while (days_to(year + 1) <= days)
		year++;
	days -= days_to(year);
	while (year_days(year, month) > days)
		month--;
	days -= year_days(year, month);
	text = write_number(text, year, 4, '-');
	text = write_number(text, month, 2, '-');
	text = write_number(text, days + 1, 2, 'T');
	text = write_number(text, second / HOUR, 2, ':');
	text = write_number(text, second % HOUR / MINUTE, 2, ':');
	text = write_number(text, second % MINUTE, 2, 'Z');
	*text = '\0';
}
