/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/command.h"

const struct command *const commands[] = {
	&create_command,
	&list_command,
	&show_command,
	&edit_command,
	&regenerate_command,
	&disable_command,
	&enable_command,
	&revoke_command,
	&delete_command,
	&verify_command,
	&explain_command,
	&audit_command,
	&whoami_command,
	&status_command,
	&completion_command,
	NULL,
};
