/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_DURATION_H
#define APITOKEN_COMMON_DURATION_H

#include <stddef.h>
#include <stdint.h>

/* Seconds since 1970-01-01T00:00:00Z in a token's dates; 0 is "never". */
#define TIME_NEVER 0

/* In the expiry of a create request: what the agent's configuration says. */
#define EXPIRES_DEFAULT UINT64_MAX

/* 9999-12-31T23:59:59Z, the last second that RFC 3339 can write. */
#define TIME_MAX INT64_C(253402300799)

/* "1970-01-01T00:00:00Z" and a NUL. */
#define TIME_TEXT_SIZE 21

/*
 * "90s" "15m" "12h" "7d" "4w" "1y" (365 days): one whole number above 0 and
 * one unit.  ERROR_MALFORMED, or ERROR_TOO_LONG past a hundred years; then
 * *seconds is unchanged.
 */
int duration_parse(const char *text, uint64_t *seconds);

/*
 * "never" (TIME_NEVER), a duration from now, an RFC 3339 date-time with its
 * zone ("2027-01-31T12:00:00Z", "2027-01-31 12:00:00+01:00") or a date, which
 * is its first second in UTC.  ERROR_MALFORMED, or ERROR_TOO_LONG outside of
 * 1970 to 9999 and for the first second of 1970, whose number means "never";
 * then *when is unchanged.  A part of a second is dropped, a leap second
 * malformed.  A time in the past is no error here.
 */
int time_parse(const char *text, uint64_t now, uint64_t *when);

/* RFC 3339 in UTC; times past TIME_MAX are written as TIME_MAX. */
void time_format(uint64_t when, char text[TIME_TEXT_SIZE]);

#endif
