/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_COMMAND_H
#define APITOKEN_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/output.h"

struct option_row;

/* The exit codes of the program. */
enum outcome {
	OUTCOME_DONE = 0,
	OUTCOME_FAILED = 1,
	OUTCOME_USAGE = 2,
	OUTCOME_NOT_FOUND = 3,
	OUTCOME_NOT_PERMITTED = 4,
	OUTCOME_CONFLICT = 5,
	OUTCOME_UNREACHABLE = 6,
	OUTCOME_PARTLY = 7,
	OUTCOME_REFUSED = 10, /* the token */
};

/* The options that every command takes. */
struct globals {
	const char *socket;	/* NULL: $APITOKEN_SOCKET, else the default */
	const char *token_file; /* with a management token; NULL: none */
	const char *format;	/* NULL: table */
	bool quiet;
	bool yes;
	bool help;
	bool version;
};

/* One call of a command, its arguments parsed and counted. */
struct invocation {
	const struct globals *globals;
	const void *values; /* the command's own struct, from its options */
	char *const *operands;
	size_t count;
	enum output_format format; /* one of those that the command takes */
};

/* A row of the subcommand table. */
struct command {
	const char *name;
	const char *operands; /* as --help shows them, "" for none */
	const char *summary;
	const char *formats;		  /* a choice for -o, "table|json" */
	const struct option_row *options; /* the last one has no name */
	size_t values_size;		  /* of what the options fill */
	size_t least, most;		  /* operands */
	/* Says on standard error why, unless OUTCOME_DONE. */
	enum outcome (*run)(const struct invocation *in);
};

extern const struct command create_command;
extern const struct command list_command;
extern const struct command show_command;
extern const struct command edit_command;
extern const struct command regenerate_command;
extern const struct command disable_command;
extern const struct command enable_command;
extern const struct command revoke_command;
extern const struct command delete_command;
extern const struct command exchange_command;
extern const struct command refresh_command;
extern const struct command verify_command;
extern const struct command explain_command;
extern const struct command sessions_command;
extern const struct command audit_command;
extern const struct command export_command;
extern const struct command import_command;
extern const struct command backup_command;
extern const struct command restore_command;
extern const struct command key_rotate_command;
extern const struct command key_status_command;
extern const struct command whoami_command;
extern const struct command status_command;
extern const struct command project_create_command;
extern const struct command project_list_command;
extern const struct command project_show_command;
extern const struct command project_edit_command;
extern const struct command project_lock_command;
extern const struct command project_unlock_command;
extern const struct command project_delete_command;
extern const struct command role_create_command;
extern const struct command role_list_command;
extern const struct command role_show_command;
extern const struct command role_delete_command;
extern const struct command role_grant_command;
extern const struct command role_withdraw_command;
extern const struct command role_grants_command;
extern const struct command doctor_command;
extern const struct command completion_command;

/* All of them, as --help shows them; NULL ends it. */
extern const struct command *const commands[];

#endif
