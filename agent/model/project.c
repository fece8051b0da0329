/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/project.h"

#include <string.h>

#include "agent/model/scope.h"
#include "common/wirebuf.h"

#define PROJECT_FORMAT 1

size_t
project_encode(const struct project *project, void *data, size_t size)
{
	struct wirebuf w;

	wirebuf_write(&w, data, size);
	wirebuf_put_u8(&w, PROJECT_FORMAT);
	wirebuf_put_str16(&w, project->description);
	wirebuf_put_u8(&w, project->locked);
	wirebuf_put_u64(&w, project->created_at);
	wirebuf_put_str8(&w, project->created_by);
	wirebuf_put_u64(&w, project->changed_at);
	wirebuf_put_str8(&w, project->changed_by);
	return wirebuf_size(&w);
}

int
project_decode(struct span body, struct project *project)
{
	struct wirebuf w;

	memset(project, 0, sizeof(*project));
	wirebuf_read(&w, body.data, body.size);
	wirebuf_get_range(&w, PROJECT_FORMAT, PROJECT_FORMAT);
	project->description = wirebuf_get_text16(&w, TOKEN_DESCRIPTION_MAX);
	project->locked = wirebuf_get_bool(&w);
	project->created_at = wirebuf_get_u64(&w);
	project->created_by = wirebuf_get_text8(&w, LOGIN_MAX);
	project->changed_at = wirebuf_get_u64(&w);
	project->changed_by = wirebuf_get_text8(&w, LOGIN_MAX);
	return wirebuf_done(&w);
}

bool
project_is_default(struct span name)
{
	return span_is(name, PROJECT_DEFAULT);
}

int
project_check(
    struct span name, struct span description, struct refusal *refusal)
{
	int rv = syntax_check_word("a project's name", name, refusal);

	return rv < 0
		   ? rv
		   : syntax_check_text("a description", description, refusal);
}
