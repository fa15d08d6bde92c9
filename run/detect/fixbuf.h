/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DETECT_FIXBUF_H
#define RUN_DETECT_FIXBUF_H

#include <fixbuf/public.h>

#include "base/library.h"

/* libfixbuf, which reads IPFIX, loaded when it is first called (base/library.h). It calls GLib, but does not name it as a
 * library that it needs (2.4 of Debian 12): that has to be loaded before, as by g_log_set_default_handler(). */
extern struct library library_fixbuf, library_glib;

#define fBufAllocForCollection	   LIBRARY_FUNCTION(library_fixbuf, fBufAllocForCollection)
#define fBufFree		   LIBRARY_FUNCTION(library_fixbuf, fBufFree)
#define fBufNext		   LIBRARY_FUNCTION(library_fixbuf, fBufNext)
#define fBufNextCollectionTemplate LIBRARY_FUNCTION(library_fixbuf, fBufNextCollectionTemplate)
#define fBufSetBuffer		   LIBRARY_FUNCTION(library_fixbuf, fBufSetBuffer)
#define fBufSetInternalTemplate	   LIBRARY_FUNCTION(library_fixbuf, fBufSetInternalTemplate)
#define fbInfoModelAddElementArray LIBRARY_FUNCTION(library_fixbuf, fbInfoModelAddElementArray)
#define fbInfoModelAlloc	   LIBRARY_FUNCTION(library_fixbuf, fbInfoModelAlloc)
#define fbInfoModelCountElements   LIBRARY_FUNCTION(library_fixbuf, fbInfoModelCountElements)
#define fbInfoModelFree		   LIBRARY_FUNCTION(library_fixbuf, fbInfoModelFree)
#define fbSessionAddNewTemplateCallback                                                            \
	LIBRARY_FUNCTION(library_fixbuf, fbSessionAddNewTemplateCallback)
#define fbSessionAddTemplate	  LIBRARY_FUNCTION(library_fixbuf, fbSessionAddTemplate)
#define fbSessionAlloc		  LIBRARY_FUNCTION(library_fixbuf, fbSessionAlloc)
#define fbTemplateAlloc		  LIBRARY_FUNCTION(library_fixbuf, fbTemplateAlloc)
#define fbTemplateAppendSpecArray LIBRARY_FUNCTION(library_fixbuf, fbTemplateAppendSpecArray)
#define fbTemplateCountElements	  LIBRARY_FUNCTION(library_fixbuf, fbTemplateCountElements)
#define fbTemplateContainsElementByName                                                            \
	LIBRARY_FUNCTION(library_fixbuf, fbTemplateContainsElementByName)
#define fbTemplateGetOptionsScope LIBRARY_FUNCTION(library_fixbuf, fbTemplateGetOptionsScope)
#define g_error_free		  LIBRARY_FUNCTION(library_glib, g_error_free)
#define g_log_set_default_handler LIBRARY_FUNCTION(library_glib, g_log_set_default_handler)

#endif
