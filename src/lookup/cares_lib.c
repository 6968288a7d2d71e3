/* cares_lib - c-ares, loaded when somebody is to be asked */
#include "lookup/cares_lib.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

/* What all of c-ares since 1.7 is called; its functions do not change. */
#define LIBRARY "libcares.so.2"

#define FUNCTION(name)                                                         \
    {                                                                          \
        "ares_" #name, offsetof(struct cares_lib, name)                        \
    }

static const struct function {
    const char *name;
    size_t place; /* of its member */
} functions[] = {
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
    void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

    if (handle == NULL)
        return error_set(err, "asking DNS lists needs c-ares: %s", dlerror());
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *address = dlsym(handle, functions[i].name);

        if (address == NULL)
            return error_set(err, "%s has no %s", LIBRARY, functions[i].name);
        memcpy((char *)lib + functions[i].place, &address, sizeof address);
    }
    return true;
}
