/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/server/ops.h"
#include "agent/server/quote.h"
#include "agent/store/restore.h"
#include "common/error.h"
#include "common/storemessage.h"

_Static_assert(AUDIT_MAC_SIZE == CRYPTO_MAC_SIZE, "head of the audit");

static void
log_act(const struct errand *errand, const char *action, const char *detail)
{
	char by[128] = "";

	quote_append(by, sizeof(by), errand->caller.login);
	log_post(errand->agent->log, LOG_NOTICE, "%s %s by=%s uid=%u", action,
	    detail, by, errand->caller.uid);
}

static void
put_origin(struct errand *errand, const struct backup_summary *summary)
{
	struct backup_origin origin = { .created_at = summary->created_at,
		.audit_sequence = summary->audit_sequence };

	memcpy(origin.audit_mac, summary->audit_mac, sizeof(origin.audit_mac));
	backup_origin_put(&errand->body, &origin);
}

/* What is to be said of an error, errno with it. */
static const char *
reason_of(int error)
{
	if (error == ERROR_CLOSED)
		return "the agent is stopping";
	if (error == ERROR_TOO_LONG)
		return "a row of the store is too long for a backup";
	return error == ERROR_SYSTEM ? strerror(errno) : error_text(error);
}

static int
write_view(struct errand *errand, struct backup_summary *summary)
{
	struct agent *agent = errand->agent;
	struct store_reader *reader = NULL;
	int rv = store_reader_open(agent->store, &reader);

	if (rv == 0)
		rv = store_read_begin(reader);
	if (rv == 0)
		rv = backup_write(reader, agent->keyring, errand->fd,
		    errand->now, &agent->stopping, summary);
	if (rv < 0)
		rv = refuse(&errand->refusal, STATUS_FAILED,
		    "the backup was not written: %s", reason_of(rv));
	store_reader_close(reader);
	return rv;
}

static int
audit_backup(struct errand *errand, const struct backup_summary *summary)
{
	struct changeset *set = changeset_new();
	char detail[AUDIT_DETAIL_MAX];
	size_t at;
	int rv;

	if (set == NULL)
		return ERROR_MEMORY;
	restore_describe(summary, detail, sizeof(detail));
	at = strlen(detail);
	snprintf(detail + at, sizeof(detail) - at, " rows=%llu damaged=%llu",
	    (unsigned long long)backup_rows(summary),
	    (unsigned long long)summary->damaged);
	changeset_audit(set, &(struct audit_entry) {
				 .at = errand->now,
				 .actor = span_of(errand->caller.login),
				 .action = span_of("store.backup"),
				 .detail = span_of(detail),
			     });
	if (errand->note[0] != '\0')
		changeset_audit_note(set, errand->note);
	rv = writer_commit(errand->agent->writer, set);
	if (rv == 0)
		log_act(errand, "store.backup", detail);
	return rv;
}

static int
run_backup(struct errand *errand)
{
	struct backup_summary summary;
	int rv = write_view(errand, &summary);

	if (rv == 0)
		rv = audit_backup(errand, &summary);
	if (rv < 0)
		return rv;
	put_origin(errand, &summary);
	wirebuf_put_u64(&errand->body, summary.damaged);
	wirebuf_put_u8(&errand->body, BACKUP_DATABASES);
	for (size_t i = 0; i < BACKUP_DATABASES; i++) {
		const struct backup_item item = {
			.database = span_of(backup_word(i)),
			.rows = summary.rows[i],
		};

		backup_item_put(&errand->body, &item);
	}
	return 0;
}

/* Last uses and the audit are nobody's question. */
static bool
is_told(enum database database)
{
	return database != DB_USAGE && database != DB_AUDIT;
}

