/* sqlite_lib - SQLite, loaded when the first database file needs it */
#include "store/sqlite_lib.h"

#include <stddef.h>

#include "base/library.h"

/* What all of SQLite 3 is called; its functions do not change. */
#define LIBRARY "libsqlite3.so.0"

#define FUNCTION(name)                                                         \
    {                                                                          \
        "sqlite3_" #name, offsetof(struct sqlite_lib, name)                    \
    }

static const struct library_function functions[] = {
    FUNCTION(bind_blob64),  FUNCTION(bind_int64),
    FUNCTION(bind_null),    FUNCTION(bind_text64),
    FUNCTION(busy_timeout), FUNCTION(changes),
    FUNCTION(close),        FUNCTION(column_blob),
    FUNCTION(column_bytes), FUNCTION(column_text),
    FUNCTION(column_type),  FUNCTION(db_config),
    FUNCTION(errmsg),       FUNCTION(errstr),
    FUNCTION(exec),         FUNCTION(extended_errcode),
    FUNCTION(finalize),     FUNCTION(get_autocommit),
    FUNCTION(libversion),   FUNCTION(open_v2),
    FUNCTION(prepare_v2),   FUNCTION(reset),
    FUNCTION(step),         FUNCTION(system_errno),
};

bool sqlite_lib_load(struct sqlite_lib *lib, struct error *err)
{
    return library_load(LIBRARY, "a database file needs SQLite", functions,
                        sizeof functions / sizeof functions[0], lib, err);
}
