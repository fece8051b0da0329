/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/pam/pamdebug.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/pam/login.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static char debug_module[PAMDEBUG_PATH];

static int
converse(int count, const struct pam_message **messages,
    struct pam_response **responses, void *data)
{
	(void)messages;
	(void)data;
	*responses = calloc((size_t)count, sizeof(**responses));
	return *responses == NULL ? PAM_BUF_ERR : PAM_SUCCESS;
}

static void
no_delay(int code, unsigned delay_us, void *data)
{
	(void)code;
	(void)delay_us;
	(void)data;
}

int
pamdebug_ask(int (*phase)(pam_handle_t *, int))
{
	const struct pam_conv conv = { converse, NULL };
	union {
		void (*function)(int, unsigned, void *);
		const void *item;
	} delay = { no_delay };
	pam_handle_t *pamh = NULL;
	int code;

	ck_assert_int_eq(
	    pam_start_confdir("svc", "alice", &conv, login_folder(), &pamh),
	    PAM_SUCCESS);
	pam_set_item(pamh, PAM_FAIL_DELAY, delay.item);
	code = phase(pamh, 0);
	pam_end(pamh, code);
	return code;
}

bool
pamdebug_find(void)
{
	static const char *const patterns[] = { "/lib/*/security/pam_debug.so",
		"/usr/lib*/*/security/pam_debug.so",
		"/lib*/security/pam_debug.so" };

	for (size_t i = 0; i < COUNT(patterns); i++) {
		glob_t paths;

		if (glob(patterns[i], 0, NULL, &paths) != 0)
			continue;
		(void)snprintf(debug_module, sizeof(debug_module), "%s",
		    paths.gl_pathv[0]);
		globfree(&paths);
		return true;
	}
	return false;
}

/* Our reader goes below a root, where /tmp and /etc/pam.d are the folder's. */
static void
make_root(char root[PAMDEBUG_PATH])
{
	char link[PAMDEBUG_PATH + 32];

	(void)snprintf(root, PAMDEBUG_PATH, "%s", login_path("root"));
	ck_assert_int_eq(mkdir(root, 0700), 0);
	(void)snprintf(link, sizeof(link), "%s/tmp", root);
	ck_assert_int_eq(symlink("/tmp", link), 0);
	(void)snprintf(link, sizeof(link), "%s/etc", root);
	ck_assert_int_eq(mkdir(link, 0700), 0);
	(void)snprintf(link, sizeof(link), "%s/etc/pam.d", root);
	ck_assert_int_eq(symlink(login_folder(), link), 0);
}

const char *
pamdebug_path(void)
{
	return debug_module;
}

void
pamdebug_prepare(const char *token, char root[PAMDEBUG_PATH])
{
	ck_assert_int_eq(symlink(debug_module, login_path(token)), 0);
	ck_assert_int_eq(symlink(debug_module, login_path("pam_unix.so")), 0);
	make_root(root);
}
