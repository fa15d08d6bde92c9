/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_LABEL_H
#define BASE_LABEL_H

#include <stdbool.h>

/*
 * What a flow truly is: the name of an application, or one of two words that name none. Label
 * files, truth files, fates and signatures all use these names.
 */

#define LABEL_LEN	32 /* with NUL */
#define LABEL_SKYPE	"skype"
#define LABEL_NOT_SKYPE "not-skype" /* something else, nobody says what */
#define LABEL_UNKNOWN	"unknown"

/* What a flow is to somebody who looks for one application, the target. */
enum label_kind { KIND_POSITIVE, KIND_NEGATIVE, KIND_UNKNOWN };

/* What a label or application has to look like, for messages. */
#define LABEL_FORM "1 to 31 of a-z, 0-9 and -"

/* Whether @text can be a label: LABEL_FORM, and no - in front. */
bool label_valid(const char *text);
/* Whether it can be the name of an application: a label other than the two words. */
bool label_names_application(const char *text);
bool label_is(const char *label, const char *other);
/* Copies a label, which is valid. */
void label_copy(char out[LABEL_LEN], const char *label);
/* The target itself is positive. "unknown" is unknown, and so is "not-skype" unless Skype is the
 * target: who wrote it looked for nothing else. Every other name is negative. */
enum label_kind label_kind(const char *label, const char *target);

#endif
