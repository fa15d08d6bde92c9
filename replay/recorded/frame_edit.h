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
/* Finds the frame's direction (client: who sent the SYN, else who spoke first), where the
 * rules want it, and applies them in place. */
void frame_edit(struct frame_editor *ed, struct frame *f);

#endif
