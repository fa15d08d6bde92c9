/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_LABEL_H
#define BASE_LABEL_H

/* What a flow truly is: the one list of names for label files, truth files and fates. */
enum flow_label { LABEL_SKYPE, LABEL_NOT_SKYPE, LABEL_UNKNOWN, LABELS };

/* "skype", "not-skype" or "unknown". */
const char *label_text(enum flow_label label);
/* 0, or -1 when @text is none of the names (@out is left alone). */
int label_parse(const char *text, enum flow_label *out);

#endif
