/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_BACKUP_FORMAT_H
#define APITOKEN_STORE_BACKUP_FORMAT_H

#include <stdio.h>

#include "agent/store/backup.h"
#include "common/wirebuf.h"

/* What writing and reading a backup have in common; see backup.h. */
#define BACKUP_MAGIC_SIZE      (sizeof(BACKUP_MAGIC) - 1)
#define BACKUP_HEADER_SIZE     (BACKUP_MAGIC_SIZE + 4 + 4 + 8 + 1)
#define BACKUP_ROW_HEADER_SIZE (2 + 4) /* after its first byte */
#define BACKUP_TRAILER	       255     /* its first byte */
#define BACKUP_TRAILER_SIZE    (8 * BACKUP_DATABASES + 8 + CRYPTO_MAC_SIZE)

/* A stream of its own at the beginning of the file; NULL, errno. */
FILE *backup_stream(int fd, const char *mode);

/* The last audit entry so far. */
void backup_note_audit(
    struct backup_summary *summary, struct span key, struct span whole);

#endif
