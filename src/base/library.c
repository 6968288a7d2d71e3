/* library - a shared library, loaded when it is first needed */
#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

bool library_load(const char *file, const char *purpose,
                  const struct library_function *functions, size_t count,
                  void *to, struct error *err)
{
    void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

    if (handle == NULL)
        return error_set(err, "%s: %s", purpose, dlerror());
    for (size_t i = 0; i < count; i++) {
        void *address = dlsym(handle, functions[i].name);

        if (address == NULL)
            return error_set(err, "%s has no %s", file, functions[i].name);
        /* C has no cast from object to code. */
        memcpy((char *)to + functions[i].place, &address, sizeof address);
    }
    return true;
}
