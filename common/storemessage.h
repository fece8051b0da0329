/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_STOREMESSAGE_H
#define APITOKEN_COMMON_STOREMESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/keyline.h"
#include "common/span.h"
#include "common/wirebuf.h"

/* Bodies of OP_BACKUP, OP_RESTORE, OP_KEY_ADD, OP_KEY_STATUS: as in
 * message.h. */

#define AUDIT_MAC_SIZE 16

/* Which state of which store a backup is. */
struct backup_origin {
	uint64_t created_at; /* seconds since 1970 */
	uint64_t audit_sequence;
	uint8_t audit_mac[AUDIT_MAC_SIZE]; /* of the last audit entry */
};

void backup_origin_put(struct wirebuf *w, const struct backup_origin *o);
void backup_origin_get(struct wirebuf *w, struct backup_origin *o);

/* A row of OP_BACKUP's reply, behind the origin, the number of damaged rows
 * that were left out and a count byte. */
struct backup_item {
	struct span database;
	uint64_t rows;
};

void backup_item_put(struct wirebuf *w, const struct backup_item *item);
void backup_item_get(struct wirebuf *w, struct backup_item *item);

/* A row of OP_RESTORE's reply, behind the origin and a count byte. */
struct restore_item {
	struct span database;
	uint64_t added;
	uint64_t replaced;
	uint64_t kept;
	uint64_t deleted;    /* left out: it has a tombstone */
	uint64_t name_taken; /* left out: another token has its name */
	uint64_t ended;	     /* tombstones that ended a token's secret */
};

void restore_item_put(struct wirebuf *w, const struct restore_item *item);
void restore_item_get(struct wirebuf *w, struct restore_item *item);

struct key_add_request {
	struct keyline key;
	bool dry_run;
};

/* Its reply is a byte, the current key's number. */
void key_add_request_put(struct wirebuf *w, const struct key_add_request *r);
void key_add_request_get(struct wirebuf *w, struct key_add_request *r);

/* Its rows follow. */
struct key_status_reply {
	struct span path;    /* of the key file, as the agent knows it */
	bool is_credential;  /* given by the service manager */
	bool is_under_way;   /* rows get their MACs anew */
	struct span problem; /* that it had last; empty: none */
	uint8_t current;
	uint8_t count;
};

struct key_item {
	uint8_t number;
	uint64_t rows; /* audit entries apart */
};

void key_status_reply_put(struct wirebuf *w, const struct key_status_reply *r);
void key_status_reply_get(struct wirebuf *w, struct key_status_reply *r);
void key_item_put(struct wirebuf *w, const struct key_item *item);
void key_item_get(struct wirebuf *w, struct key_item *item);

#endif
