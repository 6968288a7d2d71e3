/* suffix - domains that are nobody's, since anybody can have one below */
#include "mail/suffix.h"

#include <libpsl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/library.h"
#include "base/mem.h"

#define LIBRARY "libpsl.so.5"
#define DOMAIN_SIZE 256 /* what is longer is no domain */

struct psl_lib {
    __typeof__(psl_latest) *latest;
    __typeof__(psl_is_public_suffix) *is_public_suffix;
    __typeof__(psl_free) *free;
    __typeof__(psl_get_version) *get_version;
};

#define FUNCTION(name)                                                         \
    {                                                                          \
        "psl_" #name, offsetof(struct psl_lib, name)                           \
    }

static const struct library_function functions[] = {
    FUNCTION(latest),
    FUNCTION(is_public_suffix),
    FUNCTION(free),
    FUNCTION(get_version),
};

struct suffixes {
    struct psl_lib lib;
    psl_ctx_t *list;
};

static bool load(struct psl_lib *lib, struct error *err)
{
    return library_load(LIBRARY, "a list of domains needs libpsl", functions,
                        sizeof functions / sizeof functions[0], lib, err);
}

struct suffixes *suffixes_load(struct error *err)
{
    struct suffixes *s = mem_new(sizeof *s);

    if (load(&s->lib, err)) {
        s->list = s->lib.latest(NULL);
        if (s->list != NULL)
            return s;
        (void)error_set(err, "%s has no list of public suffixes", LIBRARY);
    }
    free(s);
    return NULL;
}

void suffixes_free(struct suffixes *s)
{
    if (s == NULL)
        return;
    s->lib.free(s->list);
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
    return s->lib.is_public_suffix(s->list, text) != 0;
}

const char *suffixes_version(void)
{
    struct psl_lib lib;
    struct error unused;

    return load(&lib, &unused) ? lib.get_version() : "";
}
