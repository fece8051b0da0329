/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_STORE_FIXTURE_H
#define APITOKEN_TESTS_STORE_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "agent/model/record.h"
#include "agent/store/keyring.h"
#include "agent/store/store.h"
#include "tests/unit/model_fixture.h"

/* A store in a directory of its own, with its key beside it. */
struct fixture {
	char directory[64];
	char store_directory[80];
	char data[96]; /* the store's file */
	char key[80];
	struct store_options options;
	struct keyring *keyring;
	struct store *store;
	struct store_reader *reader; /* begun; see fixture_view() */
	char why[512];
};

/* Makes all of it; 1 MiB at most. */
void fixture_init(struct fixture *f);
/* Closes and removes it. */
void fixture_fini(struct fixture *f);
void fixture_close(struct fixture *f);
/* What store_open() said. */
int fixture_open(struct fixture *f);

/* A reader that sees the store as it is now, until the next call. */
struct store_reader *fixture_view(struct fixture *f);

/* "token00042": an id in the order of its number. */
struct span fixture_id(unsigned number);

/* A row there is, decoded, and its version; ERROR_NOT_FOUND. */
int fixture_load(struct fixture *f, struct span id, struct record *record,
    uint32_t *version);

/* Applies one set, frees it, and says what came of it. */
int fixture_apply(struct fixture *f, struct changeset *set);

/* A token in the store, by that id, with an audit entry. */
int fixture_create(
    struct fixture *f, struct span id, const struct record *record);
/* Its state becomes that one. */
int fixture_set_state(
    struct fixture *f, struct span id, enum token_state state);
int fixture_delete(struct fixture *f, struct span id);

/* An audit entry, as administrators leave them. */
struct audit_entry fixture_audit(const char *action, struct span subject);

/* A whole file; fixture_write() replaces it. */
uint8_t *fixture_read(const char *path, size_t *size);
void fixture_write(const char *path, const void *data, size_t size);

#endif
