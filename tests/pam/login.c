/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/pam/login.h"

#include <check.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[PATH_MAX];
static pid_t folder_pid;

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
folder_remove(void)
{
	if (getpid() == folder_pid)
		nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *
login_folder(void)
{
	if (folder_pid == getpid())
		return folder;
	strcpy(folder, "/tmp/apitoken-pam-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	folder_pid = getpid();
	atexit(folder_remove);
	/* libpam complains without one. */
	login_service("other", "auth required pam_deny.so\n");
	return folder;
}

const char *
login_path(const char *name)
{
	static char paths[8][128];
	static unsigned turn;
	char *path = paths[turn++ % 8];
	int size = snprintf(path, 128, "%s/%s", login_folder(), name);

	ck_assert_int_lt(size, 128);
	return path;
}

void
login_service(const char *service, const char *format, ...)
{
	FILE *file = fopen(login_path(service), "w");
	va_list args;

	ck_assert_ptr_nonnull(file);
	va_start(args, format);
	vfprintf(file, format, args);
	va_end(args);
	ck_assert_int_eq(fclose(file), 0);
}

static int
converse(int count, const struct pam_message **messages,
    struct pam_response **responses, void *data)
{
	struct login *login = data;
	const int style = messages[0]->msg_style;
	const char *answer = style == PAM_PROMPT_ECHO_ON ? login->user
							 : login->password;

	ck_assert_int_eq(count, 1);
	ck_assert(style == PAM_PROMPT_ECHO_ON || style == PAM_PROMPT_ECHO_OFF);
	snprintf(login->prompt, sizeof(login->prompt), "%s", messages[0]->msg);
	login->prompts++;
	if (login->conversation != PAM_SUCCESS)
		return login->conversation;
	*responses = calloc(1, sizeof(**responses));
	ck_assert_ptr_nonnull(*responses);
	if (answer != NULL)
		(*responses)->resp = strdup(answer);
	return PAM_SUCCESS;
}

/* libpam calls this instead of sleeping. */
static void
note_delay(int code, unsigned delay_us, void *data)
{
	struct login *login = data;

	(void)code;
	login->delay_us = delay_us;
}

void
login_begin(struct login *login, const char *service, const char *user)
{
	/* libpam copies the structure, not what it points to. */
	const struct pam_conv conv = { converse, login };
	union {
		void (*function)(int, unsigned, void *);
		const void *item;
	} delay = { note_delay };

	memset(login, 0, sizeof(*login));
	ck_assert_int_eq(pam_start_confdir(service, user, &conv, login_folder(),
			     &login->pamh),
	    PAM_SUCCESS);
	pam_set_item(login->pamh, PAM_FAIL_DELAY, delay.item);
	pam_set_item(login->pamh, PAM_RHOST, "192.0.2.1");
	pam_set_item(login->pamh, PAM_TTY, "test");
}

void
login_end(struct login *login)
{
	pam_end(login->pamh, PAM_SUCCESS);
	login->pamh = NULL;
}

int
login_authenticate(struct login *login, const char *password)
{
	login->password = password;
	login->delay_us = 0;
	return pam_authenticate(login->pamh, 0);
}

int
login_account(struct login *login)
{
	return pam_acct_mgmt(login->pamh, 0);
}

int
login_try(const char *service, const char *user, const char *password)
{
	struct login login;
	int code;

	login_begin(&login, service, user);
	code = login_authenticate(&login, password);
	login_end(&login);
	return code;
}
