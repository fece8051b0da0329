/* SPDX-License-Identifier: BSD-3-Clause */
#include "pam_apitoken/account.h"

#include <stdlib.h>
#include <string.h>

#include "common/message.h"
#include "common/secret.h"
#include "pam_apitoken/host.h"

#define TICKET_NAME "apitoken_ticket"

struct ticket {
	uint8_t bytes[PROTO_TICKET_SIZE];
};

/*
 * Touches memory and nothing else: su and login run it in a forked child
 * while the parent's session goes on.
 */
static void
ticket_free(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh;
	(void)status;
	if (data != NULL)
		wipe(data, sizeof(struct ticket));
	free(data);
}

static const struct ticket *
ticket_find(pam_handle_t *pamh)
{
	const void *data = NULL;

	if (pam_get_data(pamh, TICKET_NAME, &data) != PAM_SUCCESS)
		return NULL;
	return data;
}

int
account_keep(pam_handle_t *pamh, const uint8_t ticket[PROTO_TICKET_SIZE])
{
	struct ticket *kept = malloc(sizeof(*kept));

	if (kept == NULL)
		return PAM_BUF_ERR;
	memcpy(kept->bytes, ticket, sizeof(kept->bytes));
	if (pam_set_data(pamh, TICKET_NAME, kept, ticket_free) != PAM_SUCCESS) {
		ticket_free(pamh, kept, 0);
		return PAM_BUF_ERR;
	}
	return PAM_SUCCESS;
}

void
account_forget(pam_handle_t *pamh)
{
	/* Replacing what is not there would make libpam allocate. */
	if (ticket_find(pamh) != NULL)
		pam_set_data(pamh, TICKET_NAME, NULL, ticket_free);
}

int
account(pam_handle_t *pamh, const struct options *options)
{
	const struct ticket *ticket = ticket_find(pamh);
	struct question question = { .opcode = OP_ACCOUNT };
	struct answer answer = { 0 };
	struct host host;
	int code = PAM_AUTH_ERR;

	if (ticket == NULL)
		return PAM_IGNORE;
	host_read(pamh, options, &host);
	question.ticket = span_bytes(ticket->bytes, sizeof(ticket->bytes));
	if (host_question(&host, &question))
		code = host_ask(pamh, options, &question, &answer);
	if (code == PAM_AUTH_ERR) {
		code = PAM_ACCT_EXPIRED;
		if (!options->quiet)
			host_log_expired(pamh, &host);
	}
	return code;
}
