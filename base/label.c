// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * label.c - the names of flow labels
 *
 * Emulated traffic carries its label in the truth log, recorded traffic in a label file, and
 * scoring reads both: all of them use the names below.
 */
#include <string.h>

#include "base/label.h"

static const char *const names[LABELS] = {"skype", "not-skype", "unknown"};

const char *label_text(enum flow_label label)
{
	return names[label];
}

int label_parse(const char *text, enum flow_label *out)
{
	for (int i = 0; i < LABELS; i++) {
		if (!strcmp(text, names[i])) {
			*out = (enum flow_label)i;
			return 0;
		}
	}
	return -1;
}
