/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_OPS_H
#define APITOKEN_SERVER_OPS_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/model/grant.h"
#include "agent/model/issueinput.h"
#include "agent/server/agent.h"
#include "agent/server/errand.h"
#include "common/message.h"
#include "common/wirebuf.h"

/* Whose grants are kept while a request is worked on. */
enum grants_kind {
	GRANTS_OWN,   /* the peer's, or the owner's of a management token */
	GRANTS_TOKEN, /* of the management token */
	GRANTS_KINDS,
};

/*
 * One request of the CLI while it is worked on.  A handler reads the request,
 * looks into the store (a view of it is open while it runs), and leaves either
 * a refusal, or the reply's body and, to change anything, a change set.  The
 * reply goes out only once the set is durable; a set that came too late (somebody
 * else changed a row) has the handler run again, from the beginning.
 */
struct operation {
	struct agent *agent;
	const struct config *config;
	struct store_reader *reader; /* NULL while sealed */
	const struct caller *caller;
	struct caller acting;  /* who a management token makes of them */
	struct grants *grants; /* room for GRANTS_KINDS of them */
	uint64_t now;	       /* seconds since 1970 */
	struct wirebuf *in;    /* the request, after its header */
	struct wirebuf *body;  /* of the reply */
	struct refusal refusal;
	struct changeset *set; /* the caller's to submit or free; may be NULL */
	struct recent_use recent; /* what op_info() last pointed into */
	enum status status;	  /* of the reply: STATUS_OK unless set */
	unsigned seeks;		  /* what op_find() did for it so far */
	bool stands;		  /* the set, although it is refused */
	int *descriptor; /* a regular file that came along, or -1; or NULL */
	struct overlay *overlay; /* what an import did so far, or NULL */
	struct errand *errand;	 /* what is left to be carried out, or NULL */
};

/* 0; ERROR_INVALID with a refusal; any other error is one of the store. */
typedef int operation_handler(struct operation *op);

operation_handler op_whoami;
operation_handler op_status;
operation_handler op_create;
operation_handler op_show;
operation_handler op_list;
operation_handler op_revoke;
operation_handler op_delete;
operation_handler op_disable;
operation_handler op_enable;
operation_handler op_edit;
operation_handler op_regenerate;
operation_handler op_audit;
operation_handler op_exchange;
operation_handler op_refresh;
operation_handler op_export;
operation_handler op_import;
operation_handler op_anchor;
operation_handler op_backup;
operation_handler op_restore;
operation_handler op_key_add;
operation_handler op_key_status;
operation_handler op_verify;
operation_handler op_explain;
operation_handler op_project_create;
operation_handler op_project_list;
operation_handler op_project_edit;
operation_handler op_project_delete;
operation_handler op_role_create;
operation_handler op_role_list;
operation_handler op_role_delete;
operation_handler op_role_grant;
operation_handler op_role_withdraw;
operation_handler op_grant_list;
operation_handler op_leaked;
operation_handler op_service;
operation_handler op_session_list;
operation_handler op_session_end;

/* What holding.h asks about, for this operation and that spec; it points to op. */
struct issue_input op_issue_input(
    const struct operation *op, const struct token_spec *spec);

/*
 * Appends ` owner="..." name="..."`, or one such pair, to a detail of the
 * audit: quoted, so that a name cannot pose as another field.
 */
void op_describe(const struct token_spec *spec, char *detail, size_t size);
void op_describe_text(
    char *detail, size_t size, const char *word, struct span text);

/* The same, and each of the fields (enum spec_field) before and after: what is
 * too long is cut at the end. */
void op_describe_edit(const struct token_spec *before,
    const struct token_spec *after, uint32_t fields, char *detail, size_t size);

/* The roles that somebody has, with their places and names, as a text. */
void op_describe_roles(const struct caller *caller, char *text, size_t size);

/* The body of OP_CREATE and OP_REGENERATE; text NULL: no secret. */
void op_put_secret(struct operation *op, const struct token_info *info,
    bool existed, const char *text);

/* Leaves a trace of a token that somebody tried out, as at a login; what
 * people can cause of them is limited. */
void op_log_tried(const struct operation *op, const char *what, const char *id,
    bool accepted);

/* A token of that kind whose id neither is in use nor was.  Wipe it. */
int op_new_token(
    struct operation *op, enum token_kind kind, struct token *token);
/*
 * Refuses whoever has the permission in some project only: what is done is
 * done to all of the store.
 */
int op_check_whole(const struct operation *op, enum permission permission,
    struct refusal *refusal);

/* ERROR_INVALID with the refusal for a message that is not what it claims. */
int op_malformed(struct operation *op);

#endif
