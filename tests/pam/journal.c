/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * syslog() of this program: it comes before libc's when libpam looks for the
 * symbol.  <syslog.h> is not included because it may define them inline.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/pam/login.h"

#define EXPORT __attribute__((visibility("default")))

static char journal[65536];

void syslog(int priority, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void __syslog_chk(int priority, int flag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void __attribute__((format(printf, 1, 0)))
journal_add(const char *format, va_list args)
{
	size_t at = strlen(journal);

	vsnprintf(journal + at, sizeof(journal) - at, format, args);
	at = strlen(journal);
	snprintf(journal + at, sizeof(journal) - at, "\n");
}

EXPORT void
syslog(int priority, const char *format, ...)
{
	va_list args;

	(void)priority;
	va_start(args, format);
	journal_add(format, args);
	va_end(args);
}

EXPORT void
__syslog_chk(int priority, int flag, const char *format, ...)
{
	va_list args;

	(void)priority;
	(void)flag;
	va_start(args, format);
	journal_add(format, args);
	va_end(args);
}

const char *
journal_text(void)
{
	return journal;
}

void
journal_clear(void)
{
	journal[0] = '\0';
}
