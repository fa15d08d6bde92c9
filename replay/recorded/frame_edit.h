/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_RECORDED_FRAME_EDIT_H
#define REPLAY_RECORDED_FRAME_EDIT_H

#include "base/addr.h"
#include "replay/recorded/frame.h"
#include "replay/recorded/frame_rules.h"

/* Source and destination of a frame that carries IP, behind VLAN tags too. */
bool frame_addresses(const struct frame *f, struct ip *src, struct ip *dst);
/* Takes VLAN tags out of a frame. */
void frame_untag(struct frame *f);

struct frame_editor;

struct frame_editor *frame_editor_new(const struct frame_rules *rules);
void frame_editor_free(struct frame_editor *ed);
/* Finds the frame's direction (client: who sent the SYN, else who spoke first) and applies the
 * rules in place. 1: send it; 0: cannot be sent under the rules (longer than the MTU, not IPv4). */
int frame_edit(struct frame_editor *ed, struct frame *f);
/* Cuts an IPv4 frame that is longer than the MTU: fills @out with the frame of fragment @i (from
 * 0). false = there is no such fragment. For frames that fit, fragment 0 is the frame itself. */
bool frame_fragment(const struct frame_editor *ed, const struct frame *f, unsigned i,
		    struct frame *out);

#endif
