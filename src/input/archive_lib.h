/*
 * archive_lib - libarchive, loaded when the first packed input needs it
 *
 * With the libraries it draws in it takes longer to load than all the others
 * together, and a plain or gzipped log needs none of them. Members are
 * libarchive's functions, less their "archive_".
 */
#ifndef INPUT_ARCHIVE_LIB_H
#define INPUT_ARCHIVE_LIB_H

#include <archive.h>
#include <stdbool.h>

#include "base/error.h"

struct archive_lib {
    __typeof__(archive_error_string) *error_string;
    __typeof__(archive_filter_code) *filter_code;
    __typeof__(archive_read_data_block) *read_data_block;
    __typeof__(archive_read_free) *read_free;
    __typeof__(archive_read_new) *read_new;
    __typeof__(archive_read_next_header) *read_next_header;
    __typeof__(archive_read_open) *read_open;
    __typeof__(archive_read_support_filter_by_code)
        *read_support_filter_by_code;
    __typeof__(archive_read_support_format_empty) *read_support_format_empty;
    __typeof__(archive_read_support_format_raw) *read_support_format_raw;
    __typeof__(archive_set_error) *set_error;
    __typeof__(archive_version_string) *version_string;
};

/*
 * False with err set: it is not installed, or too old. Once loaded it stays,
 * so that loading it again, from any thread, costs next to nothing.
 */
bool archive_lib_load(struct archive_lib *lib, struct error *err);

#endif
