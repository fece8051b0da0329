/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * host FOLDER SERVICE LOGIN TOKENFILE [keep]: a process that has a login of
 * the module behind it, pam_end() included: it says "CODE" of libpam on
 * standard output, and stays until standard input ends, to be looked at.  The
 * token is nowhere but where libpam and the module put it, unless kept.
 */
#include <fcntl.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOKEN_MAX 256

static const char *token_file;
static char kept[TOKEN_MAX];

/* Straight from the file into what libpam frees. */
static char *
read_token(void)
{
	char *text = calloc(1, TOKEN_MAX);
	int fd = open(token_file, O_RDONLY | O_CLOEXEC);

	if (text == NULL || fd < 0 || read(fd, text, TOKEN_MAX - 1) < 0)
		exit(100);
	text[strcspn(text, "\n")] = '\0';
	close(fd);
	return text;
}

static int
converse(int count, const struct pam_message **messages,
    struct pam_response **responses, void *arg)
{
	struct pam_response *made = calloc((size_t)count, sizeof(*made));

	(void)arg;
	if (made == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++)
		if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF)
			made[i].resp = read_token();
	*responses = made;
	return PAM_SUCCESS;
}

static int
log_in(const char *folder, const char *service, const char *login)
{
	const struct pam_conv conv = { converse, NULL };
	pam_handle_t *pamh = NULL;
	int code = pam_start_confdir(service, login, &conv, folder, &pamh);

	if (code == PAM_SUCCESS)
		code = pam_authenticate(pamh, 0);
	if (code == PAM_SUCCESS)
		code = pam_acct_mgmt(pamh, 0);
	if (code == PAM_SUCCESS)
		code = pam_setcred(pamh, PAM_ESTABLISH_CRED);
	pam_end(pamh, code);
	return code;
}

int
main(int argc, char **argv)
{
	char byte;
	int code;

	if (argc < 5) {
		fprintf(stderr, "usage: host FOLDER SERVICE LOGIN TOKENFILE "
				"[keep]\n");
		return 100;
	}
	token_file = argv[4];
	code = log_in(argv[1], argv[2], argv[3]);
	if (argc > 5) {
		char *text = read_token();

		strcpy(kept, text);
		explicit_bzero(text, TOKEN_MAX);
		free(text);
	}
	printf("%d\n", code);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		continue;
	/* Used here, so that it is there until here. */
	return kept[0] == '\n';
}
