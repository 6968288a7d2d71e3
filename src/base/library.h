/*
 * library - a shared library, loaded when it is first needed
 *
 * What few runs need is not linked with the program: loading it would cost
 * each run its start. Its functions become the members of a struct, which a
 * table names.
 */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct library_function {
    const char *name;
    size_t place; /* of its member */
};

/*
 * library_load - fill the struct at to with the functions of file
 *
 * purpose: "unpacking needs libarchive", for the message. False with err set:
 * it is not installed, or too old. Once loaded it stays, so that loading it
 * again, from any thread, costs next to nothing.
 */
bool library_load(const char *file, const char *purpose,
                  const struct library_function *functions, size_t count,
                  void *to, struct error *err);

#endif
