/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_VAULT_FIXTURE_H
#define APITOKEN_TESTS_VAULT_FIXTURE_H

#include "agent/store/backup.h"
#include "agent/store/restore.h"
#include "agent/store/writer.h"
#include "tests/unit/store_fixture.h"

/* Stores with backups of them; the writer's thread for whoever needs it. */
extern struct writer *vault_writer;
extern const _Atomic bool vault_never;

void vault_start_writer(struct fixture *f);
void vault_stop_writer(void);

/* A good token of that number and name; its state is active. */
void vault_token(struct fixture *f, unsigned number, const char *name);
/* A row of that database, whatever there was. */
void vault_put(struct fixture *f, enum database database, const char *key,
    const char *body);
/* The version it has; 0 if there is none. */
uint32_t vault_version(
    struct fixture *f, enum database database, struct span key);

/* A new backup in a file without a name. */
int vault_backup(struct fixture *f, struct backup_summary *summary);
/* The bytes of a file, which are the caller's, and a file of bytes. */
uint8_t *vault_load(int fd, size_t *size);
int vault_file(const void *data, size_t size);

/* The key file gets that key of 64 equal digits, and is read again. */
void vault_add_key(struct fixture *f, unsigned number, char digit);

#endif
