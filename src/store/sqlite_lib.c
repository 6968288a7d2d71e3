/* sqlite_lib - SQLite, loaded when the first database file needs it */
#include "store/sqlite_lib.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

/* What all of SQLite 3 is called; its functions do not change. */
#define LIBRARY "libsqlite3.so.0"

#define FUNCTION(name)                                                         \
    {                                                                          \
        "sqlite3_" #name, offsetof(struct sqlite_lib, name)                    \
    }

static const struct function {
    const char *name;
    size_t place; /* of its member */
} functions[] = {
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
    void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

    if (handle == NULL)
        return error_set(err, "a database file needs SQLite: %s", dlerror());
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *address = dlsym(handle, functions[i].name);

        if (address == NULL)
            return error_set(err, "%s has no %s", LIBRARY, functions[i].name);
        memcpy((char *)lib + functions[i].place, &address, sizeof address);
    }
    return true;
}
