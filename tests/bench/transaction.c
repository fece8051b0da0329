/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/bench/transaction.h"

#include <security/pam_appl.h>
#include <stdlib.h>
#include <string.h>

/* libpam frees what is answered. */
static int
converse(int count, const struct pam_message **messages,
    struct pam_response **responses, void *secret)
{
	struct pam_response *answers = calloc((size_t)count, sizeof(*answers));

	if (answers == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++)
		if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF ||
		    messages[i]->msg_style == PAM_PROMPT_ECHO_ON)
			answers[i].resp = strdup(*(const char **)secret);
	*responses = answers;
	return PAM_SUCCESS;
}

static void
no_delay(int code, unsigned microseconds, void *unused)
{
	(void)code;
	(void)microseconds;
	(void)unused;
}

bool
transaction_run(const struct transaction *transaction)
{
	const char *secret = transaction->secret;
	const struct pam_conv conversation = { converse, &secret };
	const union {
		void (*function)(int, unsigned, void *);
		const void *item;
	} delay = { no_delay };
	pam_handle_t *pamh = NULL;
	int code = pam_start_confdir(transaction->service, transaction->login,
	    &conversation, transaction->folder, &pamh);

	if (code != PAM_SUCCESS)
		return false;
	pam_set_item(pamh, PAM_FAIL_DELAY, delay.item);
	code = pam_authenticate(pamh, PAM_SILENT);
	if (code == PAM_SUCCESS && transaction->account)
		code = pam_acct_mgmt(pamh, PAM_SILENT);
	pam_end(pamh, code);
	return code == PAM_SUCCESS;
}
