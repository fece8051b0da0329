/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/asker.h"

#include "common/error.h"

int
asker_open_ticket(const struct asker *asker, const struct question *question,
    struct ticket *ticket)
{
	const uint8_t *data = question->ticket.data;
	const struct keyring_key *key = keyring_find(
	    asker->agent->keyring, ticket_key_number(data));

	if (key == NULL)
		return ERROR_MALFORMED;
	return ticket_check(data, question->login, question->service,
	    key->tickets, asker->now, ticket);
}
