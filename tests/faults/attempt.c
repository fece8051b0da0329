/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/faults/attempt.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static int
converse(int count, const struct pam_message **messages,
    struct pam_response **responses, void *data)
{
	const struct attempt *attempt = data;
	struct pam_response *response;

	if (count != 1 || messages[0]->msg_style != PAM_PROMPT_ECHO_OFF)
		return PAM_CONV_ERR;
	response = calloc(1, sizeof(*response));
	if (response == NULL)
		return PAM_BUF_ERR;
	response->resp = strdup(attempt->password);
	if (response->resp == NULL) {
		free(response);
		return PAM_BUF_ERR;
	}
	*responses = response;
	return PAM_SUCCESS;
}

static void
no_delay(int code, unsigned delay_us, void *data)
{
	(void)code;
	(void)delay_us;
	(void)data;
}

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int
run_phase(pam_handle_t *pamh, enum attempt_phase phase)
{
	static int (*const calls[])(pam_handle_t *, int) = {
		[ATTEMPT_AUTHENTICATE] = pam_authenticate,
		[ATTEMPT_ACCOUNT] = pam_acct_mgmt,
		[ATTEMPT_OPEN] = pam_open_session,
		[ATTEMPT_CLOSE] = pam_close_session,
	};

	return calls[phase](pamh, 0);
}

static pam_handle_t *
start(const struct attempt *attempt)
{
	union {
		const void *from;
		void *to;
	} data = { attempt };
	const struct pam_conv conv = { converse, data.to };
	union {
		void (*function)(int, unsigned, void *);
		const void *item;
	} delay = { no_delay };
	pam_handle_t *pamh = NULL;

	if (pam_start_confdir(attempt->service, attempt->user, &conv,
		attempt->folder, &pamh) != PAM_SUCCESS)
		return NULL;
	pam_set_item(pamh, PAM_FAIL_DELAY, delay.item);
	pam_set_item(pamh, PAM_RHOST, "192.0.2.1");
	pam_set_item(pamh, PAM_TTY, "test");
	return pamh;
}

void
attempt_run(const struct attempt *attempt, struct attempt_result *result)
{
	pam_handle_t *pamh = start(attempt);
	int code = PAM_SUCCESS;

	result->longest = 0;
	for (size_t i = 0; i < ATTEMPT_PHASES; i++)
		result->codes[i] = ATTEMPT_NONE;
	if (pamh == NULL)
		return;
	if (attempt->started != NULL)
		attempt->started();
	for (enum attempt_phase p = 0; p <= attempt->last; p++) {
		double begun = seconds();

		code = result->codes[p] = run_phase(pamh, p);
		if (seconds() - begun > result->longest)
			result->longest = seconds() - begun;
		if (code != PAM_SUCCESS)
			break;
		if (p == ATTEMPT_AUTHENTICATE && attempt->later_user != NULL &&
		    pam_set_item(pamh, PAM_USER, attempt->later_user) !=
			PAM_SUCCESS)
			break;
	}
	if (attempt->ended != NULL)
		attempt->ended();
	pam_end(pamh, code);
}
