/*
 * mysql_lib - MariaDB Connector/C, loaded when the first server is asked for
 *
 * As input/archive_lib: a plain log must not pay for it. Members are the
 * library's functions, less their "mysql_".
 */
#ifndef STORE_MYSQL_LIB_H
#define STORE_MYSQL_LIB_H

#include <mysql.h>
#include <stdbool.h>

#include "base/error.h"

struct mysql_lib {
    __typeof__(mysql_affected_rows) *affected_rows;
    __typeof__(mysql_close) *close;
    __typeof__(mysql_errno) *error_number;
    __typeof__(mysql_error) *error;
    __typeof__(mysql_fetch_lengths) *fetch_lengths;
    __typeof__(mysql_fetch_row) *fetch_row;
    __typeof__(mysql_free_result) *free_result;
    __typeof__(mysql_get_client_info) *get_client_info;
    __typeof__(mysql_init) *init;
    __typeof__(mysql_options) *options;
    __typeof__(mysql_real_connect) *real_connect;
    __typeof__(mysql_real_query) *real_query;
    __typeof__(mysql_ssl_set) *ssl_set;
    __typeof__(mysql_stmt_affected_rows) *stmt_affected_rows;
    __typeof__(mysql_stmt_bind_param) *stmt_bind_param;
    __typeof__(mysql_stmt_close) *stmt_close;
    __typeof__(mysql_stmt_errno) *stmt_errno;
    __typeof__(mysql_stmt_error) *stmt_error;
    __typeof__(mysql_stmt_execute) *stmt_execute;
    __typeof__(mysql_stmt_init) *stmt_init;
    __typeof__(mysql_stmt_prepare) *stmt_prepare;
    __typeof__(mysql_use_result) *use_result;
};

/*
 * False with err set: it is not installed, or too old. Once loaded it stays,
 * so that loading it again costs next to nothing.
 */
bool mysql_lib_load(struct mysql_lib *lib, struct error *err);

#endif
