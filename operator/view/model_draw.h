/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_VIEW_MODEL_DRAW_H
#define OPERATOR_VIEW_MODEL_DRAW_H

#include "operator/view/model.h"

/* Draws the whole screen on @c, after canvas_begin(). */
void model_draw(struct model *m, struct canvas *c);

#endif
