/*
 * archive_lib - libarchive, loaded when the first packed input needs it
 */
#include "input/archive_lib.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

/* What all of libarchive 3 is called; its functions do not change. */
#define LIBRARY "libarchive.so.13"

#define FUNCTION(name)                                                         \
    {                                                                          \
        "archive_" #name, offsetof(struct archive_lib, name)                   \
    }

static const struct function {
    const char *name;
    size_t place; /* of its member */
} functions[] = {
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
    void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

    if (handle == NULL)
        return error_set(err, "unpacking needs libarchive: %s", dlerror());
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *address = dlsym(handle, functions[i].name);

        if (address == NULL)
            return error_set(err, "%s has no %s", LIBRARY, functions[i].name);
        memcpy((char *)lib + functions[i].place, &address, sizeof address);
    }
    return true;
}
