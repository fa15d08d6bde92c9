// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * label.c - the names of flow labels, and what they mean to a target
 *
 * Emulated traffic carries its label in the truth log, recorded traffic in a label file, and
 * scoring reads both.
 */
#include <stdio.h>
#include <string.h>

#include "base/label.h"

bool label_valid(const char *text)
{
	size_t len = strlen(text);

	return len && len < LABEL_LEN && *text != '-' &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

bool label_names_application(const char *text)
{
	return label_valid(text) && !label_is(text, LABEL_NOT_SKYPE) &&
	       !label_is(text, LABEL_UNKNOWN);
}

bool label_is(const char *label, const char *other)
{
	return !strcmp(label, other);
}

void label_copy(char out[LABEL_LEN], const char *label)
{
	snprintf(out, LABEL_LEN, "%s", label);
}

enum label_kind label_kind(const char *label, const char *target)
{
	if (label_is(label, target))
		return KIND_POSITIVE;
	if (label_is(label, LABEL_UNKNOWN))
		return KIND_UNKNOWN;
	if (label_is(label, LABEL_NOT_SKYPE))
		return label_is(target, LABEL_SKYPE) ? KIND_NEGATIVE : KIND_UNKNOWN;
	return KIND_NEGATIVE;
}
