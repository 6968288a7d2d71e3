/* suffix - domains that are nobody's, since anybody can have one below */
#include "mail/suffix.h"

#include <dlfcn.h>
#include <libpsl.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define LIBRARY "libpsl.so.5"
#define DOMAIN_SIZE 256 /* what is longer is no domain */

struct suffixes {
    psl_ctx_t *list;
    __typeof__(psl_is_public_suffix) *is_public;
    __typeof__(psl_free) *release;
};

/* A function of the library, as bytes: C has no cast from object to code. */
static bool find(void *handle, const char *name, void *function)
{
    void *address = dlsym(handle, name);

    memcpy(function, &address, sizeof address);
    return address != NULL;
}

/* Once loaded it stays. */
static void *load(void)
{
    return dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
}

struct suffixes *suffixes_load(struct error *err)
{
    void *handle = load();
    __typeof__(psl_latest) *latest;
    struct suffixes *s;

    if (handle == NULL) {
        (void)error_set(err, "a list of domains needs libpsl: %s", dlerror());
        return NULL;
    }
    s = mem_new(sizeof *s);
    if (find(handle, "psl_latest", &latest) &&
        find(handle, "psl_is_public_suffix", &s->is_public) &&
        find(handle, "psl_free", &s->release) &&
        (s->list = latest(NULL)) != NULL)
        return s;
    free(s);
    (void)error_set(err, "%s has no list of public suffixes", LIBRARY);
    return NULL;
}

void suffixes_free(struct suffixes *s)
{
    if (s == NULL)
        return;
    s->release(s->list);
    free(s);
}

bool suffixes_have(const struct suffixes *s, struct slice domain)
{
    char text[DOMAIN_SIZE];

    if (domain.len >= sizeof text)
        return false;
    if (domain.len > 0)
        memcpy(text, domain.ptr, domain.len);
    text[domain.len] = '\0';
    return s->is_public(s->list, text) != 0;
}

const char *suffixes_version(void)
{
    void *handle = load();
    __typeof__(psl_get_version) *version;

    return handle != NULL && find(handle, "psl_get_version", &version)
               ? version()
               : "";
}