static void
put_fates(struct errand *errand, const struct restore_result *result)
{
	uint8_t *count = errand->bytes + errand->body.at;

	wirebuf_put_u8(&errand->body, 0);
	for (size_t i = 0; i < BACKUP_DATABASES; i++) {
		const uint64_t *fates = result->fates[i];
		const struct restore_item item = {
			.database = span_of(backup_word(i)),
			.added = fates[RESTORE_ADDED] + fates[RESTORE_ENDED],
			.replaced = fates[RESTORE_REPLACED],
			.kept = fates[RESTORE_KEPT],
			.deleted = fates[RESTORE_DELETED],
			.name_taken = fates[RESTORE_TAKEN],
			.ended = fates[RESTORE_ENDED],
		};

		if (!is_told(backup_databases[i]))
			continue;
		restore_item_put(&errand->body, &item);
		++*count;
	}
}

static int
refuse_restore(struct errand *errand, const struct restore_result *result,
    int error, const char *why)
{
	if (error != ERROR_INVALID)
		why = reason_of(error);
	if (!result->changed)
		return refuse(&errand->refusal, STATUS_FAILED,
		    "nothing was restored: %s", why);
	return refuse(&errand->refusal, STATUS_FAILED,
	    "the restore was cut short, and what was restored stays: %.300s; "
	    "it can be run again",
	    why);
}

static int
run_restore(struct errand *errand)
{
	const struct restore_options options = {
		.store = errand->agent->store,
		.writer = errand->agent->writer,
		.keyring = errand->agent->keyring,
		.fd = errand->fd,
		.stop = &errand->agent->stopping,
		.dry_run = errand->dry_run,
		.actor = span_of(errand->caller.login),
		.note = errand->note,
		.now = errand->now,
	};
	struct restore_result result;
	char detail[AUDIT_DETAIL_MAX];
	char why[256] = "";
	int rv = restore_run(&options, &result, why, sizeof(why));

	if (result.changed || (rv == 0 && !errand->dry_run)) {
		restore_describe(&result.backup, detail, sizeof(detail));
		log_act(errand, "store.restore", detail);
	}
	if (rv < 0)
		return refuse_restore(errand, &result, rv, why);
	put_origin(errand, &result.backup);
	put_fates(errand, &result);
	return 0;
}

/* forbidden: the access mode that the file must not be open for alone. */
static int
set_out(struct operation *op, errand_function *run, int forbidden, bool dry_run)
{
	int fd = op->descriptor == NULL ? -1 : *op->descriptor;
	int flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);

	if (fd < 0 && op->caller->uid != 0)
		return refuse(&op->refusal, STATUS_FORBIDDEN,
		    "backups are written and read for root only");
	if (flags < 0 || (flags & O_APPEND) != 0 ||
	    (flags & O_ACCMODE) == forbidden || (flags & O_PATH) != 0)
		return refuse(&op->refusal, STATUS_INVALID,
		    "a backup is a regular file: no pipe, device or folder");
	if (op->agent->has_errand)
		return refuse(&op->refusal, STATUS_CONFLICT,
		    "another backup or restore is under way: try again when "
		    "it is done");
	op->errand = errand_new(op->agent, run, op->descriptor);
	if (op->errand == NULL)
		return ERROR_MEMORY;
	op->errand->caller = *op->caller;
	/* They end with the view of the store. */
	op->errand->caller.grants = op->errand->caller.token = NULL;
	if (op->caller->token_id[0] != '\0')
		snprintf(op->errand->note, sizeof(op->errand->note),
		    "by-token=%s by-uid=%u ", op->caller->token_id,
		    op->caller->uid);
	op->errand->now = op->now;
	op->errand->dry_run = dry_run;
	return 0;
}

int
op_backup(struct operation *op)
{
	int rv = wirebuf_done(op->in) < 0
		     ? op_malformed(op)
		     : op_check_whole(op, STORE_EXPORT, &op->refusal);

	return rv < 0 ? rv : set_out(op, run_backup, O_RDONLY, false);
}

int
op_restore(struct operation *op)
{
	bool dry_run = wirebuf_get_bool(op->in);

	int rv = wirebuf_done(op->in) < 0
		     ? op_malformed(op)
		     : op_check_whole(op, STORE_RESTORE, &op->refusal);

	return rv < 0 ? rv : set_out(op, run_restore, O_WRONLY, dry_run);
}
