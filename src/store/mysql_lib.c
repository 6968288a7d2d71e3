/* mysql_lib - MariaDB Connector/C, loaded when the first server is asked for */
#include "store/mysql_lib.h"

#include <stddef.h>

#include "base/library.h"

/* What all of Connector/C 3 is called; its functions do not change. */
#define LIBRARY "libmariadb.so.3"

#define FUNCTION(member, name)                                                 \
    {                                                                          \
        "mysql_" #name, offsetof(struct mysql_lib, member)                     \
    }

static const struct library_function functions[] = {
    FUNCTION(affected_rows, affected_rows),
    FUNCTION(close, close),
    FUNCTION(error_number, errno),
    FUNCTION(error, error),
    FUNCTION(fetch_lengths, fetch_lengths),
    FUNCTION(fetch_row, fetch_row),
    FUNCTION(free_result, free_result),
    FUNCTION(get_client_info, get_client_info),
    FUNCTION(init, init),
    FUNCTION(options, options),
    FUNCTION(real_connect, real_connect),
    FUNCTION(real_query, real_query),
    FUNCTION(ssl_set, ssl_set),
    FUNCTION(stmt_affected_rows, stmt_affected_rows),
    FUNCTION(stmt_bind_param, stmt_bind_param),
    FUNCTION(stmt_close, stmt_close),
    FUNCTION(stmt_errno, stmt_errno),
    FUNCTION(stmt_error, stmt_error),
    FUNCTION(stmt_execute, stmt_execute),
    FUNCTION(stmt_init, stmt_init),
    FUNCTION(stmt_prepare, stmt_prepare),
    FUNCTION(use_result, use_result),
};

bool mysql_lib_load(struct mysql_lib *lib, struct error *err)
{
    return library_load(LIBRARY, "a server needs MariaDB Connector/C",
                        functions, sizeof functions / sizeof functions[0], lib,
                        err);
}
