/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/pager.h"

#include "common/error.h"

static int
rows_read(struct pager *p, uint16_t count)
{
	int error = 0;

	if (!p->has_begun)
		error = p->paging->begin(p);
	p->has_begun = true;
	for (; count > 0 && error == 0 && !p->end; count--) {
		error = p->paging->row(p);
		if (p->ask.reply.failed)
			return 0;
	}
	return error;
}

static enum outcome
page_read(struct pager *p, int *error)
{
	enum outcome outcome;
	uint16_t count;

	ask_begin(&p->ask, p->paging->opcode);
	p->paging->ask(p);
	outcome = ask_send(&p->ask);
	if (outcome != OUTCOME_DONE)
		return outcome;
	count = wirebuf_get_u16(&p->ask.reply);
	if (count > p->limit)
		wirebuf_fail(&p->ask.reply);
	*error = rows_read(p, count);
	if (*error != 0 || p->end)
		return OUTCOME_DONE;
	p->paging->next(p);
	return ask_done(&p->ask);
}

enum outcome
pager_run(struct pager *p)
{
	enum outcome outcome = OUTCOME_DONE;
	int error = 0;

	while (outcome == OUTCOME_DONE && error == 0 && !p->end)
		outcome = page_read(p, &error);
	if (outcome != OUTCOME_DONE && error == 0)
		error = ERROR_INVALID;
	error = output_end(&p->output, error);
	return outcome == OUTCOME_DONE && error == ERROR_MEMORY ? OUTCOME_FAILED
								: outcome;
}
