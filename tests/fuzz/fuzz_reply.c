/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The CLI's side of admin.sock: an agent that is not ours may reply anything.
 * What can be read of it as a token is shown in every format, and no byte of
 * it acts on a terminal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fields.h"
#include "common/adminmessage.h"
#include "common/anchor.h"
#include "common/auditmessage.h"
#include "common/changemessage.h"
#include "common/exchangemessage.h"
#include "common/projectmessage.h"
#include "common/rolemessage.h"
#include "common/servicemessage.h"
#include "common/sessionmessage.h"
#include "common/storemessage.h"
#include "common/transfermessage.h"
#include "common/verifymessage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every body that a reply may have. */
static void
read_bodies(const uint8_t *data, size_t size)
{
	union {
		struct batch_reply batch;
		struct audit_row audit;
		struct pair_reply pair;
		struct whoami_reply whoami;
		struct status_item status;
		struct condition condition;
		struct anchor anchor;
		struct project_info project;
		struct role_info role;
		struct grant_info grant;
		struct service_reply service;
		struct session_info session;
		struct backup_item backup;
		struct restore_item restore;
		struct key_status_reply key_status;
		struct key_item key;
		struct transfer_record transfer;
		struct transfer_token token;
		struct import_result import;
	} body;
	struct wirebuf w;

#define READ(get, member)                                                      \
	wirebuf_read(&w, data, size);                                          \
	get(&w, &body.member)
	READ(batch_reply_get, batch);
	READ(audit_row_get, audit);
	READ(pair_reply_get, pair);
	READ(whoami_reply_get, whoami);
	READ(status_item_get, status);
	READ(condition_get, condition);
	READ(anchor_get, anchor);
	READ(project_info_get, project);
	READ(role_info_get, role);
	READ(grant_info_get, grant);
	READ(service_reply_get, service);
	READ(session_info_get, session);
	READ(backup_item_get, backup);
	READ(restore_item_get, restore);
	READ(key_status_reply_get, key_status);
	READ(key_item_get, key);
	READ(transfer_record_get, transfer);
	READ(transfer_token_get, token);
	READ(import_result_get, import);
#undef READ
}

static void
check_shown(const char *shown, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (((uint8_t)shown[i] < 0x20 && shown[i] != '\n' &&
			shown[i] != '\r') ||
		    shown[i] == 0x7f)
			abort();
}

static void
show(const struct token_info *info)
{
	for (enum output_format format = FORMAT_TABLE; format <= FORMAT_ID;
	     format++) {
		char *shown = NULL;
		size_t size = 0;
		FILE *stream = open_memstream(&shown, &size);

		if (stream == NULL)
			abort();
		(void)fields_put_one(stream, format, info);
		fclose(stream);
		check_shown(shown, size);
		free(shown);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct admin_reply header;
	struct token_info info;
	struct wirebuf w;

	wirebuf_read(&w, data, size);
	if (size > 1)
		(void)admin_reply_get(
		    &w, (enum opcode)(data[1] & ~PROTO_REPLY), &header);
	read_bodies(data, size);
	wirebuf_read(&w, data, size);
	token_info_get(&w, &info);
	if (wirebuf_done(&w) == 0)
		show(&info);
	return 0;
}
