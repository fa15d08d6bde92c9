/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_RECORDED_ENDPOINTS_H
#define REPLAY_RECORDED_ENDPOINTS_H

#include "base/err.h"
#include "replay/recorded/flows.h"

/* Reads the capture once and sets @r->client. 0, or -1 with @e set. */
int recording_find_client(struct recording *r, const char *path, struct err *e);
/* Labels flows from a label file, skypelab-labels(5). 0, or -1 with @e set. */
int recording_labels(struct recording *r, const char *path, struct err *e);
/* Sets @r->public_ip from the payloads. */
void recording_find_public(struct recording *r);
/* The offset of the IPv4 address of the receiver in a Skype payload; -1 = it has none. Layouts:
 * functions 5 and 7 are 11 bytes with the address at 3; function 3 has it at 8 (Biondi and Desclaux
 * 2006; measured in captures of 2006 and 2013). */
int payload_address(const uint8_t *p, uint32_t len);

#endif
