/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_ASKING_H
#define APITOKEN_TESTS_ASKING_H

#include <stdbool.h>
#include <stdint.h>

#include "common/message.h"
#include "common/tokentext.h"

/*
 * What the module and the CLI ask of the agent of realagent.h, without either:
 * any process may, thousands of times, and whether the agent is there or not.
 * What a call says is an enum status, or a negative enum error where no
 * answer came.
 */

/* ms that an answer is waited for: 5000 unless a test says otherwise. */
extern unsigned asking_timeout;

struct asking_token {
	char text[TOKEN_TEXT_SIZE + 1];
	char id[TOKEN_ID_SIZE + 1];
};

/* Before there are children: to them login_path() is another folder. */
void asking_init(void);

/* For alice at the service svc; expires_at as in struct token_spec. */
int asking_create(const char *name, uint32_t uses, uint64_t expires_at,
    struct asking_token *token);
int asking_revoke(const char *id);
int asking_delete(const char *id);
int asking_set_expiry(const char *id, uint64_t expires_at);
/* What is known of it; either may be NULL. */
int asking_show(const char *id, uint8_t *state, uint32_t *uses);
/* A page of the list. */
int asking_list(uint16_t *count);
/* With a file's descriptor: a backup into it, or a restore from it. */
int asking_backup(int fd);
int asking_restore(int fd);
/* A token by its name and owner, as an import makes it. */
int asking_import(const char *name);
int asking_state(void);

/* A login, as alice at svc; ticket may be NULL. */
int asking_login(
    const struct asking_token *token, uint8_t ticket[PROTO_TICKET_SIZE]);
/* The account phase of it, or its session. */
int asking_follow(enum opcode opcode, const uint8_t ticket[PROTO_TICKET_SIZE]);

#endif
