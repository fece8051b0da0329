/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_ATTEMPT_H
#define APITOKEN_STORE_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/message.h"

/* One login attempt, as the serve thread tells it.  Texts are cut to fit. */
struct attempt {
	uint64_t at;	/* seconds since 1970 */
	uint8_t opcode; /* enum opcode; 0 for a message that is none */
	uint8_t status; /* enum status, as it was answered */
	uint8_t secret_number;
	bool proved;	  /* the secret was right */
	bool given_up;	  /* the caller was gone before the answer */
	uint32_t reasons; /* enum reason */
	uid_t caller;
	pid_t caller_pid;
	char id[TOKEN_ID_SIZE + 1];
	char owner[65];
	char login[65];
	char service[SERVICE_MAX + 1];
	char rhost[65];
	char tty[33];
	char ruser[33];
};

#endif
