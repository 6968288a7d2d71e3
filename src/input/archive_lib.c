/*
 * archive_lib - libarchive, loaded when the first packed input needs it
 */
#include "input/archive_lib.h"

#include <stddef.h>

#include "base/library.h"

/* What all of libarchive 3 is called; its functions do not change. */
#define LIBRARY "libarchive.so.13"

#define FUNCTION(name)                                                         \
    {                                                                          \
        "archive_" #name, offsetof(struct archive_lib, name)                   \
    }

static const struct library_function functions[] = {
    FUNCTION(error_string),
    FUNCTION(filter_code),
    FUNCTION(read_data_block),
    FUNCTION(read_free),
    FUNCTION(read_new),
    FUNCTION(read_next_header),
    FUNCTION(read_open),
    FUNCTION(read_support_filter_by_code),
    FUNCTION(read_support_format_empty),
    FUNCTION(read_support_format_raw),
    FUNCTION(set_error),
    FUNCTION(version_string),
};

bool archive_lib_load(struct archive_lib *lib, struct error *err)
{
    return library_load(LIBRARY, "unpacking needs libarchive", functions,
                        sizeof functions / sizeof functions[0], lib, err);
}
