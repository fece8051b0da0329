/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/backup_format.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define STREAM_BUFFER 65536 /* bytes */

FILE *
backup_stream(int fd, const char *mode)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *file;

	if (copy < 0)
		return NULL;
	file = fdopen(copy, mode);
	if (file == NULL)
		close(copy);
	else if (setvbuf(file, NULL, _IOFBF, STREAM_BUFFER) != 0 ||
		 fseeko(file, 0, SEEK_SET) != 0) {
		fclose(file);
		file = NULL;
	}
	return file;
}

void
backup_note_audit(
    struct backup_summary *summary, struct span key, struct span whole)
{
	struct wirebuf w;

	wirebuf_read(&w, key.data, key.size);
	summary->audit_sequence = wirebuf_get_u64(&w);
	memcpy(summary->audit_mac, whole.data + whole.size - CRYPTO_MAC_SIZE,
	    CRYPTO_MAC_SIZE);
}
