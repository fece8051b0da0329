/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/askprompt.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Words of prompts that want something else, whatever else they have. */
static const char *const others[] = { "new password", "new unix password",
	"for new", "retype", "reenter", "re-enter", "repeat", "confirm",
	"again:", "passphrase", "yes/no", "fingerprint", "pin for",
	"enter pin" };

bool
askprompt_wants_token(const char *prompt, const char *own)
{
	for (size_t i = 0; i < COUNT(others); i++)
		if (strcasestr(prompt, others[i]) != NULL)
			return false;
	return strcasestr(prompt, "password") != NULL ||
	       strcasestr(prompt, "token") != NULL ||
	       (own != NULL && strcasestr(prompt, own) != NULL);
}

bool
askprompt_is_host_key(const char *prompt)
{
	return strcasestr(prompt, "fingerprint") != NULL ||
	       strcasestr(prompt, "yes/no") != NULL;
}

bool
askprompt_wants_user(const char *prompt)
{
	return strncasecmp(prompt, "username", strlen("username")) == 0;
}

/* Of git; what it says behind that is a URL, if anything. */
static bool
is_gits(const char *prompt)
{
	return strncmp(prompt, "Username for '", 14) == 0 ||
	       strncmp(prompt, "Password for '", 14) == 0;
}

/* Where a URL's user, host and port begin and end; NULL if there is none, or one
 * whose user may have been made to look like a host. */
static const char *
url_of(const char *prompt, const char **end)
{
	const char *begin = strstr(prompt, "://");

	if (begin == NULL)
		return NULL;
	begin += strlen("://");
	*end = begin + strcspn(begin, "/?#'");
	return strchr(*end, '@') == NULL ? begin : NULL;
}

/*
 * The same of "alice@host"; there is no port.  Behind a parenthesis comes what
 * the server says, which may have others in it; in front of "'s password" a
 * user, who may.
 */
static const char *
login_of(const char *prompt, const char **end)
{
	static const char words[] = "'s password";
	const char *next = prompt;

	*end = NULL;
	if (*prompt == '(')
		*end = strchr(prompt, ')');
	else
		while ((next = strstr(next, words)) != NULL)
			*end = next++;
	return *end == NULL ? NULL : prompt + (*prompt == '(');
}

/* Behind the last @ before the end, or the beginning. */
static const char *
host_begin(const char *begin, const char *end)
{
	const char *at = memrchr(begin, '@', (size_t)(end - begin));

	return at == NULL ? begin : at + 1;
}

bool
askprompt_is_of(const char *prompt, const char *host)
{
	const bool is_url = is_gits(prompt);
	const char *end = NULL;
	const char *begin = is_url ? url_of(prompt, &end)
				   : login_of(prompt, &end);
	size_t size;

	if (begin == NULL)
		return false;
	begin = host_begin(begin, end);
	size = (size_t)(end - begin);
	if (is_url && *begin == '[')
		size = strcspn(begin, "]'/") + 1;
	else if (is_url)
		size = strcspn(begin, ":/?#'");
	return strlen(host) == size && strncasecmp(begin, host, size) == 0;
}
