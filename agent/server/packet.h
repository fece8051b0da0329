/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_PACKET_H
#define APITOKEN_SERVER_PACKET_H

#include <stdint.h>
#include <sys/types.h>

#include "common/proto.h"

/*
 * A request of admin.sock as it comes: one packet, and perhaps a file.
 *
 * Threat model.  Anybody may send any bytes and any descriptors.  They MUST
 * NOT have the agent keep more than one of them, nor read, write or so much as
 * close one that may wait: even to close a file may, on a FUSE mount for its
 * daemon, which anybody may be.
 */

/*
 * The packet's size as recv(2) tells it with MSG_TRUNC, or -1 (errno).  Where
 * descriptor is not NULL, which is for root and the agent's own user, *descriptor
 * becomes the single regular file that came along and is the caller's to
 * close; it must be -1 before, and stays so if there was none, or more.  With
 * NULL the kernel drops what comes, unseen.
 */
ssize_t packet_receive(
    int fd, uint8_t packet[PROTO_MESSAGE_MAX], int *descriptor);

#endif
