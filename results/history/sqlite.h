/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_HISTORY_SQLITE_H
#define RESULTS_HISTORY_SQLITE_H

#include <sqlite3.h>

#include "base/library.h"

/* SQLite, loaded when it is first called (base/library.h). */
extern struct library library_sqlite;

#define sqlite3_bind_double	 LIBRARY_FUNCTION(library_sqlite, sqlite3_bind_double)
#define sqlite3_bind_int64	 LIBRARY_FUNCTION(library_sqlite, sqlite3_bind_int64)
#define sqlite3_bind_text	 LIBRARY_FUNCTION(library_sqlite, sqlite3_bind_text)
#define sqlite3_busy_timeout	 LIBRARY_FUNCTION(library_sqlite, sqlite3_busy_timeout)
#define sqlite3_close		 LIBRARY_FUNCTION(library_sqlite, sqlite3_close)
#define sqlite3_column_int64	 LIBRARY_FUNCTION(library_sqlite, sqlite3_column_int64)
#define sqlite3_column_text	 LIBRARY_FUNCTION(library_sqlite, sqlite3_column_text)
#define sqlite3_column_type	 LIBRARY_FUNCTION(library_sqlite, sqlite3_column_type)
#define sqlite3_db_config	 LIBRARY_FUNCTION(library_sqlite, sqlite3_db_config)
#define sqlite3_errmsg		 LIBRARY_FUNCTION(library_sqlite, sqlite3_errmsg)
#define sqlite3_exec		 LIBRARY_FUNCTION(library_sqlite, sqlite3_exec)
#define sqlite3_finalize	 LIBRARY_FUNCTION(library_sqlite, sqlite3_finalize)
#define sqlite3_libversion	 LIBRARY_FUNCTION(library_sqlite, sqlite3_libversion)
#define sqlite3_limit		 LIBRARY_FUNCTION(library_sqlite, sqlite3_limit)
#define sqlite3_open		 LIBRARY_FUNCTION(library_sqlite, sqlite3_open)
#define sqlite3_prepare_v2	 LIBRARY_FUNCTION(library_sqlite, sqlite3_prepare_v2)
#define sqlite3_progress_handler LIBRARY_FUNCTION(library_sqlite, sqlite3_progress_handler)
#define sqlite3_step		 LIBRARY_FUNCTION(library_sqlite, sqlite3_step)

#endif
