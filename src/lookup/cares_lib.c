/* cares_lib - c-ares, loaded when somebody is to be asked */
#include "lookup/cares_lib.h"

#include <stddef.h>

#include "base/library.h"

/* What all of c-ares since 1.7 is called; its functions do not change. */
#define LIBRARY "libcares.so.2"

#define FUNCTION(name)                                                         \
    {                                                                          \
        "ares_" #name, offsetof(struct cares_lib, name)                        \
    }

static const struct library_function functions[] = {
    FUNCTION(destroy),
    FUNCTION(free_data),
    FUNCTION(get_servers_ports),
    FUNCTION(getsock),
    FUNCTION(init_options),
    FUNCTION(library_cleanup),
    FUNCTION(library_init),
    FUNCTION(process_fd),
    FUNCTION(query),
    FUNCTION(set_servers_ports),
    FUNCTION(set_socket_functions),
    FUNCTION(strerror),
    FUNCTION(version),
};

bool cares_lib_load(struct cares_lib *lib, struct error *err)
{
    return library_load(LIBRARY, "asking DNS lists needs c-ares", functions,
                        sizeof functions / sizeof functions[0], lib, err);
}
