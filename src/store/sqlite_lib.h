/*
 * sqlite_lib - SQLite, loaded when the first database file needs it
 *
 * As input/archive_lib: a plain log must not pay for it. Members are SQLite's
 * functions, less their "sqlite3_".
 */
#ifndef STORE_SQLITE_LIB_H
#define STORE_SQLITE_LIB_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/error.h"

struct sqlite_lib {
    __typeof__(sqlite3_bind_blob64) *bind_blob64;
    __typeof__(sqlite3_bind_int64) *bind_int64;
    __typeof__(sqlite3_bind_null) *bind_null;
    __typeof__(sqlite3_bind_text64) *bind_text64;
    __typeof__(sqlite3_busy_timeout) *busy_timeout;
    __typeof__(sqlite3_changes) *changes;
    __typeof__(sqlite3_close) *close;
    __typeof__(sqlite3_column_blob) *column_blob;
    __typeof__(sqlite3_column_bytes) *column_bytes;
    __typeof__(sqlite3_column_text) *column_text;
    __typeof__(sqlite3_column_type) *column_type;
    __typeof__(sqlite3_db_config) *db_config;
    __typeof__(sqlite3_errmsg) *errmsg;
    __typeof__(sqlite3_errstr) *errstr;
    __typeof__(sqlite3_exec) *exec;
    __typeof__(sqlite3_extended_errcode) *extended_errcode;
    __typeof__(sqlite3_finalize) *finalize;
    __typeof__(sqlite3_get_autocommit) *get_autocommit;
    __typeof__(sqlite3_libversion) *libversion;
    __typeof__(sqlite3_open_v2) *open_v2;
    __typeof__(sqlite3_prepare_v2) *prepare_v2;
    __typeof__(sqlite3_reset) *reset;
    __typeof__(sqlite3_step) *step;
    __typeof__(sqlite3_system_errno) *system_errno;
};

/*
 * False with err set: it is not installed, or too old. Once loaded it stays,
 * so that loading it again costs next to nothing.
 */
bool sqlite_lib_load(struct sqlite_lib *lib, struct error *err);

#endif
